"""A request as the model reads it: blocks with their tokens, what of them is cached, which thinking belongs there."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.servers import pictures
from tests.servers.files import Refused
from tests.servers.rules import Json, blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tests.servers.files import Files
    from tests.servers.models import Model

    Tokenizer = Callable[[str, Model], int]
    """Tokens of a text for a model."""

LOOK_BACK = 20
"""Blocks: how far before a breakpoint an earlier cache entry is found (API.md, section 7)."""
FRAMING = 3
"""Tokens a request costs beside its blocks."""

_THINKING = {"thinking", "redacted_thinking"}


class Item(NamedTuple):
    """One block of the prompt: system first, then every message's."""

    at: str
    role: str
    block: Json
    """Without its cache_control."""
    cache_control: Json | None
    tokens: int


def rough(text: str, model: Model) -> int:  # noqa: ARG001
    """Tokens of a text for any model, where no tokenizer is asked for: four characters a token."""
    return text_tokens(text)


def items(body: Json, model: Model, files: Files, tokenizer: Tokenizer = rough) -> list[Item]:
    """Every block of the request in order."""
    system = body.get("system") or []
    if isinstance(system, str):
        system = [{"type": "text", "text": system}]
    placed = [(f"system.{n}", "system", block) for n, block in enumerate(system)]
    placed += [(at, body["messages"][int(at.split(".")[1])]["role"], block) for at, block in blocks(body)]
    return [_item(at, role, block, model, files, tokenizer) for at, role, block in placed]


def _item(at: str, role: str, block: Json, model: Model, files: Files, tokenizer: Tokenizer) -> Item:
    bare = {name: value for name, value in block.items() if name != "cache_control"}
    if block["type"] == "image":
        bare["bytes"] = files.digest(block["source"])
    return Item(at, role, bare, block.get("cache_control"), _tokens(block, model, files, tokenizer))


def _tokens(block: Json, model: Model, files: Files, tokenizer: Tokenizer) -> int:
    """Text by the tokenizer; pictures exactly."""
    if block["type"] == "image":
        picture = files.picture(block["source"])
        assert picture is not None
        return picture_tokens(picture, model)
    if block["type"] == "text":
        return tokenizer(block["text"], model)
    return tokenizer(json.dumps(block), model)


def picture_tokens(picture: pictures.Picture, model: Model) -> int:
    """Visual tokens after the tier's downscale (API.md, section 1.1)."""
    return pictures.patches(*pictures.resized(picture.width, picture.height, model.max_edge, model.max_image_tokens))


def text_tokens(text: str) -> int:
    """About what a text costs, at four characters a token."""
    return math.ceil(len(text) / 4)


def total(prompt: list[Item]) -> int:
    """Tokens of the whole prompt."""
    return FRAMING + sum(item.tokens for item in prompt)


def _chain(seed: object, parts: Iterable[object]) -> Iterator[bytes]:
    """A digest for the seed alone, then for the seed and each longer beginning of `parts`."""
    digest = hashlib.sha256(json.dumps(seed, sort_keys=True).encode())
    yield digest.digest()
    for part in parts:
        digest.update(json.dumps(part, sort_keys=True).encode())
        yield digest.digest()


class Cache:
    """Prompt caching (API.md, section 7): remembers the prefixes that were written. Nothing expires."""

    def __init__(self) -> None:
        self._written: set[bytes] = set()

    def usage(self, body: Json, prompt: list[Item], model: Model) -> Json:
        """The input side of `usage` for this request; what it writes is there for the next."""
        seed = [model.id, body.get("thinking"), body.get("output_config")]
        prefixes = list(_chain(seed, ([item.role, item.block] for item in prompt)))
        marks = _breakpoints(body, prompt)
        tokens = [0]
        for item in prompt:
            tokens.append(tokens[-1] + item.tokens)
        reach = {end for mark in marks for end in range(max(0, mark - LOOK_BACK), mark + 1)}
        read = max((end for end in reach if prefixes[end] in self._written), default=0)
        written = {5: 0, 60: 0}
        last = read
        for mark, minutes in sorted(marks.items()):
            if mark > last and tokens[mark] >= model.min_cacheable:
                self._written.add(prefixes[mark])
                written[minutes] += tokens[mark] - tokens[last]
                last = mark
        return {
            "input_tokens": total(prompt) - tokens[last],
            "cache_creation_input_tokens": sum(written.values()),
            "cache_read_input_tokens": tokens[read],
            "cache_creation": {"ephemeral_5m_input_tokens": written[5], "ephemeral_1h_input_tokens": written[60]},
            "service_tier": "standard",
            "inference_geo": "global",
        }


