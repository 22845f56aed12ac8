"""The database file: how it is opened, its tables, and the way from each version to the next."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

from app.core.errors import StoreDamaged, StoreError, StoreFull, StoreLocked, StoreTooNew

APPLICATION_ID: Final = 0x56697361
"""Marks the file as ours in SQLite's header: "Visa" in ASCII."""


_HEADER: Final = 100
"""Bytes."""


def _number(path: str, kind: str = "INTEGER") -> str:
    """SQL for a number in a message's facts; 0 where a damaged message has none. So on below: a start must not fail."""
    return f"coalesce(CAST(json_extract(facts, '{path}') AS {kind}), 0)"


def _word(path: str) -> str:
    return f"coalesce(CAST(json_extract(facts, '{path}') AS TEXT), '')"


def _amount(path: str) -> str:
    """SQL for an amount in a message's facts; NULL where there is none that can be read."""
    found = f"json_extract(facts, {path})"
    digits = f"{found} GLOB '*[0-9]*' AND {found} NOT GLOB '*[^0-9.]*' AND {found} NOT GLOB '*.*.*'"
    return f"iif({digits}, {found}, NULL)"


_REASON: Final = "coalesce(json_extract(answer.facts, '$.stop_reason'), '')"

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
    (
        """CREATE TABLE requests (
            position INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE CHECK (id <> ''),
            created REAL NOT NULL,
            seconds REAL NOT NULL,
            kind TEXT NOT NULL,
            state TEXT NOT NULL,
            practice INTEGER NOT NULL,
            server TEXT NOT NULL,
            model TEXT NOT NULL,
            conversation_id TEXT NOT NULL,
            message_id TEXT NOT NULL,
            ahead TEXT,
            at_most TEXT,
            cost TEXT,
            exact INTEGER NOT NULL,
            saved TEXT,
            input_tokens INTEGER NOT NULL,
            cache_write_5m INTEGER NOT NULL,
            cache_write_1h INTEGER NOT NULL,
            cache_read INTEGER NOT NULL,
            output_tokens INTEGER NOT NULL,
            thinking_tokens INTEGER NOT NULL,
            pictures INTEGER NOT NULL
        )""",
        "CREATE INDEX requests_by_time ON requests (created)",
        "CREATE INDEX requests_of_conversation ON requests (conversation_id, created)",
        "CREATE INDEX requests_of_message ON requests (message_id)",
        "CREATE INDEX requests_of_model ON requests (model, created)",
        """CREATE TABLE request_pictures (
            request_id TEXT NOT NULL REFERENCES requests (id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            sha256 TEXT NOT NULL,
            page INTEGER NOT NULL,
            tokens INTEGER NOT NULL,
            cost TEXT
        )""",
        "CREATE INDEX request_pictures_of ON request_pictures (request_id)",
        # What was answered before there was a ledger. Practice had no cost then; what was expected stands for it.
        f"""INSERT INTO requests (id, created, seconds, kind, state, practice, server, model, conversation_id,
            message_id, ahead, at_most, cost, exact, saved, input_tokens, cache_write_5m, cache_write_1h, cache_read,
            output_tokens, thinking_tokens, pictures)
            SELECT lower(hex(randomblob(16))), created, {_number("$.seconds", "REAL")}, 'message',
                iif(state IN ('complete', 'stopped', 'failed'), state, 'interrupted'),
                {_word("$.server")} = 'practice', {_word("$.server")}, {_word("$.model")}, conversation_id,
                id, {_amount("'$.estimate'")}, NULL,
                {_amount(f"iif({_word('$.server')} = 'practice', '$.estimate', '$.cost')")},
                state = 'complete', NULL,
                {_number("$.usage.input_tokens")}, {_number("$.usage.cache_write_5m")},
                {_number("$.usage.cache_write_1h")}, {_number("$.usage.cache_read")},
                {_number("$.usage.output_tokens")}, {_number("$.usage.thinking_tokens")}, 0
            FROM messages
            WHERE role = 'assistant' AND iif(json_valid(facts), json_extract(facts, '$.usage') IS NOT NULL, 0)
            ORDER BY position""",  # noqa: S608
    ),
    (
        # See `app.core.calibration`. `rates`: the version of the estimate that `estimated` is from.
        """CREATE TABLE token_samples (
            position INTEGER PRIMARY KEY AUTOINCREMENT,
            rates INTEGER NOT NULL,
            family TEXT NOT NULL,
            estimated TEXT NOT NULL,
            actual INTEGER NOT NULL
        )""",
        "CREATE INDEX token_samples_of ON token_samples (family, position)",
    ),
    (
        # See `app.core.branches`. The checksum of a message covers neither: they say where it stands, not what it is.
        "ALTER TABLE messages ADD COLUMN parent TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE messages ADD COLUMN deleted_at REAL",
        "ALTER TABLE conversations ADD COLUMN leaf TEXT NOT NULL DEFAULT ''",
        # What was answered more than once has its answers as versions …
        """UPDATE messages SET parent = coalesce((SELECT before.id FROM messages AS before
            WHERE before.conversation_id = messages.conversation_id AND before.position < messages.position
                AND (messages.role <> 'assistant' OR before.role = 'user')
            ORDER BY before.position DESC LIMIT 1), '')""",
        # … of which the next question follows the one that went back with it: the last that said anything.
        f"""UPDATE messages SET parent = coalesce((SELECT answer.id FROM messages AS answer
            WHERE answer.conversation_id = messages.conversation_id AND answer.position < messages.position
                AND answer.position > coalesce((SELECT max(question.position) FROM messages AS question
                    WHERE question.conversation_id = messages.conversation_id
                        AND question.position < messages.position AND question.role <> 'assistant'), 0)
                AND instr(answer.content, '"type":"text"') > 0
                AND iif(json_valid(answer.facts), {_REASON}, '') <> 'refusal'
            ORDER BY answer.position DESC LIMIT 1), parent)
            WHERE role <> 'assistant'""",  # noqa: S608
        "DROP INDEX messages_of",
        # All that the branches are found by, so that no message has to be read for it.
        "CREATE INDEX messages_of ON messages (conversation_id, position, id, parent, role, deleted_at)",
    ),
    (
        # See `app.core.search`. The words of each message, but no text: what was taken in is told by its digest.
        """CREATE VIRTUAL TABLE search_text USING fts5(said, pictures, content = '', columnsize = 0, prefix = '2',
            tokenize = "unicode61 remove_diacritics 2")""",
        # Its parts are put together a little at a time (`app.core.search`), never when a message comes.
        "INSERT INTO search_text (search_text, rank) VALUES ('automerge', 0)",
        "INSERT INTO search_text (search_text, rank) VALUES ('crisismerge', 1000)",
        "CREATE TABLE search_messages (position INTEGER PRIMARY KEY, digest INTEGER NOT NULL, model TEXT NOT NULL)",
        # Messages whose words are to be taken in or out; with what those were where nobody else knows it any more.
        "CREATE TABLE search_queue (number INTEGER PRIMARY KEY, position INTEGER NOT NULL, content TEXT)",
        "CREATE INDEX search_queue_of ON search_queue (position)",
        """CREATE TRIGGER search_of_new AFTER INSERT ON messages WHEN new.state <> 'streaming'
            BEGIN INSERT INTO search_queue (position) VALUES (new.position); END""",
        """CREATE TRIGGER search_of_ended AFTER UPDATE OF state ON messages
            WHEN new.state <> 'streaming' AND old.state = 'streaming'
            BEGIN INSERT INTO search_queue (position) VALUES (new.position); END""",
        """CREATE TRIGGER search_of_changed AFTER UPDATE OF content ON messages
            WHEN old.state <> 'streaming' AND new.content <> old.content
            BEGIN INSERT INTO search_queue (position, content) VALUES (new.position, old.content); END""",
        """CREATE TRIGGER search_of_hidden AFTER UPDATE OF deleted_at ON messages
            WHEN (new.deleted_at IS NULL) <> (old.deleted_at IS NULL)
            BEGIN INSERT INTO search_queue (position) VALUES (new.position); END""",
        """CREATE TRIGGER search_of_gone AFTER DELETE ON messages WHEN old.state <> 'streaming'
            BEGIN INSERT INTO search_queue (position, content) VALUES (old.position, old.content); END""",
        "INSERT INTO search_queue (position) SELECT position FROM messages WHERE state <> 'streaming'",
        "CREATE TABLE search_titles (conversation_id TEXT NOT NULL PRIMARY KEY, words TEXT)",
        "CREATE INDEX search_titles_waiting ON search_titles (conversation_id) WHERE words IS NULL",
        """CREATE TRIGGER search_of_new_title AFTER INSERT ON conversations
            BEGIN INSERT OR REPLACE INTO search_titles (conversation_id) VALUES (new.id); END""",
        """CREATE TRIGGER search_of_changed_title AFTER UPDATE OF title ON conversations WHEN new.title <> old.title
            BEGIN UPDATE search_titles SET words = NULL WHERE conversation_id = new.id; END""",
        """CREATE TRIGGER search_of_gone_title AFTER DELETE ON conversations
            BEGIN DELETE FROM search_titles WHERE conversation_id = old.id; END""",
        "INSERT INTO search_titles (conversation_id) SELECT id FROM conversations",
    ),
    (
        # See `app.core.filing`. Conversations that nobody has filed have no row.
        "CREATE TABLE folders (id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''), name TEXT NOT NULL)",
        """CREATE TABLE filed (
            conversation_id TEXT NOT NULL PRIMARY KEY REFERENCES conversations (id) ON DELETE CASCADE,
            pinned INTEGER NOT NULL,
            archived INTEGER NOT NULL,
            unread INTEGER NOT NULL,
            folder TEXT NOT NULL
        )""",
        "CREATE INDEX conversations_listed ON conversations (updated) WHERE deleted_at IS NULL",
    ),
    (
        # See `app.core.prompts`.
        """CREATE TABLE prompts (
            id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
            place INTEGER NOT NULL,
            name TEXT NOT NULL,
            text TEXT NOT NULL,
            system TEXT NOT NULL
        )""",
    ),
    (
        # What has no checksum stands twice, in the table and in an index over all of it: the check compares the two.
        """CREATE INDEX conversations_twice ON conversations (id, title, model, system, created, updated, pictures,
            cost, thumbnail, practice, deleted_at, leaf)""",
        "CREATE INDEX drafts_twice ON drafts (conversation_id, draft)",
        "CREATE INDEX folders_twice ON folders (id, name)",
        "CREATE INDEX filed_twice ON filed (conversation_id, pinned, archived, unread, folder)",
        "CREATE INDEX prompts_twice ON prompts (id, place, name, text, system)",
        """CREATE INDEX requests_twice ON requests (id, created, seconds, kind, state, practice, server, model,
            conversation_id, message_id, ahead, at_most, cost, exact, saved, input_tokens, cache_write_5m,
            cache_write_1h, cache_read, output_tokens, thinking_tokens, pictures)""",
        "DROP INDEX request_pictures_of",
        "CREATE INDEX request_pictures_of ON request_pictures (request_id, number, sha256, page, tokens, cost)",
    ),
    (
        # The index of the search is begun anew: its rows are the times of messages now, `place` (`app.core.search`).
        "INSERT INTO search_text (search_text) VALUES ('delete-all')",
        "DROP TABLE search_messages",
        """CREATE TABLE search_messages (place INTEGER PRIMARY KEY, position INTEGER NOT NULL UNIQUE,
            digest INTEGER NOT NULL, model TEXT NOT NULL)""",
        "DELETE FROM search_queue",
        "INSERT INTO search_queue (position) SELECT position FROM messages WHERE state <> 'streaming'",
    ),
    (
        # Its words are others now (`app.core.search_words`), and it takes them as they are.
        "DROP TABLE search_text",
        """CREATE VIRTUAL TABLE search_text USING fts5(said, pictures, content = '', columnsize = 0, prefix = '2',
            tokenize = 'ascii')""",
        "INSERT INTO search_text (search_text, rank) VALUES ('automerge', 0)",
        "INSERT INTO search_text (search_text, rank) VALUES ('crisismerge', 1000)",
        "DELETE FROM search_messages",
        "DELETE FROM search_queue",
        "INSERT INTO search_queue (position) SELECT position FROM messages WHERE state <> 'streaming'",
        "UPDATE search_titles SET words = NULL",
        # Messages that went for good, of which some part of the index may still have the words.
        "CREATE TABLE search_erased (position INTEGER PRIMARY KEY)",
    ),
]
"""The statements that lead from version N to N+1, at index N. This list only grows: what is released stays as it is."""


