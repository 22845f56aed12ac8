"""Formulas as pictures: drawn in a thread where nothing waits for them, kept, and painted in the colour of the words.

Until one is drawn its TeX stands in its place, as a picture too, so that no place in the text moves when it comes.
"""

from __future__ import annotations

import logging
import math
import sys
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QByteArray, QObject, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

from app.core.formulas import Formula
from app.ui.theme import Theme
from app.ui.transcript.markup import code_font

if TYPE_CHECKING:
    from app.core.typeset import Outline

_log = logging.getLogger(__name__)

_KEPT: Final = 1_000
"""Formulas whose outlines are remembered; one takes some 10 KB."""
_PIXELS: Final = 4_000_000
"""Of the pictures that are remembered."""
_AT_ONCE: Final = 8
"""Formulas that the thread is given at a time: what it has drawn is shown when it has drawn them all."""
_TICK: Final = 12
"""Milliseconds between two looks at what the thread has done, while it does anything."""
_TURN: Final = 0.0005
"""Seconds that the window waits for its turn while the thread draws: at Python's usual 5 ms every call of Qt that gives
the turn away would cost a third of a frame."""
_SIZE: Final = 1.15
"""Of a formula's letters to those around it: the letters of the formulas' font are smaller for the same em."""


class _Key(NamedTuple):
    tex: str
    display: bool


@dataclass(frozen=True, slots=True)
class Look:
    """How a formula is to be painted."""

    size: int
    """Pixels of the letters around it."""
    color: str
    ratio: float
    """Of the screen's pixels to ours."""
    line: int = 0
    """Pixels from one line of words to the next, which a formula that reaches below its own does not lessen."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A formula in pixels of ours; the picture has more of them where the screen has."""

    image: QImage
    width: float
    ascent: float
    """Above the line it stands on."""
    anchor: int
    """Pixels of letters whose descent is what is below that line."""
    is_final: bool
    """It is the formula and not yet its TeX."""

    @property
    def height(self) -> float:
        return self.ascent + descent(self.anchor)


class FormulaPictures(QObject):
    """Signals:
    drawn(): some of the formulas that were asked for are known now.
    """

    drawn = Signal()

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._outlines: OrderedDict[_Key, Outline | None] = OrderedDict()
        self._pictures: OrderedDict[tuple[_Key, Look, float], Drawn] = OrderedDict()
        self._pixels = 0
        self._wanted: dict[_Key, None] = {}
        self._thread = ThreadPoolExecutor(1, "formulas")
        self._drawing: Future[list[Outline | None]] | None = None
        self._given: list[_Key] = []
        self._tick = QTimer(self)
        self._tick.setSingleShot(True)
        self._tick.timeout.connect(self._collect)

    def warm(self) -> None:
        """Load what draws formulas, beside whatever else is done."""
        self._thread.submit(_typeset, (_Key("x", display=False),))

    @property
    def is_waiting(self) -> bool:
        """Whether any formula that was asked for is not known yet."""
        return bool(self._wanted or self._given)

    def is_known(self, formula: Formula) -> bool:
        """Whether it is drawn, or known that it cannot be."""
        return _key(formula) in self._outlines

    def draw(self, formula: Formula, look: Look, scale: float = 1) -> Drawn | None:
        """A formula, `scale` times as large as the words around it; None where only its TeX can be shown."""
        key = _key(formula)
        if key in self._outlines:
            self._outlines.move_to_end(key)
            outline = self._outlines[key]
            return None if outline is None else self._picture(key, outline, look, scale)
        if key not in self._wanted and key not in self._given:
            self._wanted[key] = None
            self._go_on()
        return _source(formula.source, code_font(self._theme), look, scale)

    def _picture(self, key: _Key, outline: Outline, look: Look, scale: float) -> Drawn:
        known = self._pictures.pop((key, look, scale), None)
        if known is None:
            known = _painted(outline, look, scale)
            self._pixels += _area(known)
        self._pictures[key, look, scale] = known
        while self._pixels > _PIXELS and len(self._pictures) > 1:
            self._pixels -= _area(self._pictures.popitem(last=False)[1])
        return known

    def _go_on(self) -> None:
        if self._drawing is None and self._wanted:
            self._given = list(self._wanted)[:_AT_ONCE]
            for key in self._given:
                del self._wanted[key]
            self._drawing = self._thread.submit(_typeset, tuple(self._given))
        if self._drawing is not None:
            self._tick.start(_TICK)

    def _collect(self) -> None:
        """Take what the thread has drawn."""
        if self._drawing is None or not self._drawing.done():
            self._go_on()
            return
        error = self._drawing.exception()
        if error is not None:
            _log.warning("No formula can be drawn: %s", error)  # a library is missing, say: their TeX can be read
        outlines = self._drawing.result() if error is None else [None] * len(self._given)
        self._outlines.update(zip(self._given, outlines, strict=True))
        while len(self._outlines) > _KEPT:
            self._outlines.popitem(last=False)
        self._drawing, self._given = None, []
        self.drawn.emit()
        self._go_on()


