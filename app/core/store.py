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
from app.core.branches import Branches, Node
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

    async def branches(self, conversation_id: str) -> Branches:
        """Where every message of a conversation stands, deleted ones included, and which are shown: no message is read.

        It is the caller's from then on, who keeps it in step with what is stored.
        """
        return await self.run(lambda db: _branches(db, conversation_id))

    async def messages(self, conversation_id: str, ids: Sequence[str] | None = None) -> list[Message]:
        """Those of the branch shown, in order, or those asked for, in that order, as far as they are there.

        One that the disk has damaged keeps its place as a failed one (see `rows.message_from_row`).
        """
        return await self.run(lambda db: _messages(db, str(self.path), conversation_id, ids))

    async def answers_since(self, conversation_id: str, moment: float) -> list[Message]:
        """The answers asked for since then, in seconds since the epoch, on all branches, deleted ones included."""
        return await self.run(lambda db: _answers_since(db, str(self.path), conversation_id, moment))

    async def message(self, message_id: str) -> Message | None:
        return await self.run(lambda db: _message(db, str(self.path), message_id))

    async def add_message(self, conversation_id: str, message: Message, parent: str | None = None) -> Conversation:
        """Add a message and show its branch; its id is the caller's to choose. Returns the conversation as it is now.

        `parent` is the id of the message before it, empty for a first one; None stands for the last one shown.
        """
        return await self.run(lambda db: _put(db, conversation_id, message, str(self.path), parent))

    async def begin(
        self, conversation: Conversation, message: Message, parent: str | None = None, draft: JSON | None = None
    ) -> Conversation:
        """Add a question, make its conversation where that is new, and forget the draft it was: all or nothing.

        `parent` as in `add_message`; `draft` is what is being written besides, and takes the place of the one it was.
        Returns the conversation as it is now.
        """
        return await self.run(lambda db: _begin(db, conversation, message, str(self.path), parent, draft))

    async def append_events(self, message_id: str, events: Sequence[JSON]) -> None:
        """Keep stream events of an answer that was added in state "streaming"."""
        batch = rows.to_json(events)
        await self._write("INSERT INTO events (message_id, events) VALUES (?, ?)", message_id, batch)

    async def finish(self, conversation_id: str, message: Message) -> Conversation:
        """Replace the streaming answer by its final form. Returns the conversation as it is now."""
        return await self.run(lambda db: _put(db, conversation_id, message, str(self.path), None))

    async def replace_messages(self, conversation_id: str, messages: Sequence[Message]) -> Conversation:
        """Replace stored messages by other forms of themselves: all or none. Returns the conversation as it is now."""
        return await self.run(lambda db: _put_all(db, conversation_id, messages, str(self.path)))

    async def remove_message(self, message_id: str) -> None:
        """Take a message out for good. What it has cost stays in its conversation's sum: it was spent."""
        await self.run(lambda db: _remove(db, message_id, str(self.path)))

    async def set_leaf(self, conversation_id: str, message_id: str) -> None:
        """Show the branch that ends with this message."""
        await self._write("UPDATE conversations SET leaf = ? WHERE id = ?", message_id, conversation_id)

    async def delete_messages(self, conversation_id: str, ids: Sequence[str], leaf: str) -> Conversation:
        """Hide messages and show the branch that ends with `leaf`; `restore_messages` brings them back whole.

        Their pictures count no more, their cost does: it was spent. Returns the conversation as it is now.
        """
        return await self.run(lambda db: _mark(db, conversation_id, ids, leaf, time.time(), str(self.path)))

    async def restore_messages(self, conversation_id: str, ids: Sequence[str], leaf: str) -> Conversation:
        """Bring deleted messages back, and show the branch that ends with `leaf`. Returns the conversation."""
        return await self.run(lambda db: _mark(db, conversation_id, ids, leaf, None, str(self.path)))

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
        await self.run(lambda db: _save_draft(db, conversation_id, draft))

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
            _save(db, conversation_id, ended)
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


def _branches(db: sqlite3.Connection, conversation_id: str) -> Branches:
    query = "SELECT id, parent, role, deleted_at IS NOT NULL FROM messages WHERE conversation_id = ? ORDER BY position"
    [leaf] = db.execute("SELECT leaf FROM conversations WHERE id = ?", (conversation_id,)).fetchone() or ("",)
    return Branches(map(Node._make, db.execute(query, (conversation_id,))), leaf)


def _messages(db: sqlite3.Connection, path: str, conversation_id: str, ids: Sequence[str] | None) -> list[Message]:
    wanted = _branches(db, conversation_id).path if ids is None else ids
    query = rows.SELECT_MESSAGES + "WHERE conversation_id = ? AND id IN (SELECT value FROM json_each(?))"  # noqa: S608
    found = {row[0]: row for row in db.execute(query, (conversation_id, json.dumps(list(wanted))))}
    return [rows.message_from_row(found[each], path) for each in wanted if each in found]


def _answers_since(db: sqlite3.Connection, path: str, conversation_id: str, moment: float) -> list[Message]:
    # The newest stand last, so that the search ends where the first older one is met.
    query = rows.SELECT_MESSAGES + "WHERE conversation_id = ? ORDER BY position DESC"
    found = []
    for row in db.execute(query, (conversation_id,)):
        message = rows.message_from_row(row, path)
        if message.created < moment:
            break
        if message.role == "assistant":
            found.append(message)
    return found[::-1]


