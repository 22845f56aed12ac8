"""The table of models against the reference it was made from, and its join with a server's list."""

import json
import tomllib
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from app.core.catalog import Catalog, ListedModel, Model, Prices
from app.core.fit import Tier
from app.core.resources import resource

TODAY = date(2026, 11, 20)
REFERENCE = json.loads((Path(__file__).parents[1] / "data" / "api" / "models.json").read_text("utf-8"))
MODELS: dict[str, dict[str, Any]] = {row["id"]: row for row in REFERENCE["models"]}
TIERS = {"high_resolution": "high", "standard": "standard"}


@cache
def catalog() -> Catalog:
    return Catalog.load()


@cache
def table() -> dict[str, Any]:
    return tomllib.loads(resource("models.toml").read_text("utf-8"))


def day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def prices(row: dict[str, Any]) -> Prices:
    return Prices(*(Decimal(str(row[kind])) for kind in Prices._fields))


def test_the_table_holds_every_model_of_the_reference_in_its_order() -> None:
    assert [model.id for model in catalog().models] == list(MODELS)
    assert catalog().as_of == day(REFERENCE["as_of"])
    assert catalog().default_id == REFERENCE["default_suggestion"] == "claude-sonnet-5-5"


@pytest.mark.parametrize("model_id", MODELS)
def test_a_model_equals_the_reference_field_by_field(model_id: str) -> None:
    model, row = catalog().get(model_id), MODELS[model_id]
    vision, effort = row["vision"], row["effort"] or {"levels": [], "default": None}
    assert model.known
    assert model.aliases == tuple(row["aliases"])
    assert (model.name, model.line, model.lifecycle) == (row["display_name"], row["line"], row["lifecycle"])
    assert model.released == day(row["released"])
    assert (model.retires, model.guaranteed_until) == (day(row["retires_at"]), day(row["retires_not_before"]))
    assert model.tier == Tier(vision["max_edge_px"], vision["max_tokens"], vision["patch_px"])
    assert (model.context_window, model.max_output) == (row["context_window_tokens"], row["max_output_tokens"])
    assert (model.max_images, model.min_cacheable) == (
        row["max_images_per_request"],
        row["min_cacheable_prompt_tokens"],
    )
    assert (model.efforts, model.default_effort) == (tuple(effort["levels"]), effort["default"])
    assert model.prices == prices(row["price_usd_per_mtok"])


@pytest.mark.parametrize("model_id", MODELS)
def test_thinking_by_default_is_as_the_reference_says(model_id: str) -> None:
    words = {"always": "always on", "on": "(on when `thinking` is left out", "off": "off when `thinking` is left out"}
    thinking = catalog().get(model_id).thinking
    assert thinking is not None
    assert words[thinking] in MODELS[model_id]["thinking"]["default"]


@pytest.mark.parametrize("model_id", MODELS)
def test_notes_and_doubts_of_the_reference_are_kept(model_id: str) -> None:
    row = next(row for row in table()["models"] if row["id"] == model_id)
    doubts = list(MODELS[model_id]["certainty"].values())
    assert row.get("notes", []) == MODELS[model_id]["notes"]
    assert list(row.get("uncertain", {}).values()) == [text for text in doubts if not text.startswith("certain")]


def test_every_figure_has_sources_that_are_named() -> None:
    lists = [*table()["figures"].values()]
    lists += [names for row in table()["models"] for names in row.get("sources", {}).values()]
    assert all(names for names in lists)
    assert {name for names in lists for name in names} == set(table()["sources"])


def test_every_price_is_an_exact_decimal() -> None:
    rows = [row[key] for row in table()["models"] for key in ("prices", "long_prompt") if key in row]
    written = [row[kind] for row in rows for kind in Prices._fields]
    assert all(isinstance(price, str) for price in written)
    assert {type(price) for model in catalog().models for price in model.prices or ()} == {Decimal}
    assert catalog().get("claude-haiku-5-5").prices == tuple(map(Decimal, ("0.1", "0.5", "0.125", "0.2", "0.01")))


