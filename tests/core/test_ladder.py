"""The byte ladder: nothing where all fit, the largest first, the same for any order, and never over the limit."""

from __future__ import annotations

import random

import pytest

from app.core.ladder import LEAST, STEP, even_cap, rung

TOP = 10_000_000


def total(sizes: list[int], cap: int) -> int:
    return sum(min(size, cap) for size in sizes)


@pytest.mark.parametrize("sizes", [[], [5_000_000], [8_000_000] * 4])
def test_what_fits_stays_as_it_is(sizes: list[int]) -> None:
    assert rung(sizes, 32_000_000, TOP) is None


def test_the_largest_give_and_the_small_ones_keep_all() -> None:
    sizes = [100_000] * 50 + [9_000_000] * 5
    cap = rung(sizes, 20_000_000, TOP)
    assert cap is not None
    assert 100_000 < cap <= 3_000_000


def test_an_even_cap_leaves_nothing_over() -> None:
    assert even_cap([1, 2, 30, 40], 23) == 10
    assert even_cap([4, 4], 100) == 4
    assert even_cap([5, 5], -3) == 0


def test_any_order_gives_the_same() -> None:
    draws = random.Random(7)  # noqa: S311
    sizes = [draws.randrange(10_000, 6_000_000) for _ in range(60)]
    caps = {rung(draws.sample(sizes, len(sizes)), 31_000_000, TOP) for _ in range(10)}
    assert len(caps) == 1


@pytest.mark.parametrize("count", [5, 21, 100, 600])
def test_everything_keeps_within_the_room_and_uses_most_of_it(count: int) -> None:
    room = 31_000_000
    sizes = [8_000_000] * count
    cap = rung(sizes, room, TOP)
    assert cap is not None
    assert room * STEP * 0.99 <= total(sizes, cap) <= room


def test_one_picture_more_seldom_changes_the_rung() -> None:
    caps = {rung([3_000_000] * count, 31_000_000, TOP) for count in range(20, 121)}
    assert len(caps) <= 10


@pytest.mark.parametrize("room", [-5, 0, 30])
def test_where_there_is_no_room_pictures_are_not_ground_to_nothing(room: int) -> None:
    assert rung([2_000_000] * 3, room, TOP) == LEAST
