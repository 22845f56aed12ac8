"""How a picture that was sent can be sent again with more to see, and in which cuts: pure arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from app.core.catalog import Limits
from app.core.cuts import Box, Cut, Offer, Preset, cuts, offers
from app.core.fit import Size, Tier
from app.core.message import ImageBlock

_WORTH: Final = 1.05
"""Times the pixels it had: less is no gain that can be seen."""


def sharper(blocks: Sequence[ImageBlock], tier: Tier, limits: Limits, others: int) -> Offer | None:
    """The next better way to send the picture of these blocks; None where it went in all its pixels.

    That is "auto" where it went smaller than the tier takes, else "tiles". `others` counts the blocks that the request
    has besides. None also for a picture that is left out or described, and for a link of which nothing is kept.
    """
    whole = Size(blocks[0].original_width, blocks[0].original_height)
    if blocks[0].withheld or blocks[0].description or not blocks[0].original or min(whole) < 1:
        return None
    found = _next(blocks, offers(whole, tier))
    if found is not None and others + len(found.cuts) > limits.many_images:
        found = _next(blocks, offers(whole, tier, edge_cap=limits.many_edge))
    return found


def cuts_among(
    whole: Size, preset: Preset, tier: Tier, limits: Limits, others: int, region: Box | None = None
) -> tuple[Cut, ...]:
    """What is sent of a picture in a request that has so many other blocks (API.md, section 1.5)."""
    found = cuts(whole, preset, tier, region=region)
    if others + len(found) > limits.many_images:
        found = cuts(whole, preset, tier, edge_cap=limits.many_edge, region=region)
    return found


def _next(blocks: Sequence[ImageBlock], offered: Sequence[Offer]) -> Offer | None:
    if any(image.kind == "tile" for image in blocks):
        return None
    auto, first = offered[0], blocks[0]
    best = auto.cuts[0].size
    if first.kind != "whole" or best.width * best.height > _WORTH * first.width * first.height:
        return auto
    return next((offer for offer in offered if offer.preset == "tiles"), None)
