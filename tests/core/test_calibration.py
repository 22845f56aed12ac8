"""How a tokenizer that is not known is learnt from finished turns: the stand-in of tests/data/tokenizer."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import tokens
from app.core.calibration import KEPT, Calibration, Sample, accuracy, learnt, samples
from app.core.catalog import Catalog
from app.core.cost import FRAME_TOKENS, TextCount
from app.core.message import Message, ReplyBlock, Usage
from app.core.request import Request
from app.core.server import PRACTICE
from app.core.store import Store
from app.core.tokens import NEWER, OLDER, raw
from tests.core.test_request import MODEL, asked, image
from tests.servers import tokenizer
from tests.texts import LANGUAGES, errors, taught, turns

SONNET = Catalog.load().get(MODEL)
OLD_SONNET = Catalog.load().get("claude-sonnet-4-6")
WORDS = turns("english")[0].answer


def newer(text: str) -> int:
    return math.ceil(tokenizer.NEWER * tokenizer.count(text))


def said(factor: float, *, times: int = 1, language: str = "english", length: float = 300.0) -> list[Sample]:
    """Texts of which the tokenizer made `factor` as many tokens as were expected."""
    return [Sample(OLDER, {language: length}, round(length * factor))] * times


# --- how good it is -----------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("family", "count"), [(OLDER, tokenizer.count), (NEWER, newer)], ids=["older", "newer"])
def test_after_five_turns_the_median_error_is_at_most_five_per_cent(
    language: str, family: str, count: TextCount
) -> None:
    after = list(errors(language, family, count, 5))
    assert len(after) == 12 * 7
    assert median(after) <= 0.05


def test_a_tokenizer_that_makes_twice_as_many_is_learnt_as_well() -> None:
    for language in LANGUAGES:
        before = list(errors(language, "other", lambda text: 2 * tokenizer.count(text), 0))
        after = list(errors(language, "other", lambda text: 2 * tokenizer.count(text), 5))
        assert median(before) > 0.3
        assert median(after) <= 0.1, language


def test_languages_that_are_learnt_together_are_told_apart() -> None:
    read = [turn for pair in zip(turns("english"), turns("chinese"), strict=True) for turn in pair][:10]
    counter = taught(OLDER, read, lambda text: tokenizer.count(text) * (2 if "，" in text else 1))
    english, chinese = turns("english")[8].answer, turns("chinese")[8].answer
    assert counter(english) == pytest.approx(tokenizer.count(english), rel=0.1)
    assert counter(chinese) == pytest.approx(2 * tokenizer.count(chinese), rel=0.15)


# --- how it behaves -----------------------------------------------------------------------------


def factor(*told: Sample, language: str = "english") -> float:
    return learnt(told)[OLDER][language]


def test_a_short_text_moves_little_and_a_long_one_much() -> None:
    short, long = factor(*said(1.5, length=20)), factor(*said(1.5, length=2000))
    assert 1.1 < short < 1.3 < long < 1.5


def test_more_turns_come_nearer() -> None:
    factors = [factor(*said(1.3, times=times)) for times in (1, 2, 5, 50)]
    assert factors == sorted(factors)
    assert factors[-1] == pytest.approx(1.3, rel=0.02)


def test_one_outlier_does_not_spoil_it() -> None:
    for place in range(6):
        told = said(1.2, times=5)
        told[place:place] = said(6.0)
        assert factor(*told) == pytest.approx(1.2, abs=0.06), place


def test_recent_turns_weigh_more() -> None:
    older, latest = said(1.0, times=40), said(1.4, times=40)
    assert factor(*older, *latest) > 1.3
    assert factor(*latest, *older) < 1.1


def test_what_a_mixed_text_is_off_by_is_laid_on_each_language_by_its_share() -> None:
    mixed = Sample(OLDER, {"english": 900.0, "chinese": 100.0}, 1300)
    assert factor(mixed) > factor(mixed, language="chinese") > 1


def test_each_tokenizer_is_learnt_by_itself() -> None:
    told = learnt([Sample(OLDER, {"english": 300.0}, 450), Sample(NEWER, {"english": 300.0}, 390)])
    assert told[OLDER]["english"] > 1.2
    assert told[NEWER]["english"] == pytest.approx(1)


@given(
    st.lists(
        st.builds(
            Sample,
            st.just(OLDER),
            st.dictionaries(st.sampled_from(["english", "chinese", "code"]), st.floats(0.1, 1e6), min_size=1),
            st.integers(1, 10**7),
        ),
        max_size=30,
    )
)
def test_no_samples_make_a_factor_beyond_three(told: list[Sample]) -> None:
    for factors in learnt(told).values():
        assert all(1 / 3.01 <= factor <= 3.01 for factor in factors.values())


# --- what a turn tells --------------------------------------------------------------------------


def replied(
    words: str, request: Request, *, text_only: bool = True, prompt: int = 0, output: int = 0, thinking: int = 0
) -> Message:
    """A finished answer, by the stand-in's count where no `output` is given."""
    billed = Usage(input_tokens=prompt, output_tokens=output or newer(words), thinking_tokens=thinking)
    blocks = [ReplyBlock({"type": "text", "text": words})]
    if not text_only:
        blocks.insert(0, ReplyBlock({"type": "thinking", "thinking": "", "signature": "s"}))
    return Message("assistant", tuple(blocks), "a", state="complete", model=MODEL, usage=billed, prefix=request.prefix)


