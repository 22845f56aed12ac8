"""The sidebar and its list of conversations."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QDate, QEvent, QObject, QPoint, Qt, QTime, QTimeZone
from PySide6.QtGui import QImage, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QPushButton
from pytestqt.qtbot import QtBot

from app.conversation.attachment import Source
from app.conversation.chat import Tools
from app.conversation.desk import Desk
from app.conversation.gallery import Gallery
from app.conversation.history import HistoryModel
from app.core.rows import Conversation
from app.ui.conversation_list import ConversationList
from app.ui.conversation_row import shortened
from app.ui.periods import headings
from app.ui.sidebar import Sidebar
from app.ui.theme import Theme
from tests.conftest import finish
from tests.stored import add_conversation


def fill(tools: Tools, desk: Desk, count: int = 3) -> list[Conversation]:
    """Conversations of a minute each, the newest first, in the store and in the list."""
    now = time.time()
    made = [
        Conversation(f"{n:032x}", f"Talk {n}", "claude-sonnet-5-5", created=now, updated=now - 60 * n, cost="0.021")
        for n in range(count)
    ]
    for conversation in made:
        finish(add_conversation(tools.store, conversation))
    desk.start()
    return made


@pytest.fixture
def sidebar(theme: Theme, desk: Desk, gallery: Gallery, qtbot: QtBot) -> Sidebar:
    sidebar = Sidebar(theme, desk, gallery)
    qtbot.addWidget(sidebar)
    sidebar.resize(256, 600)
    sidebar.show()
    sidebar.activateWindow()
    return sidebar


def rows(sidebar: Sidebar) -> list[str]:
    model = sidebar.list.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def button(sidebar: Sidebar, name: str) -> QPushButton:
    return next(b for b in sidebar.findChildren(QPushButton) if name in {b.accessibleName(), b.text()})


def middle(view: ConversationList, row: int) -> QPoint:
    """A point on a row's card; a heading stands above it."""
    return view.visualRect(view.model().index(row, 0)).bottomLeft() + QPoint(80, -20)


