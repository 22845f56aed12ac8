"""The gate of a process without a window: it shares the ledger with whoever has the data folder open."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from app.core.errors import StoreError, StoreLocked
from app.core.failure import error_from_json
from app.core.gate import Permit
from app.core.ledger import Call, Caps, Ledger, Outcome
from app.core.ledger_messages import answer, checking, entering, settling, withdrawing
from app.core.lock import DataFolderLock
from app.core.message import JSON
from app.core.store import Store
from app.instance import asked_of_owner

_SECONDS: Final = 5.0
"""How long the folder may stay with nobody who answers: between two owners, or while a window starts."""
_BETWEEN: Final = 0.05


class SharedGate:
    """Opens the folder for each word to the ledger, and closes it again; a window that has it open is asked instead.

    The ledger is told what requests cost, and not which pictures or conversations they were about: none is kept.
    """

    def __init__(self, folder: Path, caps: Callable[[], Caps]) -> None:
        """`caps` count where no window is open; a window goes by its own."""
        self._folder = folder
        self._caps = caps

    async def check(self, call: Call) -> None:
        """Raises CapReached, StoreError."""
        await self._say(checking(_without_trace(call)))

    async def admit(self, call: Call) -> Permit:
        """Raises CapReached, StoreError."""
        entry_id = uuid.uuid4().hex
        try:
            await self._say(entering(entry_id, _without_trace(call)))
        except (asyncio.CancelledError, StoreError):
            with suppress(StoreError):  # a window that answers too late may have entered it, or does so yet
                await self._say(withdrawing(entry_id))
            raise

        async def settle(outcome: Outcome) -> None:
            unnamed = tuple(replace(share, sha256="", page=0) for share in outcome.pictures)
            await self._say(settling(entry_id, replace(outcome, pictures=unnamed)))

        async def withdraw() -> None:
            await self._say(withdrawing(entry_id))

        return Permit(settle, withdraw)

    async def _say(self, message: JSON) -> None:
        deadline = time.monotonic() + _SECONDS
        while (replied := await self._whole(message)) is None:
            if time.monotonic() > deadline:
                raise StoreLocked(str(self._folder))
            await asyncio.sleep(_BETWEEN)
        if "error" in replied:
            raise error_from_json(replied["error"])

    async def _whole(self, message: JSON) -> JSON | None:
        """`_answered`, to its end even where nobody waits any more: what is said next must come after it."""
        answering = asyncio.ensure_future(self._answered(message))
        try:
            return await asyncio.shield(answering)
        except asyncio.CancelledError:
            await asyncio.gather(answering, return_exceptions=True)
            raise

    async def _answered(self, message: JSON) -> JSON | None:
        """The owner's answer; None where there is one that does not answer now."""
        try:
            lock = DataFolderLock.acquire(self._folder)
        except StoreLocked:
            return await asyncio.to_thread(asked_of_owner, self._folder, message)
        with lock:
            store = await asyncio.to_thread(Store.open, self._folder)
            try:
                return await answer(Ledger(store), self._caps(), message)
            finally:
                await asyncio.to_thread(store.close)


def _without_trace(call: Call) -> Call:
    return replace(call, conversation="", message="")