def _message(db: sqlite3.Connection, path: str, message_id: str) -> Message | None:
    row = db.execute(rows.SELECT_MESSAGES + "WHERE id = ?", (message_id,)).fetchone()
    return rows.message_from_row(row, path) if row else None


def _begin(
    db: sqlite3.Connection,
    conversation: Conversation,
    message: Message,
    path: str,
    parent: str | None,
    draft: JSON | None,
) -> Conversation:
    with schema.transaction(db):
        if db.execute("SELECT 1 FROM conversations WHERE id = ?", (conversation.id,)).fetchone() is None:
            db.execute(rows.INSERT_CONVERSATION, rows.conversation_row(conversation))
        _save_draft(db, conversation.id, draft or {})
        return _placed(db, conversation.id, message, path, parent)


def _save_draft(db: sqlite3.Connection, conversation_id: str, draft: JSON) -> None:
    if draft:
        insert = "INSERT OR REPLACE INTO drafts (conversation_id, draft) VALUES (?, ?)"
        db.execute(insert, (conversation_id, rows.to_json(draft)))
    else:
        db.execute("DELETE FROM drafts WHERE conversation_id = ?", (conversation_id,))


def _put(db: sqlite3.Connection, conversation_id: str, message: Message, path: str, parent: str | None) -> Conversation:
    with schema.transaction(db):
        return _placed(db, conversation_id, message, path, parent)


def _put_all(db: sqlite3.Connection, conversation_id: str, messages: Sequence[Message], path: str) -> Conversation:
    with schema.transaction(db):
        for message in messages:
            _placed(db, conversation_id, message, path, None)
        return _conversation(db, conversation_id)


def _placed(
    db: sqlite3.Connection, conversation_id: str, message: Message, path: str, parent: str | None
) -> Conversation:
    """Add the message or replace it by its final form, and bring the conversation's figures up to date."""
    was = _conversation(db, conversation_id)
    before = _message(db, path, message.id)
    if before is None:
        _save(db, conversation_id, message, _end(db, conversation_id) if parent is None else parent)
        db.execute("UPDATE conversations SET leaf = ? WHERE id = ?", (message.id, conversation_id))
    else:
        _save(db, conversation_id, message)
    db.execute("DELETE FROM events WHERE message_id = ?", (message.id,))
    now = replace(
        was,
        updated=max(was.updated, message.created + message.seconds),
        pictures=was.pictures + _pictures([message]) - (_pictures([before]) if before else 0),
        cost=_sum(was.cost, message.cost, before.cost if before else ""),
        thumbnail=was.thumbnail or _first_picture([message]),
    )
    _set_figures(db, now)
    return now


def _save(db: sqlite3.Connection, conversation_id: str, message: Message, parent: str = "") -> None:
    """`parent` is for a message that was not stored before."""
    db.execute(rows.SAVE_MESSAGE, (*rows.message_row(conversation_id, message), parent))


def _end(db: sqlite3.Connection, conversation_id: str) -> str:
    """Id of the last message shown; empty where there is none."""
    query = """SELECT leaf FROM conversations JOIN messages ON messages.id = leaf
        WHERE conversations.id = ? AND messages.deleted_at IS NULL"""
    if (shown := db.execute(query, (conversation_id,)).fetchone()) is not None:
        return str(shown[0])
    return next(reversed(_branches(db, conversation_id).path), "")


def _remove(db: sqlite3.Connection, message_id: str, path: str) -> None:
    with schema.transaction(db):
        message = _message(db, path, message_id)
        found = db.execute("SELECT conversation_id, parent FROM messages WHERE id = ?", (message_id,)).fetchone()
        if message is None or found is None:
            return
        owner, parent = found
        db.execute("DELETE FROM messages WHERE id = ?", (message_id,))
        db.execute(
            "UPDATE messages SET parent = ? WHERE parent = ? AND conversation_id = ?", (parent, message_id, owner)
        )
        db.execute("UPDATE conversations SET leaf = ? WHERE id = ? AND leaf = ?", (parent, owner, message_id))
        _recount(db, owner, -_pictures([message]), path)


def _mark(
    db: sqlite3.Connection, conversation_id: str, ids: Sequence[str], leaf: str, deleted_at: float | None, path: str
) -> Conversation:
    with schema.transaction(db):
        changed = 0
        for message_id in ids:
            state = "IS NULL" if deleted_at else "IS NOT NULL"
            done = db.execute(
                f"UPDATE messages SET deleted_at = ? WHERE id = ? AND conversation_id = ? AND deleted_at {state}",  # noqa: S608
                (deleted_at, message_id, conversation_id),
            )
            if done.rowcount and (message := _message(db, path, message_id)) is not None:
                changed += _pictures([message])
        db.execute("UPDATE conversations SET leaf = ? WHERE id = ?", (leaf, conversation_id))
        return _recount(db, conversation_id, -changed if deleted_at else changed, path)


def _recount(db: sqlite3.Connection, conversation_id: str, more: int, path: str) -> Conversation:
    """Bring the figures up to date where there are so many pictures more, or less, anywhere among its messages."""
    was = _conversation(db, conversation_id)
    if not more:
        return was
    # Questions begin with their pictures, and in a long conversation few have any.
    query = (
        rows.SELECT_MESSAGES + "WHERE conversation_id = ? AND deleted_at IS NULL AND content LIKE ? ORDER BY position"
    )
    found = (rows.message_from_row(row, path) for row in db.execute(query, (conversation_id, '[{"image"%')))
    now = replace(was, pictures=max(0, was.pictures + more), thumbnail=_first_picture(found))
    _set_figures(db, now)
    return now


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