def test_only_haiku_5_5_has_a_band_for_long_prompts() -> None:
    banded = [model for model in catalog().models if model.long_prompt]
    assert [model.id for model in banded] == ["claude-haiku-5-5"]
    haiku = banded[0]
    assert haiku.prices_for(100_000) == haiku.prices
    assert haiku.prices_for(100_001) == prices(MODELS[haiku.id]["price_over_100k_prompt_usd_per_mtok"])
    assert catalog().get("claude-sonnet-5-5").prices_for(900_000) == catalog().get("claude-sonnet-5-5").prices


def test_the_limits_are_those_of_the_api() -> None:
    limits = catalog().limits
    assert (limits.max_edge, limits.many_images, limits.many_edge) == (8000, 20, 2000)
    assert (limits.picture_chars, limits.request_bytes) == (10_000_000, 32_000_000)


@pytest.mark.parametrize(
    "model_id", ["claude-opus-4-5-20251101", "claude-haiku-4-5-20251001", "claude-sonnet-4-5-20250929"]
)
def test_an_alias_is_the_model_of_its_dated_id(model_id: str) -> None:
    assert catalog().get(model_id.rpartition("-")[0]) is catalog().get(model_id)


@pytest.mark.parametrize(
    ("model_id", "edge"),
    [
        ("claude-opus-6", 2576),
        ("claude-opus-4-7-20260416", 2576),
        ("claude-sonnet-12-1", 2576),
        ("local-vision-model", 2576),
        ("claude-sonnet-4-6-20260217", 1568),
        ("claude-opus-4-20250514", 1568),
        ("claude-3-5-sonnet-latest", 1568),
        ("claude-2.1", 1568),
        ("anthropic/claude-sonnet-4.5", 1568),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", 1568),
    ],
)
def test_an_unknown_model_has_no_price_and_the_costlier_tier_unless_its_id_says_4_6_or_earlier(
    model_id: str, edge: int
) -> None:
    model = catalog().get(model_id)
    assert (model.known, model.id, model.name) == (False, model_id, model_id)
    assert model.prices is None
    assert model.prices_for(5) is None
    assert model.tier.max_edge == edge
    assert (model.max_images, model.context_window, model.max_output) == (600, None, None)


@pytest.mark.parametrize("row", REFERENCE["retired"], ids=lambda row: row["id"])
def test_a_retired_model_says_so_and_is_never_offered(row: dict[str, str]) -> None:
    model_id = row["id"].replace("*", "5-sonnet-20241022")
    since = None if row["retired"].startswith("before") else date.fromisoformat(row["retired"])
    assert catalog().get(model_id).retirement(TODAY) == ("retired", since)
    joined = catalog().joined([ListedModel(model_id, lifecycle="active")])
    assert joined.offered(TODAY) == ()


@pytest.mark.parametrize(
    ("model_id", "today", "expected"),
    [
        ("claude-sonnet-4-5", TODAY, ("announced", date(2026, 11, 30))),
        ("claude-sonnet-4-5", date(2026, 11, 30), ("retired", date(2026, 11, 30))),
        ("claude-mythos-preview", TODAY, ("retired", date(2026, 6, 30))),
        ("claude-haiku-4-5", TODAY, ("possible", date(2026, 10, 15))),
        ("claude-opus-4-5", TODAY, ("possible", date(2026, 11, 24))),
        ("claude-opus-4-6", date(2026, 11, 6), None),
        ("claude-opus-4-6", date(2026, 11, 7), ("possible", date(2027, 2, 5))),
        ("claude-opus-5-5", TODAY, None),
        ("claude-sonnet-5-5", TODAY, None),
    ],
)
def test_a_model_that_retires_soon_says_when(model_id: str, today: date, expected: tuple[str, date] | None) -> None:
    assert catalog().get(model_id).retirement(today) == expected


def test_the_table_alone_offers_all_but_the_retired() -> None:
    offered = {model.id for model in catalog().offered(TODAY)}
    assert set(MODELS) - offered == {"claude-mythos-preview"}


def joined(*listed: ListedModel) -> Catalog:
    return catalog().joined(listed)


