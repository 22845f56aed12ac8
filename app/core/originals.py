"""Originals of old messages: which nothing needs to go on, so that their files may be removed to make room.

What was sent stays, and so do thumbnails: a conversation can be read and gone on with, its pictures as they went. So do
originals that went as they are, or that a later message, a draft or a pinned conversation has. Of a file that is
removed `app.core.pictures` keeps the day. Backups are not asked: one that is gone back to finds them removed, too.

Functions that take a connection are for the store's thread (`app.core.store`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from app.core import rows
from app.core.backup import referred_to
from app.core.errors import StoreDamaged

_ROWS: Final = 400
"""Messages looked at before others get their turn."""


@dataclass(slots=True)
class Sorted:
    """SHA-256 (hex) of files."""

    old: set[str] = field(default_factory=set)
    """Originals of old messages."""
    needed: set[str] = field(default_factory=set)
    """What has to stay."""

    @property
    def spare(self) -> set[str]:
        return self.old - self.needed


def sort(db: sqlite3.Connection, path: str, after: int, before: float, found: Sorted) -> int | None:
    """Put what some messages after that position refer to in `found`. Returns where to go on, None at the end.

    Old are those created before that moment, in seconds since the epoch, in conversations that are not pinned. Raises
    StoreDamaged where one cannot be read: nobody knows what that refers to.
    """
    pinned_too = ", position, conversation_id IN (SELECT conversation_id FROM filed WHERE pinned) FROM"
    query = f"{rows.SELECT_MESSAGES.replace('FROM', pinned_too)} WHERE position > ? ORDER BY position LIMIT ?"
    read = db.execute(query, (after, _ROWS)).fetchall()
    for *row, _, pinned in read:
        if not rows.is_intact(row):
            raise StoreDamaged(path)
        if row[2] == "assistant":
            continue
        message = rows.message_from_row(row, path)
        for image in message.images:
            found.needed.add(image.sent)
            (found.needed if pinned or message.created >= before else found.old).add(image.original)
    return read[-1][-2] if len(read) == _ROWS else None


def of_drafts(db: sqlite3.Connection) -> set[str]:
    """SHA-256 (hex) that drafts refer to, also those of conversations in the trash."""
    drafts: Iterable[tuple[str]] = db.execute("SELECT draft FROM drafts")
    return {each for (text,) in drafts for each in referred_to(text)}
