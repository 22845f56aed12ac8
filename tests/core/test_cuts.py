"""What of a picture is sent: every pixel in some tile, every tile as it is, and the tokens known beforehand."""

from __future__ import annotations

from itertools import pairwise
from typing import Final, get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.core.cuts import CHEAP, MAX_TILES, OVERLAP, Box, Cut, Preset, cuts, offers, place, smaller, within
from app.core.fit import Size, Tier, fit, fits, image_tokens

STANDARD = Tier(max_edge=1568, max_tokens=1568)
HIGH = Tier(max_edge=2576, max_tokens=4784)
PRESETS: Final[tuple[Preset, ...]] = get_args(Preset)

tiers = st.sampled_from([STANDARD, HIGH])
edges = st.integers(1, 12_000) | st.sampled_from([1, 10, 1080, 1092, 1440, 1932, 2576, 8000, 20_000])
sizes = st.builds(Size, edges, edges)
caps = st.sampled_from([None, 2000])
boxes = st.builds(Box, st.integers(-50, 12_050), st.integers(-50, 12_050), edges, edges)


def tiled(whole: Size, tier: Tier, edge_cap: int | None = None) -> tuple[Cut, ...]:
    """Overview and tiles where they are offered."""
    return next((o.cuts for o in offers(whole, tier, edge_cap=edge_cap) if o.preset == "tiles"), ())


def grid(whole: Size, tier: Tier, edge_cap: int | None = None) -> tuple[int, int]:
    """Columns and rows."""
    found = [cut.box for cut in tiled(whole, tier, edge_cap)[1:] if cut.box]
    return len({box.left for box in found}), len({box.top for box in found})


@given(sizes, st.sampled_from(PRESETS), tiers, caps, boxes)
def test_every_cut_goes_as_it_is_and_is_no_larger_than_what_it_shows(
    whole: Size, preset: Preset, tier: Tier, cap: int | None, region: Box
) -> None:
    for cut in cuts(whole, preset, tier, edge_cap=cap, region=region):
        assert fits(*cut.size, tier, cap)
        shown = Size(cut.box.width, cut.box.height) if cut.box else whole
        assert cut.size == fit(*shown, tier, cap) or cut.kind == "overview" or preset == "cheap"
        assert cut.size.width <= shown.width
        assert cut.size.height <= shown.height


@given(sizes, tiers, caps)
@example(Size(10, 9000), STANDARD, None)
@example(Size(1440, 20_000), STANDARD, None)
@example(Size(8000, 8000), HIGH, 2000)
@example(Size(2577, 1), HIGH, None)
def test_tiles_are_native_cover_every_pixel_and_overlap(whole: Size, tier: Tier, cap: int | None) -> None:
    overview, *tiles = tiled(whole, tier, cap) or (None,)
    if overview is None:
        return
    assert (overview.kind, overview.box) == ("overview", None)
    assert overview.size < whole
    found = [tile.box for tile in tiles if tile.box]
    assert [tile.size for tile in tiles] == [(box.width, box.height) for box in found]
    assert [(tile.part, tile.parts) for tile in tiles] == [(n, len(tiles)) for n in range(1, len(tiles) + 1)]
    assert found == sorted(found, key=lambda box: (box.top, box.left))
    assert 2 <= len(found) <= MAX_TILES
    across, down = sorted({(box.left, box.width) for box in found}), sorted({(box.top, box.height) for box in found})
    assert len(across) * len(down) == len(found)
    for spans, length in ((across, whole.width), (down, whole.height)):
        assert spans[0][0] == 0
        assert sum(spans[-1]) == length
        assert all(start + span - following >= OVERLAP for (start, span), (following, _) in pairwise(spans))


@given(sizes, tiers, caps)
def test_an_offer_costs_the_sum_of_its_cuts_and_is_another_than_auto(whole: Size, tier: Tier, cap: int | None) -> None:
    offered = {offer.preset: offer for offer in offers(whole, tier, edge_cap=cap)}
    for preset, offer in offered.items():
        assert offer.cuts == cuts(whole, preset, tier, edge_cap=cap)
        assert offer.tokens() == sum(image_tokens(*cut.size) for cut in offer.cuts)
    assert next(iter(offered)) == "auto"
    assert len({offer.cuts for offer in offered.values()}) == len(offered)
    shrinks = offered["auto"].cuts[0].size != whole
    assert "tiles" not in offered or shrinks
    if "cheap" in offered:
        assert offered["cheap"].cuts == (Cut("whole", fit(*whole, STANDARD, cap)),)
        assert offered["cheap"].tokens() < offered["auto"].tokens() <= tier.max_tokens


@pytest.mark.parametrize("whole", [(1000, 1000), (1092, 1092), (1, 1), (784, 1568)])
def test_what_fits_the_standard_tier_goes_one_way_only(whole: tuple[int, int]) -> None:
    assert [offer.preset for offer in offers(Size(*whole), HIGH)] == ["auto"]
    assert cuts(Size(*whole), "tiles", HIGH) == cuts(Size(*whole), "auto", HIGH) == (Cut("whole", Size(*whole)),)


def test_in_the_standard_tier_cheap_is_what_auto_is() -> None:
    assert smaller(STANDARD) == smaller(HIGH) == CHEAP == STANDARD
    assert [offer.preset for offer in offers(Size(4032, 3024), STANDARD)] == ["auto", "tiles"]
    assert [offer.preset for offer in offers(Size(1920, 1080), HIGH)] == ["auto", "cheap"]


