"""The byte ladder: how large one picture may be so that a whole request keeps within its limit; pure arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

STEP: Final = 0.8
"""From one rung to the next. Few rungs: else each picture added or removed would have all others encoded anew."""
LEAST: Final = 40_000
"""The lowest rung, in base64 characters. With less room for each it is not the pictures' size that is to be mended."""


def even_cap(sizes: Sequence[int], room: int) -> int:
    """The most that one may have so that all together keep within `room`: the largest give first."""
    left, count = room, len(sizes)
    for size in sorted(sizes):
        if size * count > left:
            return max(0, left // count)
        left, count = left - size, count - 1
    return max(sizes, default=0)


def rung(sizes: Sequence[int], room: int, top: int) -> int | None:
    """The rung at or below `even_cap`, from `top` downwards in steps; None where all keep within `room` as they are.

    All in base64 characters (IMAGES.md, section 9, step 4). The same sizes in any order give the same rung, and
    pictures of at most that size stay as they are.
    """
    if sum(sizes) <= room:
        return None
    cap = even_cap(sizes, room)
    at = top
    while at > max(cap, LEAST):
        at = max(LEAST, int(at * STEP))
    return at
