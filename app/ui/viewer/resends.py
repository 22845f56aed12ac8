"""How pictures of a conversation can be sent again, as the viewer offers it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from app.conversation.resending import Resending
from app.core.cuts import Offer
from app.ui.sharper_words import made_anew, sharper_words


@dataclass(frozen=True, slots=True)
class Sharper:
    """The offer in words; all of them empty where there is nothing to be offered."""

    button: str = ""
    besides: str = ""
    """What else is made anew, as a sentence."""
    whole: str = ""
    """Both at once."""


@dataclass(frozen=True, slots=True)
class Resends:
    sharper: Callable[[int], Offer | None]
    """The picture of this number, sharper; None where it went in all its pixels."""
    resending: Callable[[Offer], Resending]
    """What that brings with it."""
    ready: Callable[[], bool]
    """Whether anything can be sent now."""

    def offer(self, number: int) -> Offer | None:
        """What can be sent now instead of the picture of this number."""
        return self.sharper(number) if self.ready() else None

    def price(self, offer: Offer) -> Decimal | None:
        """US dollars that it adds, None where they are not known."""
        return self.resending(offer).price

    def besides(self, offer: Offer) -> str:
        """What else is made anew for it, as a sentence; empty where nothing is."""
        return made_anew(self.resending(offer))

    def words(self, number: int) -> Sharper:
        """The picture of this number, sharper."""
        offer = self.offer(number)
        if offer is None:
            return Sharper()
        found = self.resending(offer)
        return Sharper(sharper_words(found, alone=True), made_anew(found), sharper_words(found))
