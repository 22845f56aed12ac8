"""The earlier pictures of a conversation: what each goes as, what it costs, and what it would save to leave it out.

A picture can go itself, as a description in words, or not at all; its number stays taken either way. Any of these
changes the prompt from the picture on: what follows it can no longer be read from the server's cache (API.md, section
7), and thinking behind it stays at home (section 3.6). So a change is priced by the two requests, with it and without.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from app.core.caching import kept_of, readable
from app.core.catalog import Model, Prices
from app.core.cost import block_tokens, dollars, fresh_rate, picture_tokens
from app.core.message import THINKING, Block, ImageBlock, Message, ReplyBlock, Ttl, well_formed
from app.core.refit import Today, due, planned
from app.core.request import Request

Kind = Literal["kept", "described", "left_out"]
State = Literal["kept", "described", "left_out", "same_as", "silent"]
"""What of a picture goes with the next request. "same_as": a sentence that it is the same as an earlier one. "silent":
nothing, as its whole turn stays at home."""


class Form(NamedTuple):
    """What a person wants a picture to go as."""

    kind: Kind = "kept"
    words: str = ""
    """In place of the picture where it is "described"; of one that is left out, those that come back with undo."""


KEPT: Final = Form()


class Load(NamedTuple):
    """What a draft adds to the next request."""

    tokens: int = 0
    blocks: int = 0
    """Of pictures: with many of them earlier ones may have to be smaller."""


NOTHING: Final = Load()


@dataclass(frozen=True, slots=True)
class Row:
    """One picture of the history."""

    number: int
    name: str
    thumbnail: str
    """The key of its thumbnail in the store."""
    state: State
    form: Form
    same_as: int
    """The number of the picture that it is the same as, where that is what is said in its place."""
    tokens: int
    """In the next request: of the picture, or of the sentence in its place."""
    cached: bool
    """Whether they can be read from the cache now."""
    cost: Decimal | None
    """USD in the next request; None where the model's price is not known."""
    spent: Decimal
    """USD that it has cost so far."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """All earlier pictures, in their order."""

    rows: tuple[Row, ...] = ()
    later: Decimal | None = None
    """USD that all of them cost in each turn after the next, read from the cache; None where no price is known."""

    @property
    def tokens(self) -> int:
        """In the next request, of all of them."""
        return sum(row.tokens for row in self.rows)

    @property
    def next(self) -> Decimal | None:
        """USD of all of them in the next request."""
        costs = [row.cost for row in self.rows if row.cost is not None]
        return sum(costs, Decimal(0)) if len(costs) == len(self.rows) else None


class Change(NamedTuple):
    """What other forms of pictures mean for the prompt. Negative is less."""

    next: Decimal
    """USD more in the next turn."""
    each_later: Decimal
    """USD more in each turn after it, while its prompt is read from the cache."""
    tokens: int
    """More in every prompt."""
    rewritten: int
    """Tokens that the next request could read from the cache, and now cannot."""
    drops_thinking: bool
    """Whether thinking that would go along stays at home."""

    @property
    def pays_after(self) -> int | None:
        """Turns after the next until it has cost no more than it has saved; None where it never has."""
        if self.next <= 0 and self.each_later <= 0:
            return 0
        if self.next > 0 > self.each_later:
            return math.ceil(self.next / -self.each_later)
        return None


def described(text: str) -> Form:
    """The form of a picture that goes as words; it goes itself where there are none."""
    words = well_formed(text.strip())
    return Form("described", words) if words else KEPT


def form_of(image: ImageBlock) -> Form:
    """What the person wants of the picture that the block belongs to."""
    return Form("left_out" if image.withheld else "described" if image.description else "kept", image.description)


def arranged(history: Sequence[Message], forms: Mapping[int, Form]) -> list[Message]:
    """The history with pictures in other forms, by their numbers. A message without a change stays the same object."""
    return [_arranged(message, forms) for message in history]


def _arranged(message: Message, forms: Mapping[int, Form]) -> Message:
    if all(form_of(image) == forms.get(image.number, form_of(image)) for image in message.images):
        return message
    content: list[Block] = []
    for block in message.content:
        if isinstance(block, ImageBlock) and (form := forms.get(block.number)) is not None:
            content.append(replace(block, withheld=form.kind == "left_out", description=form.words))
        else:
            content.append(block)
    return replace(message, content=tuple(content))


def shelf(
    history: Sequence[Message],
    today: Today,
    draft: Load = NOTHING,
    spent: Mapping[int, Decimal] = MappingProxyType({}),
) -> Shelf:
    """The pictures of `history`, with what the next request has of them.

    `spent` is what they have cost so far, by number, in USD.
    """
    turn = _Turn.of(history, today, draft)
    prices = today.model.prices_for(turn.tokens)
    going = {
        block.number: (index, block)
        for index, (_, blocks) in enumerate(turn.request.messages)
        for block in blocks
        if isinstance(block, ImageBlock)
    }
    tokens = _tokens_by_number(turn.request, today.model)
    rows = []
    for blocks in (blocks for message in history for blocks in message.pictures):
        first = blocks[0]
        index, block = going.get(first.number, (-1, None))
        count, cached = tokens.get(first.number, 0), 0 <= index < turn.readable
        rows.append(
            Row(
                first.number,
                first.name,
                first.thumbnail,
                _state(block),
                form_of(first),
                block.same_as if block is not None else 0,
                count,
                cached,
                _cost(count, count if cached else 0, turn.tokens, today.model, turn.request.ttl),
                spent.get(first.number, Decimal(0)),
            )
        )
    rate = None if prices is None else _later_price(turn.tokens, prices, today.model)
    return Shelf(tuple(rows), None if rate is None else dollars(sum(row.tokens for row in rows), rate))


def change(history: Sequence[Message], forms: Mapping[int, Form], today: Today, draft: Load = NOTHING) -> Change | None:
    """What it means for the next turns to give pictures other forms. None where the model's price is not known."""
    model = today.model
    before = _Turn.of(history, today, draft)
    after = _Turn.of(arranged(history, forms), today, draft)
    # Where the server has counted more of one of the two, the other is as much longer or shorter as we count.
    more = after.own - before.own
    if before.counted >= after.counted:
        after = after._replace(tokens=before.tokens + more)
    else:
        before = before._replace(tokens=after.tokens - more)
    ttl = before.request.ttl
    now, then = (_cost(t.tokens, min(t.cached, t.tokens), t.tokens, model, ttl) for t in (before, after))
    later_now, later_then = (_later(t.tokens, model) for t in (before, after))
    if now is None or then is None or later_now is None or later_then is None:
        return None
    return Change(
        then - now,
        later_then - later_now,
        more,
        max(0, before.cached - after.cached),
        _thinking(after.request) < _thinking(before.request),
    )


