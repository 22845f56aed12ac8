"""What the person does to rows that changes how they are shown: unfold, show all, move a wide block sideways."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.core.message import Message
from app.ui.transcript.content import Code, Fold, Table, block_of
from app.ui.transcript.flow import Flow, OnScreen
from app.ui.transcript.host import Host
from app.ui.transcript.items import Items
from app.ui.transcript.pool import Pool
from app.ui.transcript.turn import Turn


class Unfolding(QObject):
    """Signals:
    more_wanted(Message): the rest of its long text is to be shown, piece by piece.
    """

    more_wanted = Signal(Message)

    def __init__(self, host: Host, items: Items, flow: Flow, pool: Pool) -> None:
        super().__init__(flow)
        self._pool = pool
        self._items = items
        self._flow = flow
        host.folded.connect(self._toggle)
        host.unfolded.connect(self._show_all)
        host.shifted.connect(self._shift)
        host.resized.connect(self._on_resized)

    def _toggle(self, widget: object) -> None:
        placed, turn = self._turn_of(widget)
        if placed is not None and turn is not None and isinstance(placed.row.content, Fold):
            turn.toggle(placed.row.content.what)
            self._keep_in_place(placed)

    def _show_all(self, widget: object) -> None:
        placed, turn = self._turn_of(widget)
        if placed is not None and turn is not None:
            turn.show_all()
            self._flow.release()
            self.more_wanted.emit(turn.message)

    def _keep_in_place(self, placed: OnScreen) -> None:
        """What has unfolded comes below the row that was pressed; that one stays where it is."""
        self._items.note_height(placed.item)
        if placed.y < 0:
            self._flow.lay_out()
            return
        self._flow.go_to(placed.item, placed.nth, -placed.y)

    def _shift(self, widget: object, pixels: int) -> None:
        """A wide block was moved sideways: all its parts go along."""
        placed, turn = self._turn_of(widget)
        if placed is None or turn is None or not isinstance(placed.row.content, Code | Table):
            return
        block = block_of(placed.row.content)
        turn.shifts[block] = pixels
        for other in self._flow.on_screen:
            content = other.row.content
            if other.item == placed.item and isinstance(content, Code | Table) and block_of(content) == block:
                other.widget.shift(pixels)

    def _on_resized(self, widget: object) -> None:
        """A row has another height for a reason of its own."""
        if (row := self._pool.row_of(widget)) is not None:
            row.exact = False
            self._flow.lay_out_soon()

    def _turn_of(self, widget: object) -> tuple[OnScreen | None, Turn | None]:
        placed = next((placed for placed in self._flow.on_screen if placed.widget is widget), None)
        turn = self._items.at(placed.item) if placed is not None else None
        return placed, turn if isinstance(turn, Turn) else None
