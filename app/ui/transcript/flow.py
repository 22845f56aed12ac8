"""Rows in a viewport: which of them are on screen and where, held by an anchor and not by the scroll bar.

The anchor is a row and how far into it the top of the viewport is. Rows are laid out from it downwards, or from the
end upwards while the end is followed, so that nothing that changes elsewhere, guesses that prove wrong among them,
moves what is read. The scroll bar is only told where that is (TRANSCRIPT.md, section 1).
"""

from __future__ import annotations

from typing import Final, NamedTuple, cast

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from app.ui.theme import COLUMN, SPACE
from app.ui.transcript import spacing
from app.ui.transcript.content import Code, Table, block_of
from app.ui.transcript.items import Items
from app.ui.transcript.pool import Pool
from app.ui.transcript.row import Row, RowWidget

_SIDE: Final = 6 * SPACE
"""Room left and right; the scroll bar lies in it, so that nothing moves when it appears."""
_NARROWEST: Final = 160


class OnScreen(NamedTuple):
    """A row on screen."""

    item: int
    nth: int
    """Which row of the item."""
    row: Row
    widget: RowWidget
    y: int
    """Of its top, with the room above it, in the viewport."""
    height: int
    """That it took there, with the room above and below it."""


class Flow(QObject):
    """Signals:
    laid_out(): rows may have come, gone or moved.
    """

    laid_out = Signal()

    def __init__(self, area: QAbstractScrollArea, items: Items, pool: Pool) -> None:
        super().__init__(area)
        self._area = area
        self._items = items
        self._pool = pool
        self._item = self._index = self._offset = 0
        self._told = 0
        """What the scroll bar was told last."""
        self._telling = False
        self.following = True
        """Whether the end stays in view, whatever comes."""
        self._held = False
        """Whether what is read stays although it is the end."""
        self.on_screen: list[OnScreen] = []
        """The rows on screen, from top to bottom."""
        self.width, self.left = COLUMN, _SIDE
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self.lay_out)
        area.verticalScrollBar().valueChanged.connect(self._on_scroll_bar)

    # --- where it is ---

    def fit(self) -> None:
        """The viewport has another size."""
        whole = self._area.width()
        self.width = max(_NARROWEST, min(COLUMN, whole - 2 * _SIDE))
        self.left = (whole - self.width) // 2
        self._items.fit(self.width)
        self.lay_out()

    def follow(self) -> None:
        """Go to the end and stay there."""
        self.keep_to_end()
        self.lay_out()

    def keep_to_end(self) -> None:
        """Follow from the next layout on."""
        self.following, self._held = True, False

    def release(self) -> None:
        """Stay with what is read, be it the end: follow again when the person goes there."""
        self.following, self._held = False, True

    def go_to(self, item: int, index: int, offset: int = 0) -> None:
        """Let a row be the first, with so many pixels of it above the viewport; with fewer than 0 it begins below."""
        self.following = False
        self._item, self._index, self._offset = item, index, max(0, offset)
        if offset < 0:
            self._walk(offset)
        self.lay_out()

    @property
    def anchor(self) -> tuple[int, int, int]:
        """The item, its row and the pixels of that above the viewport."""
        return self._item, self._index, self._offset

    def inserted(self, first: int, count: int) -> None:
        """So many items are there from `first` on that were not: what is read stays."""
        if first <= self._item:
            self._item += count

    def removed(self, first: int, last: int) -> None:
        """These items are gone. Where one of them was read, what follows them is."""
        if last < self._item:
            self._item -= last - first + 1
        elif first <= self._item:
            self._item, self._index, self._offset = first, 0, 0

    def scroll_by(self, pixels: int) -> None:
        """Move what is read up (> 0) or down, over real rows, so that no guess makes it jump."""
        if not pixels:
            return
        self.following = self._held = False
        self._walk(pixels)
        self.lay_out()

    def bring_into_view(self, placed: OnScreen) -> None:
        """Scroll no more than it takes to see a row, or the beginning of a long one."""
        height = self._area.viewport().height()
        top, bottom = placed.y, placed.y + placed.row.extent
        if bottom > height:
            self.scroll_by(min(bottom - height, top))
        elif top < 0:
            self.scroll_by(top)

    # --- laying out ---

    def lay_out_soon(self) -> None:
        """Do it once for all that changes before the event loop goes on."""
        self._soon.start()

    def lay_out(self) -> None:
        """Give every row on screen its place."""
        self._soon.stop()
        if not self._area.isVisible() and not self.on_screen and not len(self._items):
            return
        rows = self._from_end() if self.following else self._from_anchor()
        self._move_along(rows)
        self._place(rows)
        self._pool.settle({placed.row for placed in rows})
        self.on_screen = rows
        self.tell_scroll_bar()
        self.laid_out.emit()

    def _from_anchor(self) -> list[OnScreen]:
        height = self._area.viewport().height()
        rows: list[OnScreen] = []
        item, index = min(self._item, len(self._items) - 1), self._index
        y: int | None = None
        while item < len(self._items) and (y is None or y < height):
            turn = self._items.at(item)
            for k in range(min(index, max(0, len(turn.rows) - 1)) if y is None else 0, len(turn.rows)):
                row, widget = turn.rows[k], self._real(item, k)
                if y is None:
                    self._item, self._index = item, k
                    self._offset = max(0, min(self._offset, row.extent - 1))
                    y = -self._offset
                rows.append(OnScreen(item, k, row, widget, y, row.extent))
                y += row.extent
                if y >= height:
                    break
            item += 1
        if y is None or y + spacing.TURN <= height:
            self.following = not self._held  # there is no more below
            return self._from_end()
        return rows

    def _from_end(self) -> list[OnScreen]:
        rows: list[OnScreen] = []
        y = self._area.viewport().height() - spacing.TURN
        for item in range(len(self._items) - 1, -1, -1):
            turn = self._items.at(item)
            for k in range(len(turn.rows) - 1, -1, -1):
                widget = self._real(item, k)
                y -= turn.rows[k].extent
                rows.append(OnScreen(item, k, turn.rows[k], widget, y, turn.rows[k].extent))
                if y <= 0:
                    break
            if y <= 0:
                break
        rows.reverse()
        if rows:
            self._item, self._index, self._offset = rows[0].item, rows[0].nth, max(0, -rows[0].y)
        return rows

    def _real(self, item: int, index: int) -> RowWidget:
        """The row's widget, with its height measured."""
        turn = self._items.at(item)
        row = turn.rows[index]
        is_new = self._pool.known(row) is None
        widget = self._pool.widget(row)
        if is_new and isinstance(row.content, Code | Table):
            widget.shift(turn.shifts.get(block_of(row.content), 0))
        if is_new or not row.exact:  # what was measured may have been waiting for a formula
            turn.measure(row, widget.height_for(self.width - 2 * row.inset))
            self._items.note_height(item)
        return widget

    def _move_along(self, rows: list[OnScreen]) -> None:
        """Where all rows that stay have moved alike, move them as they are painted: only what comes in sight is new.

        Else all is painted again: what lies behind the rows may have changed with them.
        """
        before = {placed.row: placed for placed in self.on_screen}
        moved = {
            placed.y - known.y if known.height == placed.height or not placed.row.inset else None
            for placed in rows
            if (known := before.get(placed.row)) is not None
        }
        viewport = self._area.viewport()
        distance = moved.pop() if len(moved) == 1 else None
        if distance is None:
            viewport.update()
        elif distance:
            viewport.scroll(0, distance)

    def _place(self, rows: list[OnScreen]) -> None:
        self._stack(rows)
        for placed in rows:
            row, widget = placed.row, cast(QWidget, placed.widget)
            x, width = self.left + row.inset, self.width - 2 * row.inset
            if widget.geometry().getRect() != (x, placed.y + row.above, width, row.height):
                widget.setGeometry(x, placed.y + row.above, width, row.height)
            if widget.isHidden():
                widget.show()

    def _stack(self, rows: list[OnScreen]) -> None:
        """Let the rows stand in the viewport as they are seen: in that order screen readers walk them.

        What stays in sight stays in order; only what has come is put before what follows it.
        """
        before = {id(placed.widget) for placed in self.on_screen}
        following: QWidget | None = None
        for placed in reversed(rows):
            widget = cast(QWidget, placed.widget)
            if id(placed.widget) not in before:
                if following is not None:
                    widget.stackUnder(following)
                else:
                    widget.raise_()
            following = widget

    # --- moving ---

    def _walk(self, pixels: int) -> None:
        item, index, offset = self._item, self._index, self._offset + pixels
        if not self._items.at(item).rows:
            return
        while offset < 0:
            before = self._before(item, index)
            if before is None:
                offset = 0
                break
            item, index = before
            self._real(item, index)
            offset += self._items.at(item).rows[index].extent
        while True:
            self._real(item, index)
            extent = self._items.at(item).rows[index].extent
            if offset < extent:
                break
            after = self._after(item, index)
            if after is None:
                offset = extent - 1
                break
            offset -= extent
            item, index = after
        self._item, self._index, self._offset = item, index, offset

    def _before(self, item: int, index: int) -> tuple[int, int] | None:
        if index:
            return item, index - 1
        while item:
            item -= 1
            if rows := self._items.at(item).rows:
                return item, len(rows) - 1
        return None

    def _after(self, item: int, index: int) -> tuple[int, int] | None:
        if index + 1 < len(self._items.at(item).rows):
            return item, index + 1
        while item + 1 < len(self._items):
            item += 1
            if self._items.at(item).rows:
                return item, 0
        return None

    # --- the scroll bar ---

    def tell_scroll_bar(self) -> None:
        bar, height = self._area.verticalScrollBar(), self._area.viewport().height()
        most = max(0, self._items.heights.total + spacing.TURN - height)
        value = most if self.following else min(most, self._above_viewport())
        self._telling = True
        if bar.maximum() != most or bar.pageStep() != height:
            bar.setRange(0, most)
            bar.setPageStep(height)
        if bar.value() != value:
            bar.setValue(value)
        self._told = value
        self._telling = False

    def _above_viewport(self) -> int:
        known = self._items.known(self._item)
        within = sum(row.extent for row in known.rows[: self._index]) if known is not None else 0
        return self._items.heights.above(self._item) + within + self._offset

    def _on_scroll_bar(self, value: int) -> None:
        if self._telling or not len(self._items):
            return
        moved = value - self._told
        self._held = False
        self.following = value >= self._area.verticalScrollBar().maximum()
        if not self.following:
            if value and abs(moved) < 2 * self._area.viewport().height():
                self._walk(moved)
            else:
                self._jump(value)
        self.lay_out()

    def _jump(self, value: int) -> None:
        """To where the scroll bar was dragged: by guesses, as nothing there may have been laid out yet."""
        self._item, rest = self._items.heights.at(value)
        self._index = 0
        rows = self._items.at(self._item).rows
        while self._index < len(rows) - 1 and rest >= rows[self._index].extent:
            rest -= rows[self._index].extent
            self._index += 1
        self._offset = rest
