"""What a request was billed for, against independent calculations: with fractions, and token by token."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import app
from app.core import bill
from app.core.bill import extra, lines, outcome, saved, shares
from app.core.caching import Lost
from app.core.catalog import Catalog, Model
from app.core.cost import Context, block_tokens, estimate, picture_tokens, price, text_tokens
from app.core.errors import ApiError, ReplyLost
from app.core.failure import error_to_json
from app.core.message import ImageBlock, Message, ReplyBlock, Ttl, Usage
from app.core.request import Request
from app.core.server import PRACTICE
from tests.core.test_request import MODEL, YES, answered, asked, image

CATALOG = Catalog.load()
SONNET = CATALOG.get(MODEL)
HAIKU = CATALOG.get("claude-haiku-5-5")
STRANGER = CATALOG.get("someone-elses-model")
models = st.sampled_from([model for model in CATALOG.models if model.prices])
ttls: st.SearchStrategy[Ttl] = st.sampled_from(["5m", "1h"])
counts = st.integers(0, 400_000)
usages = st.builds(Usage, counts, counts, counts, counts, counts)
small = st.integers(0, 400)
small_usages = st.builds(Usage, small, small, small, small, small)


class Rates(NamedTuple):
    """USD of one token."""

    input: Fraction
    write_5m: Fraction
    write_1h: Fraction
    read: Fraction
    output: Fraction


def rates(model: Model, prompt: int) -> Rates:
    """What the table says, read without a method of the model's."""
    prices = model.prices
    if model.long_prompt is not None and prompt > model.long_prompt.over_tokens:
        prices = model.long_prompt.prices
    assert prices is not None
    given_ = (prices.input, prices.cache_write_5m, prices.cache_write_1h, prices.cache_read, prices.output)
    return Rates(*(Fraction(each) / 1_000_000 for each in given_))


def counted(usage: Usage) -> tuple[int, ...]:
    return usage.input_tokens, usage.cache_write_5m, usage.cache_write_1h, usage.cache_read, usage.output_tokens


def charged(usage: Usage, model: Model) -> Fraction:
    each = rates(model, sum(counted(usage)[:4]))
    return sum((count * rate for count, rate in zip(counted(usage), each, strict=True)), Fraction(0))


def prompt_tokens(usage: Usage, model: Model) -> list[Fraction]:
    """The prompt token by token, each with its price, in the order in which a server meets them."""
    each = rates(model, sum(counted(usage)[:4]))
    return (
        [each.read] * usage.cache_read
        + [each.write_1h] * usage.cache_write_1h
        + [each.write_5m] * usage.cache_write_5m
        + [each.input] * usage.input_tokens
    )


# --- one request --------------------------------------------------------------------------------


@given(usages, models)
def test_the_lines_are_the_five_counts_at_the_five_prices_and_sum_up_to_the_price(usage: Usage, model: Model) -> None:
    found = lines(usage, model)
    each = rates(model, usage.prompt_tokens)
    items = ("input", "cache_write_5m", "cache_write_1h", "cache_read", "output")
    wanted = [(item, count, rate) for item, count, rate in zip(items, counted(usage), each, strict=True) if count]
    assert [(line.item, line.tokens, Fraction(line.price) / 1_000_000) for line in found] == wanted
    assert [Fraction(line.amount) for line in found] == [count * rate for _, count, rate in wanted]
    assert all(type(amount) is Decimal for line in found for amount in (line.price, line.amount))
    total = price(usage, model)
    assert type(total) is Decimal
    assert sum((line.amount for line in found), Decimal(0)) == total
    assert Fraction(total) == charged(usage, model)


@given(usages, models)
def test_saved_is_the_difference_to_a_prompt_without_any_caching(usage: Usage, model: Model) -> None:
    found = saved(usage, model)
    assert type(found) is Decimal
    plain = Usage(input_tokens=usage.prompt_tokens, output_tokens=usage.output_tokens)
    assert Fraction(found) == charged(plain, model) - charged(usage, model)


def test_a_prompt_that_is_only_written_has_cost_more_than_without_caching() -> None:
    assert saved(Usage(cache_write_5m=1_000_000), SONNET) == Decimal("-0.5")
    assert saved(Usage(cache_write_1h=1_000_000), SONNET) == -2
    assert saved(Usage(cache_read=1_000_000), SONNET) == Decimal("1.9")


