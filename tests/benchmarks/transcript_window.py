"""A process that shows a conversation as the app does, and says "measured" with what a scene found out, as JSON.

Arguments: the scene, and its numbers. The messages are there before the clock runs; the loop is the app's, and its beat
tells how long it was held up. Painted is what the window has been asked to update and has updated.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import Final

import psutil
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QTextEdit, QVBoxLayout, QWidget

from app.application import Application
from app.conversation.account import Account
from app.conversation.chat import Chat, Tools
from app.conversation.gallery import Gallery
from app.conversation.learning import Learning
from app.conversation.preferences import Preferences
from app.conversation.spending import Spending
from app.conversation.tasks import Tasks
from app.core.catalog import Catalog
from app.core.decoder import Decoder
from app.core.ledger import Ledger
from app.core.message import Message
from app.core.pictures import Pictures
from app.core.settings import Settings
from app.core.store import Store
from app.eventloop import EventLoop
from app.ui.theme import Theme
from app.ui.transcript.view import Transcript
from tests import transcripts

SIZE: Final = (1000, 760)
"""Pixels of the window."""
_BEAT: Final = 5
"""Milliseconds."""
_QUIET: Final = 0.15
"""Seconds without painting after which nothing more is awaited, mostly."""
_PATIENCE: Final = 60.0
"""Seconds."""


class Window(QWidget):
    """Signals:
    painted(): what was to be updated is.
    """

    painted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.last = 0.0
        """When it was painted last, by the clock of `perf_counter`."""

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() == QEvent.Type.UpdateRequest:
            self.last = perf_counter()
            self.painted.emit()
        return done


class Beat(QObject):
    """How long the event loop was held up: how late each beat of a precise timer is, in milliseconds."""

    def __init__(self) -> None:
        super().__init__()
        self._late: list[float] = []
        self._last = 0.0
        self._timer = QTimer(self, interval=_BEAT, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._count)

    def begin(self) -> None:
        self._late.clear()
        self._last = perf_counter()
        self._timer.start()

    def stop(self) -> None:
        """It costs some processor time itself."""
        self._timer.stop()

    @property
    def longest(self) -> float:
        return max(self._late, default=0.0)

    @property
    def p99(self) -> float:
        """99 of 100 are shorter."""
        return sorted(self._late)[len(self._late) * 99 // 100] if self._late else 0.0

    def _count(self) -> None:
        now = perf_counter()
        self._late.append(max(0.0, (now - self._last) * 1000 - _BEAT))
        self._last = now


class Scene:
    """The window with a conversation of two messages in it."""

    def __init__(self, theme: Theme, gallery: Gallery, tools: Tools) -> None:
        self.theme = theme
        self._tools = tools
        self.beat = Beat()
        self.window = Window()
        self.transcript = Transcript(theme, gallery, tools)
        layout = QVBoxLayout(self.window)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.transcript)
        self.window.resize(*SIZE)
        self.open = self.chat(transcripts.conversation(2))
        """The conversation shown last, where a scene goes on with it."""
        self.transcript.set_chat(self.open)
        self.window.show()

    def chat(self, messages: Iterable[Message]) -> Chat:
        """A conversation that nobody has looked at yet."""
        chat = Chat.new(transcripts.MODEL, self._tools)
        chat.messages.reset(messages)
        return chat

    async def painted(self, condition: Callable[[], bool] = lambda: True) -> float:
        """Wait until something is so when the window was painted; when that was, by the clock of `perf_counter`."""
        seen: asyncio.Future[float] = asyncio.get_running_loop().create_future()

        def look() -> None:
            if not seen.done() and condition():
                seen.set_result(self.window.last)

        link = self.window.painted.connect(look)
        try:
            async with asyncio.timeout(_PATIENCE):
                return await seen
        finally:
            QObject.disconnect(link)

    async def calm(self, quiet: float = _QUIET) -> None:
        """Wait until nothing was painted for so many seconds."""
        began = perf_counter()
        while perf_counter() - max(began, self.window.last) < quiet and perf_counter() - began < _PATIENCE:  # noqa: ASYNC110
            await asyncio.sleep(0.02)  # nothing tells that nothing happens

    def shows(self, words: str) -> bool:
        """Whether the words stand in a text on screen."""
        return any(
            words in view.toPlainText()
            for view in reversed(self.transcript.findChildren(QTextEdit))
            if not view.visibleRegion().isEmpty()
        )

    async def took(self, do: Callable[[], object], condition: Callable[[], bool] = lambda: True) -> float:
        """Milliseconds from doing something until the window is painted with it."""
        began = perf_counter()
        do()
        return (await self.painted(condition) - began) * 1000

    def wheel(self, notches: int) -> None:
        """Turn the wheel over the middle, as the window system tells it, but without letting anything else happen."""
        place, turned = QPointF(self.window.rect().center()), QPoint(0, 120 * notches)
        none = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase
        everywhere = self.window.mapToGlobal(place)
        QCoreApplication.sendEvent(
            self.window.windowHandle(),
            QWheelEvent(place, everywhere, QPoint(), turned, *none, False),
        )


Scenes = Mapping[str, Callable[..., Awaitable[object]]]
"""By name what is played with a `Scene` and numbers; returns what it found out, fit for JSON."""


def megabytes() -> float:
    """The memory that this process occupies now: all its pages in RAM (RSS)."""
    return psutil.Process().memory_info().rss / 1e6


def main() -> None:
    from tests.benchmarks.transcript_scenes import SCENES

    app = Application(sys.argv[:1])
    with asyncio.Runner(loop_factory=lambda: EventLoop(app)) as runner:
        found = runner.run(_play(app, sys.argv[1], [int(number) for number in sys.argv[2:]], SCENES))
    print("measured " + json.dumps(found), flush=True)


async def _play(app: Application, name: str, numbers: Sequence[int], scenes: Scenes) -> object:
    with tempfile.TemporaryDirectory() as name_of_folder, ThreadPoolExecutor(2) as threads:
        folder = Path(name_of_folder)
        preferences = Preferences(folder, Settings(theme="light"), threads)
        store = Store.open(folder)
        spending = Spending(Ledger(store), preferences)
        account = Account(preferences, Catalog.load(), {}, spending.gate, practice=True)
        tasks, decoder = Tasks(), Decoder()
        learning = Learning(store, spending.ledger, tasks)
        pictures = Pictures(folder / "pictures")
        tools = Tools(store, pictures, decoder, threads, tasks, account, preferences, spending, learning)
        scene = Scene(Theme(app, preferences), Gallery(store, pictures, decoder, threads, tasks), tools)
        await scene.calm()
        try:
            return await scenes[name](scene, *numbers)
        finally:
            scene.window.hide()
            await tasks.close()
            await account.close()
            decoder.close()
            store.close()
