"""The line under the message: pictures, tokens, and what the next message will cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from app.core.cost import Context, Estimate
from app.ui import figures
from app.ui.theme import Theme

translate = QCoreApplication.translate


class Part(NamedTuple):
    """A piece of the line."""

    text: str
    bold: bool = False
    joined: bool = False
    """Follows the part before without a separator, and goes before it when room is short."""
    brief: str = ""
    """The same in fewer words, where there is not even room for this part alone."""


_SEPARATOR = Part(" · ")


class CostLine(QLabel):
    """Right-aligned. Where room is short the parts on the left are left out; the tooltip has them all."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._parts: list[Part] = []
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        theme.changed.connect(self.update)

    def tell(self, parts: Sequence[Part]) -> None:
        if list(parts) != self._parts:
            self._parts = list(parts)
            self.setText("".join(part.text for part in _separated(self._parts)))
            self.setToolTip(self.text())
            self.update()

    def _fitting(self, width: int) -> list[Part]:
        parts = list(self._parts)
        while len(parts) > 1 and self._width(parts) > width:
            if parts[1].joined:
                del parts[1]
            else:
                del parts[0]
        return [_briefly(part) for part in parts] if self._width(parts) > width else parts

    def _width(self, parts: Sequence[Part]) -> int:
        return sum(QFontMetrics(self._font(part)).horizontalAdvance(part.text) for part in _separated(parts))

    def _font(self, part: Part) -> QFont:
        return self._theme.font("caption", 600 if part.bold else 400)

    # --- Qt ---

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        tokens = self._theme.tokens
        parts = self._fitting(self.width())
        painter = QPainter(self)
        x = max(0, self.width() - self._width(parts))
        for part in _separated(parts):
            metrics = QFontMetrics(self._font(part))
            painter.setFont(self._font(part))
            painter.setPen(QColor(tokens.text if part.bold else tokens.text2))
            width = metrics.horizontalAdvance(part.text)
            room = self.width() - x
            shown = part.text if width <= room else metrics.elidedText(part.text, Qt.TextElideMode.ElideRight, room)
            painter.drawText(x, (self.height() + metrics.ascent() - metrics.descent()) // 2, shown)
            x += width

    def sizeHint(self) -> QSize:
        return QSize(self._width(self._parts), QFontMetrics(self._theme.font("caption")).height())

    def minimumSizeHint(self) -> QSize:
        last = [_briefly(part) for part in self._parts if part.brief]
        return QSize(self._width(last), self.sizeHint().height())


def cost_parts(estimate: Estimate, *, unread: int, free: bool) -> list[Part]:
    """What the next message carries and costs; `unread` pictures are not measured yet, so that no total holds."""
    parts = [Part(text) for text in (_pictures(estimate), _text(estimate), _history(estimate.context)) if text]
    if unread:
        reading = translate("cost_line", "%1 being read").replace("%1", figures.count(unread))
        return [*parts, Part(reading, bold=True)]
    if estimate.next is None or estimate.at_most is None:
        known = translate("cost_line", "practice: free") if free else translate("cost_line", "price unknown")
        return [*parts, Part(known, bold=True)]
    next_one = figures.dollars(estimate.next)
    if free:
        with_key = translate("cost_line", ", with a key ≈ %1").replace("%1", next_one)
        return [*parts, Part(translate("cost_line", "practice: free"), bold=True), Part(with_key, joined=True)]
    at_most = figures.dollars(estimate.at_most, digits=2, up=True)
    return [
        *parts,
        Part(translate("cost_line", "next message ≈ %1").replace("%1", next_one), bold=True, brief=f"≈ {next_one}"),
        Part(translate("cost_line", ", at most %1").replace("%1", at_most), joined=True),
    ]


def _pictures(estimate: Estimate) -> str:
    if not estimate.pictures:
        return ""
    words = (
        translate("cost_line", "1 picture %2") if estimate.pictures == 1 else translate("cost_line", "%1 pictures %2")
    )
    words = words.replace("%1", figures.count(estimate.pictures))
    return words.replace("%2", figures.tokens(estimate.picture_tokens))


def _text(estimate: Estimate) -> str:
    if not estimate.text_tokens:
        return ""
    return translate("cost_line", "text ≈ %1").replace("%1", figures.count(estimate.text_tokens))


def _history(context: Context) -> str:
    if not context.tokens:
        return ""
    share = context.cached / context.tokens
    if share >= 0.95:
        words = translate("cost_line", "history %1, cached")
    elif share >= 0.5:
        words = translate("cost_line", "history %1, mostly cached")
    elif share:
        words = translate("cost_line", "history %1, partly cached")
    else:
        words = translate("cost_line", "history %1")
    return words.replace("%1", figures.count(context.tokens))


def _briefly(part: Part) -> Part:
    return part._replace(text=part.brief or part.text)


def _separated(parts: Sequence[Part]) -> list[Part]:
    """The parts with separators between them."""
    pieces: list[Part] = []
    for part in parts:
        if pieces and not part.joined:
            pieces.append(_SEPARATOR)
        pieces.append(part)
    return pieces