class _Turn(NamedTuple):
    """The next request, as far as it is there before the new message is."""

    request: Request
    tokens: int
    """Of its whole prompt, that of the draft included."""
    own: int
    """Of all its blocks, as we count them."""
    counted: int
    """How many of its messages the server has counted."""
    cached: int
    """Tokens that are in the cache of it."""
    readable: int
    """How many of its messages that is."""

    @classmethod
    def of(cls, history: Sequence[Message], today: Today, draft: Load) -> _Turn:
        ahead = planned(history, due(history, today, new_blocks=draft.blocks))
        request = today.build(ahead)
        tokens = today.context(request, ahead).tokens + draft.tokens
        known = today.known(ahead)
        kept = readable(request, known, today.now)
        counted = next(kept_of(request, known), None)
        own = sum(
            block_tokens(block, blocks, today.model, today.count) for _, blocks in request.messages for block in blocks
        )
        return cls(
            request,
            tokens,
            own,
            counted.messages if counted else 0,
            kept.tokens if kept else 0,
            kept.messages if kept else 0,
        )


def _cost(tokens: int, cached: int, prompt: int, model: Model, ttl: Ttl) -> Decimal | None:
    """USD of so many tokens of a prompt."""
    prices = model.prices_for(prompt)
    if prices is None:
        return None
    fresh = fresh_rate(prices, prompt, model, ttl)
    return dollars(tokens - cached, fresh) + dollars(cached, prices.cache_read)


def _later(prompt: int, model: Model) -> Decimal | None:
    """USD of a prompt that was sent before."""
    prices = model.prices_for(prompt)
    return None if prices is None else dollars(prompt, _later_price(prompt, prices, model))


def _later_price(prompt: int, prices: Prices, model: Model) -> Decimal:
    return prices.cache_read if prompt >= model.min_cacheable else prices.input


def _tokens_by_number(request: Request, model: Model) -> dict[int, int]:
    """What each picture has of a request, without labels: of all its parts, or of the sentence in its place."""
    found: dict[int, int] = {}
    for _, blocks in request.messages:
        for block in blocks:
            if isinstance(block, ImageBlock):
                tokens = block_tokens(block, blocks, model) if block.stands_for else picture_tokens(block, model)
                found[block.number] = found.get(block.number, 0) + tokens
    return found


def _state(block: ImageBlock | None) -> State:
    if block is None:
        return "silent"
    if block.withheld or block.description:
        return form_of(block).kind
    return "same_as" if block.same_as else "kept"


def _thinking(request: Request) -> int:
    """How many blocks of thinking go along."""
    return sum(
        isinstance(block, ReplyBlock) and block.type in THINKING for _, blocks in request.messages for block in blocks
    )
