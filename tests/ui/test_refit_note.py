"""The note that tells before Send which earlier pictures the next message makes anew."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from app.conversation.chat import Chat, Tools
from app.ui.refit_note import RefitNote, making_anew
from app.ui.theme import COMPOSER, Theme
from tests.conftest import destroy
from tests.ui.talk import PICTURE, answered, asked

pytestmark = pytest.mark.usefixtures("american_figures")


@pytest.fixture
def note(qtbot: QtBot, theme: Theme) -> RefitNote:
    note = RefitNote(theme)
    qtbot.addWidget(note)
    return note


def test_another_model_that_takes_smaller_pictures_is_told_with_the_new_price(note: RefitNote, tools: Tools) -> None:
    chat = Chat.new("claude-sonnet-5-5", tools)
    chat.messages.reset([asked("What?", PICTURE, replace(PICTURE, number=2)), answered()])
    chat.refresh()
    note.set_chat(chat)
    assert note.text == ""
    chat.set_model("claude-sonnet-4-6")
    assert chat.refits
    assert "takes smaller pictures. Sending makes 2 earlier pictures anew from their originals." in note.text
    assert "The next message is then about $" in note.text
    chat.set_model("claude-sonnet-5-5")
    assert note.text == ""
    destroy(chat)


def test_one_picture_is_named(note: RefitNote, tools: Tools) -> None:
    chat = Chat.new("claude-sonnet-4-6", tools)
    chat.messages.reset([asked("What?", PICTURE), answered()])
    chat.refresh()
    note.set_chat(chat)
    assert "Sending makes Image 1 anew from its original." in note.text
    destroy(chat)


def test_the_note_is_as_wide_as_the_composers_card(note: RefitNote) -> None:
    """A wider one would push the composer to the side."""
    assert note.maximumWidth() == COMPOSER + 16


def test_of_many_pictures_and_a_smaller_model_the_model_is_told(note: RefitNote, tools: Tools) -> None:
    chat = Chat.new("claude-sonnet-5-5", tools)
    chat.messages.reset([asked("What?", *(replace(PICTURE, number=number) for number in range(1, 22))), answered()])
    chat.refresh()
    note.set_chat(chat)
    assert note.text.startswith("With more than 20 pictures, none may be larger than 2,000 px.")
    chat.set_model("claude-sonnet-4-6")
    assert "takes smaller pictures." in note.text
    assert making_anew(chat.refits) == "Making 21 pictures smaller…"
    assert making_anew(chat.refits[:1]) == "Making 1 picture smaller…"
    assert making_anew([replace(chat.refits[0], reason="expired_file")]) == "Making 1 picture anew…"
    destroy(chat)
