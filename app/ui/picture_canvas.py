"""One picture on a dark ground: fitted, zoomed at the pointer, dragged."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from app.ui.theme import DARK, Theme

GROUND: Final = "#0E0E10"
"""Darker than any window, in both themes, so that the picture alone is bright."""
STEP: Final = 1.25
_LARGEST: Final = 16.0
_MARGIN: Final = 24
_SMOOTH_BELOW: Final = 2.0
"""From this zoom on the single pixels are shown."""
_CHECK: Final = 8


class PictureCanvas(QWidget):
    """Shows a picture, or a few words in its place. A zoom of 1 is one pixel of the picture on one of the screen.

    Signals:
        zoomed(): the zoom is another.
    """

    zoomed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._image = QImage()
        self._reduced = QImage()
        self._text = ""
        self._zoom = 1.0
        self._fits = True
        self._origin = QPointF()
        self._dragged: QPointF | None = None
        self._check = QBrush(_checkerboard())
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    @property
    def zoom(self) -> float:
        return self._zoom

    @property
    def fits(self) -> bool:
        """Whether the picture follows the size of the window."""
        return self._fits

    @property
    def empty(self) -> bool:
        return self._image.isNull()

    @property
    def text(self) -> str:
        return self._text

    @property
    def frame(self) -> QRectF:
        """Where the picture is, in the widget's own coordinates."""
        return QRectF(self._origin, QSizeF(self._image.size()) * (self._zoom / self.devicePixelRatioF()))

    def show_image(self, image: QImage) -> None:
        self._image = image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
        self._reduced = QImage()
        self._text = ""
        self.fit()

    def show_text(self, text: str) -> None:
        """Show words instead of a picture; none leaves the ground empty."""
        self._image = self._reduced = QImage()
        self._text = text
        self.zoomed.emit()
        self.update()

    def fit(self) -> None:
        """Show the whole picture, never larger than it is."""
        self._fits = True
        self._set_zoom(self._fitting(), QPointF(self.rect().center()))

    def actual_size(self) -> None:
        self._to_actual_size(QPointF(self.rect().center()))

    def toggle(self, at: QPointF) -> None:
        """From fitted to actual size, and back from any other zoom; the point `at` stays where it is."""
        if self._fits:
            self._to_actual_size(at)
        else:
            self.fit()

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Make the picture larger or smaller; the point `at` (the middle if None) stays where it is."""
        smallest = min(self._fitting(), 1.0)
        zoom = max(smallest, min(_LARGEST, self._zoom * factor))
        self._fits = zoom == smallest and factor < 1
        self._set_zoom(zoom, at or QPointF(self.rect().center()))

    def _to_actual_size(self, at: QPointF) -> None:
        self._fits = False
        self._set_zoom(1.0, at)

    def _fitting(self) -> float:
        if self._image.isNull():
            return 1.0
        room = QSizeF(self.width() - 2 * _MARGIN, self.height() - 2 * _MARGIN) * self.devicePixelRatioF()
        return max(0.01, min(1.0, room.width() / self._image.width(), room.height() / self._image.height()))

    def _set_zoom(self, zoom: float, at: QPointF) -> None:
        self._origin = at - (at - self._origin) * (zoom / self._zoom)
        self._zoom = zoom
        self._move_to(self._origin)
        self.zoomed.emit()

    def _move_to(self, origin: QPointF) -> None:
        """Put the picture there, as far as it leaves no empty side that it could fill, and on whole pixels."""
        shown, ratio = self.frame.size(), self.devicePixelRatioF()
        x = _within(origin.x(), shown.width(), self.width())
        y = _within(origin.y(), shown.height(), self.height())
        self._origin = QPointF(round(x * ratio) / ratio, round(y * ratio) / ratio)
        self.setCursor(Qt.CursorShape.OpenHandCursor if self._can_move else Qt.CursorShape.ArrowCursor)
        self.update()

    @property
    def _can_move(self) -> bool:
        shown = self.frame.size()
        return shown.width() > self.width() or shown.height() > self.height()

    def _drawn(self) -> QImage:
        """The picture as it is, or made smaller with all its pixels, which the painter would skip."""
        if self._zoom >= 1:
            return self._image
        size = (QSizeF(self._image.size()) * self._zoom).toSize().expandedTo(QSize(1, 1))
        if self._reduced.size() != size:
            mode = Qt.TransformationMode.SmoothTransformation
            self._reduced = self._image.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, mode)
        return self._reduced

    # --- Qt ---

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(GROUND))
        if self._text:
            painter.setPen(QColor(DARK.text))
            painter.setFont(self._theme.font())
            room = self.rect().adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._text)
        if not self._image.isNull():
            frame = self.frame
            painter.setPen(QPen(QColor(DARK.line), 1))
            painter.drawRect(frame.adjusted(-0.5, -0.5, 0.5, 0.5))
            painter.fillRect(frame, self._check)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._zoom < _SMOOTH_BELOW)
            painter.drawImage(frame, self._drawn())
        if self.hasFocus() and self.window().testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange):
            painter.setPen(QPen(QColor(DARK.accent), 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._fits:
            self.fit()
        else:
            self._move_to(self._origin)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.zoom_by(STEP ** (event.angleDelta().y() / 120), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._can_move:
            self._dragged = event.position() - self._origin
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragged is not None:
            self._move_to(event.position() - self._dragged)
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseReleaseEvent(self, _: QMouseEvent) -> None:
        self._dragged = None
        self._move_to(self._origin)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.toggle(event.position())


def _within(origin: float, shown: float, room: float) -> float:
    """In the middle where there is room, else with no gap at either side."""
    return (room - shown) / 2 if shown <= room else min(0.0, max(room - shown, origin))


def _checkerboard() -> QPixmap:
    """What is seen through transparent pictures."""
    tile = QPixmap(2 * _CHECK, 2 * _CHECK)
    tile.fill(QColor(DARK.line))
    painter = QPainter(tile)
    for corner in (0, _CHECK):
        painter.fillRect(corner, corner, _CHECK, _CHECK, QColor(DARK.badge))
    painter.end()
    return tile
