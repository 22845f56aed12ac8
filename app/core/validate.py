"""A Messages request checked as the API checks it (API.md, sections 1.5 to 1.7, 3.1 to 3.3 and 7): for practice mode.

What is well formed but beyond practice mode (tools, documents) is refused too, in words that say so.
Thinking is checked for its shape and against what the table of models knows; signatures cannot be checked here.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal, Never

from app.core.carve import parse
from app.core.catalog import Catalog, Limits, Model
from app.core.fields import Refusal, check_count_fields, check_fields, check_headers, need, no_extras, read_ttl, refuse
from app.core.image_block import ImageReader, Kept, Picture, digest_of, nothing_kept
from app.core.message import JSON

_LABEL: Final = re.compile(
    r"\s*Image (?P<number>\d{1,4})(?:, the same picture as Image \d{1,4} but sharper)?"
    r"(?:, (?:(?P<overview>overview) of the whole picture"
    r"|(?P<part>part \d{1,3} of \d{1,3}|marked region)(?: at full size)?(?P<place> \([a-z ]{3,20}\))?))?:\s*"
)
"""What `ImageBlock.label` says before a picture."""
_STANDS_FOR: Final = re.compile(
    r"Image (?P<number>\d{1,4})(?:: left out\.|: the same picture as Image \d{1,4}\."
    r"|, described in words: (?P<words>.+))",
    re.DOTALL,
)
"""What `ImageBlock.stands_for` says in a picture's place."""
_ANSWER_KINDS: Final = ("tool_use", "server_tool_use", "container_upload", "fallback")
_CHARACTERS_A_TOKEN: Final = 3.5

Part = Literal["model", "system", "messages"]
"""Where in the prompt a block stands."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One block of the prompt as caching counts it (API.md, section 7)."""

    digest: bytes
    """SHA-256 of the block, its cache mark left out."""
    tokens: int
    ttl: str = ""
    """"5m" or "1h" where a cache mark stands; otherwise empty."""
    part: Part = "messages"


@dataclass(frozen=True, slots=True)
class Call:
    """A request that the API would take."""

    model: Model
    max_tokens: int
    stream: bool
    stop_sequences: tuple[str, ...]
    pieces: tuple[Piece, ...]
    """The whole prompt in order: system, then messages."""
    pictures: tuple[Picture, ...]
    question: str
    """The text of the last message, without labels and what stands for pictures."""
    last: int
    """Index of the first message of the last turn: the person's messages at the end count as one turn."""
    diagnostics: JSON | None = None
    """The request's own field: asks why the cache was missed, in comparison with an earlier answer."""
    described: Mapping[int, str] = field(default_factory=dict)
    """Number of a picture that came as words → the words."""

    @property
    def prompt_tokens(self) -> int:
        return sum(piece.tokens for piece in self.pieces)


def check(headers: Mapping[str, str], body: bytes, catalog: Catalog, kept: Kept = nothing_kept) -> Call:
    """The request in `body`, checked; `kept` finds the files that it names.

    Raises `Refusal`. Heavy with big bodies: not for the event loop's thread.
    """
    version, fields = _opened(headers, body, catalog)
    model = check_fields(fields, version, catalog)
    reader = _Reader(model, catalog.limits, kept)
    reader.read(fields)
    call = Call(
        model,
        fields["max_tokens"],
        fields.get("stream", False),
        tuple(fields.get("stop_sequences") or ()),
        _automatic_mark(reader.pieces, fields),
        tuple(reader.pictures),
        "\n\n".join(reader.question),
        reader.last,
        fields.get("diagnostics"),
        reader.described,
    )
    if model.context_window is not None and call.prompt_tokens > model.context_window:
        refuse(f"prompt is too long: {call.prompt_tokens} tokens > {model.context_window} maximum")
    return call


def count(headers: Mapping[str, str], body: bytes, catalog: Catalog) -> int:
    """Tokens of the prompt in `body`, a request of `count_tokens` (API.md, section 6). Raises `Refusal`. Heavy, too."""
    _, fields = _opened(headers, body, catalog)
    reader = _Reader(check_count_fields(fields, catalog), catalog.limits, _uncounted)
    reader.read(fields)
    return sum(piece.tokens for piece in _automatic_mark(reader.pieces, fields))


