"""One Messages request: what of a history goes back, in which order, with which thinking; and its body as bytes.

What goes back (API.md, sections 3.2, 3.5 and 3.6):

* a finished answer exactly as it arrived, save empty text blocks, which the API refuses;
* of a stopped, interrupted or failed answer the text so far, without thinking; nothing where there is none;
* a refused turn not at all, neither the question nor the answer;
* a picture with the label it was first sent with; of one that an earlier turn has or the person left out, a sentence.

Thinking is bound to everything before it: the model, the system prompt, the earlier turns. Each answer therefore keeps
the digest of what it was asked with (`Message.prefix`). Where the digest no longer matches, the thinking of that answer
and of all before it stays at home; cutting from the front is what the API allows.
"""

from __future__ import annotations

import json
import uuid
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from app.core.fit import Tier, fit
from app.core.message import JSON, THINKING, Block, ImageBlock, Message, ReplyBlock, TextBlock, Ttl, well_formed
from app.core.once import Once
from app.core.outline import BARE, Memory, bare, sendable

__all__ = ["Request", "bare", "sendable"]

MAX_TOKENS: Final = 16_000
"""Default `max_tokens`: it includes thinking, so that a small one can end an answer before its first word."""


Source = Literal["url", "file"]

_CODED: Final = 3 << 17
"""Bytes of a picture that are coded at a time, a multiple of three: coding keeps the interpreter to itself."""
_LOOK_BACK: Final = 20
"""Content blocks between two cache marks that the server bridges (API.md, section 7)."""


@dataclass(frozen=True, slots=True)
class Body:
    """The bytes of a request: JSON with the pictures' base64 put in while it is read, so that memory stays small."""

    parts: tuple[bytes | ImageBlock, ...]
    read: Callable[[str], bytes]
    """SHA-256 → the prepared bytes of a picture. Raises what `app.core.pictures` raises."""

    @property
    def length(self) -> int:
        """Bytes of the whole body, without reading a picture."""
        return sum(len(p) if isinstance(p, bytes) else base64_length(p.sent_bytes) for p in self.parts)

    def __iter__(self) -> Iterator[bytes]:
        for part in self.parts:
            if isinstance(part, bytes):
                yield part
                continue
            data = memoryview(self.read(part.sent))
            for start in range(0, len(data), _CODED):
                yield b64encode(data[start : start + _CODED])


