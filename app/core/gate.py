"""The gate: no request leaves without a permit, and a permit is had only where the caps allow the most it can cost."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Protocol

from app.core.errors import StoreError
from app.core.ledger import Call, Caps, Ledger, Outcome


class Permit:
    """Leave to send one request, once. Whoever was given it says what came of it."""

    def __init__(self, settle: Callable[[Outcome], Awaitable[None]], withdraw: Callable[[], Awaitable[None]]) -> None:
        self._settle = settle
        self._withdraw = withdraw
        self._used = False
        self._settled = False
        self.left = False
        """Whether anything of the request may have left: only what has not may be withdrawn."""

    def use(self) -> None:
        """Called by what sends the request. Raises RuntimeError the second time: that would be another request."""
        if self._used:
            raise RuntimeError("a permit is for one request")
        self._used = True

    async def settle(self, outcome: Outcome) -> None:
        """Say what came of the request; only the first word counts. Raises StoreError: it is then not said."""
        if not self._settled:
            self._settled = True
            try:
                await self._settle(outcome)
            except StoreError:
                self._settled = False
                raise

    async def withdraw(self) -> None:
        """Say that nothing of the request has left. Raises StoreError."""
        if not self._settled:
            self._settled = True
            try:
                await self._withdraw()
            except StoreError:
                self._settled = False
                raise


class Gate(Protocol):
    """What `Client` asks before each request."""

    async def check(self, call: Call) -> None:
        """Raise CapReached where `admit` would; nothing is kept back."""

    async def admit(self, call: Call) -> Permit:
        """Enter the request in the ledger and keep back the most it can cost. Raises CapReached, StoreError."""


class LedgerGate:
    """The gate of the process that has the data folder open."""

    def __init__(self, ledger: Ledger, caps: Callable[[], Caps], changed: Callable[[], None] = lambda: None) -> None:
        """`caps` gives those of now; `changed` is called whenever the ledger is another."""
        self._ledger = ledger
        self._caps = caps
        self._changed = changed

    async def check(self, call: Call) -> None:
        await self._ledger.check(call, self._caps())

    async def admit(self, call: Call) -> Permit:
        entry_id = uuid.uuid4().hex
        try:
            await self._ledger.enter(entry_id, call, self._caps())
        except asyncio.CancelledError:
            # The store enters it although nobody waits any more, and nothing would free what is kept back for it.
            await self._take_out(entry_id)
            raise
        self._changed()

        async def settle(outcome: Outcome) -> None:
            await self._ledger.settle(entry_id, outcome)
            self._changed()

        return Permit(settle, lambda: self._take_out(entry_id))

    async def _take_out(self, entry_id: str) -> None:
        await self._ledger.withdraw(entry_id)
        self._changed()
