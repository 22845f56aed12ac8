"""Recorded questions and answers in six languages (tests/data/texts), and how well their tokens are estimated."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from app.core import tokens
from app.core.calibration import Sample, learnt

DATA = Path(__file__).parent / "data" / "texts"
LANGUAGES = ("english", "german", "french", "russian", "chinese", "japanese")


class Turn(NamedTuple):
    question: str
    answer: str


@cache
def turns(language: str) -> tuple[Turn, ...]:
    """Twelve turns about pictures."""
    found = tomllib.loads((DATA / f"{language}.toml").read_text("utf-8"))["turns"]
    return tuple(Turn(turn["question"], turn["answer"].strip()) for turn in found)


def taught(family: str, read: Sequence[Turn], count: Callable[[str], int]) -> tokens.Counter:
    """A counter that has seen these turns; `count` is the tokenizer."""
    samples = [Sample(family, tokens.raw(text), count(text)) for turn in read for text in turn]
    return tokens.Counter(family, learnt(samples).get(family))


def errors(language: str, family: str, count: Callable[[str], int], calibrating: int) -> Iterator[float]:
    """How far turns are off, as shares of what they are, after every `calibrating` turns in a row that there are.

    Nothing is held against the turns that were learnt from.
    """
    all_turns = turns(language)
    for first in range(len(all_turns) if calibrating else 1):
        order = all_turns[first:] + all_turns[:first]
        counter = taught(family, order[:calibrating], count)
        for turn in order[calibrating:]:
            actual = sum(map(count, turn))
            yield abs(sum(map(counter, turn)) - actual) / actual
