"""The messages of the database: read, put where they stand among the others, hidden and counted.

Every function is for the store's thread (`app.core.store`). `path` is that of the file, for what is told of damage.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from app.core import rows, schema
from app.core.branches import Branches, Node
from app.core.message import JSON, Message
from app.core.rows import Conversation

COMING_IN: Final = 0.0
"""When a conversation was deleted, in seconds since the epoch, of which not all is put in yet."""


def tidy(db: sqlite3.Connection) -> None:
    """Remove what a crash left half-way in. For the process that owns the data folder, as it begins."""
    db.execute("DELETE FROM conversations WHERE deleted_at = ?", (COMING_IN,))


def _conversation(db: sqlite3.Connection, conversation_id: str) -> Conversation:
    row = db.execute(rows.SELECT_CONVERSATIONS + "WHERE id = ?", (conversation_id,)).fetchone()
    if row is None:
        raise LookupError(conversation_id)
    return rows.conversation_from_row(row)


def branches(db: sqlite3.Connection, conversation_id: str) -> Branches:
    query = "SELECT id, parent, role, deleted_at IS NOT NULL FROM messages WHERE conversation_id = ? ORDER BY position"
    [leaf] = db.execute("SELECT leaf FROM conversations WHERE id = ?", (conversation_id,)).fetchone() or ("",)
    return Branches(map(Node._make, db.execute(query, (conversation_id,))), leaf)


def messages(db: sqlite3.Connection, path: str, conversation_id: str, ids: Sequence[str] | None) -> list[Message]:
    wanted = branches(db, conversation_id).path if ids is None else ids
    query = rows.SELECT_MESSAGES + "WHERE conversation_id = ? AND id IN (SELECT value FROM json_each(?))"  # noqa: S608
    found = {row[0]: row for row in db.execute(query, (conversation_id, json.dumps(list(wanted))))}
    return [rows.message_from_row(found[each], path) for each in wanted if each in found]


def answers_since(db: sqlite3.Connection, path: str, conversation_id: str, moment: float) -> list[Message]:
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


def find(db: sqlite3.Connection, path: str, message_id: str) -> Message | None:
    row = db.execute(rows.SELECT_MESSAGES + "WHERE id = ?", (message_id,)).fetchone()
    return rows.message_from_row(row, path) if row else None


def begin(
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
        save_draft(db, conversation.id, draft or {})
        return _placed(db, conversation.id, message, path, parent)


def save_draft(db: sqlite3.Connection, conversation_id: str, draft: JSON) -> None:
    if draft:
        insert = "INSERT OR REPLACE INTO drafts (conversation_id, draft) VALUES (?, ?)"
        db.execute(insert, (conversation_id, rows.to_json(draft)))
    else:
        db.execute("DELETE FROM drafts WHERE conversation_id = ?", (conversation_id,))


def draft(db: sqlite3.Connection, conversation_id: str) -> JSON | None:
    """What is being written; None where that is nothing, or cannot be read."""
    row = db.execute("SELECT draft FROM drafts WHERE conversation_id = ?", (conversation_id,)).fetchone()
    try:
        found = json.loads(row[0]) if row else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def put(db: sqlite3.Connection, conversation_id: str, message: Message, path: str, parent: str | None) -> Conversation:
    with schema.transaction(db):
        return _placed(db, conversation_id, message, path, parent)


def put_all(db: sqlite3.Connection, conversation_id: str, messages: Sequence[Message], path: str) -> Conversation:
    with schema.transaction(db):
        touched = [_saved(db, conversation_id, message, path, None) for message in messages]
        return _recounted(db, conversation_id, path) if any(touched) else _conversation(db, conversation_id)


def _placed(
    db: sqlite3.Connection, conversation_id: str, message: Message, path: str, parent: str | None
) -> Conversation:
    """Add the message or replace it by its final form, and bring the conversation's figures up to date."""
    touched = _saved(db, conversation_id, message, path, parent)
    return _recounted(db, conversation_id, path) if touched else _conversation(db, conversation_id)