def readable(amount: Any) -> Decimal | None:
    """An amount as it is stored; None where there is none, or where what is there is damaged."""
    try:
        found = Decimal(amount) if amount else None
    except (InvalidOperation, TypeError, ValueError):
        return None
    return found if found is None or found.is_finite() else None


class _DecimalSum:
    """SQLite's `sum` for amounts in text, without floats: `decimal_sum(cost)`. What is no amount counts nothing."""

    def __init__(self) -> None:
        self._total = Decimal(0)

    def step(self, amount: Any, /) -> None:
        self._total += readable(amount) or 0

    def finalize(self) -> str:
        return format(self._total, "f")


_CAREFUL: Final = (
    "PRAGMA busy_timeout = 0",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    "PRAGMA mmap_size = 0",
)
_PRAGMAS: Final = (
    # EXCLUSIVE comes first: with it the WAL needs no shared memory, and no second process gets in.
    "PRAGMA locking_mode = EXCLUSIVE",
    *_CAREFUL,
    "PRAGMA secure_delete = ON",
    "PRAGMA foreign_keys = ON",
    # FULL: what was acknowledged survives a power cut, at 4 ms a commit (RELIABILITY, section 1.3).
    "PRAGMA synchronous = FULL",
)


def log_of(path: Path) -> Path:
    """SQLite's write-ahead log of a database file. Closing takes it away: one that is there was left by a crash."""
    return path.with_name(f"{path.name}-wal")


