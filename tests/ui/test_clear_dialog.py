"""The dialog that removes old originals: its figures come first, and what is gone is told where it was."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QRadioButton
from pytestqt.qtbot import QtBot

from app.conversation.attachment import Source
from app.conversation.chat import Chat
from app.conversation.gallery import Gallery
from app.conversation.tools import Tools
from app.ui.clear_dialog import ClearDialog
from app.ui.figures import file_size
from app.ui.theme import Theme
from tests import pictures
from tests.conftest import destroy, finish
from tests.ui.viewer_window import Room, Window, canvas, key

DAY = 86_400.0


@pytest.fixture
def window(qtbot: QtBot) -> Window:
    window = Window()
    qtbot.addWidget(window)
    window.resize(1100, 700)
    window.show()
    return window


@pytest.fixture
def chat(tools: Tools, qtbot: QtBot) -> Iterator[Chat]:
    """A picture that was made smaller, sent seven months ago."""
    chat = Chat.new("claude-sonnet-5-5", tools)
    chat.draft.attach([Source(data=pictures.png(3840, 2160), name="roof.png")])
    chat.draft.set_text("How old?")
    finish(chat.draft.settled())
    chat.worker.send()
    qtbot.waitUntil(lambda: len(chat.messages.messages) == 2 and not chat.worker.busy, timeout=20_000)
    then = time.time() - 7 * 31 * DAY
    old = [replace(message, created=then) for message in chat.messages.messages]
    finish(tools.store.replace_messages(chat.facts.id, old))
    for path in tools.pictures._folder.glob("??/*"):
        os.utime(path, (then, then))
    yield chat
    finish(tools.tasks.close())
    destroy(chat)


@pytest.fixture
def dialog(theme: Theme, tools: Tools, chat: Chat, window: Window) -> ClearDialog:
    assert chat.is_stored
    dialog = ClearDialog(theme, tools, window)
    dialog.open()
    return dialog


def remove(dialog: ClearDialog) -> QPushButton:
    return next(each for each in dialog.findChildren(QPushButton) if each.text().startswith("Remove"))


def test_it_says_what_it_frees_before_and_does_it_by_keyboard(
    dialog: ClearDialog, chat: Chat, tools: Tools, qtbot: QtBot
) -> None:
    [image] = chat.messages.messages[0].images
    size = tools.pictures.path(image.original).stat().st_size
    qtbot.waitUntil(lambda: dialog._frees.text() == "There is nothing to remove.")
    assert not remove(dialog).isEnabled()
    older = dialog.findChildren(QRadioButton)
    assert [each.text().split(" (")[0] for each in older] == [f"Older than {n} months" for n in (3, 6, 12)]
    qtbot.waitUntil(older[2].hasFocus)
    QTest.keyClick(older[2], Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: dialog._frees.text() == f"Originals to remove: 1. That frees {file_size(size)}.")
    assert tools.pictures.path(image.original).exists()
    remove(dialog).setFocus()
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: dialog._frees.text() == f"Removed originals: 1. Freed: {file_size(size)}.")
    assert not tools.pictures.path(image.original).exists()
    assert tools.pictures.path(image.sent).exists()
    assert remove(dialog).isHidden()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_closed_without_a_press_nothing_goes(dialog: ClearDialog, chat: Chat, tools: Tools, qtbot: QtBot) -> None:
    dialog.findChildren(QRadioButton)[0].click()
    qtbot.waitUntil(lambda: remove(dialog).isEnabled())
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    [image] = chat.messages.messages[0].images
    assert tools.pictures.path(image.original).exists()


@pytest.mark.usefixtures("american_figures")
def test_the_viewer_says_since_when_the_original_is_gone_and_shows_what_was_sent(
    theme: Theme, tools: Tools, gallery: Gallery, chat: Chat, window: Window, qtbot: QtBot
) -> None:
    [image] = chat.messages.messages[0].images
    tools.pictures.clear([image.original], 1_795_262_400.0)
    viewer = Room(theme, gallery, tools, chat, window, qtbot).sent()
    qtbot.waitUntil(lambda: not canvas(viewer).empty, timeout=20_000)
    key(viewer, Qt.Key.Key_C)
    words = "roof.png: the original was removed on 21 Nov 2026 to make room.\nWhat Claude sees of it is kept."
    qtbot.waitUntil(lambda: canvas(viewer).text == words, timeout=20_000)
    key(viewer, Qt.Key.Key_C)
    qtbot.waitUntil(lambda: not canvas(viewer).empty, timeout=20_000)
