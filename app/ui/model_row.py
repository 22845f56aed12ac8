"""The rows of the list of models: names at one side, prices and what the next message would cost in columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.conversation.messages import Index
from app.core.catalog import Model
from app.ui.foreign_text import one_line
from app.ui.model_words import own_words, price_words
from app.ui.theme import RADIUS, Theme

MODEL: Final = int(Qt.ItemDataRole.UserRole)
FACTS: Final = MODEL + 1
ROW: Final = 48
"""Pixels."""
_HEADING: Final = 32
_INSET: Final = 8
_GAP: Final = 16
_EXAMPLES: Final = ("$0.125 / $0.625", "≈ $0.00000")
"""What has room in the columns, whatever comes."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a row says of its model besides name and prices."""

    note: str
    next: str = ""
    """What the next message would cost; empty until that is worked out."""
    is_obstacle: bool = False
    """The note says why the model could not be asked."""


class Columns(QWidget):
    """The line of captions over the rows; it knows where the columns are."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._captions = ("", "")
        self._widths = (0, 0)
        self._room = 0

    def set_room(self, width: int) -> None:
        """How wide the rows are, in pixels: a scroll bar takes from them."""
        self._room = width
        self.update()

    def set_captions(self, price: str, ahead: str) -> None:
        self._captions = (price, ahead)
        metrics = QFontMetrics(self._theme.font("caption"))
        pairs = zip(self._captions, _EXAMPLES, strict=True)
        price_width, next_width = (max(map(metrics.horizontalAdvance, pair)) for pair in pairs)
        self._widths = (price_width, next_width)
        self.setFixedHeight(self._theme.px(_HEADING) - 4)
        self.setAccessibleName(", ".join(self._captions))
        self.update()

    def places(self, row: QRect) -> tuple[QRect, QRect, QRect]:
        """Of a row: where the name, the price and the next message's cost are."""
        area = row.adjusted(_INSET, 0, -_INSET, 0)
        price, ahead = self._widths
        last = QRect(area.right() - ahead + 1, area.top(), ahead, area.height())
        middle = QRect(last.left() - _GAP - price, area.top(), price, area.height())
        return QRect(area.left(), area.top(), middle.left() - _GAP - area.left(), area.height()), middle, last

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self._theme.font("caption"))
        painter.setPen(QColor(self._theme.tokens.text2))
        _, *columns = self.places(QRect(0, 0, self._room, self.height()))
        for place, caption in zip(columns, self._captions, strict=True):
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, caption)
        painter.end()


class ModelRow(QStyledItemDelegate):
    """Name, prices and the next message's cost; under them what else is to be known. Or a heading."""

    def __init__(self, theme: Theme, columns: Columns, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._columns = columns

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens, states = self._theme.tokens, QStyle.StateFlag
        model = index.data(MODEL)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if isinstance(model, Model):
            chosen = bool(option.state & states.State_Selected)
            if chosen or option.state & states.State_MouseOver:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(tokens.soft if chosen else tokens.hover))
                painter.drawRoundedRect(option.rect, RADIUS["badge"], RADIUS["badge"])
            self._paint_model(painter, option.rect, model, index.data(FACTS))
        else:
            painter.setFont(self._theme.font("caption", 500))
            painter.setPen(QColor(tokens.text2))
            area = option.rect.adjusted(_INSET, 0, -_INSET, 0)
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, str(index.data()))
        painter.restore()

    def _paint_model(self, painter: QPainter, row: QRect, model: Model, facts: Facts) -> None:
        tokens, flags = self._theme.tokens, Qt.AlignmentFlag
        middle = row.center().y() + self._theme.px(2)
        upper, lower = QRect(row), QRect(row)
        upper.setBottom(middle)
        lower.setTop(middle)
        name, price, ahead = self._columns.places(upper)
        painter.setFont(self._theme.font("caption"))
        painter.setPen(QColor(tokens.text2))
        painter.drawText(price, flags.AlignRight | flags.AlignBottom, price_words(model))
        below, under_price, end = self._columns.places(lower)
        if model.own:
            painter.drawText(under_price, flags.AlignRight | flags.AlignTop, own_words())
        else:
            below.setRight(end.right())
        painter.setPen(QColor(tokens.warn if facts.is_obstacle else tokens.text2))
        note = painter.fontMetrics().elidedText(facts.note, Qt.TextElideMode.ElideRight, below.width())
        painter.drawText(below, flags.AlignLeft | flags.AlignTop, note)
        painter.setPen(QColor(tokens.text))
        painter.drawText(ahead, flags.AlignRight | flags.AlignBottom, facts.next)
        font = self._theme.font("secondary", 500)
        painter.setFont(font)
        shown = QFontMetrics(font).elidedText(one_line(model.name), Qt.TextElideMode.ElideMiddle, name.width())
        painter.drawText(name, flags.AlignLeft | flags.AlignBottom, shown)

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, self._theme.px(ROW if isinstance(index.data(MODEL), Model) else _HEADING))
