"""Foreign text in a line of ours."""

from __future__ import annotations

import pytest

from app.ui.foreign_text import is_right_to_left, one_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("invoice\u202egnp.exe\n", "invoicegnp.exe"),
        ("  two\n\nlines\tand\x00more ", "two lines and more"),
        ("\u2066hidden\u2069\ufeff\u200b", "hidden"),
        ("\U0001f469\u200d\U0001f467 می\u200cخواهم", "\U0001f469\u200d\U0001f467 می\u200cخواهم"),
        ("\u202e\n", ""),
    ],
)
def test_only_what_can_be_seen_is_left(text: str, shown: str) -> None:
    assert one_line(text) == shown


@pytest.mark.parametrize(
    ("text", "is_so"),
    [("ما الفرق", True), ("2025: שלום", True), ("Was fehlt?", False), ("a ما", False), ("12", False), ("", False)],
)
def test_the_first_letter_says_where_a_text_begins(text: str, is_so: bool) -> None:
    assert is_right_to_left(text) == is_so