def is_cut_short(path: Path) -> bool:
    """Whether the file is shorter than its header says, which SQLite finds only where it reads past the end.

    With a log beside it that says nothing: a crash may have cut the move from there off, and the next one ends it. The
    header is SQLite's (file format, section 1.3). Raises OSError.
    """
    if log_of(path).exists():
        return False
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER)
            size = file.seek(0, os.SEEK_END)
    except FileNotFoundError:
        return False
    if len(header) < _HEADER or header[24:28] != header[92:96]:
        return False  # it is none, or its number of pages is not kept
    page = int.from_bytes(header[16:18], "big")
    return size < int.from_bytes(header[28:32], "big") * (65_536 if page == 1 else page)


def is_newer(path: Path) -> bool:
    """Whether a database file without a log says that a newer version wrote it; what cannot be read does not."""
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER)
    except OSError:
        return False
    return int.from_bytes(header[60:64], "big") > len(MIGRATIONS)


def read_only(path: Path) -> sqlite3.Connection:
    """Open a database to look at it: neither the file nor its log is changed. Raises sqlite3.Error."""
    mode = "mode=ro" if log_of(path).exists() else "mode=ro&immutable=1"
    db = sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True, isolation_level=None)
    db.text_factory = _text
    for pragma in _CAREFUL:
        db.execute(pragma)
    return db


