"""What a request was billed for: the five prices of its usage, what caching saved, and what each picture had of it.

Together with `app.core.cost` this is the one place where money is worked out, in Decimal and never with floats.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from app.core.caching import Lost, missed
from app.core.catalog import Model, Prices
from app.core.cost import (
    Context,
    answer_usage,
    block_tokens,
    dollars,
    fresh_rate,
    may_have_been_charged,
    picture_tokens,
    price,
    text_tokens,
)
from app.core.ledger_types import Outcome, PictureShare, State
from app.core.message import ImageBlock, Message, TextBlock, Usage
from app.core.request import Request
from app.core.server import PRACTICE

Item = Literal["input", "cache_write_5m", "cache_write_1h", "cache_read", "output"]


class Line(NamedTuple):
    """One of the five prices of a request."""

    item: Item
    tokens: int
    price: Decimal
    """USD per million tokens."""
    amount: Decimal
    """USD."""


class Bill(NamedTuple):
    """What an answer has cost and why. Of practice it is what it would have cost with a key."""

    lines: tuple[Line, ...]
    """At today's prices; none where the model has no known price."""
    total: Decimal | None
    """USD as it was charged; None where it is not known."""
    exact: bool
    """Whether the server has counted all of it: of a stopped or failed answer the output is an estimate."""
    promised: Decimal | None
    """USD that were expected before it was sent; None where nothing was, and in practice."""
    saved: Decimal | None
    """USD that caching saved; negative where it made the request dearer."""
    missed: Lost | None
    """What could have been read from the cache and was not."""
    extra: Decimal | None
    """USD that this has cost."""
    prompt_tokens: int
    cached: int
    """Of these, how many were read from the cache or written to it."""

    @property
    def repriced(self) -> bool:
        """Whether the prices of today are not those that it was charged at."""
        return bool(self.lines) and self.total != sum((line.amount for line in self.lines), Decimal(0))

    @property
    def off(self) -> Decimal | None:
        """By what part of what was expected it has cost more, or less; None where nothing was expected."""
        if not self.promised or self.total is None:
            return None
        return (self.total - self.promised) / self.promised


def of(answer: Message, model: Model) -> Bill | None:
    """The bill of an answer; None where nothing is known of its usage, or nothing was billed.

    `model` is the one that answered.
    """
    usage = answer_usage(answer)
    if usage is None or not (usage.prompt_tokens or usage.output_tokens):
        return None
    practice = answer.server == PRACTICE
    gone = missed(answer)
    return Bill(
        lines(usage, model),
        price(usage, model) if practice else (Decimal(answer.cost) if answer.cost else None),
        answer.state == "complete",
        Decimal(answer.estimate) if answer.estimate and not practice else None,
        saved(usage, model),
        gone,
        extra(gone, usage, model) if gone is not None else None,
        usage.prompt_tokens,
        usage.prompt_tokens - usage.input_tokens,
    )


def lines(usage: Usage, model: Model) -> tuple[Line, ...]:
    """What the request was billed for, without what was none of; nothing where the model has no known price."""
    prices = model.prices_for(usage.prompt_tokens)
    if prices is None:
        return ()
    counts: tuple[tuple[Item, int, Decimal], ...] = (
        ("input", usage.input_tokens, prices.input),
        ("cache_write_5m", usage.cache_write_5m, prices.cache_write_5m),
        ("cache_write_1h", usage.cache_write_1h, prices.cache_write_1h),
        ("cache_read", usage.cache_read, prices.cache_read),
        ("output", usage.output_tokens, prices.output),
    )
    return tuple(Line(item, tokens, each, dollars(tokens, each)) for item, tokens, each in counts if tokens)


def saved(usage: Usage, model: Model) -> Decimal | None:
    """USD by which the prompt was cheaper than without any caching; negative where it was dearer.

    None where the model has no known price.
    """
    prices = model.prices_for(usage.prompt_tokens)
    if prices is None:
        return None
    return dollars(usage.prompt_tokens, prices.input) - _prompt_cost(usage, prices)


def extra(gone: Lost, usage: Usage, model: Model) -> Decimal | None:
    """USD by which a request was dearer since it could not read `gone` from the cache; None without a known price."""
    prices = model.prices_for(usage.prompt_tokens)
    if prices is None:
        return None
    tokens = min(gone.tokens, usage.prompt_tokens - usage.cache_read)
    billed = _up_to(usage.cache_read + tokens, usage, prices) - _up_to(usage.cache_read, usage, prices)
    return max(Decimal(0), billed - dollars(tokens, prices.cache_read))


