"""What a message will cost and what it did cost: Decimal dollars from tokens, never a float.

Prices are those of the model for the whole prompt (`Model.prices_for`). Every request is cached (API.md, section 7), so
that new prompt tokens are billed at the price of a cache write once the prompt is long enough to be cached at all, and
what an earlier request wrote, as long as the server keeps it (`app.core.caching`), at the price of a read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from typing import Final, NamedTuple

from app.core.caching import Kept, Lost, kept_of, lost, readable
from app.core.catalog import Model, Prices
from app.core.errors import ReplyLost
from app.core.failure import error_from_json
from app.core.fit import fit, image_tokens
from app.core.message import THINKING, Block, ImageBlock, Message, ReplyBlock, TextBlock, Ttl, Usage
from app.core.request import Request, labelled
from app.core.server import PRACTICE

TextCount = Callable[[str], int]
"""The tokens of a text."""

USUAL_ANSWER: Final = 500
"""Output tokens of an answer while there is none to go by."""

_TOKENS_A_SECOND: Final = 60
"""A usual pace of an answer, for what was thought out of sight before it broke off."""

_MILLION: Final = Decimal(1_000_000)
_LABEL_TOKENS: Final = 4
_PART_LABEL_TOKENS: Final = 18
"""A part's label says where in the picture it lies."""
_LONGEST_LABEL: Final = 120
"""Bytes of a label that says where in which picture a part lies."""
FRAME_TOKENS: Final = 4
"""What the API adds around a message; a few tokens, seen in `usage` (API.md, section 1.4)."""


def text_tokens(text: str) -> int:
    """Tokens of a text, about right for any model: nothing is known of its tokenizer (see `app.core.tokens`)."""
    return _any_counter()(text) if text else 0


@cache
def _any_counter() -> TextCount:
    from app.core.tokens import Counter  # after the first paint, which has nothing to count

    return Counter()


def _most(text: str) -> int:
    return _any_limit()(text) if text else 0


@cache
def _any_limit() -> TextCount:
    from app.core.tokens import most  # after the first paint, too

    return most


class Count(NamedTuple):
    """What the server has counted (`count_tokens`)."""

    tokens: int
    """Of the whole prompt."""
    exact: bool
    """Whether nothing of it had to be estimated."""


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
    """Output to expect: the median of this model's last ten answers."""
    ttl: Ttl = "5m"
    """How long the next request asks the server to keep its prompt."""
    until: float = 0.0
    """When the server forgets what is `cached`, in seconds since the epoch."""
    lost: Lost | None = None
    """What the cache still held, or would, had nothing changed and the request come in time."""
    most: int = 0
    """What `tokens` can be at most: words count by their bytes."""
    count: TextCount = text_tokens
    """Counts what is said in the new message."""
    known: bool = True
    """Whether all this is known: it takes a moment to go through a long history."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The next message before it is sent. Costs are in USD, None where the model's price is not known, or not yet what
    the message carries along."""

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
    exact: bool = False
    """Whether the tokens of the prompt are the server's own count."""

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


def fresh_rate(prices: Prices, prompt_tokens: int, model: Model, ttl: Ttl) -> Decimal:
    """USD per million tokens that are new in a prompt of so many: a short one is not cached."""
    return write_price(prices, ttl) if prompt_tokens >= model.min_cacheable else prices.input


def fresh_price(tokens: int, prompt_tokens: int, model: Model, ttl: Ttl = "5m") -> Decimal | None:
    """USD of tokens that are new in a prompt, in which they are counted: written to the cache where it is long enough.

    None where the model has no known price.
    """
    prices = model.prices_for(prompt_tokens)
    if prices is None:
        return None
    return dollars(tokens, fresh_rate(prices, prompt_tokens, model, ttl))


def context(
    request: Request,
    history: Sequence[Message],
    model: Model,
    *,
    now: float,
    count: TextCount = text_tokens,
    usual: int = USUAL_ANSWER,
) -> Context:
    """What `request` carries; `now` in seconds since the epoch.

    `history` is the whole conversation: an answer that `request` asks for again has told what the prompt costs.
    `usual` are the tokens of an answer to expect.
    """
    newest = next(kept_of(request, history), None)
    kept = readable(request, history, now) if newest is not None else None
    return Context(
        tokens=_prompt(request, newest, model, count),
        most=_prompt(request, newest, model, _most, most=True),
        cached=kept.tokens if kept else 0,
        pictures=len(request.images),
        answer=usual,
        ttl=request.ttl,
        until=kept.until if kept else 0.0,
        lost=lost(request, history, now),
        count=count,
    )


