"""Formulas on paper: shapes within the lines of a text document, as sharp as its letters."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QByteArray, QRect, QRectF, QSizeF
from PySide6.QtGui import (
    QFont,
    QFontMetricsF,
    QPainter,
    QPyTextObject,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)
from PySide6.QtSvg import QSvgRenderer

from app.core.export.drawn import SIZE

if TYPE_CHECKING:
    from app.core.typeset import Outline

_KIND: Final = int(QTextFormat.ObjectTypes.UserObject.value) + 1
_SVG: Final = int(QTextFormat.Property.UserProperty.value) + 1
_WIDTH: Final = _SVG + 1
_HEIGHT: Final = _SVG + 2
_OBJECT: Final = "\ufffc"


class Formulas(QPyTextObject):
    """Draws the formulas of a document, which owns it."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        document.documentLayout().registerHandler(_KIND, self)

    def put(self, cursor: QTextCursor, outline: Outline, around: QTextCharFormat, size: int, widest: float) -> None:
        """Put a formula among words of `size` points; one that is wider than `widest` points is shrunk to that."""
        em = min(size * SIZE, widest / outline.width)
        # With this alignment Qt lets an object stand as far below its line as the letters of its format would.
        letters = _letters(outline.descent * em)
        form = QTextCharFormat()
        form.setFont(letters)
        form.setObjectType(_KIND)
        form.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignBaseline)
        color = around.foreground().color().name()
        form.setProperty(_SVG, outline.svg.replace("currentColor", color))
        form.setProperty(_WIDTH, outline.width * em)
        form.setProperty(_HEIGHT, outline.ascent * em + QFontMetricsF(letters).descent())
        form.setProperty(_DRAWN, (outline.ascent + outline.descent) * em)
        cursor.insertText(_OBJECT, form)

    def intrinsicSize(self, _document: QTextDocument, _at: int, form: QTextFormat) -> QSizeF:  # noqa: N802
        return QSizeF(form.doubleProperty(_WIDTH), form.doubleProperty(_HEIGHT))

    def drawObject(  # noqa: N802
        self, painter: QPainter, place: QRectF | QRect, _document: QTextDocument, _at: int, form: QTextFormat
    ) -> None:
        renderer = QSvgRenderer(QByteArray(form.stringProperty(_SVG).encode()))
        size = QSizeF(form.doubleProperty(_WIDTH), form.doubleProperty(_DRAWN))
        renderer.render(painter, QRectF(QRectF(place).topLeft(), size))


_DRAWN: Final = _SVG + 3


@lru_cache(maxsize=256)
def _letters(below: float) -> QFont:
    """A font whose letters reach at least so many points below their line."""
    font = QFont()
    for size in range(1, 400):
        font.setPixelSize(size)
        if QFontMetricsF(font).descent() >= below:
            break
    return font
