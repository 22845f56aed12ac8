"""One message of a conversation: what was asked or answered, as a value that is never changed.

A user message holds `TextBlock`s and `ImageBlock`s. An assistant message holds `ReplyBlock`s, each exactly the JSON
the API sent, so that the history can be sent back whole, thinking signatures and unknown blocks included.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, Literal

from app.core.cuts import Box, Kind, Preset, place
from app.core.fit import Size

JSON = dict[str, Any]
"""A JSON object as `json.loads` gives it. Treated as immutable everywhere."""

State = Literal["complete", "streaming", "stopped", "interrupted", "failed"]
"""How an answer ended. A refusal and a cut at `max_tokens` are "complete" with their stop reason."""
Ttl = Literal["5m", "1h"]
"""How long the server is asked to keep a prompt in its cache (API.md, section 7)."""

THINKING: Final = frozenset({"thinking", "redacted_thinking"})


@dataclass(frozen=True, slots=True, weakref_slot=True)
class TextBlock:
    text: str

    def to_json(self) -> JSON:
        return {"type": "text", "text": self.text}


REFITTED: Final = "refitted"
"""The note on a block whose bytes are not those it was first sent with."""


@dataclass(frozen=True, slots=True)
class ImageBlock:
    """A picture in a user message: the bytes that are sent, by their hash, and where they came from."""

    number: int
    """Its number in the conversation, from 1: what "Image 3" means, for ever."""
    name: str
    """What the person calls it: the file's name, or empty for a pasted bitmap."""
    sent: str
    """SHA-256 (hex) of the prepared bytes: what goes over the wire. Of a link, those it was seen to lead to."""
    media_type: str
    width: int
    """Pixels of the picture as sent."""
    height: int
    sent_bytes: int
    tokens: int
    """Visual tokens of the size sent (API.md, section 1.1)."""
    original: str
    """SHA-256 (hex) of the file as it was dropped. Every re-fit starts from it."""
    original_width: int
    """Pixels of the original, turned upright."""
    original_height: int
    original_bytes: int
    original_format: str
    """As people call it: "JPEG", "HEIC", "PDF"."""
    notes: tuple[str, ...] = ()
    """What was done to it, as words of `app.core.image`: "turned", "resized", "first_frame", "srgb", "flattened"…"""
    page: int = 0
    """The page of a document that it shows, from 1; 0 for a picture file."""
    preset: Preset = "auto"
    kind: Kind = "whole"
    """What of the picture this block shows. A picture sent in parts has a block for each, all of one number."""
    box: Box | None = None
    """The part of the original, in its upright pixels; None for all of it."""
    part: int = 0
    parts: int = 0
    """Tiles: which one of how many."""
    same_as: int = 0
    """Number of an earlier picture of the same pixels: a sentence that says so goes in its place."""
    sharper_than: int = 0
    """Number of an earlier picture that this shows again, sharper."""
    withheld: bool = False
    """Left out by the person: its label goes and says so, its pixels stay at home."""
    url: str = ""
    """A link the person gave: the server fetches the picture itself. `sent` may then be empty, and the size 0."""
    file: RemoteFile | None = None
    """Where the server keeps it: it then goes by that name, not as bytes."""
    description: str = ""
    """Words of the person's that go in its place; they wait while it is withheld."""

    @property
    def label(self) -> str:
        """What is said before the picture, so that it can be talked about (guide, "Prompt examples")."""
        return f"Image {self.number}{self._described}:"

    @property
    def _described(self) -> str:
        where = place(self.box, Size(self.original_width, self.original_height))
        native = self.box is not None and (self.width, self.height) == (self.box.width, self.box.height)
        size = " at full size" if native else ""
        again = f", the same picture as Image {self.sharper_than} but sharper" if self.sharper_than else ""
        match self.kind:
            case "overview":
                return f"{again}, overview of the whole picture"
            case "tile":
                return f", part {self.part} of {self.parts}{size} ({where})"
            case "region":
                return f", marked region{size} ({where})"
        return again

    @property
    def stands_for(self) -> str:
        """The sentence that goes instead of the picture; empty where the picture goes itself."""
        if self.withheld:
            return f"Image {self.number}: left out."
        if self.description:
            return f"Image {self.number}, described in words: {self.description}"
        return f"Image {self.number}: the same picture as Image {self.same_as}." if self.same_as else ""

    @property
    def resized(self) -> bool:
        return self.kind == "whole" and (self.width, self.height) != (self.original_width, self.original_height)

    @property
    def thumbnail(self) -> str:
        """The key of its thumbnail in the store."""
        return thumbnail_key(self.original, self.page)


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A picture that a server keeps (API.md, section 5)."""

    id: str
    server: str
    """The host whose name it is."""
    expires: float
    """Seconds since the epoch."""


def thumbnail_key(original: str, page: int = 0) -> str:
    """The name of a thumbnail: the original's SHA-256 (hex), with the page where it is a document's."""
    return f"{original}-{page}" if page else original


def parts_of(key: str) -> tuple[str, int]:
    """The original's SHA-256 and the page, 0 for no document's, of a `thumbnail_key`."""
    original, _, page = key.partition("-")
    return original, int(page or 0)


@dataclass(frozen=True, slots=True, weakref_slot=True)
class ReplyBlock:
    """A content block of an answer, as the API sent it. `data["type"]` may be one we have never heard of."""

    data: JSON

    @property
    def type(self) -> str:
        return str(self.data.get("type", ""))

    @property
    def text(self) -> str:
        """The text of a text block; empty for every other kind."""
        return str(self.data.get("text") or "") if self.type == "text" else ""

    @property
    def thinking(self) -> str:
        return str(self.data.get("thinking") or "") if self.type == "thinking" else ""


Block = TextBlock | ImageBlock | ReplyBlock


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one request as the API counted them (API.md, section 3.5)."""

    input_tokens: int = 0
    """Prompt tokens after the last cache mark; the whole prompt is `prompt_tokens`."""
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    cache_read: int = 0
    output_tokens: int = 0
    """Thinking included."""
    thinking_tokens: int = 0
    raw: JSON = field(default_factory=dict)
    """The API's own object, all later updates merged in."""

    @property
    def prompt_tokens(self) -> int:
        return self.input_tokens + self.cache_write_5m + self.cache_write_1h + self.cache_read

    @classmethod
    def from_json(cls, raw: Mapping[str, Any], ttl: Ttl = "5m") -> Usage:
        """Read a `usage` object. Every count may be null or absent (third-party servers): it then counts 0.

        What was written to the cache is for `ttl`, as it was asked for, where the server does not tell.
        """
        written = _count(raw, "cache_creation_input_tokens")
        by_ttl = raw.get("cache_creation")
        if isinstance(by_ttl, Mapping):
            hour = _count(by_ttl, "ephemeral_1h_input_tokens")
        else:
            hour = written if ttl == "1h" else 0
        details = raw.get("output_tokens_details")
        return cls(
            input_tokens=_count(raw, "input_tokens"),
            cache_write_5m=max(0, written - hour),
            cache_write_1h=hour,
            cache_read=_count(raw, "cache_read_input_tokens"),
            output_tokens=_count(raw, "output_tokens"),
            thinking_tokens=_count(details, "thinking_tokens") if isinstance(details, Mapping) else 0,
            raw=dict(raw),
        )

    def updated(self, later: Mapping[str, Any], ttl: Ttl = "5m") -> Usage:
        """Merge a `message_delta` usage: counts are cumulative, what is missing or null keeps its value."""
        return Usage.from_json(self.raw | {k: v for k, v in later.items() if v is not None}, ttl)


