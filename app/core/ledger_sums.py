"""The ledger's sums, for the store's thread: what is spent, kept up while requests go; and entries together.

What is spent is asked before every request, so it is not added up each time. A temporary table holds the sums that were
asked for, and triggers keep them in step with every change to the requests, within the same transaction.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Literal

from app.core.ledger_types import Filter, Group, Period
from app.core.message import thumbnail_key
from app.core.schema import readable

By = Literal["day", "conversation", "model", "picture"]
Stretch = tuple[int, int]
"""Positions of the first and the last request."""

_STRETCH: Final = 2000
"""Requests that are summed at a time: what an answer has to write must not wait long behind them."""
_DAY: Final = 86_400
_EPOCH: Final = date(1970, 1, 1)


# --- what is spent ------------------------------------------------------------------------------


def begins(period: Period, now: float) -> float:
    """When the present day or month began, in seconds since the epoch; 0 for a conversation."""
    # fold=0: where clocks are set back over midnight, the day began at the first of the two.
    today = datetime.fromtimestamp(now).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)  # noqa: DTZ006  # local days
    match period:
        case "day":
            return today.timestamp()
        case "month":
            return today.replace(day=1).timestamp()
    return 0.0


def spent(db: sqlite3.Connection, period: Period, conversation: str, now: float) -> Decimal:
    """USD since the day or month began, or on a conversation. What belongs to no conversation is one by itself."""
    if period != "conversation":
        conversation = ""
    elif not conversation:
        return Decimal(0)
    _keep_sums(db)
    since = begins(period, now)
    query = "SELECT total FROM temp.spent WHERE period = ? AND conversation = ? AND since = ?"
    if (kept := db.execute(query, (period, conversation, since)).fetchone()) is not None:
        return Decimal(kept[0])
    total = _added_up(db, conversation, since)
    row = (period, conversation, since, format(total, "f"))
    db.execute("INSERT OR REPLACE INTO temp.spent (period, conversation, since, total) VALUES (?, ?, ?, ?)", row)
    return total


def _added_up(db: sqlite3.Connection, conversation: str, since: float) -> Decimal:
    query = "SELECT coalesce(cost, at_most) FROM requests WHERE practice = 0 AND "
    if conversation:
        query += "conversation_id = ?"
        values: tuple[Any, ...] = (conversation,)
    else:  # one after the other as they lie there: the index of times would look up each
        query += "position BETWEEN ? AND ? AND +created >= ?"
        values = (*reach(db, Filter(since=since)), since)
    return sum((readable(amount) or Decimal(0) for (amount,) in db.execute(query, values)), Decimal(0))


_MOVED: Final = """UPDATE spent SET total = {0}(total, coalesce({1}.cost, {1}.at_most))
    WHERE NOT {1}.practice AND since <= {1}.created AND conversation IN ('', {1}.conversation_id);"""
_COME: Final = _MOVED.format("decimal_more", "NEW")
_GONE: Final = _MOVED.format("decimal_less", "OLD")
_FIGURES: Final = "created, practice, conversation_id, at_most, cost"
_SUMS: Final = (
    """CREATE TEMP TABLE spent (period TEXT NOT NULL, conversation TEXT NOT NULL, since REAL NOT NULL,
        total TEXT NOT NULL, PRIMARY KEY (period, conversation))""",
    f"CREATE TEMP TRIGGER spent_entered AFTER INSERT ON main.requests BEGIN {_COME} END",
    f"CREATE TEMP TRIGGER spent_settled AFTER UPDATE OF {_FIGURES} ON main.requests BEGIN {_GONE} {_COME} END",
    f"CREATE TEMP TRIGGER spent_removed AFTER DELETE ON main.requests BEGIN {_GONE} END",
)


def _keep_sums(db: sqlite3.Connection) -> None:
    """Begin to keep sums on this connection, where that was not done yet."""
    if db.execute("SELECT 1 FROM temp.sqlite_master WHERE name = 'spent_removed'").fetchone() is None:
        db.create_function("decimal_more", 2, _more, deterministic=True)
        db.create_function("decimal_less", 2, _less, deterministic=True)
        for statement in _SUMS:
            db.execute(statement)


def _more(total: str, amount: str | None) -> str:
    return format(Decimal(total) + (readable(amount) or 0), "f")


def _less(total: str, amount: str | None) -> str:
    return format(Decimal(total) - (readable(amount) or 0), "f")


# --- entries together ---------------------------------------------------------------------------


def where(db: sqlite3.Connection, wanted: Filter) -> tuple[str, list[Any]]:
    """The filter as a condition on `requests r`, with its values.

    Its columns have a plus, which keeps SQLite from their indexes: rows are found by `reach`, or by conversation.
    """
    conditions = ["r.practice = ?"]
    values: list[Any] = [wanted.practice]
    for condition, value in (
        ("+r.created >= ?", wanted.since or None),
        ("+r.created < ?", wanted.until if wanted.until != float("inf") else None),
        ("+r.model = ?", wanted.model or None),
        ("r.conversation_id = ?", wanted.conversation or None),
    ):
        if value is not None:
            conditions.append(condition)
            values.append(value)
    if text := wanted.text.strip().casefold():
        conditions.append(f"(+r.model IN {_LISTED} OR +r.conversation_id IN {_LISTED})")
        values += [json.dumps(found) for found in _meant(db, text, wanted.models)]
    if wanted.paid_only:
        conditions.append("r.kind = 'message'")
    return " AND ".join(conditions), values


def reach(db: sqlite3.Connection, wanted: Filter) -> Stretch:
    """Between which positions the requests of a filter's time are; of a conversation, anywhere: these are few."""
    if wanted.conversation:
        return 0, sys.maxsize
    query = "SELECT min(position), max(position) FROM requests WHERE created >= ? AND created < ?"
    if not wanted.since and wanted.until == float("inf"):
        query = "SELECT (SELECT min(position) FROM requests), (SELECT max(position) FROM requests), ?, ?"
    first, last, *_ = db.execute(query, (wanted.since, wanted.until)).fetchone()
    return (1, 0) if first is None else (first, last)


