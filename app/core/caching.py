"""The server's prompt cache as a conversation knows it: what is kept there and how long, and why it was not read.

What a request left in the cache is read by a later one that begins with the very same bytes, within the time that was
asked for (API.md, section 7). What changes on the way is known here, since every answer keeps the digest of what it was
asked with; a server that says why it read nothing is believed, and our own knowledge makes its words more exact.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal, NamedTuple, get_args

from app.core.message import JSON, REFITTED, ImageBlock, Message, Ttl
from app.core.request import Request, bare
from app.core.server import PRACTICE

LIFETIMES: Final[Mapping[Ttl, float]] = {"5m": 300.0, "1h": 3600.0}
"""Seconds for which the server keeps what was written or read last."""

Reason = Literal[
    "lapsed", "server", "practice", "model", "system", "picture", "thinking", "messages", "blocks", "forgotten"
]
"""Why a request could not read what the one before it had left in the cache.

"lapsed": it came too late. "server", "model", "system": another is asked, or with another system prompt. "practice":
what came before was practice, which leaves no server anything. "picture": an earlier one was changed, left out or
fitted anew. "thinking": earlier thinking was left out. "messages": something else before it is not as it was. "blocks":
too much was added for the server to look back that far (`app.core.request`).
"forgotten": nothing had changed, and yet the server had it no more.
"""

_SAID: Final[Mapping[str, Reason]] = {
    "model_changed": "model",
    "system_changed": "system",
    "tools_changed": "messages",
    "messages_changed": "messages",
}
"""What a server says of a miss → what it means. There are more kinds, which tell nothing about the request."""
_TRIES: Final = 8
"""Answers in a row to one question that are looked at for who wrote to the cache."""
_SLACK: Final = 20
"""A miss of less than this part of what was expected is a matter of counting."""
_OF_MESSAGES: Final = frozenset({"picture", "thinking", "messages"})


@dataclass(frozen=True, slots=True)
class Lost:
    """What the last request has left in the cache and this one cannot read, or has not read."""

    reason: Reason
    tokens: int
    picture: int = 0
    """Number of the picture that it is about; 0 where it cannot be told."""
    since: float = 0.0
    """Seconds since the epoch: when it lapsed."""


class Kept(NamedTuple):
    """What the server may have in its cache of a request's prompt."""

    answer: Message
    """The answer to what left it there."""
    messages: int
    """How many of the request's messages that was."""
    until: float
    """Seconds since the epoch: when it is forgotten unless it is read before."""

    @property
    def tokens(self) -> int:
        return left_by(self.answer)


def left_by(answer: Message) -> int:
    """Tokens of the prompt of an answer that the server had in its cache after it."""
    return answer.usage.prompt_tokens - answer.usage.input_tokens if answer.usage is not None else 0


def kept_of(request: Request, history: Sequence[Message]) -> Iterator[Kept]:
    """What the answers of `history` were asked with that goes again with `request`, byte by byte, the newest first.

    `history` is the whole conversation, also of a request that asks for an answer in it again; answers of other
    branches stand where their time was.
    """
    lengths = dict(request.trail)
    for row in range(len(history) - 1, -1, -1):
        answer = history[row]
        if answer.usage is not None and bare(answer.prefix) in lengths and answer.usage.prompt_tokens:
            yield Kept(answer, lengths[bare(answer.prefix)], kept_until(history, row))


def kept_until(history: Sequence[Message], row: int) -> float:
    """When the server forgets what the answer in that row was asked with, in seconds since the epoch.

    It counts from the request's beginning, which is when the cache is read and written. Who only reads prolongs it by
    the time for which it was written once, whatever is asked for then.
    """
    answer = history[row]
    for tried in reversed(history[max(0, row - _TRIES) : row + 1]):
        if tried.usage is not None and tried.prefix == answer.prefix:
            if tried.usage.cache_write_1h:
                return answer.created + LIFETIMES["1h"]
            if tried.usage.cache_write_5m:
                return answer.created + LIFETIMES["5m"]
    return answer.created + LIFETIMES[answer.ttl]


def readable(request: Request, history: Sequence[Message], now: float) -> Kept | None:
    """What `request` reads from the cache at `now`, in seconds since the epoch; None where that is nothing."""
    for kept in kept_of(request, history):
        if kept.answer.created + LIFETIMES["1h"] <= now:
            break
        if kept.tokens and now < kept.until and request.reaches(kept.messages):
            return kept
    return None


