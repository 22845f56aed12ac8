"""The ledger: every request the app ever made, what it was allowed to cost and what it did cost.

It lies in the store's database. A request is entered before it leaves, in the same transaction that compares it with
the caps (`app.core.gate`), and counts as the most it can cost until its outcome is known. Amounts are exact decimals in
text; sums are exact too (`decimal_sum`). What practice mode would have cost is kept apart and counts nowhere else.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from app.core import ledger_rows, ledger_sums
from app.core.ledger_sums import By, Sums
from app.core.ledger_types import (
    Call,
    Caps,
    Entry,
    Filter,
    Group,
    Kind,
    Outcome,
    Period,
    Picture,
    PictureShare,
    State,
)

if TYPE_CHECKING:
    from app.core.store import Store

__all__ = [
    "By",
    "Call",
    "Caps",
    "Entry",
    "Filter",
    "Group",
    "Kind",
    "Ledger",
    "Outcome",
    "Period",
    "Picture",
    "PictureShare",
    "State",
]


class Ledger:
    """Reads and writes the ledger of a store, on the store's own thread. All raise StoreError in its kinds."""

    def __init__(self, store: Store) -> None:
        self._store = store

    # --- one request ----------------------------------------------------------------------------

    async def enter(self, entry_id: str, call: Call, caps: Caps) -> None:
        """Write down a request before it leaves, and keep back the most it can cost: checked and kept in one step.

        Raises CapReached, and then nothing is written.
        """
        await self._store.run(lambda db: ledger_rows.enter(db, entry_id, call, caps, time.time()))

    async def withdraw(self, entry_id: str) -> None:
        """Take out a request that was entered and did not leave."""
        await self._store.run(lambda db: ledger_rows.withdraw(db, entry_id))

    async def check(self, call: Call, caps: Caps) -> None:
        """Raise CapReached where `enter` would, and write nothing."""
        await self._store.run(lambda db: ledger_rows.check(db, call, caps, time.time()))

    async def settle(self, entry_id: str, outcome: Outcome) -> None:
        """Write down what came of a request; what was kept back for it is free again."""
        await self._store.run(lambda db: ledger_rows.settle(db, entry_id, outcome))

    async def unsettled(self, before: float) -> list[tuple[str, Call]]:
        """Requests that were entered before a time (seconds since the epoch) and whose end nobody has told."""
        return await self._store.run(lambda db: ledger_rows.unsettled(db, before))

    # --- reading --------------------------------------------------------------------------------

    async def entries(self, wanted: Filter, *, limit: int = 1000, offset: int = 0) -> list[Entry]:
        """The latest first."""
        return await self._store.run(lambda db: ledger_rows.entries(db, wanted, limit, offset))

    async def positions(self, wanted: Filter) -> array[int]:
        """Where the entries are, the latest first, for `entries_at`. An entry keeps its position for ever."""
        return await self._store.run(lambda db: ledger_rows.positions(db, wanted))

    async def entries_at(self, positions: Sequence[int]) -> dict[int, Entry]:
        """By position; what is not there any more is missing."""
        return await self._store.run(lambda db: ledger_rows.entries_at(db, positions))

    async def grouped(self, by: By, wanted: Filter) -> list[Group]:
        """Sums by day and model, the latest day first; by conversation, model or picture, the dearest first.

        Read in portions, between which the store does what else it is asked for.
        """
        sums = Sums(by, wanted)
        for stretch in await self._store.run(sums.stretches):
            await self._store.run(partial(sums.read, stretch=stretch))
        return await self._store.run(sums.groups)

    async def of_conversation(self, conversation: str) -> Group:
        """All of a conversation but practice. What is under way counts as what it will probably cost."""
        return await self._store.run(lambda db: ledger_sums.of_conversation(db, conversation))

    async def pictures(self, wanted: Iterable[Group]) -> dict[str, Picture]:
        """What is known of pictures (groups by picture), by their groups' keys."""
        keys = [(group.key, group.conversation) for group in wanted]
        return await self._store.run(lambda db: ledger_rows.pictures(db, keys))

    async def spent(self, period: Period, conversation: str = "", now: float | None = None) -> Decimal:
        """USD spent since the day or month began, or on a conversation, with what is kept back. Without practice."""
        at = time.time() if now is None else now
        return await self._store.run(lambda db: ledger_sums.spent(db, period, conversation, at))

    async def models(self) -> list[str]:
        """Ids of all models that were ever asked, in alphabetical order."""
        return await self._store.run(ledger_sums.models)

    async def outputs(self, model: str, *, count: int = 10, practice: bool = False) -> list[int]:
        """Output tokens of a model's last complete answers, the latest first."""
        return await self._store.run(lambda db: ledger_rows.outputs(db, model, count, practice=practice))

    async def estimates(self, count: int = 100) -> list[tuple[Decimal, Decimal]]:
        """What the last complete answers were expected to cost, and what they did; the latest first."""
        return await self._store.run(lambda db: ledger_rows.estimates(db, count))
