"""The ledger: what is entered is found again, sums are exact, days and months are the person's own."""

from __future__ import annotations

import os
import random
import sqlite3
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.core import ledger_rows, ledger_sums
from app.core.filing import Filing
from app.core.ledger import By, Call, Caps, Entry, Filter, Group, Ledger, Outcome, PictureShare
from app.core.message import Message, TextBlock, Usage
from app.core.rows import Conversation
from app.core.store import Store
from tests.core.test_store import picture, sql
from tests.stored import add_conversation

Made = Callable[..., None]
Zone = Callable[[str], ZoneInfo]
NOON = datetime(2026, 11, 21, 12, tzinfo=ZoneInfo("UTC")).timestamp()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return Ledger(store)


@pytest.fixture
def zone() -> Iterator[Zone]:
    """Move the person elsewhere."""
    before = os.environ.get("TZ")

    def move(name: str) -> ZoneInfo:
        os.environ["TZ"] = name
        time.tzset()
        return ZoneInfo(name)

    yield move
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


@pytest.fixture
def made(store: Store) -> Made:
    """A request of some moment, from its entry to its end."""
    numbers = iter(range(1_000_000))

    def make(
        created: float = NOON,
        cost: str | None = "0.01",
        *,
        model: str = "claude-sonnet-5-5",
        conversation: str = "c",
        at_most: str | None = "0.5",
        settled: bool = True,
        kind: str = "message",
        exact: bool = True,
        practice: bool = False,
        saved: str | None = None,
        tokens: int = 7,
        pictures: tuple[PictureShare, ...] = (),
    ) -> None:
        limit = None if at_most is None else Decimal(at_most)
        call = Call(kind, "api.example", model, conversation, "a", limit, limit, practice)  # type: ignore[arg-type]
        outcome = Outcome(
            "complete",
            1.5,
            Usage(tokens),
            None if cost is None else Decimal(cost),
            exact,
            None if saved is None else Decimal(saved),
            pictures,
        )
        entry = f"r{next(numbers)}"
        store._submit(lambda db: ledger_rows.enter(db, entry, call, Caps(), created)).result()
        if settled:
            store._submit(lambda db: ledger_rows.settle(db, entry, outcome)).result()

    return make


def only(groups: list[Group]) -> Group:
    [group] = groups
    return group


async def test_an_entry_comes_back_as_it_was_written(ledger: Ledger, store: Store) -> None:
    await add_conversation(store, Conversation("c", title="Roofs"))
    call = Call("message", "api.example", "m", "c", "a", Decimal("0.0000001"), Decimal("1E-7"))
    outcome = Outcome(
        "stopped", 2.5, Usage(1, 2, 3, 4, 5, 2), Decimal("0.00000003"), False, Decimal("-0.02"),
        (PictureShare(1, "e" * 64, 9, None), PictureShare(1, "e" * 64, 8, None), PictureShare(2, "f" * 64, 7, None)),
    )  # fmt: skip
    await ledger.enter("r", call, Caps())
    await ledger.settle("r", outcome)
    [entry] = await ledger.entries(Filter())
    assert (entry.id, entry.call, entry.title, entry.pictures) == ("r", call, "Roofs", 2)
    assert entry.outcome == replace(outcome, pictures=())
    assert sql(store, "SELECT ahead, at_most, cost FROM requests") == ("0.0000001", "0.0000001", "0.00000003")


async def test_settling_anew_replaces_the_pictures(ledger: Ledger) -> None:
    await ledger.enter("r", Call("message"), Caps())
    for number in (1, 2):
        share = PictureShare(number, f"{number}" * 64, 10, Decimal("0.1"))
        await ledger.settle("r", Outcome("complete", pictures=(share,)))
    assert [group.key for group in await ledger.grouped("picture", Filter())] == ["2" * 64]


async def test_what_was_entered_before_and_never_settled_is_found(ledger: Ledger) -> None:
    for entry in ("r", "s"):
        await ledger.enter(entry, Call("message", message="a", at_most=Decimal(1)), Caps())
    await ledger.settle("s", Outcome("complete", cost=Decimal("0.5")))
    assert await ledger.unsettled(before=0) == []
    assert await ledger.unsettled(before=time.time() + 1) == [("r", Call("message", message="a", at_most=Decimal(1)))]


