"""Repeats of a request that are safe: by themselves after a wait that the person sees, and may shorten or end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

from app.core.errors import ServerError
from app.core.retrying import retry_delay

Phase = Literal["idle", "preparing", "uploading", "asking", "streaming", "waiting", "locked"]

T = TypeVar("T")

_LONGEST_WAIT: Final = 60.0
"""Seconds that the repeats of one request may wait in all (RELIABILITY, section 2.3)."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A repeat that is about to happen by itself."""

    error: ServerError
    seconds: float
    """From now; 0 where it happens at once."""
    until: float = 0.0
    """The same as a time of `time.monotonic`."""


class Repeats:
    """Those of one conversation's worker: it makes one request at a time."""

    def __init__(self, set_phase: Callable[[Phase], None], told: Callable[[Wait], None]) -> None:
        """`told` is called before each repeat that is waited for."""
        self._set_phase = set_phase
        self._told = told
        self._no_wait = asyncio.Event()
        self.wait: Wait | None = None
        """The repeat that is waited for now, or was when the work was cancelled."""

    def now(self) -> None:
        """Do not wait any longer."""
        self._no_wait.set()

    async def until_done(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do what makes one request, again where that is safe. Raises what it raises the last time."""
        attempt, waited = 0, 0.0
        while True:
            try:
                return await work()
            except ServerError as error:
                seconds = retry_delay(error, attempt)
                if seconds is None or waited + seconds > _LONGEST_WAIT:
                    raise
                await self._pause(error, seconds)
                attempt, waited = attempt + 1, waited + seconds

    async def _pause(self, error: ServerError, seconds: float) -> None:
        self._no_wait.clear()
        self.wait = Wait(error, seconds, time.monotonic() + seconds)
        self._set_phase("waiting")
        self._told(self.wait)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._no_wait.wait()
        self.wait = None
