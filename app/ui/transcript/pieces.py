"""A Markdown text cut into pieces that are laid out each for itself, so that no update and no text costs too much.

Qt lays out a table of a thousand rows, a word of a megabyte or a row of a thousand cells in seconds, and a text that
grows is laid out anew with every word. A piece is therefore small, and once finished it never changes: of a text that
grows only the last piece is laid out again. RELIABILITY.md, finding 4; TRANSCRIPT.md, section 4.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

SOFT: Final = 6_000
"""From this weight on a piece ends at the next blank line between blocks."""
HARD: Final = 12_000
"""No piece is heavier: it ends between two lines, wherever that is."""
SLICE: Final = 1_500
"""Characters of a line that is heavier than a piece, shown as they are."""
_PLAIN: Final = 3_000
"""Characters of a piece of plain text."""
_LINE: Final = 60
"""Weight of a line or a table cell besides its characters: each is a text block to Qt."""

_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_DELIMITERS: Final = re.compile(r" {0,3}\|?[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    plain: bool = False
    """It is shown as it is and not read as Markdown."""


def plain_pieces(text: str) -> list[Piece]:
    """A text that is shown as it is, cut between lines where there are any, else between words."""
    pieces, start = [], 0
    while start < len(text):
        end = start + _PLAIN
        if end < len(text):
            end = max(text.rfind("\n", start, end), text.rfind(" ", start, end) if "\n" not in text[start:end] else 0)
            end = end + 1 if end > start else start + _PLAIN
        piece = text[start:end]
        pieces.append(Piece(piece.removesuffix("\n"), plain=True))
        start = end
    return pieces


class _Cut(NamedTuple):
    end: int
    carried: str = ""
    """What the next piece begins with so that it means the same: the opening of a fence, or a table's head."""
    plain: bool = False


class Pieces:
    """The pieces of one text. It may grow; what was finished stays finished."""

    def __init__(self) -> None:
        self.finished: list[Piece] = []
        self._start = 0
        self._carried = ""

    def update(self, text: str) -> Piece | None:
        """Take the whole text so far, which begins with what was given before. Returns the piece still open."""
        while (cut := _cut(text, self._start, self._carried)) is not None:
            carried = "" if cut.plain else self._carried
            self.finished.append(Piece(carried + text[self._start : cut.end].rstrip("\n"), cut.plain))
            self._start, self._carried = cut.end, cut.carried
        rest = text[self._start :]
        return Piece(self._carried + rest) if rest.strip() else None


class _Lines:
    """What the lines so far have opened."""

    def __init__(self, carried: str) -> None:
        self.fence = ""
        self.head = ""
        self._previous = ""
        for line in carried.splitlines():
            self.add(line)

    @property
    def carried(self) -> str:
        opening = self.fence or self.head
        return opening + "\n" if opening else ""

    def add(self, line: str) -> None:
        match = _FENCE.fullmatch(line)
        if self.fence:
            if match and _closes(match, self.fence):
                self.fence = ""
        elif match and not (match[1][0] == "`" and "`" in match[2]):
            self.fence, self.head = line, ""
        elif not line.strip():
            self.head = ""
        elif "|" in self._previous and "|" in line and _DELIMITERS.fullmatch(line):
            self.head = f"{self._previous}\n{line}"
        self._previous = line


def _closes(line: re.Match[str], opening: str) -> bool:
    opened = _FENCE.fullmatch(opening)
    return opened is not None and line[1].startswith(opened[1]) and not line[2].strip()


def _weight(line: str) -> int:
    return len(line) + _LINE * (1 + line.count("|"))


def _cut(text: str, start: int, carried: str) -> _Cut | None:
    """Where the piece that begins at `start` ends; None as long as it is open."""
    lines = _Lines(carried)
    position, weight = start, 0
    while position < len(text):
        end = text.find("\n", position)
        line = text[position : end if end >= 0 else len(text)]
        cost = _weight(line)
        if cost > HARD and position == start:
            return _Cut(min(start + SLICE, start + len(line)), lines.carried, plain=True)
        full = weight + cost > HARD and position > start
        may_close = bool(lines.fence) and not line.strip(" `~")
        if full and not may_close:
            return _Cut(position, lines.carried)
        if end < 0:
            return None
        lines.add(line)
        if full:
            return _Cut(end + 1, lines.carried)
        weight += cost
        position = end + 1
        if weight >= SOFT and not line.strip() and not lines.fence and text[position : position + 1].strip():
            return _Cut(position)
    return None
