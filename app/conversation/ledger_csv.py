"""The ledger as CSV for spreadsheets and scripts: exact decimals, ISO times, one line a request or a group.

RFC 4180, in UTF-8 with the mark by which spreadsheets know it. The headings are never translated, so that scripts can
rely on them. Foreign text that a spreadsheet would take for a formula gets an apostrophe in front.
"""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

from app.core import private
from app.core.errors import StoreFull
from app.core.ledger import By, Entry, Filter, Group, Ledger
from app.core.message import Usage, parts_of

Cell = str | int | Decimal | None

_MARK: Final = "\ufeff"
_PAGE: Final = 2000
_FORMULA: Final = frozenset("=+-@\t\r\n＝＋－＠")
"""What a formula begins with, here or there (OWASP, "CSV Injection")."""

_REQUEST: Final = (
    "time", "kind", "state", "practice", "server", "model", "conversation", "conversation_id", "pictures",
    "input_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "cache_read_tokens", "output_tokens",
    "thinking_tokens", "estimate_usd", "at_most_usd", "cost_usd", "exact", "saved_by_caching_usd", "seconds", "id",
)  # fmt: skip
_SUMS: Final = ("requests", "pictures", "tokens", "cost_usd", "exact", "without_price", "saved_by_caching_usd")
_KEYS: Final[dict[By, tuple[str, ...]]] = {
    "day": ("day", "model"),
    "conversation": ("conversation", "conversation_id"),
    "model": ("model",),
    "picture": ("picture", "sha256", "page"),
}


async def save(ledger: Ledger, by: By | None, wanted: Filter, path: Path, threads: Executor) -> None:
    """Write what a filter means to a file: requests together `by` something, or every one.

    The file is whole, or stays as it was. Raises StoreFull where it cannot be written, and StoreError.
    """
    texts = await (_groups(ledger, by, wanted) if by else _requests(ledger, wanted))
    await asyncio.wrap_future(threads.submit(_write, path, texts))


def _write(path: Path, texts: Sequence[str]) -> None:
    try:
        private.replace(path, (_MARK + "".join(texts)).encode("utf-8", "replace"))
    except OSError as error:
        raise StoreFull(str(path)) from error


async def _requests(ledger: Ledger, wanted: Filter) -> list[str]:
    positions = await ledger.positions(wanted)
    texts = [lines([_REQUEST])]
    for at in range(0, len(positions), _PAGE):
        entries = await ledger.entries_at(positions[at : at + _PAGE])
        texts.append(lines(_request(entries[place]) for place in positions[at : at + _PAGE] if place in entries))
    return texts


async def _groups(ledger: Ledger, by: By, wanted: Filter) -> list[str]:
    groups = await ledger.grouped(by, wanted)
    names = {key: picture.name for key, picture in (await ledger.pictures(groups)).items()} if by == "picture" else {}
    heading = [(*_KEYS[by], *_SUMS)]
    return [lines(heading), lines([*_key(by, group, names.get(group.key, "")), *_sums(group)] for group in groups)]


def _request(entry: Entry) -> list[Cell]:
    call, outcome = entry.call, entry.outcome
    usage = outcome.usage or Usage()
    return [
        datetime.fromtimestamp(entry.created, UTC).astimezone().isoformat(timespec="seconds"),
        call.kind,
        outcome.state,
        _word(call.practice),
        call.server,
        call.model,
        entry.title,
        call.conversation,
        entry.pictures,
        usage.input_tokens,
        usage.cache_write_5m,
        usage.cache_write_1h,
        usage.cache_read,
        usage.output_tokens,
        usage.thinking_tokens,
        call.ahead,
        call.at_most,
        outcome.cost,
        _word(outcome.exact and outcome.cost is not None),
        outcome.saved,
        Decimal(f"{outcome.seconds:.3f}"),
        entry.id,
    ]


def _key(by: By, group: Group, name: str) -> list[Cell]:
    match by:
        case "day":
            return [group.key, group.model]
        case "conversation":
            return [group.name, group.key]
        case "model":
            return [group.key]
        case "picture":
            sha256, page = parts_of(group.key)
            return [name, sha256, page or None]


def _sums(group: Group) -> list[Cell]:
    whole = (group.requests, group.pictures, group.tokens)
    return [*whole, group.cost, _word(group.exact), group.unpriced, group.saved]


def _word(holds: bool) -> str:
    return "yes" if holds else "no"


def lines(rows: Iterable[Sequence[Cell]]) -> str:
    """Rows as CSV."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([_cell(cell) for cell in row] for row in rows)
    return text.getvalue()


def _cell(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case Decimal():
            return format(cell, "f")
        case int():
            return str(cell)
    return f"'{cell}" if cell.lstrip(" ")[:1] in _FORMULA and cell.strip(" ") else cell
