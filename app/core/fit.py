"""The size at which a picture is sent, and the visual tokens of a size: pure arithmetic.

A picture larger than its model's tier is made smaller by the server before the model sees it. `fit` finds that very
size, so that we can send it ourselves and know the tokens beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Size(NamedTuple):
    """Pixels."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Tier:
    """What a model's vision takes without making it smaller (API.md, section 1.1)."""

    max_edge: int
    """Pixels of the longest edge, counted in whole patches."""
    max_tokens: int
    """Visual tokens of one picture."""
    patch: int = 28
    """Pixels of a patch's edge; one patch is one token."""


def image_tokens(width: int, height: int, patch: int = 28) -> int:
    """Visual tokens of a picture of `width` × `height` pixels, as the model sees it (API.md, section 1.1)."""
    return -(-width // patch) * -(-height // patch)


def fits(width: int, height: int, tier: Tier, edge_cap: int | None = None) -> bool:
    """Whether a picture of this size is left as it is (API.md, section 1.2); for `edge_cap` see `fit`."""
    long = max(width, height)
    padded = -(-long // tier.patch) * tier.patch
    within_cap = edge_cap is None or long <= edge_cap
    return within_cap and padded <= tier.max_edge and image_tokens(width, height, tier.patch) <= tier.max_tokens


def fit(width: int, height: int, tier: Tier, edge_cap: int | None = None) -> Size:
    """The largest size of the same shape, in pixels, that the tier takes as it is; never larger than the picture.

    `edge_cap` limits the pixels of either edge besides, as a request of many pictures does (API.md, section 1.5).
    The rule is API.md, section 1.2: among the whole numbers for the long edge the largest whose short edge, rounded
    half to even, fits. Raises ValueError for an edge below 1.
    """
    if min(width, height) < 1:
        raise ValueError(f"a picture of {width} × {height} pixels")
    long, short = max(width, height), min(width, height)
    if fits(long, short, tier, edge_cap):
        return Size(width, height)
    aspect = long / short
    fitting, too_long = 1, long  # a picture of 1 × 1 always fits; `long` does not
    while too_long - fitting > 1:
        middle = (fitting + too_long) // 2
        if fits(middle, _short_edge(middle, aspect), tier, edge_cap):
            fitting = middle
        else:
            too_long = middle
    across = _short_edge(fitting, aspect)
    return Size(fitting, across) if width >= height else Size(across, fitting)


def rule_of_thumb(width: int, height: int) -> int:
    """Tokens by the guide's approximation, width × height / 750, rounded up (guide, "Calculate image costs")."""
    return -(-width * height // 750)


def _short_edge(long: int, aspect: float) -> int:
    # Python's round takes halves to the even number, as the service does.
    return max(1, round(long / aspect))
