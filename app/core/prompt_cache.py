"""The prompt cache of the Messages API, for practice mode: what of a prompt was seen before (API.md, section 7).

And why it was not read, where the request asks for that: by comparison with the one that the named answer was to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, get_args

from app.core.message import JSON
from app.core.validate import Call, Part

_FRAMING_TOKENS: Final = 3
"""Of every request, after the last cache mark, as recorded answers show (API.md, section 3.5)."""
_LOOK_BACK: Final = 20
"""Blocks before a cache mark in which an earlier entry is found (API.md, section 7)."""
_LIFETIMES: Final = {"5m": 300.0, "1h": 3600.0}
"""Seconds."""
_REMEMBERED: Final = 1_000
"""Requests that later ones can be compared with."""


class _Asked(NamedTuple):
    """A request by its parts."""

    parts: dict[Part, tuple[bytes, ...]]
    cached: int
    """Tokens of its prompt that were in the cache after it."""


class PromptCache:
    """Which prefixes of prompts were seen, and until when they are kept. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._asked: dict[str, _Asked] = {}
        """By the id of the answer."""
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
                # What is there already was paid for its own lifetime, which reading it prolongs.
                lifetime = self._entries[digest][1] if digest in self._entries else _LIFETIMES[ttl]
                self._entries[digest] = (now + lifetime, lifetime)
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

    def diagnosis(self, call: Call, usage: JSON, answer: str) -> JSON | None:
        """What the answer of that id says of the cache; None where nothing was asked for, or nothing is to tell.

        `usage` is what this request was counted at.
        """
        parts: dict[Part, tuple[bytes, ...]] = {
            part: tuple(piece.digest for piece in call.pieces if piece.part == part) for part in get_args(Part)
        }
        read, written = (usage[f"cache_{kind}_input_tokens"] for kind in ("read", "creation"))
        previous = (call.diagnostics or {}).get("previous_message_id")
        before = self._asked.get(previous) if previous is not None else None
        while len(self._asked) >= _REMEMBERED:
            del self._asked[next(iter(self._asked))]
        self._asked[answer] = _Asked(parts, read + written)
        if previous is None:
            return None
        if before is None:
            return {"cache_miss_reason": {"type": "previous_message_not_found"}}
        changed = next((part for part, was in before.parts.items() if not _goes_on(part, was, parts[part])), None)
        if changed is None:
            return None
        missed = max(0, before.cached - read)
        return {"cache_miss_reason": {"type": f"{changed}_changed", "cache_missed_input_tokens": missed}}

    def _read(self, prefixes: Sequence[tuple[bytes, int]], marks: Sequence[int], now: float) -> int:
        """Tokens of the longest prefix that is kept and in reach of a mark."""
        for mark in reversed(marks):
            for digest, total in reversed(prefixes[max(0, mark - _LOOK_BACK) : mark + 1]):
                if digest in self._entries:
                    lifetime = self._entries[digest][1]
                    self._entries[digest] = (now + lifetime, lifetime)
                    return total
        return 0


def _goes_on(part: Part, was: tuple[bytes, ...], now: tuple[bytes, ...]) -> bool:
    """Whether a part of the prompt is as it was; to messages more may have been added."""
    return now[: len(was)] == was and (part == "messages" or len(now) == len(was))


def _prefixes(call: Call) -> list[tuple[bytes, int]]:
    """For each piece the digest and the tokens of the prompt up to and with it."""
    prefixes: list[tuple[bytes, int]] = []
    digest, total = b"", 0
    for piece in call.pieces:
        digest, total = hashlib.sha256(digest + piece.digest).digest(), total + piece.tokens
        prefixes.append((digest, total))
    return prefixes
