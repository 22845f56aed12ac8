"""What nothing refers to any more: picture files, thumbnails, and messages deleted for longer than they are kept.

A file is wanted by a message of any branch, also a deleted one, by a draft, by the ledger, or by a backup. Functions
that take a connection are for the store's thread (`app.core.store`).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from typing import Final

from app.core import rows, schema
from app.core.backup import referred_to
from app.core.errors import StoreDamaged

AGE: Final = 86_400
"""Seconds that a file lies there at least: what it was brought in for may not be stored yet."""
_ROWS: Final = 400
"""Messages looked at before others get their turn."""


def wanted_by_messages(db: sqlite3.Connection, path: str, after: int) -> tuple[set[str], int | None]:
    """SHA-256 (hex) that some messages after that position refer to, and where to go on; None at the end.

    Raises StoreDamaged where one cannot be read: nobody knows what that refers to.
    """
    query = f"{rows.SELECT_MESSAGES.replace('FROM', ', position FROM')} WHERE position > ? ORDER BY position LIMIT ?"
    found = set[str]()
    read = db.execute(query, (after, _ROWS)).fetchall()
    for *row, _ in read:
        if not rows.is_intact(row):
            raise StoreDamaged(path)
        found |= referred_to(row[5]) if row[2] != "assistant" else set()
    return found, read[-1][-1] if len(read) == _ROWS else None


def wanted_by_others(db: sqlite3.Connection) -> set[str]:
    """SHA-256 (hex) that drafts, the list and the ledger refer to."""
    found: set[str] = set()
    for query in (
        "SELECT draft FROM drafts",
        "SELECT thumbnail FROM conversations",
        "SELECT DISTINCT sha256 FROM request_pictures",
    ):
        for (text,) in db.execute(query):
            found |= referred_to(text)
    return found


def forget_thumbnails(db: sqlite3.Connection, gone: Collection[str]) -> None:
    """Remove the thumbnails of files that are gone, by their SHA-256 (hex)."""
    query = "DELETE FROM thumbnails WHERE substr(sha256, 1, 64) IN (SELECT value FROM json_each(?))"
    db.execute(query, (json.dumps(list(gone)),))


def sweep(db: sqlite3.Connection, before: float, in_use: Collection[str] = ()) -> int:
    """Remove messages for good that were deleted before then, in seconds since the epoch. Returns how many.

    What followed one follows what went before it. Figures stay: they know of the deletion. Conversations `in_use`, by
    their ids, are passed by: whoever has one open would go on from messages that are gone.
    """
    with schema.transaction(db):
        query = """SELECT id, conversation_id, parent FROM messages
            WHERE deleted_at < ? AND conversation_id NOT IN (SELECT value FROM json_each(?)) ORDER BY position DESC"""
        old = db.execute(query, (before, json.dumps(list(in_use)))).fetchall()
        for id_, owner, parent in old:
            db.execute("DELETE FROM messages WHERE id = ?", (id_,))
            db.execute("UPDATE messages SET parent = ? WHERE parent = ? AND conversation_id = ?", (parent, id_, owner))
            db.execute("UPDATE conversations SET leaf = ? WHERE id = ? AND leaf = ?", (parent, owner, id_))
    return len(old)
