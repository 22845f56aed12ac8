"""The rows of the ledger, for the store's thread: entering, settling, asking. See `app.core.ledger`."""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Final

from app.core.errors import CapReached
from app.core.ledger_sums import reach, spent, where, within
from app.core.ledger_types import Call, Caps, Entry, Filter, Outcome, Period, Picture
from app.core.message import Usage, parts_of
from app.core.schema import readable, transaction


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
    with transaction(db):
        if db.execute("SELECT 1 FROM requests WHERE id = ?", (entry_id,)).fetchone() is not None:
            return  # another process asks again when the answer comes too late
        check(db, call, caps, now)
        _insert(db, entry_id, call, now)


def _insert(db: sqlite3.Connection, entry_id: str, call: Call, now: float) -> None:
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


def withdraw(db: sqlite3.Connection, entry_id: str) -> None:
    db.execute("DELETE FROM requests WHERE id = ? AND (state = 'sent' OR cost IS NULL)", (entry_id,))


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
            "INSERT INTO request_pictures (request_id, number, sha256, page, tokens, cost) VALUES (?, ?, ?, ?, ?, ?)",
            [(entry_id, p.number, p.sha256, p.page, p.tokens, _text(p.cost)) for p in outcome.pictures if p.sha256],
        )


def unsettled(db: sqlite3.Connection, before: float) -> list[tuple[str, Call]]:
    query = f"{_ENTRY} WHERE r.state = 'sent' AND r.created < ?"
    return [(entry.id, entry.call) for entry in map(_entry, db.execute(query, (before,)))]


_ENTRY: Final = """SELECT r.position, r.id, r.created, r.seconds, r.kind, r.state, r.practice, r.server, r.model,
    r.conversation_id, r.message_id, r.ahead, r.at_most, r.cost, r.exact, r.saved, r.input_tokens, r.cache_write_5m,
    r.cache_write_1h, r.cache_read, r.output_tokens, r.thinking_tokens, r.pictures, coalesce(c.title, '')
    FROM requests r LEFT JOIN conversations c ON c.id = r.conversation_id AND c.deleted_at IS NULL """


def entries(db: sqlite3.Connection, wanted: Filter, limit: int, offset: int) -> list[Entry]:
    found = entries_at(db, positions(db, wanted, limit, offset))
    return [found[position] for position in sorted(found, reverse=True)]


def positions(db: sqlite3.Connection, wanted: Filter, limit: int = -1, offset: int = 0) -> array[int]:
    condition, values = where(db, wanted)
    query = f"""SELECT position FROM requests r WHERE {condition} AND {within(wanted)}
        ORDER BY position DESC LIMIT ? OFFSET ?"""  # noqa: S608
    found = db.execute(query, [*values, *reach(db, wanted), limit, offset])
    return array("q", (position for (position,) in found))


def entries_at(db: sqlite3.Connection, wanted: Sequence[int]) -> dict[int, Entry]:
    query = f"{_ENTRY} WHERE r.position IN (SELECT value FROM json_each(?))"  # noqa: S608
    found = db.execute(query, (json.dumps(list(wanted)),))
    return {row[0]: _entry(row) for row in found}


def _entry(row: Sequence[Any]) -> Entry:
    (_, id_, created, seconds, kind, state, practice, server, model, conversation, message, ahead, at_most, cost, exact,
     saved, fresh, written_5m, written_1h, read, output, thinking, pictures, title) = row  # fmt: skip
    usage = Usage(fresh, written_5m, written_1h, read, output, thinking)
    call = Call(kind, server, model, conversation, message, readable(ahead), readable(at_most), bool(practice))
    outcome = Outcome(state, seconds, usage, readable(cost), bool(exact), readable(saved))
    return Entry(id_, created, call, outcome, title, pictures)


def pictures(db: sqlite3.Connection, wanted: Iterable[tuple[str, str]]) -> dict[str, Picture]:
    query = """SELECT json_extract(b.value, '$.image.name')
        FROM conversations c JOIN messages m ON m.conversation_id = c.id, json_each(m.content) b
        WHERE c.id = ? AND c.deleted_at IS NULL AND m.role = 'user' AND instr(m.content, ?) AND json_valid(m.content)
            AND json_extract(b.value, '$.image.original') = ?
            AND coalesce(json_extract(b.value, '$.image.page'), 0) = ? ORDER BY m.position DESC LIMIT 1"""
    found = {}
    for key, conversation in wanted:
        sha256, page = parts_of(key)
        if (row := db.execute(query, (conversation, sha256, sha256, page)).fetchone()) is not None:
            found[key] = Picture(str(row[0] or ""), key)
    return found


def outputs(db: sqlite3.Connection, model: str, count: int, *, practice: bool) -> list[int]:
    query = """SELECT output_tokens FROM requests WHERE model = ? AND practice = ? AND kind = 'message'
        AND state = 'complete' AND output_tokens > 0 ORDER BY created DESC LIMIT ?"""
    return [output for (output,) in db.execute(query, (model, practice, count))]


def estimates(db: sqlite3.Connection, count: int) -> list[tuple[Decimal, Decimal]]:
    query = """SELECT ahead, cost FROM requests WHERE practice = 0 AND kind = 'message' AND state = 'complete'
        AND exact = 1 AND ahead IS NOT NULL AND cost IS NOT NULL ORDER BY created DESC LIMIT ?"""
    found = ((readable(ahead), readable(cost)) for ahead, cost in db.execute(query, (count,)))
    return [(ahead, cost) for ahead, cost in found if ahead is not None and cost is not None]


def text(amount: Decimal) -> str:
    """The amount as the database keeps it, never as "1E-7"."""
    return format(amount, "f")


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else text(amount)
