"""Text as it was typed, in parts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.core.plain_blocks import plain_blocks


def test_a_short_text_is_one_part() -> None:
    (part,) = plain_blocks("**not** bold\nand a line")
    assert (part.text, part.plain, part.first, part.last) == ("**not** bold\nand a line", True, True, True)


def test_no_text_is_no_part() -> None:
    assert plain_blocks("") == []


def test_parts_end_between_lines_else_between_words() -> None:
    lines = plain_blocks("\n".join(["word " * 20] * 200))
    assert all(part.text.startswith("word") and len(part.text) <= 3000 for part in lines)
    words = plain_blocks("word " * 2000)
    assert all(part.text.startswith("word") for part in words)


@given(st.text(st.sampled_from("ab \n"), max_size=30).map(lambda text: text * 400))
def test_nothing_is_left_out(text: str) -> None:
    parts = plain_blocks(text)
    assert "".join(text[part.start : part.end] for part in parts) == text
    shown = [text[part.start : part.end] for part in parts]
    assert [part.text for part in parts] == [*(part.removesuffix("\n") for part in shown[:-1]), *shown[-1:]]
    assert [part.first for part in parts] == [index == 0 for index in range(len(parts))]
    assert [part.last for part in parts] == [index == len(parts) - 1 for index in range(len(parts))]