async def test_what_was_withdrawn_is_gone_and_what_was_settled_stays(ledger: Ledger) -> None:
    for entry in ("r", "s"):
        await ledger.enter(entry, Call("message", at_most=Decimal(1)), Caps())
    await ledger.settle("s", Outcome("complete", cost=Decimal("0.5")))
    assert await ledger.spent("day") == Decimal("1.5")
    for entry in ("r", "s"):
        await ledger.withdraw(entry)
    assert [entry.id for entry in await ledger.entries(Filter())] == ["s"]
    assert await ledger.spent("day") == Decimal("0.5")


# --- what is spent ---


async def test_sums_follow_every_change(ledger: Ledger, made: Made) -> None:
    now = time.time()
    assert await ledger.spent("month") == 0
    made(now, "0.1")
    made(now, None, settled=False, at_most="0.2")
    made(now, None, at_most="0.4")
    made(now, "9", practice=True)
    made(now - 40 * 86_400, "70")
    assert await ledger.spent("month") == await ledger.spent("day") == Decimal("0.7")
    assert await ledger.spent("conversation", "c") == Decimal("70.7")
    made(now, "0.01", conversation="d")
    assert await ledger.spent("conversation", "c") == Decimal("70.7")
    assert await ledger.spent("month") == Decimal("0.71")
    await ledger.settle("r1", Outcome("complete", cost=Decimal("0.05")))
    assert await ledger.spent("month") == Decimal("0.56")


async def test_sums_are_undone_with_what_they_count(ledger: Ledger, store: Store, made: Made) -> None:
    made(time.time(), "0.1")
    assert await ledger.spent("day") == Decimal("0.1")
    sql(store, "CREATE TEMP TRIGGER full AFTER INSERT ON main.requests BEGIN SELECT RAISE(ROLLBACK, 'full'); END")
    with pytest.raises(Exception, match="full"):
        made(time.time(), "0.1")
    assert await ledger.spent("day") == Decimal("0.1")


async def test_another_ledger_of_the_same_store_knows_the_same_sums(store: Store, made: Made) -> None:
    assert await Ledger(store).spent("day") == 0
    made(time.time(), "0.1")
    other = Ledger(store)
    assert await other.spent("day") == Decimal("0.1")
    await other.enter("r", Call("message", at_most=Decimal("0.3")), Caps())
    assert await Ledger(store).spent("day") == Decimal("0.4")


async def test_sums_are_exact_where_floats_are_not(ledger: Ledger, made: Made) -> None:
    for _ in range(10):
        made(time.time(), "0.1")
    made(time.time(), "0.0000000000000000001")
    assert await ledger.spent("day") == Decimal("1.0000000000000000001")


@pytest.mark.parametrize(
    ("where", "now", "day", "month"),
    [
        ("UTC", "2026-11-21 12:00", "2026-11-21 00:00", "2026-11-01 00:00"),
        ("Pacific/Auckland", "2026-04-05 23:59", "2026-04-05 00:00", "2026-04-01 00:00"),
        ("Asia/Kathmandu", "2026-03-01 00:00", "2026-03-01 00:00", "2026-03-01 00:00"),
        ("America/New_York", "2026-11-01 23:30", "2026-11-01 00:00", "2026-11-01 00:00"),
        # Clocks go forward at midnight: the day begins at one o'clock.
        ("Africa/Cairo", "2026-04-24 12:00", "2026-04-24 01:00", "2026-04-01 00:00"),
        # Clocks go back at one o'clock to midnight: the day begins at the first of its two midnights.
        ("America/Havana", "2026-11-01 00:30 again", "2026-11-01 00:00", "2026-11-01 00:00"),
    ],
)
def test_days_and_months_begin_with_the_persons_own(where: str, now: str, day: str, month: str, zone: Zone) -> None:
    place = zone(where)
    moment = _moment(now, place)
    assert ledger_sums.begins("day", moment) == _moment(day, place)
    assert ledger_sums.begins("month", moment) == _moment(month, place)
    assert ledger_sums.begins("conversation", moment) == 0


