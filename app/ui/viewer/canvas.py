"""One picture on a dark ground: fitted, zoomed at the pointer, moved. Its places are pixels of the original."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from app.core.cuts import Box
from app.core.fit import Size
from app.ui.theme import DARK, Theme
from app.ui.viewer.levels import Levels

GROUND: Final = "#0E0E10"
"""Darker than any window, in both themes, so that the picture alone is bright."""
STEP: Final = 1.25
PAN: Final = 80
"""Points that a key or a notch of the wheel moves the picture."""
_LARGEST: Final = 16.0
_MARGIN: Final = 24
_CHECK: Final = 8
CHECKS: Final = "#6F6F6F", "#878787"
"""Seen through transparent pictures: of middle brightness, so that black and white drawings stand out alike."""
_LINE: Final = 480
"""Pixels of the longest line of words."""
_SIGN: Final = 24
_NOTCH: Final = 120
"""Eighths of a degree."""


@dataclass(frozen=True, slots=True)
class Layer:
    """Pixels that lie over the picture, or over a part of it."""

    levels: Levels
    box: Box | None = None
    """In pixels of the original; None covers all of it."""
    outlined: bool = False


class PictureCanvas(QWidget):
    """Shows layers of a picture, or a few words in its place. A zoom of 1 is one pixel of the original on one of the
    screen.

    Signals:
        viewed(): zoom or place is another.
        double_clicked()
    """

    viewed = Signal()
    double_clicked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._size = Size(0, 0)
        self._layers: tuple[Layer, ...] = ()
        self._text = ""
        self._thumbnail = QPixmap()
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
        return not self._layers

    @property
    def layers(self) -> tuple[Layer, ...]:
        return self._layers

    @property
    def text(self) -> str:
        return self._text

    @property
    def frame(self) -> QRectF:
        """Where the picture is, in the widget's own coordinates."""
        return QRectF(self._origin, QSizeF(*self._size) * (self._zoom / self.devicePixelRatioF()))

    def place(self, box: QRectF) -> QRectF:
        """Where a part of the original is, in the widget's own coordinates."""
        scale = self._zoom / self.devicePixelRatioF()
        return QRectF(self._origin + box.topLeft() * scale, box.size() * scale)

    def picture_point(self, at: QPointF) -> QPointF:
        """The point of the original that is at a point of the widget; it may lie outside of it."""
        return (at - self._origin) * (self.devicePixelRatioF() / self._zoom)

    def set_picture(self, size: Size, thumbnail: bytes = b"") -> None:
        """Begin with another picture, fitted; its thumbnail keeps its place until there is more."""
        self._size = size
        self._thumbnail = QPixmap()
        self._thumbnail.loadFromData(thumbnail)
        self._layers = ()
        self._text = ""
        self.fit()

    def show_layers(self, layers: Sequence[Layer]) -> None:
        """Show other pixels at the same place, the first lowest."""
        self._layers = tuple(layers)
        self._text = ""
        self.viewed.emit()
        self.update()

    def show_text(self, text: str) -> None:
        """Show words instead of the picture."""
        self._layers = ()
        self._text = text
        self.viewed.emit()
        self.update()

    def fit(self) -> None:
        """Show the whole picture, never larger than it is."""
        self._fits = True
        self._set_zoom(self._fitting(), QPointF(self.rect().center()))

    def zoom_to(self, zoom: float, at: QPointF | None = None) -> None:
        """Show it in that size; the point `at` (the middle if None) stays where it is."""
        self._fits = False
        self._set_zoom(zoom, at or QPointF(self.rect().center()))

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Make the picture larger or smaller; the point `at` (the middle if None) stays where it is."""
        smallest = min(self._fitting(), 1.0)
        zoom = max(smallest, min(_LARGEST, self._zoom * factor))
        self._fits = zoom == smallest and factor < 1
        self._set_zoom(zoom, at or QPointF(self.rect().center()))

    def pan(self, across: float, down: float) -> None:
        """Move the picture by so many points, as far as there is more of it."""
        self._move_to(self._origin + QPointF(across, down))

    def _fitting(self) -> float:
        if not all(self._size):
            return 1.0
        room = QSizeF(self.width() - 2 * _MARGIN, self.height() - 2 * _MARGIN) * self.devicePixelRatioF()
        return max(0.01, min(1.0, room.width() / self._size.width, room.height() / self._size.height))

    def _set_zoom(self, zoom: float, at: QPointF) -> None:
        self._origin = at - (at - self._origin) * (zoom / self._zoom)
        self._zoom = zoom
        self._move_to(self._origin)

    def _move_to(self, origin: QPointF) -> None:
        """Put the picture there, as far as it leaves no empty side that it could fill, and on whole pixels."""
        shown, ratio = self.frame.size(), self.devicePixelRatioF()
        x = _within(origin.x(), shown.width(), self.width())
        y = _within(origin.y(), shown.height(), self.height())
        self._origin = QPointF(round(x * ratio) / ratio, round(y * ratio) / ratio)
        self.setCursor(Qt.CursorShape.OpenHandCursor if self._can_move else Qt.CursorShape.ArrowCursor)
        self.viewed.emit()
        self.update()

    @property
    def _can_move(self) -> bool:
        shown = self.frame.size()
        return shown.width() > self.width() or shown.height() > self.height()

    def _paint_picture(self, painter: QPainter) -> None:
        frame, ratio = self.frame, self.devicePixelRatioF()
        painter.setPen(QPen(QColor(DARK.line), 1))
        painter.drawRect(frame.adjusted(-0.5, -0.5, 0.5, 0.5))
        painter.fillRect(frame & QRectF(self.rect()), self._check)
        visible = QRectF(QPointF(), QSizeF(self.size()) * ratio)
        if not self._layers:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(frame, self._thumbnail, QRectF(self._thumbnail.rect()))
        painter.save()
        painter.scale(1 / ratio, 1 / ratio)
        for layer in self._layers:
            target = frame if layer.box is None else self.place(QRectF(*layer.box))
            in_pixels = QRectF(target.topLeft() * ratio, target.size() * ratio)
            layer.levels.draw(painter, in_pixels, visible)
        painter.restore()
        painter.setPen(QPen(QColor(DARK.accent), 1))
        for layer in self._layers:
            if layer.outlined and layer.box is not None:
                painter.drawRect(self.place(QRectF(*layer.box)).adjusted(0.5, 0.5, -0.5, -0.5))

    def _paint_text(self, painter: QPainter) -> None:
        """In lines that are easily read, below a sign for a picture."""
        painter.setPen(QColor(DARK.text))
        painter.setFont(self._theme.font())
        room = self.rect().adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        spare = max(0, room.width() - self._theme.px(_LINE))
        room.adjust(spare // 2, 0, -(spare // 2), 0)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        words = painter.boundingRect(room, flags, self._text)
        painter.drawText(room, flags, self._text)
        sign = self._theme.pixmap("image", DARK.text2, _SIGN)
        side = self._theme.grown(_SIGN)
        painter.drawPixmap(room.center().x() - side // 2, words.top() - side - _MARGIN // 2, sign)

    # --- Qt ---

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(GROUND))
        if self._text:
            self._paint_text(painter)
        if self._layers or (not self._text and not self._thumbnail.isNull()):
            self._paint_picture(painter)
        if self.hasFocus() and self.window().testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange):
            painter.setPen(QPen(QColor(DARK.accent), 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._fits:
            self.fit()
        else:
            self._move_to(self._origin)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent):
            return self._gesture(event)
        return super().event(event)

    def _gesture(self, event: QNativeGestureEvent) -> bool:
        """Fingers on a touchpad: pinching zooms, a double tap goes to actual size and back."""
        kinds = Qt.NativeGestureType
        if event.gestureType() == kinds.ZoomNativeGesture:
            self.zoom_by(1 + event.value(), event.position())
        elif event.gestureType() == kinds.SmartZoomNativeGesture:
            if self._fits:
                self.zoom_to(1.0, event.position())
            else:
                self.fit()
        else:
            return event.gestureType() in {kinds.BeginNativeGesture, kinds.EndNativeGesture}
        return True

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = QPointF(event.angleDelta()) / _NOTCH
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.pan(PAN * (turned.x() or turned.y()), 0)
        elif turned.y():
            self.zoom_by(STEP ** turned.y(), event.position())
        else:
            self.pan(PAN * turned.x(), 0)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in {Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton} and self._can_move:
            self._dragged = event.position() - self._origin
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragged is not None:
            self._move_to(event.position() - self._dragged)
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseReleaseEvent(self, _: QMouseEvent) -> None:
        if self._dragged is not None:
            self._dragged = None
            self._move_to(self._origin)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.double_clicked.emit()


def _within(origin: float, shown: float, room: float) -> float:
    """In the middle where there is room, else with no gap at either side."""
    return (room - shown) / 2 if shown <= room else min(0.0, max(room - shown, origin))


def _checkerboard() -> QPixmap:
    """What is seen through transparent pictures."""
    tile = QPixmap(2 * _CHECK, 2 * _CHECK)
    tile.fill(QColor(CHECKS[0]))
    painter = QPainter(tile)
    for corner in (0, _CHECK):
        painter.fillRect(corner, corner, _CHECK, _CHECK, QColor(CHECKS[1]))
    painter.end()
    return tile
