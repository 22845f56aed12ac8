"""The resize rule against the published cases, and the guide's own tables."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.fit import Size, Tier, fit, image_tokens, rule_of_thumb

STANDARD = Tier(max_edge=1568, max_tokens=1568)
HIGH = Tier(max_edge=2576, max_tokens=4784)

SIZES = json.loads((Path(__file__).parents[1] / "data/api/image_sizes.json").read_text(encoding="utf-8"))
TIERS = {name: Tier(tier["max_edge_px"], tier["max_tokens"]) for name, tier in SIZES["tiers"].items()}


def test_the_published_tiers_are_the_ones_tested_here() -> None:
    assert {"standard": STANDARD, "high_resolution": HIGH} == TIERS
    assert len(SIZES["cases"]) == 200


@pytest.mark.parametrize("name", TIERS)
@pytest.mark.parametrize("case", SIZES["cases"], ids=lambda case: f"{case['width']}x{case['height']}")
def test_every_published_case_is_met(case: dict[str, dict[str, int]], name: str) -> None:
    size = fit(int(str(case["width"])), int(str(case["height"])), TIERS[name])
    assert {"width": size.width, "height": size.height, "tokens": image_tokens(*size)} == case[name]


@pytest.mark.parametrize(
    ("width", "height", "tokens"),
    [(200, 200, 54), (1000, 1000, 1334), (1092, 1092, 1590)],
)
def test_the_guides_rule_of_thumb_gives_the_guides_own_figures(width: int, height: int, tokens: int) -> None:
    """Guide, "Calculate image costs": the table of approximate tokens."""
    assert rule_of_thumb(width, height) == tokens


@pytest.mark.parametrize(
    ("width", "height", "each", "thousand"),
    [(200, 200, "0.00016", "0.16"), (1000, 1000, "0.004", "4.00"), (1092, 1092, "0.0048", "4.80")],
)
def test_the_guides_costs_follow_from_its_tokens(width: int, height: int, each: str, thousand: str) -> None:
    """Guide, "Calculate image costs": cost of one picture and of a thousand, at $3 a million tokens.

    The guide prints two digits of each figure and multiplies the rounded one by a thousand.
    """
    cost = rule_of_thumb(width, height) * Decimal(3) / 1_000_000
    assert float(f"{cost:.2g}") == float(each)
    assert float(each) * 1000 == pytest.approx(float(thousand))


@pytest.mark.parametrize(
    ("width", "height", "tokens"),
    [(1092, 1092, 1521), (951, 1268, 1564), (896, 1344, 1536), (819, 1456, 1560), (784, 1568, 1568)],
)
def test_the_guides_largest_sizes_are_not_resized(width: int, height: int, tokens: int) -> None:
    """Guide, "Evaluate image size": the largest size for each aspect ratio (API.md, 1.3, for today's tokens)."""
    assert fit(width, height, STANDARD) == (width, height)
    assert fit(height, width, STANDARD) == (height, width)
    assert image_tokens(width, height) == tokens


@pytest.mark.parametrize(
    ("width", "height", "standard", "high"),
    [
        (1920, 1080, (1456, 819), (1920, 1080)),
        (3840, 2160, (1456, 819), (2576, 1449)),
        (1075, 1520, (924, 1307), (1075, 1520)),
        (4032, 3024, (1270, 952), (2212, 1659)),
        (8000, 200, (1568, 39), (2576, 64)),
        (10, 9000, (2, 1568), (3, 2576)),
        (1, 1, (1, 1), (1, 1)),
    ],
)
def test_the_worked_table_of_the_api_notes_is_met(
    width: int, height: int, standard: tuple[int, int], high: tuple[int, int]
) -> None:
    """API.md, section 1.4."""
    assert fit(width, height, STANDARD) == standard
    assert fit(width, height, HIGH) == high


def test_many_pictures_in_a_request_keep_each_edge_below_the_cap() -> None:
    """API.md, section 1.5: 2000 px from the 21st picture on, counted in pixels and not in patches."""
    assert fit(4000, 3000, HIGH, edge_cap=2000) == (2000, 1500)
    assert fit(3000, 4000, HIGH, edge_cap=2000) == (1500, 2000)
    assert fit(2000, 10, HIGH, edge_cap=2000) == (2000, 10)
    assert fit(2001, 10, HIGH, edge_cap=2000) == (2000, 10)


edges = st.integers(1, 20_000)


@given(edges, edges, st.sampled_from([STANDARD, HIGH]))
def test_what_fits_is_left_alone_and_one_pixel_more_would_not_fit(width: int, height: int, tier: Tier) -> None:
    size = fit(width, height, tier)
    assert fit(*size, tier) == size
    assert fit(height, width, tier) == Size(size.height, size.width)
    long, short = max(width, height), min(width, height)
    if max(size) < long:
        larger = max(size) + 1
        across = max(1, round(larger / (long / short)))
        assert -(-larger // 28) * 28 > tier.max_edge or image_tokens(larger, across) > tier.max_tokens


@pytest.mark.parametrize(("width", "height"), [(0, 5), (5, 0), (-1, 5)])
def test_a_picture_without_pixels_has_no_size(width: int, height: int) -> None:
    with pytest.raises(ValueError, match="pixels"):
        fit(width, height, STANDARD)
