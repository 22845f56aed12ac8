"""What is done for the data folder while the app runs: the check after a crash, backups, and room that runs out."""

from __future__ import annotations

import logging
import shutil
import time
from concurrent.futures import Executor
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from app.conversation.backups import Backups
from app.conversation.tasks import Tasks
from app.conversation.threads import in_thread
from app.core import backup
from app.core.errors import StoreDamaged, StoreError
from app.core.store import Store

log = logging.getLogger("visavis")

LOW: Final = 200_000_000
"""Bytes of free space below which the person is told."""
_BETWEEN_BACKUPS: Final = 3600
"""Seconds."""
_FIRST_MILLISECONDS: Final = 10_000
"""After a start: that of a person who looks something up is over by then."""
_MILLISECONDS: Final = 300_000


class Upkeep(QObject):
    """Begun with `start`.

    Signals:
        damaged(StoreDamaged): SQLite finds a fault in the database; the next start offers what can be done.
        failed(StoreError): no backup could be made. Told once.
        low(int): so many bytes are free on the disk, and that is little. Told once, and again after there was room.
    """

    damaged = Signal(object)
    failed = Signal(object)
    low = Signal(object)

    def __init__(self, store: Store, threads: Executor, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._threads = threads
        self._tasks = tasks
        self._backups = Backups(store, threads, self)
        self._folder = store.path.parent
        self._was_low = False
        self._has_failed = False
        self._changes = -1
        """As `Store.changes` tells them, when the last backup was made here."""
        self._timer = QTimer(self, interval=_MILLISECONDS)
        self._timer.timeout.connect(self._start_round)

    def start(self) -> None:
        """Look after it from now on."""
        if self._store.unclean:
            self._tasks.start(self._check(), "check the database")
        self._tasks.start(in_thread(self._threads, backup.tidy, self._folder / backup.FOLDER), "tidy backups")
        QTimer.singleShot(_FIRST_MILLISECONDS, self, self._start_round)
        self._timer.start()

    async def look_after(self, now: float) -> None:
        """One round: the log is emptied, and a backup made where something has changed since one an hour ago."""
        free = (await in_thread(self._threads, shutil.disk_usage, self._folder)).free
        if free < LOW and not self._was_low:
            self.low.emit(free)
        self._was_low = free < LOW
        try:
            await self._store.tidy()
            await self._back_up(now)
        except StoreDamaged:
            await self._check()  # the copy may be at fault, or what it was made of
        except StoreError as error:
            log.warning("no backup: %s", type(error).__name__)
            if not self._has_failed:
                self._has_failed = True
                self.failed.emit(error)

    async def _back_up(self, now: float) -> None:
        await self._backups.look()
        newest = max((each.made for each in self._backups.there), default=0.0)
        if newest <= now < newest + _BETWEEN_BACKUPS:
            return
        changes = await self._store.changes()
        written = await in_thread(self._threads, lambda: self._store.path.stat().st_mtime)
        if changes == self._changes if self._changes >= 0 else written <= newest:
            return
        await self._backups.make()
        self._changes, self._has_failed = changes, False

    async def _check(self) -> None:
        try:
            await self._store.check()
        except StoreDamaged as error:
            self.damaged.emit(error)

    def _start_round(self) -> None:
        self._tasks.start(self.look_after(time.time()), "look after the data folder")
