"""Words that are looked for: where they are in a text, as Qt counts, and in which sources they may be."""

from __future__ import annotations

import html
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.query import AnyOf, Query
from app.core.utf16 import part

LETTERS = st.text("aAbßẞİıSs éÉ😀𝔸 \n*_\\", max_size=30)


@pytest.mark.parametrize(
    ("query", "text", "found"),
    [
        ("chart", "A Chart, and a CHART.", ["Chart", "CHART"]),
        ("strasse", "Die STRASSE, die Straße.", ["STRASSE", "Straße"]),
        ("straße", "Die STRASSE, die Straße.", ["STRASSE", "Straße"]),
        ("x", "😀x😀X", ["x", "X"]),
        ("😀", "a😀😀b", ["😀", "😀"]),
        ("aa", "aaaaa", ["aa", "aa"]),
        ("über uns", "Über uns, über  uns", ["Über uns"]),
        ("cafe", "café", []),
        ("s", "ß", ["ß"]),
        ("", "anything", []),
        ("longer", "long", []),
    ],
)
def test_what_is_found(query: str, text: str, found: list[str]) -> None:
    assert [part(text, *span) for span in Query(query).spans(text)] == found


@pytest.mark.parametrize(
    ("query", "text", "found"),
    [
        ("refund rate", "The rate of a 😀 Refund, refunded.", ["rate", "Refund"]),
        ('"refund rate" che', "A refund. The **refund** rate; checked", ["refund** rate", "che"]),
        ("замок", "😀 старый за\u0301мок", ["за\u0301мок"]),
        ("图片 strasse", "两张图片, Straße", ["图片", "Straße"]),
        ("nowhere", "any", []),
        ("", "any", []),
    ],
)
def test_any_of_some_words_is_found_as_the_search_of_all_finds_it(query: str, text: str, found: list[str]) -> None:
    assert [part(text, *span) for span in AnyOf(query).spans(text)] == found
    assert AnyOf(query).may_be_in(text) == bool(found)


@pytest.mark.parametrize("source", ["re**fund**s are", "R&eacute;funds", "`refunds_rate`"])
def test_any_of_some_words_may_be_in_what_reads_like_it(source: str) -> None:
    assert AnyOf("nothing refund").may_be_in(source)
    assert not AnyOf("refundable").may_be_in(source)


@given(LETTERS, st.text("aAbßsS😀", min_size=1, max_size=3))
def test_every_place_says_what_was_looked_for_and_none_overlap(text: str, wanted: str) -> None:
    spans = Query(wanted).spans(text)
    for start, end in spans:
        assert wanted.casefold() in part(text, start, end).casefold()
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    assert bool(spans) == (wanted.casefold() in text.casefold())


@given(LETTERS)
def test_where_a_text_has_no_letter_of_two_units_they_are_characters(text: str) -> None:
    assert part(text) == text
    units = text.encode("utf-16-le")
    assert part(text, 0, len(units) // 2) == text


@pytest.mark.parametrize(
    ("query", "source"),
    [
        ("bold text", "some **bold** text"),
        ("boldly", "**bold**ly"),
        ("snake_case", r"snake\_case"),
        ("R&D", "R&amp;D"),
        ("  spaced  ", "it is spaced"),
        ("a b", "| b | a |"),
        ("**", "anything at all"),
        ("ΣΊΣΥΦΟΣ", "Σίσυφος"),
    ],
)
def test_a_source_in_which_it_may_be_read(query: str, source: str) -> None:
    assert Query(query).may_be_in(source)


@pytest.mark.parametrize(("query", "source"), [("chart", "A table."), ("two words", "only one of the wor-ds: two")])
def test_a_source_in_which_it_cannot(query: str, source: str) -> None:
    assert not Query(query).may_be_in(source)


@given(st.text("abAB *_`~\\&;", max_size=12), st.integers(0, 10), st.integers(1, 5))
def test_what_is_in_a_text_may_be_in_its_source(text: str, start: int, length: int) -> None:
    part = text[start : start + length]
    assert Query(part).may_be_in(text)
    assert Query(part).may_be_in(html.escape(text))
    assert Query(part).may_be_in("".join(f"\\{c}" if c in "*_`~\\&" else c for c in text))
