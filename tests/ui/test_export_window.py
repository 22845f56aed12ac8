"""The ways to export and import from the window: Ctrl+E, the list's menu, the settings."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.conversation.desk import Desk
from app.conversation.gallery import Gallery
from app.conversation.tools import Tools
from app.ui.conversation_menu import conversation_menu
from app.ui.export_dialog import ExportDialog
from app.ui.import_dialog import ImportDialog
from app.ui.main_window import MainWindow
from app.ui.settings_dialog import SettingsDialog
from app.ui.theme import Theme
from tests.conftest import finish
from tests.talks import store_whole, talk


@pytest.fixture
def window(qtbot: QtBot, theme: Theme, tools: Tools, gallery: Gallery, tmp_path: Path) -> MainWindow:
    """With two conversations in its list, in a new chat."""
    for name in ("one", "two"):
        finish(store_whole(tools.store, talk(chat=name, title=name)))
    desk = Desk(tools)
    desk.start()
    window = MainWindow(theme, tools, desk, gallery, tmp_path / "data")
    desk.setParent(window)
    qtbot.addWidget(window)
    with qtbot.waitSignal(window.painted):
        window.show()
    return window


def opened(window: MainWindow) -> list[str]:
    """The conversations that are about to be exported."""
    return [each.title for dialog in window.findChildren(ExportDialog) for each in dialog._conversations]


def test_the_open_conversation_is_exported_by_its_key(window: MainWindow, qtbot: QtBot) -> None:
    window._desk.open("two")
    QTest.keyClick(window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: opened(window) == ["two"])


def test_of_the_list_it_exports_what_is_chosen_there(window: MainWindow, qtbot: QtBot) -> None:
    window._desk.open("two")
    listed = window._sidebar.list
    listed.setFocus()
    listed.setCurrentIndex(window._desk.history.index(window._desk.history.row_of("one")))
    QTest.keyClick(listed, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: opened(window) == ["one"])
    menu = conversation_menu(window._desk, listed, window._sidebar, window._sidebar.export_requested.emit)
    keys = {each.text(): each.shortcut().toString() for each in menu.actions()}
    assert keys["Export…"] == "Ctrl+E"


def test_a_temporary_chat_is_exported_from_memory_and_that_is_said(window: MainWindow, qtbot: QtBot) -> None:
    desk = window._desk
    desk.temporary_chat()
    window._dialogs.export()
    assert opened(window) == []
    desk.current.draft.set_text("A question")
    with qtbot.waitSignal(desk.current.worker.answered):
        desk.current.worker.send()
    qtbot.waitUntil(lambda: not desk.current.worker.busy)
    window._dialogs.export()
    assert opened(window) == ["A question"]
    [dialog] = window.findChildren(ExportDialog)
    assert any("This chat is temporary" in label.text() for label in dialog.findChildren(QLabel))
    dialog.close()
    desk.end_temporary()


def test_a_chat_in_which_nothing_was_said_has_nothing_to_export(window: MainWindow) -> None:
    window._dialogs.export()
    assert opened(window) == []


def test_what_is_chosen_in_the_list_is_exported_by_its_menu(window: MainWindow) -> None:
    sidebar = window._sidebar
    sidebar.list.selectAll()
    menu = conversation_menu(window._desk, sidebar.list, sidebar, sidebar.export_requested.emit)
    next(action for action in menu.actions() if action.text() == "Export…").trigger()
    assert sorted(opened(window)) == ["one", "two"]


def test_what_is_imported_from_the_settings_comes_into_the_list(window: MainWindow) -> None:
    window._dialogs.settings()
    settings = window.findChild(SettingsDialog)
    assert isinstance(settings, SettingsDialog)
    next(b for b in settings.findChildren(QPushButton) if b.text() == "Import…").click()
    dialog = window.findChild(ImportDialog)
    assert isinstance(dialog, ImportDialog)
    dialog.arrived.emit(talk(chat="three", title="three").conversation)
    assert window._desk.history.find("three") is not None
