"""Labels: distance of lines, growth with the text size, foreign text."""

from __future__ import annotations

import pytest
from PySide6.QtGui import Qt, QTextDocument
from pytestqt.qtbot import QtBot

from app.conversation.preferences import Preferences
from app.ui.label import ElidedLabel, Label
from app.ui.theme import TextRole, Theme

LONG = "Conversations and pictures are kept there unencrypted, like your other files."


@pytest.mark.parametrize(("role", "line"), [("body", 22), ("secondary", 18), ("caption", 16)])
def test_lines_keep_the_distance_of_their_role(theme: Theme, qtbot: QtBot, role: TextRole, line: int) -> None:
    label = Label(theme, LONG, role=role, wraps=True)
    qtbot.addWidget(label)
    lines = label._broken(200).lineCount()

    assert lines > 2
    assert label.heightForWidth(200) == lines * line
    assert Label(theme, "One", role=role, parent=label).sizeHint().height() == line


def test_lines_grow_with_the_text_size(theme: Theme, preferences: Preferences, qtbot: QtBot) -> None:
    label = Label(theme, "One", role="secondary", wraps=True)
    qtbot.addWidget(label)

    preferences.update(text_size=150)

    assert label.heightForWidth(400) == 27


def test_a_wrapped_text_is_painted_within_its_lines(theme: Theme, qtbot: QtBot) -> None:
    label = Label(theme, LONG + "\n<b>x</b>" + "y" * 200, role="secondary", wraps=True)
    qtbot.addWidget(label)
    label.resize(200, label.heightForWidth(200))
    image = label.grab().toImage()

    ground = image.pixelColor(199, 0)
    inked = [y for y in range(image.height()) if any(image.pixelColor(x, y) != ground for x in range(200))]

    assert inked[0] < 18
    assert inked[-1] >= image.height() - 18


def test_a_right_to_left_text_begins_at_the_right(theme: Theme, qtbot: QtBot) -> None:
    label = Label(theme, "سلام", wraps=True)
    qtbot.addWidget(label)
    label.resize(200, 22)
    image = label.grab().toImage()

    ground = image.pixelColor(0, 0)

    assert all(image.pixelColor(x, y) == ground for x in range(100) for y in range(22))
    assert any(image.pixelColor(x, y) != ground for x in range(100, 200) for y in range(22))


def test_a_name_that_turns_its_direction_is_shown_as_it_is(theme: Theme, qtbot: QtBot) -> None:
    label = ElidedLabel(theme, most=200)
    qtbot.addWidget(label)
    label.resize(200, 22)

    label.set_whole("a\u202egnp.exe")

    assert label.text() == "agnp.exe"


@pytest.mark.parametrize("name", ["<h1>Paste your key</h1>.pdf", "<img src='x.png'>.png", "a <b>bold</b> name.png"])
def test_the_tooltip_of_a_name_shows_it_and_reads_nothing_into_it(theme: Theme, qtbot: QtBot, name: str) -> None:
    label = ElidedLabel(theme, most=40)
    qtbot.addWidget(label)
    label.resize(40, 22)
    label.set_whole(name)

    tip = label.toolTip()
    document = QTextDocument()
    if Qt.mightBeRichText(tip):
        document.setHtml(tip)
    else:
        document.setPlainText(tip)

    assert document.toPlainText() == name
    assert document.begin().blockFormat().headingLevel() == 0


def test_the_tooltip_of_a_usual_name_is_the_name(theme: Theme, qtbot: QtBot) -> None:
    label = ElidedLabel(theme, most=40)
    qtbot.addWidget(label)
    label.resize(40, 22)

    label.set_whole("a large part & another.png")

    assert label.toolTip() == "a large part & another.png"
