"""What is done for the data folder while the app runs: the check after a crash, backups, and room that runs out."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Collection
from concurrent.futures import Executor
from functools import partial
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from app.conversation.backups import Backups
from app.conversation.tasks import Tasks
from app.conversation.threads import in_thread
from app.core import backup, garbage, originals, reserve, salvage
from app.core.errors import StoreDamaged, StoreError, StoreLow
from app.core.filing import TRASH_DAYS
from app.core.pictures import Pictures
from app.core.schema import translated
from app.core.store import Store

log = logging.getLogger("visavis")

LOW: Final = 200_000_000
"""Bytes of free space below which the person is told."""
_CHECKED: Final = 64 << 20
"""Bytes of a database that is looked at after every start: a tenth of a second. A larger one is after a crash."""
_BETWEEN_BACKUPS: Final = 3600
"""Seconds."""
_FIRST_MILLISECONDS: Final = 10_000
"""After a start: that of a person who looks something up is over by then."""
_MILLISECONDS: Final = 300_000


class Upkeep(QObject):
    """Begun with `start`.

    Signals:
        met(StoreError): something is to be told, each once. StoreDamaged: SQLite finds a fault in the database; the
            next start offers what can be done. StoreLow: little room is left. Others: no backup could be made.
        returned(float): this start has gone back to the backup made then, in seconds since the epoch.
    """

    met = Signal(object)
    returned = Signal(float)

    def __init__(
        self,
        store: Store,
        pictures: Pictures,
        threads: Executor,
        tasks: Tasks,
        parent: QObject | None = None,
        *,
        in_use: Callable[[], Collection[str]] = tuple,
    ) -> None:
        """`in_use` tells the ids of the conversations that the window holds."""
        super().__init__(parent)
        self._in_use = in_use
        self._store = store
        self._threads = threads
        self._tasks = tasks
        self._pictures = pictures
        self._backups = Backups(store, threads, self)
        self._folder = store.path.parent
        self._written: set[str] = set()
        """SHA-256 (hex) of what drafts referred to at the start: what was taken out of one can be brought back."""
        self._was_low = False
        self._has_failed = False
        self._changes = -1
        """As `Store.changes` tells them, when the last backup was made here."""
        self._timer = QTimer(self, interval=_MILLISECONDS)
        self._timer.timeout.connect(self._start_round)

    def start(self) -> None:
        """Look after it from now on."""
        self._tasks.start(self._remember_drafts(), "look at the drafts")
        self._tasks.start(self._check_soon(), "check the database")
        self._tasks.start(self._tell_returned(), "tell of a backup")
        self._tasks.start(in_thread(self._threads, backup.tidy, self._folder / backup.FOLDER), "tidy backups")
        QTimer.singleShot(_FIRST_MILLISECONDS, self, self._begin)
        self._timer.start()

    async def look_after(self, now: float) -> None:
        """One round: the log is emptied, and a backup made where something has changed since one an hour ago."""
        try:
            await self._look_for_room()
            await self._store.tidy()
            await self._back_up(now)
        except StoreDamaged:
            await self._check()  # the copy may be at fault, or what it was made of
        except StoreError as error:
            log.warning("no backup: %s", type(error).__name__)
            if not self._has_failed:
                self._has_failed = True
                self.met.emit(error)

    async def collect(self, now: float) -> None:
        """Remove what nothing refers to any more. Done once, after a start: later there is what can be undone.

        Where a message or a backup is damaged, nothing is: nobody knows what that refers to.
        """
        in_use = self._in_use()
        await self._store.run(lambda db: garbage.sweep(db, now - TRASH_DAYS * 86_400, in_use))
        path, after = str(self._store.path), 0
        wanted = set(self._written)
        try:
            while True:
                more, following = await self._store.run(partial(garbage.wanted_by_messages, path=path, after=after))
                wanted |= more
                if following is None:
                    break
                after = following
            wanted |= await self._store.run(garbage.wanted_by_others)
            wanted |= await in_thread(self._threads, backup.pictures_of, self._folder / backup.FOLDER)
        except StoreError as error:
            log.warning("nothing is collected: %s", type(error).__name__)
            return
        gone = await in_thread(self._threads, self._pictures.collect, wanted, now - garbage.AGE)
        if gone:
            await self._store.run(lambda db: garbage.forget_thumbnails(db, gone))

    async def _remember_drafts(self) -> None:
        self._written = await self._store.run(originals.of_drafts)

    async def _tell_returned(self) -> None:
        made = await in_thread(self._threads, salvage.returned, self._store.path)
        if made is not None:
            self.returned.emit(made)

    async def _look_for_room(self) -> None:
        free = await in_thread(self._threads, self._free)
        if free < LOW and not self._was_low:
            self.met.emit(StoreLow(str(self._folder), free))
        self._was_low = free < LOW

    def _free(self) -> int:
        """Bytes that are free. Where there is room, the reserve is kept."""
        with translated(self._folder):
            free = shutil.disk_usage(self._folder).free
        if free >= LOW:
            reserve.keep(self._folder)
        return free

    async def _back_up(self, now: float) -> None:
        await self._backups.look()
        newest = max((each.made for each in self._backups.there), default=0.0)
        if newest <= now < newest + _BETWEEN_BACKUPS:
            return
        changes = await self._store.changes()
        written = await in_thread(self._threads, lambda: self._store.path.stat().st_mtime)
        if changes == self._changes if self._changes >= 0 else written < newest + 1:
            return
        await self._backups.make(now)
        self._changes, self._has_failed = changes, False

    async def _check_soon(self) -> None:
        size = await in_thread(self._threads, lambda: self._store.path.stat().st_size)
        if self._store.unclean or size <= _CHECKED:
            await self._check()

    async def _check(self) -> None:
        try:
            await self._store.check()
        except StoreDamaged as error:
            self.met.emit(error)

    def _begin(self) -> None:
        self._start_round()
        self._tasks.start(self.collect(time.time()), "collect what nothing refers to")

    def _start_round(self) -> None:
        self._tasks.start(self.look_after(time.time()), "look after the data folder")
