"""The heights of messages, held against plain sums over all of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.ui.transcript.heights import Heights


def filled(heights: list[int], usual: int = 100) -> Heights:
    filled = Heights()
    filled.reset(len(heights), usual)
    for row, height in enumerate(heights):
        filled.set(row, height)
    return filled


def test_what_is_not_known_is_guessed() -> None:
    heights = filled([], 40)
    heights.reset(10_000, 40)
    assert heights.total == 400_000
    assert heights.at(4_010) == (100, 10)


def test_below_the_last_is_the_end_of_the_last() -> None:
    assert filled([10, 20]).at(500) == (1, 20)
    assert filled([]).at(7) == (0, 0)


@given(st.lists(st.integers(0, 500), min_size=1, max_size=40), st.integers(0, 20_000))
def test_a_height_leads_to_the_message_that_stands_there(heights: list[int], y: int) -> None:
    tree, whole = filled(heights), sum(heights)
    row, rest = tree.at(y)
    if y < whole:
        assert tree.above(row) + rest == y
        assert 0 <= rest < heights[row]
    else:
        assert (row, rest) == (len(heights) - 1, heights[-1])


@given(st.lists(st.integers(0, 500), max_size=20), st.integers(0, 20), st.integers(1, 9), st.integers(0, 20), st.data())
def test_messages_come_and_go(heights: list[int], at: int, count: int, first: int, data: st.DataObject) -> None:
    tree, plain = filled(heights), list(heights)
    at = min(at, len(plain))
    tree.insert(at, count)
    plain[at:at] = [100] * count
    first = min(first, len(plain) - 1)
    last = data.draw(st.integers(first, len(plain) - 1))
    tree.remove(first, last)
    del plain[first : last + 1]
    assert [tree.get(row) for row in range(len(tree))] == plain
    assert [tree.above(row) for row in range(len(plain) + 1)] == [sum(plain[:row]) for row in range(len(plain) + 1)]
    assert tree.total == sum(plain)
