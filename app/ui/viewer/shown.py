"""What the viewer shows: a picture of the conversation or of the draft as one value, and what it would cost to send."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from app.core.catalog import Limits, Model
from app.core.cost import dollars
from app.core.cuts import Box, Offer, Preset, cuts, offers
from app.core.fit import Size
from app.core.message import ImageBlock, thumbnail_key

if TYPE_CHECKING:
    from app.conversation.attachment import DraftPicture
    from app.conversation.chat import Chat


@dataclass(frozen=True, slots=True)
class Shown:
    """One picture, by its number in the conversation."""

    number: int
    name: str
    original: str
    """SHA-256 of the kept original, or of what was seen at a link; empty while it is copied, or if nothing was seen."""
    page: int
    size: Size
    """Pixels of the original turned upright; 0×0 until they are known."""
    format: str
    """As people call it."""
    file_bytes: int
    images: tuple[ImageBlock, ...]
    """What is or was sent of it, one block or an overview and parts; none while it is being prepared."""
    preset: Preset
    region: Box | None
    url: str = ""
    key: int = 0
    """What it is known by as long as the viewer is open."""
    row: int | None = None
    """Its row in the draft; None for a picture of the conversation."""

    @property
    def thumbnail(self) -> str:
        return thumbnail_key(self.original, self.page) if self.original else ""

    @property
    def stands_for(self) -> str:
        """The sentence that goes instead of the picture; empty where it goes itself."""
        return self.images[0].stands_for if self.images else ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the present model takes, and what a picture in the next request costs."""

    model: Model
    rate: Decimal | None = None
    """US dollars per million tokens, None where no price is known."""
    edge_cap: int | None = None
    """Pixels of either edge, where the request has many pictures (API.md, section 1.5)."""

    @classmethod
    def of(cls, chat: Chat, limits: Limits) -> Terms:
        ahead = chat.draft.estimate
        prices = chat.model.prices_for(ahead.prompt_tokens)
        rate = prices and (prices.cache_write_5m if ahead.caches else prices.input)
        many = chat.context.pictures + len(chat.draft.pictures) > limits.many_images
        return cls(chat.model, rate, limits.many_edge if many else None)

    def price(self, tokens: int) -> Decimal | None:
        """US dollars, or None."""
        return None if self.rate is None else dollars(tokens, self.rate)

    def offers(self, size: Size) -> tuple[Offer, ...]:
        """The presets that differ, from the cheapest; none for a picture nobody has seen."""
        if not all(size):
            return ()
        order: tuple[Preset, ...] = ("cheap", "auto", "tiles")
        found = offers(size, self.model.tier, edge_cap=self.edge_cap)
        return tuple(sorted(found, key=lambda offer: order.index(offer.preset)))

    def region(self, size: Size, box: Box) -> Offer:
        """A small overview with that region at full size."""
        return Offer("region", cuts(size, "region", self.model.tier, edge_cap=self.edge_cap, region=box))


def of_conversation(chat: Chat) -> list[Shown]:
    """All pictures that were sent, in order."""
    return [_sent(blocks) for message in chat.messages.messages for blocks in message.pictures]


def of_draft(chat: Chat) -> list[Shown]:
    """The pictures that are being attached, in order."""
    first = chat.draft.first_number
    return [_drafted(picture, first + row, row) for row, picture in enumerate(chat.draft.pictures)]


def _sent(blocks: tuple[ImageBlock, ...]) -> Shown:
    first = blocks[0]
    return Shown(
        number=first.number,
        name=first.name,
        original=first.original,
        page=first.page,
        size=Size(first.original_width, first.original_height),
        format=first.original_format,
        file_bytes=first.original_bytes,
        images=blocks,
        preset=first.preset,
        region=next((block.box for block in blocks if block.kind == "region"), None),
        url=first.url,
        key=first.number,
    )


def _drafted(picture: DraftPicture, number: int, row: int) -> Shown:
    return Shown(
        number=number,
        name=picture.name,
        original=picture.original,
        page=picture.source.page,
        size=Size(picture.width, picture.height),
        format=picture.format,
        file_bytes=picture.file_bytes,
        images=picture.images if picture.state == "ready" else (),
        preset=picture.preset,
        region=picture.source.region,
        url=picture.source.url,
        key=picture.key,
        row=row,
    )
