"""The ledger as Qt models: every request, read page by page as it comes into view, and requests together."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, Signal

from app.conversation.messages import Index
from app.conversation.tasks import Tasks
from app.core.errors import StoreError
from app.core.ledger import By, Entry, Filter, Group, Ledger, Picture

PAGE: Final = 100
"""Requests read at a time."""
_KEPT: Final = 5000
"""Requests held in memory; some 1 kB each."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. Its functions take an `Entry` or a `Group`."""

    title: str
    words: Callable[[Any], str]
    figure: bool = True
    """Whether it holds figures, which stand at the end of their cell."""
    hint: Callable[[Any], str] | None = None
    """More to know of a cell."""
    order: Callable[[Any], Any] | None = None
    """What to sort by, where it can be sorted by."""
    explained: str = ""
    """More to know of the column."""
    sample: str = ""
    """What it keeps room for; the column without one takes the room that is left."""


class LedgerModel(QAbstractTableModel):
    """What both models have in common. The words are the columns' affair.

    Signals:
        loaded(): what was asked for last is there.
        failed(StoreError): it could not be read.
    """

    RowRole: Final = int(Qt.ItemDataRole.UserRole)
    """The `Entry`, None as long as it is not read, or the `Group`."""
    loaded = Signal()
    failed = Signal(object)

    def __init__(self, ledger: Ledger, tasks: Tasks, columns: Sequence[Column], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ledger = ledger
        self._tasks = tasks
        self._columns = columns
        self._asked = 0

    @property
    def columns(self) -> Sequence[Column]:
        return self._columns

    def row(self, number: int) -> Any:
        """What stands in a row."""
        raise NotImplementedError

    def key(self, number: int) -> object:
        """What a row is known by, wherever it moves."""
        raise NotImplementedError

    def row_of(self, key: object) -> int:
        """The row of a key, -1 where there is none."""
        return next((row for row in range(self.rowCount()) if self.key(row) == key), -1)

    def _latest(self, read: Callable[[], Coroutine[Any, Any, Callable[[], None]]]) -> None:
        """Read, then show; what was asked for before and is not there yet is of no interest any more."""
        self._asked += 1
        self._tasks.start(self._read(read, self._asked), "ledger")

    async def _read(self, read: Callable[[], Coroutine[Any, Any, Callable[[], None]]], number: int) -> None:
        try:
            show = await read()
        except StoreError as error:
            if number == self._asked:
                self.failed.emit(error)
            return
        if number == self._asked:
            show()
            self.loaded.emit()

    def _repaint(self, first: int, last: int) -> None:
        self.dataChanged.emit(self.index(first, 0), self.index(last, len(self._columns) - 1))

    def columnCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self._columns):
            return None
        column = self._columns[section]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return column.title
            case Qt.ItemDataRole.ToolTipRole:
                return column.explained or None
            case Qt.ItemDataRole.TextAlignmentRole:
                return _side(column)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not self.checkIndex(index, QAbstractTableModel.CheckIndexOption.IndexIsValid):
            return None
        column = self._columns[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(column)
        row = self.row(index.row())
        if role == self.RowRole or row is None:
            return row
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return column.words(row)
            case Qt.ItemDataRole.ToolTipRole:
                return column.hint(row) or None if column.hint else None
        return None


class EntryModel(LedgerModel):
    """Every request, the latest first. Only the places of all are known; a page is read when it is looked at."""

    def __init__(self, ledger: Ledger, tasks: Tasks, columns: Sequence[Column], parent: QObject | None = None) -> None:
        super().__init__(ledger, tasks, columns, parent)
        self._filter = Filter()
        self._positions = array("q")
        self._entries: dict[int, Entry] = {}
        self._stale: set[int] = set()
        self._wanted: set[int] = set()

    def show(self, wanted: Filter) -> None:
        """Read the ledger anew, by another filter or the same one; `loaded` tells."""

        async def read() -> Callable[[], None]:
            positions = await self._ledger.positions(wanted)
            return lambda: self._take(wanted, positions)

        self._latest(read)

    def row(self, number: int) -> Entry | None:
        """The entry of a row; None until its page is read, which this asks for."""
        position = self._positions[number]
        entry = self._entries.get(position)
        if entry is None or position in self._stale:
            self._want(number)
        return entry

    def key(self, number: int) -> object:
        return self._positions[number]

    def row_of(self, key: object) -> int:
        try:
            return self._positions.index(int(str(key)))
        except ValueError:
            return -1

    def _take(self, wanted: Filter, positions: array[int]) -> None:
        """Show these. What came since stands first, so that nothing else moves; everything may have changed."""
        old = self._positions
        self._stale = set(self._entries)
        come = len(positions) - len(old)
        if wanted == self._filter and come >= 0 and positions[come:] == old:
            if come:
                self.beginInsertRows(QModelIndex(), 0, come - 1)
                self._positions = positions
                self.endInsertRows()
            if old:
                self._repaint(0, len(positions) - 1)
            return
        self.beginResetModel()
        self._filter, self._positions = wanted, positions
        self.endResetModel()

    def _want(self, number: int) -> None:
        """Ask for a page; all that one paint looks at goes in one query."""
        page = number // PAGE
        if not self._wanted:
            self._tasks.start(self._fetch(), "ledger page")
        self._wanted.add(page)

    async def _fetch(self) -> None:
        await asyncio.sleep(0)
        pages, self._wanted = self._wanted, set()
        rows = [row for page in sorted(pages) for row in range(page * PAGE, (page + 1) * PAGE)]
        positions = [self._positions[row] for row in rows if row < len(self._positions)]
        try:
            found = await self._ledger.entries_at(positions)
        except StoreError as error:
            self.failed.emit(error)
            return
        self._stale.difference_update(positions)
        for position in positions:
            self._entries.pop(position, None)
        self._entries |= found
        for surplus in list(self._entries)[: max(0, len(self._entries) - _KEPT)]:
            del self._entries[surplus]
        for page in pages:
            if (last := min((page + 1) * PAGE, len(self._positions)) - 1) >= page * PAGE:
                self._repaint(page * PAGE, last)

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._positions)


