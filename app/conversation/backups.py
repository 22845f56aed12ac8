"""The backups of the data folder: listed, made now, and chosen to take the place of what there is."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.conversation.threads import in_thread
from app.core import backup, salvage
from app.core.backup import Backup, Kind
from app.core.schema import translated
from app.core.store import Store


class Backups(QObject):
    """Signals:
    changed(): `there` is another.
    """

    changed = Signal()

    def __init__(self, store: Store, threads: Executor, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._threads = threads
        self._folder = store.path.parent / backup.FOLDER
        self.there: Sequence[Backup] = ()
        """The newest first, as they were found last."""

    async def look(self) -> None:
        """Find out which there are."""
        self.there = await in_thread(self._threads, backup.backups, self._folder)
        self.changed.emit()

    async def make(self, now: float, kind: Kind = "") -> None:
        """Make a backup of `now`, in seconds since the epoch, and look at all of it; then those too many go.

        Raises StoreDamaged where it is not whole, and StoreFull: those that were there stay then.
        """
        copy = await in_thread(self._threads, self._begin)
        try:
            counts = await self._store.copy_to(copy)
            await in_thread(self._threads, self._keep, copy, counts, now, kind)
        except BaseException:
            backup.discard(copy)
            raise
        await self.look()

    async def choose(self, chosen: Backup) -> None:
        """Let a backup take the place of all there is, at the next start; what there is becomes a backup then.

        Raises StoreDamaged, StoreTooNew, and StoreFull: nothing has changed then.
        """
        await in_thread(self._threads, salvage.choose, chosen.path, self._store.path, chosen.made)

    async def stay(self) -> None:
        """Stay with what there is: no backup takes its place at the next start. Raises StoreFull."""
        await in_thread(self._threads, salvage.stay, self._store.path)

    @property
    def is_chosen(self) -> bool:
        """Whether another database takes the place of what there is at the next start."""
        return salvage.next_of(self._store.path).exists()

    def _begin(self) -> Path:
        with translated(self._folder):
            return backup.unfinished(self._folder)

    def _keep(self, copy: Path, counts: dict[str, int], now: float, kind: Kind) -> None:
        with translated(copy):
            backup.keep(copy, backup.verified(copy, counts), now, kind)
            backup.thin(self._folder, now)