def _breakpoints(body: Json, prompt: list[Item]) -> dict[int, int]:
    """How many blocks each breakpoint covers, and its life in minutes; a top-level one marks the last cacheable."""
    controls = {n: item.cache_control for n, item in enumerate(prompt, 1) if item.cache_control}
    if top := body.get("cache_control"):
        last = max(n for n, item in enumerate(prompt, 1) if item.block["type"] not in _THINKING)
        controls[last] = top
    return {n: 60 if control.get("ttl") == "1h" else 5 for n, control in controls.items()}


@dataclass(frozen=True, slots=True)
class _Issued:
    """Where a thinking block was given out: it holds there only."""

    block: str
    model: str
    prefix: bytes
    before: tuple[str, ...]
    """The signatures of the thinking blocks before it."""


@dataclass
class Thinking:
    """The thinking blocks this server has given out; they may come back only after the same history (API.md, 3.6)."""

    _issued: dict[str, list[_Issued]] = field(default_factory=dict)
    kinds: set[str] = field(default_factory=set)
    """Types of every block given out."""

    def learn(self, prompt: list[Item], model: Model, answer: Iterable[Json]) -> None:
        """Remember the blocks of an answer to `prompt`."""
        placed = [(item.role, item.block) for item in prompt] + [("assistant", block) for block in answer]
        for signature, prefix, before, block in _signed(placed):
            issued = _Issued(json.dumps(block, sort_keys=True), model.id, prefix, before)
            self._issued.setdefault(signature, []).append(issued)
        self.kinds |= {block["type"] for _, block in placed}

    def check(self, prompt: list[Item], model: Model) -> list[Item]:
        """The prompt without thinking of other models, silently dropped. Raises Refused for a block out of place."""
        kept = [item for item in prompt if not self._is_foreign(item.block, model)]
        thoughts = (item for item in kept if item.block["type"] in _THINKING)
        placed = [(item.role, item.block) for item in kept]
        for item, (signature, prefix, before, block) in zip(thoughts, _signed(placed), strict=True):
            text = json.dumps(block, sort_keys=True)
            known = [issued for issued in self._issued.get(signature, ()) if issued.block == text]
            bound = any(issued.prefix == prefix and _ends_with(issued.before, before) for issued in known)
            if not known or (model.binds_thinking and not bound):
                name = "signature" if block["type"] == "thinking" else "data"
                raise Refused(
                    f"{item.at}: Invalid `{name}` in `{block['type']}` block. The block is bound to a different "
                    "conversation: system, messages and model before it must be as they were when it was made."
                )
        return kept

    def _is_foreign(self, block: Json, model: Model) -> bool:
        issued = self._issued.get(_signature(block), ()) if block["type"] in _THINKING else ()
        return bool(issued) and all(one.model != model.id for one in issued)


def _ends_with(whole: tuple[str, ...], end: tuple[str, ...]) -> bool:
    return len(end) <= len(whole) and whole[len(whole) - len(end) :] == end


def _signature(block: Json) -> str:
    return str(block.get("signature", "")) if block["type"] == "thinking" else str(block.get("data", ""))


def _signed(placed: list[tuple[str, Json]]) -> Iterator[tuple[str, bytes, tuple[str, ...], Json]]:
    """Of each thinking block: signature, digest of all other content before it, signatures before it, the block."""
    spoken = [(role, block) for role, block in placed if block["type"] not in _THINKING]
    prefixes = list(_chain("thinking", spoken))
    before: tuple[str, ...] = ()
    passed = 0
    for _, block in placed:
        if block["type"] in _THINKING:
            yield _signature(block), prefixes[passed], before, block
            before = (*before, _signature(block))
        else:
            passed += 1


def sign(prompt: list[Item], model: Model, thinking: str) -> str:
    """A signature that differs for every prompt, model and thinking."""
    parts: list[Any] = [[item.role, item.block] for item in prompt]
    return "Eq" + list(_chain([model.id, thinking], parts))[-1].hex()