# Damaged text must not stop the query that meets it; its checksum tells.
_text: Final = partial(str, encoding="utf-8", errors="replace")


def connect(
    path: Path, before_migration: Callable[[sqlite3.Connection], None] = lambda _db: None
) -> sqlite3.Connection:
    """Open the database in its newest version; an empty file becomes one.

    An older one is given to `before_migration` first; what that raises leaves it as it is. The connection is in
    autocommit mode: see `transaction`. Raises StoreTooNew and StoreDamaged before anything is written, and
    sqlite3.Error (see `translated`).
    """
    db = sqlite3.connect(path, isolation_level=None)
    try:
        db.text_factory = _text
        db.create_aggregate("decimal_sum", 1, cast(Any, _DecimalSum))
        for pragma in _PRAGMAS:
            db.execute(pragma)
        was = version(db, path)
        db.execute("PRAGMA journal_mode = WAL")
        if was < len(MIGRATIONS):
            if was:
                before_migration(db)
            _migrate(db, was)
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


def is_full(error: sqlite3.Error) -> bool:
    """Whether it may be that the disk takes no more: what a quota refuses comes as an error of the disk."""
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}


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


def version(db: sqlite3.Connection, path: Path) -> int:
    """How many steps of MIGRATIONS it has behind it; 0 for an empty file. Raises StoreDamaged and StoreTooNew."""
    [owner] = db.execute("PRAGMA application_id").fetchone()
    [steps] = db.execute("PRAGMA user_version").fetchone()
    [tables] = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if owner != APPLICATION_ID and (owner or steps or tables):
        raise StoreDamaged(str(path))
    if steps > len(MIGRATIONS):
        raise StoreTooNew(str(path))
    return int(steps)


def is_as_made(db: sqlite3.Connection) -> bool:
    """Whether the tables are those that MIGRATIONS make. Where a name has changed, statements fail as if wrong."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as made:
        _migrate(made, 0)
        expected = made.execute(_SCHEMA).fetchall()
    try:
        return db.execute(_SCHEMA).fetchall() == expected
    except sqlite3.DatabaseError:
        return False


# What FTS5 makes for itself is its own affair, and that of its version.
_SCHEMA: Final = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT GLOB 'search_text_*' ORDER BY name"


def _migrate(db: sqlite3.Connection, version: int) -> None:
    with transaction(db):
        for statements in MIGRATIONS[version:]:
            for statement in statements:
                db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
