"""What a request was billed for: the five prices of its usage, what caching saved, and what each picture had of it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Literal, NamedTuple

from app.core.catalog import Model, Prices
from app.core.cost import answer_usage, block_tokens, dollars, may_have_been_charged, picture_tokens, price, text_tokens
from app.core.ledger_types import Outcome, PictureShare, State
from app.core.message import ImageBlock, Message, Usage
from app.core.request import Request

Item = Literal["input", "cache_write_5m", "cache_write_1h", "cache_read", "output"]


class Line(NamedTuple):
    """One of the five prices of a request."""

    item: Item
    tokens: int
    price: Decimal
    """USD per million tokens."""
    amount: Decimal
    """USD."""


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
        PictureShare(number, image.original, tokens_of[number], cost_of.get(number)) for number, image in images.items()
    )


def outcome(answer: Message, request: Request, model: Model) -> Outcome:
    """What the ledger is told of an answer that has ended; of practice, what it would have cost."""
    usage = answer_usage(answer)
    state: State = "interrupted" if answer.state == "streaming" else answer.state
    if usage is None:
        unknown = may_have_been_charged(answer)
        return Outcome(state, answer.seconds, cost=None if unknown else Decimal(0), exact=not unknown)
    return Outcome(
        state,
        answer.seconds,
        usage,
        price(usage, model),
        exact=answer.state == "complete",
        saved=saved(usage, model),
        pictures=shares(request, usage, model),
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
