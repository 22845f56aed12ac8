"""What of the open end of a text is not shown yet, since a few characters more would make another thing of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from app.core.blocks_grammar import is_blank, read

_INSIDE: Final = re.compile(r"(?:[ \t]*(?:>|(?:[-*+]|\d{1,9}[.)])(?=[ \t])))*[ \t]*")
"""Marks of quotes and items before what stands in them."""
_FENCE: Final = re.compile(r"`{1,2}|`{3,}[^`]*|~{1,2}|~{3,}.*")
_MARKS: Final = re.compile(r"[-*_][-*_ \t]*|\+[ \t]*|=+|[#>]+[ \t]*|\d{1,9}[.)]?[ \t]*|\$|\\|\[[ xX]?\]?[ \t]*")
_FORMULA: Final = re.compile(r"\$\$(?!.*\$\$[ \t]*[^ \t$]).*|\\\[(?!.*\\\][ \t]*[^ \t]).*")
"""A line that may be a formula or begin one: nothing stands behind the end of that."""
_DEFINITION: Final = re.compile(r"\[[^\]\[]+\]:.*")
_DELIMITERS: Final = re.compile(r"[-:|][-:| \t]*")


def shown(lines: Sequence[str], rest: str) -> tuple[int, bool]:
    """How many of the open lines may be shown, and whether the incomplete one behind them may."""
    begun = rest[_inside(rest) :]
    held = not begun or any(pattern.fullmatch(begun) for pattern in (_FENCE, _MARKS, _FORMULA, _DEFINITION))
    count = len(lines)
    if begun.startswith("|") and not _is_row(lines):
        held = True
    if lines and _may_be_head(lines) and (not begun or _DELIMITERS.fullmatch(begun)):
        count, held = count - 1, True
    # The lines of a formula would be read as Markdown before it is closed.
    if any("$$" in line or "\\[" in line for line in lines) and (undecided := read(lines).undecided) < count:
        return undecided, False
    return count, not held


def _inside(line: str) -> int:
    match = _INSIDE.match(line)
    return match.end() if match else 0


def _may_be_head(lines: Sequence[str]) -> bool:
    return lines[-1].startswith("|", _inside(lines[-1])) and not _is_row(lines)


def _is_row(lines: Sequence[str]) -> bool:
    """Whether a line with pipes that follows goes on with a table."""
    for line in reversed(lines):
        if is_blank(line):
            return False
        inner = line[_inside(line) :]
        if "-" in inner and "|" in inner and _DELIMITERS.fullmatch(inner):
            return True
    return False