def test_an_answer_tells_by_its_output_without_thinking() -> None:
    request = Request.build([asked("Hello")], model=MODEL)
    answer = replied(WORDS, request, text_only=False, output=newer(WORDS) + 500, thinking=500)
    assert samples(request, answer, SONNET) == [Sample(NEWER, raw(WORDS), newer(WORDS))]


def test_a_first_prompt_tells_by_all_that_is_no_picture() -> None:
    picture = image(1)
    request = Request.build([asked(WORDS, picture)], model=MODEL, system="Answer briefly, please.")
    prompt = 1000 + picture.tokens + FRAME_TOKENS
    [sample] = samples(request, replied("", request, prompt=prompt), SONNET)
    assert sample.actual == 1000
    assert sum(sample.estimated.values()) == pytest.approx(
        sum(raw(WORDS).values()) + sum(raw("Answer briefly, please.").values())
    )


def test_a_later_prompt_tells_by_what_is_new_in_it() -> None:
    first = Request.build([asked("Hello")], model=MODEL)
    answer = replied("Good day to you.", first, prompt=3000, output=40)
    history = [asked("Hello"), answer, asked(WORDS)]
    request = Request.build(history, model=MODEL)
    assert request.continues is answer
    [sample] = samples(request, replied("", request, prompt=3000 + 40 + FRAME_TOKENS + 222), SONNET)
    assert sample == Sample(NEWER, raw(WORDS), 222)


UNUSABLE: dict[str, dict[str, Any]] = {
    "practice": {"server": PRACTICE},
    "stopped": {"state": "stopped"},
    "refused": {"stop_reason": "refusal"},
    "not billed": {"usage": None},
    "nothing counted": {"usage": Usage()},
    "a tool was called": {"content": (ReplyBlock({"type": "tool_use", "id": "t", "name": "n", "input": {}}),)},
    "thinking that nobody counted": {
        "content": (
            ReplyBlock({"type": "thinking", "thinking": "", "signature": "s"}),
            ReplyBlock({"type": "text", "text": WORDS}),
        )
    },
}


@pytest.mark.parametrize("change", UNUSABLE.values(), ids=UNUSABLE)
def test_what_cannot_be_told_by_is_left_out(change: dict[str, Any]) -> None:
    request = Request.build([asked("Hi")], model=MODEL)
    answer = replied(WORDS, request)
    assert samples(request, answer, SONNET)
    assert samples(request, replace(answer, **change), SONNET) == []


def test_a_prompt_tells_nothing_where_a_picture_of_unknown_size_is_in_it() -> None:
    link = replace(image(1), width=0, height=0, url="https://pictures.example/roof.jpg")
    request = Request.build([asked(WORDS, link)], model=MODEL)
    assert samples(request, replied("", request, prompt=5000), SONNET) == []