def _count(raw: Mapping[str, Any], key: str) -> int:
    value = raw.get(key)
    return value if isinstance(value, int) and value > 0 else 0


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Message:
    """One turn. Never changed: `apply` and `dataclasses.replace` return the next one."""

    role: Literal["user", "assistant"]
    content: tuple[Block, ...] = ()
    id: str = ""
    """Our own id in the store, unique in the data folder."""
    created: float = 0.0
    """Seconds since the epoch."""
    state: State = "complete"
    model: str = ""
    """Assistant: the model that answered, by the id asked for."""
    server: str = ""
    """Assistant: the host that answered; "practice" in practice mode."""
    prefix: str = ""
    """Assistant: digest of everything this answer was asked with (see `app.core.request`)."""
    stop_reason: str | None = None
    stop_details: JSON | None = None
    usage: Usage | None = None
    estimate: str = ""
    """Assistant: the price promised before Send, in USD, as an exact decimal; empty where no price is known."""
    cost: str = ""
    """Assistant: what it cost by `usage`, in USD, as an exact decimal; empty where unknown."""
    api_id: str = ""
    """The API's id of the answer (`msg_…`)."""
    request_id: str = ""
    """Assistant: the server's id of the request."""
    ttl: Ttl = "5m"
    """Assistant: how long the server was asked to keep the prompt."""
    cache: JSON | None = None
    """Assistant: what it was expected to read from the cache, as `app.core.caching` writes it."""
    diagnostics: JSON | None = None
    """Assistant: what the API says about its cache (`app.core.caching`)."""
    seconds: float = 0.0
    """Assistant: from Send to the last event."""
    thought: float = 0.0
    """Assistant: seconds from the first sign of thinking to the first text, or to the end; 0 where nothing was seen."""
    error: JSON | None = None
    """Assistant: why it is stopped short, as `app.core.store` writes an error; None when nothing went wrong."""

    @property
    def text(self) -> str:
        """What a person reads of it: the text blocks, in order."""
        if self.role == "user":
            return "\n\n".join(b.text for b in self.content if isinstance(b, TextBlock))
        return "".join(b.text for b in self.content if isinstance(b, ReplyBlock))

    @property
    def thinking(self) -> str:
        return "\n\n".join(b.thinking for b in self.content if isinstance(b, ReplyBlock) and b.thinking)

    @property
    def images(self) -> tuple[ImageBlock, ...]:
        return tuple(b for b in self.content if isinstance(b, ImageBlock))

    @property
    def pictures(self) -> tuple[tuple[ImageBlock, ...], ...]:
        """The blocks of each picture, in order: several where it goes in parts."""
        by_number: dict[int, list[ImageBlock]] = {}
        for image in self.images:
            by_number.setdefault(image.number, []).append(image)
        return tuple(tuple(blocks) for blocks in by_number.values())

    @property
    def refused(self) -> bool:
        return self.stop_reason == "refusal"

    @classmethod
    def from_user(cls, text: str, images: Iterable[ImageBlock], **facts: Any) -> Message:
        """Pictures first, the text after them (guide, "Prompt examples"); text of white space only is left out."""
        blocks: list[Block] = list(images)
        if text.strip():
            blocks.append(TextBlock(well_formed(text)))
        return cls(role="user", content=tuple(blocks), **facts)

    def apply(self, event: Mapping[str, Any]) -> Message:
        """Fold one stream event into the answer (API.md, section 3.4). What is unknown changes nothing."""
        match event.get("type"):
            case "message_start":
                start = event.get("message")
                return self._started(start, event) if isinstance(start, Mapping) else self
            case "content_block_start":
                block = event.get("content_block")
                return self._with_block(event.get("index"), dict(block)) if isinstance(block, Mapping) else self
            case "content_block_delta":
                delta = event.get("delta")
                return self._with_delta(event.get("index"), delta) if isinstance(delta, Mapping) else self
            case "message_delta":
                return self._ending(event)
            case _:
                return self

    def _started(self, start: Mapping[str, Any], event: Mapping[str, Any]) -> Message:
        usage, diagnostics = start.get("usage"), start.get("diagnostics")
        return replace(
            self,
            api_id=str(start.get("id") or ""),
            request_id=str(event.get("request_id") or ""),
            usage=Usage.from_json(usage, self.ttl) if isinstance(usage, Mapping) else Usage(),
            diagnostics=dict(diagnostics) if isinstance(diagnostics, Mapping) else None,
        )

    def _with_block(self, index: object, block: JSON) -> Message:
        if index != len(self.content):
            return self
        return replace(self, content=(*self.content, ReplyBlock(block)))

    def _with_delta(self, index: object, delta: Mapping[str, Any]) -> Message:
        if not isinstance(index, int) or not 0 <= index < len(self.content):
            return self
        block = self.content[index]
        if not isinstance(block, ReplyBlock):
            return self
        changed = ReplyBlock(_grown(block.data, delta))
        return replace(self, content=(*self.content[:index], changed, *self.content[index + 1 :]))

    def _ending(self, event: Mapping[str, Any]) -> Message:
        delta, usage = event.get("delta"), event.get("usage")
        message = self
        if isinstance(delta, Mapping):
            message = replace(
                message,
                stop_reason=delta.get("stop_reason") or self.stop_reason,
                stop_details=delta.get("stop_details") or self.stop_details,
            )
        if isinstance(usage, Mapping):
            message = replace(message, usage=(message.usage or Usage()).updated(usage, self.ttl))
        return message


