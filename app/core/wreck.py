"""What is left of a database that SQLite does not read as it should: rows found in its pages (`app.core.leaves`).

Of a row nobody tells which table it was in. It is taken for one of a table whose columns it fits, and where there is
more than one such table, by what is in it. A message proves itself by its checksum.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from app.core import leaves, rows, schema

_HEX: Final = re.compile(r"[0-9a-f]{32,64}(:\d+)?")
_KINDS: Final[dict[str, tuple[type, ...]]] = {
    "TEXT": (str,),
    "INTEGER": (int,),
    "REAL": (float, int),
    "BLOB": (bytes,),
}


class _Table(NamedTuple):
    name: str
    columns: tuple[str, ...]
    kinds: tuple[tuple[type, ...], ...]
    """What may stand in each column."""
    least: int
    """Columns that every row has: those that came later may be missing."""
    numbered: bool
    """Whether the first column is SQLite's own number of the row, which it does not store twice."""


def bring(path: Path, target: sqlite3.Connection) -> None:
    """Add to a database of ours what it does not have yet of what is left of another one. Raises OSError."""
    tables = list(_tables(target))
    with schema.transaction(target):
        for found in leaves.found_in(path, schema.log_of(path)):
            for table in tables:
                if _fits(found, table):
                    _add(target, table, found)
                    break


def _tables(db: sqlite3.Connection) -> Iterator[_Table]:
    for name in _WANTED:
        about = db.execute(f'PRAGMA table_info("{name}")').fetchall()
        kinds = [_KINDS[kind] + (() if needed else (type(None),)) for _, _, kind, needed, _, _ in about]
        numbered = about[0][2] == "INTEGER" and bool(about[0][5])
        kinds[:1] = [(type(None),)] if numbered else kinds[:1]
        columns = tuple(column for _, column, *_ in about)
        yield _Table(name, columns, tuple(kinds), len(columns) - _LATER.get(name, 0), numbered)


def _fits(found: leaves.Found, table: _Table) -> bool:
    values = found.values
    if not table.least <= len(values) <= len(table.columns) or (found.loose and table.name != "messages"):
        return False
    alike = all(isinstance(value, kinds) for value, kinds in zip(values, table.kinds, strict=False))
    return alike and _WANTED[table.name](values) and not (found.loose and not _is_intact(values))


def _add(target: sqlite3.Connection, table: _Table, found: leaves.Found) -> None:
    values = [found.number, *found.values[1:]] if table.numbered else found.values
    if table.name == "messages" and _is_taken(target, values):
        values[0] = None  # at the end: its id is not there yet, so it is another one that has its place
    columns = ", ".join(table.columns[: len(values)])
    places = ", ".join("?" * len(values))
    with suppress(sqlite3.IntegrityError):
        target.execute(f'INSERT OR IGNORE INTO "{table.name}" ({columns}) VALUES ({places})', values)  # noqa: S608


def _is_taken(db: sqlite3.Connection, values: Sequence[Any]) -> bool:
    query = "SELECT 1 FROM messages WHERE position = ? AND id <> ?"
    return db.execute(query, values[:2]).fetchone() is not None


def _is_intact(values: Sequence[Any]) -> bool:
    """Whether a row of `messages` is what was written."""
    _, *before, created, content, facts, checksum = values[:9]
    return rows.is_intact([*before, float(created), content, facts, checksum])  # 3.0 lies in the page as 3


def _is_message(values: Sequence[Any]) -> bool:
    return values[3] in {"user", "assistant"} or _is_intact(values)


def _is_conversation(values: Sequence[Any]) -> bool:
    return _HEX.fullmatch(values[0]) is not None


def _is_draft(values: Sequence[Any]) -> bool:
    try:
        return isinstance(json.loads(values[1]), dict)
    except (ValueError, RecursionError):
        return False


def _is_named_by_hex(values: Sequence[Any]) -> bool:
    return _HEX.fullmatch(values[0]) is not None


def _any(values: Sequence[Any]) -> bool:
    return bool(values)


_WANTED: Final[dict[str, Callable[[Sequence[Any]], bool]]] = {
    "messages": _is_message,
    "conversations": _is_conversation,
    "drafts": _is_draft,
    "filed": _is_named_by_hex,
    "prompts": _is_named_by_hex,
    "thumbnails": _is_named_by_hex,
    "requests": _any,
}
"""The tables whose rows are told from others, and what a row has to be besides."""
_LATER: Final = {"messages": 2, "conversations": 1}
"""How many of their columns came with a later version."""
