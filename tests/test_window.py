"""The whole main job in the real window: drop, badge, send, stream, stored, opened again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from sqlite3 import Connection
from typing import TypeVar

import pytest
from PySide6.QtCore import QMimeData, QObject, QPoint, QPointF, QSize, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLabel,
    QListView,
    QMessageBox,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.conversation.chat import Tools
from app.conversation.desk import Desk
from app.conversation.gallery import Gallery
from app.core.errors import StoreFull, StoreLow
from app.ui.errors import sentence
from app.ui.leaving import Leaving
from app.ui.main_window import MainWindow
from app.ui.theme import Theme
from app.window import _left
from tests.conftest import destroy, finish
from tests.servers.api import ApiServer
from tests.servers.replies import error, text
from tests.stored import conversations_of

W = TypeVar("W", bound=QObject)


class Person:
    """Somebody before the window, who knows the controls by their names."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window = window
        self.qtbot = qtbot

    def find(self, kind: type[W], name: str) -> W:
        for widget in self.window.findChildren(kind):
            if isinstance(widget, QWidget) and widget.accessibleName() == name:
                return widget
        raise LookupError(name)

    def drop(self, *paths: Path) -> None:
        """Drag files over the window and let go."""
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        place = QPoint(600, 300)
        actions, button, keys = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        enter = QDragEnterEvent(place, actions, mime, button, keys)
        QApplication.sendEvent(self.window, enter)
        assert enter.isAccepted()
        drop = QDropEvent(QPointF(place), actions, mime, button, keys)
        QApplication.sendEvent(self.window, drop)
        assert drop.isAccepted()

    def type(self, words: str) -> None:
        QTest.keyClicks(self.find(QWidget, "Message"), words)

    def press(self, key: Qt.Key, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.find(QWidget, "Message"), key, keys)

    def click(self, name: str) -> None:
        QTest.mouseClick(self.find(QAbstractButton, name), Qt.MouseButton.LeftButton)


@pytest.fixture
def open_window(online: Tools, qapp: QApplication, qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[[], Person]]:
    opened: list[QObject] = []

    def open_window() -> Person:
        desk = Desk(online, parent=online.account)
        desk.start()
        gallery = Gallery(online.store, online.pictures, online.decoder, online.threads, online.tasks, online.account)
        theme = Theme(qapp, online.preferences)
        window = MainWindow(theme, online, desk, gallery, tmp_path / "data")
        with qtbot.waitSignal(window.painted):
            window.show()
        opened.extend((window, theme, desk))
        return Person(window, qtbot)

    yield open_window
    finish(online.tasks.close())  # as when the app ends: what still reads must not come back to what is gone
    destroy(*opened)


def wait_for_answer(person: Person, qtbot: QtBot, count: int) -> None:
    chat = person.window._chat
    qtbot.waitUntil(lambda: len(chat.messages.messages) == count and not chat.worker.busy, timeout=10_000)


def shown_text(person: Person) -> str:
    """Everything readable in the transcript."""
    transcript = person.find(QWidget, "Chat")
    parts = [widget for widget in transcript.findChildren(QWidget) if widget.isVisibleTo(transcript)]
    labels = [part.text() for part in parts if isinstance(part, QLabel)]
    texts = [part.toPlainText() for part in parts if isinstance(part, QTextEdit | QPlainTextEdit)]
    return "\n".join(labels + texts)


