"""The look: colours, type, space and icons, light and dark, on Qt's Fusion style (LOOK.md's tokens)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontInfo, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from app.conversation.preferences import Preferences
from app.core.resources import resource

SPACE: Final = 4
"""Pixels of the grid. Distances are multiples of it, mostly 8, 12, 16, 24."""
COLUMN: Final = 760
"""Widest text column, in pixels."""
COMPOSER: Final = 792
SIDEBAR: Final = 256
TOP_BAR: Final = 48
CONTROL: Final = 32
"""Height of a button or a field."""
HIT: Final = 28
"""Smallest side of anything to be clicked."""
TILE: Final = QSize(168, 100)
"""A thumbnail, in the composer and in a turn."""
RADIUS: Final = {"badge": 6, "control": 8, "tile": 10, "card": 14}

TextRole = Literal["body", "secondary", "caption", "heading", "title"]
_TYPE: Final[dict[TextRole, tuple[int, int]]] = {
    "body": (14, 22),
    "secondary": (13, 18),
    "caption": (12, 16),
    "heading": (16, 24),
    "title": (20, 28),
}
"""Pixels of the letters and of a line."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Colours as #RRGGBB."""

    dark: bool
    background: str
    side: str
    surface: str
    line: str
    text: str
    text2: str
    accent: str
    on_accent: str
    soft: str
    warn: str
    on_warn: str
    danger: str
    hover: str
    """Under the pointer, on background, side or surface."""
    badge: str
    """Behind the words on a picture."""
    found: str
    """Behind words that were looked for."""
    found_here: str
    """Behind those of them that are looked at."""


LIGHT: Final = Tokens(
    dark=False,
    background="#FAF9F7",
    side="#F1EFEB",
    surface="#FFFFFF",
    line="#E4E1DA",
    text="#201E1B",
    text2="#6A665E",
    accent="#4A56CF",
    on_accent="#FFFFFF",
    soft="#ECEEFB",
    warn="#9A6700",
    on_warn="#FFF6DD",
    danger="#B93A34",
    hover="#E9E6E0",
    badge="#33312E",
    found="#FBEBB5",
    found_here="#F2C14B",
)
DARK: Final = Tokens(
    dark=True,
    background="#1A1A1C",
    side="#151517",
    surface="#232326",
    line="#343438",
    text="#ECEAE6",
    text2="#A19D96",
    accent="#97A0FF",
    on_accent="#1A1A1C",
    soft="#2A2C45",
    warn="#E3B341",
    on_warn="#2E2817",
    danger="#F08A84",
    hover="#2E2E32",
    badge="#3A3A3E",
    found="#4D4320",
    found_here="#E3B341",
)


