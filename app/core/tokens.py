"""How many tokens a text will be, estimated here and at once: by script, by language, and by the model's tokenizer.

Anthropic's tokenizers are not public. What they have in common with every byte-pair tokenizer is the shape: a frequent
word is a token, a long or rare one several; other scripts make a token of every few letters, or of less. `raw` counts
words, letters, digits and signs apart, and weighs them by language. How many more or fewer a tokenizer really makes is
learnt from the `usage` of answers (`app.core.calibration`) and given to a `Counter` as factors.

Where the rates come from: the weights within each language are those of the vocabulary of Claude 2, the last that was
published, over technical prose and the Universal Declaration of Human Rights. English is a tenth above that, as today's
tokenizers make more of it. The tokenizer since 4.7 makes 30 % more of everything (API.md, section 2).
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from typing import Final, NamedTuple

from app.core.catalog import Model, version_of
from app.core.languages import common_characters, passages

RATES: Final = 1
"""Counts up whenever rates or languages change: what was learnt of others does not hold for them."""

OLDER: Final = "before 4.7"
NEWER: Final = "since 4.7"
OTHER: Final = "other"

NUMBERS: Final = "numbers"
"""Digits are counted apart, whatever the language around them."""

_LAST_OLDER: Final = (4, 6)
_SCALE: Final = {OLDER: 1.0, NEWER: 1.3}
_REMEMBERED: Final = 32_768
"""Texts whose estimate is kept."""


def family(model: Model) -> str:
    """The tokenizer of a model: `OLDER`, `NEWER`, or one of its own for what is not Claude."""
    if "claude" not in model.id:
        return f"{OTHER}: {model.id}"
    version = version_of(model.id)
    return OLDER if version is not None and version <= _LAST_OLDER else NEWER


def scale(family: str) -> float:
    """How many tokens a tokenizer makes where the oldest one makes one, before anything is learnt."""
    return _SCALE.get(family, 1.0)


def most(text: str) -> int:
    """Tokens that a text can be at most, for limits: a byte-pair tokenizer makes no more than one of each byte."""
    if text.isascii():
        return len(text)
    key = hash(text), len(text)
    known = _most.get(key)
    if known is None:
        if len(_most) >= _REMEMBERED:
            _most.clear()
        # A tokenizer may first bring the text into the form NFKC, in which a ligature is several letters.
        forms = (text, unicodedata.normalize("NFKC", text))
        known = _most[key] = max(len(form.encode("utf-8", "replace")) for form in forms)
    return known


_most: dict[tuple[int, int], int] = {}


class Rate(NamedTuple):
    """Tokens that one of each adds."""

    word: float
    letter: float
    mark: float = 0.0
    """A letter with an accent adds so much besides."""


_LATIN: Final = {
    "english": Rate(1.0, 0.05),
    "german": Rate(0.5, 0.24, 1.2),
    "french": Rate(0.7, 0.15, 1.1),
    "spanish": Rate(0.9, 0.12, 1.1),
    "portuguese": Rate(1.0, 0.12, 0.4),
    "italian": Rate(0.7, 0.23, 0.6),
    "latin": Rate(0.6, 0.35, 0.6),
    "code": Rate(0.8, 0.12, 1.0),
}
_KANA: Final = 0.87
_SCRIPTS: Final = {
    b"c": ("cyrillic", Rate(0.35, 0.5)),
    b"g": ("greek", Rate(0.9, 1.14)),
    b"h": ("hebrew", Rate(0.1, 1.05)),
    b"r": ("arabic", Rate(1.8, 0.65)),
    b"s": ("korean", Rate(0.5, 1.2)),
}
_INDIC: Final = (
    ("devanagari", Rate(0.9, 1.12), (b"\xe0\xa4", b"\xe0\xa5")),
    ("thai", Rate(0.0, 1.82), (b"\xe0\xb8", b"\xe0\xb9")),
    ("indic", Rate(0.5, 1.5), tuple(bytes([0xE0, byte]) for byte in range(0xA6, 0xB8))),
)
"""Scripts of the first byte E0, with the first two of their characters. A text is taken to be in one of them."""
_JAPANESE_HAN: Final = 1.15
_COMMON_HAN: Final = 0.82
"""One of the most frequent characters of Chinese, pairs of which are often one token."""
_HAN: Final = 1.45
_DIGIT: Final = 0.6
_SIGN: Final = 1.0
"""A run of ASCII signs; in code each sign counts, as their pairs are rarely words of the vocabulary."""
_CODE_SIGN: Final = 0.8
_RARE_SIGN: Final = 1.3
"""A sign beyond ASCII: a typographic quotation mark, a bullet, an arrow."""
_WIDE_SIGN: Final = 1.0
"""A sign of Chinese or Japanese."""
_EMOJI: Final = 2.5
_BREAK: Final = 1.0
"""A run of line breaks."""

_CLASSES: Final = {
    b"a": b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    b"b": bytes([*range(0xC3, 0xCC), 0xE1]),
    b"0": b"0123456789",
    b" ": b" \t\r",
    b"\n": b"\n",
    b"g": bytes(range(0xCD, 0xD0)),
    b"c": bytes(range(0xD0, 0xD5)),
    b"h": bytes([0xD6, 0xD7]),
    b"r": bytes(range(0xD8, 0xDE)),
    b"i": b"\xe0",
    b"o": bytes([0xC2, 0xCC, 0xD5, 0xDE, 0xDF, 0xE2, 0xEE]),
    b"k": b"\xe3",
    b"z": bytes(range(0xE4, 0xEA)),
    b"s": bytes(range(0xEA, 0xEE)),
    b"w": b"\xef",
    b"m": bytes(range(0xF0, 0xF8)),
}
"""Class → the first bytes of its characters in UTF-8. "b" are Latin letters beyond ASCII, "o" rare signs, "k" kana and
signs of Japanese and Chinese, "z" Chinese characters, "w" wide signs, "m" emoji. What is left are ASCII signs, "!"."""
_CONTINUATION: Final = bytes(range(0x80, 0xC0))


def _table(otherwise: bytes, classes: Mapping[bytes, bytes]) -> bytes:
    """A table for `bytes.translate`."""
    table = bytearray(otherwise * 256)
    for name, members in classes.items():
        for byte in members:
            table[byte] = name[0]
    return bytes(table)


_CLASSED: Final = _table(b"!", _CLASSES)
_MEMBERS: Final = {members: _table(b" ", {b"x": members}) for members in (b"ab", b"!", b"\n", b"i", *_SCRIPTS)}
"""Classes → the table that marks them."""
_KANA_STARTS: Final = (b"\xe3\x81", b"\xe3\x82", b"\xe3\x83")


def raw(text: str) -> Mapping[str, float]:
    """The tokens of a text by language, as the oldest tokenizer makes them; `NUMBERS` are the digits in it.

    Signs and spaces count with the letters around them. Remembered: asking again for the same text takes no time.
    """
    key = hash(text), len(text)  # a str keeps its hash; the texts themselves need not be kept for this
    known = _known.get(key)
    if known is None:
        if len(_known) >= _REMEMBERED:
            _known.clear()
        known = _known[key] = _estimated(text)
    return known


_known: dict[tuple[int, int], Mapping[str, float]] = {}


class Counter:
    """Counts texts for one tokenizer, corrected by what was learnt of it."""

    def __init__(self, family: str = NEWER, factors: Mapping[str, float] | None = None) -> None:
        """`factors`: language → what its estimate is multiplied by; a language that is not there counts as it is."""
        self.family = family
        self._counted: dict[tuple[int, int], int] = {}
        self._scale = scale(family)
        self._factors = factors or {}

    def __call__(self, text: str) -> int:
        """Tokens of a text, rounded up; 0 for an empty one."""
        key = hash(text), len(text)
        counted = self._counted.get(key)
        if counted is None:
            if len(self._counted) >= _REMEMBERED:
                self._counted.clear()
            counted = self._counted[key] = self._count(text)
        return counted

    def _count(self, text: str) -> int:
        factor = self._factors.get
        return math.ceil(self._scale * sum(tokens * factor(name, 1.0) for name, tokens in raw(text).items()))


def _estimated(text: str) -> Mapping[str, float]:
    together: dict[tuple[str, bool], list[str]] = {}
    for language, kana, passage in passages(text):
        together.setdefault((language, kana), []).append(passage)
    found: dict[str, float] = {}
    for (language, kana), parts in together.items():
        for name, tokens in _tokens("\n\n".join(parts), language, kana=kana).items():
            found[name] = found.get(name, 0.0) + tokens
    return found


def _tokens(text: str, latin: str, *, kana: bool) -> dict[str, float]:
    """Tokens by language of a text whose Latin letters are of one language, and whose Chinese ones are, too."""
    data = text.encode("utf-8", "replace")
    classed = data.translate(_CLASSED, _CONTINUATION)  # a byte for each character
    count = classed.count
    rate = _LATIN[latin]
    found = {latin: _letters(classed, b"ab", rate) + rate.mark * count(b"b")}
    signs = _BREAK * _runs(classed, b"\n")
    signs += _CODE_SIGN * count(b"!") if latin == "code" else _SIGN * _runs(classed, b"!")
    if not text.isascii():
        signs += _RARE_SIGN * count(b"o") + _EMOJI * count(b"m")
        found |= _beyond_latin(text, data, classed, kana=kana)
    letters = sum(found.values())
    if letters:
        found = {name: tokens * (1 + signs / letters) for name, tokens in found.items() if tokens}
    elif signs:
        found = {latin: signs}
    else:
        found = {}
    if digits := count(b"0"):
        found[NUMBERS] = _DIGIT * digits
    return found


def _beyond_latin(text: str, data: bytes, classed: bytes, *, kana: bool) -> dict[str, float]:
    """Tokens of the other scripts."""
    found: dict[str, float] = {}
    for letter, (script, rate) in _SCRIPTS.items():
        if letter in classed:
            found[script] = _letters(classed, letter, rate)
    if b"i" in classed:
        script, rate, _ = max(_INDIC, key=lambda each: sum(map(data.count, each[2])))
        found[script] = _letters(classed, b"i", rate)
    if b"k" in classed or b"z" in classed or b"w" in classed:
        found["japanese" if kana else "chinese"] = _han(text, data, classed, kana=kana)
    return found


def _han(text: str, data: bytes, classed: bytes, *, kana: bool) -> float:
    han, syllables = classed.count(b"z"), sum(map(data.count, _KANA_STARTS))
    signs = max(0, classed.count(b"k") - syllables) + classed.count(b"w")
    common = 0 if kana else min(han, common_characters(text))
    rate = _JAPANESE_HAN if kana else _HAN
    return rate * (han - common) + _COMMON_HAN * common + _KANA * syllables + _WIDE_SIGN * signs


def _letters(classed: bytes, letters: bytes, rate: Rate) -> float:
    words = _runs(classed, letters) if rate.word else 0
    return rate.word * words + rate.letter * sum(map(classed.count, letters))


def _runs(classed: bytes, members: bytes) -> int:
    """How many runs of characters of these classes there are."""
    marked = classed.translate(_MEMBERS[members])
    return marked.count(b" x") + marked.startswith(b"x")
