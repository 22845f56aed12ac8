"""Conversations and messages as rows of the database, and back: the round trip is exact.

A message keeps its blocks in one column and its lesser facts, as JSON, in another, so that a fact more needs no
migration. Its checksum tells a row that the disk has changed from one that we wrote.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Final
from zlib import crc32

from app.core.errors import StoreDamaged
from app.core.failure import error_to_json
from app.core.message import Message, Usage, blocks_from_json, blocks_to_json, well_formed


@dataclass(frozen=True, slots=True)
class Conversation:
    """What the sidebar knows of a conversation. Never changed: the store gives the next one."""

    id: str
    """uuid4, in hexadecimal."""
    title: str = ""
    model: str = ""
    system: str = ""
    created: float = 0.0
    """Seconds since the epoch."""
    updated: float = 0.0
    """Seconds since the epoch: the last activity."""
    pictures: int = 0
    """Pictures in its messages. This and the two after it are the store's to count."""
    cost: str = ""
    """USD spent on it, as an exact decimal; empty as long as no cost is known."""
    thumbnail: str = ""
    """SHA-256 (hex) of the first picture's original, by which `thumbnails` knows it; empty without pictures."""
    practice: bool = False


INSERT_CONVERSATION: Final = """INSERT INTO conversations
    (id, title, model, system, created, updated, pictures, cost, thumbnail, practice)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
SELECT_CONVERSATIONS: Final = """SELECT
    id, title, model, system, created, updated, pictures, cost, thumbnail, practice FROM conversations """

# A message keeps its position and its parent when it is saved again, which INSERT OR REPLACE would not grant.
SAVE_MESSAGE: Final = """INSERT INTO messages
    (id, conversation_id, role, state, created, content, facts, checksum, parent) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET conversation_id = excluded.conversation_id, role = excluded.role,
    state = excluded.state, created = excluded.created, content = excluded.content, facts = excluded.facts,
    checksum = excluded.checksum"""
SELECT_MESSAGES: Final = """SELECT
    id, conversation_id, role, state, created, content, facts, checksum FROM messages """

_AMOUNT: Final = re.compile(r"\d+(\.\d+)?")
_OWN_COLUMN: Final = {"id", "role", "state", "created", "content"}
_FACTS: Final = tuple(field.name for field in fields(Message) if field.name not in _OWN_COLUMN)


def conversation_row(conversation: Conversation) -> tuple[Any, ...]:
    """Values for INSERT_CONVERSATION."""
    values = (getattr(conversation, field.name) for field in fields(conversation))
    return tuple(well_formed(value) if isinstance(value, str) else value for value in values)


def conversation_from_row(row: Sequence[Any]) -> Conversation:
    """One row of SELECT_CONVERSATIONS. A damaged value becomes one of its type: the messages are what matters."""
    id_, title, model, system, created, updated, pictures, cost, thumbnail, practice = row
    return Conversation(
        str(id_),
        title=str(title),
        model=str(model),
        system=str(system),
        created=_number(created),
        updated=_number(updated),
        pictures=pictures if isinstance(pictures, int) else 0,
        cost=cost if isinstance(cost, str) and _AMOUNT.fullmatch(cost) else "",
        thumbnail=str(thumbnail),
        practice=bool(practice),
    )


def message_row(conversation_id: str, message: Message) -> tuple[Any, ...]:
    """Values for SAVE_MESSAGE, all but the parent."""
    facts = {name: getattr(message, name) for name in _FACTS}
    facts["usage"] = asdict(message.usage) if message.usage else None
    row = (
        message.id,
        conversation_id,
        message.role,
        message.state,
        float(message.created),
        storable(blocks_to_json(message.content)),
        to_json(facts),
    )
    return (*row, _checksum(row))


def is_intact(row: Sequence[Any]) -> bool:
    """Whether one row of SELECT_MESSAGES is what was written."""
    *written, checksum = row
    return bool(checksum == _checksum(written))


def message_from_row(row: Sequence[Any], path: str) -> Message:
    """One row of SELECT_MESSAGES.

    A row that is not what was written comes back as a failed message without content whose error is StoreDamaged:
    it keeps its place, the others stay readable, and its bytes stay as they are.
    """
    id_, _, role, state, created, content, facts, _ = row
    if not is_intact(row):
        return Message(
            role="user" if role == "user" else "assistant",
            id=str(id_),
            created=_number(created),
            state="failed",
            error=error_to_json(StoreDamaged(path)),
        )
    known = json.loads(facts)
    known["usage"] = Usage(**known["usage"]) if known["usage"] else None
    return Message(role=role, content=blocks_from_json(content), id=id_, created=created, state=state, **known)


def rebuilt(message: Message, batches: Sequence[str]) -> Message:
    """The answer as far as its stored events tell it. From the first unreadable one on nothing can be trusted."""
    try:
        for batch in batches:
            for event in json.loads(batch):
                message = message.apply(event)
    except (ValueError, TypeError, AttributeError, KeyError):
        pass
    return message


def to_json(value: object) -> str:
    return storable(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def storable(text: str) -> str:
    """The same JSON, fit for UTF-8: half a surrogate pair, which a server may send, becomes an escape."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _checksum(row: Sequence[Any]) -> int:
    # JSON in ASCII and not repr(): what repr() prints changes with the Unicode tables of each Python.
    return crc32(json.dumps(row, default=str).encode("ascii"))


def _number(value: object) -> float:
    return value if isinstance(value, int | float) else 0.0
