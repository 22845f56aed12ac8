"""How a text is cut into pieces: nothing lost, nothing changed afterwards, nothing too heavy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ui.transcript.pieces import HARD, Pieces, plain_pieces

PARAGRAPH = "word " * 40 + "\n\n"
LINES = st.sampled_from(["", "text", "```", "````py", "~~~", "| a | b |", "|---|---|", "- item", "  more", "x" * 300])


def pieces(text: str) -> list[str]:
    made = Pieces()
    tail = made.update(text)
    return [piece.text for piece in made.finished] + ([tail.text] if tail is not None else [])


def test_a_short_answer_is_one_piece() -> None:
    assert pieces("# Head\n\ntext") == ["# Head\n\ntext"]


def test_blank_text_has_no_piece() -> None:
    assert pieces("") == []
    assert pieces("\n\n") == []


def test_a_long_answer_is_cut_between_paragraphs() -> None:
    found = pieces(PARAGRAPH * 80)
    assert len(found) > 2
    assert all(piece.startswith("word") and piece.rstrip().endswith("word") for piece in found)
    assert "".join(found).count("word") == 80 * 40


def test_a_blank_line_in_a_fence_or_a_list_item_is_no_place_to_cut() -> None:
    code = "```\n" + "x = 1\n\n" * 30 + "```\n"
    assert pieces(code) == [code]
    item = "- item\n\n" + "  more of it\n\n" * 90
    assert pieces(item)[0].count("more of it") == 90


def test_a_fence_that_is_cut_is_opened_again() -> None:
    found = pieces("```python\n" + "value = 1\n" * 500 + "```\n\nafter")
    assert len(found) > 1
    assert all(piece.startswith("```python\n") for piece in found[:-1])
    assert found[-1] == "after"
    assert found[-2].endswith("value = 1\n```")
    assert sum(piece.count("value = 1") for piece in found) == 500


def test_a_table_that_is_cut_has_its_head_again() -> None:
    head = "| a | b |\n|---|---|\n"
    found = pieces(head + "| 1 | 2 |\n" * 300)
    assert len(found) > 1
    assert all(piece.startswith(head) for piece in found)
    assert sum(piece.count("| 1 | 2 |") for piece in found) == 300


@pytest.mark.parametrize("line", ["x" * 100_000, "|" * 20_000, "[" * 50_000], ids=["word", "cells", "brackets"])
def test_a_line_too_heavy_is_shown_as_it_is(line: str) -> None:
    made = Pieces()
    tail = made.update(f"before\n{line}\nafter")
    assert made.finished[0].text == "before"
    assert all(piece.plain for piece in made.finished[1:])
    assert tail is not None
    assert tail.text.endswith("\nafter")
    assert "".join(piece.text for piece in made.finished[1:]) + tail.text.removesuffix("\nafter") == line


def test_a_fence_goes_on_after_a_line_too_heavy() -> None:
    found = pieces("```\n" + "x" * 30_000 + "\nlast\n```")
    assert set("".join(found[1:-1])) == {"x"}
    assert found[-1].startswith("```\nx")
    assert found[-1].endswith("x\nlast\n```")


@given(st.lists(LINES, max_size=120), st.lists(st.integers(1, 400), min_size=1, max_size=60))
def test_a_text_that_grows_is_cut_as_the_whole_text_is(lines: list[str], steps: list[int]) -> None:
    text = "\n".join(lines)
    growing, shown = Pieces(), 0
    frozen: list[str] = []
    for step in steps:
        shown += step
        growing.update(text[:shown])
        now = [piece.text for piece in growing.finished]
        assert now[: len(frozen)] == frozen
        frozen = now
    growing.update(text)
    whole = Pieces()
    whole.update(text)
    assert growing.finished == whole.finished


@given(st.lists(LINES, max_size=400))
def test_no_piece_is_heavy(lines: list[str]) -> None:
    assert all(len(piece) <= 2 * HARD for piece in pieces("\n".join(lines)))


@pytest.mark.parametrize("text", ["", "short", "line\n" * 3_000, "word " * 3_000, "x" * 10_000, "\n" * 9_000])
def test_plain_text_keeps_every_character(text: str) -> None:
    found = plain_pieces(text)
    assert all(len(piece.text) <= 3_000 for piece in found)
    joined = "".join(piece.text for piece in found)
    assert joined.replace("\n", "") == text.replace("\n", "")
    assert text.count("\n") - joined.count("\n") <= len(found)


def test_plain_text_is_cut_between_lines() -> None:
    assert all(piece.text.endswith("line") for piece in plain_pieces("line\n" * 2_000))
