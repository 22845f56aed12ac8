"""What the person says models cost: read one by one, written back exactly, and put into the table."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import own_prices
from app.core.catalog import Catalog, ListedModel, Prices
from app.core.cost import price
from app.core.message import Usage
from app.core.own_prices import CACHE_KINDS, OwnPrice

CATALOG = Catalog.load()
TODAY = date(2026, 11, 21)
GOOD: dict[str, Any] = {"input": "1.5", "output": "7.5"}

amounts = st.decimals(0, 999_999, places=6, allow_nan=False)
counts = st.none() | st.integers(1, 1_000_000_000)
prices = st.builds(
    OwnPrice,
    amounts,
    amounts,
    *[st.none() | amounts] * 3,
    name=st.text(max_size=20),
    context_window=counts,
    max_output=counts,
    tier=st.sampled_from(("", "high", "standard")),
)


@given(st.dictionaries(st.from_regex(r"[a-z0-9./:-]{1,40}", fullmatch=True), prices, max_size=4))
def test_what_is_written_is_read_back_exactly(said: dict[str, OwnPrice]) -> None:
    assert own_prices.read(json.loads(json.dumps(own_prices.write(said)))) == said


@given(
    st.dictionaries(st.text(max_size=8), st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists))
)
def test_nothing_in_the_file_is_a_crash(stored: dict[str, Any]) -> None:
    assert own_prices.read(stored) == {}
    assert CATALOG.with_own(own_prices.read({"m": stored | GOOD})).get("m").own


@pytest.mark.parametrize(
    "wrong",
    [
        {"cache_read": 0.1},
        {"cache_read": "-1"},
        {"cache_read": "1e3"},
        {"cache_read": "NaN"},
        {"cache_read": "٣"},
        {"cache_write_5m": "1,5"},
        {"context_window": True},
        {"context_window": 0},
        {"max_output": "64000"},
        {"tier": "best"},
        {"tier": ["high"]},
        {"name": 5},
        {"name": "x" * 101},
        {"color": "red"},
    ],
    ids=str,
)
def test_a_bad_value_is_left_out_alone_with_a_line_in_the_log(
    wrong: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    assert own_prices.read({"m": GOOD | wrong, "n": GOOD}) == dict.fromkeys(
        "mn", OwnPrice(Decimal("1.5"), Decimal("7.5"))
    )
    assert len(caplog.messages) == 1
    assert "'m'" in caplog.text
    assert next(iter(wrong)) in caplog.text


@pytest.mark.parametrize("entry", [{}, {"input": "1"}, {"input": 1, "output": "1"}, [], "2", None, 5], ids=str)
def test_a_model_without_both_prices_is_left_out(entry: Any, caplog: pytest.LogCaptureFixture) -> None:
    assert set(own_prices.read({"m": entry, "n": GOOD})) == {"n"}
    assert "'m'" in caplog.text


@pytest.mark.parametrize("model_id", ["", "  ", "x" * 201, "a\nb"])
def test_what_is_no_id_is_left_out(model_id: str) -> None:
    assert own_prices.read({model_id: GOOD}) == {}


# --- in the table ---------------------------------------------------------------------------------


def own(**facts: Any) -> OwnPrice:
    return OwnPrice(Decimal("1.5"), Decimal("7.5"), **facts)


def test_prices_that_were_not_stated_follow_from_the_input_price_and_say_so() -> None:
    model = CATALOG.with_own({"m": own(cache_read=Decimal("0.05"))}).get("m")
    assert model.prices == Prices(*map(Decimal, ("1.5", "7.5", "1.875", "3", "0.05")))
    assert model.derived == ("cache_write_5m", "cache_write_1h")
    assert CATALOG.with_own({"m": own()}).get("m").prices == Prices(*map(Decimal, ("1.5", "7.5", "1.875", "3", "0.15")))


@given(st.sampled_from(CATALOG.models), prices, st.integers(0, 400_000), st.integers(0, 9000))
def test_a_request_costs_what_the_person_says(model: Any, said: OwnPrice, prompt: int, output: int) -> None:
    """Against a calculation of its own, in millionths of a dollar."""
    mine = CATALOG.with_own({model.id: said}).get(model.id)
    factors = dict(zip(CACHE_KINDS, map(Decimal, ("1.25", "2", "0.1")), strict=True))
    paid = {kind: getattr(said, kind) for kind in CACHE_KINDS}
    paid = {kind: said.input * factors[kind] if amount is None else amount for kind, amount in paid.items()}
    usage = Usage(prompt // 7, prompt // 5, prompt // 3, prompt // 2, output)
    expected = (
        usage.input_tokens * said.input
        + usage.cache_write_5m * paid["cache_write_5m"]
        + usage.cache_write_1h * paid["cache_write_1h"]
        + usage.cache_read * paid["cache_read"]
        + usage.output_tokens * said.output
    )
    if model.long_prompt is not None and usage.prompt_tokens > model.long_prompt.over_tokens:
        expected *= 5  # Haiku 5.5: all prices of its band for long prompts are five times the usual
    found = price(usage, mine)
    assert found is not None
    assert abs(found - expected / 1_000_000) < Decimal("1e-15")


def test_long_prompts_stay_as_much_dearer_as_the_table_has_them() -> None:
    haiku = CATALOG.with_own({"claude-haiku-5-5": OwnPrice(Decimal("0.08"), Decimal("0.4"))}).get("claude-haiku-5-5")
    assert haiku.prices_for(100_000) == Prices(*map(Decimal, ("0.08", "0.4", "0.1", "0.16", "0.008")))
    assert haiku.prices_for(100_001) == Prices(*map(Decimal, ("0.4", "2", "0.5", "0.8", "0.04")))


def test_an_alias_means_the_model() -> None:
    catalog = CATALOG.with_own({"claude-haiku-4-5": own()})
    assert catalog.get("claude-haiku-4-5-20251001").own
    assert len(catalog.models) == len(CATALOG.models)


def test_a_known_model_keeps_everything_but_its_prices() -> None:
    was, now = CATALOG.get("claude-opus-5-5"), CATALOG.with_own({"claude-opus-5-5": own()}).get("claude-opus-5-5")
    facts = ("name", "tier", "context_window", "max_output", "max_images", "known", "offered", "line")
    assert [getattr(now, fact) for fact in facts] == [getattr(was, fact) for fact in facts]
    assert (was.own, now.own) == (False, True)


def test_an_added_model_is_offered_as_the_person_describes_it() -> None:
    catalog = CATALOG.with_own({"m": own(name="Mine", context_window=128_000, max_output=4096, tier="standard")})
    model = catalog.get("m")
    assert catalog.offered(TODAY)[-1] is model
    assert (model.name, model.context_window, model.max_output, model.tier.max_edge) == ("Mine", 128_000, 4096, 1568)
    assert (model.known, model.max_images) == (False, 100)


def test_the_loaded_table_stays_as_it_was_and_nothing_is_left_of_earlier_prices() -> None:
    before = CATALOG.models
    first = CATALOG.with_own({"m": own(), "claude-opus-5-5": own()})
    assert CATALOG.models == before
    assert first.with_own({}).models == before


def test_a_servers_limits_win_over_the_persons_and_prices_stay() -> None:
    catalog = CATALOG.with_own({"m": own(context_window=100_000), "claude-opus-5-5": own()})
    joined = catalog.joined([ListedModel("m", "Theirs", 200_000), ListedModel("claude-opus-5-5")])
    assert (joined.get("m").context_window, joined.get("m").name) == (200_000, "Theirs")
    assert joined.get("m").prices == joined.get("claude-opus-5-5").prices == catalog.get("m").prices
    assert [model.id for model in joined.offered(TODAY)] == ["claude-opus-5-5", "m"]


def test_a_model_that_the_person_added_is_offered_though_the_server_does_not_list_it() -> None:
    joined = CATALOG.with_own({"m": own()}).joined([ListedModel("claude-opus-5-5")])
    assert [model.id for model in joined.offered(TODAY)] == ["claude-opus-5-5", "m"]
    assert joined.joined([]).get("m").own
