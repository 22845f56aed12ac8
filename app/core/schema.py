"""The database file: how it is opened, its tables, and the way from each version to the next."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from app.core.errors import StoreDamaged, StoreError, StoreFull, StoreLocked, StoreTooNew

APPLICATION_ID: Final = 0x56697361
"""Marks the file as ours in SQLite's header: "Visa" in ASCII."""

MIGRATIONS: Final[list[tuple[str, ...]]] = [
    (
        """CREATE TABLE conversations (
            id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
            title TEXT NOT NULL,
            model TEXT NOT NULL,
            system TEXT NOT NULL,
            created REAL NOT NULL,
            updated REAL NOT NULL,
            pictures INTEGER NOT NULL,
            cost TEXT NOT NULL,
            thumbnail TEXT NOT NULL,
            practice INTEGER NOT NULL,
            deleted_at REAL
        )""",
        # `position` is the order of the messages; AUTOINCREMENT so that it is never given twice.
        """CREATE TABLE messages (
            position INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE CHECK (id <> ''),
            conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
            role TEXT NOT NULL,
            state TEXT NOT NULL,
            created REAL NOT NULL,
            content TEXT NOT NULL,
            facts TEXT NOT NULL,
            checksum INTEGER NOT NULL
        )""",
        "CREATE INDEX messages_of ON messages (conversation_id, position)",
        # Every start asks for these, and in ten thousand messages there is one at most.
        "CREATE INDEX messages_streaming ON messages (position) WHERE state = 'streaming'",
        """CREATE TABLE events (
            position INTEGER PRIMARY KEY AUTOINCREMENT,
            message_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
            events TEXT NOT NULL
        )""",
        "CREATE INDEX events_of ON events (message_id, position)",
        "CREATE TABLE thumbnails (sha256 TEXT NOT NULL PRIMARY KEY, data BLOB NOT NULL)",
        "CREATE TABLE drafts (conversation_id TEXT NOT NULL PRIMARY KEY, draft TEXT NOT NULL)",
    ),
]
"""The statements that lead from version N to N+1, at index N. This list only grows: what is released stays as it is."""

_PRAGMAS: Final = (
    # EXCLUSIVE comes first: with it the WAL needs no shared memory, and no second process gets in.
    "PRAGMA locking_mode = EXCLUSIVE",
    "PRAGMA busy_timeout = 0",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    "PRAGMA mmap_size = 0",
    "PRAGMA secure_delete = ON",
    "PRAGMA foreign_keys = ON",
    # FULL: what was acknowledged survives a power cut, at 4 ms a commit (RELIABILITY, section 1.3).
    "PRAGMA synchronous = FULL",
)


def connect(path: Path) -> sqlite3.Connection:
    """Open the database in its newest version; an empty file becomes one.

    The connection is in autocommit mode: see `transaction`. Raises StoreTooNew and StoreDamaged before anything is
    written, and sqlite3.Error (see `translated`).
    """
    db = sqlite3.connect(path, isolation_level=None)
    try:
        # Damaged text must not stop the query that meets it; its checksum tells.
        db.text_factory = partial(str, encoding="utf-8", errors="replace")
        for pragma in _PRAGMAS:
            db.execute(pragma)
        version = _version(db, path)
        db.execute("PRAGMA journal_mode = WAL")
        if version < len(MIGRATIONS):
            _migrate(db, version)
    except BaseException:
        db.close()
        raise
    return db


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All of the block is committed, durably, or nothing of it."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # a full disk rolls back by itself
            db.execute("ROLLBACK")
        raise


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn SQLite's and the system's errors into those a person may meet; bugs of ours pass as they are."""
    try:
        yield
    except sqlite3.Error as error:
        kind = _KINDS.get((getattr(error, "sqlite_errorcode", None) or 0) & 0xFF)
        if kind is None:
            raise
        raise kind(str(path)) from error
    except OSError as error:
        raise StoreFull(str(path)) from error


_KINDS: Final[dict[int, type[StoreError]]] = {
    sqlite3.SQLITE_BUSY: StoreLocked,
    sqlite3.SQLITE_LOCKED: StoreLocked,
    sqlite3.SQLITE_FULL: StoreFull,
    sqlite3.SQLITE_IOERR: StoreFull,
    sqlite3.SQLITE_READONLY: StoreFull,
    sqlite3.SQLITE_CANTOPEN: StoreFull,
    sqlite3.SQLITE_PERM: StoreFull,
    sqlite3.SQLITE_NOTADB: StoreDamaged,
    sqlite3.SQLITE_CORRUPT: StoreDamaged,
}


def _version(db: sqlite3.Connection, path: Path) -> int:
    [owner] = db.execute("PRAGMA application_id").fetchone()
    [version] = db.execute("PRAGMA user_version").fetchone()
    [tables] = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if owner != APPLICATION_ID and (owner or version or tables):
        raise StoreDamaged(str(path))
    if version > len(MIGRATIONS):
        raise StoreTooNew(str(path))
    return int(version)


def _migrate(db: sqlite3.Connection, version: int) -> None:
    with transaction(db):
        for statements in MIGRATIONS[version:]:
            for statement in statements:
                db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
