"""Prompts to be used again: those a person has saved, and those the app comes with."""

from __future__ import annotations

import json
import sqlite3
import tomllib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from app.core import schema
from app.core.message import well_formed
from app.core.resources import resource

if TYPE_CHECKING:
    from app.core.store import Store

MOST_CHARACTERS: Final = 100_000
"""Of a text that is read from a file; more is no prompt."""
MOST_BYTES: Final = 4 << 20
"""Of a file of prompts that are read."""
_VALUES: Final = 200_000
"""Commas and brackets of such a file, those in texts among them: JSON is parsed in one go, in which no thread but its
own has a turn."""
_MOST: Final = 1_000
"""Prompts that are read from a file."""
_FORMAT: Final = "visavis-prompts"


class NoPrompts(ValueError):  # what it is
    """A file holds no prompts of ours."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """Never changed: `dataclasses.replace` gives the next one."""

    name: str
    text: str = ""
    """Put into the message; empty for one that is a system prompt alone."""
    system: str = ""
    """The system prompt of the conversation from then on; empty where it stays as it is."""
    id: str = ""
    """uuid4, in hexadecimal; empty for one that came with the app."""


class Prompts:
    """The saved ones, in the order the person gave them. All raise StoreError in its kinds."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def all(self) -> list[Prompt]:
        return await self._store.run(_all)

    async def put(self, prompts: Sequence[Prompt]) -> None:
        """Change those that are there, by their ids, and add the others behind all: all or none."""
        await self._store.run(partial(_put, tuple(prompts)))

    async def remove(self, prompt_id: str) -> None:
        await self._store.run(partial(_remove, prompt_id))

    async def arrange(self, ids: Sequence[str]) -> None:
        """Let those of these ids stand in this order; no other is touched."""
        await self._store.run(partial(_arrange, tuple(ids)))


def starters() -> list[Prompt]:
    """Those that came with the app."""
    found = tomllib.loads(resource("prompts.toml").read_text("utf-8"))["prompts"]
    return [Prompt(each["name"], each.get("text", ""), each.get("system", "")) for each in found]


def new_id() -> str:
    return uuid.uuid4().hex


def to_json(prompts: Sequence[Prompt]) -> str:
    """Prompts as the text of a file, for another computer or a colleague."""
    rows = [{"name": each.name, "text": each.text, "system": each.system} for each in prompts]
    return json.dumps({"format": _FORMAT, "version": 1, "prompts": rows}, ensure_ascii=False, indent=2) + "\n"


def from_json(text: str) -> list[Prompt]:
    """What `to_json` wrote, each under a new id. Raises NoPrompts where it is anything else."""
    if sum(map(text.count, ",[{")) > _VALUES:
        raise NoPrompts
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NoPrompts from error
    rows = found.get("prompts") if isinstance(found, dict) and found.get("format") == _FORMAT else None
    if not isinstance(rows, list):
        raise NoPrompts
    return [_from_json(each) for each in rows[:_MOST]]


def _from_json(row: object) -> Prompt:
    cells = row if isinstance(row, dict) else {}
    name, text, system = cells.get("name"), cells.get("text", ""), cells.get("system", "")
    if not all(isinstance(each, str) and len(each) <= MOST_CHARACTERS for each in (name, text, system)):
        raise NoPrompts
    return Prompt(well_formed(str(name)), well_formed(text), well_formed(system), new_id())


def _all(db: sqlite3.Connection) -> list[Prompt]:
    query = "SELECT name, text, system, id FROM prompts ORDER BY place, rowid"
    return [Prompt(*map(str, row)) for row in db.execute(query)]


def _put(prompts: Sequence[Prompt], db: sqlite3.Connection) -> None:
    rows = [(each.id, well_formed(each.name), well_formed(each.text), well_formed(each.system)) for each in prompts]
    put = """INSERT INTO prompts (id, place, name, text, system)
        SELECT ?, coalesce(max(place) + 1, 0), ?, ?, ? FROM prompts WHERE true
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, text = excluded.text, system = excluded.system"""
    with schema.transaction(db):
        db.executemany(put, rows)


def _remove(prompt_id: str, db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM prompts WHERE id = ?", (prompt_id,))


def _arrange(ids: Sequence[str], db: sqlite3.Connection) -> None:
    with schema.transaction(db):
        db.executemany("UPDATE prompts SET place = ? WHERE id = ?", enumerate(ids))
