"""How conversations are filed: pinned, archived, in a folder, with an answer not read yet, or in the trash.

Functions that take a connection are for the store's thread (`app.core.store`). What is filed lies beside the
conversations, which know nothing of it.
"""

from __future__ import annotations

import json
import sqlite3
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from app.core import rows, schema
from app.core.message import well_formed
from app.core.rows import Conversation

if TYPE_CHECKING:
    from app.core.store import Store

FIRST: Final = 120
"""Conversations that the first paint gets, those that are pinned besides."""
TRASH_DAYS: Final = 30
"""Days after which what is in the trash is deleted for good."""
_BATCH: Final = 500
"""Conversations read at a time: others want the store, too."""
_IDS: Final = "(SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True)
class Filed:
    """Where a person has put a conversation."""

    pinned: bool = False
    archived: bool = False
    unread: bool = False
    """Whether an answer came that nobody has looked at."""
    folder: str = ""
    """Id of the folder; empty where it is in none."""


LOOSE: Final = Filed()


@dataclass(frozen=True, slots=True)
class Folder:
    id: str
    """uuid4, in hexadecimal."""
    name: str


@dataclass(frozen=True, slots=True)
class FiledAs:
    """The same where ids mean nothing, as in another data folder. That an answer was not looked at stays behind."""

    pinned: bool = False
    archived: bool = False
    folder: str = ""
    """Name of the folder; empty where it is in none."""


LOOSE_AS: Final = FiledAs()


