"""What the person's own finished turns teach about a tokenizer: how many tokens it makes where we estimate one.

Each turn tells twice. Its answer's text is `output_tokens` without thinking; what was new in its prompt is what the
prompt has more than the one before, without the pictures, whose tokens are exact. Both are held against `tokens.raw`,
and give a factor for each language of each tokenizer.

The factors are made to be trusted early and never thrown off: a language with few samples stays near 1, recent samples
weigh more than old ones, a long text more than a short one, a sample far from the others counts no more than one at the
edge of them, and what a text in several languages is off by is laid on each by its share.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from app.core import tokens
from app.core.cost import FRAME_TOKENS, picture_tokens
from app.core.countable import words
from app.core.message import THINKING, Block, ImageBlock, Message, ReplyBlock
from app.core.schema import transaction
from app.core.server import PRACTICE

if TYPE_CHECKING:
    from app.core.catalog import Model
    from app.core.request import Request
    from app.core.store import Store

KEPT: Final = 200
"""Samples of a tokenizer that are kept."""

_LEAST: Final = 12
"""Tokens; what is shorter says more about frames and labels than about text."""
_HALF_SURE: Final = 50
"""Tokens of a text that has half the weight of a very long one."""
_PRIOR: Final = 0.3
"""The weight of a factor of 1 against that of the samples: a long text weighs 1."""
_FADING: Final = 0.97
"""How much less each sample weighs than the one after it."""
_EDGE: Final = 0.15
"""How far from the middle of the others a sample counts, as a logarithm."""
_FARTHEST: Final = math.log(3)
"""No sample says more than that a text has three times as many tokens, or a third."""
_ROUNDS: Final = 4
"""Languages that come together are told apart step by step."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A text of which the number of tokens became known."""

    family: str
    estimated: Mapping[str, float]
    """Language → tokens, as `tokens.raw` counts them."""
    actual: int


Factors = Mapping[str, float]
"""Language → what its estimate is to be multiplied by."""


# --- what a turn tells --------------------------------------------------------------------------


def samples(request: Request, answer: Message, model: Model) -> list[Sample]:
    """What a finished answer tells, and the request that it was asked with; practice tells nothing."""
    usage = answer.usage
    if answer.state != "complete" or answer.refused or answer.server == PRACTICE or usage is None:
        return []
    found = [_of_answer(answer, model), _of_prompt(request, usage.prompt_tokens, model)]
    return [sample for sample in found if sample is not None]


def _of_answer(answer: Message, model: Model) -> Sample | None:
    """The answer's text, where its tokens can be told from those of its thinking."""
    if answer.usage is None or not _is_text(answer.content):
        return None
    thinks = any(isinstance(block, ReplyBlock) and block.type in THINKING for block in answer.content)
    if thinks and not answer.usage.thinking_tokens:
        return None
    return _sample([answer.text], answer.usage.output_tokens - answer.usage.thinking_tokens, model)


def _of_prompt(request: Request, prompt_tokens: int, model: Model) -> Sample | None:
    """What the prompt has that the one before had not; all of it where there was none."""
    before = request.continues
    if not prompt_tokens or request.thinks:
        return None
    known = 0
    messages = request.messages[request.seen :] if before is not None else request.messages
    if before is not None:
        usage = before.usage
        if before.state != "complete" or usage is None or not usage.prompt_tokens or usage.thinking_tokens:
            return None
        known = usage.prompt_tokens + usage.output_tokens
    texts = [request.system] if before is None else []
    for _, blocks in messages:
        known += FRAME_TOKENS
        for block in blocks:
            if isinstance(block, ImageBlock) and not block.stands_for:
                if not block.width:
                    return None  # a link nobody has looked behind
                known += picture_tokens(block, model)
        if not _is_text(blocks):
            return None
        texts += [entry["text"] for entry in words(blocks)]
    return _sample(texts, prompt_tokens - known, model)


def _is_text(blocks: Iterable[Block]) -> bool:
    """Whether nothing but text and thinking was answered: of tool calls and the like the tokens are not known."""
    return all(block.type in THINKING | {"text"} for block in blocks if isinstance(block, ReplyBlock))


def _sample(texts: Iterable[str], actual: int, model: Model) -> Sample | None:
    estimated: defaultdict[str, float] = defaultdict(float)
    for text in texts:
        for language, count in tokens.raw(text).items():
            estimated[language] += count
    if actual < _LEAST or sum(estimated.values()) < _LEAST:
        return None
    return Sample(tokens.family(model), dict(estimated), actual)


# --- what the samples teach ---------------------------------------------------------------------


def learnt(samples: Sequence[Sample]) -> dict[str, Factors]:
    """Tokenizer → factors. `samples` are in order, the latest last."""
    by_family: defaultdict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        by_family[sample.family].append(sample)
    return {family: _factors(family, ours[-KEPT:]) for family, ours in by_family.items()}


