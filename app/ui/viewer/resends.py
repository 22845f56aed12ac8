"""How pictures of a conversation can be sent again, as the viewer offers it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from app.core.cuts import Offer
from app.ui.sharper_words import sharper_words


@dataclass(frozen=True, slots=True)
class Resends:
    sharper: Callable[[int], Offer | None]
    """The picture of this number, sharper; None where it went in all its pixels."""
    price: Callable[[Offer], Decimal | None]
    """US dollars that it adds, None where they are not known."""
    ready: Callable[[], bool]
    """Whether anything can be sent now."""

    def offer(self, number: int) -> Offer | None:
        """What can be sent now instead of the picture of this number."""
        return self.sharper(number) if self.ready() else None

    def words(self, number: int) -> str:
        """The same for a button; empty where there is nothing to be offered."""
        offer = self.offer(number)
        if offer is None:
            return ""
        return sharper_words(self.price(offer))
