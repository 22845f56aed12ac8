"""How much room the data folder takes, counted in a thread."""

from __future__ import annotations

import os
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.conversation.threads import in_thread
from app.core import backup, schema
from app.core.store import Store

_PICTURES: Final = "pictures"


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes."""

    conversations: int
    pictures: int
    backups: int
    others: int
    """Settings, logs, what was put aside."""

    @property
    def whole(self) -> int:
        return self.conversations + self.pictures + self.backups + self.others


async def room_of(store: Store, threads: Executor) -> Room:
    """What the folder of a store takes up now; a file that cannot be looked at counts nothing."""
    return await in_thread(threads, _room, store.path)


def _room(path: Path) -> Room:
    database = {path.name, schema.log_of(path).name}
    conversations = others = 0
    for entry in _entries(path.parent):
        if entry.name in database:
            conversations += _size(entry)
        elif entry.name not in {_PICTURES, backup.FOLDER}:
            others += _size(entry)
    return Room(conversations, _below(path.parent / _PICTURES), _below(path.parent / backup.FOLDER), others)


def _below(folder: str | Path) -> int:
    return sum(map(_size, _entries(folder)))


def _size(entry: os.DirEntry[str]) -> int:
    try:
        if entry.is_dir(follow_symlinks=False):
            return _below(entry.path)
        return entry.stat(follow_symlinks=False).st_size
    except OSError:
        return 0


def _entries(folder: str | Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:
        return []
