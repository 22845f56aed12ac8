"""How well the tokens of text are estimated, before and after five turns that taught the app, and how fast.

The tokenizer is a stand-in (tests/data/tokenizer): the figures say how well one that is not known is learnt.
"""

from __future__ import annotations

import math
import time
from statistics import median

from app.core import languages, tokens
from tests.benchmarks.row import Row
from tests.servers import tokenizer
from tests.texts import LANGUAGES, errors, turns

TURNS = 5
GOAL = 5.0
"""Per cent."""
_DRAFT = 100_000
"""Characters."""
_REPEATS = 9


def measure() -> list[Row]:
    """Errors of whole turns, each held against the error before anything was learnt; then times of counting."""
    rows = []
    for language in LANGUAGES:
        before = [100 * error for error in errors(language, tokens.NEWER, _count, 0)]
        after = [100 * error for error in errors(language, tokens.NEWER, _count, TURNS)]
        what = f"tokens of {language} after {TURNS} turns: "
        rows += [
            Row.of(f"{what}median error", median(after), median(before), "%", GOAL, absolute=True),
            Row.of(f"{what}worst error", max(after), max(before), "%", None),
        ]
    return rows + [_speed(language) for language in ("english", "chinese")]


def _count(text: str) -> int:
    return math.ceil(tokenizer.NEWER * tokenizer.count(text))


def _speed(language: str) -> Row:
    """Of counting a long draft once more after a keystroke, beside the first time."""
    draft = _long_draft(language)
    pairs = []
    for number in range(_REPEATS):
        languages._told.cache_clear()
        first, again = _milliseconds(f"{draft}{number}"), _milliseconds(f"{draft}{number}.")
        pairs.append((again, first))
    return Row.of_pairs(f"counting {_DRAFT:,} characters of {language} after a keystroke", pairs, "ms", None)


def _long_draft(language: str) -> str:
    """So many characters, no paragraph twice."""
    paragraphs = "\n\n".join(turn.answer for turn in turns(language)).split("\n\n")
    repeated = (f"{number} {text}" for number in range(_DRAFT) for text in paragraphs)
    draft = ""
    while len(draft) < _DRAFT:
        draft += next(repeated) + "\n\n"
    return draft[:_DRAFT]


def _milliseconds(text: str) -> float:
    began = time.perf_counter()
    tokens.raw(text)
    return (time.perf_counter() - began) * 1000
