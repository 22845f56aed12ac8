"""The pictures of the shelf as a list: small thumbnails with number, tokens, cost and what goes in their place."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any, Final, cast

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.conversation.gallery import Gallery
from app.core.shelf import Row
from app.ui import figures
from app.ui.shelf import words
from app.ui.theme import RADIUS, Theme
from app.ui.tile import TilePainter

Index = QModelIndex | QPersistentModelIndex

_SIZE: Final = QSize(92, 56)
_EDGE: Final = 4
"""Around a tile, for the ground of one that is chosen."""
_GAP: Final = 4
_FAINT: Final = 0.35
"""Of a picture that does not go itself."""


class ShelfModel(QAbstractListModel):
    """One row a picture, with the words that stand for it."""

    RowRole: Final = int(Qt.ItemDataRole.UserRole)
    """The `Row`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: Sequence[Row] = ()
        self._free = False

    @property
    def free(self) -> bool:
        """Whether nothing costs anything."""
        return self._free

    def show(self, rows: Sequence[Row], *, free: bool) -> None:
        """Show these pictures; what is chosen stays so where they are the same ones."""
        same = [row.number for row in rows] == [row.number for row in self._rows]
        if not same:
            self.beginResetModel()
        changed = rows != self._rows or free != self._free
        self._rows, self._free = rows, free
        if not same:
            self.endResetModel()
        elif changed and rows:
            self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))

    def row(self, index: Index) -> Row:
        return self._rows[index.row()]

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not self.checkIndex(index, QAbstractListModel.CheckIndexOption.IndexIsValid):
            return None
        row = self._rows[index.row()]
        if role == self.RowRole:
            return row
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join((words.numbered([row]), *words.facts(row, free=self._free)))
        if role == Qt.ItemDataRole.ToolTipRole:
            return "<br>".join(escape(fact) for fact in words.facts(row, free=self._free))
        return None


class _SmallPainter(TilePainter):
    """The parts of a tile, smaller than in a turn."""

    def dress(self) -> None:
        super().dress()
        self.size = QSize(self._theme.grown(_SIZE.width()), self._theme.grown(_SIZE.height()))


class ShelfDelegate(QStyledItemDelegate):
    """Attributes:
    cell: size of a tile with its words and the gaps to the next ones.
    """

    def __init__(self, theme: Theme, gallery: Gallery, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme
        self._gallery = gallery
        self._painter = _SmallPainter(theme)
        self._framed: dict[tuple[str, float], QPixmap] = {}
        self.dress()

    def dress(self) -> None:
        """Take over the theme's colours, fonts and sizes."""
        self._painter.dress()
        self._framed.clear()
        line = self._theme.line("caption")
        size = self._painter.size
        self.cell = QSize(size.width() + 2 * _EDGE + _GAP, size.height() + 2 * line + 3 * _EDGE + _GAP)

    def refresh(self, key: str) -> None:
        """The thumbnail of that key can be had now."""
        for known in [known for known in self._framed if known[0] == key]:
            del self._framed[known]

    def _picture(self, key: str, ratio: float) -> QPixmap:
        if (key, ratio) not in self._framed:
            thumbnail = self._gallery.thumbnail(key)
            if not thumbnail:
                return self._painter.framed(b"", ratio)
            self._framed[key, ratio] = self._painter.framed(thumbnail, ratio)
        return self._framed[key, ratio]

    # --- Qt ---

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row = cast("Row", index.data(ShelfModel.RowRole))
        free = cast("ShelfModel", index.model()).free
        tokens, states = self._theme.tokens, QStyle.StateFlag
        cell = option.rect.adjusted(0, 0, -_GAP, -_GAP)
        tile = QRect(cell.topLeft() + QPoint(_EDGE, _EDGE), self._painter.size)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen, focused = bool(option.state & states.State_Selected), bool(option.state & states.State_HasFocus)
        if chosen or focused or option.state & states.State_MouseOver:
            ring = tokens.accent if chosen else tokens.text2
            painter.setPen(QPen(QColor(ring), 1.5) if chosen or focused else Qt.PenStyle.NoPen)
            painter.setBrush(
                QColor(tokens.soft) if chosen else Qt.BrushStyle.NoBrush if focused else QColor(tokens.hover)
            )
            painter.drawRoundedRect(QRectF(cell).adjusted(1, 1, -1, -1), RADIUS["tile"], RADIUS["tile"])
        painter.setOpacity(1.0 if row.state == "kept" else _FAINT)
        painter.drawPixmap(tile.topLeft(), self._picture(row.thumbnail, painter.device().devicePixelRatioF()))
        painter.setOpacity(1.0)
        self._painter.paint_number(painter, tile, row.number)
        if said := words.state(row):
            self._painter.paint_badge(painter, tile, said)
        self._paint_figures(painter, tile, row, free=free)
        painter.restore()

    def _paint_figures(self, painter: QPainter, tile: QRect, row: Row, *, free: bool) -> None:
        line = self._theme.line("caption")
        below = QRect(tile.left(), tile.bottom() + 1 + _EDGE, tile.width(), line)
        cost = "" if free or row.cost is None or not row.tokens else figures.dollars(row.cost)
        for text, color in ((figures.tokens(row.tokens), self._theme.tokens.text), (cost, self._theme.tokens.text2)):
            painter.setFont(self._theme.font("caption"))
            painter.setPen(QColor(color))
            painter.drawText(below, int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter), text)
            below.translate(0, line)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: ARG002
        return self.cell
