"""Words of texts and of queries: what is one word, what is found where, and how it is shown."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.core.search_words import LONGEST, _pieces, folded, indexed, marked, match, snippet, spans, terms


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
        ("замок", "старый за\u0301мок"),
        ("за\u0301мок", "замок"),
        ("Olorun", "Ọlọ\u0301run ni"),
        ("שלום", "שָׁלוֹם עולם"),
        ("محمد", "مُحَمَّد هنا"),
        ("محمد", "محـــمد"),
        ("οδοσ", "ο ΟΔΟΣ"),
        ("ΟΔΟΣ", "η οδός"),
        ("strasse", "Die Straße ist nass"),
        ("STRAẞE", "strasse"),
        ("stras", "Straße"),
        ("abc123", "型番ＡＢＣ１２３です"),
        ("ＡＢＣ", "abc"),
        ("カメラ", "ｶﾒﾗを買う"),
        ("がく", "か\u3099く"),
        ("ガ", "ｶﾞ"),
        ("한국", unicodedata.normalize("NFD", "한국어")),
        ("ㄆ", "ㄅㄆㄇ"),
        ("file", "ﬁle name"),
        ("x2", "x² + y"),
        ("lodz", "Łódź"),
        ("istanbul isi", "ısı, İstanbul"),
        ("กิน", "กินข้าว"),
        ("हिन", "यह हिन्दी है"),
        ("क्ष", "क्\u200dष"),
        ("😀", "Nice 😀 face"),
        ("nice😀", "Nice 😀 face"),
        ("👍", "👍🏽"),
        ("👍🏽", "👍"),
        ("❤", "with ❤\ufe0f"),
        ("👩", "👩\u200d💻"),
        ("\U0001fae8", "newer \U0001fae8 than Python"),
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
        ("กน", "กินข้าว"),
        ("हन्दी", "हिन्दी"),
        ("カ", "ガ"),
        ("😀", "😃"),
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


@pytest.mark.parametrize("text", ["**hous", "\u200bhous", "Mu\u0308s", "\u00adMü"])
def test_what_is_not_seen_of_a_query_does_not_end_its_last_word(text: str) -> None:
    assert [term.begun for term in terms(text)] == [True]


@pytest.mark.parametrize(
    "query", ["的一是不" * 8000, '"' + "b c " * 8000, " ".join(map(str, range(200))), '"a b" ' + "图" * 200]
)
def test_of_a_long_query_the_first_words_count(query: str) -> None:
    words = [word for term in terms(query) for word in term.words]
    assert len(words) == 64
    assert words == indexed(query).split()[:64]


def test_what_is_said_twice_is_looked_for_once() -> None:
    assert len(terms("的 一 是 不 " * 1000)) == 4


def test_of_a_query_no_more_is_read_than_can_be_typed() -> None:
    assert len(terms("a" * LONGEST + " b")) == 1


@pytest.mark.parametrize(
    ("query", "text", "marks"),
    [
        ("замок", "Это старый за\u0301мок, за\u0301мок!", ["за\u0301мок", "за\u0301мок"]),
        ("strasse", "Die Straße: STRASSE", ["Straße", "STRASSE"]),
        ("strass", "Die Straße", ["Straß"]),
        ("カメラ", "新しいｶﾒﾗを買う", ["ｶﾒﾗ"]),
        ("abc", "型番ＡＢＣです", ["ＡＢＣ"]),
        ("שלום", "אמר שָׁלוֹם עולם", ["שָׁלוֹם"]),
        ("2", "½ or x", ["½"]),
        ("片", "**图\u200b片** is", ["片"]),
        ("word", "an 😀 word" + " ß" * 200 + " word", ["word", "word"]),
    ],
)
def test_marks_are_where_the_words_stand_as_they_were_written(query: str, text: str, marks: list[str]) -> None:
    assert [text[start:end] for start, end in spans(text, terms(query))] == marks


def test_what_is_said_far_from_the_beginning_is_marked_where_it_stands() -> None:
    text = "Straße, かﾞ, e\u0301, 한국어. " * 700 + "Ọlọ\u0301run ni."
    assert snippet(text, terms("olorun")).first == "Ọlọ́run"


_LETTERS = "aßé\u0301 ＡｶﾞかﾟがﾞÅ한กิ้न\u093c्😀🏽\u200d½ﬁİςֹש\u0640ﾊ"
_MIXED = st.text(alphabet=_LETTERS + "\u3099ᄒ\u1161\u11abㅏㅋᆨ", max_size=300)


@settings(max_examples=200, deadline=None)
@given(_MIXED, st.integers(1, 7))
def test_a_text_is_folded_in_pieces_as_it_is_at_once(text: str, size: int) -> None:
    pieces = list(_pieces(text, 0, len(text), size))
    assert "".join(text[start:end] for start, end in pieces) == text
    assert "".join(folded(text[start:end]) for start, end in pieces) == folded(text)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80) | st.text(alphabet=_LETTERS, max_size=80))
@example("a letter that is none: \U0002f047")
def test_every_word_of_a_text_is_found_in_it(text: str) -> None:
    for word in indexed(text).split():
        # What has lost a mark within it may be composed otherwise; nobody writes that.
        assert found(f'"{word}"', text) or not unicodedata.is_normalized("NFKC", word)
    shown = marked(text, terms(text))
    assert all(0 <= start < end <= len(shown.text) for start, end in shown.marks)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.text(max_size=12))
def test_a_snippet_has_marks_where_something_is_found(text: str, query: str) -> None:
    shown = snippet(text, terms(query))
    assert "\n" not in shown.text
    assert all(0 <= start < end <= len(shown.text) for start, end in shown.marks)