def _day(moment: float, place: ZoneInfo | None = None) -> str:
    return datetime.fromtimestamp(moment, place).astimezone(place).date().isoformat()


def _moment(words: str, place: ZoneInfo) -> float:
    fold = int(words.endswith(" again"))
    return datetime.fromisoformat(words.removesuffix(" again")).replace(tzinfo=place, fold=fold).timestamp()


async def test_a_new_month_begins_with_nothing_spent(ledger: Ledger, made: Made, zone: Zone) -> None:
    berlin = zone("Europe/Berlin")
    before, after = _moment("2026-10-31 23:59:59", berlin), _moment("2026-11-01 00:00", berlin)
    made(before, "0.1")
    made(after, "0.2")
    assert await ledger.spent("month", now=before) == Decimal("0.3")
    assert await ledger.spent("month", now=after) == await ledger.spent("day", now=after) == Decimal("0.2")


# --- together ---


@pytest.mark.parametrize("where", ["Europe/Berlin", "America/Havana", "Asia/Kathmandu", "Australia/Lord_Howe"])
async def test_days_are_the_persons_own_over_a_year_of_changing_clocks(
    where: str, ledger: Ledger, store: Store, zone: Zone
) -> None:
    place = zone(where)
    first = datetime(2026, 1, 1, tzinfo=ZoneInfo("UTC")).timestamp()
    moments = [first + hour * 1800 for hour in range(2 * 24 * 366)]
    _insert(store, moments)
    days: dict[str, int] = defaultdict(int)
    for moment in moments:
        days[_day(moment, place)] += 1
    groups = await ledger.grouped("day", Filter())
    assert {group.key: group.requests for group in groups} == days
    assert [group.key for group in groups] == sorted(days, reverse=True)
    some = await ledger.grouped("day", Filter(conversation="c", since=moments[9000], until=moments[9100]))
    assert sum(group.requests for group in some) == 100


async def test_groups_add_up_as_an_independent_calculation(ledger: Ledger, store: Store, made: Made) -> None:
    chance = random.Random(4)  # noqa: S311
    await add_conversation(store, Conversation("c1", title="Roofs"))
    models, conversations = ("claude-opus-5", "claude-haiku-5-5", ""), ("c1", "c2", "")
    for number in range(300):
        shares = tuple(
            PictureShare(n, f"{chance.randrange(5)}" * 64, 100 + n, Decimal(chance.randrange(999)) / 10_000)
            for n in range(chance.randrange(3))
        )
        made(
            NOON - number * 9000,
            format(Decimal(chance.randrange(10**9)) / 10**10, "f"),
            model=chance.choice(models),
            conversation=chance.choice(conversations),
            saved=chance.choice((None, "0.001", "-0.5")),
            tokens=chance.randrange(5000),
            practice=chance.random() < 0.3,
            settled=chance.random() < 0.9,
            pictures=shares,
        )
    for practice in (False, True):
        wanted = Filter(practice=practice)
        entries = await ledger.entries(wanted)
        assert all(entry.call.practice is practice for entry in entries)
        keys: dict[By, Callable[[Entry], tuple[str, str]]] = {
            "day": lambda entry: (
                datetime.fromtimestamp(entry.created).astimezone().date().isoformat(),
                entry.call.model,
            ),
            "conversation": lambda entry: (entry.call.conversation, ""),
            "model": lambda entry: (entry.call.model, entry.call.model),
        }
        for by, key in keys.items():
            groups = await ledger.grouped(by, wanted)
            together = defaultdict(list)
            for entry in entries:
                together[key(entry)].append(entry)
            assert {(group.key, group.model) for group in groups} == set(together)
            for group in groups:
                those = together[group.key, group.model]
                assert group.requests == len(those)
                assert group.pictures == sum(entry.pictures for entry in those)
                assert group.tokens == sum(e.outcome.usage.input_tokens for e in those if e.outcome.usage)
                assert group.cost == sum((entry.amount or Decimal(0) for entry in those), Decimal(0))
                assert group.saved == sum((entry.outcome.saved or Decimal(0) for entry in those), Decimal(0))
                assert group.exact == all(e.outcome.exact and e.outcome.cost is not None for e in those)
                assert group.name == ("Roofs" if group.key == "c1" else "")
            if by != "day":
                assert [group.cost for group in groups] == sorted((group.cost for group in groups), reverse=True)


