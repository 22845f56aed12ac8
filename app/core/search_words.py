"""What is looked for in all conversations, as words: how texts are indexed, how a query is read, how a hit is shown.

Capitals, accents and vowel points make no difference, nor does the width or the shape of a letter (Unicode's NFKC, its
case folding, and a few letters more). What is written without spaces between its words (Chinese, Japanese, Korean,
Thai, …) is indexed a character at a time and looked for as a run of characters, so that a word of one is found too; so
are emoji.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from itertools import accumulate
from typing import Final, NamedTuple

LONGEST: Final = 1000
"""Characters of a query that count."""
_SINGLE: Final = re.compile(
    "["
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer, with their vowel signs
    "\u3005-\u3007\u3040-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff"
    "\U0001b000-\U0001b16f"  # Japanese, Chinese, Korean; their rare characters
    "]"
)
_PICTURE: Final = re.compile("[\u231a-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff\U00020000-\U000323af]")
"""Emoji and the signs among them; and rare Chinese characters: newer ones are none for an older Python."""
_SKIN: Final = re.compile("[\U0001f3fb-\U0001f3ff]")
"""Colours of the emoji before them."""
_ACCENTS: Final = re.compile(
    "[\u0300-\u0489\u0591-\u074a\u08c0-\u08ff\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe2f\U000e0100-\U000e01ef]"
)
"""Where the marks stand without which a word is the same: of Latin, Greek, Cyrillic, Hebrew, Arabic, and shapes of
emoji. Those of Indian scripts are vowels."""
_TATWEEL: Final = "\u0640"
"""Draws an Arabic word out."""
_LETTERS: Final = {"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe"}
"""Letters with something to them that Unicode does not take for an accent."""
_LATER: Final = re.compile("[\u200d\u1160-\u11ff\u3131-\u318e\uff9e\uff9f\uffa0-\uffdc]")
"""No marks, but one character with what is before them: the joiner, parts of Korean syllables, narrow marks of kana."""
_ASCII: Final = re.compile(r"[a-z0-9]+")
_TERM: Final = re.compile(r'"([^"]*)("|$)|([^\s"]+)')
_MARKUP: Final = re.compile(r"[`|]+|^[#>]+ |^ *[-*] |[-:=*_]{3,}", re.MULTILINE)
_UNSEEN: Final = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""What is not seen, within words or without, or turns the direction of what follows (RELIABILITY.md, 3.2)."""
_JOINER: Final = "\u200d"
_JOINERS: Final = "\u200c" + _JOINER
"""Not seen either, but Persian words and many emoji are written with them."""
_SLANTED: Final = re.compile(r"(?<!\w)\*(?=\w)|(?<=\w)\*(?!\w)")
"""What of Markdown says nothing where it is not drawn; so that around words that are set slanted."""
_BEFORE: Final = 24
"""Characters of a snippet before its first hit; a few more where a word would be cut."""
_SNIPPET: Final = 180
"""Characters of a snippet."""
_READ: Final = 200_000
"""Characters of a text among which a snippet is looked for: some 20 ms."""
_LEAST_PREFIX: Final = 2
"""Letters that the beginning of a word has to have: one letter alone means itself."""
_MOST: Final = 64
"""Words of a query that count: the most frequent characters, in a run, take a fifth of a second in 100,000 messages."""
_AT_ONCE: Final = 32
"""Characters that are folded at a time where it has to be told what has become of each."""


class Term(NamedTuple):
    """Words to be found one after the other."""

    words: tuple[str, ...]
    begun: bool
    """Whether the last of them may go on: it is being typed."""


class Snippet(NamedTuple):
    """A part of a text in one line, and where in it hits stand: from and to, in characters."""

    text: str
    marks: tuple[tuple[int, int], ...] = ()

    @property
    def first(self) -> str:
        """The first hit, as it is written there; empty where nothing is marked."""
        return self.text[slice(*self.marks[0])] if self.marks else ""


NOTHING: Final = Snippet("")


