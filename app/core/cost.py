"""What a message will cost and what it did cost: Decimal dollars from tokens, never a float.

Prices are those of the model for the whole prompt (`Model.prices_for`). Every request is cached (API.md, section 7), so
that new prompt tokens are billed at the price of a cache write once the prompt is long enough to be cached at all, and
what an earlier request wrote, as long as the server keeps it (`app.core.caching`), at the price of a read.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from app.core.caching import Lost, kept_of, lost, readable
from app.core.catalog import Model, Prices
from app.core.errors import ReplyLost
from app.core.failure import error_from_json
from app.core.fit import fit, image_tokens
from app.core.message import THINKING, Block, ImageBlock, Message, ReplyBlock, TextBlock, Ttl, Usage
from app.core.once import Once
from app.core.request import Request, labelled
from app.core.server import PRACTICE

USUAL_ANSWER: Final = 500
"""Output tokens of an answer while there is none to go by."""

_TOKENS_A_SECOND: Final = 60
"""A usual pace of an answer, for what was thought out of sight before it broke off."""

_MILLION: Final = Decimal(1_000_000)
_LABEL_TOKENS: Final = 5
_PART_LABEL_TOKENS: Final = 15
"""A part's label says where in the picture it lies."""
_FRAME_TOKENS: Final = 4
"""What the API adds around a message; a few tokens, seen in `usage` (API.md, section 1.4)."""


@dataclass(frozen=True, slots=True)
class PictureCost:
    """The three prices of one picture, in USD: uncached, written to the cache, and each later turn read from it."""

    tokens: int
    input: Decimal
    cache_write: Decimal
    cache_read: Decimal


@dataclass(frozen=True, slots=True)
class Context:
    """What the next request carries besides the new message, in tokens."""

    tokens: int = 0
    cached: int = 0
    """Of these, how many are read from the cache. Known only as long as the cache is warm."""
    pictures: int = 0
    answer: int = USUAL_ANSWER
    """Output to expect: the median of this model's last ten answers here."""
    ttl: Ttl = "5m"
    """How long the next request asks the server to keep its prompt."""
    until: float = 0.0
    """When the server forgets what is `cached`, in seconds since the epoch."""
    lost: Lost | None = None
    """What the cache still held, or would, had nothing changed and the request come in time."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The next message before it is sent. Costs are in USD, None where the model's price is not known."""

    pictures: int
    picture_tokens: int
    text_tokens: int
    context: Context
    caches: bool
    """Whether the prompt is long enough to be cached: what is new is then billed at the write price."""
    next: Decimal | None
    """The prompt at the prices it will be billed at, and an answer of the usual length."""
    at_most: Decimal | None
    """The whole prompt at the write price, and an answer of `max_tokens`."""
    warm: Decimal | None = None
    """`next`, could the server still read from its cache all that the last request left there."""

    @property
    def prompt_tokens(self) -> int:
        return self.picture_tokens + self.text_tokens + self.context.tokens

    @property
    def dearer(self) -> Decimal:
        """USD that `next` is more than `warm`; 0 where nothing is lost or the price is not known."""
        return max(Decimal(0), self.next - self.warm) if self.next is not None and self.warm is not None else Decimal(0)


def dollars(tokens: int, per_million: Decimal) -> Decimal:
    return tokens * per_million / _MILLION


def write_price(prices: Prices, ttl: Ttl) -> Decimal:
    """USD per million tokens that are written to the cache for that long."""
    return prices.cache_write_1h if ttl == "1h" else prices.cache_write_5m


def price(usage: Usage, model: Model) -> Decimal | None:
    """USD of one request by its usage; None where the model has no known price (API.md, section 2)."""
    prices = model.prices_for(usage.prompt_tokens)
    if prices is None:
        return None
    return (
        dollars(usage.input_tokens, prices.input)
        + dollars(usage.cache_write_5m, prices.cache_write_5m)
        + dollars(usage.cache_write_1h, prices.cache_write_1h)
        + dollars(usage.cache_read, prices.cache_read)
        + dollars(usage.output_tokens, prices.output)
    )


