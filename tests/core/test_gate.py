"""The gate: caps hold on what is kept back, permits are for one request, and nothing stays kept back for nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.errors import CapReached, StoreFull
from app.core.gate import LedgerGate
from app.core.ledger import Call, Caps, Filter, Ledger, Outcome, Period
from app.core.store import Store
from tests.core.test_store import sql


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return Ledger(store)


def call(at_most: str | None = "0.10", conversation: str = "c", *, practice: bool = False) -> Call:
    limit = None if at_most is None else Decimal(at_most)
    return Call("message", "api.example", "m", conversation, "a", limit, limit, practice)


def done(cost: str) -> Outcome:
    return Outcome("complete", cost=Decimal(cost))


async def test_a_request_is_entered_before_it_leaves_and_settled_after(ledger: Ledger) -> None:
    said: list[str] = []
    gate = LedgerGate(ledger, Caps, lambda: said.append("changed"))
    permit = await gate.admit(call())
    [before] = await ledger.entries(Filter())
    await permit.settle(done("0.03"))
    [after] = await ledger.entries(Filter())
    assert (before.outcome.state, before.outcome.cost, before.amount) == ("sent", None, Decimal("0.10"))
    assert (after.outcome.state, after.amount) == ("complete", Decimal("0.03"))
    assert said == ["changed", "changed"]


async def test_a_permit_sends_once_and_is_settled_once(ledger: Ledger) -> None:
    permit = await LedgerGate(ledger, Caps).admit(call())
    permit.use()
    with pytest.raises(RuntimeError):
        permit.use()
    await permit.settle(done("0.03"))
    await permit.settle(done("0.09"))
    assert await ledger.spent("day") == Decimal("0.03")


async def test_what_could_not_be_settled_can_be_said_again(ledger: Ledger, store: Store) -> None:
    permit = await LedgerGate(ledger, Caps).admit(call())
    sql(store, "CREATE TEMP TRIGGER full AFTER UPDATE ON main.requests BEGIN SELECT RAISE(ABORT, 'full'); END")
    sql(store, "PRAGMA query_only = ON")
    with pytest.raises(StoreFull):
        await permit.settle(done("0.03"))
    sql(store, "PRAGMA query_only = OFF")
    sql(store, "DROP TRIGGER full")
    await permit.settle(done("0.03"))
    assert await ledger.spent("day") == Decimal("0.03")


async def test_what_could_not_be_withdrawn_can_be_said_again(ledger: Ledger, store: Store) -> None:
    permit = await LedgerGate(ledger, Caps).admit(call())
    sql(store, "PRAGMA query_only = ON")
    with pytest.raises(StoreFull):
        await permit.withdraw()
    sql(store, "PRAGMA query_only = OFF")
    await permit.withdraw()
    assert await ledger.entries(Filter()) == []


@pytest.mark.parametrize("period", ["day", "month", "conversation"])
async def test_what_is_under_way_counts_and_frees_what_it_did_not_use(ledger: Ledger, period: str) -> None:
    gate = LedgerGate(ledger, lambda: Caps(**{period: Decimal("0.15")}))
    first = await gate.admit(call())
    with pytest.raises(CapReached) as reached:
        await gate.check(call())
    with pytest.raises(CapReached):
        await gate.admit(call())
    assert (reached.value.period, reached.value.limit) == (period, "0.15")
    assert (reached.value.spent, reached.value.at_most) == ("0.10", "0.10")
    await first.settle(done("0.05"))
    await gate.admit(call())
    assert len(await ledger.entries(Filter())) == 2


async def test_exactly_the_cap_may_be_spent(ledger: Ledger) -> None:
    gate = LedgerGate(ledger, lambda: Caps(day=Decimal("0.2")))
    for _ in range(2):
        await (await gate.admit(call("0.10"))).settle(done("0.100"))
    with pytest.raises(CapReached):
        await gate.check(call("0.0000000001"))


async def test_an_unknown_price_passes_no_cap_and_needs_none(ledger: Ledger) -> None:
    await LedgerGate(ledger, Caps).admit(call(None))
    with pytest.raises(CapReached) as reached:
        await LedgerGate(ledger, lambda: Caps(day=Decimal(100))).admit(call(None))
    assert reached.value.at_most == ""


async def test_what_is_free_and_practice_pass_a_cap_that_is_used_up(ledger: Ledger) -> None:
    gate = LedgerGate(ledger, lambda: Caps(Decimal(0), Decimal(0), Decimal(0)))
    await gate.admit(call("0"))
    await gate.admit(call("9", practice=True))
    assert await ledger.spent("day") == 0


async def test_a_cap_of_one_conversation_leaves_the_others_alone(ledger: Ledger) -> None:
    gate = LedgerGate(ledger, lambda: Caps(conversation=Decimal("0.15")))
    await gate.admit(call(conversation="c"))
    await gate.admit(call(conversation="d"))
    with pytest.raises(CapReached):
        await gate.admit(call(conversation="c"))


async def test_requests_of_no_conversation_are_not_one_conversation(ledger: Ledger) -> None:
    gate = LedgerGate(ledger, lambda: Caps(conversation=Decimal("0.15")))
    for _ in range(3):
        await gate.admit(call(conversation=""))
    with pytest.raises(CapReached):
        await gate.admit(call("0.16", conversation=""))


async def test_a_request_given_up_while_it_is_entered_keeps_nothing_back(ledger: Ledger) -> None:
    gate = LedgerGate(ledger, lambda: Caps(day=Decimal("0.15")))
    for _ in range(5):
        task = asyncio.create_task(gate.admit(call()))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await gate.admit(call())
    assert len(await ledger.entries(Filter())) == 1


amounts = st.decimals(0, 1, places=8)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
async def test_no_order_of_requests_and_outcomes_passes_a_cap(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Many ask at once, some end dear, some cheap: what was spent never passes a cap, and the sums stay exact."""
    store = Store.open(tmp_path_factory.mktemp("gate"))
    try:
        caps = Caps(data.draw(amounts), data.draw(amounts) * 3, data.draw(amounts))
        ledger = Ledger(store)
        gate = LedgerGate(ledger, lambda: caps)

        async def one(limit: Decimal, share: int, conversation: str) -> None:
            try:
                permit = await gate.admit(call(format(limit, "f"), conversation))
            except CapReached:
                return
            if share <= 100:  # others stay under way
                await permit.settle(done(format(limit * share / 100, "f")))

        plan = data.draw(st.lists(st.tuples(amounts, st.integers(0, 120), st.sampled_from("cd")), max_size=12))
        await asyncio.gather(*(one(*each) for each in plan))
        entries = await ledger.entries(Filter())
        limits: tuple[tuple[Period, str, Decimal | None], ...] = (
            ("day", "", caps.day),
            ("month", "", caps.month),
            ("conversation", "c", caps.conversation),
            ("conversation", "d", caps.conversation),
        )
        for period, conversation, cap in limits:
            counted = [entry.amount for entry in entries if conversation in {"", entry.call.conversation}]
            spent = await ledger.spent(period, conversation)
            assert spent == sum(amount for amount in counted if amount is not None)
            assert cap is not None
            assert spent <= cap
    finally:
        store.close()