class _Parts(dict[int, str]):
    """For `str.translate`: what a character is compared as, in words with spaces around them and nothing else.

    Of a text in form NFKC. What is one by itself is a word.
    """

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        if _SKIN.match(letter):
            found = " "
        elif _PICTURE.match(letter) or (_SINGLE.match(letter) and _is_written(letter)):
            found = f" {letter} "
        else:
            found = "".join(map(_part, unicodedata.normalize("NFKD", letter)))
        self[code] = found
        return found


_PARTS: Final = _Parts()


def _is_written(letter: str) -> bool:
    """Whether it is a part of words."""
    return letter.isalnum() or unicodedata.category(letter)[0] == "M"


def _part(letter: str) -> str:
    """What a decomposed letter or mark is compared as."""
    if letter == _TATWEEL or _UNSEEN.match(letter):
        return ""
    if _ACCENTS.match(letter) and unicodedata.category(letter) in {"Mn", "Me"}:
        return ""
    return "".join(_LETTERS.get(each, each) for each in letter.casefold()) if _is_written(letter) else " "


def bare(text: str) -> str:
    """A text in composed form (NFC), without what makes a part of a word bold and without what is not seen."""
    text = text.replace("**", "")
    return text if text.isascii() else unicodedata.normalize("NFC", _UNSEEN.sub("", text))


def folded(text: str) -> str:
    """The words of a text as they are compared, with spaces for what is in none."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.replace(_JOINER, ""))
    return text.translate(_PARTS)


def indexed(text: str) -> str:
    """The words of a text as the index takes them, one space between two."""
    return " ".join(_words(bare(text)))


def _words(text: str) -> list[str]:
    return _ASCII.findall(text.lower()) if text.isascii() else folded(text).split()


def terms(query: str) -> tuple[Term, ...]:
    """What a query asks for, all of it: words, or "several in this order". The last word may be a beginning.

    Of a long one, what it begins with.
    """
    query, room = bare(query[:LONGEST]).rstrip("\n"), _MOST
    found = []
    for match in _TERM.finditer(query):
        quoted, end, word = match.groups()
        words = tuple(_words(word or quoted or ""))[:room]
        if words:
            room -= len(words)
            begun = match.end() == len(query) and end != '"' and len(words[-1]) >= _LEAST_PREFIX
            found.append(Term(words, begun))
        if not room:
            break
    return tuple(dict.fromkeys(found))


def match(wanted: tuple[Term, ...]) -> str:
    """The same for FTS5's MATCH. Only letters, digits and signs get in: nothing a person types is an operator."""
    return " AND ".join(f'"{" ".join(term.words)}"{"*" if term.begun else ""}' for term in wanted)


def snippet(text: str, wanted: tuple[Term, ...]) -> Snippet:
    """The part of a text around the first hit, in one line; its beginning where there is none."""
    text = bare(text[:_READ])
    reading = _Reading(text)
    found = (_pattern(term).search(reading.folded) for term in wanted)
    start = min((reading.span(each)[0] for each in found if each), default=0)
    cut = max(0, start - _BEFORE)
    if cut:
        space = text.rfind(" ", max(0, cut - _BEFORE), cut)
        cut = space + 1 if space >= 0 else cut
    line = _one_line(_SLANTED.sub("", _MARKUP.sub(" ", text[cut : cut + 2 * _SNIPPET])))
    end = " …" if len(line) > _SNIPPET or cut + 2 * _SNIPPET < len(text) else ""
    shown = ("… " if cut else "") + line[:_SNIPPET].rstrip() + end
    return marked(shown, wanted)


def marked(line: str, wanted: tuple[Term, ...]) -> Snippet:
    """All of a short text, such as a title, in one line and with its hits."""
    line = _one_line(bare(line))
    return Snippet(line, tuple(spans(line, wanted)))


def spans(text: str, wanted: Iterable[Term]) -> list[tuple[int, int]]:
    """Where in a text hits stand, in characters of it: from and to, in order; those that touch are one."""
    reading, apart = _Reading(text), list[tuple[int, int]]()
    found = (each for term in wanted for each in _pattern(term).finditer(reading.folded))
    for start, end in sorted(map(reading.span, found)):
        if apart and start <= apart[-1][1]:
            apart[-1] = apart[-1][0], max(end, apart[-1][1])
        else:
            apart.append((start, end))
    return apart


