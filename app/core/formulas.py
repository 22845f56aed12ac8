"""Formulas in Markdown: where TeX begins and ends in a text, by Pandoc's rule (User's Guide, tex_math_dollars)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["inline", "display"]

_TOKEN: Final = re.compile(
    r"(?P<escape>\\[^`\n])"
    r"|(?P<dollar>\$)"
    r"|(?P<fence>(?m:^)(?:[ \t>]|[-*+][ \t]|\d{1,9}[.)][ \t])*(?:`{3,}(?=[^`\n]*$)|~{3,})[^\n]*)"
    r"|(?P<ticks>`+)"
    r"|(?P<blank>\n(?=[ \t>]*(?:\n|\Z)))"
    r"|(?P<target>\]\((?:[^\s()]*\)|<[^<>\n]*>)|(?m:^)[ \t>]*\[[^\]\n]+\]:[ \t]*\S+|<[A-Za-z][A-Za-z0-9+.-]*:[^\s<>]*>|\bhttps?://[^\s<>]+)",
    re.MULTILINE,
)
_QUOTED: Final = re.compile(r"\n[ \t]*(?:>[ \t]?)+")
_PAIRS: Final[dict[str, tuple[str, Kind]]] = {r"\(": (r"\)", "inline"), r"\[": (r"\]", "display")}
_WALL: Final = "wall"
"""No formula and no code between words goes beyond it."""

_OPEN: Final = "\ufdd2"
_CLOSE: Final = "\ufdd3"
_ZERO: Final = 0xFDD4
"""These are no characters by Unicode's own rule: ten of them are the digits of a mark, two its ends."""
_NONE: Final = dict.fromkeys(range(0xFDD2, 0xFDDE))
_MARK: Final = re.compile(f"{_OPEN}([{chr(_ZERO)}-{chr(_ZERO + 9)}]+){_CLOSE}")


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula as it stands in a text."""

    start: int
    """In characters, its marks with it."""
    end: int
    kind: Kind
    tex: str
    """Without its marks."""
    source: str
    """With them, as it was written."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


def find(text: str) -> list[Formula]:
    r"""The formulas of a piece of Markdown: `$…$`, `$$…$$`, `\(…\)`, `\[…\]`, none within code or an address.

    `$` opens where no space follows; the next `$` closes where no space stands before it and no digit follows, else
    there is no formula: "$5 and $10" are prices. No formula goes beyond a blank line. Takes time linear in the text.
    """
    if "$" not in text and r"\(" not in text and r"\[" not in text:
        return []
    return list(_Finder(text).formulas())


def protect(text: str, formulas: Sequence[Formula]) -> str:
    """The text with a mark in the place of each formula, which Markdown takes for a word; `marks` finds them again."""
    parts, end = [], 0
    for number, formula in enumerate(formulas):
        digits = "".join(chr(_ZERO + int(digit)) for digit in str(number))
        parts += [text[end : formula.start].translate(_NONE), _OPEN, digits, _CLOSE]
        end = formula.end
    return "".join(parts) + text[end:].translate(_NONE)


def marks(text: str) -> list[tuple[int, int, int]]:
    """Where the marks of formulas are in a text, each with the formula's number: start, end, number."""
    return [
        (found.start(), found.end(), int("".join(chr(ord("0") + ord(c) - _ZERO) for c in found[1])))
        for found in _MARK.finditer(text)
    ]


class _Finder:
    """Knows of every token which one of each kind comes next, so that nothing is looked for twice."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = [
            _Token(found.lastgroup or "", found[0], found.start(), found.end()) for found in _TOKEN.finditer(text)
        ]
        self._next: dict[str, list[int]] = {}

    def formulas(self) -> Iterator[Formula]:
        index = 0
        while index < len(self._tokens):
            token = self._tokens[index]
            if token.kind == "fence":
                index = self._behind_fence(index)
            elif token.kind == "ticks":
                last = None if self._is_escaped(index) else self._within(index, token.text)
                index = (index if last is None else last) + 1
            elif (closing := self._closing(index)) is not None:
                last, end, skipped, kind = closing
                yield self._formula(token.start, end, skipped, kind)
                index = last + 1
            else:
                index += 2 if token.kind == "dollar" and self._is_pair(index) else 1

    def _closing(self, index: int) -> tuple[int, int, int, Kind] | None:
        """Of what opens here: the token that closes it, where that ends, the length of its marks, and the kind."""
        token = self._tokens[index]
        if token.text in _PAIRS:
            closer, kind = _PAIRS[token.text]
            last = self._within(index, closer)
            return None if last is None else self._checked(index, last, 2, kind)
        if token.kind != "dollar":
            return None
        if self._is_pair(index):
            last = self._within(index + 1, "$$")
            return None if last is None else self._checked(index, last + 1, 2, "display")
        last = self._within(index, "$")
        if last is None or self._text[token.end].isspace() or self._text[self._tokens[last].start - 1].isspace():
            return None
        if self._text[self._tokens[last].end : self._tokens[last].end + 1].isdigit():
            return None
        return self._checked(index, last, 1, "inline")

    def _checked(self, first: int, last: int, skipped: int, kind: Kind) -> tuple[int, int, int, Kind] | None:
        start, end = self._tokens[first].start, self._tokens[last].end
        return (last, end, skipped, kind) if self._text[start + skipped : end - skipped].strip() else None

    def _formula(self, start: int, end: int, skipped: int, kind: Kind) -> Formula:
        tex = self._text[start + skipped : end - skipped]
        line = self._text[self._text.rfind("\n", 0, start) + 1 : start]
        if "\n" in tex and line.lstrip().startswith(">"):
            tex = _QUOTED.sub("\n", tex)
        return Formula(start, end, kind, tex.strip(), self._text[start:end])

    def _is_escaped(self, index: int) -> bool:
        """Whether a backslash before it is meant for it. Within code there is no such thing."""
        start = self._tokens[index].start
        return self._text[start - 1 : start] == "\\" and not (index and self._tokens[index - 1].end == start)

    def _is_pair(self, index: int) -> bool:
        """Whether it is the first of two dollars."""
        token = self._tokens[index]
        after = self._tokens[index + 1] if index + 1 < len(self._tokens) else token
        return token.kind == after.kind == "dollar" and after.start == token.end

    def _within(self, index: int, closer: str) -> int | None:
        """The next token of a text, if no blank line and no fence comes before it."""
        last, wall = self._following(index, closer), self._following(index, _WALL)
        return last if last < wall else None

    def _following(self, index: int, wanted: str) -> int:
        """The next token behind one that has this text; the number of all tokens if there is none."""
        if wanted not in self._next:
            found = len(self._tokens)
            following = self._next[wanted] = [found] * found
            for other in range(found - 1, -1, -1):
                following[other] = found
                if self._is(other, wanted):
                    found = other
        return self._next[wanted][index]

    def _is(self, index: int, wanted: str) -> bool:
        token = self._tokens[index]
        if wanted == _WALL:
            return token.kind in {"blank", "fence"}
        return self._is_pair(index) if wanted == "$$" else token.text == wanted

    def _behind_fence(self, index: int) -> int:
        """The token behind the code that this fence opens, which may be the end of the text."""
        mark = self._tokens[index].text.lstrip(" \t>-*+.)0123456789")
        fence = mark[: len(mark) - len(mark.lstrip(mark[0]))]
        for other in range(index + 1, len(self._tokens)):
            if self._tokens[other].kind == "fence":
                line = self._tokens[other].text.lstrip(" \t>")
                if line.startswith(fence) and not line.strip(fence[0] + " \t"):
                    return other + 1
        return len(self._tokens)
