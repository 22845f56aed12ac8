"""What of a history goes back to the server, message by message, and the digests that thinking is bound to.

The rules are those of `app.core.request`. A long history is gone through with every change of a draft: what one message
comes to is therefore worked out once, and a `Memory` knows what the beginning of a conversation came to.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from operator import is_
from typing import Final, NamedTuple

from app.core.message import THINKING, Block, ImageBlock, Message, ReplyBlock, TextBlock
from app.core.once import Once

BARE: Final = " without thinking"
"""Ends the prefix of a request from which all thinking was left out."""
_UNSETTLED: Final = 3
"""Turns at the end of a history that are gone through each time: they are those that change."""

Part = tuple[str, tuple[Block, ...]]
"""The role of a message and the blocks of it that go."""


class Going(NamedTuple):
    """What goes of one message."""

    whole: Part
    bare: Part
    """Without thinking."""
    thinks: bool
    digest: bytes
    """What the API binds thinking to. Thinking itself may be cut from the front and is therefore left out."""


@dataclass(slots=True)
class Outline:
    """A history as it goes, and what is known of its digests. See `Request` for what most of it means."""

    digest: hashlib._Hash
    going: list[Going] = field(default_factory=list)
    continues: Message | None = None
    seen: int = 0
    trail: list[tuple[str, int]] = field(default_factory=list)
    changed: tuple[int, int] = (0, 0)
    steady: int = 0
    stale: int = -1
    """Up to this one of `going`, thinking stays at home."""
    thought: int = -1
    """The first answer that has thought; -1 as long as none has."""
    asked: str = ""

    @property
    def messages(self) -> tuple[Part, ...]:
        bare = [each.bare for each in self.going[: self.stale + 1]]
        return (*bare, *[each.whole for each in self.going[self.stale + 1 :]])

    def copy(self) -> Outline:
        return replace(self, digest=self.digest.copy(), going=self.going.copy(), trail=self.trail.copy())

    def add(self, message: Message) -> None:
        """Go on with one more message."""
        index, going = len(self.going), _going(message)
        if message.role == "assistant":
            self._compare(index, message)
            if self.thought < 0 and going.thinks:
                self.thought = index
        self.going.append(going)
        self.digest.update(going.digest)
        if message.role == "user":
            self.asked = self.digest.hexdigest()
            self.trail.append((self.asked, index + 1))

    def _compare(self, index: int, answer: Message) -> None:
        """Whether the answer in that place was asked with what goes before it now."""
        if bare(answer.prefix) == self.asked:
            self.continues, self.seen, self.steady = answer, index + 1, index
            if answer.prefix != self.asked:  # asked without earlier thinking, as all that follows
                last = self.trail.pop()
                self._cut()
                self.stale = index
                self.trail.append(last)
        else:
            self.stale, self.continues, self.seen = index, None, 0
            self._cut()
            self.changed = (self.steady, index)

    def _cut(self) -> None:
        """Keep of the trail what still goes byte by byte when no thinking does that was thought up to now."""
        while self.thought >= 0 and self.trail and self.trail[-1][1] > self.thought:
            self.trail.pop()


class Memory:
    """What the beginning of the last history came to; a later one mostly begins with the very same messages."""

    def __init__(self) -> None:
        self._known: tuple[bytes, Sequence[Message], Outline] = b"", (), Outline(hashlib.sha256())
        """What the digests began with, the history, and what it came to: put down at once, as a thread may do it."""

    def outline(self, seed: bytes, history: Sequence[Message]) -> Outline:
        """What goes of a history. `seed` is what its digests begin with."""
        start, outline = self._resumed(seed, history)
        turns = list(_turns(history[start:]))
        at = start
        for index, (question, answers) in enumerate(turns):
            if index and index == len(turns) - _UNSETTLED:
                self._known = seed, history[:at], outline.copy()
            for message in _sendable(question, answers):
                outline.add(message)
            at += 1 + len(answers)
        return outline

    def _resumed(self, seed: bytes, history: Sequence[Message]) -> tuple[int, Outline]:
        known_seed, known, outline = self._known
        if known and seed == known_seed and len(known) <= len(history) and all(map(is_, known, history)):
            return len(known), outline.copy()
        return 0, Outline(hashlib.sha256(seed))


def sendable(history: Sequence[Message]) -> list[Message]:
    """The messages of a history that take part in a next request.

    Of each turn that is the question and its last answer with text: one that was asked for again counts no more,
    unless nothing better came. A turn that was only refused stays out.
    """
    return [message for question, answers in _turns(history) for message in _sendable(question, answers)]


def _sendable(question: Message, answers: Sequence[Message]) -> list[Message]:
    if not _going(question).bare[1]:
        return []
    usable = [answer for answer in answers if not answer.refused and _going(answer).bare[1]]
    if usable or not any(answer.refused for answer in answers):
        return [question, *usable[-1:]]
    return []


def _turns(history: Sequence[Message]) -> Iterator[tuple[Message, list[Message]]]:
    """Each question with the answers it got."""
    asked = [row for row, message in enumerate(history) if message.role == "user"]
    for row, end in zip(asked, [*asked[1:], len(history)], strict=False):  # a history may have no question yet
        yield history[row], list(history[row + 1 : end])


def bare(prefix: str) -> str:
    """What an answer was asked with, whether its thinking had to be left out or not."""
    return prefix.removesuffix(BARE)


def _blocks(message: Message, *, thinking: bool) -> list[Block]:
    """What of one message is sent."""
    if message.role == "user":
        return list(_asked(message))
    blocks = [b for b in message.content if isinstance(b, ReplyBlock) and (b.type != "text" or b.text.strip())]
    if not any(b.type == "text" for b in blocks):
        return []
    if message.state != "complete":
        return [ReplyBlock({"type": "text", "text": b.text}) for b in blocks if b.type == "text"]
    return [b for b in blocks if thinking or b.type not in THINKING]


def _asked(message: Message) -> Iterator[Block]:
    said: set[int] = set()
    for block in message.content:
        if isinstance(block, ImageBlock) and block.stands_for:
            if block.number not in said:  # one sentence stands for all parts of a picture
                yield block
            said.add(block.number)
        elif not isinstance(block, TextBlock) or block.text.strip():
            yield block


def _outlined(message: Message) -> Going:
    whole = without = message.role, tuple(_blocks(message, thinking=True))
    thinks = any(isinstance(block, ReplyBlock) and block.type in THINKING for block in whole[1])
    if thinks:
        without = message.role, tuple(_blocks(message, thinking=False))
    return Going(whole, without, thinks, _digest(*without))


_going: Final = Once[Message, Going](_outlined)


def _digest(role: str, blocks: Sequence[Block]) -> bytes:
    entries = [b'"%b"' % role.encode()]
    for block in blocks:
        if isinstance(block, ImageBlock):
            entries.append(_digestible([block.number, block.media_type, block.sent, *_special(block)]))
        else:
            entries.append(_digestible(block.text if isinstance(block, TextBlock) else block.data))
    return b"[%b]" % b", ".join(entries)


def _digestible(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode()


def _special(image: ImageBlock) -> list[object]:
    """What sets a picture apart from one that goes whole, as bytes; such a one must keep its digest for ever."""
    if image.stands_for:
        return [image.stands_for]
    if image.kind == "whole" and not (image.sharper_than or image.url or image.file):
        return []
    return [image.label, image.url, image.file.id if image.file else ""]