def test_a_known_model_keeps_its_prices_and_takes_the_limits_of_the_server() -> None:
    entry = ListedModel("claude-sonnet-5-5", "Sonnet", 500_000, 64_000, "deprecated", date(2027, 3, 1))
    model = joined(entry).get("claude-sonnet-5-5")
    assert model.prices == catalog().get("claude-sonnet-5-5").prices
    assert (model.context_window, model.max_output) == (500_000, 64_000)
    assert (model.lifecycle, model.retires) == ("deprecated", date(2027, 3, 1))
    assert model.known
    assert model.offered


def test_what_the_server_leaves_out_stays_as_the_table_has_it() -> None:
    assert joined(ListedModel("claude-opus-5-5")).get("claude-opus-5-5") == catalog().get("claude-opus-5-5")


def test_a_server_that_calls_a_model_active_takes_back_its_announced_end() -> None:
    entry = ListedModel("claude-sonnet-4-5", lifecycle="active")
    assert joined(entry).get("claude-sonnet-4-5").retirement(TODAY) is None


def test_a_model_only_the_server_knows_is_added_without_a_price() -> None:
    server = joined(
        ListedModel("claude-opus-6", "Claude Opus 6", 2_000_000, 256_000, "active"), ListedModel("tiny", "", 32_000)
    )
    new, tiny = server.models[-2:]
    assert (new.id, new.name, new.context_window, new.max_output) == (
        "claude-opus-6",
        "Claude Opus 6",
        2_000_000,
        256_000,
    )
    assert (new.known, new.offered, new.prices, new.max_images) == (False, True, None, 600)
    assert (tiny.name, tiny.max_images) == ("tiny", 100)
    assert server.get("claude-opus-6") is new


def test_models_the_server_does_not_list_are_kept_but_not_offered() -> None:
    server = joined(ListedModel("claude-opus-4-5"), ListedModel("claude-opus-6"))
    assert [model.id for model in server.offered(TODAY)] == ["claude-opus-4-5-20251101", "claude-opus-6"]
    assert [model.id for model in server.models[:-1]] == list(MODELS)
    sonnet: Model = server.get("claude-sonnet-5-5")
    assert not sonnet.offered
    assert sonnet.prices is not None


def test_a_server_that_lists_nothing_changes_nothing() -> None:
    assert joined().models == catalog().models


def test_nothing_is_left_of_an_earlier_servers_list() -> None:
    first = joined(ListedModel("claude-opus-5-5", context_window=1), ListedModel("local-vision-model"))
    second = first.joined([ListedModel("claude-sonnet-5-5"), ListedModel("claude-opus-5-5")])
    assert second.models == joined(ListedModel("claude-sonnet-5-5"), ListedModel("claude-opus-5-5")).models
    assert first.joined([]).models == catalog().models


def test_joining_leaves_the_loaded_table_as_it_was() -> None:
    before = catalog().models
    joined(ListedModel("claude-opus-5-5", context_window=1))
    assert catalog().models == before


def test_where_a_servers_limits_differ_is_told_for_each_figure() -> None:
    server = joined(
        ListedModel("claude-opus-5-5", context_window=500_000, max_output=128_000),
        ListedModel("claude-haiku-4-5", context_window=150_000, max_output=32_000),
        ListedModel("unheard-of", context_window=5),
    )
    assert set(server.differences) == {
        ("claude-opus-5-5", "context_window", 1_000_000, 500_000),
        ("claude-haiku-4-5-20251001", "context_window", 200_000, 150_000),
        ("claude-haiku-4-5-20251001", "max_output", 64_000, 32_000),
    }
    assert catalog().differences == joined(ListedModel("claude-opus-5-5")).differences == ()


def test_a_model_that_the_server_says_takes_no_pictures_takes_none() -> None:
    server = joined(ListedModel("claude-opus-5-5", takes_pictures=False), ListedModel("words", takes_pictures=False))
    assert (server.get("claude-opus-5-5").max_images, server.get("words").max_images) == (0, 0)


def test_the_table_is_stale_after_90_days() -> None:
    assert not catalog().is_stale(date(2027, 2, 18))
    assert catalog().is_stale(date(2027, 2, 19))
