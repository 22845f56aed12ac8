"""What will be sent of each picture of a draft, worked out for all together: cuts, byte caps, tokens. Values only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final, NamedTuple

from app.conversation.attachment import Aim, DraftPicture
from app.conversation.preparing import numbered
from app.core.catalog import Limits, Model
from app.core.cost import Context, Count, Estimate, estimate
from app.core.cuts import Cut, Offer, cuts, offers
from app.core.fit import Size
from app.core.ladder import rung
from app.core.message import ImageBlock
from app.core.request import base64_length

_cuts: Final = lru_cache(maxsize=4096)(cuts)
_offers: Final = lru_cache(maxsize=4096)(offers)
"""Finding the tiles of one picture takes a fifth of a millisecond; all are asked for with every change of the model."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where the pictures go, and what goes there besides."""

    model: Model
    limits: Limits
    others: int = 0
    """Pictures of earlier turns, each part counted."""
    earlier: Mapping[tuple[str, int], int] = field(default_factory=dict)
    """Original (SHA-256) and page of pictures that still go, whole or in tiles, → their numbers."""
    room: int = 0
    """Base64 characters that the draft's pictures may have together."""

    @property
    def full_bytes(self) -> int:
        """The most that one picture may have by itself."""
        return self.limits.picture_bytes


class Bounds(NamedTuple):
    """What the pictures set each other."""

    edge: int | None = None
    """Pixels of either edge; None where the tier alone decides."""
    characters: int | None = None
    """Base64 characters of one block; None where all of them keep within the body."""


class Weight(NamedTuple):
    """What one picture adds to a request."""

    blocks: int
    """Picture blocks that really go; as many as there would be without `Bounds.edge`."""
    sizes: tuple[int, ...] | None
    """Base64 characters of each at its best quality; None until it was once prepared like that."""


class Load:
    """What all pictures of a draft add to a request, kept up as they change."""

    def __init__(self) -> None:
        self._weights: dict[int, Weight] = {}
        self._blocks = self._unknown = self._characters = 0

    def put(self, key: int, weight: Weight) -> None:
        self.drop(key)
        self._weights[key] = weight
        self._count(weight, 1)

    def drop(self, key: int) -> None:
        if (weight := self._weights.pop(key, None)) is not None:
            self._count(weight, -1)

    def bounds(self, target: Target, present: Bounds) -> Bounds:
        """Those that hold now. The cap on bytes stays as it is while some pictures' sizes are not known."""
        many = target.others + self._blocks > target.limits.many_images
        edge = target.limits.many_edge if many else None
        if self._unknown:
            return Bounds(edge, present.characters)
        if self._characters <= target.room:
            return Bounds(edge)
        sizes = [size for weight in self._weights.values() for size in weight.sizes or ()]
        return Bounds(edge, rung(sizes, target.room, target.limits.picture_chars))

    def _count(self, weight: Weight, sign: int) -> None:
        self._blocks += sign * weight.blocks
        self._unknown += sign * (weight.sizes is None)
        self._characters += sign * sum(weight.sizes or ())


def aimed(picture: DraftPicture, target: Target, bounds: Bounds) -> DraftPicture:
    """The picture with its cuts, offers, tokens and state for the target."""
    if not picture.width:
        return replace(picture, tokens=target.model.tier.max_tokens if picture.unseen else 0)
    same_as = _same_as(picture, target)
    wanted = _wanted(picture, target, bounds.edge)
    aim = Aim(wanted, target.full_bytes, target.model.tier.patch)
    best = picture.made.get(aim)
    capped = bounds.characters is not None and not same_as and not picture.source.url
    if capped and best is not None and max(_characters(best)) > (bounds.characters or 0):
        aim = replace(aim, max_bytes=(bounds.characters or 0) // 4 * 3)
    images = picture.made.get(aim)
    tokens = [image.tokens for image in images] if images else aim.tokens
    return replace(
        picture,
        state="ready" if images else "measured",
        aim=aim,
        tokens=0 if same_as else sum(tokens),
        offers=_offered(picture, target, wanted, bounds.edge),
        images=images or picture.images,
        same_as=same_as,
    )


def weight(picture: DraftPicture, target: Target) -> Weight:
    """What a picture adds that `aimed` has seen."""
    if picture.state == "copying":
        return Weight(1, None)
    if picture.same_as:
        return Weight(0, ())
    if picture.source.url or picture.aim is None:
        return Weight(1, ())
    best = picture.made.get(replace(picture.aim, max_bytes=target.full_bytes))
    return Weight(len(_wanted(picture, target, None)), _characters(best) if best else None)


def all_aimed(
    pictures: Iterable[DraftPicture], target: Target, bounds: Bounds
) -> tuple[list[DraftPicture], Load, Bounds]:
    """Every picture aimed, and what holds for all of them."""
    found, load = list(pictures), Load()
    while True:
        found = [aimed(picture, target, bounds) for picture in found]
        for picture in found:
            load.put(picture.key, weight(picture, target))
        # Another edge brings other cuts, and these other sizes, which set no other edge: three rounds at most.
        if (now := load.bounds(target, bounds)) == bounds:
            return found, load, bounds
        bounds = now


def ahead(
    pictures: Sequence[DraftPicture],
    text: str,
    carried: Context,
    model: Model,
    *,
    max_tokens: int,
    first_number: int,
    counted: Count | None = None,
) -> Estimate:
    """What a message of these pictures and this text will cost: every part counts, and each sentence that stands for a
    picture is text."""
    tokens = [count for picture in pictures for count in block_tokens(picture)]
    blocks = (image for number, picture in enumerate(pictures, first_number) for image in numbered(picture, number))
    words = "\n".join(word for word in (text, *(image.stands_for for image in blocks)) if word.strip())
    parts = sum(len(blocks) for blocks in map(block_tokens, pictures) if len(blocks) > 1)
    found = estimate(
        carried,
        model,
        tokens,
        words,
        max_tokens=max_tokens,
        first_number=first_number,
        parts=parts,
        counted=counted,
    )
    return replace(found, pictures=len(pictures))


def block_tokens(picture: DraftPicture) -> list[int]:
    """Tokens of each picture block of it that really goes."""
    if picture.same_as:
        return []
    if picture.aim is None:
        return [picture.tokens]
    images = picture.made.get(picture.aim)
    return [image.tokens for image in images] if images else picture.aim.tokens


def _same_as(picture: DraftPicture, target: Target) -> int:
    """The earlier picture that goes in its place: not where the person asked for it in any way, nor for a link."""
    source = picture.source
    if source.again or source.preset != "auto" or source.sharper_than or source.url:
        return 0
    return target.earlier.get((picture.original, source.page), 0)


def _wanted(picture: DraftPicture, target: Target, edge: int | None) -> tuple[Cut, ...]:
    whole, source = Size(picture.width, picture.height), picture.source
    if source.url:  # the server makes it smaller by the tier alone
        return _cuts(whole, "auto", target.model.tier)
    return _cuts(whole, source.preset, target.model.tier, edge_cap=edge, region=source.region)


def _offered(picture: DraftPicture, target: Target, wanted: tuple[Cut, ...], edge: int | None) -> tuple[Offer, ...]:
    if picture.source.url:
        return (Offer("auto", wanted),)
    return _offers(Size(picture.width, picture.height), target.model.tier, edge_cap=edge)


def _characters(images: Iterable[ImageBlock]) -> tuple[int, ...]:
    return tuple(base64_length(image.sent_bytes) for image in images)