def within(wanted: Filter) -> str:
    """The condition for a stretch, made so that SQLite goes by position, or by conversation where one is asked for."""
    return "+r.position BETWEEN ? AND ?" if wanted.conversation else "r.position BETWEEN ? AND ?"


_LISTED: Final = "(SELECT value FROM json_each(?))"


def _meant(db: sqlite3.Connection, text: str, named: Sequence[str]) -> tuple[list[str], list[str]]:
    """Models and conversations that a text means: SQLite itself would tell É from é."""
    titles = db.execute("SELECT id, title FROM conversations WHERE deleted_at IS NULL")
    found = [conversation for conversation, title in titles if text in title.casefold()]
    return [model for model in models(db) if text in model.casefold() or model in named], found


def models(db: sqlite3.Connection) -> list[str]:
    """Ids of all models that were asked. It steps through the index, from each to the next: DISTINCT would read all."""
    query = """WITH RECURSIVE found(model) AS (SELECT min(model) FROM requests UNION ALL
        SELECT (SELECT min(model) FROM requests WHERE model > found.model) FROM found WHERE found.model IS NOT NULL)
        SELECT model FROM found WHERE model <> ''"""
    return [model for (model,) in db.execute(query)]


_COUNTED: Final = """sum(r.input_tokens + r.cache_write_5m + r.cache_write_1h + r.cache_read + r.output_tokens),
    decimal_sum(coalesce(r.cost, r.at_most)), sum(NOT r.exact OR r.cost IS NULL), decimal_sum(r.saved),
    sum(r.cost IS NULL AND r.at_most IS NULL), '', 0"""
_KEYS: Final = {
    "day": ("{day}, r.model, count(*), sum(r.pictures)", "{day}, r.model"),
    "conversation": ("r.conversation_id, '', count(*), sum(r.pictures)", "r.conversation_id"),
    "model": ("r.model, r.model, count(*), sum(r.pictures)", "r.model"),
    "picture": ("p.sha256, p.page, count(DISTINCT r.position), 1", "p.sha256, p.page"),
}
_OF_PICTURES: Final = """sum(p.tokens), decimal_sum(p.cost), sum(NOT r.exact OR p.cost IS NULL), '0',
    sum(p.cost IS NULL), r.conversation_id, max(r.position)"""


class Sums:
    """Adds up entries by day and model, by conversation, by model or by picture, one stretch after the other."""

    def __init__(self, by: By, wanted: Filter) -> None:
        self._by = by
        self._wanted = wanted
        self._where = ("", list[Any]())
        self._sums: dict[tuple[Any, str], _Sum] = {}

    def stretches(self, db: sqlite3.Connection) -> list[Stretch]:
        """Where the requests are that the filter can mean, in portions that take some milliseconds each."""
        self._where = where(db, self._wanted)
        if self._wanted.conversation:
            return [(0, sys.maxsize)]
        first, last = reach(db, self._wanted)
        return [(at, at + _STRETCH - 1) for at in range(first, last + 1, _STRETCH)]

    def read(self, db: sqlite3.Connection, stretch: Stretch) -> None:
        """Add what lies between two positions."""
        condition, values = self._where
        columns, keys = _KEYS[self._by]
        pictures = "JOIN request_pictures p ON p.request_id = r.id" if self._by == "picture" else ""
        condition, values = f"{condition} AND {within(self._wanted)}", [*values, *stretch]
        query = f"""SELECT {columns}, {_OF_PICTURES if pictures else _COUNTED} FROM requests r {pictures}
            WHERE {condition} GROUP BY {keys}"""  # noqa: S608
        if self._by == "day":
            query = query.replace("{day}", _day_of(*_span(db, self._wanted, stretch)))
        for key, model, *figures in db.execute(query, values):
            if pictures:
                key, model = thumbnail_key(key, model), ""  # noqa: PLW2901  # a document's page is a picture of its own
            self._sums.setdefault((key, model), _Sum()).add(*figures)

    def groups(self, db: sqlite3.Connection) -> list[Group]:
        """The latest day first, or the dearest."""
        titles: dict[str, str] = {}
        if self._by == "conversation":
            query = f"SELECT id, title FROM conversations WHERE deleted_at IS NULL AND id IN {_LISTED}"  # noqa: S608
            titles = dict(db.execute(query, (json.dumps([key for key, _ in self._sums]),)))
        groups = [
            summed.group(_iso(key) if self._by == "day" else key, titles.get(key, ""), model)
            for (key, model), summed in self._sums.items()
        ]
        if self._by == "day":
            return sorted(sorted(groups, key=lambda group: group.model), key=lambda group: group.key, reverse=True)
        return sorted(groups, key=lambda group: (-group.cost, -group.tokens, group.key))


