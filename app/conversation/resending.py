"""What sending a picture again brings with it: its price, and the earlier pictures that are made anew for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.core.cost import Context, estimate, fresh_price
from app.core.cuts import Offer
from app.core.message import Message
from app.core.refit import Refit, Today, due, planned


@dataclass(frozen=True, slots=True)
class Resending:
    price: Decimal | None
    """USD that it adds to a request, those included that `refits` cost; None where the model's price is not known."""
    refits: tuple[Refit, ...] = ()
    """What is done to earlier pictures before it can go."""
    free: bool = False
    """Whether it is practice, so that nobody pays the price."""


class Resendings:
    """Those of one history under one set of terms. What they share is worked out once: a region is priced as it is
    drawn."""

    def __init__(self, history: Sequence[Message], today: Today, present: Context | None) -> None:
        """`present` is what a request carries along with the history as it is, if that is known."""
        self._history = history
        self._today = today
        self._known = present
        self._carried: dict[int, tuple[Context, Decimal, tuple[Refit, ...]]] = {}

    def of(self, offer: Offer) -> Resending:
        """A picture of the history sent once more as `offer` says."""
        blocks = len(offer.cuts)
        if blocks not in self._carried:
            self._carried[blocks] = self._carry(blocks)
        carried, added, refits = self._carried[blocks]
        tokens = offer.tokens(self._today.model.tier.patch)
        price = fresh_price(tokens, carried.tokens + tokens, self._today.model, carried.ttl)
        return Resending(None if price is None else price + added, refits)

    def _carry(self, blocks: int) -> tuple[Context, Decimal, tuple[Refit, ...]]:
        """The history as it goes beside so many more blocks, and in USD what is more than it would cost as it is.

        What is made anew the server has in no cache, nor anything after it: what it would have read is written again.
        """
        history, today = self._history, self._today
        refits = due(history, today, new_blocks=blocks)
        if not refits:
            return self._present, Decimal(0), ()
        carried = self._context(planned(history, refits))
        return carried, max(Decimal(0), self._prompt(carried) - self._prompt(self._present)), refits

    @property
    def _present(self) -> Context:
        if self._known is None:
            self._known = self._context(self._history)
        return self._known

    def _context(self, history: Sequence[Message]) -> Context:
        return self._today.context(self._today.build(history), history)

    def _prompt(self, carried: Context) -> Decimal:
        """USD of what a request carries along, without an answer."""
        return estimate(carried, self._today.model, (), "", max_tokens=0).next or Decimal(0)
