"""Which requests may be repeated by themselves, and when (RELIABILITY.md, section 2.3)."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

from app.core.errors import ApiError, NotConnected, ServerError

MAX_REPEATS: Final = 2
MAX_WAIT: Final = 60.0
"""Seconds. Who is asked to wait longer is told so, and not kept waiting."""


def retry_delay(error: ServerError, attempt: int, jitter: Callable[[], float] = random.random) -> float | None:
    """Seconds until an automatic repeat; None where only the person may repeat (RELIABILITY.md, section 2.3).

    Repeated is what cannot have been started: a request of which no byte was sent, and a 429, 503 or 529 before any
    event. `attempt` counts the repeats already made; there are two at most. `jitter` gives 0 to 1.
    """
    if attempt >= MAX_REPEATS:
        return None
    wait: float | None = None
    if isinstance(error, ApiError):
        if error.status not in {429, 503, 529} or error.spend_limit or not error.should_retry:
            return None
        wait = error.retry_after
    elif not isinstance(error, NotConnected) or error.reason == "tls":
        return None
    if wait is not None and wait > MAX_WAIT:
        return None
    return wait or min(0.5 * 2**attempt, 8.0) * (1 - 0.25 * jitter())
