"""The search over the window: keys, filters, what it says, and the way to what was found."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QDate, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QPushButton
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from app.conversation.desk import Desk
from app.conversation.gallery import Gallery
from app.conversation.searching import SearchModel
from app.conversation.tools import Tools
from app.core.filing import FIRST
from app.core.message import Message, ReplyBlock, TextBlock
from app.core.rows import INSERT_CONVERSATION, conversation_row
from app.core.search import PAGE, Hit
from app.core.search_words import LONGEST
from app.core.store import Conversation
from app.ui.main_window import MainWindow
from app.ui.search.box import SearchBox
from app.ui.search.palette import Palette
from app.ui.theme import Theme
from tests.conftest import finish
from tests.core.test_store import picture
from tests.stored import add_conversation

pytestmark = pytest.mark.usefixtures("american_figures")

CTRL = Qt.KeyboardModifier.ControlModifier


class Searched:
    """A window with three conversations, and its palette, open."""

    def __init__(self, window: MainWindow, desk: Desk, qtbot: QtBot) -> None:
        self.window = window
        self.desk = desk
        self.qtbot = qtbot
        QTest.keyClick(window, Qt.Key.Key_K, CTRL)
        [self.palette] = window.findChildren(Palette)
        self.model: SearchModel = self.palette._model
        self.field: QLineEdit = self.palette._field
        qtbot.waitUntil(lambda: not window._dialogs._indexing.busy and not self.model.searching)

    def type(self, words: str) -> None:
        self.field.setText(words)
        self.rest()

    def press(self, *keys: Qt.Key) -> None:
        for key in keys:
            QTest.keyClick(QApplication.focusWidget() or self.window, key)

    def rest(self) -> None:
        wanted = self.palette._filters.wanted(self.field.text())
        self.qtbot.waitUntil(lambda: self.model.wanted == wanted and not self.model.searching)

    @property
    def current(self) -> Hit | None:
        hit: Hit | None = self.palette.list.currentIndex().data(SearchModel.HitRole)
        return hit

    def told(self) -> str:
        """What stands in the place of the list; empty where that is shown."""
        empty = self.palette._empty
        return empty.text() if empty.isVisible() else ""

    def chip(self, words: str) -> QPushButton:
        return next(chip for chip in self.palette.findChildren(QPushButton) if chip.text() == words)

    def choose(self, chip: str, words: str) -> None:
        """Choose an entry of a chip's menu."""
        self.chip(chip).click()
        menu = next(menu for menu in self.palette.findChildren(QMenu) if menu.isVisible())
        next(action for action in menu.actions() if action.text() == words).trigger()
        menu.close()
        self.rest()


def said(text: str, id_: str, **facts: float | str) -> Message:
    whole: dict[str, object] = {"model": "claude-sonnet-5-5", "created": 1_700_000_000.0} | facts
    return Message("assistant", (ReplyBlock({"type": "text", "text": text}),), id=id_, **whole)  # type: ignore[arg-type]


@pytest.fixture
def searched(qtbot: QtBot, theme: Theme, desk: Desk, gallery: Gallery, tools: Tools, tmp_path: Path) -> Searched:
    store = tools.store
    for number, title in enumerate(("Dashboards", "Checkout", "Refund form")):
        finish(add_conversation(store, Conversation(f"c{number}", title=title, updated=1000.0 + number)))
    asked = Message("user", (picture(), TextBlock("How do they differ?")), id="q0", created=1_700_000_000.0)
    finish(store.add_message("c0", asked))
    finish(store.add_message("c0", said("Nothing here.\n\n" + "More of it. " * 200 + "\n\nThe refund rate.", "a0")))
    finish(store.add_message("c0", said("Another answer, without those words.", "a1", cost="0.5"), "q0"))
    finish(store.add_message("c1", said("A *refund* notice.", "a2", created=1_600_000_000.0)))
    desk.start()
    window = MainWindow(theme, tools, desk, gallery, tmp_path)
    qtbot.addWidget(window)
    window.resize(1000, 700)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window._is_furnished)
    return Searched(window, desk, qtbot)


def test_the_keys_of_the_search_open_it_and_put_it_away(searched: Searched) -> None:
    assert searched.field.hasFocus()
    QTest.keyClick(searched.field, Qt.Key.Key_K, CTRL)
    assert searched.palette.isHidden()
    assert not searched.field.hasFocus()
    QTest.keyClick(searched.window, Qt.Key.Key_K, CTRL)
    assert searched.field.hasFocus()
    searched.press(Qt.Key.Key_Escape)
    assert searched.palette.isHidden()