def test_two_dropped_screenshots_are_asked_about_answered_stored_and_opened_again(
    open_window: Callable[[], Person], api: ApiServer, picture: Callable[..., Path], qtbot: QtBot, online: Tools
) -> None:
    api.answer = "## Refunds\n\nThe *second* is blue.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    person = open_window()
    person.drop(picture("q3.png", (1920, 1080)), picture("q4.png", (3840, 2160), "#2040c0"))
    strip = person.find(QListView, "Attached pictures")
    qtbot.waitUntil(lambda: strip.model().rowCount() == 2)
    qtbot.waitUntil(lambda: person.window._chat.draft.ready, timeout=10_000)
    said = [str(strip.model().index(row, 0).data(Qt.ItemDataRole.AccessibleTextRole)) for row in range(2)]
    assert "2,691" in said[0]
    assert "$0.0067" in said[0]
    assert "4,784" in said[1]
    person.type("How do these differ?")
    person.press(Qt.Key.Key_Return)
    wait_for_answer(person, qtbot, 2)
    qtbot.waitUntil(lambda: "The second is blue." in shown_text(person))
    assert "How do these differ?" in shown_text(person)
    [stored] = conversations_of(online.store)
    assert (stored.title, stored.pictures) == ("How do these differ?", 2)

    tomorrow = open_window()
    history = tomorrow.find(QListView, "Chats")
    assert history.model().rowCount() == 1
    index = history.model().index(0, 0)
    QTest.mouseClick(history.viewport(), Qt.MouseButton.LeftButton, pos=history.visualRect(index).center())
    qtbot.waitUntil(lambda: "The second is blue." in shown_text(tomorrow), timeout=10_000)
    tomorrow.drop(picture("c.png"))
    tomorrow.type("And this one?")
    tomorrow.press(Qt.Key.Key_Return)
    wait_for_answer(tomorrow, qtbot, 4)
    labels = [
        b["text"] for m in api.posts[-1].json["messages"] for b in m["content"] if b.get("text", "")[:5] == "Image"
    ]
    assert labels == ["Image 1:", "Image 2:", "Image 3:"]


def test_by_keyboard_alone(open_window: Callable[[], Person], api: ApiServer, qtbot: QtBot) -> None:
    person = open_window()
    assert person.find(QWidget, "Message").hasFocus()
    person.type("One")
    person.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    person.type("two")
    person.press(Qt.Key.Key_Return)
    wait_for_answer(person, qtbot, 2)
    assert api.posts[0].json["messages"][0]["content"] == [{"type": "text", "text": "One\ntwo"}]
    QTest.keyClick(person.window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: person.window._chat.messages.messages == [])


