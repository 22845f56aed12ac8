"""Editing an earlier question in the composer: the strip, the keys, the pictures, and what was being written before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.conversation.attachment import Source
from app.conversation.chat import Chat
from app.conversation.gallery import Gallery
from app.conversation.tools import Tools
from app.ui.composer import Composer
from app.ui.edit_strip import EditStrip
from app.ui.message_edit import MessageEdit
from app.ui.notes import Note, Notes
from app.ui.theme import Theme
from tests.conftest import destroy
from tests.servers import replies
from tests.servers.api import ApiServer

MODEL = "claude-sonnet-5-5"
SENTENCE = "Editing an earlier question. What follows it stays as another version."
ABOVE = 160
"""Pixels that every window keeps for its bar, its banner and the page."""
LINE = 22
"""Pixels of a line of the message."""
Write = Callable[..., Path]


@pytest.fixture
def chat(online: Tools) -> Iterator[Chat]:
    chat = Chat.new(MODEL, online)
    yield chat
    destroy(chat)


@pytest.fixture
def gallery(online: Tools) -> Gallery:
    return Gallery(online.store, online.pictures, online.decoder, online.threads, online.tasks)


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    QVBoxLayout(window).addWidget(QPushButton("elsewhere"))
    window.resize(860, 700)
    return window


@pytest.fixture
def composer(qtbot: QtBot, window: QWidget, theme: Theme, online: Tools, gallery: Gallery, chat: Chat) -> Composer:
    composer = Composer(theme, online.account, gallery)
    cast("QVBoxLayout", window.layout()).addWidget(composer)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    composer.set_chat(chat)
    composer.focus()
    return composer


@pytest.fixture
def edit(composer: Composer) -> MessageEdit:
    return cast("MessageEdit", composer.findChild(MessageEdit))


@pytest.fixture
def strip(composer: Composer) -> EditStrip:
    return cast("EditStrip", composer.findChild(EditStrip))


def rest(chat: Chat, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not chat.worker.busy, timeout=10_000)


def ask(chat: Chat, qtbot: QtBot, *questions: str) -> None:
    """Each has its answer."""
    for question in questions:
        chat.draft.set_text(question)
        chat.worker.send()
        rest(chat, qtbot)


def texts(chat: Chat) -> list[str]:
    return [message.text for message in chat.messages.messages if message.role == "user"]


def names(chat: Chat) -> list[str]:
    return [picture.name for picture in chat.draft.pictures]


def button(parent: QWidget, name: str) -> QAbstractButton:
    (found,) = (each for each in parent.findChildren(QAbstractButton) if each.accessibleName() == name)
    return found


def notes(composer: Composer) -> list[str]:
    return cast("Notes", composer.findChild(Notes)).texts


# --- the strip ------------------------------------------------------------------------------------


def test_the_strip_shows_what_is_edited_and_send_says_so(
    composer: Composer, edit: MessageEdit, strip: EditStrip, chat: Chat, qtbot: QtBot
) -> None:
    ask(chat, qtbot, "one", "two")
    assert not strip.isVisible()
    chat.edit(chat.messages.messages[0].id)
    assert strip.isVisible()
    assert SENTENCE in {label.text() for label in strip.findChildren(type(strip._words))}
    assert edit.toPlainText() == "one"
    assert edit.hasFocus()
    assert edit.textCursor().atEnd()
    send = button(composer, "Send as a new version")
    assert send.toolTip() == "Send as a new version (Enter)"
    chat.cancel_edit()
    assert not strip.isVisible()
    assert button(composer, "Send") is send


def test_sending_makes_a_version_in_its_place(edit: MessageEdit, strip: EditStrip, chat: Chat, qtbot: QtBot) -> None:
    ask(chat, qtbot, "one", "two")
    chat.edit(chat.messages.messages[0].id)
    QTest.keyClicks(edit, " more")
    QTest.keyClick(edit, Qt.Key.Key_Return)
    rest(chat, qtbot)
    assert texts(chat) == ["one more"]
    assert chat.branch_of(chat.messages.messages[0].id) == (2, 2)
    assert not strip.isVisible()
    assert edit.toPlainText() == ""


def test_cancel_brings_back_what_was_being_written(
    composer: Composer, edit: MessageEdit, strip: EditStrip, chat: Chat, qtbot: QtBot
) -> None:
    ask(chat, qtbot, "one")
    QTest.keyClicks(edit, "half a thought")
    chat.edit(chat.messages.messages[0].id)
    assert edit.toPlainText() == "one"
    QTest.mouseClick(button(strip, "Cancel the edit"), Qt.MouseButton.LeftButton)
    assert edit.toPlainText() == "half a thought"
    assert edit.hasFocus()
    assert notes(composer) == []


def test_it_comes_back_after_sending_too(edit: MessageEdit, chat: Chat, qtbot: QtBot) -> None:
    ask(chat, qtbot, "one")
    QTest.keyClicks(edit, "half a thought")
    chat.edit(chat.messages.messages[0].id)
    QTest.keyClick(edit, Qt.Key.Key_Return)
    rest(chat, qtbot)
    assert edit.toPlainText() == "half a thought"


def test_another_conversation_has_no_strip(
    composer: Composer, strip: EditStrip, chat: Chat, online: Tools, qtbot: QtBot
) -> None:
    ask(chat, qtbot, "one")
    chat.edit(chat.messages.messages[0].id)
    other = Chat.new(MODEL, online)
    composer.set_chat(other)
    assert not strip.isVisible()
    composer.set_chat(chat)
    assert strip.isVisible()
    destroy(other)


# --- what was changed can be had back -------------------------------------------------------------


def test_an_edit_that_was_cancelled_can_be_taken_up_again(
    composer: Composer, edit: MessageEdit, chat: Chat, qtbot: QtBot
) -> None:
    ask(chat, qtbot, "one")
    question = chat.messages.messages[0].id
    chat.edit(question)
    QTest.keyClicks(edit, ", and why")
    QTest.keyClick(edit, Qt.Key.Key_Escape)
    assert edit.toPlainText() == ""
    assert notes(composer) == ["The question stays as it was."]
    (note,) = composer.findChildren(Note)
    note._choices[0].click()
    qtbot.waitUntil(lambda: edit.toPlainText() == "one, and why")
    assert chat.editing == question
    assert notes(composer) == []


# --- keys -----------------------------------------------------------------------------------------


def test_up_in_an_empty_message_edits_what_was_asked_last(edit: MessageEdit, chat: Chat, qtbot: QtBot) -> None:
    ask(chat, qtbot, "one", "two")
    QTest.keyClick(edit, Qt.Key.Key_Up)
    assert chat.editing == chat.messages.messages[2].id
    assert edit.toPlainText() == "two"


@pytest.mark.parametrize("written", ["x", "\n"])
def test_up_moves_where_there_is_text(edit: MessageEdit, chat: Chat, qtbot: QtBot, written: str) -> None:
    ask(chat, qtbot, "one")
    edit.insert_text(written)
    QTest.keyClick(edit, Qt.Key.Key_Up)
    assert not chat.editing


def test_up_does_nothing_in_a_new_chat_beside_pictures_and_while_an_answer_comes(
    edit: MessageEdit, chat: Chat, api: ApiServer, picture: Write, qtbot: QtBot
) -> None:
    QTest.keyClick(edit, Qt.Key.Key_Up)
    assert not chat.editing
    ask(chat, qtbot, "one")
    chat.draft.attach([Source(path=str(picture()))])
    QTest.keyClick(edit, Qt.Key.Key_Up)
    assert not chat.editing
    chat.draft.remove_all()
    api.script(replies.recorded("stream_text.sse").hold("message_delta"))
    chat.draft.set_text("two")
    chat.worker.send()
    qtbot.waitUntil(lambda: chat.worker.phase == "streaming")
    QTest.keyClick(edit, Qt.Key.Key_Up)
    assert not chat.editing
    chat.worker.stop()
    rest(chat, qtbot)


def test_escape_leaves_the_edit_first_wherever_it_is_pressed(
    composer: Composer, edit: MessageEdit, chat: Chat, qtbot: QtBot
) -> None:
    ask(chat, qtbot, "one")
    chat.edit(chat.messages.messages[0].id)
    QTest.keyClick(edit, Qt.Key.Key_Escape)
    assert not chat.editing
    chat.edit(chat.messages.messages[0].id)
    QTest.keyClick(button(composer, "Attach pictures"), Qt.Key.Key_Escape)
    assert not chat.editing


def test_escape_stops_the_answer_when_nothing_is_edited(
    edit: MessageEdit, chat: Chat, api: ApiServer, qtbot: QtBot
) -> None:
    api.script(replies.recorded("stream_text.sse").hold("message_delta"))
    chat.draft.set_text("one")
    chat.worker.send()
    qtbot.waitUntil(lambda: chat.worker.phase == "streaming")
    QTest.keyClick(edit, Qt.Key.Key_Escape)
    rest(chat, qtbot)
    assert chat.messages.messages[-1].state == "stopped"


def test_escape_stops_a_version_on_its_way_and_then_leaves_the_edit(
    composer: Composer, edit: MessageEdit, chat: Chat, qtbot: QtBot
) -> None:
    ask(chat, qtbot, "one")
    question = chat.messages.messages[0].id
    chat.edit(question)
    QTest.keyClicks(edit, " more")
    QTest.keyClick(edit, Qt.Key.Key_Return)
    assert chat.worker.phase == "preparing"
    QTest.keyClick(edit, Qt.Key.Key_Escape)
    rest(chat, qtbot)
    assert chat.editing == question
    assert edit.toPlainText() == "one more"
    assert notes(composer) == []
    QTest.keyClick(edit, Qt.Key.Key_Escape)
    assert not chat.editing
    assert texts(chat) == ["one"]


def test_ctrl_z_in_an_empty_message_undoes_what_the_window_offers_first(
    composer: Composer, edit: MessageEdit, chat: Chat, picture: Write, qtbot: QtBot
) -> None:
    offers = [True]
    undone: list[bool] = []

    def undo() -> bool:
        undone.append(True)
        return offers.pop() if offers else False

    composer.undo_first(undo)
    chat.draft.attach([Source(path=str(picture()))])
    qtbot.waitUntil(lambda: chat.draft.ready)
    chat.draft.remove(0)
    control = Qt.KeyboardModifier.ControlModifier
    QTest.keyClick(edit, Qt.Key.Key_Z, control)
    assert names(chat) == []
    QTest.keyClick(edit, Qt.Key.Key_Z, control)
    assert names(chat) == ["red.png"]
    QTest.keyClick(edit, Qt.Key.Key_Z, control)
    assert len(undone) == 2


# --- pictures -------------------------------------------------------------------------------------


def test_its_pictures_can_be_kept_added_and_removed(
    edit: MessageEdit, chat: Chat, picture: Write, qtbot: QtBot
) -> None:
    for name, color in (("red.png", "#c03028"), ("blue.png", "#2840c0")):
        chat.draft.attach([Source(path=str(picture(name, color=color)))])
    ask(chat, qtbot, "one")
    question = chat.messages.messages[0]
    chat.edit(question.id)
    assert names(chat) == ["red.png", "blue.png"]
    qtbot.waitUntil(lambda: chat.draft.ready)
    assert chat.draft.first_number == 1
    chat.draft.remove(0)
    chat.draft.attach([Source(path=str(picture("green.png", color="#28a040")))])
    qtbot.waitUntil(lambda: chat.draft.ready)
    QTest.keyClick(edit, Qt.Key.Key_Return)
    rest(chat, qtbot)
    version = chat.messages.messages[0]
    assert [(image.number, image.name) for image in version.images] == [(1, "blue.png"), (2, "green.png")]
    chat.switch(version.id, -1)
    rest(chat, qtbot)
    assert [image.name for image in chat.messages.messages[0].images] == ["red.png", "blue.png"]


def test_a_picture_taken_out_counts_as_a_change(
    composer: Composer, edit: MessageEdit, chat: Chat, picture: Write, qtbot: QtBot
) -> None:
    chat.draft.attach([Source(path=str(picture()))])
    ask(chat, qtbot, "one")
    chat.edit(chat.messages.messages[0].id)
    qtbot.waitUntil(lambda: chat.draft.ready)
    QTest.keyClick(edit, Qt.Key.Key_Escape)
    assert notes(composer) == []
    chat.edit(chat.messages.messages[0].id)
    qtbot.waitUntil(lambda: chat.draft.ready)
    chat.draft.remove(0)
    QTest.keyClick(edit, Qt.Key.Key_Escape)
    assert notes(composer) == ["The question stays as it was."]


# --- room -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(860, 700), (720, 480), (400, 480)])
def test_strip_pictures_and_a_line_of_text_fit_into_the_window(
    window: QWidget, composer: Composer, chat: Chat, picture: Write, qtbot: QtBot, size: tuple[int, int]
) -> None:
    chat.draft.attach([Source(path=str(picture(f"{n}.png", color=f"#{n}03028"))) for n in range(9)])
    ask(chat, qtbot, "one")
    chat.edit(chat.messages.messages[0].id)
    window.resize(*size)
    qtbot.waitUntil(lambda: chat.draft.ready)
    strip, edit = composer.findChild(EditStrip), composer.findChild(MessageEdit)
    assert isinstance(strip, EditStrip)
    assert isinstance(edit, MessageEdit)
    qtbot.waitUntil(lambda: strip.height() >= strip.height_for(strip.width()))
    assert edit.height() >= LINE
    assert composer.height() >= composer.minimumSizeHint().height()
    assert window.rect().contains(composer.geometry())
    qtbot.waitUntil(lambda: composer.sizeHint().height() <= size[1] - ABOVE)
