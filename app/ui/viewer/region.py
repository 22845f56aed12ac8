"""Marking a part of a picture: a rubber band with eight handles over the canvas, by mouse and by keyboard."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.core.cuts import Box, within
from app.core.fit import Size
from app.ui.theme import DARK
from app.ui.viewer.canvas import PictureCanvas

_HANDLE: Final = 9
"""Points across."""
_REACH: Final = 10
"""Points around a handle that still take hold of it."""
LEAST: Final = 16
"""Pixels of the picture that either edge of a region has at least, where there are so many: less shows nothing."""
_FAR: Final = 10
"""Pixels of the picture that a key moves with Shift."""
_SHADE: Final = QColor(0, 0, 0, 150)

Grip = tuple[int, int]
"""Which edges are held: -1 the left or upper, 1 the right or lower, 0 neither."""
_GRIPS: Final[tuple[Grip, ...]] = tuple((x, y) for y in (-1, 0, 1) for x in (-1, 0, 1) if x or y)
_CURSORS: Final = {
    (-1, -1): Qt.CursorShape.SizeFDiagCursor,
    (1, 1): Qt.CursorShape.SizeFDiagCursor,
    (1, -1): Qt.CursorShape.SizeBDiagCursor,
    (-1, 1): Qt.CursorShape.SizeBDiagCursor,
    (-1, 0): Qt.CursorShape.SizeHorCursor,
    (1, 0): Qt.CursorShape.SizeHorCursor,
    (0, -1): Qt.CursorShape.SizeVerCursor,
    (0, 1): Qt.CursorShape.SizeVerCursor,
    (0, 0): Qt.CursorShape.SizeAllCursor,
}
_WAYS: Final = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class RegionMarker(QWidget):
    """Lies over a canvas; what it does not need (the wheel, other buttons and keys) goes on to the canvas.

    Signals:
        changed(): another region is marked.
        accepted()
        cancelled()
    """

    changed = Signal()
    accepted = Signal()
    cancelled = Signal()

    def __init__(self, canvas: PictureCanvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._whole = Size(1, 1)
        self._box = Box(0, 0, 1, 1)
        self._grip: Grip | None = None
        self._from = QPointF()
        self._before = self._box
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Marked region"))
        self.hide()
        canvas.viewed.connect(self.update)

    @property
    def box(self) -> Box:
        """What is marked, in pixels of the original."""
        return self._box

    def begin(self, whole: Size, box: Box | None) -> None:
        """Let a region be marked, beginning with `box`, or with the middle of what is seen."""
        self._whole = whole
        self._box = _large_enough(within(box or self._middle(), whole), whole)
        self._grip = None
        self.setGeometry(self._canvas.rect())
        self.show()
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self._changed(self._box)

    def _middle(self) -> Box:
        seen = self._canvas.frame & QRectF(self._canvas.rect())
        corner = self._canvas.picture_point(seen.topLeft())
        opposite = self._canvas.picture_point(seen.bottomRight())
        width, height = opposite.x() - corner.x(), opposite.y() - corner.y()
        left, top = round(corner.x() + width / 4), round(corner.y() + height / 4)
        return Box(left, top, max(1, round(width / 2)), max(1, round(height / 2)))

    def _changed(self, box: Box) -> None:
        self._box = box
        self.changed.emit()
        self.update()

    # --- by mouse ---

    def _handles(self) -> dict[Grip, QPointF]:
        frame = self._frame()
        middle = frame.center()
        across = {-1: frame.left(), 0: middle.x(), 1: frame.right()}
        down = {-1: frame.top(), 0: middle.y(), 1: frame.bottom()}
        return {grip: QPointF(across[grip[0]], down[grip[1]]) for grip in _GRIPS}

    def _frame(self) -> QRectF:
        return self._canvas.place(QRectF(*self._box))

    def _grip_at(self, at: QPointF) -> Grip | None:
        """The nearest handle, all of it for a point inside, or None outside."""
        distances = {grip: (handle - at).manhattanLength() for grip, handle in self._handles().items()}
        nearest = min(_GRIPS, key=distances.__getitem__)
        if distances[nearest] <= _REACH:
            return nearest
        return (0, 0) if self._frame().contains(at) else None

    def _drag_to(self, at: QPointF) -> None:
        point = self._canvas.picture_point(at)
        if self._grip == (0, 0):
            moved = point - self._from
            self._changed(_moved(self._before, round(moved.x()), round(moved.y()), self._whole))
        elif self._grip is not None:
            self._changed(self._resized(self._before, self._grip, point))

    def _resized(self, box: Box, grip: Grip, point: QPointF) -> Box:
        left, right = edges(box.left, box.width, grip[0], point.x(), self._whole.width)
        top, bottom = edges(box.top, box.height, grip[1], point.y(), self._whole.height)
        return Box(left, top, right - left, bottom - top)

    def _begin_drag(self, at: QPointF) -> None:
        grip, point = self._grip_at(at), self._canvas.picture_point(at)
        if grip is None:  # a new one, from here
            grip = (1, 1)
            here = within(Box(round(point.x()), round(point.y()), 1, 1), self._whole)
            self._changed(_large_enough(here, self._whole))
        self._grip, self._from, self._before = grip, point, self._box

    # --- by keyboard ---

    def _nudge(self, way: tuple[int, int], modifiers: Qt.KeyboardModifier) -> None:
        step = _FAR if modifiers & Qt.KeyboardModifier.ShiftModifier else 1
        across, down = way[0] * step, way[1] * step
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            box = self._box
            width = min(max(_least(self._whole.width), box.width + across), self._whole.width - box.left)
            height = min(max(_least(self._whole.height), box.height + down), self._whole.height - box.top)
            self._changed(Box(box.left, box.top, width, height))
        else:
            self._changed(_moved(self._box, across, down, self._whole))

    # --- Qt ---

    def paintEvent(self, _: QPaintEvent) -> None:
        painter, frame = QPainter(self), self._frame()
        outside = QPainterPath()
        outside.addRect(self._canvas.frame & QRectF(self.rect()))
        inside = QPainterPath()
        inside.addRect(frame)
        painter.fillPath(outside - inside, _SHADE)
        painter.setPen(QPen(QColor(DARK.accent), 2))
        painter.drawRect(frame)
        painter.setPen(QPen(QColor(DARK.background), 1))
        painter.setBrush(QColor(DARK.accent))
        corner, size = QPointF(_HANDLE / 2, _HANDLE / 2), QSizeF(_HANDLE, _HANDLE)
        for handle in self._handles().values():
            painter.drawRect(QRectF(handle - corner, size))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._begin_drag(event.position())
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grip is not None:
            self._drag_to(event.position())
        elif event.buttons():
            event.ignore()
        else:
            grip = self._grip_at(event.position())
            self.setCursor(Qt.CursorShape.CrossCursor if grip is None else _CURSORS[grip])

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._grip = None
        else:
            event.ignore()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _WAYS:
            self._nudge(_WAYS[key], event.modifiers())
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.accepted.emit()
        elif key == Qt.Key.Key_Escape:
            self.cancelled.emit()
        else:
            event.ignore()


def _moved(box: Box, across: int, down: int, whole: Size) -> Box:
    left = min(max(0, box.left + across), whole.width - box.width)
    top = min(max(0, box.top + down), whole.height - box.height)
    return Box(left, top, box.width, box.height)


def edges(start: int, length: int, held: int, to: float, most: int) -> tuple[int, int]:
    """Both edges after the held one was taken to a place; dragged past the other, they change sides. Never too near."""
    if not held:
        return start, start + length
    fixed, least = start if held > 0 else start + length, _least(most)
    moved = min(max(0, round(to)), most)
    if abs(moved - fixed) < least:
        way = held if moved == fixed else 1 if moved > fixed else -1
        moved = next((at for at in (fixed + way * least, fixed - way * least) if 0 <= at <= most), -1)
    if moved < 0:  # no room at either side
        start = min(fixed, most - least)
        return start, start + least
    return min(fixed, moved), max(fixed, moved)


def _least(edge: int) -> int:
    return min(LEAST, edge)


def _large_enough(box: Box, whole: Size) -> Box:
    """The box with edges that are not too short, still in the picture."""
    width, height = max(box.width, _least(whole.width)), max(box.height, _least(whole.height))
    return Box(min(box.left, whole.width - width), min(box.top, whole.height - height), width, height)
