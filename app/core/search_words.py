"""What is looked for in all conversations, as words: how texts are indexed, how a query is read, how a hit is shown.

Capitals and accents make no difference. What is written without spaces between its words (Chinese, Japanese, Korean,
Thai, …) is indexed a character at a time and looked for as a run of characters, so that a word of one is found too.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final, NamedTuple

_APART: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff"  # Japanese, Chinese, Korean
    "\U0001b000-\U0001b16f\U00020000-\U000323af"  # their rare characters
)
_SINGLE: Final = re.compile(f"[{_APART}]")
_ASCII: Final = re.compile(r"[a-z0-9]+")
_TERM: Final = re.compile(r'"([^"]*)("|$)|([^\s"]+)')
_MARKUP: Final = re.compile(r"[`|]+|^[#>]+ |^ *[-*] |[-:=*_]{3,}", re.MULTILINE)
_UNSEEN: Final = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""What is not seen, within words or without, or turns the direction of what follows (RELIABILITY.md, 3.2)."""
_JOINERS: Final = "\u200c\u200d"
"""Not seen either, but Persian words and many emoji are written with them."""
_SLANTED: Final = re.compile(r"(?<!\w)\*(?=\w)|(?<=\w)\*(?!\w)")
"""What of Markdown says nothing where it is not drawn; so that around words that are set slanted."""
_BEFORE: Final = 24
"""Characters of a snippet before its first hit; a few more where a word would be cut."""
_SNIPPET: Final = 180
"""Characters of a snippet."""
_LEAST_PREFIX: Final = 2
"""Letters that the beginning of a word has to have: one letter alone means itself."""
_MOST: Final = 24
"""Terms of a query that count."""


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


class _Folds(dict[int, int]):
    """For `str.translate`: each letter without its accent and small, always one for one, so that places stay."""

    def __missing__(self, code: int) -> int:
        letter = chr(code)
        # What takes a Korean syllable or a voiced kana apart is no accent.
        small = letter if _SINGLE.match(letter) else unicodedata.normalize("NFD", letter)[0].lower()
        self[code] = found = ord(small) if len(small) == 1 else code
        return found


class _Parts(dict[int, str]):
    """For `str.translate`: the same, with spaces for all that is in no word, and around what is one by itself."""

    def __missing__(self, code: int) -> str:
        letter = chr(_FOLDS[code])
        single = f" {letter} " if _SINGLE.match(letter) else letter
        self[code] = found = single if letter.isalnum() else " "
        return found


_FOLDS: Final = _Folds()
_PARTS: Final = _Parts()


def folded(text: str) -> str:
    """A text in composed form (NFC) as it is compared; as long as it is."""
    return text.lower() if text.isascii() else text.translate(_FOLDS)


def bare(text: str) -> str:
    """A text in composed form, without what makes a part of a word bold and without what is not seen."""
    text = text.replace("**", "")
    return text if text.isascii() else unicodedata.normalize("NFC", _UNSEEN.sub("", text))


def indexed(text: str) -> str:
    """The words of a text as the index takes them, one space between two."""
    return " ".join(_words(bare(text)))


def _words(text: str) -> list[str]:
    return _ASCII.findall(text.lower()) if text.isascii() else text.translate(_PARTS).split()


def terms(query: str) -> tuple[Term, ...]:
    """What a query asks for, all of it: words, or "several in this order". The last word may be a beginning."""
    found = []
    for match in _TERM.finditer(bare(query)):
        quoted, end, word = match.groups()
        words = tuple(_words(word or quoted or ""))
        if words:
            is_last = match.end() == len(query.rstrip("\n"))
            begun = is_last and end != '"' and len(words[-1]) >= _LEAST_PREFIX
            found.append(Term(words, begun))
    return tuple(found[:_MOST])


def match(wanted: tuple[Term, ...]) -> str:
    """The same for FTS5's MATCH. Only letters and digits get in: nothing a person types is an operator."""
    return " AND ".join(f'"{" ".join(term.words)}"{"*" if term.begun else ""}' for term in wanted)


def snippet(text: str, wanted: tuple[Term, ...]) -> Snippet:
    """The part of a text around the first hit, in one line; its beginning where there is none."""
    text = bare(text)
    plain = folded(text)
    places = [found.start() for term in wanted if (found := _pattern(term).search(plain))]
    start = min(places, default=0)
    cut = max(0, start - _BEFORE)
    if cut:
        space = plain.rfind(" ", max(0, cut - _BEFORE), cut)
        cut = space + 1 if space >= 0 else cut
    line = _one_line(_SLANTED.sub("", _MARKUP.sub(" ", text[cut : cut + 2 * _SNIPPET])))
    end = " …" if len(line) > _SNIPPET or cut + 2 * _SNIPPET < len(text) else ""
    shown = ("… " if cut else "") + line[:_SNIPPET].rstrip() + end
    return marked(shown, wanted)


def marked(line: str, wanted: tuple[Term, ...]) -> Snippet:
    """All of a short text, such as a title, in one line and with its hits."""
    line = _one_line(bare(line))
    plain = folded(line)
    spans = sorted(found.span() for term in wanted for found in _pattern(term).finditer(plain))
    apart: list[tuple[int, int]] = []
    for start, end in spans:
        if apart and start <= apart[-1][1]:
            apart[-1] = apart[-1][0], max(end, apart[-1][1])
        else:
            apart.append((start, end))
    return Snippet(line, tuple(apart))


def _one_line(text: str) -> str:
    """Without line breaks and other characters that have no place in a line."""
    return " ".join("".join(each if each.isprintable() or each in _JOINERS else " " for each in text).split())


@lru_cache(maxsize=64)
def _pattern(term: Term) -> re.Pattern[str]:
    """Where a term stands in a folded text: at the borders that the index draws, and whatever is between its words."""
    first, last = term.words[0], term.words[-1]
    before = "" if _is_single(first) else rf"(?<![^\W_{_APART}])"
    after = "" if _is_single(last) or term.begun else rf"(?![^\W_{_APART}])"
    return re.compile(before + r"[\W_]*".join(map(re.escape, term.words)) + after)


def _is_single(word: str) -> bool:
    return _SINGLE.fullmatch(word) is not None