def test_a_pasted_bitmap_is_attached(open_window: Callable[[], Person], qtbot: QtBot) -> None:
    person = open_window()
    image = QImage(300, 200, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.red)
    QGuiApplication.clipboard().setImage(image)
    person.press(Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    draft = person.window._chat.draft
    qtbot.waitUntil(lambda: len(draft.pictures) == 1 and draft.ready)
    assert (draft.pictures[0].width, draft.pictures[0].height) == (300, 200)


def test_stop_takes_the_place_of_send_and_keeps_what_came(
    open_window: Callable[[], Person], api: ApiServer, qtbot: QtBot
) -> None:
    api.script(text("One two three four.", chunks=4).hold("content_block_delta", 2))
    person = open_window()
    person.type("Count")
    person.click("Send")
    chat = person.window._chat
    qtbot.waitUntil(lambda: chat.worker.phase == "streaming")
    qtbot.waitUntil(lambda: "One" in shown_text(person))
    person.press(Qt.Key.Key_Escape)
    wait_for_answer(person, qtbot, 2)
    assert chat.messages.messages[-1].state == "stopped"
    assert "One" in shown_text(person)
    assert "You stopped this answer." in shown_text(person)


def test_an_error_is_told_in_place_and_retry_mends_it(
    open_window: Callable[[], Person], api: ApiServer, qtbot: QtBot
) -> None:
    api.script(error(500, "api_error", "Internal server error"))
    person = open_window()
    person.type("Hello")
    person.press(Qt.Key.Key_Return)
    wait_for_answer(person, qtbot, 2)
    assert "Hello" in shown_text(person)
    person.click("Retry")
    wait_for_answer(person, qtbot, 2)
    qtbot.waitUntil(lambda: person.window._chat.messages.messages[-1].state == "complete")


def test_a_full_disk_is_told_once_by_the_conversation_or_by_a_note(open_window: Callable[[], Person]) -> None:
    window = open_window().window
    notes, full = window._composer._notes, StoreFull("/data")
    for _ in range(2):
        window.show_failure(full)
    assert [note.said.text for note in notes._notes()] == [sentence(full)]
    window._chat.worker._refuse(full)
    assert notes._notes() == []
    window.show_failure(StoreFull("/data/draft"))
    assert notes._notes() == []
    window.show_failure(StoreLow("/data", 5))
    assert [note.said.text for note in notes._notes()] == [sentence(StoreLow("/data", 5))]


def test_sending_without_a_key_tells_so_and_the_page_comes_back_when_there_is_another_way(
    open_window: Callable[[], Person], online: Tools, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    online.account._environ = {}  # as of a person who has set nothing
    finish(online.account.look_up())
    person = open_window()
    person.type("Hello")
    person.press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "There is no API key" in shown_text(person))
    assert person.window._chat.draft.text == "Hello"
    finish(online.account.set_practice(True))
    assert person.window._pages.currentWidget() is person.window._welcome
    assert person.window._chat.draft.text == "Hello"


def test_another_start_opens_its_pictures_in_a_new_chat(
    open_window: Callable[[], Person], picture: Callable[..., Path], qtbot: QtBot
) -> None:
    person = open_window()
    person.type("Hello")
    person.press(Qt.Key.Key_Return)
    wait_for_answer(person, qtbot, 2)
    person.window.open_pictures([str(picture())])
    chat = person.window._chat
    assert chat.messages.messages == []
    qtbot.waitUntil(lambda: len(chat.draft.pictures) == 1 and chat.draft.ready)


def test_closing_the_window_keeps_what_was_being_written(
    open_window: Callable[[], Person], qtbot: QtBot, online: Tools
) -> None:
    person = open_window()
    person.type("Half a thought")
    with qtbot.waitSignal(person.window.closing):
        person.window.close()
    finish(person.window._desk.save())
    again = open_window()
    finish(again.window._desk.restore_drafts())
    again.window._desk.open(person.window._chat.facts.id)
    assert again.find(QWidget, "Message").toPlainText() == "Half a thought"  # type: ignore[attr-defined]  # a text edit
    assert conversations_of(online.store) == []


def test_quitting_is_asked_about_where_what_is_written_cannot_be_kept(
    open_window: Callable[[], Person], qtbot: QtBot, online: Tools
) -> None:
    def fill(db: Connection) -> None:
        [pages] = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages}")

    def answer(words: str) -> None:
        qtbot.waitUntil(lambda: bool(person.window.findChildren(QMessageBox)))
        [question] = person.window.findChildren(QMessageBox)
        assert person.window.isVisible()
        assert "could not be kept" in question.text()
        next(each for each in question.buttons() if each.text().replace("&", "") == words).click()
        destroy(question)

    person = open_window()
    long = "half a thought " * 3000
    finish(online.store.run(fill))
    person.window._chat.draft.set_text(long)
    closed, again = asyncio.Event(), asyncio.Event()
    person.window.closing.connect(closed.set)
    left = asyncio.ensure_future(_left(person.window, person.window._desk, closed, again))
    again.set()
    person.window.close()
    answer("Stay")
    assert not again.is_set()
    assert person.window._chat.draft.text == long
    person.window.close()
    answer("Quit anyway")
    qtbot.waitUntil(left.done)

    person.window.leaving = Leaving(person.window)  # type: ignore[misc]  # as after another start
    left = asyncio.ensure_future(_left(person.window, person.window._desk, closed, again))
    person.window.close()
    qtbot.waitUntil(lambda: bool(person.window.findChildren(QMessageBox)))
    person.window.close()  # as a session that ends does
    qtbot.waitUntil(left.done)
    destroy(*person.window.findChildren(QMessageBox))

    person.window.leaving = Leaving(person.window)  # type: ignore[misc]  # as after another start
    finish(online.store.run(lambda db: db.execute("PRAGMA max_page_count = 1000000").fetchall()))
    left = asyncio.ensure_future(_left(person.window, person.window._desk, closed, again))
    person.window.close()
    qtbot.waitUntil(left.done)
    assert [draft["text"] for draft in finish(online.store.drafts()).values()] == [long]


def test_new_chat_leads_to_the_message_even_from_a_new_chat(open_window: Callable[[], Person]) -> None:
    person = open_window()
    new = person.find(QAbstractButton, "New chat")
    new.setFocus()
    new.click()
    assert person.find(QWidget, "Message").hasFocus()