def cost_of(answer: Message, model: Model) -> str:
    """What an answer cost, in USD as an exact decimal; empty where it is not known. Practice costs nothing."""
    if answer.server == PRACTICE:
        return "0"
    usage = answer_usage(answer)
    return "" if usage is None else exact(price(usage, model))


def may_have_been_charged(answer: Message) -> bool:
    """Whether a request went out and nobody knows what came of it (RELIABILITY, section 2.3)."""
    if answer.usage is not None or answer.server == PRACTICE or answer.state in {"complete", "streaming"}:
        return False
    return answer.error is None or isinstance(error_from_json(answer.error), ReplyLost)


def is_exact(answers: Iterable[Message]) -> bool:
    """Whether the costs of these answers are facts, none of them an estimate or in doubt."""
    return all(a.state == "complete" or _cost_nothing(a) for a in answers)


def _cost_nothing(answer: Message) -> bool:
    return answer.state != "streaming" and answer.usage is None and not may_have_been_charged(answer)


def exact(amount: Decimal | None) -> str:
    """The amount as the store and scripts keep it, never as "1E-7"; empty for None."""
    return "" if amount is None else format(amount, "f")


def answer_usage(answer: Message) -> Usage | None:
    """The usage an answer is billed by; for one that broke off, with the output estimated from what came.

    None where it is not known: servers that count nothing send zeros (API.md, section 10). A refusal before any output
    is not billed (section 3.5).
    """
    usage = answer.usage
    if usage is None or not usage.prompt_tokens:
        return None
    if answer.refused and not usage.output_tokens:
        return Usage(raw=usage.raw)
    if answer.state in {"complete", "streaming"}:
        return usage
    seen = text_tokens(answer.text) + text_tokens(answer.thinking)
    if any(isinstance(b, ReplyBlock) and b.type in THINKING and not b.thinking for b in answer.content):
        seen = max(seen, round(answer.seconds * _TOKENS_A_SECOND))  # thinking whose text is not shown
    return usage.updated({"output_tokens": max(usage.output_tokens, seen)}, answer.ttl)


def picture_cost(tokens: int, prices: Prices, ttl: Ttl = "5m") -> PictureCost:
    """The prices of a picture of so many tokens that is kept in the cache for `ttl`."""
    return PictureCost(
        tokens,
        dollars(tokens, prices.input),
        dollars(tokens, write_price(prices, ttl)),
        dollars(tokens, prices.cache_read),
    )


def fresh_price(tokens: int, prompt_tokens: int, model: Model, ttl: Ttl = "5m") -> Decimal | None:
    """USD of tokens that are new in a prompt, in which they are counted: written to the cache where it is long enough.

    None where the model has no known price.
    """
    prices = model.prices_for(prompt_tokens)
    if prices is None:
        return None
    return dollars(tokens, write_price(prices, ttl) if prompt_tokens >= model.min_cacheable else prices.input)


@lru_cache(maxsize=64)
def text_tokens(text: str) -> int:
    """A rough count of the tokens of a text: about 3 bytes of Latin script a token, one and a third per CJK character.

    Good to some 20 %; shown with "≈".
    """
    wide = 0 if text.isascii() else sum(1 for c in text if c > "\u2e7f")
    return math.ceil((len(text) - wide) / 3.1 + wide * 1.3)


def context(request: Request, history: Sequence[Message], model: Model, *, now: float) -> Context:
    """What `request` carries; `now` in seconds since the epoch.

    `history` is the whole conversation: an answer that `request` asks for again has told what the prompt costs.
    """
    answers = [
        m for m in history if m.role == "assistant" and m.model == model.id and m.state == "complete" and m.usage
    ]
    usual = [m.usage.output_tokens for m in answers[-10:] if m.usage]
    kept = readable(request, history, now)
    return Context(
        tokens=_prompt(request, history, model),
        cached=kept.tokens if kept else 0,
        pictures=len(request.images),
        answer=_median(usual) if usual else USUAL_ANSWER,
        ttl=request.ttl,
        until=kept.until if kept else 0.0,
        lost=lost(request, history, now),
    )