def picture_rate(
    asked: Message, answers: Sequence[Message], model_of: Callable[[str], Model], carried: Context
) -> Decimal | None:
    """USD per million tokens at which the pictures of `asked` were billed first, or are about to be.

    `answers` are those given to it, `model_of` finds a model by its id, `carried` is the conversation's present
    context. None where the price is not known, in practice, and where nothing was billed.
    """
    answer = next((a for a in answers if a.usage is not None), answers[-1] if answers else None)
    if answer is None or answer.server == PRACTICE:
        return None
    model = model_of(answer.model)
    if answer.usage is None:
        return _expected_rate(asked, answer, model, carried) if answer.state == "streaming" else None
    usage = answer_usage(answer) or answer.usage
    prices = model.prices_for(usage.prompt_tokens)
    if prices is None or not usage.prompt_tokens:
        return None
    if usage.cache_write_1h:
        return prices.cache_write_1h
    return prices.cache_write_5m if usage.cache_write_5m else prices.input


def shares(request: Request, usage: Usage, model: Model) -> tuple[PictureShare, ...]:
    """What each picture of a request had of the cost of its prompt.

    A prompt is billed from its start: what was read from the cache, then what was written, then the rest. Pictures have
    their exact tokens; the words between them are stretched so that all fill the prompt as the server counted it.
    """
    prices = model.prices_for(usage.prompt_tokens)
    spans = list(_spans(request, model))
    exact = sum(tokens for image, tokens in spans if image is not None)
    words = sum(tokens for image, tokens in spans if image is None)
    room = max(0, usage.prompt_tokens - exact)
    tokens_of: dict[int, int] = {}
    cost_of: dict[int, Decimal] = {}
    images: dict[int, ImageBlock] = {}
    seen, at = 0, 0
    for image, tokens in spans:
        if image is None:
            seen += tokens
            continue
        start = at + (room * seen // words if words else 0)
        images.setdefault(image.number, image)
        tokens_of[image.number] = tokens_of.get(image.number, 0) + tokens
        if prices is not None:
            part = _up_to(start + tokens, usage, prices) - _up_to(start, usage, prices)
            cost_of[image.number] = cost_of.get(image.number, Decimal(0)) + part
        at += tokens
    return tuple(
        PictureShare(number, image.original, tokens_of[number], cost_of.get(number), image.page)
        for number, image in images.items()
    )


def outcome(answer: Message, request: Request | None, model: Model) -> Outcome:
    """What the ledger is told of an answer that has ended; of practice, what it would have cost.

    Of an answer that a crash cut off the request is not known, and so no picture's share.
    """
    usage = answer_usage(answer)
    state: State = "interrupted" if answer.state == "streaming" else answer.state
    if usage is None:
        # A server that counts nothing leaves as much in the dark as one that fell silent.
        unknown = answer.usage is not None or may_have_been_charged(answer)
        return Outcome(state, answer.seconds, cost=None if unknown else Decimal(0), exact=not unknown)
    return Outcome(
        state,
        answer.seconds,
        usage,
        price(usage, model),
        exact=answer.state == "complete",
        saved=saved(usage, model),
        pictures=shares(request, usage, model) if request is not None else (),
    )


def _spans(request: Request, model: Model) -> Iterator[tuple[ImageBlock | None, int]]:
    """The prompt's blocks in order with their tokens; words have no picture. A picture's label is words."""
    if request.system:
        yield None, text_tokens(request.system)
    for _, blocks in request.messages:
        for block in blocks:
            tokens = block_tokens(block, blocks, model)
            if isinstance(block, ImageBlock) and not block.stands_for:
                exact = picture_tokens(block, model)
                yield None, tokens - exact
                yield block, exact
            else:
                yield None, tokens


def _expected_rate(asked: Message, answer: Message, model: Model, carried: Context) -> Decimal | None:
    """The same while the answer's usage has not come yet."""
    words = sum(text_tokens(block.text) for block in asked.content if isinstance(block, TextBlock))
    prompt = carried.tokens + words + sum(image.tokens for image in asked.images)
    prices = model.prices_for(prompt)
    if prices is None:
        return None
    return fresh_rate(prices, prompt, model, answer.ttl)


def _up_to(tokens: int, usage: Usage, prices: Prices) -> Decimal:
    """USD of the first tokens of a prompt."""
    left, cost = min(tokens, usage.prompt_tokens), Decimal(0)
    for count, each in (
        (usage.cache_read, prices.cache_read),
        (usage.cache_write_1h, prices.cache_write_1h),
        (usage.cache_write_5m, prices.cache_write_5m),
        (usage.input_tokens, prices.input),
    ):
        taken = min(left, count)
        cost += dollars(taken, each)
        left -= taken
    return cost


def _prompt_cost(usage: Usage, prices: Prices) -> Decimal:
    return _up_to(usage.prompt_tokens, usage, prices)
