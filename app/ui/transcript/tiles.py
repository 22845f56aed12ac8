"""The pictures of a turn: tiles that open on a click, wrapped like words."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from html import escape
from typing import Final

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from app.conversation.gallery import Gallery
from app.core.cost import dollars
from app.core.message import ImageBlock
from app.ui import figures
from app.ui.picture_facts import shown_name
from app.ui.theme import RADIUS, SPACE, TILE, Theme

_GAP: Final = 3 * SPACE
_INSET: Final = 6
_CAPTION: Final = 20
"""Height of one of the two lines under the picture."""


class PictureTile(QAbstractButton):
    """One picture of a message: the thumbnail with its number and badge, its name and its size below."""

    def __init__(self, theme: Theme, gallery: Gallery, image: ImageBlock, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
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

    def _thumbnail(self) -> QPixmap:
        """The thumbnail, cropped to the tile."""
        ratio = self.devicePixelRatioF()
        wanted = TILE * ratio
        if self._pixmap.isNull() and (data := self._gallery.thumbnail(self._image.original)):
            whole = QPixmap()
            whole.loadFromData(data)
            grown = whole.scaled(
                wanted, Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
            )
            crop = QRect(QPoint(0, 0), wanted)
            crop.moveCenter(grown.rect().center())
            self._pixmap = grown.copy(crop)
            self._pixmap.setDevicePixelRatio(ratio)
        return self._pixmap

    def _paint_picture(self, painter: QPainter) -> None:
        tokens = self._theme.tokens
        frame = QRectF(0.5, 0.5, TILE.width() - 1, TILE.height() - 1)
        path = QPainterPath()
        path.addRoundedRect(frame, RADIUS["tile"], RADIUS["tile"])
        painter.fillPath(path, QColor(tokens.surface))
        painter.save()
        painter.setClipPath(path)
        painter.drawPixmap(0, 0, self._thumbnail())
        painter.restore()
        accent = self.hasFocus() or self.underMouse()
        painter.setPen(QPen(QColor(tokens.accent if accent else tokens.line), 2 if self.hasFocus() else 1))
        painter.drawPath(path)

    def _paint_badge(self, painter: QPainter, words: str, corner: Qt.Corner) -> None:
        painter.setFont(self._theme.font("caption", 500))
        width = painter.fontMetrics().horizontalAdvance(words) + 3 * SPACE
        height = self._theme.px(20)
        place = QRectF(_INSET, TILE.height() - _INSET - height, width, height)
        radius: float = RADIUS["badge"]
        if corner == Qt.Corner.TopLeftCorner:
            place = QRectF(_INSET, _INSET, max(height, width - SPACE), height)
            radius = height / 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.tokens.badge))
        painter.drawRoundedRect(place, radius, radius)
        painter.setPen(Qt.GlobalColor.white)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, words)

    def _paint_caption(self, painter: QPainter) -> None:
        height = self._theme.px(_CAPTION)
        line = QRect(0, TILE.height() + SPACE, TILE.width(), height)
        name = shown_name(self._image.name)
        for words, weight, color in (
            (name, 500, self._theme.tokens.text),
            (self.caption, 400, self._theme.tokens.text2),
        ):
            painter.setFont(self._theme.font("caption", weight))
            painter.setPen(QColor(color))
            elided = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideMiddle, line.width())
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, elided)
            line.translate(0, height)

    # --- overrides of Qt ---

    def sizeHint(self) -> QSize:
        return QSize(TILE.width(), TILE.height() + SPACE + 2 * self._theme.px(_CAPTION))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_picture(painter)
        self._paint_badge(painter, str(self._image.number), Qt.Corner.TopLeftCorner)
        self._paint_badge(painter, self._badge, Qt.Corner.BottomLeftCorner)
        self._paint_caption(painter)
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
        self.tiles: Final = [PictureTile(theme, gallery, image, self) for image in images]
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
        return max(1, (width + _GAP) // (TILE.width() + _GAP))

    # --- overrides of Qt ---

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        rows = -(-len(self.tiles) // self._columns(width))
        return rows * (self.tiles[0].sizeHint().height() + _GAP) - _GAP if rows else 0

    def sizeHint(self) -> QSize:
        return QSize(self.width(), self.heightForWidth(self.width()))

    def minimumSizeHint(self) -> QSize:
        return QSize(TILE.width(), 0)

    def resizeEvent(self, _event: QResizeEvent) -> None:
        columns = self._columns(self.width())
        for index, tile in enumerate(self.tiles):
            row, column = divmod(index, columns)
            size = tile.sizeHint()
            tile.setGeometry(QRect(QPoint(column * (size.width() + _GAP), row * (size.height() + _GAP)), size))
