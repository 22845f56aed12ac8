"""What the estimate of text tokens tells apart, and how it is corrected."""

from __future__ import annotations

import math
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import tokens
from app.core.catalog import Catalog
from app.core.tokens import NEWER, NUMBERS, OLDER, Counter, family, raw
from tests.servers import tokenizer
from tests.texts import LANGUAGES, turns

CATALOG = Catalog.load()
CODE = 'def total(rows):\n    return sum(row["amount"] for row in rows if row["paid"] > 0)\n'

OTHER_LANGUAGES = {
    "spanish": "¿Qué ha cambiado entre las dos imágenes? El título de la página es más grande y el botón ya no está.",
    "portuguese": "O que mudou entre as duas imagens? O título da página é maior e o botão não está mais lá.",
    "italian": "Che cosa è cambiato tra le immagini? Il titolo della pagina è più grande e il pulsante non c'è più.",
    "latin": "Co się zmieniło między tymi obrazami? Nagłówek strony jest większy, a przycisku już nie ma.",
    "cyrillic": "Що змінилося між двома зображеннями? Заголовок більший, а кнопки вже немає.",
    "greek": "Τι άλλαξε ανάμεσα στις δύο εικόνες; Ο τίτλος είναι μεγαλύτερος και το κουμπί λείπει.",
    "hebrew": "מה השתנה בין שתי התמונות? הכותרת גדולה יותר והכפתור איננו.",
    "arabic": "ما الذي تغير بين الصورتين؟ العنوان أكبر والزر غير موجود.",
    "devanagari": "दोनों चित्रों में क्या बदला है? शीर्षक बड़ा है और बटन नहीं है।",
    "thai": "ระหว่างสองภาพมีอะไรเปลี่ยนไปบ้าง หัวข้อใหญ่ขึ้นและไม่มีปุ่มแล้ว",
    "korean": "두 그림 사이에 무엇이 바뀌었나요? 제목이 더 크고 단추가 없습니다.",
}


def main_language(text: str) -> str:
    found = raw(text)
    return max(found, key=lambda name: found[name])


# --- which tokenizer ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("claude-sonnet-5-5", NEWER),
        ("claude-opus-4-7", NEWER),
        ("claude-fable-5", NEWER),
        ("claude-haiku-9", NEWER),
        ("claude-of-tomorrow", NEWER),
        ("claude-opus-4-6", OLDER),
        ("claude-haiku-4-5-20251001", OLDER),
        ("claude-3-5-sonnet-latest", OLDER),
        ("anthropic/claude-sonnet-4.6", OLDER),
        ("gemma-4-27b", "other: gemma-4-27b"),
    ],
)
def test_a_model_has_the_tokenizer_of_its_version(model: str, expected: str) -> None:
    assert family(CATALOG.get(model)) == expected


def test_the_tokenizer_since_4_7_makes_three_tenths_more_of_everything() -> None:
    for language in LANGUAGES:
        text = "\n\n".join(turn.answer for turn in turns(language))
        assert Counter(NEWER)(text) == pytest.approx(1.3 * Counter(OLDER)(text), abs=2)


# --- which language -----------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_recorded_turns_are_told_by_their_language(language: str) -> None:
    expected = {"russian": "cyrillic"}.get(language, language)
    wrong = [turn.answer for turn in turns(language) if main_language(turn.answer) != expected]
    assert wrong == []


@pytest.mark.parametrize("language", OTHER_LANGUAGES)
def test_other_languages_and_scripts_are_told_apart(language: str) -> None:
    found = raw(OTHER_LANGUAGES[language])
    assert found[language] == sum(found.values())


@pytest.mark.parametrize("language", OTHER_LANGUAGES)
def test_no_script_is_far_off_before_anything_is_learnt(language: str) -> None:
    text = OTHER_LANGUAGES[language]
    assert Counter(OLDER)(text) == pytest.approx(tokenizer.count(text), rel=0.35)


def test_a_mixed_text_is_counted_in_runs() -> None:
    english, german, chinese = (turns(language)[0].answer for language in ("english", "german", "chinese"))
    apart = [raw(text) for text in (english, german, chinese)]
    together = raw(f"{english}\n\n{german}\n\n{chinese}")
    for name in ("english", "german", "chinese"):
        assert together[name] == pytest.approx(sum(part.get(name, 0.0) for part in apart), rel=0.03), name


def test_a_sentence_in_two_scripts_has_both() -> None:
    found = raw("请打开 settings 页面，然后选择 Notifications 这一项。")
    assert found["chinese"] > found["english"] > 2


def test_chinese_characters_are_japanese_where_there_is_kana() -> None:
    assert set(raw("東京の天気")) == {"japanese"}
    assert set(raw("东京天气")) == {"chinese"}


def test_code_counts_apart_fenced_or_not() -> None:
    fenced = raw(f"Here is what the function does:\n\n```python\n{CODE}```")
    assert main_language(CODE) == "code"
    assert fenced["code"] == pytest.approx(raw(CODE)["code"], rel=0.2)
    assert fenced["english"] < 10


def test_digits_count_apart_from_the_language_around_them() -> None:
    without, with_digits = raw("The total is what it was."), raw("The total is 1234567890 what it was.")
    assert with_digits[NUMBERS] == pytest.approx(6)
    assert with_digits["english"] == pytest.approx(without["english"])


def test_a_short_text_goes_with_the_language_before_it() -> None:
    german = turns("german")[0].answer
    assert set(raw(f"{german}\n\nSuper!")) - {NUMBERS} == set(raw(german)) - {NUMBERS}


# --- figures ------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_answers_are_within_fifteen_per_cent_before_anything_is_learnt(language: str) -> None:
    off = [Counter(OLDER)(turn.answer) / tokenizer.count(turn.answer) - 1 for turn in turns(language)]
    assert abs(median(off)) < 0.15


def test_factors_correct_each_language_by_itself() -> None:
    text = f"{turns('english')[0].answer}\n\n{turns('chinese')[0].answer}"
    parts = raw(text)
    counter = Counter(OLDER, {"chinese": 2.0})
    assert counter(text) == math.ceil(sum(parts.values()) + parts["chinese"])


def test_nothing_is_no_token_and_anything_else_is_one_at_least() -> None:
    assert Counter()("") == 0
    for text in ("a", "7", "!", "你", "\n", "🙂", "\u200b", "\x00"):
        assert Counter()(text) >= 1, text


@given(st.text(alphabet=st.characters(), max_size=200))
def test_any_text_has_an_estimate_that_is_no_larger_than_its_bytes_twice(text: str) -> None:
    assert 0 <= Counter(OLDER)(text) <= 2 * len(text.encode("utf-8", "replace")) + 1


@given(st.text(max_size=60))
def test_no_text_is_more_tokens_than_it_can_be_at_most(text: str) -> None:
    assert tokenizer.count(text) <= tokens.most(text)


def test_the_most_knows_that_a_ligature_is_several_letters() -> None:
    assert tokenizer.count("\ufdfa" * 9) <= tokens.most("\ufdfa" * 9)
    assert tokens.most("\ufdfa") > len("\ufdfa".encode())


@given(st.text(max_size=60), st.text(max_size=60))
def test_the_estimate_is_the_same_whenever_it_is_asked_for(one: str, other: str) -> None:
    first = raw(one)
    raw(other)
    tokens._known.clear()
    assert raw(one) == first


def test_what_is_remembered_does_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_REMEMBERED", 10)
    for number in range(100):
        raw(f"Text {number}")
    assert len(tokens._known) <= 10