def test_at_first_the_last_conversations_are_there(searched: Searched) -> None:
    titles = [searched.model.index(row).data() for row in range(searched.model.rowCount())]
    assert titles == ["Dashboards", "Checkout", "Refund form"]
    searched.press(Qt.Key.Key_Down, Qt.Key.Key_Return)
    assert searched.desk.current.facts.id == "c1"
    assert searched.palette.isHidden()


def test_up_and_down_choose_and_the_field_keeps_the_keyboard(searched: Searched) -> None:
    searched.type("refund")
    found = [hit.message or hit.conversation.id for row in range(3) if (hit := searched.model.hit(row))]
    assert found == ["c2", "a0", "a2"]
    for key, message in ((Qt.Key.Key_Down, "a0"), (Qt.Key.Key_Down, "a2"), (Qt.Key.Key_Up, "a0")):
        searched.press(key)
        assert searched.current is not None
        assert searched.current.message == message
        assert searched.field.hasFocus()
    assert "refund rate" in searched.field.accessibleDescription()


def test_where_it_is_put_is_told_and_the_keyboard_goes_where_it_leads(searched: Searched) -> None:
    desk = searched.desk
    desk.cabinet.archive(["c1"])
    desk.cabinet.move(["c2"], desk.cabinet.add_folder("Work"))
    row = searched.palette.list.row
    searched.type("refund")
    hits = [hit for number in range(3) if (hit := searched.model.hit(number))]
    assert [row._note(hit).split(" · ")[:-1] for hit in hits] == [
        ["Work"],
        ["Claude Sonnet 5.5"],
        ["Claude Sonnet 5.5", "Archive"],
    ]
    searched.press(Qt.Key.Key_Escape)
    searched.window._sidebar.list.setFocus()
    searched.window._dialogs.search()
    searched.rest()
    searched.press(Qt.Key.Key_Return)
    assert not searched.window._sidebar.list.hasFocus()


def test_who_said_it_and_where_is_told_of_imported_messages_too(searched: Searched, tools: Tools) -> None:
    finish(add_conversation(tools.store, Conversation("foreign")))
    finish(tools.store.add_message("foreign", Message.from_user("A question of elsewhere.", (), id="q9")))
    finish(tools.store.add_message("foreign", said("An answer of elsewhere.", "a9", model="")))
    searched.window._dialogs._indexing.start()
    searched.qtbot.waitUntil(lambda: not searched.window._dialogs._indexing.busy)
    searched.type("elsewhere")
    hits = [searched.model.hit(row) for row in range(searched.model.rowCount())]
    spoken = [searched.palette.list.row.spoken(hit) for hit in hits if hit]
    assert [words.split(" · ")[0] for words in spoken] == [
        "Untitled chat, An answer of elsewhere., Claude",
        "Untitled chat, A question of elsewhere., You",
    ]


def test_a_message_on_another_branch_is_opened_at_its_words(searched: Searched) -> None:
    searched.type("refund rate")
    searched.press(Qt.Key.Key_Return)
    finding = searched.window._transcript.find_bar.finding
    searched.qtbot.waitUntil(lambda: finding.current is not None)
    chat = searched.desk.current
    assert chat.facts.id == "c0"
    assert [message.id for message in chat.messages.messages] == ["q0", "a0"]
    assert finding.text == "refund rate"
    assert searched.window._transcript.find_bar.words == "1 of 2"
    assert finding.current is not None
    assert finding.current.message == 1
    assert searched.window._transcript.find_bar.isVisible()


def test_all_words_are_marked_again_when_the_bar_is_opened_anew(searched: Searched) -> None:
    searched.type("rate refund")
    searched.press(Qt.Key.Key_Return)
    bar = searched.window._transcript.find_bar
    searched.qtbot.waitUntil(lambda: bar.words == "1 of 2")
    bar.close_up()
    bar.open()
    searched.qtbot.waitUntil(lambda: bar.words.endswith("of 2"))
    bar._field.setText("rate refund ")
    searched.qtbot.waitUntil(lambda: bar.words == "Nothing found")
    bar.close_up()
    bar.open()
    assert bar.finding.text == "rate refund "


def test_what_is_on_another_branch_of_a_busy_chat_is_told_and_shown_afterwards(searched: Searched) -> None:
    opened = asyncio.Event()
    searched.desk.open("c0")
    chat = searched.desk.current
    searched.qtbot.waitUntil(lambda: [message.id for message in chat.messages.messages] == ["q0", "a1"])
    chat.worker.change(partial(_wait_for, opened))
    searched.window._dialogs.search()
    searched.type("refund rate")
    with searched.qtbot.waitSignal(searched.window._dialogs.noted) as noted:
        searched.press(Qt.Key.Key_Return)
    assert noted.args == ["What was found is in another version of this chat. It is shown after the answer."]
    assert chat.messages.row_of("a0") < 0
    opened.set()
    finding = searched.window._transcript.find_bar.finding
    searched.qtbot.waitUntil(lambda: finding.current is not None)
    assert chat.messages.row_of("a0") == 1


