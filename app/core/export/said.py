"""What was said as a part of a larger Markdown text: it reads there as it does in the window, and takes nothing over.

Headings are two levels lower, HTML is words and no markup (the window knows none), a picture from elsewhere is a link
and not loaded, and a block of code that is left open ends. All else stays as it is. Within code nothing is changed, and
a formula says the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from app.core import formulas
from app.core.blocks_parts import Fence

_LOWER: Final = 2
"""Levels."""
_LOWEST: Final = 6
_HEADING: Final = re.compile(r"( {0,3})(#{1,6})(?=[ \t]|$)")
_UNDERLINE: Final = re.compile(r" {0,3}(=+|-+)[ \t]*")
_OTHER: Final = re.compile(
    r"\s*$| {0,3}(?:>|(?:[-+*]|\d{1,9}[.)]|#{1,6})(?:[ \t]|$)|(?:-[ \t]*){3,}$|(?:\*[ \t]*){3,}$|(?:_[ \t]*){3,}$)"
)
"""A line that is no paragraph: what follows does not make a heading of it."""
_MARK: Final = re.compile(
    r"(?P<escaped>\\[^\n])"
    r"|(?P<ticks>`+)"
    r"|(?P<address><(?:[A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*|[^\s<>@]+@[^\s<>@]+)>)"
    r"|(?P<tag><(?=[A-Za-z/!?])|!(?=\[))"
    r"|(?P<entity>&(?=#?[A-Za-z0-9]{1,32};))"
)
_TAG: Final = re.compile(r"<(?=[A-Za-z/!?])")
_BLANK: Final = re.compile(r"\n[ \t>]*\n")


def said(text: str, *, typed: bool = False) -> str:
    """The text as it goes into a file; `typed` by a person, to whom "&amp;" is five letters. Linear in the text."""
    return "".join(_parts(text, typed=typed))


def _parts(text: str, *, typed: bool) -> Iterator[str]:
    fence, prose = Fence(), list[str]()
    for line in text.splitlines(keepends=True):
        was_open = bool(fence.opening)
        fence.add(line.rstrip("\n"))
        if was_open or fence.opening:
            yield _prose(prose, typed=typed)
            prose = []
            yield line
        else:
            prose.append(line)
    yield _prose(prose, typed=typed)
    if mark := fence.opening[:1]:
        yield "\n" + mark * (len(fence.opening) - len(fence.opening.lstrip(mark)))


def _prose(lines: list[str], *, typed: bool) -> str:
    return _escaped("".join(_lowered(lines)), typed=typed)


def _lowered(lines: list[str]) -> list[str]:
    """The lines with their headings two levels lower."""
    lowered: list[str] = []
    for line in lines:
        bare = line.rstrip("\n")
        if found := _HEADING.match(bare):
            lowered.append(f"{found[1]}{'#' * min(len(found[2]) + _LOWER, _LOWEST)}{line[found.end() :]}")
        elif (found := _UNDERLINE.fullmatch(bare)) and lowered and not _OTHER.match(lowered[-1]):
            if _stands_alone(lowered):
                lowered[-1] = f"{'#' * ((1 if found[1][0] == '=' else 2) + _LOWER)} {lowered[-1].lstrip()}"
            else:  # a paragraph of several lines, or of an item: no mark for headings can say it
                lowered.append(line.replace(found[1], f"\\{found[1]}"))
        else:
            lowered.append(line)
    return lowered


def _stands_alone(before: list[str]) -> bool:
    """Whether the last line is a paragraph of its own, and no code."""
    return (len(before) == 1 or not before[-2].strip()) and not before[-1].startswith(("    ", "\t"))


def _escaped(text: str, *, typed: bool) -> str:
    if "<" not in text and "&" not in text:
        return text
    parts, at = [], 0
    for formula in formulas.find(text):
        source = _TAG.sub(r"\\lt ", formula.source)
        parts += [_without_markup(text[at : formula.start], typed=typed), source]
        at = formula.end
    return "".join(parts) + _without_markup(text[at:], typed=typed)


def _without_markup(text: str, *, typed: bool) -> str:
    parts, at = [], 0
    while found := _MARK.search(text, at):
        parts.append(text[at : found.start()])
        if found["ticks"]:
            at = _end_of_code(text, found.end(), len(found[0]))
            parts.append(text[found.start() : at])
            continue
        is_markup = found["tag"] or (found["entity"] and typed)
        parts.append(f"\\{found[0]}" if is_markup else found[0])
        at = found.end()
    return "".join(parts) + text[at:]


def _end_of_code(text: str, start: int, ticks: int) -> int:
    """Where code between so many backticks ends, in the same paragraph; `start` where it does not."""
    blank = _BLANK.search(text, start)
    closing = re.compile(rf"(?<!`)`{{{ticks}}}(?!`)").search(text, start, blank.start() if blank else len(text))
    return closing.end() if closing else start
