"""The stage: the real window in a fresh data folder, before a local server that speaks the API."""

from __future__ import annotations

import asyncio
import gc
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from PySide6.QtCore import QMimeData, QPoint, QRect
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QDialog, QMenu, QWidget

from app.conversation.account import Account
from app.conversation.attachment import Source
from app.conversation.chat import Chat, Tools
from app.conversation.desk import Desk
from app.conversation.gallery import Gallery
from app.conversation.learning import Learning
from app.conversation.preferences import Preferences
from app.conversation.spending import Spending
from app.conversation.tasks import Tasks
from app.core.catalog import Catalog
from app.core.decoder import Decoder
from app.core.ledger import Ledger
from app.core.pictures import Pictures
from app.core.resources import resource
from app.core.settings import Settings
from app.core.store import Store
from app.eventloop import EventLoop
from app.ui.main_window import MainWindow
from app.ui.theme import Theme
from tests.servers.api import ApiServer

_PATIENCE: Final = 20.0
"""Seconds."""


@dataclass
class Stage:
    """What a state plays with."""

    window: MainWindow
    desk: Desk
    tools: Tools
    api: ApiServer
    folder: Path
    mime: QMimeData | None = None
    """What is being dragged: Qt does not keep it alive."""

    @property
    def chat(self) -> Chat:
        return self.desk.current

    def attach(self, *sources: Source) -> None:
        self.chat.draft.attach(sources)

    def sample(self, *names: str) -> None:
        self.attach(*(Source(path=str(resource("samples") / name)) for name in names))

    async def until(self, condition: Callable[[], object]) -> None:
        """Let the app work until something is so."""
        async with asyncio.timeout(_PATIENCE):
            while not condition():  # noqa: ASYNC110 - anything may be waited for
                await asyncio.sleep(0.01)

    async def ready(self) -> None:
        await self.until(lambda: self.chat.draft.ready)
        await self.calm()

    async def ask(self, words: str, answer: str) -> None:
        """Send the draft with a question and wait for the answer."""
        self.api.answer = answer
        self.chat.draft.propose(words)
        await self.chat.draft.settled()
        count = len(self.chat.messages.messages)
        self.chat.worker.send()
        await self.until(lambda: len(self.chat.messages.messages) > count and not self.chat.worker.busy)
        await self.calm()

    async def calm(self) -> None:
        """Until what was asked for is laid out and painted."""
        for _ in range(30):
            await asyncio.sleep(0.01)


State = Callable[[Stage], Awaitable[QWidget | None]]
"""Brings the window into a state; returns what is to be shown, None for the whole window."""


def shoot(folder: Path, theme: str, scale: str, size: str, names: Sequence[str]) -> int:
    """Make the screenshots of the states named, or of all; scale is Qt's affair and was set before."""
    from tests.shots.states import STATES

    app = QApplication.instance() or QApplication([])
    if not isinstance(app, QApplication):
        raise TypeError("screenshots need a QApplication")
    folder.mkdir(parents=True, exist_ok=True)
    width, height = map(int, size.split("x"))
    unknown = [name for name in names if name not in STATES]
    if unknown:
        print(f"No such state: {', '.join(unknown)}. There are {', '.join(STATES)}.")
        return 2
    gc.disable()
    for name in names or STATES:
        path = folder / f"{name}.png"
        with asyncio.Runner(loop_factory=lambda: EventLoop(app)) as runner:
            runner.run(_play(app, STATES[name], path, "dark" if theme == "dark" else "light", width, height))
        gc.collect()  # here, and not by chance in a thread, where timers cannot die
        print(f"{path} ({scale}×)")
    return 0


async def _play(
    app: QApplication, state: State, path: Path, look: Literal["light", "dark"], width: int, height: int
) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="visavis-shot-")))
        api = stack.enter_context(ApiServer())
        threads = stack.enter_context(ThreadPoolExecutor(2))
        preferences = Preferences(folder, Settings(theme=look), threads)
        store = Store.open(folder)
        spending = Spending(Ledger(store), preferences)
        environ = {"ANTHROPIC_BASE_URL": api.url, "ANTHROPIC_API_KEY": api.key}
        account = Account(preferences, Catalog.load(), environ, spending.gate)
        tasks = Tasks()
        decoder = Decoder()
        learning = Learning(store, spending.ledger, tasks)
        tools = Tools(
            store, Pictures(folder / "pictures"), decoder, threads, tasks, account, preferences, spending, learning
        )
        desk = Desk(tools)
        desk.start()
        await account.look_up()
        gallery = Gallery(store, tools.pictures, decoder, threads, tasks)
        window = MainWindow(Theme(app, preferences), tools, desk, gallery, folder)
        window.resize(width, height)
        window.show()
        stage = Stage(window, desk, tools, api, folder)
        await stage.calm()
        try:
            shown = await state(stage)
            await stage.calm()
            (shown.grab() if shown else _seen(window)).save(str(path))
        finally:
            window.hide()
            await tasks.close()
            await account.close()
            decoder.close()
            store.close()
            window.deleteLater()


def _seen(window: QWidget) -> QPixmap:
    """The window with the dialogs and menus that are open over it, each at its place."""
    whole = window.grab()
    painter = QPainter(whole)
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, QDialog | QMenu) and widget.isVisible():
            place = QRect(widget.mapToGlobal(QPoint()) - window.mapToGlobal(QPoint()), widget.size())
            painter.drawPixmap(place, widget.grab())
            if isinstance(widget, QDialog):  # the desktop frames it
                painter.setPen(widget.palette().mid().color())
                painter.drawRect(place.adjusted(-1, -1, 0, 0))
    painter.end()
    return whole