@given(small_usages, models, st.integers(1, 3000))
def test_a_missed_cache_has_cost_what_the_tokens_after_the_last_read_are_dearer(
    usage: Usage, model: Model, tokens: int
) -> None:
    found = extra(Lost("model", tokens), usage, model)
    assert type(found) is Decimal
    prompt = prompt_tokens(usage, model)
    unread = prompt[usage.cache_read : usage.cache_read + tokens]
    assert Fraction(found) == sum(unread, Fraction(0)) - len(unread) * rates(model, len(prompt)).read


def test_of_a_model_without_a_price_nothing_is_worked_out() -> None:
    usage = Usage(100, output_tokens=10)
    assert lines(usage, STRANGER) == ()
    assert (saved(usage, STRANGER), extra(Lost("model", 5), usage, STRANGER)) == (None, None)


# --- at most ------------------------------------------------------------------------------------


@st.composite
def answers(draw: st.DrawFn) -> tuple[Usage, Ttl, int]:
    """A usage that the API can answer with, the lifetime that was asked for, and `max_tokens`."""
    ttl = draw(ttls)
    prompt = draw(st.one_of(st.integers(1, 1_000_000), st.integers(99_990, 100_010)))
    read = draw(st.integers(0, prompt))
    written = draw(st.integers(0, prompt - read))
    max_tokens = draw(st.integers(1, 128_000))
    by_ttl = (written, 0) if ttl == "5m" else (0, written)
    usage = Usage(prompt - read - written, *by_ttl, read, draw(st.integers(0, max_tokens)))
    return usage, ttl, max_tokens


@given(answers(), models)
def test_at_most_is_not_below_anything_that_the_api_can_bill_for_the_prompt(
    answer: tuple[Usage, Ttl, int], model: Model
) -> None:
    usage, ttl, max_tokens = answer
    ahead = estimate(Context(tokens=usage.prompt_tokens, ttl=ttl), model, [], "", max_tokens=max_tokens)
    assert type(ahead.at_most) is Decimal
    assert Fraction(ahead.at_most) >= charged(usage, model)
    each = rates(model, usage.prompt_tokens)
    write = each.write_1h if ttl == "1h" else each.write_5m
    assert Fraction(ahead.at_most) == usage.prompt_tokens * write + max_tokens * each.output


@given(models, ttls, counts, counts, counts, st.integers(0, 5000))
def test_what_is_lost_makes_the_next_dearer_by_what_reading_it_would_have_saved(
    model: Model, ttl: Ttl, fresh: int, cached: int, gone: int, answer: int
) -> None:
    tokens = fresh + cached + gone
    lost = Lost("model", gone) if gone else None
    ahead = estimate(Context(tokens, cached, 0, answer, ttl, lost=lost), model, [], "", max_tokens=128_000)
    each = rates(model, tokens)
    write = (each.write_1h if ttl == "1h" else each.write_5m) if tokens >= model.min_cacheable else each.input
    assert ahead.next is not None
    assert Fraction(ahead.next) == (fresh + gone) * write + cached * each.read + answer * each.output
    dearer = gone * (write - each.read) if tokens >= model.min_cacheable else 0
    assert type(ahead.dearer) is Decimal
    assert Fraction(ahead.dearer) == dearer
    assert ahead.at_most is not None
    assert ahead.next <= ahead.at_most


# --- the pictures' shares -----------------------------------------------------------------------


def sized(number: int, tokens: int, **facts: Any) -> ImageBlock:
    return replace(image(number), width=28 * tokens, height=28, tokens=tokens, **facts)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """A conversation with pictures anywhere in it."""
    history: list[Message] = []
    number = 0
    for _ in range(draw(st.integers(1, 4))):
        images = []
        for _ in range(draw(st.integers(0, 3))):
            number += 1
            facts: dict[str, Any] = draw(st.sampled_from([{}, {}, {"withheld": True}, {"same_as": 1}]))
            images.append(sized(number, draw(st.integers(1, 80)), **facts))
        history.append(asked(draw(st.text("ab ", min_size=1, max_size=200)) + "?", *images))
        history.append(answered(history, YES))
    return Request.build(history[:-1], model=MODEL, system=draw(st.sampled_from(["", "Be brief. " * 9])))


