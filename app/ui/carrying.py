"""A picture of the strip on its way to another place: its ghost at the pointer, and rows that scroll past it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QPoint, QRect, QTimer, Signal
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QApplication

_REACH: Final = 40
"""Pixels around the strip within which a picture can be put down; farther away it goes back."""
_NEAR: Final = 28
"""Pixels from the upper and the lower edge within which the strip scrolls."""
_PACE: Final = 16
"""Milliseconds between two steps of scrolling."""
_FASTEST: Final = 16
"""Pixels of a step."""
_OPACITY: Final = 0.75


class Carried(QObject):
    """By plain mouse events: Qt's own drag runs a nested event loop, which asyncio does not survive.

    Signals:
        scrolled(): other rows are below the pointer.
    """

    scrolled = Signal()

    def __init__(self, view: QAbstractItemView) -> None:
        super().__init__(view)
        self._view = view
        self._row = -1
        self._at, self._pressed_at, self._corner = QPoint(), QPoint(), QPoint()
        self._ghost: QPixmap | None = None
        self._steps = QTimer(self, interval=_PACE)
        self._steps.timeout.connect(self._step)

    @property
    def row(self) -> int:
        """Of the picture that the mouse was pressed on; -1 where it was none."""
        return self._row

    @property
    def on(self) -> bool:
        """Whether the mouse was moved so far that this is no click."""
        return self._ghost is not None

    @property
    def at(self) -> QPoint | None:
        """The place in the strip that is meant; None where the pointer is too far away."""
        room = self._view.viewport().rect()
        if not self.on or not room.adjusted(-_REACH, -_REACH, _REACH, _REACH).contains(self._at):
            return None
        return QPoint(
            min(max(self._at.x(), room.left()), room.right()), min(max(self._at.y(), room.top()), room.bottom())
        )

    def press(self, row: int, at: QPoint) -> None:
        self._row, self._pressed_at, self._ghost = row, at, None

    def move(self, at: QPoint, tile: QRect) -> None:
        """The pointer is there now; `tile` is where the picture stands."""
        self._at = at
        if not self.on and (at - self._pressed_at).manhattanLength() >= QApplication.startDragDistance():
            self._ghost, self._corner = self._view.viewport().grab(tile), tile.topLeft() - self._pressed_at
        if self.on and self._stride and not self._steps.isActive():
            self._steps.start()

    def end(self) -> None:
        self._row, self._ghost = -1, None
        self._steps.stop()

    def paint(self, painter: QPainter) -> None:
        if self._ghost is not None:
            painter.setOpacity(_OPACITY)
            painter.drawPixmap(self._at + self._corner, self._ghost)
            painter.setOpacity(1.0)

    @property
    def _stride(self) -> int:
        """Pixels to scroll in one step: the more, the nearer to the edge or the farther beyond it."""
        height, y = self._view.viewport().height(), self._at.y()
        near = min(_NEAR, height // 4)
        depth = y - near if y < near else max(0, y - (height - near))
        return max(-_FASTEST, min(_FASTEST, depth // 2 if depth >= 0 else -(-depth // 2)))

    def _step(self) -> None:
        bar, stride = self._view.verticalScrollBar(), self._stride
        before = bar.value()
        bar.setValue(before + stride)
        if bar.value() == before:
            self._steps.stop()
        else:
            self.scrolled.emit()
