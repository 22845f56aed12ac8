"""A store of many short messages in three kinds of writing, made as fast as SQLite goes: the same on every run."""

from __future__ import annotations

import random
import sqlite3
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Final

from app.core import rows, schema
from app.core.message import Message, ReplyBlock
from app.core.store import Conversation, Store

RARE: Final = "zebrafish"
"""In one message of twenty thousand."""
FREQUENT: Final = "invoice"
"""In every tenth."""
CHINESE: Final = "图片"
"""In one of five thousand, while both of its characters are in every third."""
_TALKS: Final = 10_000
"""Conversations, where there are more messages than that."""
_BATCH: Final = 10_000
_CHARACTERS: Final = 200


class Writer:
    """Makes up messages: of words as frequent as words are, and of Chinese characters."""

    def __init__(self) -> None:
        self._chance = random.Random(7)  # noqa: S311
        letters = "abcdefghijklmnopqrstuvwxyz"
        self._words = ["".join(self._chance.choices(letters, k=self._chance.randint(3, 9))) for _ in range(30_000)]
        self._weights = list(accumulate(1 / (rank + 1) for rank in range(len(self._words))))
        self._characters = [chr(0x4E00 + code) for code in range(3000)]
        self._shares = list(accumulate(1 / (rank + 10) for rank in range(len(self._characters))))

    @property
    def usual(self) -> str:
        """The most frequent word of all."""
        return self._words[0]

    def text(self, number: int) -> str:
        """Some 200 characters."""
        if number % 3:
            said = " ".join(self._chance.choices(self._words, cum_weights=self._weights, k=_CHARACTERS // 6))
        else:
            said = "".join(self._chance.choices(self._characters, cum_weights=self._shares, k=_CHARACTERS))
            said += f" {CHINESE}" if number % 15_000 == 0 else f" {CHINESE[0]}表{CHINESE[1]}"
        said += f" {FREQUENT}" if number % 10 == 1 else ""
        return f"{said} {RARE}" if number % 20_000 == 7 else said


def fill(store: Store, count: int) -> None:
    """Put so many messages into a store, evenly in ten thousand conversations, past its own operations."""
    writer, talk = Writer(), max(1, count // _TALKS)
    for first in range(0, count, _BATCH):
        last = min(first + _BATCH, count)
        store._submit(partial(_fill, writer, talk, range(first, last))).result()


def _fill(writer: Writer, talk: int, numbers: range, db: sqlite3.Connection) -> None:
    with schema.transaction(db):
        for number in numbers:
            if number % talk == 0:
                facts = Conversation(f"c{number}", title=writer.text(1)[:40], model="m", updated=float(number))
                db.execute(rows.INSERT_CONVERSATION, rows.conversation_row(facts))
            said = (ReplyBlock({"type": "text", "text": writer.text(number)}),)
            message = Message("assistant", said, id=f"m{number}", created=float(number), model="m")
            db.execute(rows.SAVE_MESSAGE, (*rows.message_row(f"c{number - number % talk}", message), ""))


def opened(folder: Path, count: int) -> Store:
    """A new store with so many messages, not indexed yet."""
    store = Store.open(folder)
    fill(store, count)
    return store
