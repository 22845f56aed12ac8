"""Where the keyboard goes in the window: from the list to the message, to one of the trash and back; all keys told."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.conversation.desk import Desk
from app.conversation.gallery import Gallery
from app.conversation.history import ARCHIVE, CHATS, TRASH
from app.conversation.tools import Tools
from app.core.message import Message, ReplyBlock
from app.core.rows import Conversation
from app.ui.help.keys import KeysWindow
from app.ui.main_window import MainWindow
from app.ui.sources import Dropped
from app.ui.theme import Theme
from tests.conftest import finish
from tests.stored import add_conversation
from tests.transcripts import MODEL


@pytest.fixture
def window(qtbot: QtBot, theme: Theme, tools: Tools, gallery: Gallery, tmp_path: Path) -> MainWindow:
    """With a conversation in its list, in a new chat."""
    finish(add_conversation(tools.store, Conversation("one", title="one", model=MODEL)))
    finish(tools.store.add_message("one", Message.from_user("How many?", (), id="q")))
    answer = Message("assistant", (ReplyBlock({"type": "text", "text": "Two."}),), id="a", model=MODEL)
    finish(tools.store.add_message("one", answer, "q"))
    desk = Desk(tools)
    desk.start()
    window = MainWindow(theme, tools, desk, gallery, tmp_path / "data")
    desk.setParent(window)
    qtbot.addWidget(window)
    with qtbot.waitSignal(window.painted):
        window.show()
    return window


def click(window: MainWindow) -> None:
    """On the first row of the list."""
    listed = window._sidebar.list
    place = listed.visualRect(listed.model().index(0, 0)).bottomLeft() + QPoint(80, -20)
    QTest.mouseClick(listed.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert listed.hasFocus()


def seen(window: MainWindow) -> dict[str, QAbstractButton]:
    """The buttons, by their names."""
    return {button.accessibleName(): button for button in window.findChildren(QAbstractButton) if button.isVisible()}


def message(window: MainWindow) -> QWidget:
    return next(each for each in window.findChildren(QWidget) if each.accessibleName() == "Message")


@pytest.mark.parametrize("keys", ["Ctrl+N", "Ctrl+Shift+N", "Ctrl+V"])
def test_keys_that_lead_to_the_message_take_the_keyboard_from_the_list(
    window: MainWindow, tools: Tools, qtbot: QtBot, keys: str
) -> None:
    desk = window._desk
    desk.cabinet.archive(["one"])
    desk.cabinet.show(ARCHIVE)
    click(window)
    assert desk.current.facts.id == "one"
    QGuiApplication.clipboard().setText("Two")
    QTest.keySequence(window._sidebar.list, QKeySequence(keys))
    assert message(window).hasFocus()
    assert (desk.history.view == CHATS) == (keys == "Ctrl+N")
    if keys == "Ctrl+V":
        assert desk.current.draft.text == "Two"
    desk.end_temporary()
    qtbot.waitUntil(lambda: not tools.tasks._running)


class TestTheTrash:
    @pytest.fixture
    def shown(self, window: MainWindow, qtbot: QtBot) -> MainWindow:
        """With the conversation in the trash, and open there."""
        window._desk.delete("one")
        window._desk.cabinet.show(TRASH)
        qtbot.waitUntil(lambda: window._desk.history.rowCount() == 1)
        click(window)
        qtbot.waitUntil(lambda: not window._chat.loading)
        return window

    def test_in_the_place_of_the_message_is_a_way_back(self, shown: MainWindow, qtbot: QtBot) -> None:
        qtbot.waitUntil(lambda: any(name.startswith("Copy") for name in seen(shown)))
        buttons = seen(shown)
        assert not message(shown).isVisible()
        assert not any(name.startswith("Retry") for name in buttons)
        QTest.keyClick(shown._sidebar.list, Qt.Key.Key_X)
        assert shown._chat.draft.text == ""
        buttons["Restore"].click()  # as a screen reader does, without the focus
        assert (shown._desk.current.facts.id, shown._desk.is_in_trash) == ("one", False)
        assert message(shown).hasFocus()
        qtbot.waitUntil(lambda: any(name.startswith("Retry") for name in seen(shown)))

    def test_what_is_pasted_or_dropped_goes_in_a_new_chat(self, shown: MainWindow, qtbot: QtBot) -> None:
        image = QImage(300, 200, QImage.Format.Format_RGB32)
        image.fill(Qt.GlobalColor.red)
        QGuiApplication.clipboard().setImage(image)
        QTest.keySequence(shown._sidebar.list, QKeySequence("Ctrl+V"))
        assert (shown._desk.history.view, message(shown).isVisible()) == (CHATS, True)
        draft = shown._chat.draft
        qtbot.waitUntil(lambda: len(draft.pictures) == 1 and draft.ready)
        shown._desk.cabinet.show(TRASH)
        qtbot.waitUntil(lambda: shown._desk.history.rowCount() == 1)
        click(shown)
        shown._take_drop(Dropped())
        assert shown._chat is not None
        assert not shown._desk.is_in_trash

    def test_nothing_of_it_is_exported_by_its_key(self, shown: MainWindow) -> None:
        noted: list[str] = []
        shown._dialogs.noted.connect(noted.append)
        shown._export()
        assert noted == []


def test_the_list_of_keys_is_that_of_the_window(window: MainWindow) -> None:
    QTest.keySequence(window, QKeySequence("Ctrl+/"))
    [keys] = window.findChildren(KeysWindow)
    words = [label.text() for label in keys.findChildren(QLabel)]
    native = QKeySequence.SequenceFormat.NativeText
    for action in window.actions():
        assert words[words.index(action.text()) + 1] == action.shortcut().toString(native)
    assert {"Rename", "F2", "Delete", "Del"} <= set(words)
    window._dialogs.keys()
    assert window.findChildren(KeysWindow) == [keys]
    keys.close()