async def test_pictures_add_up_over_the_requests_they_went_in(ledger: Ledger, made: Made) -> None:
    one, other = "1" * 64, "2" * 64
    made(NOON, pictures=(PictureShare(1, one, 100, Decimal("0.1")), PictureShare(1, one, 50, Decimal("0.05"))))
    made(NOON, conversation="d", exact=False, pictures=(PictureShare(3, one, 100, Decimal("0.01")),))
    made(NOON, conversation="e", pictures=(PictureShare(1, other, 5, None),))
    first, second = await ledger.grouped("picture", Filter())
    assert (first.key, first.requests, first.pictures, first.tokens, first.cost) == (one, 2, 1, 250, Decimal("0.16"))
    assert (first.exact, first.unpriced, first.conversation) == (False, 0, "d")
    assert (second.key, second.cost, second.exact, second.unpriced) == (other, Decimal(0), False, 1)


async def test_pages_of_a_document_are_pictures_of_their_own(ledger: Ledger, store: Store, made: Made) -> None:
    one = "a" * 64
    await add_conversation(store, Conversation("c"))
    for page, name in enumerate(("plan.pdf", "plan.pdf", "red.png")):
        shown = replace(picture(page + 1, one), name=name, page=2 - page)
        await store.add_message("c", Message("user", (shown,), id=f"q{page}"))
    shares = [PictureShare(n, one, 100, Decimal(cost), page) for n, cost, page in ((1, 3, 2), (2, 2, 1), (3, 1, 0))]
    made(NOON, pictures=tuple(shares))
    groups = await ledger.grouped("picture", Filter())
    assert [(group.key, int(group.cost)) for group in groups] == [(f"{one}-2", 3), (f"{one}-1", 2), (one, 1)]
    names = ("plan.pdf", "plan.pdf", "red.png")
    assert await ledger.pictures(groups) == {g.key: (n, g.key) for g, n in zip(groups, names, strict=True)}


async def test_pictures_without_a_fingerprint_are_counted_and_no_more(ledger: Ledger, made: Made) -> None:
    made(NOON, pictures=tuple(PictureShare(n, "", 100, Decimal("0.1")) for n in (1, 2)))
    [entry] = await ledger.entries(Filter())
    assert (entry.pictures, await ledger.grouped("picture", Filter())) == (2, [])


async def test_entering_twice_is_entering_once(ledger: Ledger) -> None:
    """Whoever asks from another process asks again where the answer is late; what it keeps back is not in its way."""
    call = Call("message", at_most=Decimal("0.1"))
    for _ in range(2):
        await ledger.enter("r", call, Caps(day=Decimal("0.15")))
    assert (len(await ledger.entries(Filter())), await ledger.spent("day")) == (1, Decimal("0.1"))


@pytest.mark.parametrize(("cost", "left"), [(None, 0), ("0.1", 1)])
async def test_what_was_settled_without_a_cost_can_yet_be_withdrawn(
    ledger: Ledger, made: Made, cost: str | None, left: int
) -> None:
    made(NOON, cost)
    await ledger.withdraw("r0")
    assert len(await ledger.entries(Filter())) == left


async def test_an_amount_that_is_damaged_counts_nothing_and_stops_nothing(
    ledger: Ledger, store: Store, made: Made
) -> None:
    for _ in range(2):
        made(time.time(), "0.25", saved="0.1")
    sql(store, "UPDATE requests SET cost = '0.q', at_most = 'nan', ahead = '', saved = '1..' WHERE id = 'r0'")
    assert await ledger.spent("day") == Decimal("0.25")
    sql(store, "UPDATE requests SET cost = 'infinity' WHERE id = 'r0'")
    assert (await ledger.spent("day"), await ledger.spent("conversation", "c")) == (Decimal("0.25"),) * 2
    assert only(await ledger.grouped("model", Filter())).cost == Decimal("0.25")
    assert [entry.amount for entry in await ledger.entries(Filter())] == [Decimal("0.25"), None]
    assert await ledger.estimates() == [(Decimal("0.5"), Decimal("0.25"))]


