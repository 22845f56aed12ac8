"""Fixtures: real folders, a real store, a real event loop and the parts of the app joined as the app joins them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image, ImageDraw
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from app.conversation.account import Account
from app.conversation.chat import Tools
from app.conversation.desk import Desk
from app.conversation.gallery import Gallery
from app.conversation.preferences import Preferences
from app.conversation.tasks import Tasks
from app.core.catalog import Catalog
from app.core.pictures import Pictures
from app.core.settings import Settings
from app.core.store import Store
from app.eventloop import EventLoop
from app.ui.theme import Theme


@pytest.fixture
def catalog() -> Catalog:
    return Catalog.load()


@pytest.fixture
def live_loop(qapp: QApplication) -> Iterator[EventLoop]:
    """asyncio on the Qt loop that pytest-qt runs: `qtbot.waitUntil` then drives coroutines too."""
    loop = EventLoop(qapp, already_running=True)
    asyncio.set_event_loop(loop)
    yield loop
    running = asyncio.all_tasks(loop)
    for task in running:
        task.cancel()
    while any(not task.done() for task in running):
        qapp.processEvents()
    qapp.aboutToQuit.disconnect(loop._after_run_forever)
    loop._after_run_forever()
    loop._QEventLoop__is_running = False
    asyncio.events._set_running_loop(None)
    asyncio.set_event_loop(None)
    loop.close()


@pytest.fixture
def preferences(tmp_path: Path) -> Iterator[Preferences]:
    with ThreadPoolExecutor(1) as thread:
        yield Preferences(tmp_path / "data", Settings(practice=True), thread)


@pytest.fixture
def tools(live_loop: EventLoop, preferences: Preferences, catalog: Catalog, tmp_path: Path) -> Iterator[Tools]:
    """What every conversation works with, in a fresh data folder and in practice mode."""
    assert live_loop.is_running()
    folder = tmp_path / "data"
    store = Store.open(folder)
    tasks = Tasks()
    crashes: list[BaseException] = []
    tasks.crashed.connect(crashes.append)
    with ThreadPoolExecutor(2) as threads:
        account = Account(preferences, catalog, {})
        yield Tools(store, Pictures(folder / "pictures"), threads, tasks, account, preferences)
        finish(tasks.close())
        finish(account.close())
    store.close()
    assert crashes == []


@pytest.fixture
def gallery(tools: Tools) -> Gallery:
    return Gallery(tools.store, tools.pictures, tools.threads, tools.tasks)


@pytest.fixture
def desk(tools: Tools) -> Iterator[Desk]:
    desk = Desk(tools)
    desk.start()
    yield desk
    desk.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def theme(qapp: QApplication, preferences: Preferences) -> Iterator[Theme]:
    theme = Theme(qapp, preferences)
    yield theme
    theme.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def picture(tmp_path: Path) -> Callable[..., Path]:
    """Write a real picture file: a coloured ground with a rectangle in the middle."""

    def write(name: str = "red.png", size: tuple[int, int] = (640, 400), color: str = "#c03028") -> Path:
        image = Image.new("RGB", size, color)
        width, height = size
        ImageDraw.Draw(image).rectangle((width // 4, height // 4, width // 2, height // 2), "#ffffff")
        path = tmp_path / name
        image.save(path)
        return path

    return write


def finish(work: object) -> None:
    """Run a coroutine to its end on the live loop."""
    task = asyncio.ensure_future(work)  # type: ignore[arg-type]  # any coroutine
    while not task.done():
        QApplication.processEvents()
    task.result()
