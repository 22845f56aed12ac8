"""How fast words are found in all conversations, and how long a write waits while they are indexed.

The reference of a search is SQLite's LIKE over the same messages; that of a write meanwhile is a write alone. Of each
search the fastest of nine counts: a busy machine says nothing of the index.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from app.core.search import PAGE, Search, Wanted
from app.core.store import Store
from tests.benchmarks import archive
from tests.benchmarks.row import Row

MESSAGES: Final = 100_000
GOAL: Final = 50.0
"""Milliseconds: of the first page, and of a slice."""
_TITLES: Final = 5
_BETWEEN: Final = 0.005
"""Seconds."""
_REPEATS: Final = 9


def measure(count: int = MESSAGES) -> list[Row]:
    """The first page of hits for words of every kind; and what indexing takes."""
    with TemporaryDirectory() as folder:
        store = archive.opened(Path(folder), count)
        try:
            return asyncio.run(_measured(store, count))
        finally:
            store.close()


async def _measured(store: Store, count: int) -> list[Row]:
    search = Search(store)
    began = time.perf_counter()
    waits = await _waits_while(_indexed(search), store)
    took = (time.perf_counter() - began) * 1000
    commit = median([await _written(store) for _ in range(20)])
    usual = archive.Writer().usual
    queries = {
        "a rare word": archive.RARE,
        "a word in every tenth message": archive.FREQUENT,
        "a Chinese word of two characters": archive.CHINESE,
        "the beginning of the most frequent word": usual[:3],
        "a frequent word and one that is nowhere": f"{usual} nowhere",
    }
    rows = []
    for what, query in queries.items():
        found = [await _timed(partial(_first_page, search, query)) for _ in range(_REPEATS)]
        words = query.split()[-1]
        scan = await _timed(partial(store.run, partial(_scan, words)))
        name = f"first {PAGE} hits in {count:,} messages: {what}"
        rows.append(Row.of(name, min(found), scan, "ms", GOAL, absolute=True))
    wait = sorted(waits)[int(len(waits) * 0.99)]
    rows.append(Row.of("writing while that is indexed: 99 of 100", wait, commit, "ms", GOAL, absolute=True))
    rows.append(Row.of("indexing: a message", took / count, commit, "ms", None))
    return rows


async def _indexed(search: Search) -> None:
    more = True
    while more:
        more = await search.step()


async def _waits_while(work: Coroutine[None, None, None], store: Store) -> list[float]:
    """Milliseconds that a write takes, one every few milliseconds as long as the work lasts."""
    task = asyncio.create_task(work)
    waits = []
    while not task.done():
        waits.append(await _written(store))
        await asyncio.wait({task}, timeout=_BETWEEN)
    await task
    return waits


async def _written(store: Store) -> float:
    return await _timed(partial(store.save_draft, "draft", {"text": "what is being written"}))


async def _first_page(search: Search, query: str) -> None:
    """What the palette asks for when a word is typed."""
    await search.titles(Wanted(query), _TITLES)
    page = await search.find(Wanted(query))
    while page.before and len(page.hits) < PAGE:
        page = await search.find(Wanted(query), page.before)


def _scan(words: str, db: sqlite3.Connection) -> object:
    query = "SELECT id FROM messages WHERE content LIKE ? ORDER BY position DESC LIMIT ?"
    return db.execute(query, (f"%{words}%", PAGE)).fetchall()


async def _timed(work: Callable[[], Awaitable[object]]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    await work()
    return (time.perf_counter() - began) * 1000