def test_what_is_gone_from_a_busy_chat_is_tried_once(searched: Searched) -> None:
    searched.type("refund rate")
    hit, opened = searched.current, asyncio.Event()
    assert hit is not None
    searched.desk.open("c0")
    chat = searched.desk.current
    phases: list[str] = []
    chat.worker.phase_changed.connect(phases.append)
    chat.worker.change(partial(_wait_for, opened))
    searched.palette.chosen.emit(replace(hit, message="gone"))
    opened.set()
    searched.qtbot.waitUntil(lambda: phases.count("idle") == 2)
    searched.window._dialogs.search()
    searched.type("refund")
    assert phases.count("idle") == 2
    assert not chat.worker.busy


async def _wait_for(opened: asyncio.Event) -> None:
    await opened.wait()


def test_a_jump_ends_where_another_chat_is_opened(searched: Searched) -> None:
    searched.type("refund rate")
    searched.press(Qt.Key.Key_Return)
    chat = searched.desk.current
    assert chat.facts.id == "c0"
    searched.desk.open("c1")
    with searched.qtbot.waitSignal(chat.reached):
        pass
    searched.desk.open("c0")
    assert searched.window._transcript.find_bar.isHidden()


def test_a_hit_in_a_chat_that_the_list_has_not_come_to_is_opened_at_its_words(
    qtbot: QtBot, theme: Theme, desk: Desk, gallery: Gallery, tools: Tools, tmp_path: Path
) -> None:
    finish(tools.store.run(_fill_list))
    for number in (1, 2):
        finish(tools.store.add_message(f"old{number}", said(f"Needle {number}.", f"a{number}", created=10.0 + number)))
    desk.start()
    window = MainWindow(theme, tools, desk, gallery, tmp_path)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window._is_furnished)
    searched = Searched(window, desk, qtbot)
    for number in (1, 2):
        assert desk.history.find(f"old{number}") is None
        searched.type(f"needle {number}")
        searched.press(Qt.Key.Key_Return)
        finding = window._transcript.find_bar.finding
        qtbot.waitUntil(lambda: desk.current.facts.id == f"old{number}" and finding.current is not None)  # noqa: B023
        assert desk.current.messages.messages[0].id == f"a{number}"
        window._transcript.find_bar.close_up()
        window._dialogs.search()
    assert desk.history.find("old3") is None
    searched.choose("Any model", "model-of-old")
    searched.type("needle")
    assert searched.model.rowCount() == 0


def _fill_list(db: sqlite3.Connection) -> None:
    new = [Conversation(f"new{number}", updated=1000.0 + number) for number in range(FIRST)]
    old = [Conversation(f"old{number}", model="model-of-old", updated=10.0 + number) for number in range(1, 4)]
    db.executemany(INSERT_CONVERSATION, map(conversation_row, [*new, *old]))


def test_what_had_the_keyboard_may_be_gone_when_it_is_put_away(searched: Searched) -> None:
    searched.press(Qt.Key.Key_Escape)
    rows = searched.window._sidebar.list
    rows.setFocus()
    rows.rename_row(rows.model().index(0, 0))
    editor = QApplication.focusWidget()
    assert isinstance(editor, QLineEdit)
    QTest.keyClick(searched.window, Qt.Key.Key_K, CTRL)
    searched.qtbot.waitUntil(lambda: not isValid(editor))
    with searched.qtbot.waitSignal(searched.palette.chosen):
        searched.press(Qt.Key.Key_Return)
    assert searched.palette.isHidden()


def test_no_more_is_typed_than_is_looked_for(searched: Searched) -> None:
    QApplication.clipboard().setText("的一是不" * 8000)
    searched.field.clear()
    searched.field.paste()
    assert len(searched.field.text()) == LONGEST
    QApplication.clipboard().clear()


def test_the_last_day_of_a_span_is_in_it(searched: Searched) -> None:
    searched.choose("Any time", "Choose dates…")
    searched.field.setText("notice")
    filters = searched.palette._filters
    said_on = QDate(2020, 9, 13)  # 12:26 in London
    for last, found in ((said_on, 1), (said_on.addDays(-1), 0)):
        filters._first.setDate(QDate(2020, 9, 1))
        filters._last.setDate(last)
        searched.rest()
        assert searched.model.rowCount() == found