def _median(counts: Sequence[int]) -> int:
    """The middle one; of two in the middle the mean. Importing `statistics` for it would delay the window."""
    ordered = sorted(counts)
    return round((ordered[(len(counts) - 1) // 2] + ordered[len(counts) // 2]) / 2)


def _prompt(request: Request, history: Sequence[Message], model: Model) -> int:
    """Tokens of the prompt: as far as it was sent before as the server has counted them, the rest by ourselves."""
    kept = next(kept_of(request, history), None)
    if kept is None or kept.answer.usage is None:
        return text_tokens(request.system) + _block_tokens(request.messages, model)
    usage, said = kept.answer.usage, request.messages[kept.messages :]
    if said and kept.answer is request.continues and kept.answer.state == "complete":
        answer = usage.output_tokens - usage.thinking_tokens
        return usage.prompt_tokens + answer + _block_tokens(said[1:], model)
    return usage.prompt_tokens + _block_tokens(said, model)


def estimate(
    carried: Context,
    model: Model,
    picture_tokens: Sequence[int],
    text: str,
    *,
    max_tokens: int,
    first_number: int = 1,
    parts: int = 0,
) -> Estimate:
    """Price the next message: its picture blocks (tokens each), its text, and what the conversation carries along.

    `parts` of the blocks show a picture that goes in several.
    """
    pictures = len(picture_tokens)
    labels = (pictures - parts) * _LABEL_TOKENS + parts * _PART_LABEL_TOKENS
    labels = labels if first_number > 1 or pictures > 1 else 0
    words = (text_tokens(text) if text.strip() else 0) + labels
    prompt = sum(picture_tokens) + words + carried.tokens
    prices = model.prices_for(prompt)
    caches = prompt >= model.min_cacheable
    if prices is None:
        return Estimate(pictures, sum(picture_tokens), words, carried, caches, None, None)
    write = write_price(prices, carried.ttl)

    def ahead(cached: int) -> Decimal:
        fresh = dollars(prompt - cached, write if caches else prices.input)
        return fresh + dollars(cached, prices.cache_read) + dollars(min(carried.answer, max_tokens), prices.output)

    gone = carried.lost.tokens if carried.lost is not None and caches else 0
    limit = dollars(prompt, max(write, prices.input, prices.cache_read)) + dollars(max_tokens, prices.output)
    return Estimate(
        pictures,
        sum(picture_tokens),
        words,
        carried,
        caches,
        ahead(carried.cached),
        limit,
        ahead(max(carried.cached, min(carried.cached + gone, carried.tokens))),
    )


def _block_tokens(messages: Iterable[tuple[str, Sequence[Block]]], model: Model) -> int:
    return sum(_FRAME_TOKENS + sum(block_tokens(b, blocks, model) for b in blocks) for _, blocks in messages)


def block_tokens(block: Block, among: Sequence[Block], model: Model) -> int:
    """Tokens of one block of a message, its label included: exact for a picture, about right for words."""
    match block:
        case TextBlock() | ReplyBlock():
            return _words(block)
        case ImageBlock():
            if block.stands_for:
                return text_tokens(block.stands_for)
            alone = sum(isinstance(b, ImageBlock) for b in among) == 1
            label = _LABEL_TOKENS if block.kind == "whole" else _PART_LABEL_TOKENS
            return picture_tokens(block, model) + (label if labelled(block, alone) else 0)


def picture_tokens(image: ImageBlock, model: Model) -> int:
    """Exact tokens of a picture that goes to a model, without its label; of one of unknown size the most it can be."""
    if not image.width:  # a link nobody has looked behind
        return model.tier.max_tokens
    # A model of a smaller tier shrinks on its side what was sent for a larger one.
    return image_tokens(*fit(image.width, image.height, model.tier))


_words: Final = Once[TextBlock | ReplyBlock, int](
    lambda block: (
        text_tokens(block.text)
        if isinstance(block, TextBlock)
        else text_tokens(block.text) + text_tokens(block.thinking)
    )
)
"""Tokens of what is said in a block, counted once: a long conversation is priced anew with every picture added."""
