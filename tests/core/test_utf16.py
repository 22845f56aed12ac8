"""Places in UTF-16 units: as many as Qt counts, and a text comes back from its parts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.core.utf16 import part, units


@given(st.text("aß€😀𝔸\n", max_size=20), st.integers(0, 20))
def test_a_text_is_its_two_parts(text: str, place: int) -> None:
    middle = units(text, place)
    assert middle == len(text[:place].encode("utf-16-le")) // 2
    assert (part(text, 0, middle), part(text, middle)) == (text[:place], text[place:])
    assert part(text) == text
    assert units(text) == units(text, len(text))


def test_half_a_letter_is_told() -> None:
    assert part("😀", 0, 1) == "\ufffd"
