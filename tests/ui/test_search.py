"""The search over the window: keys, filters, what it says, and the way to what was found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QPushButton
from pytestqt.qtbot import QtBot

from app.conversation.desk import Desk
from app.conversation.gallery import Gallery
from app.conversation.searching import SearchModel
from app.conversation.tools import Tools
from app.core.message import Message, ReplyBlock, TextBlock
from app.core.search import PAGE, Hit
from app.core.store import Conversation
from app.ui.main_window import MainWindow
from app.ui.search.box import SearchBox
from app.ui.search.palette import Palette
from app.ui.theme import Theme
from tests.conftest import finish
from tests.core.test_store import picture

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
        finish(store.create(Conversation(f"c{number}", title=title, updated=1000.0 + number)))
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
    assert found == ["c2", "a2", "a0"]
    for key, message in ((Qt.Key.Key_Down, "a2"), (Qt.Key.Key_Down, "a0"), (Qt.Key.Key_Up, "a2")):
        searched.press(key)
        assert searched.current is not None
        assert searched.current.message == message
        assert searched.field.hasFocus()
    assert "refund notice" in searched.field.accessibleDescription()


def test_a_message_on_another_branch_is_opened_at_its_words(searched: Searched) -> None:
    searched.type("refund rate")
    searched.press(Qt.Key.Key_Return)
    finding = searched.window._transcript.find_bar.finding
    searched.qtbot.waitUntil(lambda: finding.current is not None)
    chat = searched.desk.current
    assert chat.facts.id == "c0"
    assert [message.id for message in chat.messages.messages] == ["q0", "a0"]
    assert finding.text == "refund"
    assert finding.current is not None
    assert finding.current.message == 1
    assert searched.window._transcript.find_bar.isVisible()


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
        finish(tools.store.create(Conversation(f"t{number}", title=f"Zebrafish {number}", updated=float(number))))
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
