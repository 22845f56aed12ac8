"""The conversations on disk: one SQLite file, one connection, one thread (RELIABILITY, section 1.4).

Every operation that writes is committed and synced when it is awaited. One that was asked for happens even if the
task that asked is cancelled: Stop must not lose what has come. All raise StoreError in its kinds.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeVar

from app.core import private, rows, schema
from app.core.message import JSON, Message, well_formed
from app.core.rows import Conversation

__all__ = ["Conversation", "Store"]

FILE: Final = "conversations.db"

T = TypeVar("T")


class Store:
    """Made by `open`, given back by `close`. The data folder's lock is the caller's affair (`app.core.lock`)."""

    def __init__(self, path: Path, thread: ThreadPoolExecutor, db: sqlite3.Connection) -> None:
        self.path = path
        self._thread = thread
        self._db = db
        self._closed = False

    @classmethod
    def open(cls, folder: Path) -> Store:
        """Open or create the store of a data folder, and end the answers that a crash left open.

        Every answer that was still streaming is rebuilt from its events and becomes "interrupted".
        Blocks for some milliseconds. Raises StoreLocked, StoreTooNew, StoreDamaged, StoreFull.
        """
        path = folder / FILE
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        try:
            return cls(path, thread, thread.submit(_opened, path).result())
        except BaseException:
            thread.shutdown()
            raise

    def close(self) -> None:
        """Finish every operation asked for, move all into the one file and let it go. May be called again."""
        if not self._closed:
            self._closed = True
            self._thread.submit(self._db.close)
            self._thread.shutdown()

    # --- conversations --------------------------------------------------------------------------

    def conversations_now(self) -> list[Conversation]:
        """All that are not deleted, the one with the last activity first. Blocks: it belongs to the first paint."""
        return self._submit(_conversations).result()

    async def create(self, conversation: Conversation) -> None:
        await self._write(rows.INSERT_CONVERSATION, *rows.conversation_row(conversation))

    async def rename(self, conversation_id: str, title: str) -> None:
        await self._write("UPDATE conversations SET title = ? WHERE id = ?", well_formed(title), conversation_id)

    async def set_model(self, conversation_id: str, model: str) -> None:
        await self._write("UPDATE conversations SET model = ? WHERE id = ?", model, conversation_id)

    async def set_system(self, conversation_id: str, system: str) -> None:
        await self._write("UPDATE conversations SET system = ? WHERE id = ?", well_formed(system), conversation_id)

    async def delete(self, conversation_id: str) -> None:
        """Hide the conversation; `restore` brings it back whole."""
        await self._write("UPDATE conversations SET deleted_at = ? WHERE id = ?", time.time(), conversation_id)

    async def restore(self, conversation_id: str) -> None:
        await self._write("UPDATE conversations SET deleted_at = NULL WHERE id = ?", conversation_id)

    # --- messages -------------------------------------------------------------------------------

    async def messages(self, conversation_id: str) -> list[Message]:
        """In order. One that the disk has damaged keeps its place as a failed one (see `rows.message_from_row`)."""
        return await self.run(lambda db: _messages(db, str(self.path), conversation_id))

    async def message(self, message_id: str) -> Message | None:
        return await self.run(lambda db: _message(db, str(self.path), message_id))

    async def add_message(self, conversation_id: str, message: Message) -> Conversation:
        """Append a message; its id is the caller's to choose. Returns the conversation as it is now."""
        return await self.run(lambda db: _put(db, conversation_id, message, str(self.path)))

    async def begin(self, conversation: Conversation, message: Message) -> Conversation:
        """Append a question, make its conversation where that is new, and forget the draft it was: all or nothing.

        Returns the conversation as it is now.
        """
        return await self.run(lambda db: _begin(db, conversation, message, str(self.path)))

    async def append_events(self, message_id: str, events: Sequence[JSON]) -> None:
        """Keep stream events of an answer that was added in state "streaming"."""
        batch = rows.to_json(events)
        await self._write("INSERT INTO events (message_id, events) VALUES (?, ?)", message_id, batch)

    async def finish(self, conversation_id: str, message: Message) -> Conversation:
        """Replace the streaming answer by its final form. Returns the conversation as it is now."""
        return await self.run(lambda db: _put(db, conversation_id, message, str(self.path)))

    async def replace_messages(self, conversation_id: str, messages: Sequence[Message]) -> Conversation:
        """Replace stored messages by other forms of themselves: all or none. Returns the conversation as it is now."""
        return await self.run(lambda db: _put_all(db, conversation_id, messages, str(self.path)))

    async def remove_message(self, message_id: str) -> None:
        """Take a message out for good. What it has cost stays in its conversation's sum: it was spent."""
        await self.run(lambda db: _remove(db, message_id, str(self.path)))

    # --- thumbnails and drafts ------------------------------------------------------------------

    async def put_thumbnail(self, sha256: str, data: bytes) -> None:
        """Keep a small picture under the SHA-256 (hex) of the original it shows."""
        await self._write("INSERT OR REPLACE INTO thumbnails (sha256, data) VALUES (?, ?)", sha256, data)

    async def thumbnails(self, hashes: Iterable[str]) -> dict[str, bytes]:
        """Those of the thumbnails asked for that there are."""
        query = "SELECT sha256, data FROM thumbnails WHERE sha256 IN (SELECT value FROM json_each(?))"
        wanted = json.dumps(list(hashes))
        return await self.run(lambda db: dict(db.execute(query, (wanted,)).fetchall()))

    async def save_draft(self, conversation_id: str, draft: JSON) -> None:
        """Keep what is being written, by its conversation, stored or not yet; an empty draft is forgotten."""
        if draft:
            text = rows.to_json(draft)
            await self._write(
                "INSERT OR REPLACE INTO drafts (conversation_id, draft) VALUES (?, ?)", conversation_id, text
            )
        else:
            await self._write("DELETE FROM drafts WHERE conversation_id = ?", conversation_id)

    async def drafts(self) -> dict[str, JSON]:
        """By conversation, stored or not yet. That of a deleted one waits with it, also where it was kept later."""
        return await self.run(_drafts)

    # --- the thread -----------------------------------------------------------------------------

    async def _write(self, statement: str, *values: Any) -> None:
        def work(db: sqlite3.Connection) -> None:
            db.execute(statement, values)

        await self.run(work)

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do `work` with the database on the store's thread."""
        # wrap_future and not run_in_executor: qasync has its own idea of that. shield: see the module's docstring.
        return await asyncio.shield(asyncio.wrap_future(self._submit(work)))

    def _submit(self, work: Callable[[sqlite3.Connection], T]) -> Future[T]:
        return self._thread.submit(self._translated, work)

    def _translated(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with schema.translated(self.path):
            return work(self._db)


def _opened(path: Path) -> sqlite3.Connection:
    with schema.translated(path):
        private.make_folder(path.parent)
        private.touch(path)
        db = schema.connect(path)
        try:
            _end_streaming(db, str(path))
        except BaseException:
            db.close()
            raise
        return db


def _end_streaming(db: sqlite3.Connection, path: str) -> None:
    # A transaction even when there is nothing to do: a file we cannot write to shows itself here.
    with schema.transaction(db):
        for conversation_id, message in _streaming(db, path):
            batches = db.execute("SELECT events FROM events WHERE message_id = ? ORDER BY position", (message.id,))
            ended = replace(rows.rebuilt(message, [batch for (batch,) in batches]), state="interrupted")
            db.execute(rows.SAVE_MESSAGE, rows.message_row(conversation_id, ended))
            db.execute("DELETE FROM events WHERE message_id = ?", (message.id,))


def _streaming(db: sqlite3.Connection, path: str) -> list[tuple[str, Message]]:
    query = rows.SELECT_MESSAGES + "WHERE state = 'streaming'"
    found = [(row[1], rows.message_from_row(row, path)) for row in db.execute(query)]
    return [(conversation_id, message) for conversation_id, message in found if message.state == "streaming"]


def _conversations(db: sqlite3.Connection) -> list[Conversation]:
    query = rows.SELECT_CONVERSATIONS + "WHERE deleted_at IS NULL ORDER BY updated DESC, rowid DESC"
    return [rows.conversation_from_row(row) for row in db.execute(query)]


def _conversation(db: sqlite3.Connection, conversation_id: str) -> Conversation:
    row = db.execute(rows.SELECT_CONVERSATIONS + "WHERE id = ?", (conversation_id,)).fetchone()
    if row is None:
        raise LookupError(conversation_id)
    return rows.conversation_from_row(row)


def _messages(db: sqlite3.Connection, path: str, conversation_id: str) -> list[Message]:
    query = rows.SELECT_MESSAGES + "WHERE conversation_id = ? ORDER BY position"
    return [rows.message_from_row(row, path) for row in db.execute(query, (conversation_id,))]


def _message(db: sqlite3.Connection, path: str, message_id: str) -> Message | None:
    row = db.execute(rows.SELECT_MESSAGES + "WHERE id = ?", (message_id,)).fetchone()
    return rows.message_from_row(row, path) if row else None


def _begin(db: sqlite3.Connection, conversation: Conversation, message: Message, path: str) -> Conversation:
    with schema.transaction(db):
        if db.execute("SELECT 1 FROM conversations WHERE id = ?", (conversation.id,)).fetchone() is None:
            db.execute(rows.INSERT_CONVERSATION, rows.conversation_row(conversation))
        db.execute("DELETE FROM drafts WHERE conversation_id = ?", (conversation.id,))
        return _placed(db, conversation.id, message, path)


def _put(db: sqlite3.Connection, conversation_id: str, message: Message, path: str) -> Conversation:
    with schema.transaction(db):
        return _placed(db, conversation_id, message, path)


def _put_all(db: sqlite3.Connection, conversation_id: str, messages: Sequence[Message], path: str) -> Conversation:
    with schema.transaction(db):
        for message in messages:
            _placed(db, conversation_id, message, path)
        return _conversation(db, conversation_id)


def _placed(db: sqlite3.Connection, conversation_id: str, message: Message, path: str) -> Conversation:
    """Add the message or replace it by its final form, and bring the conversation's figures up to date."""
    was = _conversation(db, conversation_id)
    before = _message(db, path, message.id) or Message("user")
    db.execute(rows.SAVE_MESSAGE, rows.message_row(conversation_id, message))
    db.execute("DELETE FROM events WHERE message_id = ?", (message.id,))
    now = replace(
        was,
        updated=max(was.updated, message.created + message.seconds),
        pictures=was.pictures + _pictures([message]) - _pictures([before]),
        cost=_sum(was.cost, message.cost, before.cost),
        thumbnail=was.thumbnail or _first_picture([message]),
    )
    _set_figures(db, now)
    return now


def _remove(db: sqlite3.Connection, message_id: str, path: str) -> None:
    with schema.transaction(db):
        owner = db.execute("SELECT conversation_id FROM messages WHERE id = ?", (message_id,)).fetchone()
        if owner is None:
            return
        db.execute("DELETE FROM messages WHERE id = ?", (message_id,))
        left = _messages(db, path, owner[0])
        _set_figures(db, replace(_conversation(db, owner[0]), pictures=_pictures(left), thumbnail=_first_picture(left)))


def _set_figures(db: sqlite3.Connection, conversation: Conversation) -> None:
    db.execute(
        "UPDATE conversations SET updated = ?, pictures = ?, cost = ?, thumbnail = ? WHERE id = ?",
        (conversation.updated, conversation.pictures, conversation.cost, conversation.thumbnail, conversation.id),
    )


def _pictures(messages: Iterable[Message]) -> int:
    """How many a person counts: one sent in parts is one."""
    return len({(message.id, image.number) for message in messages for image in message.images})


def _first_picture(messages: Iterable[Message]) -> str:
    return next((image.thumbnail for message in messages for image in message.images), "")


def _sum(total: str, more: str, less: str) -> str:
    """Exact dollars; empty where none of the three is known."""
    if not (total or more or less):
        return ""
    return format(Decimal(total or 0) + Decimal(more or 0) - Decimal(less or 0), "f")


def _drafts(db: sqlite3.Connection) -> dict[str, JSON]:
    """Those that can be read: a damaged draft must not keep the others away."""
    query = """SELECT conversation_id, draft FROM drafts
        WHERE conversation_id NOT IN (SELECT id FROM conversations WHERE deleted_at IS NOT NULL)"""
    drafts = {}
    for conversation_id, text in db.execute(query):
        try:
            drafts[conversation_id] = json.loads(text)
        except ValueError:
            continue
    return drafts