def test_the_controls_go_by_the_names_that_others_rely_on(open_window: Callable[[], Person], qtbot: QtBot) -> None:
    person = open_window()
    for name in ("Send", "Attach pictures", "New chat", "Model"):
        assert person.find(QAbstractButton, name).isEnabled()
    for name in ("Message", "Attached pictures", "Chats", "Chat"):
        assert person.find(QWidget, name).isEnabled()
    person.type("Hello")
    person.press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: person.window._chat.worker.busy)
    assert person.find(QAbstractButton, "Stop").isVisible()
    wait_for_answer(person, qtbot, 2)


def test_every_control_has_a_name(open_window: Callable[[], Person]) -> None:
    window = open_window().window
    unnamed = [
        button
        for button in window.findChildren(QAbstractButton)
        if button.isVisibleTo(window)
        and button.focusPolicy() != Qt.FocusPolicy.NoFocus
        and not (button.accessibleName() or button.text())
    ]
    assert unnamed == []


def test_a_row_that_was_clicked_takes_its_keys_and_leaves_words_to_the_message(
    open_window: Callable[[], Person], qtbot: QtBot
) -> None:
    person = open_window()
    for words in ("One", "Two"):
        person.type(words)
        person.press(Qt.Key.Key_Return)
        wait_for_answer(person, qtbot, 2)
        person.window._desk.new_chat()
    history = person.find(QListView, "Chats")
    place = history.visualRect(history.model().index(0, 0)).bottomLeft() + QPoint(80, -20)
    QTest.mouseClick(history.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: "Two" in shown_text(person))
    assert history.hasFocus()
    QTest.keyClick(history, Qt.Key.Key_Delete)
    assert history.model().rowCount() == 1
    assert history.hasFocus()
    QTest.keyClick(history, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert history.model().rowCount() == 2
    QTest.keyClick(history, Qt.Key.Key_H)
    assert person.find(QTextEdit, "Message").toPlainText() == "h"
    assert person.find(QWidget, "Message").hasFocus()


@pytest.mark.parametrize(
    ("room", "size", "fills"),
    [(QSize(1920, 1080), QSize(1366, 768), False), (QSize(1366, 768), QSize(1350, 720), True)],
    ids=["a large screen", "a screen of just that size"],
)
def test_the_first_window_has_room_for_its_frame(
    open_window: Callable[[], Person], room: QSize, size: QSize, fills: bool
) -> None:
    window = open_window().window
    window.hide()
    window.setWindowState(Qt.WindowState.WindowNoState)
    window._take_usual_size(room)
    assert window.size() == size
    window.show()
    assert window.isMaximized() == fills


def test_what_is_typed_after_a_picture_was_looked_at_is_all_there(
    open_window: Callable[[], Person], picture: Callable[..., Path], qtbot: QtBot
) -> None:
    person = open_window()
    person.drop(picture("roof.png", (300, 300)))
    chat = person.window._chat
    qtbot.waitUntil(lambda: len(chat.draft.pictures) == 1 and chat.draft.ready)
    strip = person.find(QListView, "Attached pictures")
    tile = strip.visualRect(strip.model().index(0, 0)).topLeft() + QPoint(60, 50)
    QTest.mouseClick(strip.viewport(), Qt.MouseButton.LeftButton, pos=tile)
    viewer = person.find(QWidget, "Picture viewer")
    QTest.keyClick(viewer, Qt.Key.Key_Escape)
    focused = QApplication.focusWidget()
    assert focused is not None
    QTest.keyClicks(focused, "hello world")
    assert chat.draft.text == "hello world"
    assert not [
        w for w in person.window.findChildren(QWidget) if w.accessibleName() == "Picture viewer" and w.isVisible()
    ]


def test_words_typed_on_a_selected_picture_go_to_the_message(
    open_window: Callable[[], Person], picture: Callable[..., Path], qtbot: QtBot
) -> None:
    person = open_window()
    person.drop(picture("roof.png", (300, 300)))
    chat = person.window._chat
    qtbot.waitUntil(lambda: len(chat.draft.pictures) == 1 and chat.draft.ready)
    person.find(QListView, "Attached pictures").setFocus()
    for letter in "hello world":
        focused = QApplication.focusWidget()
        assert focused is not None
        QTest.keyClicks(focused, letter)
    assert chat.draft.text == "hello world"


def test_a_draft_is_found_again_in_the_list_when_others_bring_pictures(
    open_window: Callable[[], Person], picture: Callable[..., Path], qtbot: QtBot
) -> None:
    person = open_window()
    person.drop(picture("roof.png", (300, 300)))
    person.type("What is owed?")
    first = person.window._chat
    qtbot.waitUntil(lambda: len(first.draft.pictures) == 1 and first.draft.ready)
    person.window.open_pictures([str(picture("wall.png", (310, 300)))])
    assert person.window._chat is not first
    history = person.find(QListView, "Chats")
    assert history.model().rowCount() == 1
    place = history.visualRect(history.model().index(0, 0)).bottomLeft() + QPoint(80, -20)
    QTest.mouseClick(history.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert person.window._chat is first
    assert person.find(QTextEdit, "Message").toPlainText() == "What is owed?"
    person.click("New chat")
    assert person.window._chat.draft.empty
    assert history.model().rowCount() == 2


def test_earlier_pictures_are_on_the_shelf_and_leave_the_message_its_room(
    open_window: Callable[[], Person], picture: Callable[..., Path], qtbot: QtBot
) -> None:
    person = open_window()
    shelf = QKeySequence("Ctrl+Shift+P")
    person.drop(picture("q3.png", (1920, 1080)), picture("q4.png", (1600, 900)))
    qtbot.waitUntil(lambda: len(person.window._chat.draft.pictures) == 2 and person.window._chat.draft.ready)
    assert "pictures · $" not in shown_buttons(person)
    person.type("How do these differ?")
    person.press(Qt.Key.Key_Return)
    wait_for_answer(person, qtbot, 2)
    qtbot.waitUntil(lambda: "2 pictures · $" in shown_buttons(person))
    QTest.keySequence(person.window, shelf)
    earlier = person.find(QListView, "Earlier pictures")
    qtbot.waitUntil(earlier.hasFocus)
    QTest.keyClick(earlier, Qt.Key.Key_X)
    assert person.window._chat.draft.text == "x"
    QTest.keyClick(earlier, Qt.Key.Key_Escape)
    assert not earlier.isVisible()
    person.drop(picture("c.png"))
    qtbot.waitUntil(lambda: bool(person.window._chat.draft.pictures) and person.window._chat.draft.ready)
    person.window.resize(720, 480)
    strip, message = person.find(QListView, "Attached pictures"), person.find(QWidget, "Message")
    qtbot.waitUntil(
        lambda: person.window.height() == 480 and below(strip, person.window) <= top(message, person.window)
    )
    QTest.keySequence(person.window, shelf)
    qtbot.waitUntil(lambda: earlier.hasFocus() and earlier.window() is not person.window)
    assert below(strip, person.window) <= top(message, person.window)
    QTest.keyClick(earlier, Qt.Key.Key_Escape)
    assert not earlier.isVisible()


def shown_buttons(person: Person) -> str:
    """What the buttons say."""
    return "\n".join(b.text() for b in person.window.findChildren(QAbstractButton) if b.isVisible())


def top(widget: QWidget, window: QWidget) -> int:
    """The pixel of its first row, in the window."""
    return widget.mapTo(window, QPoint()).y()


def below(widget: QWidget, window: QWidget) -> int:
    """The pixel below its last row, in the window."""
    return widget.mapTo(window, QPoint(0, widget.height())).y()


def test_a_shelf_that_is_not_shown_takes_no_room_from_the_pictures(
    open_window: Callable[[], Person], picture: Callable[..., Path], qtbot: QtBot
) -> None:
    person = open_window()
    person.drop(picture("q3.png", (1920, 1080)))
    qtbot.waitUntil(lambda: person.window._chat.draft.ready and not person.window._chat.draft.empty, timeout=10_000)
    strip = person.find(QListView, "Attached pictures")
    before = strip.height()
    person.window.grab()  # sends what hidden widgets are still to be told of their size
    assert strip.height() == before