class GroupModel(LedgerModel):
    """Requests together. Sorted as the ledger sorts them until another column is asked for."""

    def __init__(
        self, ledger: Ledger, tasks: Tasks, by: By, columns: Sequence[Column], parent: QObject | None = None
    ) -> None:
        super().__init__(ledger, tasks, columns, parent)
        self._by: By = by
        self._read_groups: list[Group] = []
        self._groups: list[Group] = []
        self._sorted = (-1, Qt.SortOrder.AscendingOrder)
        self._pictures: dict[str, Picture] = {}
        self._wanted: dict[str, Group] = {}
        self._unknown: set[str] = set()

    @property
    def groups(self) -> Sequence[Group]:
        return self._groups

    def show(self, wanted: Filter) -> None:
        """Read the ledger anew, by another filter or the same one; `loaded` tells."""

        async def read() -> Callable[[], None]:
            groups = await self._ledger.grouped(self._by, wanted)
            return lambda: self._take(days(groups) if self._by == "day" else groups)

        self._latest(read)

    def picture(self, group: Group) -> Picture | None:
        """What is known of a group's picture; None until it is read, which this asks for, or where nothing is."""
        if group.key not in self._pictures and group.key not in self._unknown:
            if not self._wanted:
                self._tasks.start(self._fetch(), "ledger pictures")
            self._wanted[group.key] = group
        return self._pictures.get(group.key)

    def row(self, number: int) -> Group:
        return self._groups[number]

    def key(self, number: int) -> object:
        return self._groups[number].key

    def _take(self, groups: list[Group]) -> None:
        self._read_groups = groups
        self._arrange()

    def _arrange(self) -> None:
        """Put the groups in order: in place where every one keeps its row."""
        column, order = self._sorted
        groups = self._read_groups
        key = self._columns[column].order if column >= 0 else None
        if key is not None:
            groups = sorted(groups, key=key, reverse=order == Qt.SortOrder.DescendingOrder)
        if [group.key for group in groups] == [group.key for group in self._groups]:
            self._groups = groups
            if groups:
                self._repaint(0, len(groups) - 1)
            return
        self.beginResetModel()
        self._groups = groups
        self.endResetModel()

    async def _fetch(self) -> None:
        await asyncio.sleep(0)  # all that one paint asks for goes in one query
        wanted, self._wanted = self._wanted, {}
        with suppress(StoreError):  # it then stands there without its name
            self._pictures |= await self._ledger.pictures(wanted.values())
        self._unknown |= wanted.keys() - self._pictures.keys()
        if self._groups:
            self._repaint(0, len(self._groups) - 1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._groups)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._sorted = (column, order)
        self._arrange()


def days(groups: Iterable[Group]) -> list[Group]:
    """Groups by day and model, put together by day."""
    found: dict[str, Group] = {}
    for group in groups:
        found[group.key] = added([found[group.key], group], group.key) if group.key in found else group
    return [group._replace(model="") for group in found.values()]


def added(groups: Sequence[Group], key: str = "") -> Group:
    """All of these as one."""
    return Group(
        key,
        "",
        "",
        sum(group.requests for group in groups),
        sum(group.pictures for group in groups),
        sum(group.tokens for group in groups),
        sum((group.cost for group in groups), Decimal(0)),
        all(group.exact for group in groups),
        sum((group.saved for group in groups), Decimal(0)),
        sum(group.unpriced for group in groups),
    )


def _side(column: Column) -> int:
    side = Qt.AlignmentFlag.AlignTrailing if column.figure else Qt.AlignmentFlag.AlignLeading
    return int(side | Qt.AlignmentFlag.AlignVCenter)
