"""Rows that belong together, one below the other, and the room they take."""

from __future__ import annotations

from collections.abc import Sequence

from app.ui.theme import Theme
from app.ui.transcript import spacing
from app.ui.transcript.content import Content, Voice
from app.ui.transcript.row import Row


class Item:
    """A message, or what stands below the last one. Rows are told apart by identity: each may own a widget."""

    def __init__(self, theme: Theme, width: int) -> None:
        self.theme = theme
        self.width = width
        """Pixels of the column."""
        self.rows: list[Row] = []
        self.height = 0
        self.shifts: dict[tuple[Voice, int], int] = {}
        """How far blocks were moved sideways, by `block_of`."""

    def measure(self, row: Row, height: int) -> None:
        """A row of it was laid out: it is so many pixels high."""
        self.height += height - row.height
        row.height, row.exact = height, True

    def fit(self, width: int) -> None:
        """The column has another width."""
        if width != self.width:
            self.width = width
            for row in self.rows:
                row.exact = False

    def put(self, first: int, last: int, contents: Sequence[Content]) -> None:
        """Let the rows from `first` up to `last` show `contents`: what is the same there stays, widget and all."""
        known = self.rows[first:last]
        before = sum(row.extent for row in known)
        rows = [self._row(content, known[i] if i < len(known) else None) for i, content in enumerate(contents)]
        self.rows[first:last] = rows
        self.height += sum(row.extent for row in rows) - before
        self._space(max(0, first - 1), first + len(rows) + 1)

    def _row(self, content: Content, known: Row | None) -> Row:
        if known is not None and type(known.content) is type(content):
            if known.content != content:
                known.content, known.exact = content, False
                known.height = spacing.guess(content, self.width, self.theme)
            return known
        return Row(content, height=spacing.guess(content, self.width, self.theme), owner=self)

    def _space(self, first: int, last: int) -> None:
        for index, row in enumerate(self.rows[first:last], first):
            before = row.extent
            row.above, row.below, row.inset = self.room_of(index)
            self.height += row.extent - before

    def room_of(self, index: int) -> tuple[int, int, int]:
        """Pixels above a row, below it and at either side."""
        if not index:
            return spacing.TURN, 0, 0
        return spacing.between(self.rows[index - 1].content, self.rows[index].content, self.theme), 0, 0

    def whole(self, content: Content) -> str:  # noqa: ARG002
        """What a row shows a part of, as text; nothing where it shows no part."""
        return ""

    def before(self, content: Content) -> str:  # noqa: ARG002
        """Of a block of code what comes before a row's part of it, the end of its last line with it."""
        return ""
