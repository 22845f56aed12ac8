"""The cells of a table in a row of the conversation: which of them are selected, and what they say."""

from __future__ import annotations

from typing import NamedTuple, cast

from PySide6.QtGui import QTextCursor, QTextTable

from app.ui.transcript.text import SafeTextView


class Cells(NamedTuple):
    """A rectangle of cells: Qt selects no other shape within a table."""

    table: QTextTable
    row: int
    rows: int
    column: int
    columns: int

    @property
    def range(self) -> tuple[int, int]:
        """From where to where a cursor has to select so that these cells are, and nothing beside them."""
        first = self.table.cellAt(self.row, self.column)
        last = self.table.cellAt(self.row + self.rows - 1, self.column + self.columns - 1)
        start, end = first.firstPosition(), last.firstPosition()
        return start, (end if end != start else last.lastPosition())

    @property
    def has_all_columns(self) -> bool:
        return self.columns == self.table.columns()

    @property
    def end(self) -> int:
        """The position behind the last of them."""
        return self.table.cellAt(self.row + self.rows - 1, self.column + self.columns - 1).lastPosition()

    def words(self, view: SafeTextView) -> list[list[str]]:
        """What is to be read in them, row by row."""
        cells = [
            [self.table.cellAt(row, column) for column in range(self.column, self.column + self.columns)]
            for row in range(self.row, self.row + self.rows)
        ]
        return [[view.plain_between(cell.firstPosition(), cell.lastPosition()) for cell in row] for row in cells]


def cells_between(view: SafeTextView, start: int, end: int) -> Cells | None:
    """The cells of the view's table that a selection takes in; None where it takes a part of one cell.

    What goes on before the table, or behind it, takes in whole rows.
    """
    table = _table_of(view)
    if table is None or start >= end:
        return None
    if start < table.firstPosition() or end > table.lastPosition():
        first = table.cellAt(max(start, table.firstPosition())).row()
        last = table.cellAt(min(end, table.lastPosition())).row()
        return Cells(table, first, last - first + 1, 0, table.columns())
    cursor = QTextCursor(view.document())
    cursor.setPosition(start)
    cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
    if not cursor.hasComplexSelection():
        return None
    corner = cast(tuple[int, int, int, int], cursor.selectedTableCells())  # the stubs have it as an object
    return Cells(table, *corner)


def _table_of(view: SafeTextView) -> QTextTable | None:
    frames = view.document().rootFrame().childFrames()
    return next((frame for frame in frames if isinstance(frame, QTextTable)), None)
