"""The prompt cache of the Messages API, for practice mode: what of a prompt was seen before (API.md, section 7)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

from app.core.message import JSON
from app.core.validate import Call

_FRAMING_TOKENS: Final = 3
"""Of every request, after the last cache mark, as recorded answers show (API.md, section 3.5)."""
_LOOK_BACK: Final = 20
"""Blocks before a cache mark in which an earlier entry is found (API.md, section 7)."""
_LIFETIMES: Final = {"5m": 300.0, "1h": 3600.0}
"""Seconds."""


class PromptCache:
    """Which prefixes of prompts were seen, and until when they are kept. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._entries: dict[bytes, tuple[float, float]] = {}
        """Digest of a prefix → when it is dropped, and for how long each reading keeps it; seconds."""

    def usage(self, call: Call) -> JSON:
        """The counts of `message_start`; the call's own marks are entered for later ones."""
        prefixes = _prefixes(call)
        marks = [index for index, piece in enumerate(call.pieces) if piece.ttl]
        now = self._clock()
        self._entries = {key: entry for key, entry in self._entries.items() if entry[0] > now}
        read = edge = self._read(prefixes, marks, now)
        written = dict.fromkeys(_LIFETIMES, 0)
        for mark in marks:
            digest, total = prefixes[mark]
            if total >= call.model.min_cacheable:
                ttl = call.pieces[mark].ttl
                written[ttl] += max(0, total - edge)
                edge = max(edge, total)
                self._entries[digest] = (now + _LIFETIMES[ttl], _LIFETIMES[ttl])
        return {
            "input_tokens": call.prompt_tokens - edge + _FRAMING_TOKENS,
            "cache_creation_input_tokens": sum(written.values()),
            "cache_read_input_tokens": read,
            "cache_creation": {
                "ephemeral_5m_input_tokens": written["5m"],
                "ephemeral_1h_input_tokens": written["1h"],
            },
            "output_tokens": 1,
            "output_tokens_details": {"thinking_tokens": 0},
            "service_tier": "standard",
            "inference_geo": "global",
        }

    def _read(self, prefixes: Sequence[tuple[bytes, int]], marks: Sequence[int], now: float) -> int:
        """Tokens of the longest prefix that is kept and in reach of a mark."""
        for mark in reversed(marks):
            for digest, total in reversed(prefixes[max(0, mark - _LOOK_BACK) : mark + 1]):
                if digest in self._entries:
                    lifetime = self._entries[digest][1]
                    self._entries[digest] = (now + lifetime, lifetime)
                    return total
        return 0


def _prefixes(call: Call) -> list[tuple[bytes, int]]:
    """For each piece the digest and the tokens of the prompt up to and with it."""
    prefixes: list[tuple[bytes, int]] = []
    digest, total = b"", 0
    for piece in call.pieces:
        digest, total = hashlib.sha256(digest + piece.digest).digest(), total + piece.tokens
        prefixes.append((digest, total))
    return prefixes
