"""What the benchmarks watch for in the app's window; each tells by a line on stdout that it has come to pass.

Keys and drops reach the window as they do from the platform.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from io import BytesIO
from statistics import median
from time import perf_counter
from typing import Final

from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QObject, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QListView, QTextEdit

from app.core.fit import Size
from app.core.message import Message
from app.ui.main_window import MainWindow
from app.ui.message_edit import MessageEdit
from tests.benchmarks.memory import Peak
from tests.transcripts import FAREWELL, LONG_TITLE

_QUESTION: Final = "How do these differ?"
_SETTLED: Final = 3000
"""Milliseconds, as the next two."""
_AFTER_ANSWER: Final = 5000
_BEAT: Final = 5


class Watch(QObject):
    """Begins when the window is shown."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.window = window
        self.begin()

    def begin(self) -> None:
        """The window is about to be painted for the first time."""
        self.window._tools.account.changed.connect(self._warm)

    def _warm(self) -> None:
        if self.window._tools.account.looked_up:
            self.window._tools.account.changed.disconnect(self._warm)
            self.go_on()

    def go_on(self) -> None:
        """The app has warmed up: the key was looked up, which is the last that a start does."""

    def type(self, text: str, key: Qt.Key = Qt.Key.Key_A) -> None:
        event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, text)
        QCoreApplication.postEvent(self.window.windowHandle(), event)


class Start(Watch):
    """Says "ready" when the sidebar's rows have been painted and a key typed then has become text."""

    def begin(self) -> None:
        rows, edit = self.window.findChild(QListView, "conversations"), self.window.focusWidget()
        assert isinstance(rows, QListView)
        assert isinstance(edit, MessageEdit)
        self._rows, self._edit = rows, edit
        rows.installEventFilter(self)
        edit.textChanged.connect(self._typed)

    def _typed(self) -> None:
        if self._edit.toPlainText() == "a":
            say("ready")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and self._rows.indexAt(QPoint(40, 60)).isValid():
            watched.removeEventFilter(self)
            self.type("a")
        return False


class Idle(Watch):
    """Says "idle" some time after the start."""

    def go_on(self) -> None:
        QTimer.singleShot(_SETTLED, lambda: say("idle"))


class Answered(Watch):
    """Asks about the pictures of the command line; says "answered" and, some time after that, "idle"."""

    def go_on(self) -> None:
        self.window._desk.current.worker.answered.connect(self._answered)
        for character in _QUESTION:
            self.type(character)
        self.type("\r", Qt.Key.Key_Return)

    def _answered(self, answer: Message) -> None:
        say(f"answered {answer.state}")
        QTimer.singleShot(_AFTER_ANSWER, lambda: say("idle"))


class Drop(Watch):
    """Drops files on the window; says "prepared" with how long it took, in milliseconds, as JSON.

    Where it is asked whether so many are wanted, they are. Peak memory, in MB, is more than before the drop.
    """

    def go_on(self) -> None:
        self._draft = self.window._desk.current.draft
        self._paths = json.loads(os.environ["BENCHMARK_DROP"])
        self._took: dict[str, float] = {}
        self._draft.changed.connect(self._look)
        self._draft.many_wanted.connect(lambda many: self._draft.attach(many.sources))
        self._beat = QTimer(self, interval=_BEAT, timerType=Qt.TimerType.PreciseTimer)
        self._beat.timeout.connect(self._count)
        self._beat.start()
        self._stall, self._last = 0.0, perf_counter()
        QTimer.singleShot(10 * _BEAT, self, self._drop)

    def _drop(self) -> None:
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(path) for path in self._paths])
        place = QPointF(self.window.rect().center())
        how = Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        self._peak = Peak() if sys.platform == "linux" else None
        self._began = perf_counter()
        for event in (QDragEnterEvent(place.toPoint(), *how), QDropEvent(place, *how)):
            QCoreApplication.sendEvent(self.window.windowHandle(), event)

    def _look(self) -> None:
        pictures = self._draft.pictures
        now = (perf_counter() - self._began) * 1000
        if any(picture.thumbnail for picture in pictures):
            self._took.setdefault("thumbnail", now)
        if len(pictures) == len(self._paths) and all(picture.tokens for picture in pictures):
            self._took.setdefault("badges", now)
            if self._draft.ready and "ready" not in self._took:
                self._took["ready"] = now
                if self._peak:
                    self._took |= {"peak": self._peak.megabytes, "before": self._peak.before}
                QTimer.singleShot(10 * _BEAT, self, self._tell)

    def _count(self) -> None:
        now = perf_counter()
        self._stall, self._last = max(self._stall, (now - self._last) * 1000), now

    def _tell(self) -> None:
        self._beat.stop()
        sent = self._draft.pictures[0].sent
        assert sent is not None
        one = {"one": one_picture(self._paths[0], sent), "decode": one_decode(self._paths[0], sent)}
        say("prepared " + json.dumps({**self._took, **one, "stall": self._stall}))


