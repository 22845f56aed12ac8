"""How one attached picture is painted: the picture, its number, its badge, its cross and two lines of words."""

from __future__ import annotations

from collections import OrderedDict
from decimal import Decimal
from typing import Final, cast

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.conversation.attachment import DraftPicture
from app.conversation.draft import Draft
from app.ui import picture_facts
from app.ui.theme import HIT, RADIUS, TILE, Theme

Index = QModelIndex | QPersistentModelIndex

_EDGE: Final = 2
"""Room for the focus ring around a tile."""
_GAP: Final = 12
"""Between two tiles."""
_INSET: Final = 6
"""From the tile's edge to number, cross and badge."""
_DISC: Final = 20
_LINE: Final = 20
"""Height of a line of words, at the usual text size."""
_KEPT: Final = 96
"""Pixmaps kept: more than ever show at once, and some 130 kB each on a usual screen."""


class TileDelegate(QStyledItemDelegate):
    """Paints the rows of a draft. Everything is laid out from the cell's top left corner.

    Attributes:
        slow: keys of pictures that are being prepared for so long that it is worth a word.
        pointer: where the mouse is, in the viewport.
    """

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme
        self.slow: set[int] = set()
        self.pointer = QPoint(-1, -1)
        self.cell = QSize()
        self._pixmaps: OrderedDict[tuple[int, int, float], QPixmap] = OrderedDict()

    def dress(self) -> None:
        """Take over the theme's fonts; sizes follow the text size."""
        self._caption = self._theme.font("caption")
        self._name = self._theme.font("caption", 500)
        self._line = self._theme.px(_LINE)
        self.cell = QSize(TILE.width() + _GAP + _EDGE, TILE.height() + 2 * _EDGE + 2 * self._line + 8)

    # --- where things are ---

    def tile(self, cell: QRect) -> QRect:
        """The picture's place in its cell."""
        return QRect(cell.topLeft() + QPoint(_EDGE, _EDGE), TILE)

    def cross(self, cell: QRect) -> QRect:
        """What can be hit to remove the picture: larger than the cross that is seen."""
        tile = self.tile(cell)
        return QRect(tile.right() - HIT - 1, tile.top() + 2, HIT, HIT)

    # --- painting ---

    def _paint_picture(self, painter: QPainter, tile: QRect, picture: DraftPicture) -> None:
        tokens = self._theme.tokens
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(tile), RADIUS["tile"], RADIUS["tile"])
        painter.setPen(Qt.PenStyle.NoPen)
        painter.fillPath(shape, QColor(tokens.side))
        if picture.thumbnail:
            painter.save()
            painter.setClipPath(shape)
            painter.drawPixmap(tile, self._pixmap(picture, painter.device().devicePixelRatioF()))
            painter.restore()
        elif picture.key in self.slow:
            self._write(painter, tile, self.tr("Preparing"), self._caption, tokens.text2, center=True)
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(tile).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS["tile"], RADIUS["tile"])

    def _paint_number(self, painter: QPainter, tile: QRect, number: int) -> None:
        text, metrics = str(number), QFontMetrics(self._name)
        disc = max(_DISC, metrics.height())
        width = max(disc, metrics.horizontalAdvance(text) + 10)
        self._chip(painter, QRect(tile.left() + _INSET, tile.top() + _INSET, width, disc), text, self._name, disc / 2)

    def _paint_cross(self, painter: QPainter, cell: QRect) -> None:
        hit = self.cross(cell)
        disc = QRect(0, 0, _DISC, _DISC)
        disc.moveCenter(hit.center())
        tokens = self._theme.tokens
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.danger if hit.contains(self.pointer) else tokens.badge))
        painter.drawEllipse(disc)
        inner = disc.adjusted(4, 4, -4, -4)
        self._theme.icon("x", "#FFFFFF" if not tokens.dark else tokens.text).paint(painter, inner)

    def _paint_badge(self, painter: QPainter, tile: QRect, picture: DraftPicture, dollars: Decimal | None) -> None:
        text, metrics = picture_facts.badge(picture.tokens, dollars), QFontMetrics(self._caption)
        height = max(_DISC, metrics.height() + 4)
        width = min(metrics.horizontalAdvance(text) + 14, tile.width() - 2 * _INSET)
        box = QRect(tile.left() + _INSET, tile.bottom() - _INSET - height + 1, width, height)
        self._chip(painter, box, text, self._caption, RADIUS["badge"])

    def _paint_words(self, painter: QPainter, tile: QRect, picture: DraftPicture) -> None:
        tokens = self._theme.tokens
        line = QRect(tile.left(), tile.bottom() + 4, tile.width(), self._line)
        name = QFontMetrics(self._name).elidedText(
            picture_facts.shown_name(picture.name), Qt.TextElideMode.ElideMiddle, line.width()
        )
        self._write(painter, line, name, self._name, tokens.text)
        size = QFontMetrics(self._caption).elidedText(
            picture_facts.size_line(picture), Qt.TextElideMode.ElideRight, line.width()
        )
        self._write(painter, line.translated(0, self._line), size, self._caption, tokens.text2)

    def _paint_focus(self, painter: QPainter, tile: QRect) -> None:
        painter.setPen(QPen(QColor(self._theme.tokens.accent), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(tile).adjusted(-1, -1, 1, 1), RADIUS["tile"] + 1, RADIUS["tile"] + 1)

    def paint_gap(self, painter: QPainter, cell: QRect, *, after: bool) -> None:
        """Show where a dragged picture would go: before or after the one in `cell`."""
        tile = self.tile(cell)
        x = tile.right() + _GAP // 2 if after else tile.left() - _GAP // 2
        painter.fillRect(QRect(max(0, x - 1), tile.top(), 3, tile.height()), QColor(self._theme.tokens.accent))

    def _chip(self, painter: QPainter, box: QRect, text: str, font: QFont, radius: float) -> None:
        tokens = self._theme.tokens
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.badge))
        painter.drawRoundedRect(QRectF(box), radius, radius)
        self._write(painter, box, text, font, tokens.text if tokens.dark else tokens.on_accent, center=True)

    def _write(
        self, painter: QPainter, box: QRect, text: str, font: QFont, color: str, *, center: bool = False
    ) -> None:
        side = Qt.AlignmentFlag.AlignHCenter if center else Qt.AlignmentFlag.AlignLeft
        painter.setFont(font)
        painter.setPen(QColor(color))
        painter.drawText(box, side | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, text)

    def _pixmap(self, picture: DraftPicture, ratio: float) -> QPixmap:
        """The thumbnail cut to the tile's shape, in the screen's own pixels."""
        key = (picture.key, len(picture.thumbnail), ratio)
        if key not in self._pixmaps:
            pixmap = QPixmap()
            pixmap.loadFromData(picture.thumbnail)
            size = TILE * ratio
            filled = pixmap.scaled(
                size, Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
            )
            corner = QPoint((filled.width() - size.width()) // 2, (filled.height() - size.height()) // 2)
            self._pixmaps[key] = filled.copy(QRect(corner, size))
            if len(self._pixmaps) > _KEPT:
                self._pixmaps.popitem(last=False)
        self._pixmaps.move_to_end(key)
        return self._pixmaps[key]

    # --- Qt ---

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        cell = option.rect
        picture, tile = cast("DraftPicture", index.data(Draft.PictureRole)), self.tile(cell)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self._paint_picture(painter, tile, picture)
        self._paint_number(painter, tile, index.data(Draft.NumberRole))
        self._paint_cross(painter, cell)
        if picture.tokens:
            self._paint_badge(painter, tile, picture, index.data(Draft.NextCostRole))
        self._paint_words(painter, tile, picture)
        if option.state & QStyle.StateFlag.State_HasFocus:
            self._paint_focus(painter, tile)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: ARG002
        return self.cell
