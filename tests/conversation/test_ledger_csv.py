"""The ledger as CSV: exact, whole or not at all, and never a formula."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.conversation.ledger_csv import lines, save
from app.core.errors import StoreFull
from app.core.ledger import By, Call, Caps, Filter, Ledger, Outcome, PictureShare
from app.core.message import Message, Usage
from app.core.rows import Conversation
from app.core.store import Store
from tests.core.test_store import picture
from tests.stored import add_conversation

_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "data")
    yield opened
    opened.close()


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return Ledger(store)


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as threads:
        yield threads


def read(path: Path) -> list[dict[str, str]]:
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\n") == data.count(b"\r\n")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


async def _fill(store: Store, ledger: Ledger) -> None:
    await add_conversation(store, Conversation("c", title='=HYPERLINK("http://evil", "Roofs, and more")'))
    await store.add_message("c", Message("user", (picture(1, "a" * 64),), id="q"))
    call = Call("message", "api.example", "own", "c", "m", Decimal("0.0000001"), Decimal("0.5"))
    await ledger.enter("r0", call, Caps())
    shares = (PictureShare(1, "a" * 64, 2691, Decimal("0.004")), PictureShare(2, "b" * 64, 9, Decimal("0.001"), 7))
    outcome = Outcome(
        "stopped", 2.5, Usage(1, 2, 3, 4, 5, 2), Decimal("0.00000003"), False, Decimal("-0.02"), shares
    )  # fmt: skip
    await ledger.settle("r0", outcome)
    await ledger.enter("r1", Call("models", "api.example"), Caps())


async def test_every_request_is_a_line_with_exact_figures(
    store: Store, ledger: Ledger, threads: ThreadPoolExecutor, tmp_path: Path
) -> None:
    await _fill(store, ledger)
    path = tmp_path / "out.csv"
    await save(ledger, None, Filter(), path, threads)
    free, asked = read(path)
    entry = (await ledger.entries(Filter()))[1]
    assert datetime.fromisoformat(asked["time"]).timestamp() == int(entry.created)
    assert datetime.fromisoformat(asked["time"]).tzinfo is not None
    del asked["time"]
    assert asked == {
        "kind": "message",
        "state": "stopped",
        "practice": "no",
        "server": "api.example",
        "model": "own",
        "conversation": '\'=HYPERLINK("http://evil", "Roofs, and more")',
        "conversation_id": "c",
        "pictures": "2",
        "input_tokens": "1",
        "cache_write_5m_tokens": "2",
        "cache_write_1h_tokens": "3",
        "cache_read_tokens": "4",
        "output_tokens": "5",
        "thinking_tokens": "2",
        "estimate_usd": "0.0000001",
        "at_most_usd": "0.5",
        "cost_usd": "0.00000003",
        "exact": "no",
        "saved_by_caching_usd": "-0.02",
        "seconds": "2.500",
        "id": "r0",
    }
    assert (free["kind"], free["state"], free["cost_usd"], free["exact"]) == ("models", "sent", "", "no")


@pytest.mark.parametrize(
    ("by", "first"),
    [
        ("day", {"model": "own", "requests": "1", "cost_usd": "0.00000003"}),
        ("conversation", {"conversation_id": "c", "saved_by_caching_usd": "-0.02", "exact": "no"}),
        ("model", {"model": "own", "tokens": "15", "without_price": "0"}),
        (
            "picture",
            {"picture": "Überblick 📈.png", "sha256": "a" * 64, "page": "", "tokens": "2691", "cost_usd": "0.004"},
        ),
    ],
)
async def test_what_is_together_is_a_line(
    by: By, first: dict[str, str], store: Store, ledger: Ledger, threads: ThreadPoolExecutor, tmp_path: Path
) -> None:
    await _fill(store, ledger)
    await save(ledger, by, Filter(model="own"), tmp_path / "out.csv", threads)
    line, *others = read(tmp_path / "out.csv")
    assert line.items() >= first.items()
    pages = [(other["sha256"], other["page"]) for other in others]
    assert pages == ([("b" * 64, "7")] if by == "picture" else [])


async def test_many_requests_are_all_there_in_order(
    ledger: Ledger, threads: ThreadPoolExecutor, tmp_path: Path
) -> None:
    await asyncio.gather(*(ledger.enter(f"r{n}", Call("message"), Caps()) for n in range(2100)))
    await save(ledger, None, Filter(), tmp_path / "out.csv", threads)
    assert [line["id"] for line in read(tmp_path / "out.csv")] == [f"r{n}" for n in range(2099, -1, -1)]


async def test_what_cannot_be_written_leaves_what_was_there(
    ledger: Ledger, threads: ThreadPoolExecutor, tmp_path: Path
) -> None:
    path = tmp_path / "out.csv"
    path.write_text("as it was")
    path.with_name("folder").mkdir()
    with pytest.raises(StoreFull):
        await save(ledger, None, Filter(), tmp_path / "folder", threads)
    with pytest.raises(StoreFull):
        await save(ledger, None, Filter(), tmp_path / "no" / "out.csv", threads)
    assert path.read_text() == "as it was"
    assert names(tmp_path) == ["data", "folder", "out.csv"]
    await save(ledger, None, Filter(), path, threads)
    assert read(path) == []


@given(st.lists(st.lists(st.text(), min_size=2, max_size=4), min_size=1, max_size=4))
def test_any_text_comes_back_and_none_is_a_formula(rows: list[list[str]]) -> None:
    back = list(csv.reader(io.StringIO(lines(rows), newline="")))
    assert len(back) == len(rows)
    for written, found in zip(rows, back, strict=True):
        for text, cell in zip(written, found, strict=True):
            assert cell in {text, f"'{text}"}
            assert not cell.lstrip(" ").startswith(_FORMULA)


def test_figures_are_no_formulas() -> None:
    assert lines([[Decimal("-0.5"), Decimal("1E-9"), -3, None]]) == "-0.5,0.000000001,-3,\r\n"
