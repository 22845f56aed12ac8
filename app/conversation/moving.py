"""Moving the data folder, as far as that is done while the app runs: planned, called off, and cleared up after it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Final, Literal

from PySide6.QtCore import QFile, QObject, QStorageInfo, Signal

from app.conversation.data_folder import room_of
from app.conversation.threads import in_thread
from app.core import moving
from app.core.moving import Plan
from app.core.store import Store

Hint = Literal["", "network", "open"]
"""network: the disk is another computer's. open: it knows no owners, so that whoever has it can read all."""

_NETWORK: Final = frozenset({"nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "afpfs", "webdav", "9p", "fuse.sshfs"})
"""Names of file systems, as the systems call them."""
_OPEN: Final = frozenset({"vfat", "msdos", "exfat", "fat", "fat32"})


class Moving(QObject):
    """Signals:
    changed(): `plan` or `former` is another.
    """

    changed = Signal()

    def __init__(self, store: Store, threads: Executor, usual: Path | None, parent: QObject | None = None) -> None:
        """`usual` is the system's place for the folder; None where it was named for this start, and cannot be moved."""
        super().__init__(parent)
        self._store = store
        self._threads = threads
        self._folder = store.path.parent
        self._usual = usual
        self.plan: Plan | None = None
        """What the next start does."""
        self.former: Sequence[Path] = ()
        """Folders from which everything was moved here, and in which it still is."""

    @property
    def can(self) -> bool:
        return self._usual is not None

    async def look(self) -> None:
        """Find out how it is."""
        if self.can:
            self.plan = await in_thread(self._threads, moving.planned, self._folder)
        self.former = await in_thread(self._threads, moving.former, self._folder)
        self.changed.emit()

    async def begin(self, target: Path) -> Hint:
        """Let the next start move everything there. Returns what is to be known of that disk.

        Raises MoveRefused and StoreFull: nothing has changed then.
        """
        needed = (await room_of(self._store, self._threads)).whole
        if self.plan is not None:
            await in_thread(self._threads, moving.stay, self.plan)
        try:
            await in_thread(self._threads, moving.plan, self._folder, target, needed)
        finally:
            await self.look()
        return await in_thread(self._threads, _hint, target)

    async def stay(self) -> None:
        """Move nothing after all. Raises StoreFull."""
        if self.plan is not None:
            await in_thread(self._threads, moving.stay, self.plan)
        await self.look()

    async def throw_away(self, folder: Path) -> Path | None:
        """Put what is in a former folder into the system's trash; where that cannot be, the folder it is in now.

        Raises StoreLocked, where it is in use, and StoreFull.
        """
        left = await in_thread(self._threads, _thrown, folder)
        await self.look()
        return left


def _thrown(folder: Path) -> Path | None:
    heap = moving.gathered(folder, time.time())
    QFile.moveToTrash(str(heap))
    if heap.exists():  # what it returns differs between versions of Qt for Python
        return heap
    moving.leave(folder)
    return None


def _hint(folder: Path) -> Hint:
    kind = bytes(QStorageInfo(str(folder)).fileSystemType().data()).decode("ascii", "replace").lower()
    return "network" if kind in _NETWORK else "open" if kind in _OPEN else ""
