"""Another database in the place of one that is damaged, or is not wanted any more.

What is to take its place is written whole beside it, as `conversations.db.next`; the next opening puts it there
(`swap`). So there is one at every instant, and what was there before is kept: among the backups where it is whole, else
with its log in `damaged-2026-11-21T20-29-00Z/`, byte by byte.

Functions block on the disk: call them on a worker thread.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from app.core import backup, placing, private, rows, schema, wreck
from app.core.errors import StoreDamaged, StoreError
from app.core.message import Message

_TITLE: Final = 60
"""Characters of a question that stand for a title that was lost."""
_ROWS: Final = 200
"""Rows that are written at a time."""
_GAPS: Final = 1000
"""Places of a table that cannot be read after which it is given up: `wreck` finds what comes then."""
_TWINS: Final = {
    "conversations": "conversations_twice",
    "drafts": "drafts_twice",
    "folders": "folders_twice",
    "filed": "filed_twice",
    "prompts": "prompts_twice",
    "requests": "requests_twice",
}
"""Indexes that hold all of a table, in which no row may stand twice."""
_DERIVED: Final = "search_"
"""How the names of tables begin that are made from the others."""


class _NotWritten(Exception):
    """What was read cannot be kept; its cause says why. It must not look like a fault of what is read."""


@dataclass(frozen=True, slots=True)
class Salvaged:
    conversations: int
    messages: int
    damaged: int
    """How many of the messages are not what was written: their places are kept."""


def next_of(path: Path) -> Path:
    """Where the database lies that takes the place of the one at `path` when that is opened next."""
    return path.with_name(f"{path.name}.next")


def choose(chosen: Path, path: Path, made: float) -> None:
    """Let a backup take the place of the database at `path` when that is opened next.

    It was `made` at that moment, in seconds since the epoch, which is told then: see `returned`.

    Raises StoreDamaged, StoreTooNew, and StoreFull: nothing has changed then.
    """
    backup.verified(chosen)
    with schema.translated(path):
        draft = _draft(path)
        try:
            shutil.copyfile(chosen, draft)
            backup.verified(draft)
            _let_be_next(draft, path)
        except BaseException:
            backup.discard(draft)
            raise
        with suppress(OSError):  # what is told is the less by a sentence
            private.replace(_note(path), str(made).encode("ascii"))


def returned(path: Path) -> float | None:
    """When the backup was made that has taken the place of the database at `path`, in seconds: told once.

    None where none has since it was asked last.
    """
    if next_of(path).exists():
        return None
    try:
        made = float(_note(path).read_text("ascii"))
    except (OSError, ValueError):
        return None
    with suppress(OSError):
        _note(path).unlink()
    return made


def salvage(path: Path) -> Salvaged:
    """Let a new database with all that can be read of the one at `path` take its place when that is opened next.

    Raises StoreDamaged where nothing can be read of it, and StoreFull: nothing has changed then.
    """
    if not path.exists():
        raise StoreDamaged(str(path))
    with schema.translated(path):
        draft = _draft(path)
        try:
            with closing(schema.connect(draft)) as target:
                target.execute("PRAGMA synchronous = OFF")  # synced as a whole below
                # Not all is there to be referred to, and events of no message do no harm.
                target.execute("PRAGMA foreign_keys = OFF")
                try:
                    with closing(schema.read_only(path)) as source:
                        whole = _bring_all(source, target)
                except _NotWritten as error:
                    raise error.__cause__ or error from None
                except sqlite3.DatabaseError:
                    whole = False
                if not whole:
                    wreck.bring(path, target)
                    _hold_any(target, path)
                with schema.transaction(target):
                    _mend(target)
                backup.end_log(target, draft)
            contents = backup.verified(draft)
            _let_be_next(draft, path)
        except BaseException:
            backup.discard(draft)
            raise
    return Salvaged(contents.counts["conversations"], contents.counts["messages"], contents.damaged)


def start_empty(path: Path) -> None:
    """Let an empty database take the place of the one at `path` when that is opened next. Raises StoreFull."""
    with schema.translated(path):
        draft = _draft(path)
        try:
            with closing(schema.connect(draft)) as target:
                backup.end_log(target, draft)
            _let_be_next(draft, path)
        except BaseException:
            backup.discard(draft)
            raise


def stay(path: Path) -> None:
    """Let the database at `path` stay: nothing takes its place any more. Raises StoreFull."""
    with schema.translated(path):
        _note(path).unlink(missing_ok=True)
        next_of(path).unlink(missing_ok=True)


def swap(path: Path, now: float) -> None:
    """Put the database there that is to take the place of the one at `path`, if there is any, and keep that.

    A crash at any instant leaves one of the two, and the next opening goes on. Raises OSError and StoreError.
    """
    if not next_of(path).exists():
        return
    if path.exists() and not _kept_as_backup(path, now):
        _put_aside(path, now)
    schema.log_of(path).unlink(missing_ok=True)  # it would be played into the other one
    path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
    private.sync_folder(path.parent)
    next_of(path).replace(path)
    private.sync_folder(path.parent)


def _note(path: Path) -> Path:
    """Where it says when the backup was made that takes the place of the database, until that is told."""
    return path.with_name(f"{path.name}.next-made")


def _draft(path: Path) -> Path:
    draft = path.with_name(f".tmp-{os.urandom(8).hex()}")
    private.touch(draft)
    return draft


def _let_be_next(draft: Path, path: Path) -> None:
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    _note(path).unlink(missing_ok=True)  # it is about another one
    draft.replace(next_of(path))
    private.sync_folder(path.parent)


# --- what was there ---------------------------------------------------------------------------------


def _kept_as_backup(path: Path, now: float) -> bool:
    """Keep the database among the backups; whether it is whole and that was possible."""
    if schema.log_of(path).exists():
        return False  # what is in it would have to be written into the file, and that is not sound for certain
    try:
        contents = backup.verified(path)
        copy = backup.unfinished(path.parent / backup.FOLDER)
    except StoreError:
        return False
    try:
        shutil.copyfile(path, copy)
        backup.keep(copy, contents, now, "return")
    except BaseException:
        backup.discard(copy)
        raise
    return True


def _put_aside(path: Path, now: float) -> None:
    """A second name for the database and what SQLite has beside it: the bytes stay."""
    stem = datetime.fromtimestamp(now, UTC).strftime("damaged-%Y-%m-%dT%H-%M-%SZ")
    aside, number = path.with_name(stem), 1
    while aside.exists():
        aside, number = path.with_name(f"{stem}.{number}"), number + 1
    private.make_folder(aside)
    for part in (path, schema.log_of(path), path.with_name(f"{path.name}-shm")):
        if part.exists():
            _link(part, aside / part.name)
    private.sync_folder(aside)


def _link(part: Path, to: Path) -> None:
    try:
        os.link(part, to)
    except OSError:  # a file system without links
        private.touch(to)
        shutil.copyfile(part, to)
        with to.open("rb") as file:
            os.fsync(file.fileno())


# --- what can be read -------------------------------------------------------------------------------


def _tables(db: sqlite3.Connection) -> dict[str, list[str]]:
    """The tables that have rows of their own, with the names of their columns. Raises sqlite3.Error."""
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0 AND name NOT LIKE 'sqlite_%'"
    names = [name for (name,) in db.execute(query).fetchall()]
    return {name: [row[1] for row in db.execute(f'PRAGMA table_info("{name}")')] for name in names}


def _bring_all(source: sqlite3.Connection, target: sqlite3.Connection) -> bool:
    """Bring what SQLite can read. Returns whether that is all there is. Raises sqlite3.DatabaseError."""
    # With this, what SQLite cannot understand of the schema fails once and is left out from then on.
    source.execute("PRAGMA writable_schema = ON")
    with suppress(sqlite3.DatabaseError):
        _tables(source)
    there, ours = _tables(source), _tables(target)
    [version] = source.execute("PRAGMA user_version").fetchone()
    whole = {"conversations", "messages"} <= there.keys()
    whole = whole and (version != len(schema.MIGRATIONS) or ours.keys() <= there.keys())
    places = _places(source)
    for table, columns in ours.items():
        if not table.startswith(_DERIVED) and table in there:
            known = [name for name in columns if name in there[table]]
            if not _bring(source, target, table, known, places if table == "messages" else {}):
                _bring_twin(source, target, table, known)
                whole = False
    return whole and source.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def _places(db: sqlite3.Connection) -> dict[str, int]:
    """The positions of messages by their ids, as two indexes tell that agree."""
    told: list[set[tuple[str, int]]] = []
    for index in ("messages_of", "sqlite_autoindex_messages_1"):
        query = f"SELECT id, position FROM messages INDEXED BY {index}"  # noqa: S608
        told.append(set())
        with suppress(sqlite3.DatabaseError):
            told[-1].update(db.execute(query))
    return dict(told[0] & told[1])


def _bring(
    source: sqlite3.Connection,
    target: sqlite3.Connection,
    table: str,
    columns: Sequence[str],
    positions: Mapping[str, int],
) -> bool:
    """Whether nothing was in the way. `positions` are those of rows by their ids, where they are known better."""
    places = ", ".join("?" * len(columns))
    insert = f'INSERT OR IGNORE INTO "{table}" ({", ".join(columns)}) VALUES ({places})'  # noqa: S608
    batch: list[Sequence[Any]] = []
    gaps: list[int] = []
    for row in _readable(source, table, columns, gaps):
        batch.append((positions.get(row[1], row[0]), *row[1:]) if positions else row)
        if len(batch) == _ROWS:
            _insert(target, insert, batch)
            batch = []
    _insert(target, insert, batch)
    return not gaps


def _bring_twin(source: sqlite3.Connection, target: sqlite3.Connection, table: str, columns: Sequence[str]) -> None:
    """Rows of a table with gaps from the index that holds all of it, where there is one: those it had count more."""
    names = ", ".join(columns)
    query = f'SELECT {names} FROM "{table}" INDEXED BY {_TWINS.get(table, "none")}'  # noqa: S608
    insert = f'INSERT OR IGNORE INTO "{table}" ({names}) VALUES ({", ".join("?" * len(columns))})'  # noqa: S608
    with suppress(sqlite3.DatabaseError):
        for row in source.execute(query):
            _insert(target, insert, [row])


def _insert(target: sqlite3.Connection, insert: str, batch: Sequence[Sequence[Any]]) -> None:
    try:
        with schema.transaction(target):
            for row in batch:
                with suppress(sqlite3.IntegrityError):  # of a kind that a column does not take
                    target.execute(insert, row)
    except sqlite3.Error as error:
        raise _NotWritten from error


def _hold_any(db: sqlite3.Connection, path: Path) -> None:
    """Raises StoreDamaged where nothing was found of the database at `path`."""
    query = "SELECT 1 FROM conversations UNION ALL SELECT 1 FROM messages UNION ALL SELECT 1 FROM drafts"
    if db.execute(query).fetchone() is None:
        raise StoreDamaged(str(path))


def _readable(db: sqlite3.Connection, table: str, columns: Sequence[str], gaps: list[int]) -> Iterator[Sequence[Any]]:
    """Every row that can be read, past those that cannot: where these are is added to `gaps`."""
    query = f'SELECT rowid, {", ".join(columns)} FROM "{table}" WHERE rowid >= ? ORDER BY rowid'  # noqa: S608
    start: int | None = 0
    while start is not None and len(gaps) < _GAPS:
        last = start - 1
        try:
            for row in db.execute(query, (start,)):
                last = max(last, row[0])  # in a damaged page they may stand in any order
                yield row[1:]
        except sqlite3.DatabaseError:
            gaps.append(last + 1)
            start = _after_gap(db, table, last + 1)
        else:
            return


def _after_gap(db: sqlite3.Connection, table: str, start: int) -> int | None:
    """The first row from which on the table can be read again; None where there is none."""
    query = f'SELECT rowid, * FROM "{table}" WHERE rowid >= ? ORDER BY rowid LIMIT 1'  # noqa: S608

    def found(rowid: int) -> int | None:
        """The row at which reading from there on begins; -1 where it has come to the end, None where it fails."""
        try:
            row = db.execute(query, (rowid,)).fetchone()
        except sqlite3.DatabaseError:
            return None
        return -1 if row is None else int(row[0])

    step = 1
    while found(start + step) is None:
        step *= 2
        if step > 1 << 40:
            return None
    low, high = start, start + step  # it fails at the one and succeeds at the other
    while high - low > 1:
        middle = (low + high) // 2
        if found(middle) is None:
            low = middle
        else:
            high = middle
    first = found(high)
    return None if first is None or first < 0 else max(first, high)


def _conversation_of(owner: str, messages: Sequence[Message]) -> rows.Conversation:
    """What messages, in the order in which they came, tell of a conversation that nothing else is known of."""
    titles = (" ".join(each.text.split())[:_TITLE] for each in messages if each.role == "user")
    pictures = placing.counted(messages)
    moments = [each.created for each in messages]
    return rows.Conversation(
        owner,
        title=next(filter(None, titles), ""),
        model=next((each.model for each in reversed(messages) if each.model), ""),
        created=min(moments),
        updated=max(moments),
        pictures=len(pictures),
        thumbnail=next(iter(pictures.values()), ""),
    )


def _mend(db: sqlite3.Connection) -> None:
    """Give messages that have lost their conversation another one. Where they stand in it, `Branches` mends."""
    known = {id_ for (id_,) in db.execute("SELECT id FROM conversations")}
    lost: dict[str, list[Message]] = {}
    for row in db.execute(rows.SELECT_MESSAGES + "ORDER BY position").fetchall():
        id_, owner = row[0], row[1]
        if owner in known:
            continue
        if not rows.is_intact(row):  # who knows whose it is
            db.execute("DELETE FROM messages WHERE id = ?", (id_,))
            continue
        lost.setdefault(owner, []).append(rows.message_from_row(row, ""))
    for owner, messages in lost.items():
        db.execute(rows.INSERT_CONVERSATION, rows.conversation_row(_conversation_of(owner, messages)))
    db.execute("DELETE FROM events WHERE message_id NOT IN (SELECT id FROM messages)")
