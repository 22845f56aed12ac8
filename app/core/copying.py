"""Conversations copied: all of one, or the way to one of its messages, with its pictures.

Functions that take a connection are for the store's thread (`app.core.store`).
"""

from __future__ import annotations

import re
import sqlite3
import time
import uuid
from collections.abc import Callable, Container
from dataclasses import replace
from typing import Final

from app.core import whole
from app.core.filing import LOOSE_AS
from app.core.rows import Conversation
from app.core.whole import Placed, Whole, no_pause

_MOST: Final = 99
"""Copies that are counted: a higher number belongs to the name, as the year of "Invoice (2024)"."""
_NUMBERED: Final = re.compile(r"^(.*) \((\d{1,6})\)$", re.DOTALL)


def copy(
    db: sqlite3.Connection, path: str, conversation_id: str, until: str = "", pause: Callable[[], None] = no_pause
) -> Conversation | None:
    """Copy a conversation with all its branches; or, to the message `until`, by its id, what led to it and it.

    The copy has cost nothing, whatever its messages say: it was spent once. What is being written stays where it is.
    Returns the copy; None where there is no such conversation or message. Raises StoreError in its kinds.
    """
    found = whole.read(db, path, conversation_id, pause)
    if found is None:
        return None
    if until:
        found = led_to(found, until)
    if not found.messages:
        return None
    now = time.time()
    pause()
    ids = {placed.message.id: uuid.uuid4().hex for placed in found.messages}
    title = numbered(found.conversation.title, _titles(db))
    facts = replace(found.conversation, title=title, created=now, updated=now, cost="")
    copied = whole.renamed(replace(found, conversation=facts, draft=None, filed=LOOSE_AS), uuid.uuid4().hex, ids)
    pause()
    return whole.put(db, copied, {}, pause)


def led_to(found: Whole, message_id: str) -> Whole:
    """The conversation with the messages of one branch only, to that one; without any where it is not there."""
    places = {placed.message.id: placed for placed in found.messages}
    way: list[Placed] = []
    while message_id in places:
        way.append(places[message_id])
        message_id = places[message_id].parent
    return replace(found, messages=tuple(reversed(way)), leaf=way[0].message.id if way else "")


def numbered(title: str, taken: Container[str] = ()) -> str:
    """What a copy is called: "Roof" becomes "Roof (2)", and that "Roof (3)"; on to the first that is not taken."""
    name, number = parted(title)
    if not 1 < number <= _MOST:
        name, number = (title, 1) if number else (name, 1)
    number += 1
    while f"{name} ({number})" in taken:
        number += 1
    return f"{name} ({number})"


def parted(title: str) -> tuple[str, int]:
    """What a conversation is called and which copy it is; 0 where the title has no number."""
    match = _NUMBERED.match(title)
    return (match[1], int(match[2])) if match else (title, 0)


def _titles(db: sqlite3.Connection) -> set[str]:
    """Of all conversations, deleted ones included: they may come back."""
    return {str(title) for (title,) in db.execute("SELECT title FROM conversations")}