def lost(request: Request, history: Sequence[Message], now: float) -> Lost | None:
    """What the last request has left in the cache and `request` cannot read at `now`; None where that is nothing."""
    kept = next(kept_of(request, history), None)
    row = next((row for row in range(len(history) - 1, -1, -1) if left_by(history[row])), -1)
    last, until = (history[row], kept_until(history, row)) if row >= 0 else (None, 0.0)
    unchanged = request.changed == (0, 0) or (kept is not None and kept.answer is last)
    if unchanged:
        last, until = (kept.answer, kept.until) if kept is not None else (None, 0.0)
    if last is None:
        return None
    read = readable(request, history, now) if kept is not None else None
    tokens = left_by(last) - (read.tokens if read is not None else 0)
    if tokens <= 0:
        return None
    if now >= until:
        return Lost("lapsed", tokens, since=until)
    return Lost("blocks", tokens) if unchanged else _changed(request, last, tokens)


def remembered(request: Request, history: Sequence[Message], now: float) -> JSON:
    """What an answer is to keep of its request (`Message.cache`), so that `missed` can explain what came of it."""
    gone = lost(request, history, now)
    expected = readable(request, history, now)
    return {
        "system": _digest(request.system),
        "expected": expected.tokens if expected else 0,
        "lost": asdict(gone) if gone else None,
    }


def without_thinking(cache: JSON | None) -> JSON | None:
    """The same for a request that goes once more without thinking: what was expected is lost."""
    if cache is None or not cache.get("expected"):
        return cache
    return cache | {"expected": 0, "lost": asdict(Lost("thinking", cache["expected"]))}


def missed(answer: Message) -> Lost | None:
    """What an answer could have read from the cache and has not; None where all was well or nothing is known."""
    if answer.usage is None:
        return None
    read, known = answer.usage.cache_read, answer.cache or {}
    ours = _restored(known.get("lost"))
    expected = known.get("expected") or 0
    gone = expected + (ours.tokens if ours else 0)
    tokens = min(gone, answer.usage.prompt_tokens) - read
    if tokens <= gone // _SLACK:
        ours = None
    elif ours is None or read < expected:
        ours = Lost("forgotten", tokens)
    else:
        ours = replace(ours, tokens=tokens)
    return _said(answer, ours) or ours


def _said(answer: Message, ours: Lost | None) -> Lost | None:
    """The server's own explanation, made more exact by what is known here."""
    said = (answer.diagnostics or {}).get("cache_miss_reason")
    if not isinstance(said, Mapping) or said.get("type") not in _SAID:
        return None
    tokens = said.get("cache_missed_input_tokens")
    if not isinstance(tokens, int) or isinstance(tokens, bool) or tokens <= 0:
        return None
    reason = _SAID[said["type"]]
    if ours is not None and (ours.reason == "lapsed" or (reason == "messages" and ours.reason in _OF_MESSAGES)):
        return replace(ours, tokens=tokens)
    return Lost(reason, tokens)


def _changed(request: Request, last: Message, tokens: int) -> Lost:
    """What is not as it was when `last` was asked for."""
    if last.server != request.server:
        return Lost("practice" if last.server == PRACTICE else "server", tokens)
    if last.model != request.model:
        return Lost("model", tokens)
    system = (last.cache or {}).get("system")
    if system and system != _digest(request.system):
        return Lost("system", tokens)
    first, end = request.changed
    images = [b for _, blocks in request.messages[first:end] for b in blocks if isinstance(b, ImageBlock)]
    meant = {i.number for i in images if REFITTED in i.notes or (i.stands_for and not i.same_as)}
    if not meant:  # then it was replaced, and the first question has an answer that does not belong to it
        asked = next((blocks for role, blocks in request.messages[first:end] if role == "user"), ())
        meant = {b.number for b in asked if isinstance(b, ImageBlock)}
    if not meant:
        return Lost("messages", tokens)
    return Lost("picture", tokens, meant.pop() if len(meant) == 1 else 0)


def _digest(system: str) -> str:
    return hashlib.sha256(system.encode()).hexdigest()[:16]


def _restored(stored: Any) -> Lost | None:
    """As `remembered` wrote it; None for what a later version may write."""
    if not isinstance(stored, Mapping) or stored.get("reason") not in get_args(Reason):
        return None
    return Lost(**stored)