def walked(request: Request, usage: Usage) -> Iterator[tuple[int, Fraction]]:
    """Each picture with what its tokens cost, on a walk through the prompt."""
    spans: list[tuple[int, int]] = [(0, text_tokens(request.system))] if request.system else []
    for _, blocks in request.messages:
        for block in blocks:
            tokens = block_tokens(block, blocks, SONNET)
            if isinstance(block, ImageBlock) and not block.stands_for:
                spans += [(0, tokens - picture_tokens(block, SONNET)), (block.number, picture_tokens(block, SONNET))]
            else:
                spans.append((0, tokens))
    prompt = prompt_tokens(usage, SONNET)
    words = sum(tokens for number, tokens in spans if not number)
    room = max(0, len(prompt) - sum(tokens for number, tokens in spans if number))
    passed_words = passed_pictures = 0
    for number, tokens in spans:
        if number:
            start = passed_pictures + (room * passed_words // words if words else 0)
            yield number, sum(prompt[start : start + tokens], Fraction(0))
            passed_pictures += tokens
        else:
            passed_words += tokens


@settings(deadline=None)
@given(requests(), small_usages)
def test_the_shares_are_disjoint_parts_of_the_prompt(request: Request, usage: Usage) -> None:
    found = shares(request, usage, SONNET)
    assert [share.number for share in found] == [picture.number for picture in request.images]
    assert all(type(share.cost) is Decimal for share in found)
    costs = [Fraction(share.cost or 0) for share in found]
    assert costs == [cost for _, cost in walked(request, usage)]
    assert sum(costs) <= sum(prompt_tokens(usage, SONNET))
    assert [share.tokens for share in found] == [picture.tokens for picture in request.images]


def test_the_shares_and_the_words_between_them_are_the_whole_prompt() -> None:
    history = [asked("?", sized(1, 40)), Message("assistant")]
    request = Request.build(history[:1], model=MODEL)
    usage = Usage(cache_write_5m=40 + text_tokens("?"))
    (share,) = shares(request, usage, SONNET)
    assert share.cost == price(Usage(cache_write_5m=40), SONNET)


def test_a_picture_read_from_the_cache_costs_what_reading_costs_and_a_new_one_what_writing_does() -> None:
    history = [asked("?", sized(1, 50))]
    history += [answered(history, YES), asked("And this?", sized(2, 60))]
    request = Request.build(history, model=MODEL)
    first, second = shares(request, Usage(3, cache_write_5m=90, cache_read=53), SONNET)
    assert first.cost == price(Usage(cache_read=50), SONNET)
    assert second.cost == price(Usage(cache_write_5m=60), SONNET)


def test_the_parts_of_a_picture_are_one_share() -> None:
    parts = [sized(1, 30, kind="tile", part=n, parts=2) for n in (1, 2)]
    (share,) = shares(Request.build([asked("?", *parts)], model=MODEL), Usage(500), SONNET)
    assert (share.number, share.tokens, share.cost) == (1, 60, price(Usage(60), SONNET))


def test_a_picture_has_tokens_where_its_price_is_not_known() -> None:
    (share,) = shares(Request.build([asked("?", sized(1, 30))], model=STRANGER.id), Usage(500), STRANGER)
    assert (share.tokens, share.cost) == (30, None)


# --- what the ledger is told --------------------------------------------------------------------

REQUEST = Request.build([asked("?", sized(1, 30))], model=MODEL)
DONE = Message("assistant", (ReplyBlock(YES),), usage=Usage.from_json({"input_tokens": 100, "output_tokens": 7}))


def test_a_whole_answer_is_exact_and_a_stopped_one_is_not() -> None:
    whole = outcome(DONE, REQUEST, SONNET)
    assert (whole.state, whole.exact, whole.cost) == ("complete", True, Decimal("0.00027"))
    assert whole.pictures == shares(REQUEST, Usage(100), SONNET)
    stopped = outcome(replace(DONE, state="stopped"), REQUEST, SONNET)
    assert (stopped.state, stopped.exact, stopped.cost) == ("stopped", False, Decimal("0.00027"))
    assert outcome(replace(DONE, state="streaming"), REQUEST, SONNET).state == "interrupted"


@pytest.mark.parametrize(
    ("answer", "cost", "exact"),
    [
        (Message("assistant", state="failed", error=error_to_json(ReplyLost("h", "closed"))), None, False),
        (Message("assistant", state="failed", error=error_to_json(ApiError(529, "overloaded_error", ""))), 0, True),
        (replace(DONE, usage=Usage()), None, False),
        (replace(DONE, stop_reason="refusal", usage=Usage(900)), 0, True),
        (replace(DONE, stop_reason="refusal", usage=Usage(900, output_tokens=7)), Decimal("0.00187"), True),
        (replace(DONE, server=PRACTICE), Decimal("0.00027"), True),
    ],
    ids=["lost", "refused by status", "counted nothing", "declined before", "declined midway", "practice"],
)
def test_what_an_answer_has_cost(answer: Message, cost: Decimal | None, exact: bool) -> None:
    told = outcome(answer, REQUEST, SONNET)
    assert (told.cost, told.exact) == (cost, exact)


# --- the bill that a person reads ---------------------------------------------------------------

PAID = replace(DONE, cost="0.00027", estimate="0.0003", server="api.anthropic.com")


def test_the_bill_of_an_answer() -> None:
    known = bill.of(PAID, SONNET)
    assert known is not None
    assert [(line.item, line.tokens) for line in known.lines] == [("input", 100), ("output", 7)]
    assert (known.total, known.exact, known.promised, known.repriced) == (
        Decimal("0.00027"),
        True,
        Decimal("0.0003"),
        False,
    )
    assert known.off == Decimal("-0.1")
    assert (known.missed, known.extra) == (None, None)


def test_a_bill_keeps_what_was_charged_when_prices_change() -> None:
    known = bill.of(replace(PAID, cost="0.5"), SONNET)
    assert known is not None
    assert (known.total, known.repriced) == (Decimal("0.5"), True)


def test_a_bill_says_what_missing_the_cache_has_cost() -> None:
    lost = {"reason": "model", "tokens": 80, "picture": 0, "since": 0.0}
    missed = replace(PAID, cache={"expected": 0, "lost": lost})
    known = bill.of(missed, SONNET)
    assert known is not None
    assert known.missed == Lost("model", 80)
    assert known.extra == 80 * Decimal("1.90") / 1_000_000


def test_practice_is_billed_as_with_a_key_and_promised_nothing() -> None:
    known = bill.of(replace(PAID, server=PRACTICE, cost="0", estimate="0"), SONNET)
    assert known is not None
    assert (known.total, known.promised, known.off) == (Decimal("0.00027"), None, None)


@pytest.mark.parametrize("usage", [None, Usage(), Usage(900)])
def test_without_a_charge_there_is_no_bill(usage: Usage | None) -> None:
    assert bill.of(replace(PAID, stop_reason="refusal", usage=usage), SONNET) is None


# --- nobody else --------------------------------------------------------------------------------

MAY = {"core/cost.py", "core/bill.py"}
OTHERWISE = {
    "core/calibration.py": "how far estimates were off, as shares",
    "core/tokens.py": "tokens a letter",
    "ui/ledger/chart.py": "pixels a dollar",
}
"""Modules that multiply something of such a name, and what comes of it."""
MONEY = {"prices", "price", "cost", "saved", "amount", "at_most", "ahead", "dollars", "rate"}


def test_no_other_module_works_out_money() -> None:
    """Sums and shares of amounts are nobody's secret, but tokens become dollars in one place."""
    root = Path(app.__file__).parent
    offenders: list[str] = []
    others = MAY | OTHERWISE.keys()
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root).as_posix()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div) and name not in others:
                named = {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
                named |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
                offenders += [f"{name}:{node.lineno}"] if named & MONEY else []
    assert offenders == []


@pytest.mark.parametrize("name", sorted(MAY))
def test_money_knows_no_floats(name: str) -> None:
    tree = ast.parse((Path(app.__file__).parent / name).read_text("utf-8"))
    floats = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and getattr(n.func, "id", "") == "float"]
    constants = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, float)]
    assert floats == []
    assert set(constants) <= {3.1, 1.3, 0.0}  # characters a token, and a moment