def _saved(db: sqlite3.Connection, conversation_id: str, message: Message, path: str, parent: str | None) -> bool:
    """Do so, all but count the pictures; whether they are to be counted anew."""
    was = _conversation(db, conversation_id)
    before = find(db, path, message.id)
    if before is None:
        save(db, conversation_id, message, _end(db, conversation_id) if parent is None else parent)
        db.execute("UPDATE conversations SET leaf = ? WHERE id = ?", (message.id, conversation_id))
    else:
        save(db, conversation_id, message)
    db.execute("DELETE FROM events WHERE message_id = ?", (message.id,))
    now = replace(
        was,
        updated=max(was.updated, message.created + message.seconds),
        cost=_sum(was.cost, message.cost, before.cost if before else ""),
    )
    _set_figures(db, now)
    return counted([message]) != counted([before] if before else [])


def save(db: sqlite3.Connection, conversation_id: str, message: Message, parent: str = "") -> None:
    """`parent` is for a message that was not stored before."""
    db.execute(rows.SAVE_MESSAGE, (*rows.message_row(conversation_id, message), parent))


def _end(db: sqlite3.Connection, conversation_id: str) -> str:
    """Id of the last message shown; empty where there is none."""
    query = """SELECT leaf FROM conversations JOIN messages ON messages.id = leaf
        WHERE conversations.id = ? AND messages.deleted_at IS NULL"""
    if (shown := db.execute(query, (conversation_id,)).fetchone()) is not None:
        return str(shown[0])
    return next(reversed(branches(db, conversation_id).path), "")


def remove(db: sqlite3.Connection, message_id: str, path: str) -> None:
    with schema.transaction(db):
        message = find(db, path, message_id)
        found = db.execute("SELECT conversation_id, parent FROM messages WHERE id = ?", (message_id,)).fetchone()
        if message is None or found is None:
            return
        owner, parent = found
        db.execute("DELETE FROM messages WHERE id = ?", (message_id,))
        db.execute(
            "UPDATE messages SET parent = ? WHERE parent = ? AND conversation_id = ?", (parent, message_id, owner)
        )
        db.execute("UPDATE conversations SET leaf = ? WHERE id = ? AND leaf = ?", (parent, owner, message_id))
        if message.images:
            _recounted(db, owner, path)


def mark(
    db: sqlite3.Connection, conversation_id: str, ids: Sequence[str], leaf: str, deleted_at: float | None, path: str
) -> Conversation:
    with schema.transaction(db):
        touched = False
        for message_id in ids:
            state = "IS NULL" if deleted_at else "IS NOT NULL"
            done = db.execute(
                f"UPDATE messages SET deleted_at = ? WHERE id = ? AND conversation_id = ? AND deleted_at {state}",  # noqa: S608
                (deleted_at, message_id, conversation_id),
            )
            if done.rowcount and (message := find(db, path, message_id)) is not None:
                touched = touched or bool(message.images)
        db.execute("UPDATE conversations SET leaf = ? WHERE id = ?", (leaf, conversation_id))
        return _recounted(db, conversation_id, path) if touched else _conversation(db, conversation_id)


def _recounted(db: sqlite3.Connection, conversation_id: str, path: str) -> Conversation:
    """Bring the figures up to date where pictures have come or gone, anywhere among its messages."""
    # Questions begin with their pictures, and in a long conversation few have any.
    query = rows.SELECT_MESSAGES + (
        "WHERE conversation_id = ? AND role = 'user' AND deleted_at IS NULL AND content LIKE ? ORDER BY position"
    )
    found = db.execute(query, (conversation_id, '[{"image"%'))
    pictures = counted(rows.message_from_row(row, path) for row in found)
    now = replace(
        _conversation(db, conversation_id), pictures=len(pictures), thumbnail=next(iter(pictures.values()), "")
    )
    _set_figures(db, now)
    return now


def _set_figures(db: sqlite3.Connection, conversation: Conversation) -> None:
    db.execute(
        "UPDATE conversations SET updated = ?, pictures = ?, cost = ?, thumbnail = ? WHERE id = ?",
        (conversation.updated, conversation.pictures, conversation.cost, conversation.thumbnail, conversation.id),
    )


def counted(messages: Iterable[Message]) -> dict[str, str]:
    """What a person counts as the pictures of these messages, in order: the keys of their thumbnails, by what they are.

    One sent in parts is one, and so is one that stands in several versions of a question. A link that nothing was seen
    at is known by its address, and has the key "".
    """
    return {image.thumbnail or image.url: image.thumbnail for message in messages for image in message.images}


def _sum(total: str, more: str, less: str) -> str:
    """Exact dollars; empty where none of the three is known."""
    if not (total or more or less):
        return ""
    return format(Decimal(total or 0) + Decimal(more or 0) - Decimal(less or 0), "f")
