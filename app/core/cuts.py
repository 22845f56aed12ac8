"""What of a picture is sent, and in which size: whole, as an overview with tiles, or as an overview with a region.

Pure arithmetic on pixels. Every cut is taken from the original turned upright, so that its tokens are exact before a
pixel is decoded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from app.core.fit import Size, Tier, fit, fits, image_tokens

Preset = Literal["auto", "cheap", "tiles", "region"]
"""How a picture is sent.

"auto": the largest size the model's tier takes. "cheap": the standard tier's size, near the guide's advice of 1.15
megapixels. "tiles": an overview and overlapping tiles in the original's own pixels. "region": a small overview and one
marked region in the original's own pixels.
"""

Kind = Literal["whole", "overview", "tile", "region"]

CHEAP: Final = Tier(max_edge=1_568, max_tokens=1_568)
"""The standard tier (API.md, section 1.1)."""
SMALL: Final = Tier(max_edge=784, max_tokens=400)
"""What an overview beside a marked region needs: enough to see where the region lies."""

MAX_TILES: Final = 32
"""More tiles than this are not offered: a marked region is the better way. Enough for 8000 × 8000 pixels, the largest
that the API takes, in the high tier, and for a phone's capture of 1440 × 20,000 in the standard one."""
OVERLAP: Final = 64
"""Pixels that neighbouring tiles share at least, so that a line of text is whole in one of them."""
_FEWER_COLUMNS: Final = 4 / 3
"""Times as many tiles as need be are worth it where they break lines of text in fewer places."""

Place = Literal[
    "top left", "top", "top right", "left", "centre", "right", "bottom left", "bottom", "bottom right", "whole"
]


class Box(NamedTuple):
    """A part of the original turned upright, in its pixels."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Cut:
    """One picture block to be made."""

    kind: Kind
    size: Size
    """Pixels it is sent in."""
    box: Box | None = None
    """What of the original it shows; None for all of it."""
    part: int = 0
    """Tiles: from 1, row by row."""
    parts: int = 0

    def tokens(self, patch: int = 28) -> int:
        """Visual tokens (API.md, section 1.1)."""
        return image_tokens(*self.size, patch)


@dataclass(frozen=True, slots=True)
class Offer:
    """A preset that is worth offering for a picture."""

    preset: Preset
    cuts: tuple[Cut, ...]

    def tokens(self, patch: int = 28) -> int:
        return sum(cut.tokens(patch) for cut in self.cuts)


def cuts(
    whole: Size, preset: Preset, tier: Tier, *, edge_cap: int | None = None, region: Box | None = None
) -> tuple[Cut, ...]:
    """What is sent of an original of `whole` pixels, in order. Falls back to "auto" where the preset does not apply.

    `edge_cap` limits either edge of every cut, as a request of many pictures does (API.md, section 1.5). Raises
    ValueError for a picture or a region without pixels.
    """
    auto = (Cut("whole", fit(*whole, tier, edge_cap)),)
    match preset:
        case "cheap":
            return (Cut("whole", fit(*whole, smaller(tier), edge_cap)),)
        case "tiles":
            return _tiles(whole, tier, edge_cap) or auto
        case "region" if region is not None and within(region, whole) != (0, 0, *whole):
            return _region(whole, within(region, whole), tier, edge_cap)
    return auto


def offers(whole: Size, tier: Tier, *, edge_cap: int | None = None) -> tuple[Offer, ...]:
    """The presets that differ from one another for this picture, "auto" first; a region is the person's to mark."""
    auto = cuts(whole, "auto", tier, edge_cap=edge_cap)
    found = [Offer("auto", auto)]
    cheap = cuts(whole, "cheap", tier, edge_cap=edge_cap)
    if cheap != auto:
        found.append(Offer("cheap", cheap))
    if tiles := _tiles(whole, tier, edge_cap):
        found.append(Offer("tiles", tiles))
    return tuple(found)


