"""What is found in all conversations, as a Qt model, and the index that follows what is said."""

from __future__ import annotations

import asyncio
from typing import Any, Final, Literal

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, Qt, QTimer, Signal

from app.conversation.history import HistoryModel
from app.conversation.messages import Index
from app.conversation.tasks import Tasks
from app.core.errors import StoreError
from app.core.search import PAGE, Hit, Page, Search, Wanted

_TYPING: Final = 80
"""Milliseconds after a key before anything is looked for."""
_SETTLED: Final = 2000
"""Milliseconds after a conversation has changed until its words are taken in."""
_ROUND: Final = 600_000
"""Milliseconds after which it is looked anyway: what is deleted for being old is told to nobody."""
_BETWEEN: Final = 0.01
"""Seconds between two slices of indexing: others want the store, too."""
_MUCH: Final = 16
"""Slices after which it is told that more may be found later."""
_FEW: Final = 5
"""Conversations shown by their titles where messages follow."""
_MANY: Final = 500
"""Conversations shown by their titles at most."""

Section = Literal["recent", "titles", "messages"]


class Indexing(QObject):
    """Brings the index up to date: a moment after it is made, and after conversations have changed.

    Signals:
        finished(): all that was said is in it.
    """

    finished = Signal()

    def __init__(self, search: Search, tasks: Tasks, history: HistoryModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._search = search
        self._tasks = tasks
        self.busy = False
        """Whether there may be something that is not in it yet."""
        self.behind = False
        """Whether that is much."""
        self._pause = QTimer(self, singleShot=True, interval=_SETTLED)
        self._pause.timeout.connect(self.start)
        for changed in (history.modelReset, history.rowsInserted, history.rowsRemoved, history.dataChanged):
            changed.connect(self._pause.start)
        self._pause.start()
        self._rounds = QTimer(self, interval=_ROUND)
        self._rounds.timeout.connect(self.start)
        self._rounds.start()

    def start(self) -> None:
        """Begin now, if it has not begun."""
        self._pause.stop()
        if not self.busy:
            self.busy = True
            self._tasks.start(self._work(), "indexing")

    async def _work(self) -> None:
        """Raises StoreError; the next change tries again."""
        try:
            more, steps, is_in = True, 0, False
            while more:
                more = await self._search.step()
                steps += 1
                was_in, is_in = is_in, not self._search.reads
                self.behind = steps > _MUCH and not is_in
                if is_in and not was_in:
                    self.finished.emit()
                await asyncio.sleep(_BETWEEN)
        finally:
            self.busy = self.behind = False


class SearchModel(QAbstractListModel):
    """Conversations by their titles, then messages, the newest first; more of them when they are scrolled to.

    Where nothing is looked for: the conversations with the last activity.

    Signals:
        loaded(): there is something else to show, or nothing.
        failed(StoreError): it could not be read.
        models_read(list[str]): the ids of the models that may be asked for.
    """

    HitRole: Final = int(Qt.ItemDataRole.UserRole)
    """The `Hit`; None in the row that stands for the titles not shown."""
    SectionRole: Final = HitRole + 1
    """The `Section` that a row belongs to."""
    loaded = Signal()
    failed = Signal(object)
    models_read = Signal(list)

    def __init__(self, search: Search, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._search = search
        self._tasks = tasks
        self._asked = 0
        self._next = Wanted()
        self.wanted = Wanted()
        """What the rows are found by."""
        self._titles: list[Hit] = []
        self.titles = 0
        """How many conversations are called so, shown or not."""
        self._messages: list[Hit] = []
        self._before = 0
        self._goal = PAGE
        self._filling = False
        self._pause = QTimer(self, singleShot=True, interval=_TYPING)
        self._pause.timeout.connect(self._begin)

    @property
    def searching(self) -> bool:
        """Whether there may be other hits in a moment."""
        return self._filling or self._pause.isActive()

    def search(self, wanted: Wanted) -> None:
        """Look for something else, a moment after the last key; what was found stays until then."""
        self._next = wanted
        self._pause.start()

    def search_now(self, wanted: Wanted) -> None:
        """The same without waiting for another key."""
        self._next = wanted
        self._begin()

    def read_models(self) -> None:
        """Find out which models have been asked; `models_read` tells."""
        self._tasks.start(self._read_models(), "models")

    def expand(self) -> None:
        """Show the other titles, too."""
        self._asked += 1
        self._tasks.start(self._read_titles(self._asked), "search")

    def hit(self, row: int) -> Hit | None:
        """What stands in a row; None for the one that stands for other titles."""
        if row < len(self._titles):
            return self._titles[row]
        at = row - len(self._titles) - self._rest
        return self._messages[at] if at >= 0 else None

    def section(self, row: int) -> Section:
        if row >= len(self._titles) + self._rest:
            return "messages"
        return "titles" if self.wanted.text.strip() else "recent"

    @property
    def _rest(self) -> bool:
        """Whether a row stands for titles that are not shown."""
        return len(self._titles) < min(self.titles, _MANY)

    # --- reading ---

    def _begin(self) -> None:
        self._pause.stop()
        self._asked += 1
        self._filling = True
        self._tasks.start(self._read(self._next, self._asked), "search")

    async def _read(self, wanted: Wanted, number: int) -> None:
        try:
            words = bool(wanted.text.strip())
            titles, count = await self._search.titles(wanted, _FEW if words else PAGE)
            if number != self._asked:
                return
            page = await self._search.find(wanted)
            if number == self._asked:
                self._show(wanted, titles, count if words else len(titles), page)
                await self._fill(number)
        except StoreError as error:
            self._fail(error, number)

    async def _read_models(self) -> None:
        """Raises StoreError."""
        self.models_read.emit(await self._search.models())

    async def _read_titles(self, number: int) -> None:
        try:
            titles, count = await self._search.titles(self.wanted, _MANY)
        except StoreError as error:
            self._fail(error, number)
            return
        if number == self._asked:
            self._show(self.wanted, titles, count, Page(self._messages, self._before))
            self._filling = False

    async def _fill(self, number: int) -> None:
        """Read on until there are as many hits as are wanted, or no more."""
        self._filling = True
        while self._before and len(self._messages) < self._goal:
            page = await self._search.find(self.wanted, self._before, self._goal - len(self._messages))
            if number != self._asked:
                return
            self._append(page)
        if number == self._asked:
            self._filling = False
            self.loaded.emit()

    def _show(self, wanted: Wanted, titles: list[Hit], count: int, page: Page) -> None:
        self.beginResetModel()
        self.wanted = wanted
        self._titles, self.titles = titles, count
        self._messages, self._before, self._goal = list(page.hits), page.before, max(PAGE, len(page.hits))
        self.endResetModel()
        self.loaded.emit()

    def _append(self, page: Page) -> None:
        self._before = page.before
        if page.hits:
            first = self.rowCount()
            self.beginInsertRows(QModelIndex(), first, first + len(page.hits) - 1)
            self._messages += page.hits
            self.endInsertRows()

    def _fail(self, error: StoreError, number: int) -> None:
        if number == self._asked:
            self._filling = False
            self.failed.emit(error)

    async def _fetch(self, number: int) -> None:
        try:
            await self._fill(number)
        except StoreError as error:
            self._fail(error, number)

    # --- Qt ---

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._titles) + self._rest + len(self._messages)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not self.checkIndex(index, QAbstractListModel.CheckIndexOption.IndexIsValid):
            return None
        hit = self.hit(index.row())
        match role:
            case self.HitRole:
                return hit
            case self.SectionRole:
                return self.section(index.row())
            case Qt.ItemDataRole.DisplayRole if hit is not None:
                return f"{hit.title.text}: {hit.snippet.text}" if hit.snippet.text else hit.title.text
        return None

    def canFetchMore(self, parent: Index) -> bool:  # noqa: N802  # Qt's name
        return not parent.isValid() and self._before > 0 and not self.searching

    def fetchMore(self, parent: Index) -> None:  # noqa: N802  # Qt's name
        if self.canFetchMore(parent):
            self._goal += PAGE
            self._filling = True
            self._tasks.start(self._fetch(self._asked), "search on")