def _grown(block: JSON, delta: Mapping[str, Any]) -> JSON:
    """The block after one delta. A signature replaces, everything else is appended (API.md, section 3.4)."""
    match delta.get("type"):
        case "text_delta":
            return block | {"text": str(block.get("text") or "") + str(delta.get("text") or "")}
        case "thinking_delta":
            return block | {"thinking": str(block.get("thinking") or "") + str(delta.get("thinking") or "")}
        case "signature_delta":
            return block | {"signature": str(delta.get("signature") or "")}
        case "citations_delta":
            return block | {"citations": [*(block.get("citations") or ()), delta.get("citation")]}
        case "input_json_delta":
            return block | {"partial_json": str(block.get("partial_json") or "") + str(delta.get("partial_json") or "")}
        case _:
            return block


def well_formed(text: str) -> str:
    """Plain text fit for UTF-8: half a surrogate pair becomes U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def blocks_to_json(blocks: Iterable[Block]) -> str:
    """Blocks as the store keeps them. `blocks_from_json` is the way back; the round trip is exact."""
    return json.dumps([_stored(b) for b in blocks], ensure_ascii=False, separators=(",", ":"))


def blocks_from_json(text: str) -> tuple[Block, ...]:
    return tuple(_restored(entry) for entry in json.loads(text))


def _stored(block: Block) -> JSON:
    match block:
        case TextBlock():
            return {"text": block.text}
        case ImageBlock():
            return {"image": {name: _fact(getattr(block, name)) for name in ImageBlock.__slots__}}
        case ReplyBlock():
            return {"reply": block.data}


def _fact(value: object) -> object:
    return asdict(value) if isinstance(value, RemoteFile) else value


def _restored(entry: JSON) -> Block:
    if "image" in entry:
        facts = dict(entry["image"])
        facts["notes"] = tuple(facts["notes"])
        if box := facts.get("box"):
            facts["box"] = Box(*box)
        if file := facts.get("file"):
            facts["file"] = RemoteFile(**file)
        return ImageBlock(**facts)
    if "reply" in entry:
        return ReplyBlock(entry["reply"])
    return TextBlock(entry["text"])
