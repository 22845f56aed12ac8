"""Somebody before the app's window, in its process: types, drops, sends, stops, edits, deletes, by keys and mouse."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QObject, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QGuiApplication, QImage, QInputMethodEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QListView

from app.core.message import Message
from app.ui.main_window import MainWindow
from app.ui.thumbnails import Thumbnails
from tests.long.eyes import Eyes
from tests.long.reports import tell

if TYPE_CHECKING:
    from tests.long.driver import Plan

Pauses = Iterator[int]
"""What is done, and between its parts milliseconds in which nothing is."""

_WORDS: Final = ("roof", "gutter", "which", "why", "the left one", "sharper", "lease", "and", "比較", "größer")
_CONTROL: Final = Qt.KeyboardModifier.ControlModifier


class _Sitter(QObject):
    """Does one thing after the other, from when the window is as it was left."""

    def __init__(self, window: MainWindow, eyes: Eyes, plan: Plan) -> None:
        super().__init__(window)
        self.window = window
        self.eyes = eyes
        self.plan = plan
        self.random = random.Random(plan.seed)  # noqa: S311
        self._marks = 0
        self._doing = self.acts()
        eyes.there.connect(self._go_on)

    def acts(self) -> Pauses:
        """All that is done."""
        raise NotImplementedError

    def _go_on(self) -> None:
        pause = next(self._doing, None)
        if pause is not None:
            QTimer.singleShot(pause, self, self._go_on)

    # --- hands ---

    def write(self) -> Pauses:
        """Some words, the first of which nobody else has written."""
        self._marks += 1
        words = [f"q{self.plan.round}.{self._marks}", *self.random.choices(_WORDS, k=self.random.randint(0, 4))]
        for letter in " ".join(words) + " ":
            self._type(letter)
            yield self.random.randint(1, 12)

    def _type(self, letter: str) -> None:
        if letter.isascii():
            QTest.keyClicks(self.eyes.edit, letter)
            return
        event = QInputMethodEvent()  # how it comes from an input method
        event.setCommitString(letter)
        QCoreApplication.sendEvent(self.eyes.edit, event)

    def press(self, key: Qt.Key, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """A key, where the focus is."""
        QTest.keyClick(QApplication.focusWidget() or self.eyes.edit, key, keys)

    def press_in_text(self, key: Qt.Key) -> None:
        QTest.keyClick(self.eyes.edit, key)

    def drop(self, *paths: str) -> None:
        """Files from the desktop, on the window."""
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(path) for path in paths])
        place = QPointF(self.window.rect().center())
        how = Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        for event in (QDragEnterEvent(place.toPoint(), *how), QDropEvent(place, *how)):
            QCoreApplication.sendEvent(self.window.windowHandle(), event)


class Streamer(_Sitter):
    """Asks one question in a new chat, and leaves while the answer comes where that is the plan."""

    def acts(self) -> Pauses:
        self.press(Qt.Key.Key_N, _CONTROL)
        yield 1
        yield from self.write()
        if self.plan.pictures:
            self.drop(*self.plan.pictures)
            yield 1
        self.press_in_text(Qt.Key.Key_Return)
        while not self._has_words():
            yield 1
        tell("streaming")
        yield round(self.plan.after * 1000)
        if self.plan.leave:
            tell("leaving")
        if self.plan.leave == "close":
            self.press(Qt.Key.Key_Q, _CONTROL)
        elif self.plan.leave == "quit":  # what a Mac's menu and the end of a session come to
            QCoreApplication.quit()

    def _has_words(self) -> bool:
        messages = self.eyes.chat.messages.messages
        return bool(messages) and messages[-1].role == "assistant" and bool(messages[-1].text)


class Person(_Sitter):
    """Whatever comes to mind, one thing after the other and most of it while an answer comes, until the end."""

    def acts(self) -> Pauses:
        self._pictures = list(self.plan.pictures)
        often: dict[Callable[[], Pauses], int] = {
            self.write: 4,
            self._send: 6,
            self._stop: 1,
            self._drop: 3,
            self._paste: 1,
            self._move: 2,
            self._take_out: 1,
            self._open_new: 1,
            self._open_other: 2,
            self._edit: 2,
            self._retry: 1,
            self._delete: 1,
            self._delete_chat: 1,
        }
        while True:
            [act] = self.random.choices(list(often), list(often.values()))
            yield from act()
            yield self.random.choice((0, 5, 20, 60))

    def _send(self) -> Pauses:
        draft = self.eyes.chat.draft
        if f"q{self.plan.round}." not in draft.text:
            yield from self.write()
        self.press_in_text(Qt.Key.Key_Return)
        yield self.random.choice((1, 50, 200, 400))

    def _stop(self) -> Pauses:
        if self.eyes.chat.worker.phase == "streaming":
            self.press_in_text(Qt.Key.Key_Escape)
        yield 1

    def _drop(self) -> Pauses:
        count = self.random.randint(1, 2)
        paths, self._pictures = self._pictures[:count], self._pictures[count:]
        if paths:
            self.drop(*paths)
        yield self.random.choice((1, 10, 100))

    def _paste(self) -> Pauses:
        image = QImage(self.random.randint(200, 600), self.random.randint(200, 600), QImage.Format.Format_RGB32)
        image.fill(QColor(*(self.random.randrange(256) for _ in range(3))))
        QGuiApplication.clipboard().setImage(image)
        QTest.keyClick(self.eyes.edit, Qt.Key.Key_V, _CONTROL)
        yield 5

    def _move(self) -> Pauses:
        if strip := self._strip(2):
            QTest.keyClick(strip, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
        yield 5

    def _take_out(self) -> Pauses:
        if strip := self._strip(1):
            QTest.keyClick(strip, Qt.Key.Key_Delete)
            yield 10
            if self.random.random() < 0.5:
                QTest.keyClick(strip, Qt.Key.Key_Z, _CONTROL)
        yield 5

    def _strip(self, least: int) -> Thumbnails | None:
        """The attached pictures, one of them chosen; None where there are fewer."""
        strip = self.window.findChild(Thumbnails)
        count = len(self.eyes.chat.draft.pictures)
        if strip is None or count < least:
            return None
        strip.setCurrentIndex(strip.model().index(self.random.randrange(count), 0))
        return strip

    def _open_new(self) -> Pauses:
        self.press(Qt.Key.Key_N, _CONTROL)
        yield 5

    def _open_other(self) -> Pauses:
        if (row := self._row()) is not None:
            self._click(row)
        yield 20

    def _row(self) -> int | None:
        """A row of the sidebar that is in view."""
        rows = self._list()
        seen = [row for row in range(min(8, rows.model().rowCount())) if self._place(row) is not None]
        return self.random.choice(seen) if seen else None

    def _list(self) -> QListView:
        rows = self.window.findChild(QListView, "conversations")
        assert isinstance(rows, QListView)
        return rows

    def _place(self, row: int) -> QPoint | None:
        rows = self._list()
        place = rows.visualRect(rows.model().index(row, 0)).bottomLeft() + QPoint(80, -20)
        return place if rows.viewport().rect().contains(place) else None

    def _click(self, row: int) -> None:
        place, rows = self._place(row), self._list()
        if place is None:
            return
        left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        for kind, buttons in ((QEvent.Type.MouseButtonPress, left), (QEvent.Type.MouseButtonRelease, none)):
            everywhere = rows.viewport().mapToGlobal(QPointF(place))
            event = QMouseEvent(kind, QPointF(place), everywhere, left, buttons, Qt.KeyboardModifier.NoModifier)
            QCoreApplication.sendEvent(rows.viewport(), event)

    def _edit(self) -> Pauses:
        """The last question anew, now and then to no end."""
        chat = self.eyes.chat
        if chat.worker.busy or not chat.draft.empty or chat.editing:
            return
        self.press_in_text(Qt.Key.Key_Up)
        yield 30
        yield from self.write()
        if self.random.random() < 0.2:
            self.press_in_text(Qt.Key.Key_Escape)
            yield 5
        else:
            yield from self._send()

    def _retry(self) -> Pauses:
        answers = [message for message in self.eyes.chat.messages.messages if message.role == "assistant"]
        if answers and not self.eyes.chat.worker.busy:
            self._do("retry", answers[-1])
        yield 50

    def _delete(self) -> Pauses:
        messages = self.eyes.chat.messages.messages
        if len(messages) > 2 and not self.eyes.chat.worker.busy:
            self._do("delete", self.random.choice(list(messages)))
            yield 30
            if self.random.random() < 0.3 and not self.eyes.edit.toPlainText():
                QTest.keyClick(self.eyes.edit, Qt.Key.Key_Z, _CONTROL)
        yield 5

    def _do(self, deed: str, message: Message) -> None:
        """As the buttons under a message and its menu do."""
        self.window._transcript.deeds.do(deed, message)

    def _delete_chat(self) -> Pauses:
        rows = self._list()
        if self.random.random() < 0.3 and (row := self._row()) is not None:
            self._click(row)
            yield 20
            QTest.keyClick(rows, Qt.Key.Key_Delete)
            yield 20
            if self.random.random() < 0.7:
                QTest.keyClick(rows, Qt.Key.Key_Z, _CONTROL)
        yield 5
        self.eyes.edit.setFocus()