@dataclass(slots=True)
class _Sum:
    requests: int = 0
    pictures: int = 0
    tokens: int = 0
    cost: Decimal = field(default_factory=Decimal)
    inexact: int = 0
    saved: Decimal = field(default_factory=Decimal)
    unpriced: int = 0
    latest: tuple[int, str] = (-1, "")

    def add(
        self,
        requests: int,
        pictures: int,
        tokens: int,
        cost: str,
        inexact: int,
        saved: str,
        unpriced: int,
        conversation: str,
        position: int,
    ) -> None:
        self.requests += requests
        self.pictures = pictures if conversation else self.pictures + pictures
        self.tokens += tokens
        self.cost += Decimal(cost)
        self.inexact += inexact
        self.saved += Decimal(saved)
        self.unpriced += unpriced
        self.latest = max(self.latest, (position, conversation))

    def group(self, key: str, name: str, model: str) -> Group:
        return Group(
            key, name, model, self.requests, self.pictures, self.tokens, self.cost, not self.inexact, self.saved,
            self.unpriced, self.latest[1],
        )  # fmt: skip


def of_conversation(db: sqlite3.Connection, conversation: str) -> Group:
    """All of a conversation but practice. What is under way counts as what it will probably cost, not as the most."""
    query = """SELECT count(*), sum(pictures),
        sum(input_tokens + cache_write_5m + cache_write_1h + cache_read + output_tokens),
        decimal_sum(coalesce(cost, iif(state = 'sent', coalesce(ahead, at_most), at_most))),
        sum(NOT exact OR cost IS NULL), decimal_sum(saved), sum(cost IS NULL AND at_most IS NULL), '', 0
        FROM requests WHERE practice = 0 AND conversation_id = ?"""
    summed = _Sum()
    figures = db.execute(query, (conversation,)).fetchone()
    if figures[0]:
        summed.add(*figures)
    return summed.group(conversation, "", "")


# --- days ---------------------------------------------------------------------------------------


def _iso(day: int) -> str:
    return (_EPOCH + timedelta(day)).isoformat()


def _span(db: sqlite3.Connection, wanted: Filter, stretch: Stretch) -> tuple[float, float]:
    """When the first and the last request of a stretch were made."""
    query = "SELECT min(created), max(created) FROM requests WHERE "
    if wanted.conversation:
        found = db.execute(query + "conversation_id = ?", (wanted.conversation,))
    else:
        found = db.execute(query + "position BETWEEN ? AND ?", stretch)
    first, last = found.fetchone()
    return first or 0.0, last or 0.0


def _day_of(first: float, last: float) -> str:
    """SQL for the person's own day of `r.created`, in days since the epoch, between two moments.

    Asking SQLite for the local time of every row would take most of the time.
    """
    *changes, (_, offset) = reversed(list(_offsets(first, last)))
    branches = "".join(f" WHEN r.created >= {moment} THEN {seconds}" for moment, seconds in changes)
    local = f"r.created + CASE{branches} ELSE {offset} END" if branches else f"r.created + {offset}"
    return f"CAST(({local}) / {_DAY}.0 AS INTEGER)"


def _offsets(first: float, last: float) -> Iterator[tuple[int, int]]:
    """The moments from which the clock is so many seconds ahead of UTC; the first is `first`."""
    moment, end = int(first), int(last) + 1
    offset = _offset(moment)
    yield moment, offset
    while moment < end:
        later = min(moment + _DAY, end)
        if _offset(later) != offset:
            while later - moment > 1:
                middle = (moment + later) // 2
                moment, later = (middle, later) if _offset(middle) == offset else (moment, middle)
            offset = _offset(later)
            yield later, offset
        moment = later


def _offset(moment: int) -> int:
    return time.localtime(moment).tm_gmtoff