async def test_pictures_are_named_by_the_conversation_they_went_in_last(
    ledger: Ledger, store: Store, made: Made
) -> None:
    await add_conversation(store, Conversation("c"))
    shown = picture(1, "a" * 64)
    await store.add_message("c", Message("user", (shown, TextBlock(f"What of {'b' * 64}?")), id="q"))
    for key in "abc":
        made(NOON, pictures=(PictureShare(1, key * 64, 5, Decimal(0)),))
    known = await ledger.pictures(await ledger.grouped("picture", Filter()))
    assert known == {"a" * 64: ("Überblick 📈.png", "a" * 64)}
    await Filing(store).discard(["c"])
    assert await ledger.pictures(await ledger.grouped("picture", Filter())) == {}


async def test_a_price_that_nobody_knows_is_not_taken_for_nothing(ledger: Ledger, made: Made) -> None:
    made(cost=None, at_most=None, model="own")
    made(cost=None, at_most="0.5", model="slow")
    made(cost="0.5", model="usual")
    groups = {group.model: group for group in await ledger.grouped("model", Filter())}
    assert [
        (groups[model].cost, groups[model].exact, groups[model].unpriced) for model in ("own", "slow", "usual")
    ] == [
        (Decimal(0), False, 1),
        (Decimal("0.5"), False, 0),
        (Decimal("0.5"), True, 0),
    ]


async def test_a_conversation_counts_what_is_under_way_as_what_it_will_probably_cost(
    ledger: Ledger, made: Made
) -> None:
    assert await ledger.of_conversation("c") == Group("c", "", "", 0, 0, 0, Decimal(0), True, Decimal(0))
    made(cost="0.1", saved="-0.02")
    made(cost="5", practice=True)
    made(cost="5", conversation="d")
    assert await ledger.of_conversation("c") == Group("c", "", "", 1, 0, 7, Decimal("0.1"), True, Decimal("-0.02"))
    await ledger.enter("r", Call("message", "s", "m", "c", "a", Decimal("0.3"), Decimal(9)), Caps())
    whole = await ledger.of_conversation("c")
    assert (whole.cost, whole.exact) == (Decimal("0.4"), False)


# --- filters and pages ---


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Filter(), "edcba"),
        (Filter(since=NOON), "edcb"),
        (Filter(until=NOON), "a"),
        (Filter(since=NOON, until=NOON + 1), "b"),
        (Filter(model="claude-opus-5"), "cb"),
        (Filter(conversation="c2"), "ed"),
        (Filter(conversation="c2", until=NOON + 3), "d"),
        (Filter(text="ÉTÉ"), "cba"),
        (Filter(text=" opus "), "cb"),
        (Filter(text="Opus 5", models=("claude-opus-5",)), "cb"),
        (Filter(text="%"), ""),
        (Filter(text="deleted"), ""),
        (Filter(paid_only=True), "dcba"),
        (Filter(practice=True), "f"),
        (Filter(since=NOON + 99), ""),
    ],
)
async def test_filters(wanted: Filter, found: str, ledger: Ledger, store: Store, made: Made) -> None:
    await add_conversation(store, Conversation("c1", title="L'été à la mer"))
    await add_conversation(store, Conversation("c2", title="A deleted one"))
    await Filing(store).discard(["c2"])
    for second, model, conversation, kind, practice in (
        (-1, "claude-sonnet-5-5", "c1", "message", False),
        (0, "claude-opus-5", "c1", "message", False),
        (1, "claude-opus-5", "c1", "message", False),
        (2, "claude-sonnet-5-5", "c2", "message", False),
        (3, "", "c2", "models", False),
        (4, "claude-sonnet-5-5", "c3", "message", True),
    ):
        made(NOON + second, model=model, conversation=conversation, kind=kind, practice=practice)
    names = {f"r{number}": "abcdef"[number] for number in range(6)}
    assert "".join(names[entry.id] for entry in await ledger.entries(wanted)) == found
    positions = await ledger.positions(wanted)
    entries = await ledger.entries_at(positions)
    assert "".join(names[entries[position].id] for position in positions) == found
    for by in ("day", "conversation", "model"):
        assert sum(group.requests for group in await ledger.grouped(by, wanted)) == len(found)


