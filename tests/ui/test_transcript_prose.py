"""A text of any length as a column of views: what is laid out again when it grows."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.ui.theme import Theme
from app.ui.transcript.prose import FOLDED, Prose
from app.ui.transcript.text import SafeTextView


@pytest.fixture
def prose(qtbot: QtBot, theme: Theme) -> Prose:
    prose = Prose(theme, markdown=True, name="Answer")
    qtbot.addWidget(prose)
    prose.resize(600, 400)
    prose.show()
    return prose


def test_only_the_open_end_of_a_growing_text_is_laid_out_again(prose: Prose, qtbot: QtBot) -> None:
    text = "".join(f"Paragraph {i} " + "word " * 60 + "\n\n" for i in range(60))
    prose.set_text(text[:10_000])
    qtbot.waitUntil(lambda: prose.plain.endswith(text[:10_000].split()[-1]))
    first = prose.findChildren(SafeTextView)[0]
    revision = first.document().revision()
    prose.set_text(text)
    qtbot.waitUntil(lambda: "Paragraph 59" in prose.plain)
    assert first.document().revision() == revision
    assert prose.plain.count("Paragraph") == 60


def test_many_changes_in_one_frame_are_shown_once(prose: Prose, qtbot: QtBot) -> None:
    prose.set_text("a")
    view = prose.findChildren(SafeTextView)[0]
    changes: list[None] = []
    view.document().contentsChanged.connect(lambda: changes.append(None))
    for length in range(2, 200):
        prose.set_text("a" * length)
    assert changes == []
    qtbot.waitUntil(lambda: prose.plain == "a" * 199)
    once = len(changes)
    prose.set_text("a" * 199 + "b")
    prose.flush()
    assert len(changes) == 2 * once


def test_another_text_takes_the_place_of_the_first(prose: Prose) -> None:
    prose.set_text("one\n\n" * 3_000)
    prose.set_text("two")
    assert prose.plain == "two"


def test_a_very_long_text_is_folded_and_unfolds(prose: Prose, qtbot: QtBot) -> None:
    prose.set_text("x " * (FOLDED // 2) + "end")
    button = prose._all
    assert button is not None
    assert button.text() == "Show all (200 kB)"
    qtbot.waitUntil(lambda: len(prose.plain) >= FOLDED - 100, timeout=20_000)
    assert "end" not in prose.plain
    button.click()
    qtbot.waitUntil(lambda: prose.plain.endswith("end"))
    assert button.isHidden()