def _factors(family: str, samples: Sequence[Sample]) -> Factors:
    factors = {language: 1.0 for sample in samples for language in sample.estimated}
    for _ in range(_ROUNDS):
        said: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
        for age, sample in enumerate(reversed(samples)):
            parts = {name: tokens.scale(family) * count * factors[name] for name, count in sample.estimated.items()}
            whole = sum(parts.values())
            off = math.log(sample.actual / whole)
            weight = _FADING**age * sample.actual / (sample.actual + _HALF_SURE)
            for name, part in parts.items():
                told = max(-_FARTHEST, min(_FARTHEST, math.log(factors[name]) + off))
                said[name].append((told, weight * part / whole))
        factors = {name: math.exp(_settled(told)) for name, told in said.items()}
    return factors


def _settled(told: list[tuple[float, float]]) -> float:
    """The mean of what the samples say, each with its weight; none farther from their middle than `_EDGE`."""
    middle = _middle(told)
    weight = sum(weight for _, weight in told)
    near = sum(max(middle - _EDGE, min(middle + _EDGE, value)) * weight for value, weight in told)
    return near / (weight + _PRIOR)


def _middle(told: list[tuple[float, float]]) -> float:
    """The value that has half of the weight below it."""
    half = sum(weight for _, weight in told) / 2
    for value, weight in sorted(told):
        half -= weight
        if half <= 0:
            return value
    return 0.0


# --- where they are kept ------------------------------------------------------------------------


class Calibration:
    """The samples of a data folder and what they teach. What waits raises StoreError in its kinds."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._factors: Mapping[str, Factors] = {}
        self._counters: dict[str, tokens.Counter] = {}
        """By family, as each remembers what it has counted."""

    def counter(self, model: Model) -> tokens.Counter:
        """Counts texts for a model, as far as its tokenizer is known by now."""
        family = tokens.family(model)
        if family not in self._counters:
            self._counters[family] = tokens.Counter(family, self._factors.get(family))
        return self._counters[family]

    async def load(self) -> None:
        """Learn from the samples that are kept."""
        self._take(await self._store.run(lambda db: learnt(_read(db))))

    async def learn(self, samples: Sequence[Sample]) -> None:
        """Keep more samples, and learn from all."""
        self._take(await self._store.run(lambda db: learnt(_kept(db, samples))))

    def _take(self, factors: Mapping[str, Factors]) -> None:
        if factors != self._factors:
            self._factors, self._counters = factors, {}


def _kept(db: sqlite3.Connection, samples: Sequence[Sample]) -> list[Sample]:
    with transaction(db):
        db.executemany(
            "INSERT INTO token_samples (rates, family, estimated, actual) VALUES (?, ?, ?, ?)",
            [(tokens.RATES, s.family, json.dumps(dict(s.estimated)), s.actual) for s in samples],
        )
        for family in {sample.family for sample in samples}:
            db.execute(
                """DELETE FROM token_samples WHERE family = ? AND position <= (SELECT position FROM token_samples
                    WHERE family = ? ORDER BY position DESC LIMIT 1 OFFSET ?)""",
                (family, family, KEPT),
            )
    return _read(db)


def _read(db: sqlite3.Connection) -> list[Sample]:
    query = "SELECT family, estimated, actual FROM token_samples WHERE rates = ? ORDER BY position"
    rows = db.execute(query, (tokens.RATES,))
    found = (_restored(family, estimated, actual) for family, estimated, actual in rows)
    return [sample for sample in found if sample is not None]


def _restored(family: str, estimated: str, actual: int) -> Sample | None:
    """None for what is damaged on the disk: it can be done without."""
    try:
        counts = json.loads(estimated)
    except ValueError:
        return None
    if not isinstance(counts, dict) or not counts or actual < 1:
        return None
    good = all(isinstance(count, float | int) and 0 < count < math.inf for count in counts.values())
    return Sample(family, counts, actual) if good else None


# --- how good the estimates are -----------------------------------------------------------------


class Accuracy(NamedTuple):
    """How far estimates were from what was billed, as shares of what was billed: 0.05 is five per cent."""

    turns: int
    """How many were looked at."""
    median: Decimal
    worst: Decimal


def accuracy(pairs: Iterable[tuple[Decimal, Decimal]]) -> Accuracy | None:
    """Of what turns were expected to cost and did cost, in USD; None while no turn has cost anything."""
    errors = sorted(abs(ahead - cost) / cost for ahead, cost in pairs if cost > 0)
    if not errors:
        return None
    middle = (errors[(len(errors) - 1) // 2] + errors[len(errors) // 2]) / 2
    return Accuracy(len(errors), middle, errors[-1])