def _one_line(text: str) -> str:
    """Without line breaks and other characters that have no place in a line."""
    if not text.isprintable():
        text = "".join(each if _may_be_shown(each) else " " for each in text)
    return " ".join(text.split())


def _may_be_shown(letter: str) -> bool:
    return letter.isprintable() or letter in _JOINERS or _PICTURE.match(letter) is not None


class _Reading:
    """A text as it is compared, and where in the text that is.

    It is folded in pieces between which nothing is composed, so that only the one that holds a place has to be gone
    through letter by letter.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        pieces = [] if text.isascii() else list(_pieces(text, 0, len(text), _AT_ONCE))
        self._starts = [start for start, _ in pieces]
        """Of each piece in the text."""
        parts = [folded(text[start:end]) for start, end in pieces]
        self._folded_starts = _running(map(len, parts))
        self.folded: Final = f" {''.join(parts) if pieces else folded(text)} "
        """With a space at either end, too."""
        self._letters: dict[int, tuple[list[int], list[int]]] = {}
        """Where each letter of a piece begins, in what is compared and in the text."""

    def span(self, found: re.Match[str]) -> tuple[int, int]:
        """From where to where that stands in the text, without the space that it begins with. A letter is whole."""
        first, last = found.start(), found.end() - 2
        if not self._starts:
            return first, last + 1
        return self._letter(first)[0], self._letter(last)[1]

    def _letter(self, at: int) -> tuple[int, int]:
        """From where to where the letter stands that is compared at this place, and what belongs to it."""
        number = bisect_right(self._folded_starts, at) - 1
        start = self._starts[number]
        end = self._starts[number + 1] if number + 1 < len(self._starts) else len(self._text)
        at -= self._folded_starts[number]
        if self._text[start:end].isascii():
            return start + at, start + at + 1
        if number not in self._letters:
            self._letters[number] = _letters(self._text[start:end])
        folded_starts, starts = self._letters[number]
        index = bisect_right(folded_starts, at) - 1
        return start + starts[index], start + starts[index + 1] if index + 1 < len(starts) else end


def _letters(text: str) -> tuple[list[int], list[int]]:
    """Where each letter of a text begins that is compared as anything: in what it is compared as, and in the text."""
    if unicodedata.is_normalized("NFKC", text) and _JOINER not in text:
        starts = list(range(len(text)))
        sizes = [len(_PARTS[ord(letter)]) for letter in text]
    else:
        pieces = list(_pieces(text, 0, len(text), 1))
        starts, sizes = [start for start, _ in pieces], [_size(text[start:end]) for start, end in pieces]
    found = [each for each in zip(_running(sizes), starts, sizes, strict=True) if each[2]]
    return [each[0] for each in found], [each[1] for each in found]


@lru_cache(maxsize=4096)
def _size(piece: str) -> int:
    """Characters that it is compared as."""
    return len(folded(piece))


def _running(sizes: Iterable[int]) -> list[int]:
    """Where each of so many characters begins, one after the other."""
    return [0, *accumulate(sizes)][:-1]


def _pieces(text: str, start: int, end: int, size: int) -> Iterator[tuple[int, int]]:
    """From where to where each piece goes, of `size` characters and what belongs to its last."""
    while start < end:
        then = min(start + size, end)
        while then < end and _belongs_before(text[then]):
            then += 1
        yield start, then
        start = then


@cache
def _belongs_before(letter: str) -> bool:
    """Whether it may be one character with what is before it (Unicode, annex 15)."""
    return unicodedata.category(letter)[0] == "M" or _LATER.match(letter) is not None


@lru_cache(maxsize=256)
def _pattern(term: Term) -> re.Pattern[str]:
    """Where a term stands in what is compared: whole words, whatever was between them."""
    return re.compile(" " + " +".join(map(re.escape, term.words)) + ("" if term.begun else "(?= )"))
