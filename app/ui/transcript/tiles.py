"""The pictures of a turn: tiles that open on a click, wrapped like words."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from html import escape
from typing import Final

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from app.conversation.gallery import Gallery
from app.core.cost import dollars
from app.core.message import ImageBlock
from app.ui import figures
from app.ui.picture_facts import shown_name
from app.ui.theme import RADIUS, SPACE, Theme
from app.ui.tile import TilePainter

_GAP: Final = 3 * SPACE


class PictureTile(QAbstractButton):
    """One picture of a message: the thumbnail with its number and badge, its name and its size below."""

    def __init__(
        self, theme: Theme, painter: TilePainter, gallery: Gallery, image: ImageBlock, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._painter = painter
        self._gallery = gallery
        self._image = image
        self._badge = figures.tokens(image.tokens)
        self._pixmap = QPixmap()
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.resize(self.sizeHint())
        self._name_it()

    @property
    def image(self) -> ImageBlock:
        return self._image

    @property
    def badge(self) -> str:
        """Tokens, and the price where it is known."""
        return self._badge

    @property
    def caption(self) -> str:
        """What happened to the picture."""
        before = figures.size(self._image.original_width, self._image.original_height)
        if self._image.resized:
            return f"{before} → {figures.size(self._image.width, self._image.height)}"
        return self.tr("%1, as it is").replace("%1", before)

    def set_rate(self, rate: Decimal | None) -> None:
        """Show the price at `rate`, in USD per million tokens; none without a rate."""
        self._badge = figures.tokens(self._image.tokens)
        if rate is not None:
            self._badge += f" · {figures.dollars(dollars(self._image.tokens, rate))}"
        self._name_it()
        self.update()

    def refresh(self) -> None:
        """The thumbnail can be had now."""
        self._pixmap = QPixmap()
        self.update()

    def _name_it(self) -> None:
        name = shown_name(self._image.name)
        self.setAccessibleName(f"{self._image.label} {name}")
        self.setAccessibleDescription(f"{self._badge}, {self.caption}")
        self.setToolTip(f"{escape(name)}<br>{self.caption}")

    def _framed(self) -> QPixmap:
        """The picture in its frame, as soon as there is a thumbnail; an empty frame before."""
        ratio = self.devicePixelRatioF()
        if self._pixmap.isNull() or self._pixmap.devicePixelRatio() != ratio:
            thumbnail = self._gallery.thumbnail(self._image.original)
            framed = self._painter.framed(thumbnail or b"", ratio)
            if not thumbnail:
                return framed
            self._pixmap = framed
        return self._pixmap

    def _paint_ring(self, painter: QPainter, tile: QRect) -> None:
        """Within the tile: it stands at the very edge of the strip."""
        width = 2 if self.hasFocus() else 1
        painter.setPen(QPen(QColor(self._theme.tokens.accent), width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        inset = width / 2
        painter.drawRoundedRect(QRectF(tile).adjusted(inset, inset, -inset, -inset), RADIUS["tile"], RADIUS["tile"])

    # --- overrides of Qt ---

    def sizeHint(self) -> QSize:
        return QSize(self._painter.size.width(), self._painter.height)

    def paintEvent(self, _event: QPaintEvent) -> None:
        tile = QRect(QPoint(), self._painter.size)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPixmap(0, 0, self._framed())
        if self.hasFocus() or self.underMouse():
            self._paint_ring(painter, tile)
        self._painter.paint_number(painter, tile, self._image.number)
        self._painter.paint_badge(painter, tile, self._badge)
        self._painter.paint_words(painter, tile, shown_name(self._image.name), self.caption)
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.click()
        else:
            super().keyPressEvent(event)


class PictureStrip(QWidget):
    """Signals:
    opened(ImageBlock): a tile was clicked.
    """

    opened = Signal(object)

    def __init__(
        self, theme: Theme, gallery: Gallery, images: Sequence[ImageBlock], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._painter = TilePainter(theme)
        self.tiles: Final = [PictureTile(theme, self._painter, gallery, image, self) for image in images]
        for tile in self.tiles:
            tile.clicked.connect(lambda _=False, image=tile.image: self.opened.emit(image))
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        gallery.thumbnail_ready.connect(self._on_thumbnail)

    def set_rate(self, rate: Decimal | None) -> None:
        """USD per million tokens, None where no price is known."""
        for tile in self.tiles:
            tile.set_rate(rate)

    def _on_thumbnail(self, original: str) -> None:
        for tile in self.tiles:
            if tile.image.original == original:
                tile.refresh()

    def _columns(self, width: int) -> int:
        return max(1, (width + _GAP) // (self._painter.size.width() + _GAP))

    # --- overrides of Qt ---

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        rows = -(-len(self.tiles) // self._columns(width))
        return rows * (self._painter.height + _GAP) - _GAP if rows else 0

    def sizeHint(self) -> QSize:
        return QSize(self.width(), self.heightForWidth(self.width()))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._painter.size.width(), 0)

    def resizeEvent(self, _event: QResizeEvent) -> None:
        columns = self._columns(self.width())
        for index, tile in enumerate(self.tiles):
            row, column = divmod(index, columns)
            size = tile.sizeHint()
            tile.setGeometry(QRect(QPoint(column * (size.width() + _GAP), row * (size.height() + _GAP)), size))