class Click(Watch):
    """Clicks on the long conversation in the sidebar, after a short one was opened; says "opened" with milliseconds
    until its end is painted, and with the longest stall until all of it is there, as JSON.
    """

    short_first = True

    def go_on(self) -> None:
        rows = self.window.findChild(QListView, "conversations")
        assert isinstance(rows, QListView)
        self._rows = rows
        self._beat = QTimer(self, interval=_BEAT, timerType=Qt.TimerType.PreciseTimer)
        self._beat.timeout.connect(self._count)
        long = max(range(rows.model().rowCount()), key=lambda row: rows.model().index(row, 0).data() == LONG_TITLE)
        if self.short_first:
            self._click(1 if long == 0 else 0)
        QTimer.singleShot(_SETTLED, self, lambda: self._measure(long))

    def _measure(self, row: int) -> None:
        self._stall, self._last = 0.0, perf_counter()
        self._beat.start()
        self.window.installEventFilter(self)
        self._began = perf_counter()
        self._click(row)

    def _click(self, row: int) -> None:
        place = QPointF(self._rows.visualRect(self._rows.model().index(row, 0)).center())
        left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        for kind, buttons in ((QEvent.Type.MouseButtonPress, left), (QEvent.Type.MouseButtonRelease, none)):
            everywhere = self._rows.viewport().mapToGlobal(place)
            event = QMouseEvent(kind, place, everywhere, left, buttons, Qt.KeyboardModifier.NoModifier)
            QCoreApplication.sendEvent(self._rows.viewport(), event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.UpdateRequest and self._is_there():
            watched.removeEventFilter(self)
            QCoreApplication.sendEvent(watched, event)
            self._took = (perf_counter() - self._began) * 1000
            QTimer.singleShot(_AFTER_ANSWER, self, self._tell)
            return True
        return False

    def _is_there(self) -> bool:
        texts = self.window.findChildren(QTextEdit)
        return any(FAREWELL in text.toPlainText() and not text.visibleRegion().isEmpty() for text in texts)

    def _count(self) -> None:
        now = perf_counter()
        self._stall, self._last = max(self._stall, (now - self._last) * 1000 - _BEAT), now

    def _tell(self) -> None:
        self._beat.stop()
        say("opened " + json.dumps({"took": self._took, "gap": self._stall}))


class FirstClick(Click):
    """The same where nothing was opened before."""

    short_first = False


def one_decode(path: str, size: Size) -> float:
    """Milliseconds that Pillow alone takes to decode one picture as small as the size to be sent allows."""
    from PIL import Image  # not before the app imports it itself

    took = []
    for _ in range(5):
        began = perf_counter()
        image = Image.open(path)
        image.draft("RGB", size)
        image.load()
        took.append((perf_counter() - began) * 1000)
    return median(took)


def one_picture(path: str, size: Size) -> float:
    """Milliseconds that Pillow alone takes to make one picture of the size that is sent: the median of five."""
    from PIL import Image  # not before the app imports it itself

    took = []
    for _ in range(5):
        began = perf_counter()
        image = Image.open(path)
        image.draft("RGB", size)
        image.resize(size, Image.Resampling.LANCZOS).save(BytesIO(), "JPEG", quality=90, subsampling="4:4:4")
        took.append((perf_counter() - began) * 1000)
    return median(took)


def say(words: str) -> None:
    print(words, flush=True)


WATCHES: Final[dict[str, Callable[[MainWindow], Watch]]] = {
    "start": Start,
    "idle": Idle,
    "answered": Answered,
    "drop": Drop,
    "click": Click,
    "first_click": FirstClick,
}