def test_a_picture_found_by_its_name_opens_its_message(searched: Searched) -> None:
    searched.type("uberblick")
    hit = searched.current
    assert hit is not None
    assert (hit.message, hit.in_text, hit.snippet.first) == ("q0", False, "Überblick")
    searched.press(Qt.Key.Key_Return)
    searched.qtbot.waitUntil(lambda: len(searched.desk.current.messages.messages) > 0)
    assert not searched.window._transcript.find_bar.isVisible()


def test_more_come_when_the_end_is_in_sight(searched: Searched, tools: Tools) -> None:
    for number in range(2 * PAGE):
        finish(tools.store.add_message("c1", said(f"many words {number}", f"m{number}")))
    searched.window._dialogs._indexing.start()
    searched.qtbot.waitUntil(lambda: not searched.window._dialogs._indexing.busy)
    searched.type("many")
    assert searched.model.rowCount() == PAGE
    for _ in range(PAGE):
        searched.press(Qt.Key.Key_Down)
    searched.qtbot.waitUntil(lambda: searched.model.rowCount() == 2 * PAGE)
    assert searched.current is not None
    assert searched.current.message == f"m{PAGE}"


def test_the_other_titles_come_where_they_are_asked_for(searched: Searched, tools: Tools) -> None:
    for number in range(7):
        finish(
            add_conversation(
                tools.store, Conversation(f"t{number}", title=f"Zebrafish {number}", updated=float(number))
            )
        )
    searched.window._dialogs._indexing.start()
    searched.qtbot.waitUntil(lambda: not searched.window._dialogs._indexing.busy)
    searched.type("zebra")
    for _ in range(5):
        searched.press(Qt.Key.Key_Down)
    assert searched.model.hit(searched.palette.list.currentIndex().row()) is None
    searched.press(Qt.Key.Key_Return)
    searched.qtbot.waitUntil(lambda: searched.model.rowCount() == 7)
    assert searched.current is not None
    assert searched.current.conversation.id == "t1"


def test_a_click_opens_and_one_beside_the_card_closes(searched: Searched) -> None:
    at = searched.palette.list.visualRect(searched.model.index(1)).center()
    QTest.mouseClick(searched.palette.list.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert searched.desk.current.facts.id == "c1"
    QTest.keyClick(searched.window, Qt.Key.Key_K, CTRL)
    QTest.mouseClick(searched.palette, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert searched.palette.isHidden()


@pytest.mark.parametrize(
    ("narrow", "titles"),
    [
        (lambda searched: searched.chip("Pictures").click(), ["c0"]),
        (lambda searched: searched.choose("Any cost", "≥ $0.10"), ["c0"]),
        (lambda searched: searched.choose("Any time", "Today"), []),
    ],
)
def test_filters_narrow_what_is_found(
    searched: Searched, narrow: Callable[[Searched], None], titles: list[str]
) -> None:
    before = searched.model.rowCount()
    narrow(searched)
    searched.rest()
    ids = [hit.conversation.id for row in range(searched.model.rowCount()) if (hit := searched.model.hit(row))]
    assert ids == titles
    searched.palette._filters._clear.click()
    searched.rest()
    assert searched.model.rowCount() == before


def test_where_nothing_is_found_it_says_so(searched: Searched) -> None:
    assert not searched.told()
    searched.type("zebrafish")
    assert searched.told() == "Nothing found. Try fewer words, or the beginning of one."
    searched.chip("Pictures").click()
    searched.rest()
    assert searched.told() == "Nothing found with these filters."
    searched.palette._filters._clear.click()
    searched.type("")
    assert not searched.told()


def test_tab_stays_within_the_search(searched: Searched) -> None:
    for _ in range(12):
        searched.press(Qt.Key.Key_Tab)
        focused = QApplication.focusWidget()
        assert focused is not None
        assert searched.palette.isAncestorOf(focused)
    searched.press(Qt.Key.Key_Escape)
    assert searched.palette.isHidden()


def test_the_card_follows_the_window(searched: Searched) -> None:
    searched.window.resize(760, 500)
    card = searched.palette._card.geometry()
    assert searched.palette.rect() == searched.window.rect()
    assert searched.palette.rect().adjusted(16, 16, -16, -16).contains(card)


def test_the_box_is_named_and_clicked(qtbot: QtBot, theme: Theme) -> None:
    box = SearchBox(theme)
    qtbot.addWidget(box)
    assert box.accessibleName() == "Search"
    with qtbot.waitSignal(box.clicked):
        QTest.mouseClick(box, Qt.MouseButton.LeftButton)