@pytest.mark.parametrize("counted", [560, 0])
def test_a_prompt_tells_nothing_where_thinking_goes_back(counted: int) -> None:
    first = Request.build([asked("Hello")], model=MODEL)
    answer = replied("Good day.", first, text_only=False, prompt=3000, output=600, thinking=counted)
    request = Request.build([asked("Hello"), answer, asked(WORDS)], model=MODEL)
    assert samples(request, replied("", request, prompt=3000 + 600 + FRAME_TOKENS + 222), SONNET) == []


def test_short_texts_tell_nothing() -> None:
    request = Request.build([asked("Hi")], model=MODEL)
    assert samples(request, replied("Yes.", request, prompt=20, output=3), SONNET) == []


# --- where it is kept ---------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(tmp_path)
    yield store
    store.close()


async def test_what_was_learnt_is_there_the_next_day(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    first = Calibration(store)
    before = first.counter(OLD_SONNET)(WORDS)
    await first.learn(said(1.5, times=5))
    learned = first.counter(OLD_SONNET)(WORDS)
    store.close()

    store = Store.open(tmp_path)
    second = Calibration(store)
    assert second.counter(OLD_SONNET)(WORDS) == before
    await second.load()
    assert second.counter(OLD_SONNET)(WORDS) == learned > 1.3 * before
    store.close()


async def test_only_the_latest_samples_of_a_tokenizer_are_kept(store: Store) -> None:
    kept = Calibration(store)
    other = Sample(NEWER, {"english": 100.0}, 130)
    await kept.learn([other, *said(1.0, times=KEPT)])
    await kept.learn(said(1.4, times=KEPT))
    rows = await store.run(
        lambda db: db.execute("SELECT family, actual FROM token_samples ORDER BY position").fetchall()
    )
    assert rows == [(NEWER, 130), *[(OLDER, 420)] * KEPT]
    assert kept.counter(OLD_SONNET)(WORDS) == pytest.approx(1.4 * sum(raw(WORDS).values()), rel=0.03)


async def test_samples_of_other_rates_do_not_count(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Calibration(store)
    await kept.learn(said(1.5, times=5))
    monkeypatch.setattr(tokens, "RATES", tokens.RATES + 1)
    await kept.load()
    assert kept.counter(OLD_SONNET)(WORDS) == math.ceil(sum(raw(WORDS).values()))


def put(estimated: str, db: sqlite3.Connection) -> None:
    query = "INSERT INTO token_samples (rates, family, estimated, actual) VALUES (?, ?, ?, 9)"
    db.execute(query, (tokens.RATES, OLDER, estimated))


async def test_a_damaged_sample_is_done_without(store: Store) -> None:
    kept = Calibration(store)
    await kept.learn(said(1.5, times=5))
    learned = kept.counter(OLD_SONNET)(WORDS)
    for damage in ("{", "[]", '{"english": "x"}', "{}", '{"english": 0}', "NaN", '{"english": -3}'):
        await store.run(partial(put, damage))
    await kept.load()
    assert kept.counter(OLD_SONNET)(WORDS) == learned


# --- accuracy -----------------------------------------------------------------------------------


def pairs(*amounts: tuple[str, str]) -> list[tuple[Decimal, Decimal]]:
    return [(Decimal(ahead), Decimal(cost)) for ahead, cost in amounts]


def test_the_accuracy_is_the_median_and_the_worst_share() -> None:
    found = accuracy(pairs(("0.011", "0.010"), ("0.02", "0.04"), ("0.0103", "0.0100")))
    assert found == (3, Decimal("0.1"), Decimal("0.5"))
    assert accuracy(pairs(("1.1", "1"), ("1.3", "1"))) == (2, Decimal("0.2"), Decimal("0.3"))


def test_there_is_no_accuracy_before_anything_was_billed() -> None:
    assert accuracy([]) is None
    assert accuracy(pairs(("0.1", "0"))) is None