@dataclass(frozen=True, slots=True)
class Request:
    """Everything of one request that does not depend on the server it goes to."""

    model: str
    messages: tuple[tuple[str, tuple[Block, ...]], ...]
    """Role and blocks, thinking already stripped where it must be."""
    system: str = ""
    max_tokens: int = MAX_TOKENS
    prefix: str = ""
    """Digest to be kept with the answer."""
    server: str = ""
    """The host it goes to."""
    sources: frozenset[Source] = frozenset()
    """Besides bytes, how the server takes pictures (API.md, section 1.7)."""
    exact: Tier | None = None
    """The model's tier where the server can be told to refuse rather than shrink a picture (API.md, section 1.6)."""
    continues: Message | None = None
    """The last answer, if what it was asked with is still what goes back: the server may have that in its cache."""
    seen: int = 0
    """How many of `messages` go up to that answer, itself included."""
    ttl: Ttl = "5m"
    """How long the server is to keep the prompt in its cache."""
    trail: tuple[tuple[str, int], ...] = ()
    """What earlier answers may have been asked with of which every byte goes again: the prefix, and how many of
    `messages` that is."""
    changed: tuple[int, int] = (0, 0)
    """Between these two of `messages` is what has changed since the last answer was asked for; both 0 where nothing."""
    diagnoses: bool = False
    """Whether the server can say why it read nothing from its cache."""
    previous: str = ""
    """The API's id of the last answer of this server."""

    @classmethod
    def build(
        cls,
        history: Sequence[Message],
        *,
        model: str,
        system: str = "",
        server: str = "",
        max_tokens: int = MAX_TOKENS,
        sources: frozenset[Source] = frozenset(),
        exact: Tier | None = None,
        ttl: Ttl = "5m",
        diagnoses: bool = False,
        memory: Memory | None = None,
    ) -> Request:
        """The request that answers `history`, whose last message is the person's.

        `server` is part of the digest: signatures of one server mean nothing to another. With the `memory` of earlier
        ones, it is only the end of a long history that is gone through.
        """
        system = well_formed(system.strip())
        outline = (memory or Memory()).outline(f"{server}\0{model}\0{system}".encode(), history)
        return cls(
            model,
            outline.messages,
            system,
            max_tokens,
            outline.digest.hexdigest(),
            server,
            sources,
            exact,
            outline.continues,
            outline.seen,
            ttl,
            tuple(outline.trail),
            outline.changed,
            diagnoses,
            next((m.api_id for m in reversed(history) if m.api_id and m.server == server), "") if diagnoses else "",
        )

    @property
    def images(self) -> tuple[ImageBlock, ...]:
        """The pictures that really go: without those for which a sentence stands."""
        return tuple(b for _, blocks in self.messages for b in blocks if isinstance(b, ImageBlock) and not b.stands_for)

    def image_at(self, message: int, block: int) -> ImageBlock | None:
        """The picture that an error of the server names as `messages.N.content.M`, if it is one."""
        if not 0 <= message < len(self.messages):
            return None
        entries = list(self._entries(self.messages[message][1]))
        found = entries[block][1] if 0 <= block < len(entries) else None
        return found if isinstance(found, ImageBlock) else None

    def source(self, image: ImageBlock) -> Literal["base64"] | Source:
        """How a picture goes to this server."""
        if image.file is not None and image.file.server == self.server and "file" in self.sources:
            return "file"
        return "url" if image.url and "url" in self.sources else "base64"

    @property
    def thinks(self) -> bool:
        """Whether any thinking goes back."""
        return any(isinstance(b, ReplyBlock) and b.type in THINKING for _, blocks in self.messages for b in blocks)

    def without_thinking(self) -> Request:
        """The same request with all thinking left out: for the one repeat after a signature was refused.

        Its prefix is another, so that what was refused once is not sent again with the next question.
        """
        messages = tuple(
            (role, tuple(b for b in blocks if not (isinstance(b, ReplyBlock) and b.type in THINKING)))
            for role, blocks in self.messages
        )
        return replace(self, messages=messages, prefix=self.prefix + BARE)

    def body(self, read: Callable[[str], bytes]) -> Body:
        """The request as JSON bytes (API.md, section 3.2), streamed, with automatic caching (section 7)."""
        mark = uuid.uuid4().hex
        images: list[ImageBlock] = []
        marked = self._marked - 1
        messages = [
            b'{"role":"%b","content":[%b]}' % (role.encode(), self._written(blocks, mark, images, row == marked))
            for row, (role, blocks) in enumerate(self.messages)
        ]
        whole = b'%b,"messages":[%b]}' % (_compact(self._fields).removesuffix(b"}"), b",".join(messages))
        pieces = whole.split(mark.encode())
        parts: list[bytes | ImageBlock] = [pieces[0]]
        for image, piece in zip(images, pieces[1:], strict=True):
            parts += [image, piece]
        return Body(tuple(parts), read)

    def _written(self, blocks: Sequence[Block], mark: str, images: list[ImageBlock], marks: bool) -> bytes:
        """The JSON of one message's content; the pictures that `mark` stands for in it are put to `images`.

        `marks`: the explicit mark stands on it.
        """
        if not marks and not any(isinstance(block, ImageBlock) for block in blocks):
            return b",".join([_words(block) for block in blocks if not isinstance(block, ImageBlock)])
        entries = list(self._entries(blocks, mark))
        images += [block for entry, block in entries if isinstance(block, ImageBlock) and _carries_bytes(entry)]
        if marks:
            entries[-1] = entries[-1][0] | {"cache_control": self._mark}, None
        return b",".join(_written(*entry) for entry in entries)

    @property
    def length(self) -> int:
        """Bytes of its body. That is not made for it: a long history would be written with every change of a draft."""
        marked = self._marked - 1
        lengths = [self._length(role, blocks, row == marked) for row, (role, blocks) in enumerate(self.messages)]
        return len(_compact(self._fields)) + len(',"messages":[]') + sum(lengths) + max(0, len(lengths) - 1)

    def _length(self, role: str, blocks: Sequence[Block], marks: bool) -> int:
        """Bytes of one message in the body; `marks`: the explicit mark stands on it."""
        frame = len('{"role":"","content":[]}') + len(role) + max(0, len(blocks) - 1)
        words = [len(_words(block)) for block in blocks if not isinstance(block, ImageBlock)]
        if len(words) == len(blocks) and not marks:
            return frame + sum(words)
        entries = list(self._entries(blocks))
        written = [_compact(entry) for entry, _ in entries]
        bytes_of = [base64_length(b.sent_bytes) for e, b in entries if isinstance(b, ImageBlock) and _carries_bytes(e)]
        more = len(_compact(entries[-1][0] | {"cache_control": self._mark})) - len(written[-1]) if marks else 0
        return frame - len(blocks) + len(entries) + sum(map(len, written)) + sum(bytes_of) + more

    def reaches(self, messages: int) -> bool:
        """Whether the server, from the marks of this request, finds what it has kept of that many of its messages."""
        marks = (mark for mark in (len(self.messages), self._marked) if mark >= messages)
        return any(self._count(messages, mark) <= _LOOK_BACK for mark in marks)

    @property
    def _fields(self) -> JSON:
        """The body without its messages."""
        fields: JSON = {"model": self.model, "max_tokens": self.max_tokens, "stream": True}
        if self.system:
            fields["system"] = self.system
        fields["cache_control"] = self._mark
        if self.diagnoses:
            fields["diagnostics"] = {"previous_message_id": self.previous or None}
        return fields

    @property
    def _mark(self) -> JSON:
        """Marks what the server is to keep (API.md, section 7)."""
        return {"type": "ephemeral"} if self.ttl == "5m" else {"type": "ephemeral", "ttl": self.ttl}

    @property
    def _marked(self) -> int:
        """How many messages go up to the explicit mark, 0 where there is none: on the last question with an answer.

        The server looks for what it has cached so many blocks back and no further (API.md, section 7).
        """
        rows = range(len(self.messages) - 1, -1, -1)
        asked = next((row for row in rows if self.messages[row][0] == "assistant"), 0)
        return asked if asked and self._count(asked, len(self.messages)) > _LOOK_BACK else 0

    def _count(self, first: int, end: int) -> int:
        """Content blocks of these messages."""
        return sum(_entry_count(blocks) for _, blocks in self.messages[first:end])

    def _entries(self, blocks: Sequence[Block], mark: str = "") -> Iterator[tuple[JSON, Block | None]]:
        """The content of one message, entry by entry, and the block that each is; `mark` stands for a picture's bytes.

        A sentence about a picture is no block.
        """
        alone = sum(isinstance(b, ImageBlock) for b in blocks) == 1
        for block in blocks:
            match block:
                case TextBlock():
                    yield block.to_json(), block
                case ReplyBlock():
                    yield block.data, block
                case ImageBlock() if block.stands_for:
                    yield {"type": "text", "text": block.stands_for}, None
                case ImageBlock():
                    if labelled(block, alone):
                        yield {"type": "text", "text": block.label}, None
                    yield self._picture(block, mark), block

    def _picture(self, image: ImageBlock, mark: str) -> JSON:
        entry: JSON = {"type": "image"}
        match self.source(image):
            case "url":
                return entry | {"source": {"type": "url", "url": image.url}}
            case "file":
                entry["source"] = {"type": "file", "file_id": image.file.id if image.file else ""}
            case _:
                entry["source"] = {"type": "base64", "media_type": image.media_type, "data": mark}
        if self.exact is not None and fit(image.width, image.height, self.exact) == (image.width, image.height):
            entry["transformations"] = {"oversized_image": "error"}
        return entry


def base64_length(size: int) -> int:
    """Characters of the base64 text of `size` bytes."""
    return (size + 2) // 3 * 4


def labelled(image: ImageBlock, alone: bool) -> bool:
    """Whether a picture goes with its label: all do but a lone first one (guide, "Prompt examples")."""
    return image.number > 1 or not alone


def _entry_count(blocks: Sequence[Block]) -> int:
    """How many blocks of the API's go for these: a label is one, too."""
    images = [block for block in blocks if isinstance(block, ImageBlock)]
    return len(blocks) + sum(not image.stands_for and labelled(image, len(images) == 1) for image in images)


def _carries_bytes(entry: JSON) -> bool:
    return bool(entry["source"]["type"] == "base64")


def _compact(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _written(entry: JSON, block: Block | None) -> bytes:
    """The JSON of one entry; that of words is made once, however often the request is."""
    return _words(block) if isinstance(block, TextBlock | ReplyBlock) else _compact(entry)


_words: Final = Once[TextBlock | ReplyBlock, bytes](
    lambda block: _compact(block.to_json() if isinstance(block, TextBlock) else block.data)
)