async def test_pages_follow_each_other(ledger: Ledger, made: Made) -> None:
    for second in range(5):
        made(NOON + second)
    pages = [await ledger.entries(Filter(), limit=2, offset=offset) for offset in (0, 2, 4, 6)]
    assert [[entry.id for entry in page] for page in pages] == [["r4", "r3"], ["r2", "r1"], ["r0"], []]


async def test_the_models_that_were_asked(ledger: Ledger, made: Made) -> None:
    assert await ledger.models() == []
    for model in ("b", "", "a", "b"):
        made(model=model)
    assert await ledger.models() == ["a", "b"]


async def test_the_last_answers_and_estimates(ledger: Ledger, store: Store, made: Made) -> None:
    for second, cost in enumerate(("0.1", "0.2", "0.3")):
        made(NOON + second, cost, at_most="1")
    made(NOON + 9, "7", practice=True)
    made(NOON + 9, "7", exact=False)
    sql(store, "UPDATE requests SET output_tokens = position")
    assert await ledger.outputs("claude-sonnet-5-5", count=2) == [5, 3]
    assert await ledger.outputs("claude-sonnet-5-5", practice=True) == [4]
    assert await ledger.estimates(2) == [(Decimal(1), Decimal("0.3")), (Decimal(1), Decimal("0.2"))]


# --- a hundred thousand requests ---


def test_what_is_spent_is_told_at_once_however_much_there_is(store: Store) -> None:
    now = time.time()
    _insert(store, [now - 1] * 100_000)
    store._submit(lambda db: ledger_sums.spent(db, "month", "", now)).result()
    call = Call("message", conversation="c", ahead=Decimal(1), at_most=Decimal(1))
    caps = Caps(*[Decimal(10**6)] * 3)
    store._submit(lambda db: ledger_rows.check(db, call, caps, now)).result()
    took = []
    for number in range(21):
        store._submit(partial(ledger_rows.enter, entry_id=f"e{number}", call=call, caps=caps, now=now)).result()
        begun = time.perf_counter()
        store._submit(lambda db: ledger_rows.check(db, call, caps, now)).result()
        took.append(time.perf_counter() - begun)
    assert statistics.median(took) < 0.005
    total = store._submit(lambda db: ledger_sums.spent(db, "month", "", now)).result()
    assert total == 100_021


async def test_the_store_is_never_held_up_while_many_are_summed(store: Store) -> None:
    """Another piece of work gets in between: it waits for a portion of the sums, not for all."""
    _insert(store, [NOON + number for number in range(20_000)])
    stretches = store._submit(ledger_sums.Sums("day", Filter()).stretches).result()
    assert len(stretches) == 10
    assert only(await Ledger(store).grouped("model", Filter())).requests == 20_000


def _insert(store: Store, moments: list[float]) -> None:
    def work(db: sqlite3.Connection) -> None:
        db.execute("BEGIN")
        db.executemany(
            """INSERT INTO requests (id, created, seconds, kind, state, practice, server, model, conversation_id,
                message_id, ahead, at_most, cost, exact, saved, input_tokens, cache_write_5m, cache_write_1h,
                cache_read, output_tokens, thinking_tokens, pictures)
                VALUES (?, ?, 1, 'message', 'complete', 0, 's', 'm', 'c', '', '1', '2', '1', 1, '0',
                    1, 0, 0, 0, 0, 0, 0)""",
            [(f"many{number}", moment) for number, moment in enumerate(moments)],
        )
        db.execute("COMMIT")

    store._submit(work).result()