def _prompt(request: Request, kept: Kept | None, model: Model, count: TextCount, *, most: bool = False) -> int:
    """Tokens of the prompt: as far as it was sent before, as `kept`, as the server has counted them; the rest by
    ourselves.

    `most`: what it can be. Thinking that goes back may be billed again.
    """
    if kept is None or kept.answer.usage is None:
        return count(request.system) + _block_tokens(request.messages, model, count, most=most)
    usage, said = kept.answer.usage, request.messages[kept.messages :]
    if said and kept.answer is request.continues and kept.answer.state == "complete":
        answer = usage.output_tokens - (0 if most and request.thinks else usage.thinking_tokens)
        return usage.prompt_tokens + answer + _block_tokens(said[1:], model, count, most=most)
    return usage.prompt_tokens + _block_tokens(said, model, count, most=most)


def estimate(
    carried: Context,
    model: Model,
    picture_tokens: Sequence[int],
    text: str,
    *,
    max_tokens: int,
    first_number: int = 1,
    parts: int = 0,
    counted: Count | None = None,
) -> Estimate:
    """Price the next message: its picture blocks (tokens each), its text, and what the conversation carries along.

    `parts` of the blocks show a picture that goes in several. `counted` is the server's word for the whole prompt; the
    most it can cost is reckoned without it, for it is an estimate too (API.md, section 6).
    """
    pictures = len(picture_tokens)
    labels = (pictures - parts) * _LABEL_TOKENS + parts * _PART_LABEL_TOKENS
    labels = labels if first_number > 1 or pictures > 1 else 0
    text = text if text.strip() else ""
    words = carried.count(text) + labels
    most = sum(picture_tokens) + _most(text) + pictures * _LONGEST_LABEL + carried.most
    if counted is not None:
        words, carried = _split(counted.tokens - sum(picture_tokens), words, carried)
    prompt = sum(picture_tokens) + words + carried.tokens
    exact = counted is not None and counted.exact
    prices, dearest = model.prices_for(prompt), model.prices_for(max(prompt, most))
    caches = prompt >= model.min_cacheable
    if prices is None or dearest is None or not carried.known:
        return Estimate(pictures, sum(picture_tokens), words, carried, caches, None, None, exact=exact)
    write = write_price(prices, carried.ttl)

    def ahead(cached: int) -> Decimal:
        fresh = dollars(prompt - cached, write if caches else prices.input)
        return fresh + dollars(cached, prices.cache_read) + dollars(min(carried.answer, max_tokens), prices.output)

    gone = carried.lost.tokens if carried.lost is not None and caches else 0
    worst = max(write_price(dearest, carried.ttl), dearest.input, dearest.cache_read)
    limit = dollars(max(prompt, most), worst) + dollars(max_tokens, dearest.output)
    return Estimate(
        pictures,
        sum(picture_tokens),
        words,
        carried,
        caches,
        ahead(carried.cached),
        limit,
        ahead(max(carried.cached, min(carried.cached + gone, carried.tokens))),
        exact,
    )


def _split(together: int, words: int, carried: Context) -> tuple[int, Context]:
    """The counted tokens of text and history as both: what the history has is known better than what the text has."""
    new = together - carried.tokens
    if new >= 0:
        return new, carried
    words = max(0, min(words, together))
    return words, replace(
        carried, tokens=max(0, together - words), cached=min(carried.cached, max(0, together - words))
    )


def _block_tokens(
    messages: Iterable[tuple[str, Sequence[Block]]], model: Model, count: TextCount, *, most: bool
) -> int:
    total = 0
    for _, blocks in messages:  # of a long history: a sum of sums would take twice as long
        total += FRAME_TOKENS
        for block in blocks:
            if isinstance(block, TextBlock):
                total += count(block.text)
            elif most and isinstance(block, ImageBlock):
                total += _most_of(block, blocks, model, count)
            else:
                total += block_tokens(block, blocks, model, count)
    return total


def _most_of(block: ImageBlock, among: Sequence[Block], model: Model, count: TextCount) -> int:
    """What a picture can be at most: behind a link there may be another one by now."""
    if block.stands_for:
        return block_tokens(block, among, model, count)
    return count(block.label) + (model.tier.max_tokens if block.url else picture_tokens(block, model))


def block_tokens(block: Block, among: Sequence[Block], model: Model, count: TextCount = text_tokens) -> int:
    """Tokens of one block of a message, its label included: exact for a picture, about right for words."""
    match block:
        case TextBlock():
            return count(block.text)
        case ReplyBlock():
            return count(block.text or block.thinking)
        case ImageBlock():
            if block.stands_for:
                return count(block.stands_for)
            alone = sum(isinstance(b, ImageBlock) for b in among) == 1
            label = _LABEL_TOKENS if block.kind == "whole" else _PART_LABEL_TOKENS
            return picture_tokens(block, model) + (label if labelled(block, alone) else 0)


def picture_tokens(image: ImageBlock, model: Model) -> int:
    """Exact tokens of a picture that goes to a model, without its label; of one of unknown size the most it can be."""
    if not image.width:  # a link nobody has looked behind
        return model.tier.max_tokens
    # A model of a smaller tier shrinks on its side what was sent for a larger one.
    return image_tokens(*fit(image.width, image.height, model.tier))
