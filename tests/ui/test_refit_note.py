"""The note that tells before Send which earlier pictures the next message makes anew."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from pytestqt.qtbot import QtBot

from app.conversation.chat import Chat, Tools
from app.ui.refit_note import RefitNote
from app.ui.theme import COMPOSER, Theme
from tests.ui.test_transcript import PICTURE, answered, asked


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
    chat.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_one_picture_is_named(note: RefitNote, tools: Tools) -> None:
    chat = Chat.new("claude-sonnet-4-6", tools)
    chat.messages.reset([asked("What?", PICTURE), answered()])
    chat.refresh()
    note.set_chat(chat)
    assert "Sending makes Image 1 anew from its original." in note.text
    chat.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_the_note_is_as_wide_as_the_composers_card(note: RefitNote) -> None:
    """A wider one would push the composer to the side."""
    assert note.maximumWidth() == COMPOSER + 16