class Theme(QObject):
    """Applies the tokens to the application and hands out fonts and icons.

    Signals:
        changed(): colours or text size; whatever paints itself repaints.
    """

    changed = Signal()

    def __init__(self, app: QApplication, preferences: Preferences) -> None:
        super().__init__(app)
        self._app = app
        self._preferences = preferences
        self._tokens = LIGHT
        self._scale = 1.0
        self._applied: tuple[Tokens, float] | None = None
        self._family = _family(app)
        app.setStyle("Fusion")
        app.styleHints().colorSchemeChanged.connect(self._apply)
        preferences.changed.connect(self._apply)
        self._apply()

    @property
    def tokens(self) -> Tokens:
        return self._tokens

    def font(self, role: TextRole = "body", weight: int = 400) -> QFont:
        font = QFont(self._family)
        font.setPixelSize(self.px(_TYPE[role][0]))
        font.setWeight(QFont.Weight(weight))
        if role == "caption":
            font.setFeature(QFont.Tag.fromString("tnum"), 1)  # figures of one width, so that numbers line up
        return font

    def line(self, role: TextRole) -> int:
        """Pixels from one line to the next."""
        return self.px(_TYPE[role][1])

    def px(self, pixels: int) -> int:
        """Pixels that follow the text size."""
        return round(pixels * self._scale)

    def grown(self, pixels: int) -> int:
        """Pixels of a control or an icon: they grow with the text, and small text makes them no harder to hit."""
        return max(pixels, self.px(pixels))

    def icon(self, name: str, color: str = "", size: int = 16) -> QIcon:
        """An icon of `resources/icons`, in text 2 unless said; sharp on any screen at `size` pixels, grown."""
        icon = QIcon(self.pixmap(name, color, size))
        if color:
            icon.addPixmap(self.pixmap(name, self._tokens.line, size), QIcon.Mode.Disabled)
        return icon

    def pixmap(self, name: str, color: str = "", size: int = 16) -> QPixmap:
        """The same for a label."""
        return _drawn(name, color or self._tokens.text2, self.grown(size), self._app.devicePixelRatio())

    def _apply(self) -> None:
        settings = self._preferences.settings
        dark = settings.theme == "dark" or (
            settings.theme == "system" and self._app.styleHints().colorScheme() == Qt.ColorScheme.Dark
        )
        tokens, scale = (DARK if dark else LIGHT), settings.text_size / 100
        if (tokens, scale) == self._applied:
            return
        self._applied = (self._tokens, self._scale) = (tokens, scale)
        self._app.setPalette(_palette(tokens))
        self._app.setFont(self.font())
        self._app.setStyleSheet(self._style_sheet())
        self.changed.emit()

    def _style_sheet(self) -> str:
        """`resources/style.qss` with the tokens and sizes put in."""
        tokens = self._tokens
        colors = {name: str(getattr(tokens, name)) for name in Tokens.__slots__}
        colors |= {
            "accent_hover": _mixed(tokens.accent, tokens.text, 0.14),
            "edge": _mixed(tokens.line, tokens.text2, 0.5) if tokens.dark else tokens.line,
            "thumb": _mixed(tokens.line, tokens.text2, 0.35),
        }
        sheet = resource("style.qss").read_text("utf-8").partition("*/")[2]
        sheet = re.sub(r"@(\d+)", lambda match: f"{self.grown(int(match[1]))}px", sheet)
        return re.sub(r"@(\w+)", lambda match: colors[match[1]], sheet)


def _family(app: QApplication) -> str:
    """The system's interface font; Inter where the system names none of its own."""
    own = app.font().family()
    # Asking for the list of families would read every font there is.
    if own in {"", "Sans", "Sans Serif", "DejaVu Sans"} and QFontInfo(QFont("Inter")).family() == "Inter":
        return "Inter"
    return own


@lru_cache(maxsize=512)
def _drawn(name: str, color: str, size: int, ratio: float) -> QPixmap:
    svg = resource(f"icons/{name}.svg").read_text("utf-8").replace("currentColor", color)
    renderer = QSvgRenderer(QByteArray(svg.encode()))
    pixmap = QPixmap(QSize(size, size) * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, size, size))
    painter.end()
    return pixmap


def _palette(tokens: Tokens) -> QPalette:
    roles = QPalette.ColorRole
    palette = QPalette()
    for role, color in {
        roles.Window: tokens.background,
        roles.WindowText: tokens.text,
        roles.Base: tokens.surface,
        roles.AlternateBase: tokens.background,
        roles.Text: tokens.text,
        roles.PlaceholderText: tokens.text2,
        roles.Button: tokens.surface,
        roles.ButtonText: tokens.text,
        roles.BrightText: tokens.danger,
        roles.Highlight: tokens.accent,
        roles.HighlightedText: tokens.on_accent,
        roles.Link: tokens.accent,
        roles.LinkVisited: tokens.accent,
        roles.ToolTipBase: tokens.surface,
        roles.ToolTipText: tokens.text,
        roles.Accent: tokens.accent,
        roles.Mid: tokens.line,
        roles.Light: tokens.surface,
        roles.Dark: tokens.line,
        roles.Shadow: tokens.line,
    }.items():
        palette.setColor(role, QColor(color))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(tokens.text2))
    return palette


def _mixed(one: str, other: str, share: float) -> str:
    """`one` with a share of `other` in it."""
    a, b = QColor(one), QColor(other)
    channels = zip((a.red(), a.green(), a.blue()), (b.red(), b.green(), b.blue()), strict=True)
    return "#{:02X}{:02X}{:02X}".format(*(round(x + (y - x) * share) for x, y in channels))
