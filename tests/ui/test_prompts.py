"""Saved prompts: chosen from the list, with "/" too, and kept in the library."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QMessageBox,
    QPushButton,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.conversation.chat import Chat, Tools
from app.conversation.gallery import Gallery
from app.conversation.prompt_library import PromptLibrary
from app.core.prompts import Prompt, Prompts
from app.ui.composer import Composer
from app.ui.message_edit import MessageEdit
from app.ui.prompts.button import PromptsButton
from app.ui.prompts.dialog import PromptDialog
from app.ui.prompts.popup import PromptPopup
from app.ui.theme import Theme


@pytest.fixture
def library(tools: Tools) -> PromptLibrary:
    library = PromptLibrary(Prompts(tools.store), tools.tasks, tools.account)
    library.put(Prompt("Roof", "Where does it leak?"))
    library.put(Prompt("Brief", "", "Be brief."))
    return library


class Desk:
    """A message and its button in a window."""

    def __init__(self, theme: Theme, library: PromptLibrary, chat: Chat, qtbot: QtBot) -> None:
        self.window = QWidget()
        self.edit = MessageEdit(theme)
        self.button = PromptsButton(theme, library, self.edit)
        self.button.set_chat(chat)
        row = QHBoxLayout(self.window)
        row.addWidget(self.button)
        row.addWidget(self.edit)
        qtbot.addWidget(self.window)
        self.window.show()
        self.window.activateWindow()
        self.edit.setFocus()

    @property
    def popup(self) -> PromptPopup:
        popup = self.button._popup
        assert popup is not None
        return popup

    def names(self) -> list[str]:
        listed = self.popup._list
        return [listed.item(row).text() for row in range(listed.count())]


@pytest.fixture
def desk(theme: Theme, library: PromptLibrary, chat: Chat, qtbot: QtBot) -> Desk:
    return Desk(theme, library, chat, qtbot)


class TestChoosing:
    def test_a_slash_opens_the_list_filtered_by_what_is_typed_and_is_gone_then(self, desk: Desk) -> None:
        QTest.keyClicks(desk.edit, "/")
        assert desk.popup.isVisible()
        assert desk.names()[:2] == ["Roof", "Brief"]
        QTest.keyClicks(desk.popup._field, "leak")
        assert desk.names() == ["Roof"]
        QTest.keyClick(desk.popup._field, Qt.Key.Key_Return)
        assert desk.edit.toPlainText() == "Where does it leak?"
        assert desk.edit.textCursor().atEnd()
        assert not desk.popup.isVisible()

    def test_a_slash_behind_words_or_put_in_by_itself_opens_nothing(self, desk: Desk) -> None:
        QTest.keyClicks(desk.edit, "and/or")
        assert desk.button._popup is None
        desk.edit.selectAll()
        QTest.keyClicks(desk.edit, "/")
        assert desk.edit.toPlainText() == "/"
        assert desk.button._popup is None, "something was written"
        desk.edit.clear()
        desk.edit.setPlainText("/")
        assert desk.edit.hasFocus()
        assert desk.button._popup is None

    def test_a_slash_that_an_input_method_puts_in_is_typed_too(self, desk: Desk) -> None:
        commit = QInputMethodEvent()
        commit.setCommitString("/")
        QApplication.sendEvent(desk.edit, commit)
        assert desk.popup.isVisible()

    def test_a_slash_can_be_kept_and_the_list_stays_away_until_one_is_typed_anew(
        self, desk: Desk, chat: Chat, qtbot: QtBot
    ) -> None:
        QTest.keyClicks(desk.edit, "/")
        QTest.keyClick(desk.popup, Qt.Key.Key_Escape)
        assert not desk.popup.isVisible()
        assert desk.edit.toPlainText() == "/"
        desk.window.activateWindow()
        desk.edit.setFocus()
        for key in (Qt.Key.Key_Space, Qt.Key.Key_Backspace, Qt.Key.Key_X, Qt.Key.Key_Backspace):
            QTest.keyClick(desk.edit, key)
        desk.button.set_chat(chat)
        assert desk.edit.toPlainText() == "/"
        assert not desk.popup.isVisible()
        with qtbot.waitSignal(desk.edit.submitted):
            QTest.keyClick(desk.edit, Qt.Key.Key_Return)
        QTest.keyClick(desk.edit, Qt.Key.Key_Backspace)
        QTest.keyClicks(desk.edit, "/")
        assert desk.popup.isVisible()

    def test_a_draft_that_is_a_slash_opens_nothing_where_it_is_shown(
        self, theme: Theme, library: PromptLibrary, tools: Tools, gallery: Gallery, chat: Chat, qtbot: QtBot
    ) -> None:
        composer = Composer(theme, tools.account, gallery)
        qtbot.addWidget(composer)
        composer.offer_prompts(library, tools.preferences, lambda _topic: None)
        other = Chat.new(chat.facts.model, tools, tools.account)
        other.draft.set_text("/")
        composer.show()
        composer.activateWindow()
        for shown in (chat, other, chat, other):
            composer.set_chat(shown)
            composer.focus()
            assert composer._edit.toPlainText() == shown.draft.text
        assert composer._prompts is not None
        assert composer._prompts._popup is None
        kept = other.draft.take()
        assert composer._edit.toPlainText() == ""
        other.draft.restore(kept)
        assert composer._edit.toPlainText() == "/"
        assert composer._prompts._popup is None, "given back: it could not be sent"

    def test_leaving_it_keeps_what_was_written(self, desk: Desk) -> None:
        QTest.keyClicks(desk.edit, "/")
        QTest.keyClick(desk.popup._field, Qt.Key.Key_Backspace)
        assert not desk.popup.isVisible()
        assert desk.edit.toPlainText() == "/"

    def test_it_comes_where_the_cursor_is(self, desk: Desk) -> None:
        desk.edit.setPlainText("Look:  Thanks.")
        cursor = desk.edit.textCursor()
        cursor.setPosition(6)
        desk.edit.setTextCursor(cursor)
        desk.button.click()
        desk.popup._choose(desk.popup._list.item(0))
        assert desk.edit.toPlainText() == "Look: Where does it leak? Thanks."

    def test_arrows_move_and_enter_takes_the_one_reached(self, desk: Desk, chat: Chat) -> None:
        QTest.keyClicks(desk.edit, "/")
        QTest.keyClick(desk.popup._field, Qt.Key.Key_Down)
        QTest.keyClick(desk.popup._field, Qt.Key.Key_Return)
        assert (desk.edit.toPlainText(), chat.facts.system) == ("", "Be brief.")

    def test_that_the_chat_has_another_system_prompt_is_said(self, desk: Desk, qtbot: QtBot) -> None:
        desk.button.click()
        with qtbot.waitSignal(desk.button.said) as told:
            desk.popup._choose(desk.popup._list.item(1))
        assert told.args is not None
        assert "the system prompt of “Brief”" in told.args[0]
        desk.button.click()
        with qtbot.assertNotEmitted(desk.button.said):
            desk.popup._choose(desk.popup._list.item(0))

    def test_a_system_prompt_that_is_there_is_replaced_only_when_said(
        self, desk: Desk, chat: Chat, qtbot: QtBot
    ) -> None:
        chat.set_system("Be long.")
        for words, wanted in (("Keep it", "Be long."), ("Replace", "Be brief.")):
            desk.button.click()
            desk.popup._choose(desk.popup._list.item(1))
            question = desk.window.findChild(QMessageBox)
            assert question is not None
            next(each for each in question.buttons() if each.text().replace("&", "") == words).click()
            assert chat.facts.system == wanted
            qtbot.waitUntil(lambda: desk.window.findChild(QMessageBox) is None)

    def test_those_to_begin_with_stand_below_ones_own(self, desk: Desk, library: PromptLibrary) -> None:
        desk.button.click()
        assert desk.names()[2:] == [prompt.name for prompt in library.starters]

    def test_it_stays_on_the_screen(self, desk: Desk) -> None:
        desk.button.open_list()
        for corner in (QPoint(-500, -500), QPoint(5000, 5000)):
            desk.popup.open_over(corner, can_save=True)
            assert desk.popup.screen().availableGeometry().contains(desk.popup.geometry())

    def test_what_is_written_can_be_saved_unless_it_is_nothing(self, desk: Desk, library: PromptLibrary) -> None:
        QTest.keyClicks(desk.edit, "/")
        assert not desk.popup._save.isEnabled()
        desk.popup.close()
        desk.edit.setPlainText("How many\nbirds are there, and of which kinds are all of them?")
        desk.button.click()
        desk.popup._save.click()
        saved = library.saved[-1]
        assert saved.text == "How many\nbirds are there, and of which kinds are all of them?"
        assert saved.name == "How many birds are there, and of which k"


class TestTheLibrary:
    @pytest.fixture
    def dialog(self, theme: Theme, library: PromptLibrary, desk: Desk) -> PromptDialog:
        dialog = PromptDialog(theme, library, desk.window)
        dialog.open()
        return dialog

    def press(self, dialog: PromptDialog, name: str) -> None:
        buttons = [*dialog.findChildren(QToolButton), *dialog.findChildren(QPushButton)]
        next(each for each in buttons if name in {each.accessibleName(), each.text()}).click()

    def test_what_is_written_is_kept_when_another_is_shown_and_when_it_closes(
        self, dialog: PromptDialog, library: PromptLibrary
    ) -> None:
        dialog._text.setPlainText("Where?")
        dialog._list.setCurrentIndex(library.index(1))
        assert (dialog._name.text(), dialog._system.toPlainText()) == ("Brief", "Be brief.")
        dialog._name.setText("  Short ")
        self.press(dialog, "Done")
        assert [(p.name, p.text, p.system) for p in library.saved] == [
            ("Roof", "Where?", ""),
            ("Short", "", "Be brief."),
        ]

    def test_what_is_written_is_kept_while_somebody_goes_on_writing(
        self, dialog: PromptDialog, library: PromptLibrary, qtbot: QtBot
    ) -> None:
        with qtbot.waitSignal(library.dataChanged):
            for letter in "Where":
                dialog._text.insertPlainText(letter)
        assert library.saved[0].text == "WhereWhere does it leak?"
        dialog._system.setPlainText("Be exact.")
        dialog.hide()
        assert library.saved[0].system == "Be exact."

    def test_one_is_added_moved_and_deleted(self, dialog: PromptDialog, library: PromptLibrary) -> None:
        self.press(dialog, "New prompt")
        dialog._name.setText("Birds")
        self.press(dialog, "Further up")
        self.press(dialog, "Further up")
        assert [p.name for p in library.saved] == ["Birds", "Roof", "Brief"]
        self.press(dialog, "Delete")
        assert [p.name for p in library.saved] == ["Roof", "Brief"]
        assert dialog._name.text() == "Roof"

    def test_nothing_can_be_written_where_there_is_none(self, dialog: PromptDialog, library: PromptLibrary) -> None:
        for _ in range(3):
            self.press(dialog, "Delete")
        assert library.saved == []
        assert not any(field.isEnabled() for field in (dialog._name, dialog._text, dialog._system))
        assert dialog.findChildren(QLineEdit)
        assert not any(button.isEnabled() for button in dialog._of_one)
        assert dialog._none.isVisible()

    def test_one_to_begin_with_becomes_ones_own(self, dialog: PromptDialog, library: PromptLibrary) -> None:
        self.press(dialog, "Begin with…")
        [menu] = dialog.findChildren(QMenu)
        assert [action.text() for action in menu.actions()] == [starter.name for starter in library.starters]
        menu.actions()[2].trigger()
        menu.close()
        assert dialog._none.isHidden()
        assert library.saved[-1].text == dialog._text.toPlainText() == library.starters[2].text

    def test_a_file_takes_them_along_and_one_that_holds_none_is_told(
        self, dialog: PromptDialog, library: PromptLibrary, tmp_path: Path, qtbot: QtBot
    ) -> None:
        path = tmp_path / "prompts.json"
        library.export(str(path))
        qtbot.waitUntil(path.exists)
        self.press(dialog, "Delete")
        with qtbot.waitSignal(library.imported) as told:
            library.bring_in(str(path))
        assert told.args == [1]
        assert [p.name for p in library.saved] == ["Brief", "Roof"]
        assert dialog._said.text() == "1 prompt has come."
        path.write_text("{}")
        for wrong in (path, tmp_path / "nowhere.json"):
            with qtbot.waitSignal(library.refused):
                library.bring_in(str(wrong))
        assert "no prompts" in dialog._said.text()
