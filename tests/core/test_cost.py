"""What a message will cost and did cost, against an independent calculation in whole numbers."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.caching import LIFETIMES
from app.core.catalog import Catalog, Model
from app.core.cost import (
    Context,
    answer_usage,
    context,
    cost_of,
    estimate,
    fresh_price,
    is_exact,
    may_have_been_charged,
    picture_cost,
    price,
    text_tokens,
)
from app.core.cuts import Box
from app.core.errors import ApiError, ReplyLost
from app.core.failure import error_to_json
from app.core.message import ImageBlock, Message, ReplyBlock, Usage
from app.core.request import Request
from app.core.server import PRACTICE
from tests.core.test_request import MODEL, YES, answered, asked, image

CATALOG = Catalog.load()
SONNET = CATALOG.get(MODEL)
HAIKU = CATALOG.get("claude-haiku-5-5")
counts = st.integers(0, 2_000_000)


@given(st.sampled_from([m for m in CATALOG.models if m.prices]), counts, counts, counts, counts, counts)
def test_a_price_is_the_exact_sum_of_five_products(
    model: Model, fresh: int, write_5m: int, write_1h: int, read: int, output: int
) -> None:
    usage = Usage(fresh, write_5m, write_1h, read, output)
    prices = model.prices
    if model.long_prompt and fresh + write_5m + write_1h + read > model.long_prompt.over_tokens:
        prices = model.long_prompt.prices
    assert prices is not None
    millionths = (
        Fraction(prices.input) * fresh
        + Fraction(prices.cache_write_5m) * write_5m
        + Fraction(prices.cache_write_1h) * write_1h
        + Fraction(prices.cache_read) * read
        + Fraction(prices.output) * output
    )
    cost = price(usage, model)
    assert isinstance(cost, Decimal)
    assert Fraction(cost) == millionths / 1_000_000


def test_haikus_long_prompt_band_is_chosen_by_the_whole_prompt_and_applies_to_the_output() -> None:
    at, above = Usage(cache_read=100_000, output_tokens=1000), Usage(1, cache_read=100_000, output_tokens=1000)
    assert price(at, HAIKU) == Decimal("0.0015")
    assert price(above, HAIKU) == Decimal("0.0075005")


def test_an_unknown_model_has_no_price() -> None:
    stranger = CATALOG.get("someone-elses-model")
    assert price(Usage(10), stranger) is None
    assert estimate(Context(), stranger, [1560], "Hello", max_tokens=100).next is None


def test_the_three_prices_of_a_1080p_screenshot_are_those_of_the_issue() -> None:
    assert SONNET.prices is not None
    cost = picture_cost(2691, SONNET.prices)
    assert [round(c, 4) for c in (cost.input, cost.cache_write, cost.cache_read)] == [
        Decimal("0.0054"),
        Decimal("0.0067"),
        Decimal("0.0003"),
    ]


def test_a_refusal_before_any_output_is_not_billed() -> None:
    refused = Message("assistant", stop_reason="refusal", usage=Usage(900, raw={"input_tokens": 900}))
    usage = answer_usage(refused)
    assert usage is not None
    assert price(usage, SONNET) == 0
    assert answer_usage(replace(refused, usage=Usage(900, output_tokens=7))) == Usage(900, output_tokens=7)


def test_a_stopped_answer_is_billed_for_its_real_input_and_an_estimate_of_its_output() -> None:
    text = "word " * 100
    stopped = Message(
        "assistant",
        (ReplyBlock({"type": "text", "text": text}),),
        state="stopped",
        usage=Usage.from_json({"input_tokens": 50, "output_tokens": 1}),
    )
    usage = answer_usage(stopped)
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens) == (50, text_tokens(text))
    assert answer_usage(replace(stopped, state="complete")) == stopped.usage


def test_thinking_out_of_sight_is_estimated_by_its_time() -> None:
    stopped = Message(
        "assistant",
        (ReplyBlock({"type": "thinking", "thinking": "", "signature": ""}),),
        state="stopped",
        seconds=10.0,
        usage=Usage.from_json({"input_tokens": 50, "output_tokens": 1}),
    )
    usage = answer_usage(stopped)
    assert usage is not None
    assert usage.output_tokens == 600


def test_a_server_that_counts_nothing_leaves_the_cost_unknown() -> None:
    answer = Message("assistant", (ReplyBlock(YES),), usage=Usage.from_json({"input_tokens": 0, "output_tokens": 0}))
    assert cost_of(answer, SONNET) == ""
    assert cost_of(replace(answer, server=PRACTICE), SONNET) == "0"


def test_a_tiny_cost_is_written_in_digits() -> None:
    usage = Usage.from_json({"input_tokens": 1})
    assert cost_of(Message("assistant", usage=usage), HAIKU) == "0.0000001"


def test_nothing_is_known_of_an_answer_that_never_began() -> None:
    assert answer_usage(Message("assistant", state="failed")) is None


def test_new_tokens_are_priced_at_the_cache_write_once_the_prompt_is_long_enough() -> None:
    short, long = (estimate(Context(answer=0), SONNET, [tokens], "", max_tokens=0) for tokens in (511, 512))
    assert (short.caches, long.caches) == (False, True)
    assert short.next == Decimal(511) * 2 / 1_000_000
    assert long.next == Decimal(512) * Decimal("2.5") / 1_000_000


def test_the_same_holds_for_a_part_of_the_prompt_and_the_band_is_the_prompts() -> None:
    assert fresh_price(100, 511, SONNET) == Decimal(100) * 2 / 1_000_000
    assert fresh_price(100, 512, SONNET) == Decimal(100) * Decimal("2.5") / 1_000_000
    assert fresh_price(1_000_000, 100_000, HAIKU) == Decimal("0.125")
    assert fresh_price(100_000, 100_001, HAIKU) == Decimal("0.0625")
    assert fresh_price(100, 512, CATALOG.get("someone-elses-model")) is None


def test_the_estimate_reads_what_is_cached_and_writes_the_rest() -> None:
    carried = Context(tokens=7000, cached=6000, answer=200)
    ahead = estimate(carried, SONNET, [1000], "", max_tokens=16_000)
    assert ahead.next == (6000 * Decimal("0.10") + 2000 * Decimal("2.5") + 200 * 10) / 1_000_000
    assert ahead.at_most == (8000 * Decimal("2.5") + 16_000 * 10) / 1_000_000


@given(st.lists(st.integers(1, 4784), max_size=5), st.text(max_size=300), counts, st.integers(1, 128_000))
def test_at_most_is_never_below_next(pictures: list[int], text: str, carried: int, max_tokens: int) -> None:
    for model in (SONNET, HAIKU):
        ahead = estimate(Context(tokens=carried), model, pictures, text, max_tokens=max_tokens)
        assert ahead.next is not None
        assert ahead.at_most is not None
        assert ahead.next <= ahead.at_most


def history_with_usage(now: float) -> list[Message]:
    history = [asked("How do these differ?", image(1), image(2))]
    usage = Usage.from_json({"input_tokens": 3, "cache_creation_input_tokens": 1290, "output_tokens": 200})
    return [*history, answered(history, YES, usage=usage, created=now - 10, seconds=5.0)]


def test_the_context_is_the_last_answers_real_usage_and_is_read_from_the_cache_while_it_is_warm() -> None:
    history = history_with_usage(1000.0)
    request = Request.build(history, model=MODEL)
    warm = context(request, history, SONNET, now=1000.0, usual=200)
    assert (warm.tokens, warm.cached, warm.pictures, warm.answer) == (1493, 1290, 2, 200)
    assert warm.until == 990.0 + LIFETIMES["5m"]
    assert context(request, history, SONNET, now=warm.until - 1).cached == 1290
    assert context(request, history, SONNET, now=warm.until).cached == 0


def test_asking_again_is_priced_by_what_the_first_try_has_left_in_the_cache() -> None:
    history = history_with_usage(1000.0)
    again = context(Request.build(history[:-1], model=MODEL), history, SONNET, now=1000.0)
    assert (again.tokens, again.cached) == (1293, 1290)


def test_another_model_has_nothing_in_the_cache_and_counts_anew() -> None:
    history = history_with_usage(1000.0)
    opus = CATALOG.get("claude-opus-5-5")
    carried = context(Request.build(history, model=opus.id), history, opus, now=1000.0)
    assert carried.cached == 0
    assert 0 < carried.tokens < 100


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("", 0, 0),
        ("How do these two dashboards differ?", 7, 14),
        ("这两张截图有什么不同？", 9, 18),
        ("x" * 1000, 50, 500),
    ],
)
def test_text_is_counted_roughly(text: str, low: int, high: int) -> None:
    assert low <= text_tokens(text) <= high


@pytest.mark.parametrize(
    ("answer", "doubtful"),
    [
        (Message("assistant", state="stopped"), True),
        (Message("assistant", state="interrupted"), True),
        (Message("assistant", state="failed", error=error_to_json(ReplyLost("host", "closed"))), True),
        (Message("assistant", state="failed", error=error_to_json(ApiError(401, "authentication_error", ""))), False),
        (Message("assistant", state="stopped", error=error_to_json(ApiError(429, "rate_limit_error", ""))), False),
        (Message("assistant", state="stopped", server=PRACTICE), False),
        (Message("assistant", state="stopped", usage=Usage(3)), False),
    ],
)
def test_only_a_request_nobody_knows_the_end_of_may_have_been_charged(answer: Message, doubtful: bool) -> None:
    assert may_have_been_charged(answer) is doubtful
    assert is_exact([answer]) is not (doubtful or answer.usage is not None)


def carried_by(*images: ImageBlock) -> int:
    history = [asked("What is new?", *images)]
    return context(Request.build(history, model=MODEL), history, SONNET, now=0).tokens


def test_the_sentence_for_a_picture_costs_what_text_does() -> None:
    plain, same = image(2), replace(image(2), same_as=1, width=2000, height=1500)
    more = text_tokens("Image 2: the same picture as Image 1.")
    assert carried_by(image(1), same) - carried_by(image(1), plain) == more - (1 + 4)


def test_a_link_nobody_has_looked_behind_may_cost_all_that_the_model_takes() -> None:
    link = replace(image(1), url="https://example.com/a.png", sent="", width=0, height=0)
    assert carried_by(link) - carried_by(image(1)) == SONNET.tier.max_tokens - 1
    assert carried_by(image(1), replace(link, number=2)) - carried_by(image(1), image(2)) == SONNET.tier.max_tokens - 1


def test_the_label_of_a_part_is_longer() -> None:
    tiles = [replace(image(1), kind="tile", box=Box(0, 28 * n, 28, 28), part=n, parts=2) for n in (1, 2)]
    assert carried_by(*tiles) - carried_by(image(1), image(2)) == 2 * (18 - 4)
    whole, parts = (estimate(Context(), SONNET, [1, 1, 1], "", max_tokens=1, parts=n) for n in (0, 2))
    assert parts.text_tokens - whole.text_tokens == 2 * (18 - 4)
    assert estimate(Context(), SONNET, [1], "", max_tokens=1).text_tokens == 0


@pytest.mark.parametrize("part", [1, 24])
def test_a_parts_label_is_counted_about_right(part: int) -> None:
    label = replace(image(3), kind="tile", box=Box(0, 0, 28, 28), part=part, parts=24).label
    assert text_tokens(label) == pytest.approx(18, abs=3)
