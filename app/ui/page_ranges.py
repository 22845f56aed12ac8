"""Pages of a document as people write them: "1-3, 7"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_RANGE: Final = re.compile(r"(\d{1,6})(?:\s*[-–]\s*(\d{1,6})?)?")


def pages_in(text: str, count: int) -> list[int]:
    """The pages of a document of `count` that are written, each once, in order; "5-" goes to its end.

    Nothing where any part makes no sense; pages beyond the end are left out.
    """
    pages: set[int] = set()
    for part in filter(None, (part.strip() for part in re.split(r"[,;]", text))):
        found = _RANGE.fullmatch(part)
        if found is None:
            return []
        first = int(found[1])
        last = int(found[2]) if found[2] else first if part.isdigit() else count
        pages.update(range(max(1, first), min(last, count) + 1))
    return sorted(pages)


def page_ranges(pages: Sequence[int]) -> str:
    """The same in writing, of pages in order."""
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs(pages))


def runs(pages: Sequence[int]) -> list[list[int]]:
    """Pages in order, those that follow each other together."""
    found: list[list[int]] = []
    for page in pages:
        if found and page == found[-1][-1] + 1:
            found[-1].append(page)
        else:
            found.append([page])
    return found
