"""The turns, one below the other, as wide as a text should be; it grows from the end and holds the reader's place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QWidget

from app.ui.theme import COLUMN, SPACE

if TYPE_CHECKING:
    from PySide6.QtWidgets import QScrollArea

_GAP: Final = 6 * SPACE
_SIDE: Final = 6 * SPACE
"""Room left and right; the scroll bar lies in it, so that nothing moves when it appears."""


class Column(QWidget):
    """Lays its rows out itself: every height is known when `lay_out` returns, which is what holding a place needs.

    Signals:
        changed(int): it was laid out; at this pixel the row that was at the top is at the top again.
    """

    changed = Signal(int)

    def __init__(self, area: QScrollArea) -> None:
        super().__init__()
        self._area = area
        self._width = COLUMN
        self._left = _SIDE
        self._height = 0
        self.rows: list[QWidget] = []

    def fit(self, width: int, height: int) -> None:
        """Take over the size of the area, in pixels, its scroll bar included."""
        self._width = max(160, min(COLUMN, width - 2 * _SIDE))
        self._left = (width - self._width) // 2
        self._height = height
        self.lay_out()

    def add(self, row: QWidget) -> None:
        self._adopt(row)
        self.rows.append(row)
        self.lay_out()

    def add_above(self, rows: Sequence[QWidget]) -> None:
        anchor = self.anchor()
        for row in rows:
            self._adopt(row)
        self.rows[:0] = rows
        self._lay_out(None if anchor is None else (anchor[0] + len(rows), anchor[1]))

    def remove(self, row: QWidget) -> None:
        if row in self.rows:
            self.rows.remove(row)
            row.hide()
            row.deleteLater()
            self.lay_out()

    def clear(self) -> None:
        rows, self.rows = self.rows, []
        for row in rows:
            row.hide()
            row.deleteLater()
        self.lay_out()

    def anchor(self) -> tuple[int, int] | None:
        """The row at the top of the visible part, and how many pixels of it are above; None without rows."""
        top = self._area.verticalScrollBar().value()
        for index, row in enumerate(self.rows):
            if row.geometry().bottom() >= top:
                return index, top - row.y()
        return None

    def go_to(self, index: int, offset: int) -> None:
        """Bring a pixel of a row to the top."""
        self._lay_out((index, offset))

    def lay_out(self) -> None:
        """Give every row its place, and tell where the reader's is now."""
        self._lay_out(self.anchor())

    def _adopt(self, row: QWidget) -> None:
        row.setParent(self)
        row.resize(self._width, row.height())
        row.show()

    def _lay_out(self, anchor: tuple[int, int] | None) -> None:
        heights = [self._height_of(row) for row in self.rows]
        whole = sum(heights) + _GAP * (len(heights) + 1)
        y = max(0, self._height - whole) + _GAP
        for row, height in zip(self.rows, heights, strict=True):
            row.setGeometry(self._left, y, self._width, height)
            y += height + _GAP
        self.resize(self._area.viewport().width(), max(y, self._height))
        self.changed.emit(0 if anchor is None else self.rows[anchor[0]].y() + anchor[1])

    def _height_of(self, row: QWidget) -> int:
        layout = row.layout()
        if layout is None or not layout.hasHeightForWidth():
            return row.sizeHint().height()
        return layout.totalHeightForWidth(self._width)

    # --- overrides of Qt ---

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.lay_out()
            return True
        return super().event(event)