def test_a_model_of_smaller_pictures_than_the_standard_tier_gets_none_that_are_larger() -> None:
    tiny = Tier(max_edge=800, max_tokens=2000)
    for preset in PRESETS:
        for cut in cuts(Size(4000, 3000), preset, tiny, region=Box(0, 0, 900, 900)):
            assert fits(*cut.size, tiny)


@pytest.mark.parametrize(
    ("whole", "tier", "columns_rows"),
    [
        ((1080, 9000), HIGH, (1, 4)),
        ((1080, 9000), STANDARD, (1, 9)),
        ((1440, 20_000), HIGH, (1, 8)),
        ((1440, 20_000), STANDARD, (1, 26)),
        ((1170, 2532), STANDARD, (1, 3)),
        ((2000, 9000), STANDARD, (2, 9)),
        ((10, 9000), HIGH, (1, 4)),
        ((9000, 10), HIGH, (4, 1)),
        ((3840, 2160), HIGH, (2, 2)),
        ((3840, 2160), STANDARD, (3, 3)),
        ((4032, 3024), HIGH, (2, 2)),
        ((8000, 8000), HIGH, (4, 5)),
        ((8000, 1500), HIGH, (4, 1)),
    ],
)
def test_tiles_are_few_and_break_few_lines(whole: tuple[int, int], tier: Tier, columns_rows: tuple[int, int]) -> None:
    """A tall capture goes as one column, from top to bottom."""
    assert grid(Size(*whole), tier) == columns_rows


def test_more_tiles_than_anybody_reads_are_not_offered() -> None:
    assert tiled(Size(8000, 8000), STANDARD) == ()
    assert cuts(Size(8000, 8000), "tiles", STANDARD) == cuts(Size(8000, 8000), "auto", STANDARD)


def test_the_overview_costs_what_the_standard_tier_does_and_a_tall_one_is_as_tall_as_it_can_be() -> None:
    assert tiled(Size(3840, 2160), HIGH)[0].size == (1456, 819)
    tall = tiled(Size(1440, 20_000), HIGH)[0]
    assert tall.size == (185, 2576)
    assert tall.tokens() == 644


def test_many_pictures_make_the_tiles_smaller() -> None:
    assert grid(Size(1440, 20_000), HIGH, 2000) == (1, 11)


# --- a marked region ----------------------------------------------------------------------------


@given(sizes, boxes)
def test_a_box_is_kept_within_its_picture(whole: Size, box: Box) -> None:
    inside = within(box, whole)
    assert 0 <= inside.left < inside.left + inside.width <= whole.width
    assert 0 <= inside.top < inside.top + inside.height <= whole.height
    assert within(inside, whole) == inside


def test_a_box_that_lies_inside_is_left_alone() -> None:
    assert within(Box(5, 6, 7, 8), Size(100, 100)) == Box(5, 6, 7, 8)
    assert within(Box(-5, 90, 20, 20), Size(100, 100)) == Box(0, 90, 15, 10)


def test_a_region_goes_in_its_own_pixels_beside_a_small_overview() -> None:
    overview, region = cuts(Size(4032, 3024), "region", HIGH, region=Box(100, 200, 1200, 800))
    assert region == Cut("region", Size(1200, 800), Box(100, 200, 1200, 800))
    assert (overview.kind, overview.box) == ("overview", None)
    assert overview.tokens() <= 400


def test_a_region_too_large_for_the_tier_shrinks() -> None:
    _, region = cuts(Size(8000, 6000), "region", STANDARD, region=Box(0, 0, 4032, 3024))
    assert region.size == (1270, 952)


def test_a_region_of_everything_and_none_at_all_are_the_whole() -> None:
    whole = Size(4032, 3024)
    auto = cuts(whole, "auto", HIGH)
    assert cuts(whole, "region", HIGH) == auto
    assert cuts(whole, "region", HIGH, region=Box(-9, -9, 5000, 5000)) == auto


@pytest.mark.parametrize(
    ("box", "words"),
    [
        (None, "whole"),
        (Box(0, 0, 900, 900), "whole"),
        (Box(0, 0, 100, 100), "top left"),
        (Box(450, 0, 100, 100), "top"),
        (Box(900, 10, 100, 100), "top right"),
        (Box(0, 450, 200, 100), "left"),
        (Box(400, 400, 200, 200), "centre"),
        (Box(800, 500, 200, 10), "right"),
        (Box(0, 999, 1, 1), "bottom left"),
        (Box(400, 700, 200, 300), "bottom"),
        (Box(999, 999, 1, 1), "bottom right"),
        (Box(0, 0, 1000, 300), "top"),
        (Box(0, 350, 1000, 300), "centre"),
        (Box(0, 700, 1000, 300), "bottom"),
        (Box(0, 0, 300, 1000), "left"),
    ],
)
def test_where_a_box_lies_is_said_in_words(box: Box | None, words: str) -> None:
    assert place(box, Size(1000, 1000)) == words


@pytest.mark.parametrize("preset", PRESETS)
def test_a_picture_without_pixels_has_no_cuts(preset: Preset) -> None:
    with pytest.raises(ValueError, match="pixels"):
        cuts(Size(0, 5), preset, HIGH, region=Box(0, 0, 1, 1))
