"""The sidebar: choosing several conversations, putting them elsewhere, the views and the trash."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QInputDialog, QLineEdit, QMenu, QMessageBox
from pytestqt.qtbot import QtBot

from app.conversation.chat import Tools
from app.conversation.desk import Desk
from app.conversation.gallery import Gallery
from app.conversation.history import ARCHIVE, CHATS, TRASH, HistoryModel
from app.core import backup, private
from app.core.filing import Filed
from app.core.rows import Conversation
from app.ui.conversation_menu import conversation_menu
from app.ui.sidebar import Sidebar
from app.ui.theme import Theme
from tests.ui.test_sidebar import button, fill, middle, rows

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def sidebar(theme: Theme, desk: Desk, gallery: Gallery, qtbot: QtBot) -> Sidebar:
    sidebar = Sidebar(theme, desk, gallery)
    qtbot.addWidget(sidebar)
    sidebar.resize(256, 700)
    sidebar.show()
    sidebar.activateWindow()
    return sidebar


@pytest.fixture
def ids(sidebar: Sidebar, tools: Tools, desk: Desk) -> list[str]:
    """Five conversations: Talk 0 to Talk 4."""
    assert sidebar.isVisible()
    return [conversation.id for conversation in fill(tools, desk, 5)]


def click(sidebar: Sidebar, row: int, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.mouseClick(sidebar.list.viewport(), Qt.MouseButton.LeftButton, keys, middle(sidebar.list, row))


def entries(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions() if not action.isSeparator()]


def choose(menu: QMenu, words: str) -> None:
    next(action for action in menu.actions() if action.text() == words).trigger()


def menu_of(sidebar: Sidebar) -> QMenu:
    return conversation_menu(sidebar._desk, sidebar.list, sidebar)


def name(sidebar: Sidebar, text: str) -> None:
    """Answer the question for a name."""
    dialog = sidebar.findChild(QInputDialog)
    assert dialog is not None
    dialog.findChildren(QLineEdit)[0].setText(text)
    dialog.accept()
    QApplication.sendPostedEvents(dialog)


def test_rename_is_for_the_chat_the_menu_was_opened_for(sidebar: Sidebar, desk: Desk, ids: Sequence[str]) -> None:
    sidebar.list.setCurrentIndex(desk.history.index(2))
    menu = menu_of(sidebar)
    last = desk.history.find(ids[4])
    assert last is not None
    desk.history.put(replace(last, updated=last.updated + 1e6))  # its answer has ended
    choose(menu, "Rename")
    assert desk.history.conversations[sidebar.list._renamed.row()].id == ids[2]
    menu.close()


class TestChoosing:
    def test_ctrl_and_shift_choose_and_open_nothing(self, sidebar: Sidebar, desk: Desk, ids: Sequence[str]) -> None:
        click(sidebar, 0)
        opened = desk.current
        click(sidebar, 2, CONTROL)
        click(sidebar, 4, SHIFT)
        assert list(sidebar.list.chosen_ids) == [ids[0], *ids[2:]]
        click(sidebar, 3, CONTROL)
        assert list(sidebar.list.chosen_ids) == [ids[0], ids[2], ids[4]]
        assert desk.current is opened

    def test_ctrl_a_takes_all_also_those_out_of_sight(self, sidebar: Sidebar, desk: Desk) -> None:
        now = time.time()
        desk.history.reset(Conversation(f"{n:032x}", f"Talk {n}", updated=now - n) for n in range(700))
        sidebar.list.setFocus()
        QTest.keyClick(sidebar.list, Qt.Key.Key_A, CONTROL)
        assert len(sidebar.list.chosen_ids) == 700
        QTest.keyClick(sidebar.list, Qt.Key.Key_Escape)
        assert len(sidebar.list.chosen_ids) == 1

    def test_delete_takes_all_that_are_chosen_and_undo_brings_all_back(
        self, sidebar: Sidebar, ids: Sequence[str]
    ) -> None:
        sidebar.list.setFocus()
        click(sidebar, 1, CONTROL)
        click(sidebar, 3, CONTROL)
        QTest.keyClick(sidebar.list, Qt.Key.Key_Delete)
        assert rows(sidebar) == ["Talk 0", "Talk 2", "Talk 4"]
        assert sidebar.list.chosen_ids == (ids[2],)
        assert "2 chats" in sidebar._undo._words.text()
        QTest.keyClick(sidebar.list, Qt.Key.Key_Z, CONTROL)
        assert rows(sidebar) == [f"Talk {n}" for n in range(5)]

    def test_the_bar_tells_how_many_and_archives_them(self, sidebar: Sidebar, desk: Desk, ids: Sequence[str]) -> None:
        assert ids
        click(sidebar, 1)
        assert not sidebar._bar.isVisible()
        click(sidebar, 2, CONTROL)
        assert sidebar._bar.isVisible()
        assert sidebar._bar._words.text() == "2 chats"
        button(sidebar, "Archive").click()
        assert rows(sidebar) == ["Talk 0", "Talk 3", "Talk 4"]
        assert not sidebar._bar.isVisible()
        desk.cabinet.show(ARCHIVE)
        assert rows(sidebar) == ["Talk 1", "Talk 2"]

    def test_what_is_chosen_is_painted_as_long_as_it_is_several(self, sidebar: Sidebar, ids: Sequence[str]) -> None:
        assert ids
        soft = sidebar._theme.tokens.soft.lower()

        def ground(row: int) -> str:
            rect = sidebar.list.visualRect(sidebar.list.model().index(row, 0))
            return sidebar.list.grab().toImage().pixelColor(rect.right() - 20, rect.bottom() - 6).name()

        sidebar.list.setCurrentIndex(sidebar.list.model().index(1, 0))
        assert ground(1) != soft
        click(sidebar, 2, CONTROL)
        assert (ground(1), ground(2)) == (soft, soft)

    def test_what_undo_brings_back_is_chosen_alone(self, sidebar: Sidebar, desk: Desk, ids: Sequence[str]) -> None:
        desk.open(ids[1])
        sidebar.list.setFocus()
        QTest.keyClick(sidebar.list, Qt.Key.Key_Delete)
        QTest.keyPress(sidebar.windowHandle(), Qt.Key.Key_Z, CONTROL)  # held, as Qt itself sees it
        assert sidebar.list.chosen_ids == (ids[1],)
        QTest.keyRelease(sidebar.windowHandle(), Qt.Key.Key_Z)
        QTest.keyClick(sidebar.list, Qt.Key.Key_Delete)
        assert rows(sidebar) == ["Talk 0", "Talk 2", "Talk 3", "Talk 4"]

    def test_end_goes_to_the_last_and_what_is_opened_elsewhere_is_scrolled_to(
        self, sidebar: Sidebar, desk: Desk
    ) -> None:
        now = time.time()
        desk.history.reset(Conversation(f"{n:032x}", f"Talk {n}", updated=now - n) for n in range(700))
        sidebar.list.setFocus()
        QTest.keyClick(sidebar.list, Qt.Key.Key_End)
        assert sidebar.list.currentIndex().data() == "Talk 699"
        desk.history.reset(desk.history.conversations)
        assert desk.history.rowCount() < 700
        desk.open(f"{650:032x}")
        assert sidebar.list.currentIndex().data() == "Talk 650"
        assert sidebar.list.viewport().rect().contains(middle(sidebar.list, 650))


class TestArchiving:
    def test_is_told_and_undone_pins_and_all(self, sidebar: Sidebar, desk: Desk, ids: Sequence[str]) -> None:
        desk.cabinet.pin([ids[3]])
        sidebar.list.setFocus()
        sidebar.list.setCurrentIndex(desk.history.index(0))
        choose(menu_of(sidebar), "Archive")
        assert "Talk 3" not in rows(sidebar)
        assert sidebar._undo._words._whole == "Archived “Talk 3”."
        QTest.keyClick(sidebar.list, Qt.Key.Key_Z, CONTROL)
        assert rows(sidebar)[0] == "Talk 3"
        assert desk.history.filed(ids[3]) == Filed(pinned=True)
        assert not sidebar._undo.isVisible()

    def test_of_several_and_out_of_it_again(self, sidebar: Sidebar, desk: Desk, ids: Sequence[str]) -> None:
        desk.cabinet.archive(ids[:2])
        assert sidebar._undo._words._whole == "Archived 2 chats."
        desk.cabinet.archive(ids[:1], on=False)
        assert sidebar._undo._words._whole == "Unarchived “Talk 0”."
        button(sidebar, "Undo").click()
        assert desk.history.filed(ids[0]).archived

    def test_undo_after_a_deletion_is_that_of_the_deletion(
        self, sidebar: Sidebar, desk: Desk, ids: Sequence[str]
    ) -> None:
        desk.cabinet.archive([ids[0]])
        desk.delete(ids[1])
        button(sidebar, "Undo").click()
        assert rows(sidebar) == ["Talk 1", "Talk 2", "Talk 3", "Talk 4"]

    def test_a_long_title_gives_way_and_the_rest_stays_whole(
        self, sidebar: Sidebar, desk: Desk, ids: Sequence[str]
    ) -> None:
        desk.rename(ids[0], "What is owed for the roof and for the wall behind it")
        desk.cabinet.archive([ids[0]])
        sidebar.grab()
        words = sidebar._undo._words
        assert words.text().startswith("Archived “What")
        assert words.text().endswith("…”.")
        assert words.fontMetrics().horizontalAdvance(words.text()) <= words.width()


class TestTheMenu:
    def test_of_one_and_of_many(self, sidebar: Sidebar, ids: Sequence[str]) -> None:
        sidebar.list.setCurrentIndex(sidebar.list.model().index(1, 0))
        one = entries(menu_of(sidebar))
        assert one[:2] == ["Open", "Rename"]
        click(sidebar, 2, CONTROL)
        many = entries(menu_of(sidebar))
        assert "Open" not in many
        keys = {each.text(): each.shortcut().toString() for each in menu_of(sidebar).actions() if each.text()}
        assert keys["Delete"] == "Del"
        assert {"Pin", "Mark as unread", "Move to", "Archive", "Delete"} <= set(one) & set(many)
        assert ids

    def test_pins_and_marks_and_takes_back(self, sidebar: Sidebar, desk: Desk, ids: Sequence[str]) -> None:
        sidebar.list.setCurrentIndex(sidebar.list.model().index(3, 0))
        choose(menu_of(sidebar), "Pin")
        choose(menu_of(sidebar), "Mark as unread")
        assert desk.history.filed(ids[3]) == Filed(pinned=True, unread=True)
        assert rows(sidebar)[0] == "Talk 3"
        assert sidebar.list._row.headings == {0: "Pinned", 1: "Today"}
        choose(menu_of(sidebar), "Unpin")
        choose(menu_of(sidebar), "Mark as read")
        assert desk.history.filed(ids[3]) == Filed()

    def test_moves_to_a_folder_that_is_made_for_it(self, sidebar: Sidebar, desk: Desk, ids: Sequence[str]) -> None:
        sidebar.list.setCurrentIndex(sidebar.list.model().index(3, 0))
        click(sidebar, 4, CONTROL)
        moves = menu_of(sidebar).findChildren(QMenu)[0]
        choose(moves, "New folder…")
        name(sidebar, "A & B")
        [folder] = desk.cabinet.folders
        desk.cabinet.show(folder.id)
        assert rows(sidebar) == ["Talk 3", "Talk 4"]
        assert sidebar._view.accessibleName() == "Shown: A & B"
        sidebar.list.setCurrentIndex(sidebar.list.model().index(0, 0))
        moves = menu_of(sidebar).findChildren(QMenu)[0]
        assert [action.text() for action in moves.actions() if action.isChecked()] == ["A && B"]
        choose(moves, "No folder")
        assert rows(sidebar) == ["Talk 4"]
        assert desk.history.filed(ids[3]) == Filed()

    def test_opens_by_mouse_on_a_row_and_by_key_on_the_current_one(
        self, sidebar: Sidebar, qtbot: QtBot, ids: Sequence[str]
    ) -> None:
        view = sidebar.list.viewport()
        sidebar.list.setCurrentIndex(sidebar.list.model().index(2, 0))
        for reason, at, wanted in (
            (QContextMenuEvent.Reason.Mouse, QPoint(80, 10), False),
            (QContextMenuEvent.Reason.Mouse, middle(sidebar.list, 1), True),
            (QContextMenuEvent.Reason.Keyboard, QPoint(80, 10), True),
        ):
            event = QContextMenuEvent(reason, at, view.mapToGlobal(at))
            QApplication.sendEvent(view, event)
            shown = sidebar.findChild(QMenu)
            assert (shown is not None) == wanted
            if shown is not None:
                shown.close()
                qtbot.waitUntil(lambda: sidebar.findChild(QMenu) is None)
        assert ids


class TestTheViews:
    def test_the_switch_shows_the_archive_and_new_chat_shows_all_again(
        self, sidebar: Sidebar, desk: Desk, ids: Sequence[str]
    ) -> None:
        desk.cabinet.archive([ids[0]])
        sidebar._view.open_menu()
        menu = sidebar._view.findChildren(QMenu)[0]
        assert entries(menu) == ["All chats", "New folder…", "Archive", "Trash"]
        choose(menu, "Archive")
        menu.close()
        assert rows(sidebar) == ["Talk 0"]
        assert sidebar._view.accessibleName() == "Shown: Archive"
        QTest.mouseClick(button(sidebar, "New chat"), Qt.MouseButton.LeftButton)
        assert desk.history.view == CHATS

    def test_a_folder_is_made_renamed_and_removed_there(self, sidebar: Sidebar, desk: Desk, qtbot: QtBot) -> None:
        def open_menu() -> QMenu:
            qtbot.waitUntil(lambda: not sidebar._view.findChildren(QMenu))
            sidebar._view.open_menu()
            menu: QMenu = sidebar._view.findChildren(QMenu)[0]
            menu.close()
            return menu

        choose(open_menu(), "New folder…")
        name(sidebar, "Work")
        assert sidebar._view.accessibleName() == "Shown: Work"
        assert sidebar._empty.text() == "This folder is empty. Right-click a chat and choose Move to."
        qtbot.waitUntil(lambda: sidebar.findChild(QInputDialog) is None)
        choose(open_menu(), "Rename this folder…")
        name(sidebar, "Play")
        assert sidebar._view.accessibleName() == "Shown: Play"
        choose(open_menu(), "Remove this folder, keep its chats")
        assert (sidebar._view.accessibleName(), desk.cabinet.folders) == ("Shown: All chats", [])

    def test_what_is_in_the_trash_is_restored_or_deleted_for_good_when_said_twice(
        self, sidebar: Sidebar, desk: Desk, ids: Sequence[str], qtbot: QtBot
    ) -> None:
        desk.delete(ids[0], ids[1], ids[2])
        desk.cabinet.show(TRASH)
        qtbot.waitUntil(lambda: len(rows(sidebar)) == 3)
        assert sidebar.list._row.headings == {0: "Deleted for good after 30 days"}
        assert sidebar.list._row._second_line(sidebar.list.model().index(0, 0)) == "30 days left"
        sidebar.list.setFocus()
        sidebar.list.setCurrentIndex(desk.history.index(0))
        restored = str(desk.history.index(0).data())
        button(sidebar, "Restore").click()
        qtbot.waitUntil(lambda: len(rows(sidebar)) == 2)
        sidebar.list.setCurrentIndex(desk.history.index(0))
        assert entries(menu_of(sidebar)) == ["Read", "Restore", "Delete for good…"]
        assert button(sidebar, "Delete for good…").isVisible()
        last = str(desk.history.index(0).data())
        assert self.answer(sidebar, "Cancel", qtbot) == f"Delete “{last}” for good? It cannot be brought back."
        assert len(rows(sidebar)) == 2
        self.answer(sidebar, "Delete for good", qtbot)
        qtbot.waitUntil(lambda: len(rows(sidebar)) == 1)
        desk.cabinet.show(CHATS)
        assert restored in rows(sidebar)

    @pytest.mark.parametrize("full", [False, True])
    def test_before_the_trash_is_emptied_a_backup_is_made_where_there_is_room(
        self, sidebar: Sidebar, desk: Desk, tools: Tools, ids: Sequence[str], qtbot: QtBot, full: bool
    ) -> None:
        backups = tools.store.path.parent / backup.FOLDER
        if full:
            private.touch(backups)
        desk.delete(ids[0], ids[1])
        desk.cabinet.show(TRASH)
        qtbot.waitUntil(lambda: len(rows(sidebar)) == 2)
        sidebar._empty_trash()
        question = sidebar.findChild(QMessageBox)
        assert question is not None
        next(each for each in question.buttons() if each.text().replace("&", "") == "Delete for good").click()
        qtbot.waitUntil(lambda: len(rows(sidebar)) == 0)
        made = [backup.verified(each.path).counts["conversations"] for each in backup.backups(backups)]
        assert made == ([] if full else [len(ids)])

    def answer(self, sidebar: Sidebar, words: str, qtbot: QtBot) -> str:
        """Returns what was asked."""
        QTest.keyClick(sidebar.list, Qt.Key.Key_Delete)
        question = sidebar.findChild(QMessageBox)
        assert question is not None
        asked = question.text()
        next(each for each in question.buttons() if each.text().replace("&", "") == words).click()
        qtbot.waitUntil(lambda: sidebar.findChild(QMessageBox) is None)
        return asked

    def test_what_is_chosen_in_the_trash_is_seen_without_the_keyboard(
        self, sidebar: Sidebar, desk: Desk, ids: Sequence[str], qtbot: QtBot
    ) -> None:
        desk.delete(ids[0], ids[1])
        desk.cabinet.show(TRASH)
        qtbot.waitUntil(lambda: len(rows(sidebar)) == 2)
        sidebar.list.setCurrentIndex(desk.history.index(1))
        button(sidebar, "Search").setFocus()
        rect = sidebar.list.visualRect(desk.history.index(1))
        ground = sidebar.list.grab().toImage().pixelColor(rect.right() - 20, rect.bottom() - 6)
        assert ground.name() == sidebar._theme.tokens.soft.lower()

    def test_a_click_in_the_trash_shows_it_to_be_read(
        self, sidebar: Sidebar, desk: Desk, ids: Sequence[str], qtbot: QtBot
    ) -> None:
        desk.delete(ids[2])
        desk.cabinet.show(TRASH)
        qtbot.waitUntil(lambda: len(rows(sidebar)) == 1)
        click(sidebar, 0)
        assert (desk.current.facts.id, desk.is_in_trash) == (ids[2], True)
        assert sidebar.list._row.busy == set()
        qtbot.waitUntil(lambda: not desk.current.loading)

    def test_nothing_is_renamed_in_the_trash(
        self, sidebar: Sidebar, desk: Desk, ids: Sequence[str], qtbot: QtBot
    ) -> None:
        desk.delete(ids[0])
        desk.cabinet.show(TRASH)
        qtbot.waitUntil(lambda: len(rows(sidebar)) == 1)
        sidebar.list.rename_row(desk.history.index(0))
        assert not sidebar.list.findChildren(QLineEdit)


def test_a_mark_for_what_comes_and_another_for_what_has_come(sidebar: Sidebar, desk: Desk, ids: Sequence[str]) -> None:
    def inked() -> int:
        rect = sidebar.list.visualRect(desk.history.index(2))
        image = sidebar.list.grab().toImage()
        accent = sidebar._theme.tokens.accent.lower()
        return sum(
            image.pixelColor(x, y).name() == accent
            for x in range(rect.right() - 60, rect.right())
            for y in range(rect.top(), rect.bottom())
        )

    assert inked() == 0
    desk.cabinet.mark_unread([ids[2]])
    dot = inked()
    sidebar.list.set_busy(ids[2], busy=True)
    assert 0 < inked() < dot
    assert desk.history.index(2).data(HistoryModel.FiledRole).unread