def _key(formula: Formula) -> _Key:
    return _Key(formula.tex, formula.kind == "display")


def _typeset(wanted: Sequence[_Key]) -> list[Outline | None]:
    """Runs in the thread, which takes and gives nothing but values."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(_TURN)
    try:
        return [_outline(key) for key in wanted]
    finally:
        sys.setswitchinterval(usual)


def _outline(key: _Key) -> Outline | None:
    from app.core.typeset import NotTypeset, typeset

    try:
        return typeset(key.tex, display=key.display)
    except NotTypeset:
        return None


def _painted(outline: Outline, look: Look, scale: float) -> Drawn:
    size = look.size * _SIZE * scale
    drawn = _empty(look, outline.width * size, outline.ascent * size, outline.descent * size, is_final=True)
    renderer = QSvgRenderer(QByteArray(outline.svg.replace("currentColor", look.color).encode()))
    painter = QPainter(drawn.image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    top = drawn.ascent - outline.ascent * size
    renderer.render(painter, QRectF(0, top, outline.width * size, (outline.ascent + outline.descent) * size))
    painter.end()
    return drawn


def _source(source: str, font: QFont, look: Look, scale: float) -> Drawn:
    """The TeX of a formula that is not drawn yet."""
    font = QFont(font)
    font.setPixelSize(max(1, round(font.pixelSize() * scale)))
    metrics = QFontMetricsF(font)
    line = " ".join(source.split())
    drawn = _empty(look, metrics.horizontalAdvance(line), metrics.ascent(), metrics.descent(), is_final=False)
    painter = QPainter(drawn.image)
    painter.setFont(font)
    painter.setPen(QColor(look.color))
    painter.drawText(QPointF(0, drawn.ascent), line)
    painter.end()
    return drawn


def _empty(look: Look, width: float, ascent: float, below: float, *, is_final: bool) -> Drawn:
    """Room for a formula, whole pixels above its line."""
    anchor = next(size for size in range(1, 10_000) if descent(size) >= below)
    wide, above = math.ceil(width) + 1, math.ceil(ascent) + 1
    if look.line and descent(anchor) > descent(look.size):
        above = max(above, math.floor(look.line - descent(look.size)))
    size = QSize(round(wide * look.ratio), math.ceil((above + descent(anchor)) * look.ratio))
    image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(look.ratio)
    image.fill(Qt.GlobalColor.transparent)
    return Drawn(image, wide, above, anchor, is_final)


@lru_cache(maxsize=1024)
def descent(size: int) -> float:
    """Pixels below the line of letters of `size` pixels in the interface's font."""
    return QFontMetricsF(anchor_font(size)).descent()


def anchor_font(size: int) -> QFont:
    """Qt lets a picture stand as far below its line as the letters of its format would: these do."""
    font = QFont()
    font.setPixelSize(size)
    return font


def _area(drawn: Drawn) -> int:
    return drawn.image.width() * drawn.image.height()
