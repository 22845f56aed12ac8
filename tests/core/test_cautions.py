"""What a question asks that is done badly, told by its words."""

from __future__ import annotations

import time

import pytest

from app.core.cautions import cautions


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Who is this?", "person"),
        ("who's the woman on the left", "person"),
        ("Can you identify the tall man in the back?", "person"),
        ("Wer ist das auf dem Foto?", "person"),
        ("Qui est-ce ?", "person"),
        ("¿Quién es?", "person"),
        ("Кто это на фото?", "person"),
        ("这个人是谁？", "person"),
        ("これは誰ですか", "person"),
        ("How many birds are there?", "count"),
        ("Bitte zähle die Autos", "count"),
        ("Combien de personnes ?", "count"),
        ("Сколько тут птиц?", "count"),
        ("图里有几个人？", "count"),
        ("りんごはいくつありますか", "count"),
        ("What time does the analogue clock show?", "place"),
        ("Describe the chess position", "place"),
        ("Look at this X-ray of my hand", "medical"),
        ("Что на этом рентгене?", "medical"),
        ("このレントゲンを見て", "medical"),
        ("Is this photo real?", "made"),
        ("Was this made by AI?", "made"),
        ("Ist dieses Foto gefälscht?", "made"),
        ("这是AI生成的吗", "made"),
        ("How many tumours does the MRI show?", "count medical"),
    ],
)
def test_what_is_asked_is_seen_in_several_languages(text: str, wanted: str) -> None:
    assert " ".join(cautions(text)) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Describe this picture.",
        "Compare the two dashboards: what changed?",
        "How much does it cost?",
        "List the names of the files in the screenshot",
        "Turn this chart into a table with the account names",
        "Is the discount applied?",
        "Who owns the copyright for this layout according to the footer?",
        "Was steht auf dem Schild?",
        "Quel est le total de la facture ?",
        "这张图说明了什么？",
        "この表を書き写してください",
        "Сделай таблицу из графика",
    ],
)
def test_a_plain_question_brings_no_hint(text: str) -> None:
    assert cautions(text) == ()


def test_a_long_text_takes_no_time() -> None:
    began = time.process_time()
    cautions("who is " * 100_000 + "the \u0301" * 100_000)
    assert time.process_time() - began < 0.1