def smaller(tier: Tier) -> Tier:
    """The standard tier, or the model's own where that is smaller still."""
    return _at_most(tier, CHEAP.max_edge, CHEAP.max_tokens)


def _at_most(tier: Tier, edge: int, tokens: int) -> Tier:
    return Tier(min(tier.max_edge, edge), min(tier.max_tokens, tokens), tier.patch)


def within(box: Box, whole: Size) -> Box:
    """The part of a box that lies in the picture, at least one pixel of it."""
    left, top = (min(max(0, at), edge - 1) for at, edge in zip(box[:2], whole, strict=True))
    right = min(max(left + 1, box.left + box.width), whole.width)
    bottom = min(max(top + 1, box.top + box.height), whole.height)
    return Box(left, top, right - left, bottom - top)


def place(box: Box | None, whole: Size) -> Place:
    """Where in the picture a box lies, in words: which ninth its middle is in."""
    if box is None or (box.width * 3 > whole.width * 2 and box.height * 3 > whole.height * 2):
        return "whole"
    across = _third(box.left, box.width, whole.width)
    down = _third(box.top, box.height, whole.height)
    words: tuple[tuple[Place, Place, Place], ...] = (
        ("top left", "top", "top right"),
        ("left", "centre", "right"),
        ("bottom left", "bottom", "bottom right"),
    )
    return words[down][across]


def _third(start: int, length: int, whole: int) -> int:
    """0, 1 or 2; a box that spans two thirds is in the middle."""
    if length * 3 > whole * 2:
        return 1
    return min(2, (2 * start + length) * 3 // (2 * whole))


def _region(whole: Size, region: Box, tier: Tier, edge_cap: int | None) -> tuple[Cut, ...]:
    sharp = Cut("region", fit(region.width, region.height, tier, edge_cap), region)
    return Cut("overview", fit(*whole, _at_most(tier, SMALL.max_edge, SMALL.max_tokens), edge_cap)), sharp


def _tiles(whole: Size, tier: Tier, edge_cap: int | None) -> tuple[Cut, ...]:
    """An overview and tiles that need no shrinking; nothing where the whole needs none, or where they are too many.

    The tiles go as one reads, row by row. The overview costs no more than the standard tier's: of a capture as tall as
    many screens that leaves it the model's longest edge.
    """
    if fits(*whole, tier, edge_cap):
        return ()
    grid = _grid(whole, tier, edge_cap)
    if grid is None:
        return ()
    columns, rows = grid
    boxes = [
        Box(left, top, width, height)
        for top, height in _spans(whole.height, rows)
        for left, width in _spans(whole.width, columns)
    ]
    overview = Cut("overview", fit(*whole, _at_most(tier, tier.max_edge, CHEAP.max_tokens), edge_cap))
    count = len(boxes)
    return overview, *(Cut("tile", Size(box.width, box.height), box, part, count) for part, box in enumerate(boxes, 1))


def _grid(whole: Size, tier: Tier, edge_cap: int | None) -> tuple[int, int] | None:
    """Columns and rows of tiles that all go as they are: about the fewest tiles, and of those the fewest columns."""
    fitting = []
    for columns in range(1, MAX_TILES + 1):
        width = _span(whole.width, columns)
        for rows in range(1, MAX_TILES // columns + 1):
            if fits(width, _span(whole.height, rows), tier, edge_cap):
                fitting.append((columns, rows))
                break
    fewest = min((columns * rows for columns, rows in fitting), default=0)
    return min((grid for grid in fitting if grid[0] * grid[1] <= _FEWER_COLUMNS * fewest), default=None)


def _span(length: int, count: int) -> int:
    """Pixels of each of `count` equal pieces that overlap."""
    return length if count == 1 else min(length, -(-(length + (count - 1) * OVERLAP) // count))


def _spans(length: int, count: int) -> list[tuple[int, int]]:
    """Start and length of each piece; the first begins and the last ends with the whole."""
    span = _span(length, count)
    return [(index * (length - span) // max(1, count - 1), span) for index in range(count)]
