"""Words of texts and of queries: what is one word, what is found where, and how it is shown."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.core.search_words import bare, folded, indexed, marked, match, snippet, terms


def found(query: str, text: str) -> bool:
    return all(marked(text, (term,)).marks for term in terms(query))


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("refund rate", "The rate of each Refund."),
        ("refu", "Refunds first"),
        ('"refund rate"', "its refund rate is"),
        ('"refund rate', "its refund rates are"),
        ("cafe", "Das Café"),
        ("CAFÉ", "cafe"),
        ("cafe", "cafe\u0301"),
        ("zuständig", "ZUSTANDIG"),
        ("图片", "这两张图片有什么不同"),
        ("图", "这两张图片"),
        ("한국", "나는 한국어를 배운다"),
        ("ในวัน", "ในวันนี้"),
        ("q4-dashboard.png", "q4-dashboard.png"),
        ("dashboard", "q4-dashboard.png"),
        ("GPT模型", "用 GPT 模型 的"),
        ("bold", "a **bo**ld word"),
        ("snake", "snake_case"),
        ("zustandig", "Zu\u00adstän\u200bdig"),
        ("می\u200cخواهم", "من می\u200cخواهم بروم"),
    ],
)
def test_what_is_found(query: str, text: str) -> None:
    assert found(query, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("refund rate", "The refund."),
        ("refu rate", "the rate of refunds"),
        ('"refund rate"', "rate refund"),
        ("fund", "refund"),
        ("a", "all"),
        ("图片", "图表片"),
        ("か", "が"),
        ('"cat"', "cats"),
    ],
)
def test_what_is_not(query: str, text: str) -> None:
    assert not found(query, text)


@pytest.mark.parametrize("query", ["", " ", '"', '""', "-", "…", "* OR"])
def test_nothing_a_person_types_is_an_operator(query: str) -> None:
    assert all(part.strip('"*').isalnum() for part in match(terms(query)).split(" AND ") if part)


def test_only_the_last_word_may_go_on() -> None:
    assert match(terms("refu rat")) == '"refu" AND "rat"*'
    assert match(terms("refund rate ")) == '"refund" AND "rate"'


def test_a_snippet_is_one_line_around_the_first_hit() -> None:
    text = "Before it, a lot is said. " * 10 + "\n\n## Then\n\nthe *Rückerstattung* comes" + " and more" * 50
    shown = snippet(text, terms("ruckerstattung"))
    assert shown.first == "Rückerstattung"
    assert shown.text.startswith("… ")
    assert shown.text.endswith(" …")
    assert "the Rückerstattung comes" in shown.text
    assert "\n" not in shown.text
    assert len(shown.text) < 200


def test_a_snippet_of_a_short_text_is_all_of_it() -> None:
    assert snippet("Refunds first", terms("first")) == ("Refunds first", ((8, 13),))


def test_a_snippet_leaves_out_what_turns_the_direction() -> None:
    assert snippet("a \u202ebad\u2066 word", terms("word")).text == "a bad word"


def test_hits_that_touch_are_one() -> None:
    assert marked("图片图", terms("图片 片图")).marks == ((0, 3),)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
@example("a letter that is none: \U0002f047")
def test_every_word_of_a_text_is_found_in_it(text: str) -> None:
    assert len(folded(bare(text))) == len(bare(text))
    for word in indexed(text).split():
        assert found(f'"{word}"', text)
    shown = marked(text, terms(text))
    assert all(0 <= start < end <= len(shown.text) for start, end in shown.marks)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.text(max_size=12))
def test_a_snippet_has_marks_where_something_is_found(text: str, query: str) -> None:
    shown = snippet(text, terms(query))
    assert "\n" not in shown.text
    assert all(0 <= start < end <= len(shown.text) for start, end in shown.marks)