@dataclass(frozen=True, slots=True)
class Trashed:
    conversation: Conversation
    deleted_at: float
    """Seconds since the epoch."""

    @property
    def days_left(self) -> int:
        """Days until it is deleted for good, those begun included."""
        return max(1, TRASH_DAYS - int((time.time() - self.deleted_at) // 86_400))


@dataclass(frozen=True, slots=True)
class Listed:
    """What the list of conversations begins with."""

    conversations: list[Conversation]
    """The one with the last activity first; pinned ones come however old they are."""
    last: tuple[float, int] | None
    """Where to go on reading; None where these are all."""
    filed: dict[str, Filed] = field(default_factory=dict)
    folders: list[Folder] = field(default_factory=list)


class Filing:
    """Reads and changes it in a store. All raise StoreError in its kinds."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def first_now(self, count: int = FIRST) -> Listed:
        """The first conversations of the list, and how all are filed. Blocks: it belongs to the first paint."""
        return self._store.run_now(partial(_first, count))

    async def following(self, last: tuple[float, int]) -> tuple[list[Conversation], tuple[float, int] | None]:
        """Some conversations more, and where to go on; None where that was all."""
        return await self._store.run(partial(_following, last, _BATCH))

    async def file(self, filed: Mapping[str, Filed]) -> None:
        """Put conversations, by their ids: all or none. One that is not stored is passed by."""
        await self._store.run(partial(_file, filed))

    async def filed(self, conversation_id: str) -> tuple[Filed, list[Folder]]:
        """How a conversation is filed, and all folders."""
        return await self._store.run(partial(_filed_now, conversation_id))

    async def put_folder(self, folder: Folder) -> None:
        """Add a folder or rename it."""
        await self._store.run(partial(_put_folder, folder))

    async def remove_folder(self, folder_id: str) -> None:
        """Take a folder away; the conversations in it stay, in none."""
        await self._store.run(partial(_remove_folder, folder_id))

    async def discard(self, ids: Sequence[str]) -> None:
        """Put conversations in the trash; `restore` brings them back whole."""
        await self._store.run(partial(_mark, ids, time.time()), vital=True)

    async def restore(self, ids: Sequence[str]) -> None:
        await self._store.run(partial(_mark, ids, None))

    async def trash(self) -> list[Trashed]:
        """What is in the trash, the one deleted last first."""
        return await self._store.run(_trash)

    async def read(self, ids: Sequence[str]) -> list[Conversation]:
        """Those of the conversations that are there and not deleted."""
        return await self._store.run(partial(_read, ids))

    async def erase(self, ids: Sequence[str]) -> None:
        """Delete conversations of the trash for good. What they have cost stays in the ledger: it was spent."""
        await self._store.run(partial(_erase, ids), vital=True)
        await self._store.tidy()

    async def erase_before(self, moment: float) -> int:
        """Delete for good what was deleted before then, in seconds since the epoch. Returns how many that were."""
        old = [each.conversation.id for each in await self.trash() if each.deleted_at < moment]
        if old:
            await self.erase(old)
        return len(old)


def _first(count: int, db: sqlite3.Connection) -> Listed:
    found, last = _following((float("inf"), 0), count, db)
    filed = dict(map(_filed, db.execute("SELECT conversation_id, pinned, archived, unread, folder FROM filed")))
    known = {conversation.id for conversation in found}
    found += _read([id_ for id_, each in filed.items() if each.pinned and id_ not in known], db)
    return Listed(found, last, filed, _folders(db))


def _read(ids: Sequence[str], db: sqlite3.Connection) -> list[Conversation]:
    query = rows.SELECT_CONVERSATIONS + f"WHERE deleted_at IS NULL AND id IN {_IDS} ORDER BY updated DESC"
    return [rows.conversation_from_row(row) for row in db.execute(query, (json.dumps(list(ids)),))]


def _following(
    last: tuple[float, int], count: int, db: sqlite3.Connection
) -> tuple[list[Conversation], tuple[float, int] | None]:
    query = f"""{rows.SELECT_CONVERSATIONS.removesuffix("FROM conversations ")}, rowid FROM conversations
        WHERE deleted_at IS NULL AND (updated, rowid) < (?, ?) ORDER BY updated DESC, rowid DESC LIMIT ?"""
    found = db.execute(query, (*last, count)).fetchall()
    conversations = [rows.conversation_from_row(row[:-1]) for row in found]
    return conversations, (conversations[-1].updated, found[-1][-1]) if len(found) == count else None


def _filed(row: Sequence[Any]) -> tuple[str, Filed]:
    id_, pinned, archived, unread, folder = row
    return str(id_), Filed(bool(pinned), bool(archived), bool(unread), str(folder))


def _folders(db: sqlite3.Connection) -> list[Folder]:
    return [Folder(str(id_), str(name)) for id_, name in db.execute("SELECT id, name FROM folders")]


def _filed_now(conversation_id: str, db: sqlite3.Connection) -> tuple[Filed, list[Folder]]:
    query = "SELECT conversation_id, pinned, archived, unread, folder FROM filed WHERE conversation_id = ?"
    row = db.execute(query, (conversation_id,)).fetchone()
    return _filed(row)[1] if row else LOOSE, _folders(db)


def filed_as(db: sqlite3.Connection, conversation_id: str) -> FiledAs:
    filed, folders = _filed_now(conversation_id, db)
    names = {folder.id: folder.name for folder in folders}
    return FiledAs(filed.pinned, filed.archived, names.get(filed.folder, ""))


def file_as(db: sqlite3.Connection, conversation_id: str, filed: FiledAs) -> None:
    """File a conversation that is there, in a folder of that name, which is made where there is none. No transaction of
    its own.
    """
    folder = ""
    if filed.folder:
        known = {each.name.casefold(): each.id for each in _folders(db)}
        folder = known.get(filed.folder.casefold()) or uuid.uuid4().hex
        db.execute("INSERT OR IGNORE INTO folders (id, name) VALUES (?, ?)", (folder, well_formed(filed.folder)))
    if filed != LOOSE_AS:
        query = "INSERT INTO filed (conversation_id, pinned, archived, unread, folder) VALUES (?, ?, ?, 0, ?)"
        db.execute(query, (conversation_id, filed.pinned, filed.archived, folder))


def _file(filed: Mapping[str, Filed], db: sqlite3.Connection) -> None:
    values = [(each.pinned, each.archived, each.unread, each.folder, id_) for id_, each in filed.items()]
    put = """INSERT OR REPLACE INTO filed (pinned, archived, unread, folder, conversation_id)
        SELECT ?, ?, ?, ?, id FROM conversations WHERE id = ?"""
    with schema.transaction(db):
        db.executemany(put, values)


def _put_folder(folder: Folder, db: sqlite3.Connection) -> None:
    db.execute("INSERT OR REPLACE INTO folders (id, name) VALUES (?, ?)", (folder.id, well_formed(folder.name)))


def _remove_folder(folder_id: str, db: sqlite3.Connection) -> None:
    with schema.transaction(db):
        db.execute("UPDATE filed SET folder = '' WHERE folder = ?", (folder_id,))
        db.execute("DELETE FROM folders WHERE id = ?", (folder_id,))


def _mark(ids: Sequence[str], deleted_at: float | None, db: sqlite3.Connection) -> None:
    query = f"UPDATE conversations SET deleted_at = ? WHERE id IN {_IDS}"  # noqa: S608
    db.execute(query, (deleted_at, json.dumps(list(ids))))


def _trash(db: sqlite3.Connection) -> list[Trashed]:
    query = f"""{rows.SELECT_CONVERSATIONS.removesuffix("FROM conversations ")}, deleted_at FROM conversations
        WHERE deleted_at <> 0 ORDER BY deleted_at DESC, rowid DESC"""
    found = ((rows.conversation_from_row(row[:-1]), row[-1]) for row in db.execute(query))
    return [Trashed(each, at if isinstance(at, float | int) else 0.0) for each, at in found]


def _erase(ids: Iterable[str], db: sqlite3.Connection) -> None:
    wanted = (json.dumps(list(ids)),)
    gone = f"SELECT id FROM conversations WHERE deleted_at IS NOT NULL AND id IN {_IDS}"  # noqa: S608
    with schema.transaction(db):
        db.execute(f"DELETE FROM drafts WHERE conversation_id IN ({gone})", wanted)  # noqa: S608
        db.execute(f"DELETE FROM conversations WHERE id IN ({gone})", wanted)  # noqa: S608
