"""What is looked for in texts: as it is read, capitals or not, and where that is for Qt, which counts in UTF-16."""

from __future__ import annotations

import html
from bisect import bisect_left
from itertools import accumulate
from typing import Final

from app.core.search_words import folded, spans, terms

_MARKS: Final = "*_`~\\"
"""What Markdown puts between the letters of a word."""


class Query:
    """Words to be found, in this order and with no more than this between them."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._wanted = text.casefold()
        self._words = tuple(filter(None, _bare(text).split()))

    def may_be_in(self, source: str) -> bool:
        """Whether it may be found in what a Markdown text reads like: all its words are there. Never wrongly no."""
        bare = _bare(source)
        return all(word in bare for word in self._words)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where it begins and ends in a text, in UTF-16 units. No two overlap; none where nothing is looked for."""
        folded = text.casefold()
        if not self._wanted or self._wanted not in folded:
            return []
        size, found, at = len(self._wanted), [], folded.find(self._wanted)
        while at >= 0:
            found.append((at, at + size))
            at = folded.find(self._wanted, at + size)
        if len(folded) != len(text):
            found = _unfolded(text, found)
        return found if max(text) <= "\uffff" else _in_utf16(text, found)


class AnyOf(Query):
    """The words that a message of all conversations was found by (`app.core.search_words`), each by itself."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._terms = terms(text)

    def may_be_in(self, source: str) -> bool:
        bare = folded(_plain(source))
        return any(all(word in bare for word in term.words) for term in self._terms)

    def spans(self, text: str) -> list[tuple[int, int]]:
        found = spans(text, self._terms)
        return found if not found or max(text) <= "\uffff" else _in_utf16(text, found)


def _bare(text: str) -> str:
    """As words are compared, without marks, so that a word of which a part is bold is one word."""
    return _plain(text).casefold()


def _plain(text: str) -> str:
    if "&" in text:
        text = html.unescape(text)
    for mark in _MARKS:
        text = text.replace(mark, "")
    return text


def _unfolded(text: str, found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same places in `text`: without capitals some letters are two. Half a letter counts as one."""
    ends = list(accumulate(len(letter.casefold()) for letter in text))
    spans: list[tuple[int, int]] = []
    for start, end in found:
        first, last = bisect_left(ends, start + 1), bisect_left(ends, end)
        if not spans or first >= spans[-1][1]:
            spans.append((first, last + 1))
    return spans


def _in_utf16(text: str, found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    wide = [0, *accumulate(letter > "\uffff" for letter in text)]
    return [(start + wide[start], end + wide[end]) for start, end in found]
