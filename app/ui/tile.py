"""How a picture looks as a tile: itself, its number, its badge and lines of words; in the composer with a cross."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, cast

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetrics, QPainter, QPen, QPixmap, QTransform
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.conversation.attachment import DraftPicture
from app.conversation.draft import Draft
from app.ui import picture_facts
from app.ui.foreign_text import direction_flag
from app.ui.picture_facts import NOTE
from app.ui.theme import HIT, RADIUS, SPACE, TILE, Theme

Index = QModelIndex | QPersistentModelIndex

_GAP: Final = 12
"""Between two tiles of a row."""
_ROW_GAP: Final = 4
_EDGE: Final = 2
"""Room for the focus ring around a tile."""
_INSET: Final = 6
"""From the tile's edge to number, cross and badge."""
_DISC: Final = 20
_CROSS: Final = 12
_ARROW: Final = 12
"""On a badge that opens a menu."""
_LINE: Final = 20
"""Height of a line of words, at the usual text size."""
_KEPT: Final = 96
"""Pixmaps kept: more than ever show at once, and some 130 kB each on a usual screen."""
_WHITE: Final = QColor(Qt.GlobalColor.white).name()
"""Of what stands on the badges' colour, which is dark in both themes."""


class TilePainter:
    """Paints the parts of a tile, in the composer and in a turn. Sizes follow the text size.

    Attributes:
        size: pixels of the picture.
        height: of the picture and two lines of words below it.
        height_with_notes: with a third line.
    """

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self.dress()

    def dress(self) -> None:
        """Take over the theme's fonts and sizes."""
        self._caption, self._name, self._bold = (self._theme.font("caption", weight) for weight in (400, 500, 600))
        self._line = self._theme.px(_LINE)
        self.size = QSize(self._theme.grown(TILE.width()), self._theme.grown(TILE.height()))
        self._arrow = self._theme.icon("chevron-down", _WHITE, _ARROW)
        self.height = self.size.height() + SPACE + 2 * self._line
        self.height_with_notes = self.height + self._line

    def framed(self, thumbnail: bytes, ratio: float) -> QPixmap:
        """The picture cut to the tile's shape, with its line around it, for a screen of `ratio` pixels to a point.

        Without a thumbnail it is an empty tile.
        """
        tokens = self._theme.tokens
        framed = QPixmap(self.size * ratio)
        framed.setDevicePixelRatio(ratio)
        framed.fill(Qt.GlobalColor.transparent)
        painter = QPainter(framed)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.setBrush(self._cut(thumbnail, ratio) if thumbnail else QColor(tokens.side))
        shape = QRectF(QPoint(), QSizeF(self.size)).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(shape, RADIUS["tile"], RADIUS["tile"])
        painter.end()
        return framed

    def paint_number(self, painter: QPainter, tile: QRect, number: int) -> None:
        text, disc = str(number), self._theme.grown(_DISC)
        width = max(disc, QFontMetrics(self._bold).horizontalAdvance(text) + 10)
        self._chip(painter, QRect(tile.left() + _INSET, tile.top() + _INSET, width, disc), text, self._bold, disc / 2)

    def badge(self, tile: QRect, text: str, *, opens: bool = False) -> QRect:
        """The place of a badge; one that `opens` a menu has an arrow."""
        height, words = self._theme.grown(_DISC), QFontMetrics(self._caption).horizontalAdvance(text)
        width = words + 12 + (self._theme.grown(_ARROW) + 2 if opens else 0)
        return QRect(tile.left() + _INSET, tile.top() + tile.height() - _INSET - height, width, height)

    def paint_badge(self, painter: QPainter, tile: QRect, text: str, *, opens: bool = False) -> None:
        box = self.badge(tile, text, opens=opens)
        self._chip(painter, box, "", self._caption, RADIUS["badge"])
        words = box.adjusted(6, 0, 0, 0)
        self._write(painter, words, text, self._caption, _WHITE)
        if opens:
            edge = self._theme.grown(_ARROW)
            arrow = QRect(box.right() - edge - 3, box.center().y() - edge // 2 + 1, edge, edge)
            self._arrow.paint(painter, arrow)

    def paint_words(self, painter: QPainter, tile: QRect, name: str, size: str, *notes: str) -> None:
        """The picture's name, below it what becomes of its size, and below that what else was done to it.

        `notes` say the same, each shorter than the one before; the first that fits is written.
        """
        tokens, middle = self._theme.tokens, Qt.TextElideMode.ElideMiddle
        line = QRect(tile.left(), tile.top() + tile.height() + SPACE, tile.width(), self._line)
        shown = QFontMetrics(self._name).elidedText(name, middle, line.width())
        self._write(painter, line, shown, self._name, tokens.text)
        metrics = QFontMetrics(self._caption)
        shortest = notes[-1] if notes else ""
        noted = next((words for words in notes if metrics.horizontalAdvance(words) <= line.width()), shortest)
        for below, words in enumerate((size, noted), 1):
            shown = fitting(words, metrics, line.width())
            self._write(painter, line.translated(0, below * self._line), shown, self._caption, tokens.text2)

    def paint_hint(self, painter: QPainter, tile: QRect, text: str) -> None:
        """A word in the middle of an empty tile."""
        self._write(painter, tile, text, self._caption, self._theme.tokens.text2, center=True)

    def _chip(self, painter: QPainter, box: QRect, text: str, font: QFont, radius: float) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.tokens.badge))
        painter.drawRoundedRect(QRectF(box), radius, radius)
        self._write(painter, box, text, font, _WHITE, center=True)

    def _write(
        self, painter: QPainter, box: QRect, text: str, font: QFont, color: str, *, center: bool = False
    ) -> None:
        side = Qt.AlignmentFlag.AlignHCenter if center else Qt.AlignmentFlag.AlignLeft
        painter.setFont(font)
        painter.setPen(QColor(color))
        flags = Qt.TextFlag.TextSingleLine | direction_flag(text)
        painter.drawText(box, int(side | Qt.AlignmentFlag.AlignVCenter) | int(flags), text)

    def _cut(self, thumbnail: bytes, ratio: float) -> QBrush:
        """The middle of the thumbnail, filling the tile."""
        whole = QPixmap()
        whole.loadFromData(thumbnail)
        size = self.size * ratio
        filled = whole.scaled(
            size, Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
        )
        corner = QPoint((filled.width() - size.width()) // 2, (filled.height() - size.height()) // 2)
        brush = QBrush(filled.copy(QRect(corner, size)))
        brush.setTransform(QTransform.fromScale(1 / ratio, 1 / ratio))
        return brush


def fitting(words: str, metrics: QFontMetrics, width: int) -> str:
    """A line without the notes that there is no room for, but with their number: none is cut in the middle."""
    parts = words.split(NOTE)
    for kept in range(len(parts), 0, -1):
        left_out = len(parts) - kept
        line = NOTE.join(parts[:kept]) + (f" +{left_out}" if left_out else "")
        if metrics.horizontalAdvance(line) <= width:
            return line  # elidedText measures in fractions of a pixel and would cut what fits
    return metrics.elidedText(parts[0], Qt.TextElideMode.ElideRight, width)


class TileDelegate(QStyledItemDelegate):
    """Paints the rows of a draft. Everything is laid out from the cell's top left corner.

    Attributes:
        slow: keys of pictures that are being prepared for so long that it is worth a word.
        pointer: where the mouse is, in the viewport.
        cell: size of a tile with the gaps to the next ones.
    """

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme
        self._painter = TilePainter(theme)
        self._framed: OrderedDict[tuple[str, float], QPixmap] = OrderedDict()
        self.slow: set[int] = set()
        self.pointer = QPoint(-1, -1)
        self.dress()

    def dress(self) -> None:
        """Take over the theme's colours, fonts and sizes."""
        self._painter.dress()
        self._framed.clear()
        self._cross = self._theme.icon("x", _WHITE, _CROSS)
        self.cell = QSize(self._painter.size.width() + _GAP, self._painter.height_with_notes + _ROW_GAP)

    # --- where things are ---

    def tile(self, cell: QRect) -> QRect:
        """The picture's place in its cell."""
        return QRect(cell.topLeft() + QPoint(_EDGE, _EDGE), self._painter.size)

    def cross(self, cell: QRect) -> QRect:
        """What can be hit to remove the picture: larger than the cross that is seen."""
        hit = QRect(QPoint(), QSize(self._theme.grown(HIT), self._theme.grown(HIT)))
        hit.moveTopRight(self.tile(cell).topRight() + QPoint(-2, 2))
        return hit

    def badge(self, cell: QRect, index: Index) -> QRect:
        """What can be hit to choose how the picture is sent: higher than the badge that is seen."""
        text = self._badge_text(index)
        if not text or not _opens(cast("DraftPicture", index.data(Draft.PictureRole))):
            return QRect()
        seen = self._painter.badge(self.tile(cell), text, opens=True)
        return seen.adjusted(0, min(0, seen.height() - self._theme.grown(HIT)), 0, 0)

    def _badge_text(self, index: Index) -> str:
        picture = cast("DraftPicture", index.data(Draft.PictureRole))
        if picture.state == "copying" or not (picture.tokens or picture_facts.goes_as_words(picture)):
            return ""
        return picture_facts.badge(picture, index.data(Draft.NextCostRole))

    # --- painting ---

    def paint_gap(self, painter: QPainter, cell: QRect, *, after: bool) -> None:
        """Show where a dragged picture would go: before or after the one in `cell`."""
        tile = self.tile(cell)
        x = tile.right() + _GAP // 2 if after else tile.left() - _GAP // 2
        painter.fillRect(QRect(max(0, x - 1), tile.top(), 3, tile.height()), QColor(self._theme.tokens.accent))

    def _paint_cross(self, painter: QPainter, cell: QRect) -> None:
        hit, tokens = self.cross(cell), self._theme.tokens
        disc, cross = (QRect(0, 0, side, side) for side in map(self._theme.grown, (_DISC, _CROSS)))
        disc.moveCenter(hit.center())
        cross.moveCenter(hit.center())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.danger if hit.contains(self.pointer) else tokens.badge))
        painter.drawEllipse(disc)
        self._cross.paint(painter, cross)

    def _paint_focus(self, painter: QPainter, tile: QRect) -> None:
        painter.setPen(QPen(QColor(self._theme.tokens.accent), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(tile).adjusted(-1, -1, 1, 1), RADIUS["tile"] + 1, RADIUS["tile"] + 1)

    def _picture(self, picture: DraftPicture, ratio: float) -> QPixmap:
        key = (picture.original if picture.thumbnail else "", ratio)
        if key not in self._framed:
            self._framed[key] = self._painter.framed(picture.thumbnail, ratio)
            if len(self._framed) > _KEPT:
                self._framed.popitem(last=False)
        self._framed.move_to_end(key)
        return self._framed[key]

    # --- Qt ---

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        picture, tile = cast("DraftPicture", index.data(Draft.PictureRole)), self.tile(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPixmap(tile.topLeft(), self._picture(picture, painter.device().devicePixelRatioF()))
        if picture.key in self.slow and not picture.thumbnail:
            self._painter.paint_hint(painter, tile, self.tr("Preparing"))
        self._painter.paint_number(painter, tile, index.data(Draft.NumberRole))
        self._paint_cross(painter, option.rect)
        if text := self._badge_text(index):
            self._painter.paint_badge(painter, tile, text, opens=_opens(picture))
        name = picture_facts.shown_name(picture.name)
        notes = picture_facts.note_line(picture), picture_facts.note_line(picture, short=True)
        self._painter.paint_words(painter, tile, name, picture_facts.size_line(picture), *notes)
        if option.state & QStyle.StateFlag.State_HasFocus:
            self._paint_focus(painter, tile)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: ARG002
        return self.cell


def _opens(picture: DraftPicture) -> bool:
    """Whether there is a choice of how it is sent: a link goes as it is."""
    return bool(picture.offers) and not picture.source.url
