"""What the viewer shows: a picture of the conversation or of the draft as one value, and what it would cost to send."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from app.conversation.attachment import DraftPicture
from app.conversation.chat import Chat
from app.conversation.preparing import numbered
from app.core.catalog import Limits, Model
from app.core.cost import dollars, fresh_price
from app.core.cuts import Box, Offer, Preset, offers
from app.core.fit import Size
from app.core.message import ImageBlock, Ttl, thumbnail_key
from app.core.sharper import cuts_among
from app.ui.advice import Remark, remarks

_ORDER: Final[tuple[Preset, ...]] = ("cheap", "auto", "tiles")
_MILLION: Final = 1_000_000


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
    others: int = 0
    """Picture blocks that the next request has besides."""
    remarks: tuple[Remark, ...] = ()
    """What is worth knowing of a picture of the draft."""

    @property
    def thumbnail(self) -> str:
        return thumbnail_key(self.original, self.page) if self.original else ""

    @property
    def sendable(self) -> bool:
        """Whether there are bytes that go, or went, over the wire."""
        return bool(self.images) and not self.stands_for and not self.url

    @property
    def goes_whole(self) -> bool:
        """Whether every pixel of the original goes, or went, in one block."""
        return self.sendable and all((i.width, i.height) == self.size and i.kind == "whole" for i in self.images)

    @property
    def stands_for(self) -> str:
        """The sentence that goes instead of the picture; empty where it goes itself."""
        return self.images[0].stands_for if self.images else ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the present model takes, and what a picture in the next request costs."""

    model: Model
    limits: Limits
    rate: Decimal | None = None
    """US dollars per million tokens, None where no price is known."""
    ttl: Ttl = "5m"
    """How long the server is asked to keep it."""
    free: bool = False
    """Whether it is practice, so that nobody pays the price."""

    @classmethod
    def of(cls, chat: Chat) -> Terms:
        ttl = chat.context.ttl
        rate = fresh_price(_MILLION, chat.draft.estimate.prompt_tokens, chat.model, ttl)
        return cls(chat.model, chat.limits, rate, ttl, chat.practice)

    def price(self, offer: Offer) -> Decimal | None:
        """US dollars, or None."""
        return None if self.rate is None else dollars(self.tokens(offer), self.rate)

    def tokens(self, offer: Offer) -> int:
        return offer.tokens(self.model.tier.patch)

    def offers(self, picture: Shown) -> tuple[Offer, ...]:
        """The presets that differ, from the smallest; none for a link, which goes as it is."""
        if picture.url or not all(picture.size):
            return ()
        found = offers(picture.size, self.model.tier)
        return tuple(self._offer(picture, preset) for preset in _ORDER if preset in {o.preset for o in found})

    def auto(self, picture: Shown) -> Offer:
        """The largest size that the model takes."""
        return self._offer(picture, "auto")

    def region(self, picture: Shown, box: Box) -> Offer:
        """A small overview with that region at full size."""
        return self._offer(picture, "region", box)

    def _offer(self, picture: Shown, preset: Preset, box: Box | None = None) -> Offer:
        tier = self.model.tier
        return Offer(preset, cuts_among(picture.size, preset, tier, self.limits, picture.others, box))


def of_conversation(chat: Chat) -> list[Shown]:
    """All pictures that were sent, in order."""
    others = chat.context.pictures
    return [_sent(blocks, others) for message in chat.messages.messages for blocks in message.pictures]


def of_draft(chat: Chat) -> list[Shown]:
    """The pictures that are being attached, in order."""
    draft = chat.draft
    blocks = [len(picture.aim.cuts) if picture.aim else 1 for picture in draft.pictures]
    others = chat.context.pictures + sum(blocks)
    return [
        _drafted(picture, draft.first_number + row, row, others - blocks[row])
        for row, picture in enumerate(draft.pictures)
    ]


def _sent(blocks: tuple[ImageBlock, ...], others: int) -> Shown:
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
        others=others,
    )


def _drafted(picture: DraftPicture, number: int, row: int, others: int) -> Shown:
    return Shown(
        number=number,
        name=picture.name,
        original=picture.original,
        page=picture.page,
        size=Size(picture.width, picture.height),
        format=picture.format,
        file_bytes=picture.file_bytes,
        images=tuple(numbered(picture, number)) if picture.state == "ready" else (),
        preset=picture.preset,
        region=picture.source.region,
        url=picture.source.url,
        key=picture.key,
        row=row,
        others=others,
        remarks=remarks(picture),
    )
