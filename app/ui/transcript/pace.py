"""How fast an answer comes, since it is being looked at."""

from __future__ import annotations

import time

from app.core.cost import text_tokens


class Pace:
    """Costs only what is new with every piece that comes."""

    def __init__(self) -> None:
        self._since = 0.0
        self._tokens = 0
        self._first = 0
        self.heard = time.monotonic()
        """When anything came last, by the monotonic clock."""

    def take(self, new: str) -> None:
        """Take note of text that has come."""
        now = self.heard = time.monotonic()
        self._tokens += text_tokens(new)
        if not self._since and new:
            self._since, self._first = now, self._tokens

    @property
    def since(self) -> float:
        """When the first text came, by the monotonic clock; 0 before."""
        return self._since

    @property
    def rate(self) -> float | None:
        """Tokens a second; None as long as there is too little to tell."""
        passed = time.monotonic() - self._since
        return (self._tokens - self._first) / passed if self._since and passed > 1 else None