def test_a_draft_is_marked_cannot_be_renamed_and_is_deleted_with_a_way_back(sidebar: Sidebar, desk: Desk) -> None:
    writing = desk.current
    writing.draft.set_text("What is owed?")
    desk.new_chat()
    index = sidebar.list.model().index(0, 0)
    row = sidebar.list._row
    assert index.data(HistoryModel.UnsentRole)
    assert row.draft_note(index.data(HistoryModel.ConversationRole)) == "Draft"
    assert row.draft_note(replace(index.data(HistoryModel.ConversationRole), pictures=2)) == "Draft · 2 pictures"
    sidebar.list.setFocus()
    sidebar.list.setCurrentIndex(index)
    QTest.keyClick(sidebar.list, Qt.Key.Key_F2)
    assert not sidebar.list.findChildren(QLineEdit)
    QTest.keyClick(sidebar.list, Qt.Key.Key_Delete)
    assert rows(sidebar) == []
    QTest.keyClick(sidebar.list, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert rows(sidebar) == ["What is owed?"]
    assert desk.current is not writing


class TestTheList:
    def test_says_what_will_stand_there_while_it_is_empty(self, sidebar: Sidebar) -> None:
        assert sidebar._empty.isVisible()

    def test_shows_the_conversations_with_the_last_activity_first(
        self, sidebar: Sidebar, tools: Tools, desk: Desk
    ) -> None:
        fill(tools, desk)

        assert rows(sidebar) == ["Talk 0", "Talk 1", "Talk 2"]
        assert not sidebar._empty.isVisible()

    def test_a_click_opens_a_conversation(self, sidebar: Sidebar, tools: Tools, desk: Desk) -> None:
        made = fill(tools, desk)

        QTest.mouseClick(sidebar.list.viewport(), Qt.MouseButton.LeftButton, pos=middle(sidebar.list, 1))

        assert desk.current.facts.id == made[1].id

    def test_a_click_on_a_heading_opens_nothing(self, sidebar: Sidebar, tools: Tools, desk: Desk) -> None:
        fill(tools, desk)
        before = desk.current

        QTest.mouseClick(sidebar.list.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(80, 10))

        assert desk.current is before

    def test_arrows_move_and_enter_opens(self, sidebar: Sidebar, tools: Tools, desk: Desk) -> None:
        made = fill(tools, desk)
        sidebar.list.setFocus()

        QTest.keyClick(sidebar.list, Qt.Key.Key_Down)
        assert not desk.current.is_stored
        QTest.keyClick(sidebar.list, Qt.Key.Key_Return)

        assert desk.current.facts.id == made[1].id

    def test_what_is_typed_there_is_left_to_the_message(self, sidebar: Sidebar, tools: Tools, desk: Desk) -> None:
        fill(tools, desk)
        sidebar.list.setFocus()
        typed = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_T, Qt.KeyboardModifier.NoModifier, "t")

        QApplication.sendEvent(sidebar.list, typed)

        assert not typed.isAccepted()

    def test_opening_elsewhere_moves_the_mark(self, sidebar: Sidebar, tools: Tools, desk: Desk) -> None:
        made = fill(tools, desk)

        desk.open(made[2].id)

        assert sidebar.list.currentIndex().row() == 2
        assert sidebar.list._row.opened == made[2].id

    def test_a_thousand_conversations_cost_no_more_than_those_in_view(
        self, sidebar: Sidebar, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = time.time()
        painted: list[str] = []

        def note(conversation: Conversation) -> str:
            painted.append(conversation.id)
            return ""

        monkeypatch.setattr(sidebar.list._row, "note", note)
        desk.history.reset(Conversation(f"{n:032x}", f"Talk {n}", updated=now - 3600 * n) for n in range(1000))

        sidebar.list.grab()

        assert 0 < len(set(painted)) < 20

    def test_a_new_chat_is_one_click_away(self, sidebar: Sidebar, tools: Tools, desk: Desk) -> None:
        desk.open(fill(tools, desk)[0].id)

        QTest.mouseClick(button(sidebar, "New chat"), Qt.MouseButton.LeftButton)

        assert not desk.current.is_stored
        assert not sidebar.list.currentIndex().isValid()


class TestTheButtons:
    def test_one_beside_begins_a_temporary_chat(self, sidebar: Sidebar, desk: Desk) -> None:
        begin = button(sidebar, "Temporary chat")
        assert "Ctrl+Shift+N" in begin.toolTip()
        begin.click()
        assert desk.is_temporary
        desk.end_temporary()

    def test_help_leads_to_the_help_and_to_the_keys(self, sidebar: Sidebar, qtbot: QtBot) -> None:
        button(sidebar, "Help").click()
        [menu] = sidebar.findChildren(QMenu)
        words = [action.text().split("\t") for action in menu.actions()]
        assert words == [["What Claude can and cannot see", "F1"], ["All keys", "Ctrl+/"]]
        for action, signal in zip(menu.actions(), (sidebar.help_requested, sidebar.keys_requested), strict=True):
            with qtbot.waitSignal(signal):
                action.trigger()
        menu.close()


class TestTheSecondLine:
    @pytest.mark.parametrize(
        ("facts", "words"),
        [
            ({"pictures": 2, "cost": "0.0209"}, "2 pictures · $0.021"),
            ({"pictures": 1, "cost": "0.00012"}, "1 picture · $0.00012"),
            ({"pictures": 2, "practice": True, "cost": "0"}, "2 pictures · practice"),
            ({"pictures": 2, "practice": True, "cost": "0.5"}, "2 pictures · $0.500"),
            ({"pictures": 3}, "3 pictures"),
            ({}, "No pictures"),
        ],
    )
    def test_tells_pictures_and_cost(self, sidebar: Sidebar, facts: dict[str, object], words: str) -> None:
        assert sidebar.list._row.note(replace(Conversation("1"), **facts)) == words  # type: ignore[arg-type]  # a table


class TestTheTitle:
    def test_hides_no_ending_behind_marks_of_direction(self, sidebar: Sidebar, desk: Desk) -> None:
        def painted(title: str) -> QImage:
            desk.history.reset([Conversation("1" * 32, title, updated=time.time())])
            return sidebar.list.grab().toImage()

        assert painted("a\u202egnp.exe") == painted("agnp.exe")

    def test_a_copy_keeps_its_number_where_the_rest_is_cut(self, sidebar: Sidebar) -> None:
        metrics = sidebar.fontMetrics()
        for number in (2, 3, 12):
            shown = shortened(metrics, f"How do these two quarters differ? ({number})", 120)
            assert shown.endswith(f"… ({number})")
            assert metrics.horizontalAdvance(shown) <= 120
        assert shortened(metrics, "Roof (2)", 120) == "Roof (2)"
        assert shortened(metrics, "How do these two quarters differ?", 120).endswith("…")

    def test_begins_at_its_own_side(self, sidebar: Sidebar, desk: Desk) -> None:
        desk.history.reset([Conversation("1" * 32, "سلام", updated=time.time())])
        image = sidebar.list.grab().toImage()
        row = sidebar.list._row
        words = row._lines(row._parts(row.card(sidebar.list.visualRect(desk.history.index(0)), 0))[1])[0]
        ground = image.pixelColor(words.topLeft())

        inked = [x for x in range(words.left(), words.right()) if image.pixelColor(x, words.center().y()) != ground]

        assert inked
        assert min(inked) > words.center().x()

    def test_grows_with_the_text_and_leaves_room_for_the_conversation(self, sidebar: Sidebar, tools: Tools) -> None:
        assert sidebar.width() == 256
        tools.preferences.update(text_size=120)
        assert sidebar.width() == 307
        tools.preferences.update(text_size=200)
        assert sidebar.width() == 320


class TestRenaming:
    def test_f2_edits_the_title_in_place(self, sidebar: Sidebar, tools: Tools, desk: Desk, qtbot: QtBot) -> None:
        fill(tools, desk)
        sidebar.list.setFocus()
        QTest.keyClick(sidebar.list, Qt.Key.Key_F2)
        editor = sidebar.findChild(QLineEdit)
        assert editor is not None

        QTest.keyClicks(editor, "Dashboards")
        QTest.keyClick(editor, Qt.Key.Key_Return)

        qtbot.waitUntil(lambda: rows(sidebar)[0] == "Dashboards")
        qtbot.waitUntil(lambda: sidebar.findChild(QLineEdit) is None)

    def test_esc_leaves_it_as_it_was(self, sidebar: Sidebar, tools: Tools, desk: Desk, qtbot: QtBot) -> None:
        fill(tools, desk)
        sidebar.list.rename_row(desk.history.index(0))
        editor = sidebar.findChild(QLineEdit)
        assert editor is not None

        QTest.keyClicks(editor, "Dashboards")
        QTest.keyClick(editor, Qt.Key.Key_Escape)

        assert rows(sidebar)[0] == "Talk 0"
        qtbot.waitUntil(lambda: sidebar.findChild(QLineEdit) is None)

    def test_an_answer_that_ends_meanwhile_does_not_undo_what_was_typed(
        self, sidebar: Sidebar, tools: Tools, desk: Desk
    ) -> None:
        made = fill(tools, desk)
        sidebar.list.rename_row(desk.history.index(0))
        editor = sidebar.findChild(QLineEdit)
        assert editor is not None
        QTest.keyClicks(editor, "Dash")

        desk.history.put(replace(made[0], cost="0.03"))

        assert editor.text() == "Dash"


class TestDeleting:
    def test_delete_takes_it_from_the_list_and_offers_to_undo(self, sidebar: Sidebar, tools: Tools, desk: Desk) -> None:
        fill(tools, desk)
        sidebar.list.setFocus()

        QTest.keyClick(sidebar.list, Qt.Key.Key_Delete)

        assert rows(sidebar) == ["Talk 1", "Talk 2"]
        assert sidebar._undo.isVisible()

    def test_undo_brings_it_back(self, sidebar: Sidebar, tools: Tools, desk: Desk) -> None:
        made = fill(tools, desk)
        desk.delete(made[1].id)

        QTest.mouseClick(button(sidebar, "Undo"), Qt.MouseButton.LeftButton)

        assert rows(sidebar) == ["Talk 0", "Talk 1", "Talk 2"]
        assert not sidebar._undo.isVisible()

    def test_ctrl_z_in_the_list_brings_it_back_once(self, sidebar: Sidebar, tools: Tools, desk: Desk) -> None:
        made = fill(tools, desk)
        sidebar.list.setFocus()
        desk.delete(made[0].id)
        desk.delete(made[1].id)

        for _ in range(2):
            QTest.keyClick(sidebar.list, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)

        assert rows(sidebar) == ["Talk 1", "Talk 2"]

    def test_the_next_one_is_ready_and_ctrl_z_works_where_delete_did(
        self, sidebar: Sidebar, tools: Tools, desk: Desk
    ) -> None:
        fill(tools, desk)
        desk.open(desk.history.conversations[1].id)
        sidebar.list.setFocus()

        QTest.keyClick(sidebar.list, Qt.Key.Key_Delete)

        assert sidebar.list.currentIndex().data() == "Talk 2"
        QTest.keyClick(sidebar.list, Qt.Key.Key_Delete)
        assert sidebar.list.currentIndex().data() == "Talk 0"
        QTest.keyClick(sidebar.list, Qt.Key.Key_Delete)
        assert rows(sidebar) == []
        assert sidebar.list.hasFocus()
        QTest.keyClick(sidebar.list, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert rows(sidebar) == ["Talk 0"]

    def test_tab_goes_from_the_list_to_the_undo(self, sidebar: Sidebar, tools: Tools, desk: Desk) -> None:
        fill(tools, desk)
        sidebar.list.setFocus()
        QTest.keyClick(sidebar.list, Qt.Key.Key_Delete)

        QTest.keyClick(sidebar.list, Qt.Key.Key_Tab)

        assert button(sidebar, "Undo").hasFocus()

    def test_the_offer_ends_by_itself(self, sidebar: Sidebar, tools: Tools, desk: Desk, qtbot: QtBot) -> None:
        made = fill(tools, desk)
        sidebar.list.setFocus()
        sidebar._undo._ends.setInterval(1)

        desk.delete(made[0].id)

        assert sidebar._undo.isVisible()
        qtbot.waitUntil(lambda: not sidebar._undo.isVisible())


class TestMarks:
    def test_a_conversation_that_works_behind_is_marked_until_it_has_its_answer(
        self, sidebar: Sidebar, desk: Desk, picture: Callable[..., Path], qtbot: QtBot
    ) -> None:
        chat = desk.current
        chat.draft.attach([Source(path=str(picture()))])
        chat.worker.send()
        qtbot.waitUntil(lambda: chat.is_stored)
        assert chat.facts.id in sidebar.list._row.busy

        desk.new_chat()
        assert chat.facts.id in sidebar.list._row.busy

        qtbot.waitUntil(lambda: not chat.worker.busy)
        assert sidebar.list._row.busy == set()
        assert desk.history.conversations[0].pictures == 1

    def test_a_picture_that_has_come_is_painted_without_further_ado(
        self, sidebar: Sidebar, tools: Tools, desk: Desk, gallery: Gallery, qtbot: QtBot
    ) -> None:
        fill(tools, desk)
        sidebar.list.grab()
        seen: list[QEvent] = []

        class Eye(QObject):
            def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
                seen.append(event) if event.type() == QEvent.Type.Paint else None
                return False

        eye = Eye()
        QApplication.processEvents()
        sidebar.list.viewport().installEventFilter(eye)

        gallery.thumbnail_ready.emit("0" * 64)

        qtbot.waitUntil(lambda: bool(seen))

    def test_its_picture_is_shown_as_soon_as_it_is_there(
        self, sidebar: Sidebar, desk: Desk, picture: Callable[..., Path], qtbot: QtBot
    ) -> None:
        desk.current.draft.attach([Source(path=str(picture(color="#c03028")))])
        desk.current.worker.send()
        qtbot.waitUntil(lambda: desk.current.is_stored and not desk.current.worker.busy)

        def is_red() -> bool:
            image = sidebar.list.grab().toImage()
            return image.pixelColor(12 + 8 + 4, 40 + 23).name() == "#c03028"

        qtbot.waitUntil(is_red)


class TestHeadings:
    TODAY = QDate(2026, 11, 21)

    def moment(self, days_ago: int, hour: int = 12) -> float:
        day = self.TODAY.addDays(-days_ago)
        return float(day.startOfDay(QTimeZone.systemTimeZone()).addSecs(hour * 3600).toSecsSinceEpoch())

    def test_group_by_days_then_by_months(self) -> None:
        ages = [-1, 0, 0, 1, 2, 7, 8, 21, 30, 330, 360]
        found = headings([Conversation(str(n), updated=self.moment(age)) for n, age in enumerate(ages)], self.TODAY)

        assert found == {
            0: "Today",
            3: "Yesterday",
            4: "Previous 7 days",
            6: "November",
            7: "October",
            9: "December 2025",
            10: "November 2025",
        }

    def test_a_minute_before_midnight_is_another_day(self) -> None:
        minutes = [self.moment(0, 0) + 60, self.moment(0, 0), self.moment(0, 0) - 60, self.moment(20, 0) - 60]
        found = headings([Conversation(str(n), updated=minute) for n, minute in enumerate(minutes)], self.TODAY)

        assert found == {0: "Today", 2: "Yesterday", 3: "October"}

    def test_the_day_changes_at_midnight(self) -> None:
        late = Conversation("1", updated=self.moment(0, hour=23))

        assert headings([late], self.TODAY) == {0: "Today"}
        assert headings([late], self.TODAY.addDays(1)) == {0: "Yesterday"}

    def test_the_list_looks_at_the_calendar_again_after_midnight(self, sidebar: Sidebar) -> None:
        left = sidebar.list._midnight.remainingTime()

        assert 0 < left <= 1000 + QTime(0, 0).msecsTo(QTime(23, 59, 59, 999)) + 3_600_000 + 1
