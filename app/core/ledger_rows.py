"""The rows of the ledger, for the store's thread: entering, settling, asking. See `app.core.ledger`."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from app.core.errors import CapReached
from app.core.ledger_types import Call, Caps, Entry, Filter, Group, Outcome, Period
from app.core.message import Usage
from app.core.schema import transaction


def begins(period: Period, now: float) -> float:
    """When the present day or month began, in seconds since the epoch; 0 for a conversation."""
    today = datetime.fromtimestamp(now).replace(hour=0, minute=0, second=0, microsecond=0)  # noqa: DTZ006  # local days
    match period:
        case "day":
            return today.timestamp()
        case "month":
            return today.replace(day=1).timestamp()
    return 0.0


def spent(db: sqlite3.Connection, period: Period, conversation: str, now: float) -> Decimal:
    query = "SELECT decimal_sum(coalesce(cost, at_most)) FROM requests WHERE practice = 0 AND created >= ?"
    values: list[Any] = [begins(period, now)]
    if period == "conversation":
        query += " AND conversation_id = ?"
        values.append(conversation)
    [total] = db.execute(query, values).fetchone()
    return Decimal(total or 0)


def check(db: sqlite3.Connection, call: Call, caps: Caps, now: float) -> None:
    if call.practice or call.at_most == 0:
        return
    periods: tuple[Period, ...] = ("conversation", "day", "month")
    for period in periods:
        limit: Decimal | None = getattr(caps, period)
        if limit is None:
            continue
        already = spent(db, period, call.conversation, now)
        if call.at_most is None or already + call.at_most > limit:
            raise CapReached(period, text(limit), text(already), _text(call.at_most) or "")


def enter(db: sqlite3.Connection, entry_id: str, call: Call, caps: Caps, now: float) -> None:
    check(db, call, caps, now)
    db.execute(
        """INSERT INTO requests (id, created, seconds, kind, state, practice, server, model, conversation_id,
            message_id, ahead, at_most, cost, exact, saved, input_tokens, cache_write_5m, cache_write_1h, cache_read,
            output_tokens, thinking_tokens, pictures)
            VALUES (?, ?, 0, ?, 'sent', ?, ?, ?, ?, ?, ?, ?, NULL, 0, NULL, 0, 0, 0, 0, 0, 0, 0)""",
        (
            entry_id,
            now,
            call.kind,
            call.practice,
            call.server,
            call.model,
            call.conversation,
            call.message,
            _text(call.ahead),
            _text(call.at_most),
        ),
    )


def settle(db: sqlite3.Connection, entry_id: str, outcome: Outcome) -> None:
    usage = outcome.usage or Usage()
    with transaction(db):
        db.execute(
            """UPDATE requests SET seconds = ?, state = ?, cost = ?, exact = ?, saved = ?, input_tokens = ?,
                cache_write_5m = ?, cache_write_1h = ?, cache_read = ?, output_tokens = ?, thinking_tokens = ?,
                pictures = ? WHERE id = ?""",
            (
                outcome.seconds,
                outcome.state,
                _text(outcome.cost),
                outcome.exact,
                _text(outcome.saved),
                usage.input_tokens,
                usage.cache_write_5m,
                usage.cache_write_1h,
                usage.cache_read,
                usage.output_tokens,
                usage.thinking_tokens,
                len({share.number for share in outcome.pictures}),
                entry_id,
            ),
        )
        db.execute("DELETE FROM request_pictures WHERE request_id = ?", (entry_id,))
        db.executemany(
            "INSERT INTO request_pictures (request_id, number, sha256, tokens, cost) VALUES (?, ?, ?, ?, ?)",
            [(entry_id, p.number, p.sha256, p.tokens, _text(p.cost)) for p in outcome.pictures],
        )


def settle_answer(db: sqlite3.Connection, message_id: str, outcome: Outcome) -> None:
    query = "SELECT id FROM requests WHERE message_id = ? AND state = 'sent' ORDER BY position DESC LIMIT 1"
    if (row := db.execute(query, (message_id,)).fetchone()) is not None:
        settle(db, row[0], outcome)


_ENTRY: Final = """SELECT r.id, r.created, r.seconds, r.kind, r.state, r.practice, r.server, r.model,
    r.conversation_id, r.message_id, r.ahead, r.at_most, r.cost, r.exact, r.saved, r.input_tokens, r.cache_write_5m,
    r.cache_write_1h, r.cache_read, r.output_tokens, r.thinking_tokens, r.pictures, coalesce(c.title, '')
    FROM requests r LEFT JOIN conversations c ON c.id = r.conversation_id AND c.deleted_at IS NULL """


def entries(db: sqlite3.Connection, wanted: Filter, limit: int, offset: int) -> list[Entry]:
    where, values = _where(wanted)
    query = f"{_ENTRY} WHERE {where} ORDER BY r.position DESC LIMIT ? OFFSET ?"
    return [_entry(row) for row in db.execute(query, [*values, limit, offset])]


def _entry(row: Sequence[Any]) -> Entry:
    (id_, created, seconds, kind, state, practice, server, model, conversation, message, ahead, at_most, cost, exact,
     saved, fresh, written_5m, written_1h, read, output, thinking, pictures, title) = row  # fmt: skip
    usage = Usage(fresh, written_5m, written_1h, read, output, thinking)
    call = Call(kind, server, model, conversation, message, _amount(ahead), _amount(at_most), bool(practice))
    outcome = Outcome(state, seconds, usage, _amount(cost), bool(exact), _amount(saved))
    return Entry(id_, created, call, outcome, title, pictures)


_DAY: Final = "date(r.created, 'unixepoch', 'localtime')"
_SUMS: Final = """count(*), sum(r.pictures), sum(r.input_tokens + r.cache_write_5m + r.cache_write_1h + r.cache_read
    + r.output_tokens), decimal_sum(coalesce(r.cost, r.at_most)), min(r.exact), decimal_sum(r.saved)"""
_GROUPS: Final = {
    "day": (f"{_DAY}, '', r.model, {_SUMS}", f"GROUP BY {_DAY}, r.model ORDER BY 1 DESC, r.model"),
    "conversation": (f"r.conversation_id, coalesce(c.title, ''), '', {_SUMS}", "GROUP BY r.conversation_id"),
    "model": (f"r.model, '', r.model, {_SUMS}", "GROUP BY r.model"),
    "picture": (
        "p.sha256, '', '', count(DISTINCT r.id), 1, sum(p.tokens), decimal_sum(p.cost), min(r.exact), '0'",
        "GROUP BY p.sha256",
    ),
}


def grouped(db: sqlite3.Connection, by: str, wanted: Filter) -> list[Group]:
    where, values = _where(wanted)
    columns, rest = _GROUPS[by]
    pictures = "JOIN request_pictures p ON p.request_id = r.id" if by == "picture" else ""
    conversations = "LEFT JOIN conversations c ON c.id = r.conversation_id AND c.deleted_at IS NULL"
    query = f"SELECT {columns} FROM requests r {pictures} {conversations} WHERE {where} {rest}"  # noqa: S608
    groups = [
        Group(
            key, name, model, requests, pictures or 0, tokens or 0, Decimal(cost or 0), bool(exact), Decimal(saved or 0)
        )
        for key, name, model, requests, pictures, tokens, cost, exact, saved in db.execute(query, values)
    ]
    return groups if by == "day" else sorted(groups, key=lambda group: group.cost, reverse=True)


def _where(wanted: Filter) -> tuple[str, list[Any]]:
    conditions = ["r.practice = ?", "r.created >= ?", "r.created < ?"]
    values: list[Any] = [wanted.practice, wanted.since, wanted.until]
    for column, value in (("r.model", wanted.model), ("r.conversation_id", wanted.conversation)):
        if value:
            conditions.append(f"{column} = ?")
            values.append(value)
    if wanted.text:
        conditions.append("(instr(lower(coalesce(c.title, '')), lower(?)) OR instr(lower(r.model), lower(?)))")
        values += [wanted.text, wanted.text]
    if wanted.paid_only:
        conditions.append("r.kind = 'message'")
    return " AND ".join(conditions), values


def outputs(db: sqlite3.Connection, model: str, count: int, *, practice: bool) -> list[int]:
    query = """SELECT output_tokens FROM requests WHERE model = ? AND practice = ? AND kind = 'message'
        AND state = 'complete' AND output_tokens > 0 ORDER BY created DESC LIMIT ?"""
    return [output for (output,) in db.execute(query, (model, practice, count))]


def estimates(db: sqlite3.Connection, count: int) -> list[tuple[Decimal, Decimal]]:
    query = """SELECT ahead, cost FROM requests WHERE practice = 0 AND kind = 'message' AND state = 'complete'
        AND exact = 1 AND ahead IS NOT NULL AND cost IS NOT NULL ORDER BY created DESC LIMIT ?"""
    return [(Decimal(ahead), Decimal(cost)) for ahead, cost in db.execute(query, (count,))]


def text(amount: Decimal) -> str:
    """The amount as the database keeps it, never as "1E-7"."""
    return format(amount, "f")


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else text(amount)


def _amount(stored: str | None) -> Decimal | None:
    return None if stored is None else Decimal(stored)
