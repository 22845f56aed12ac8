"""How a block that is too long to be laid out at once is cut: weights, and the parts that lines make.

A text view lays out a table of a thousand rows, a word of a megabyte or a row of a thousand cells in seconds.
RELIABILITY.md, finding 4; TRANSCRIPT.md, section 4.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

PROSE: Final = 6_000
"""Weight of a part of prose that is cut where it is meant to be read on: between items, or lines of a paragraph."""
CHARACTERS: Final = 4_000
"""Of a part of prose."""
HARD: Final = 12_000
"""Weight of what is not cut otherwise. A line that is heavier is shown as it is, in slices."""
SLICE: Final = 1_500
"""Characters of a slice."""
ROWS: Final = 40
"""Rows of a part of a table."""
CODE_LINES: Final = 200
CODE: Final = 8_000
"""Characters of a part of code."""
_LINE: Final = 60
"""Weight of a line or a table cell besides its characters: each is a paragraph to the text view."""

_MARKER: Final = re.compile(r"( {0,3})([-*+]|\d{1,9}[.)])([ \t]*)")
_FENCE: Final = re.compile(r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(`{3,}(?=[^`]*$)|~{3,})(.*)")


class Line(NamedTuple):
    text: str
    start: int
    """Where it begins in the text, in characters."""
    end: int
    """Where it ends, without its newline."""
    cut: bool = False
    """It goes on from within a line: a part begins with it."""


class Unit(NamedTuple):
    """What is not cut: an item, a row, a line."""

    at: int
    """Which of the open lines it begins with."""
    lines: Sequence[Line]
    weight: int
    size: int
    """Characters."""
    alone: bool = False
    """Neither what is before it nor what is behind it shares its part."""


class Limits(NamedTuple):
    weight: int
    size: int
    units: int


def weight(line: str) -> int:
    return len(line) + _LINE * (1 + line.count("|"))


def is_heavy(line: str) -> bool:
    """Whether it is too heavy for any part, and stays so however it goes on."""
    size = len(line)
    return size + _LINE > HARD or (size * (_LINE + 1) > HARD - _LINE and weight(line) > HARD)


def unit(at: int, lines: Sequence[Line], *, alone: bool = False) -> Unit:
    """Lines that stay together."""
    return Unit(at, lines, sum(weight(line.text) for line in lines), sum(len(line.text) + 1 for line in lines), alone)


def groups(units: Iterable[Unit], limits: Limits) -> Iterator[list[Unit]]:
    """The units that make a part each. Every group but the last is the same whatever else is to come."""
    group: list[Unit] = []
    total = size = 0
    for one in units:
        full = total + one.weight > limits.weight or size + one.size > limits.size or len(group) == limits.units
        if group and (full or one.alone or group[-1].alone or one.lines[0].cut):
            yield group
            group, total, size = [], 0, 0
        group.append(one)
        total, size = total + one.weight, size + one.size
    if group:
        yield group


def cut_line(line: Line, size: int, *, between_words: bool) -> Iterator[Line]:
    """The line in pieces of at most `size` characters. All but the last are the same however the line goes on."""
    text, at = line.text, 0
    while len(text) - at > size:
        end = at + size
        if between_words:
            blank = text.rfind(" ", at + size // 2, end + 1)
            end = blank if blank >= 0 else end
        yield _piece(line, at, end)
        at = end + 1 if between_words and text[end] == " " else end
    yield _piece(line, at, len(text))


def _piece(line: Line, at: int, end: int) -> Line:
    last = end == len(line.text)
    # What was taken away from the beginning of a line of code counts from its end.
    shift = line.end - len(line.text)
    return Line(
        line.text[at:end], line.start if at == 0 else shift + at, line.end if last else shift + end, at > 0 or line.cut
    )


def dedented(text: str, columns: int) -> str:
    """Without so much of the blanks before it. A tab reaches to the next fourth column (CommonMark, 2.2)."""
    column = at = 0
    while column < columns and at < len(text) and text[at] in " \t":
        column += 4 - column % 4 if text[at] == "\t" else 1
        at += 1
    return " " * max(column - columns, 0) + text[at:]


def numbered(text: str, number: int) -> str:
    """The item with that number before it: Markdown counts on from the first of a list, whatever the others say."""
    marker = _MARKER.match(text)
    if marker is None or int(marker[2][:-1]) == number:
        return text
    wanted = f"{number}{marker[2][-1]}"
    more = len(wanted) - len(marker[2])
    indent = marker[1] if more >= 0 else marker[1] + " " * min(-more, 3 - len(marker[1]))
    first, *others = text.split("\n")
    lines = [indent + wanted + first[marker.end(2) :]]
    lines += [" " * max(more, 0) + line if line else line for line in others]
    return "\n".join(lines)


def content_column(line: str) -> int:
    """The column at which the content of an item begins, 0 where the line begins none."""
    marker = _MARKER.match(line)
    if marker is None:
        return 0
    width = len(marker[1]) + len(marker[2])
    blanks = len((" " * width + marker[3]).expandtabs(4)) - width
    return width + (blanks if 1 <= blanks <= 4 and marker.end() < len(line) else 1)


def continued(line: str) -> str:
    """A line from within a paragraph, so that it begins no list where it stands first."""
    text = line.lstrip(" \t")
    return re.sub(r"^(\d{1,9})(?=[.)](?:[ \t]|$))|^(?=[-+*=](?:[ \t]|$))", r"\1" + "\\\\", text)


class Fence:
    """Which fence is open within items or quotes."""

    def __init__(self, opening: str = "") -> None:
        self.opening = opening
        """The line that opened it, from the fence on; empty where none is open."""

    def add(self, line: str) -> None:
        match = _FENCE.match(line)
        if match is None:
            return
        if not self.opening:
            self.opening = match[1] + match[2]
            return
        opened = _FENCE.match(self.opening)
        if opened and match[1].startswith(opened[1]) and not match[2].strip():
            self.opening = ""
