"""The pictures of a turn: tiles that open on a click, wrapped like words."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from html import escape
from itertools import pairwise
from typing import Final

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QKeyEvent, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from app.conversation.gallery import Gallery
from app.core.cost import dollars
from app.core.message import ImageBlock
from app.ui import figures
from app.ui.picture_facts import NOTE, changes, sent_parts, shown_name
from app.ui.theme import RADIUS, SPACE, Theme
from app.ui.tile import TilePainter

_GAP: Final = 3 * SPACE
_FLASH: Final = 1500
"""Milliseconds."""
_FAINT: Final = 0.35
"""Of a picture that is left out or described."""


class PictureTile(QAbstractButton):
    """One picture of a message: the thumbnail with its number and badge, its name and what was sent below.

    Signals:
        asked(int, QPoint): its menu is wanted, there on the screen.
    """

    asked = Signal(int, QPoint)

    def __init__(
        self,
        theme: Theme,
        painter: TilePainter,
        gallery: Gallery,
        images: tuple[ImageBlock, ...],
        parent: QWidget | None = None,
    ) -> None:
        """`images`: the blocks of one picture, several where it went in parts."""
        super().__init__(parent)
        self._theme = theme
        self._painter = painter
        self._gallery = gallery
        self._badge = ""
        self._flashing = QTimer(self, singleShot=True, interval=_FLASH)
        self._flashing.timeout.connect(self.update)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves it in the text, where writing goes on
        self.show_images(images, None)

    def show_images(self, images: tuple[ImageBlock, ...], rate: Decimal | None) -> None:
        """Show another picture, at that rate."""
        self._images = images
        self._image = images[0]
        self._tokens = sum(image.tokens for image in images if not image.stands_for)
        self._pixmap = QPixmap()
        self._flashing.stop()
        self.resize(self.sizeHint())
        self.set_rate(rate)

    @property
    def images(self) -> tuple[ImageBlock, ...]:
        return self._images

    @property
    def image(self) -> ImageBlock:
        return self._image

    @property
    def badge(self) -> str:
        """Tokens, and the price where it is known; empty where a sentence went in the picture's place."""
        return self._badge

    @property
    def caption(self) -> str:
        """What became of the picture's size, or what went in its place."""
        image = self._image
        if image.withheld:
            return self.tr("left out")
        if image.description:
            return self.tr("described")
        if image.same_as:
            return self.tr("the same as Image %1").replace("%1", str(image.same_as))
        if not image.width:
            return self.tr("link, size unknown")
        if image.kind == "overview":
            return sent_parts(self._images)
        before = figures.size(image.original_width, image.original_height)
        if image.resized:
            return f"{before} → {figures.size(image.width, image.height)}"
        if self.notes() or "reencoded" in image.notes:
            return before
        return self.tr("%1, as it is").replace("%1", before)

    def notes(self, *, short: bool = False) -> str:
        """What else was done to it; empty where nothing of it went."""
        image = self._image
        return "" if image.stands_for or not image.width else NOTE.join(changes(image, short=short))

    def set_rate(self, rate: Decimal | None) -> None:
        """Show the price at `rate`, in USD per million tokens; none without a rate."""
        self._badge = "" if self._image.stands_for else figures.tokens(self._tokens)
        if rate is not None and self._badge:
            self._badge += f" · {figures.dollars(dollars(self._tokens, rate))}"
        self._name_it()
        self.update()

    def flash(self) -> None:
        """Draw the eye here for a moment."""
        self._flashing.start()
        self.update()

    def calm(self) -> None:
        """Draw it no more."""
        if self._flashing.isActive():
            self._flashing.stop()
            self.update()

    def refresh(self) -> None:
        """The thumbnail can be had now."""
        self._pixmap = QPixmap()
        self.update()

    def _name_it(self) -> None:
        name = shown_name(self._image.name)
        number = self.tr("Image %1").replace("%1", str(self._image.number))
        self.setAccessibleName(f"{number}: {name}")
        self.setAccessibleDescription(", ".join(part for part in (self._badge, *self._told) if part))
        self.setToolTip("<br>".join(escape(part) for part in (name, *self._told) if part))

    @property
    def _told(self) -> tuple[str, ...]:
        """The whole caption, with the size of a picture that went in parts, and the words in place of one."""
        image = self._image
        whole = figures.size(image.original_width, image.original_height) if image.kind == "overview" else ""
        said = "" if image.withheld else image.description
        return whole, self.caption, said, self.notes()

    def _framed(self) -> QPixmap:
        """The picture in its frame, as soon as there is a thumbnail; an empty frame before."""
        ratio = self.devicePixelRatioF()
        if self._pixmap.isNull() or self._pixmap.devicePixelRatio() != ratio:
            thumbnail = self._gallery.thumbnail(self._image.thumbnail)
            framed = self._painter.framed(thumbnail or b"", ratio)
            if not thumbnail:
                return framed
            self._pixmap = framed
        return self._pixmap

    def _paint_ring(self, painter: QPainter, tile: QRect) -> None:
        """Within the tile: it stands at the very edge of the strip."""
        width = 4 if self._flashing.isActive() else 2 if self.hasFocus() else 1
        painter.setPen(QPen(QColor(self._theme.tokens.accent), width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        inset = width / 2
        painter.drawRoundedRect(QRectF(tile).adjusted(inset, inset, -inset, -inset), RADIUS["tile"], RADIUS["tile"])

    # --- overrides of Qt ---

    def sizeHint(self) -> QSize:
        height = self._painter.height_with_notes if self.notes() else self._painter.height
        return QSize(self._painter.size.width(), height)

    def paintEvent(self, _event: QPaintEvent) -> None:
        tile = QRect(QPoint(), self._painter.size)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(_FAINT if self._image.withheld or self._image.description else 1.0)
        painter.drawPixmap(0, 0, self._framed())
        painter.setOpacity(1.0)
        if self.hasFocus() or self.underMouse() or self._flashing.isActive():
            self._paint_ring(painter, tile)
        self._painter.paint_number(painter, tile, self._image.number)
        if self._badge:
            self._painter.paint_badge(painter, tile, self._badge)
        notes = self.notes(), self.notes(short=True)
        self._painter.paint_words(painter, tile, shown_name(self._image.name), self.caption, *notes)
        painter.end()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.asked.emit(self._image.number, event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.click()
        else:
            super().keyPressEvent(event)


class PictureStrip(QWidget):
    """Signals:
    opened(int): a tile was clicked; the number of its picture.
    asked(int, QPoint): a tile's menu is wanted, there on the screen.
    """

    opened = Signal(int)
    asked = Signal(int, QPoint)

    def __init__(
        self,
        theme: Theme,
        gallery: Gallery,
        pictures: Sequence[tuple[ImageBlock, ...]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._gallery = gallery
        self._painter = TilePainter(theme)
        self._rate: Decimal | None = None
        self.tiles: list[PictureTile] = []
        self.show_pictures(pictures, None)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        gallery.thumbnail_ready.connect(self._on_thumbnail)

    def show_pictures(self, pictures: Sequence[tuple[ImageBlock, ...]], rate: Decimal | None) -> None:
        """Show these pictures, at that rate: a tile that shows one of them already goes on doing so."""
        self.set_rate(rate)
        before = {tile.image.number: tile for tile in self.tiles}
        kept = [before.pop(images[0].number, None) for images in pictures]
        spare = list(before.values())
        self.tiles = [
            tile or (spare.pop() if spare else self._made(images)) for tile, images in zip(kept, pictures, strict=True)
        ]
        for tile in spare:
            tile.hide()
            tile.deleteLater()
        for tile, images in zip(self.tiles, pictures, strict=True):
            if tile.images != images:
                tile.show_images(images, rate)
        for tile, following in pairwise(self.tiles):
            self.setTabOrder(tile, following)
        self._place()
        self.updateGeometry()

    def set_rate(self, rate: Decimal | None) -> None:
        """USD per million tokens, None where no price is known."""
        if rate != self._rate:
            self._rate = rate
            for tile in self.tiles:
                tile.set_rate(rate)

    def _made(self, images: tuple[ImageBlock, ...]) -> PictureTile:
        tile = PictureTile(self._theme, self._painter, self._gallery, images, self)
        tile.set_rate(self._rate)
        tile.clicked.connect(lambda: self.opened.emit(tile.image.number))
        tile.asked.connect(self.asked)
        tile.show()
        return tile

    def tile_of(self, number: int) -> PictureTile | None:
        return next((tile for tile in self.tiles if tile.image.number == number), None)

    def _on_thumbnail(self, key: str) -> None:
        for tile in self.tiles:
            if tile.image.thumbnail == key:
                tile.refresh()

    @property
    def _tile_height(self) -> int:
        return max((tile.sizeHint().height() for tile in self.tiles), default=0)

    def _columns(self, width: int) -> int:
        return max(1, (width + _GAP) // (self._painter.size.width() + _GAP))

    def _place(self) -> None:
        columns, height = self._columns(self.width()), self._tile_height
        for index, tile in enumerate(self.tiles):
            row, column = divmod(index, columns)
            size = tile.sizeHint()
            tile.setGeometry(QRect(QPoint(column * (size.width() + _GAP), row * (height + _GAP)), size))

    # --- overrides of Qt ---

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        rows = -(-len(self.tiles) // self._columns(width))
        return rows * (self._tile_height + _GAP) - _GAP if rows else 0

    def sizeHint(self) -> QSize:
        return QSize(self.width(), self.heightForWidth(self.width()))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._painter.size.width(), 0)

    def resizeEvent(self, _event: QResizeEvent) -> None:
        self._place()