def _uncounted(file_id: str) -> Never:
    refuse(f"messages: a picture by its file cannot be counted: {file_id}")


def _opened(headers: Mapping[str, str], body: bytes, catalog: Catalog) -> tuple[str, JSON]:
    """The API version and the fields of a request."""
    limits = catalog.limits
    if len(body) > limits.request_bytes:
        raise Refusal(413, f"Request exceeds the maximum size: {len(body)} > {limits.request_bytes} bytes")
    version = check_headers({name.lower(): value for name, value in headers.items()})
    try:
        fields = parse(body)
    except ValueError as error:
        raise Refusal(400, f"The request body is not valid JSON: {error}") from error
    if not isinstance(fields, dict):
        refuse("The request body is not a JSON object")
    return version, fields


def text_tokens(text: str) -> int:
    """A rough count of the tokens of a text; rounded up."""
    return -int(-len(text) // _CHARACTERS_A_TOKEN)


def _automatic_mark(pieces: Sequence[Piece], fields: JSON) -> tuple[Piece, ...]:
    """The pieces with the request's own cache mark set on the last one that may carry it (API.md, section 7)."""
    marked = list(pieces)
    automatic = read_ttl(fields, "")
    if automatic:
        explicit = marked[-1].ttl
        if explicit and explicit != automatic:
            refuse("cache_control: the last block already has a cache_control with another ttl")
        marked[-1] = replace(marked[-1], ttl=automatic)
    lives = [piece.ttl for piece in marked if piece.ttl]
    need(len(lives) <= 4, f"A maximum of 4 blocks with cache_control may be provided. Found {len(lives)}.")
    need(lives == sorted(lives), "cache_control: a ttl='1h' block must not come after a ttl='5m' block")
    return tuple(marked)


# --- system and messages ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Label:
    """What a text right before a picture says of it."""

    number: int
    part: str

    @classmethod
    def read(cls, text: str) -> _Label | None:
        """None where the text is no label."""
        found = _LABEL.fullmatch(text)
        if found is None:
            return None
        return cls(int(found["number"]), found["overview"] or (found["part"] or "") + (found["place"] or ""))


class _Reader:
    """Reads system and messages once, in order, and gathers what the rest of practice mode needs."""

    def __init__(self, model: Model, limits: Limits, kept: Kept) -> None:
        self.model = model
        self.images = ImageReader(model, limits, kept)
        self.pieces: list[Piece] = []
        self.pictures: list[Picture] = []
        self.question: list[str] = []
        self.described: dict[int, str] = {}
        self.last = 0
        self.number = 0

    def read(self, fields: JSON) -> None:
        messages = fields["messages"]
        if not isinstance(messages, list):
            refuse("messages: Input should be a valid list")
        need(bool(messages), "messages: at least one message is required")
        need(len(messages) <= 100_000, "messages: at most 100000 messages are allowed")
        self._count_pictures(messages)
        self._read_system(fields.get("system"))
        for index, message in enumerate(messages):
            self._read_message(index, message)
        need(messages[0]["role"] == "user", 'messages: first message must use the "user" role')
        if messages[-1]["role"] != "user":
            refuse(
                "This model does not support assistant message prefill. The conversation must end with a user message."
            )

    def _count_pictures(self, messages: Sequence[object]) -> None:
        count = sum(block.get("type") == "image" for block in _blocks(messages))
        if count > self.model.max_images:
            refuse(f"messages: too many images: {count} > {self.model.max_images}")
        self.images.count(count)

    def _read_system(self, system: object) -> None:
        # The model belongs to every cached prefix, and so stands in the first piece.
        self._add({"model": self.model.id}, "", 0, "model")
        if isinstance(system, str):
            self._add({"system": system}, "", text_tokens(system), "system")
        elif isinstance(system, list):
            for index, block in enumerate(system):
                where = f"system.{index}"
                need(isinstance(block, dict) and block.get("type") == "text", f"{where}.type: Input should be 'text'")
                self._read_text(block, where, "system")
        elif system is not None:
            refuse("system: Input should be a valid string or list")

    def _read_message(self, index: int, message: object) -> None:
        where = f"messages.{index}"
        if not isinstance(message, dict):
            refuse(f"{where}: Input should be a valid dictionary")
        no_extras(message, {"role", "content"}, where)
        role = message.get("role")
        if role == "system":
            refuse(f"{where}.role: practice mode has no system messages within a conversation")
        need(role in ("user", "assistant"), f"{where}.role: Input should be 'user' or 'assistant'")
        self.question.clear()
        if role == "assistant":
            self.last = index + 1
        content = message.get("content")
        if isinstance(content, str):
            content = [{"type": "text", "text": content}]
        if not isinstance(content, list):
            refuse(f"{where}.content: Input should be a valid string or list")
        need(bool(content), f"{where}: all messages must have non-empty content")
        label: _Label | None = None
        for position, block in enumerate(content):
            label = self._read_block(block, f"{where}.content.{position}", str(role), index, label)

    def _read_block(self, block: object, where: str, role: str, message: int, label: _Label | None) -> _Label | None:
        """Read one block; what it says of a picture right after it, if it is a label."""
        if not isinstance(block, dict):
            refuse(f"{where}: Input should be a valid dictionary")
        kind = block.get("type")
        if kind == "text":
            return self._read_text(block, where, role)
        if role == "user" and kind == "image":
            self._read_image(block, where, message, label)
        elif role == "user" and kind == "document":
            refuse(f"{where}: practice mode takes text and pictures, no documents")
        elif role == "assistant" and kind in ("thinking", "redacted_thinking"):
            self._read_thinking(block, where)
        elif role == "assistant" and (kind in _ANSWER_KINDS or str(kind).endswith("_tool_result")):
            self._add(block, "", text_tokens(json.dumps(block, default=memoryview.hex)))
        else:
            refuse(f"{where}.type: Input tag {kind!r} is not one that {role} messages may hold")
        return None

    def _read_text(self, block: JSON, where: str, role: str) -> _Label | None:
        no_extras(block, {"type", "text", "cache_control", "citations"}, where)
        text = block.get("text")
        if not isinstance(text, str):
            refuse(f"{where}.text: Input should be a valid string")
        need(bool(text), f"{where}: text content blocks must be non-empty")
        need(bool(text.strip()), f"{where}: text content blocks must contain non-whitespace text")
        if role == "user":
            need(not block.get("citations"), f"{where}.citations: not permitted in user messages")
        part: Part = "system" if role == "system" else "messages"
        self._add({"role": role, "text": text}, read_ttl(block, f"{where}."), text_tokens(text), part)
        label = _Label.read(text)
        if role == "user" and label is None:
            self._read_words(text)
        return label

    def _read_words(self, text: str) -> None:
        """What the person has said, unless it stands for a picture."""
        stands_for = _STANDS_FOR.fullmatch(text)
        if stands_for is None:
            self.question.append(text)
        elif stands_for["words"]:
            self.described[int(stands_for["number"])] = stands_for["words"]

    def _read_thinking(self, block: JSON, where: str) -> None:
        names = ("thinking", "signature") if block["type"] == "thinking" else ("data",)
        no_extras(block, {"type", *names}, where)
        for name in names:
            # `data` comes as bytes when it is long: see `app.core.carve`.
            good = isinstance(block.get(name), str | memoryview)
            need(good, f"{where}.{block['type']}.{name}: Input should be a valid string")
        need(len(block[names[-1]]) > 0, f"{where}.{block['type']}.{names[-1]}: must not be empty")
        self._add(block, "", text_tokens(str(block.get("thinking", ""))))

    def _read_image(self, block: JSON, where: str, message: int, label: _Label | None) -> None:
        self.number = label.number if label is not None else self.number + 1
        picture = self.images.read(block, where, message, self.number)
        if label is not None and label.part:
            picture = replace(picture, part=label.part)
        self.pictures.append(picture)
        self._add(digest_of(picture), read_ttl(block, f"{where}."), picture.tokens)

    def _add(self, block: JSON, ttl: str, tokens: int, part: Part = "messages") -> None:
        plain = {name: value for name, value in block.items() if name != "cache_control"}
        text = json.dumps(plain, sort_keys=True, default=memoryview.hex)
        self.pieces.append(Piece(hashlib.sha256(text.encode()).digest(), tokens, ttl, part))


def _blocks(messages: Sequence[object]) -> Iterator[JSON]:
    for message in messages:
        content = message.get("content") if isinstance(message, dict) else None
        for block in content if isinstance(content, list) else ():
            if isinstance(block, dict):
                yield block
