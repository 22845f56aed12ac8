"""Text that is shown as it was typed, as blocks that are quickly laid out."""

from __future__ import annotations

from typing import Final

from app.core.blocks import Block

_MOST: Final = 3_000
"""Characters of a part."""


def plain_blocks(text: str) -> list[Block]:
    """One block, in parts that end between lines where there are any, else between words. Nothing is left out.

    A line break between two parts belongs to neither.
    """
    parts: list[Block] = []
    start = 0
    while start < len(text):
        end = _end(text, start)
        shown = text[start:end].removesuffix("\n") if end < len(text) else text[start:end]
        parts.append(Block("prose", shown, start=start, end=end, plain=True, first=not start, last=end == len(text)))
        start = end
    return parts


def _end(text: str, start: int) -> int:
    end = start + _MOST
    if end >= len(text):
        return len(text)
    between = text.rfind("\n", start, end)
    if between < 0:
        between = text.rfind(" ", start, end)
    return between + 1 if between >= start else end
