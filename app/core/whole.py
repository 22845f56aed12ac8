"""A conversation as a whole, all its branches: read from the database for an export, put into it by an import.

Functions that take a connection are for the store's thread (`app.core.store`). `path` is that of the file, for what is
told of damage.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from app.core import filing, placing, rows, schema
from app.core.branches import Branches, Node
from app.core.filing import LOOSE_AS, FiledAs
from app.core.message import JSON, Message
from app.core.rows import Conversation


class Placed(NamedTuple):
    """A message and where it stands."""

    message: Message
    parent: str
    """Id of the message before it; empty for one that begins the conversation."""


@dataclass(frozen=True, slots=True)
class Whole:
    """One conversation with every message that is not deleted, in the order in which they came."""

    conversation: Conversation
    messages: tuple[Placed, ...] = ()
    leaf: str = ""
    """Id of the last message shown; empty where there is none."""
    draft: JSON | None = None
    """What is being written, as the store keeps it."""
    filed: FiledAs = LOOSE_AS

    @property
    def shown(self) -> list[Message]:
        """The messages of the branch shown, in order."""
        by_id = {placed.message.id: placed.message for placed in self.messages}
        nodes = (Node(placed.message.id, placed.parent, placed.message.role) for placed in self.messages)
        return [by_id[each] for each in Branches(nodes, self.leaf).path]


_BATCH: Final = 100
"""Messages read or made before others get their turn."""
_PART: Final = 500
"""Messages put in at once: a twentieth of a second. One with more is deleted, as of COMING_IN, until all of it is."""


def no_pause() -> None:
    """For those who do not share the store's thread."""


def read(db: sqlite3.Connection, path: str, conversation_id: str, pause: Callable[[], None] = no_pause) -> Whole | None:
    """A conversation; None where there is none of that id. An answer that still comes is "interrupted" here.

    What is changed in a `pause` may be in it or not, each message as a whole.
    """
    row = db.execute(rows.SELECT_CONVERSATIONS + "WHERE id = ?", (conversation_id,)).fetchone()
    if row is None:
        return None
    branches = placing.branches(db, conversation_id)
    nodes = db.execute(
        "SELECT id, deleted_at IS NOT NULL FROM messages WHERE conversation_id = ? ORDER BY position",
        (conversation_id,),
    ).fetchall()
    gone = {message_id for message_id, deleted in nodes if deleted}
    kept = [message_id for message_id, deleted in nodes if not deleted]
    found: list[Message] = []
    for first in range(0, len(kept), _BATCH):
        found += [
            _ended(db, each) for each in placing.messages(db, path, conversation_id, kept[first : first + _BATCH])
        ]
        pause()
    gone |= set(kept) - {message.id for message in found}
    placed = tuple(Placed(message, _before(branches, message.id, gone)) for message in found)
    leaf = next(reversed(branches.path), "")
    draft, filed = placing.draft(db, conversation_id), filing.filed_as(db, conversation_id)
    return Whole(rows.conversation_from_row(row), placed, leaf, draft, filed)


def put(
    db: sqlite3.Connection, whole: Whole, thumbnails: Mapping[str, bytes], pause: Callable[[], None] = no_pause
) -> Conversation:
    """Add a conversation that is not there yet, durably and all of it, or nothing.

    `thumbnails` are small pictures by their keys; those there are already stay. Raises sqlite3.IntegrityError where
    one of its ids is taken: see `renamed`. Returns the conversation as it is now.
    """
    conversation = _counted(whole)
    values = []
    for number, (message, parent) in enumerate(whole.messages, 1):
        values.append((*rows.message_row(conversation.id, message), parent))
        if not number % _BATCH:
            pause()
    *parts, last = [values[first : first + _PART] for first in range(0, len(values), _PART)] or [[]]
    try:
        for number, part in enumerate(parts):
            with schema.transaction(db):
                if not number:
                    db.execute(rows.INSERT_CONVERSATION, rows.conversation_row(conversation))
                    db.execute(
                        "UPDATE conversations SET deleted_at = ? WHERE id = ?", (placing.COMING_IN, conversation.id)
                    )
                db.executemany(rows.SAVE_MESSAGE, part)
            pause()
        with schema.transaction(db):
            if not parts:
                db.execute(rows.INSERT_CONVERSATION, rows.conversation_row(conversation))
            db.executemany(rows.SAVE_MESSAGE, last)
            db.execute(
                "UPDATE conversations SET leaf = ?, deleted_at = NULL WHERE id = ?", (whole.leaf, conversation.id)
            )
            placing.save_draft(db, conversation.id, whole.draft or {})
            filing.file_as(db, conversation.id, whole.filed)
            db.executemany("INSERT OR IGNORE INTO thumbnails (sha256, data) VALUES (?, ?)", thumbnails.items())
    except BaseException:
        with suppress(sqlite3.Error):  # what is not shown does no harm
            query = "DELETE FROM conversations WHERE id = ? AND deleted_at = ?"
            db.execute(query, (conversation.id, placing.COMING_IN))
        raise
    return conversation


def conversations_there(db: sqlite3.Connection, ids: Iterable[str], *, deleted: bool = True) -> set[str]:
    """Those of the conversations that the database has, `deleted` ones included."""
    query = "SELECT id FROM conversations WHERE id IN (SELECT value FROM json_each(?))"
    query += "" if deleted else " AND deleted_at IS NULL"
    return {found for (found,) in db.execute(query, (json.dumps(list(ids)),))}


def messages_there(db: sqlite3.Connection, ids: Iterable[str]) -> set[str]:
    """Those of the messages that the database has, in any conversation, deleted ones included."""
    query = "SELECT id FROM messages WHERE id IN (SELECT value FROM json_each(?))"
    return {found for (found,) in db.execute(query, (json.dumps(list(ids)),))}


def renamed(whole: Whole, conversation_id: str, ids: Mapping[str, str]) -> Whole:
    """The same under another id, with other ids for some of its messages: old to new."""
    messages = tuple(
        Placed(
            replace(placed.message, id=ids.get(placed.message.id, placed.message.id)),
            ids.get(placed.parent, placed.parent),
        )
        for placed in whole.messages
    )
    conversation = replace(whole.conversation, id=conversation_id)
    return replace(whole, conversation=conversation, messages=messages, leaf=ids.get(whole.leaf, whole.leaf))


def _before(branches: Branches, message_id: str, gone: Collection[str]) -> str:
    """Id of the last message before one that is not deleted."""
    parent = branches.parent_of(message_id)
    while parent in gone:
        parent = branches.parent_of(parent)
    return parent


def _ended(db: sqlite3.Connection, message: Message) -> Message:
    if message.state != "streaming":
        return message
    batches = db.execute("SELECT events FROM events WHERE message_id = ? ORDER BY position", (message.id,))
    return replace(rows.rebuilt(message, [batch for (batch,) in batches]), state="interrupted")


def _counted(whole: Whole) -> Conversation:
    """The conversation with the figures that the store counts, of its own messages."""
    pictures = placing.counted(placed.message for placed in whole.messages)
    return replace(whole.conversation, pictures=len(pictures), thumbnail=next(iter(pictures.values()), ""))
