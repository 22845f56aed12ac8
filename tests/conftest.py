"""Fixtures: real folders, a real store, a real event loop and the parts of the app joined as the app joins them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image, ImageDraw
from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtWidgets import QApplication

from app.application import Application
from app.conversation.account import Account
from app.conversation.chat import Tools
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
from app.core.settings import Settings
from app.core.store import Store
from app.eventloop import EventLoop
from app.ui.theme import Theme
from tests.servers.api import ApiServer

T = TypeVar("T")


@pytest.fixture
def catalog() -> Catalog:
    return Catalog.load()


@pytest.fixture(scope="session")
def qapp_cls() -> type[Application]:
    return Application


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
    qapp.processEvents()  # what threads have handed over for the last time
    qapp.aboutToQuit.disconnect(loop._after_run_forever)
    loop._after_run_forever()
    loop._QEventLoop__is_running = False
    asyncio.events._set_running_loop(None)
    asyncio.set_event_loop(None)
    loop.close()
    destroy(loop._timer)


@pytest.fixture
def preferences(tmp_path: Path) -> Iterator[Preferences]:
    with ThreadPoolExecutor(1) as thread:
        yield Preferences(tmp_path / "data", Settings(), thread)


@pytest.fixture
def tools(live_loop: EventLoop, preferences: Preferences, catalog: Catalog, tmp_path: Path) -> Iterator[Tools]:
    """What every conversation works with, in a fresh data folder and in practice mode."""
    assert live_loop.is_running()
    with joined_tools(preferences, catalog, tmp_path / "data", practice=True) as tools:
        yield tools


@pytest.fixture
def api() -> Iterator[ApiServer]:
    with ApiServer() as server:
        yield server


@pytest.fixture
def online(
    live_loop: EventLoop, api: ApiServer, preferences: Preferences, catalog: Catalog, tmp_path: Path
) -> Iterator[Tools]:
    """The same, connected to the test server."""
    assert live_loop.is_running()
    environ = {"ANTHROPIC_BASE_URL": api.url, "ANTHROPIC_API_KEY": api.key}
    with joined_tools(preferences, catalog, tmp_path / "data", environ) as tools:
        finish(tools.account.look_up())
        yield tools


@contextmanager
def joined_tools(
    preferences: Preferences,
    catalog: Catalog,
    folder: Path,
    environ: Mapping[str, str] = MappingProxyType({}),
    *,
    practice: bool = False,
) -> Iterator[Tools]:
    """The parts, put away again as the app does; whatever a task did not handle fails the test."""
    store = Store.open(folder)
    spending = Spending(Ledger(store), preferences)
    account = Account(preferences, catalog, environ, spending.gate, practice=practice)
    tasks = Tasks()
    crashes: list[BaseException] = []
    tasks.crashed.connect(crashes.append)
    with ThreadPoolExecutor(2) as threads:
        decoder = Decoder()
        learning = Learning(store, spending.ledger, tasks)
        yield Tools(
            store, Pictures(folder / "pictures"), decoder, threads, tasks, account, preferences, spending, learning
        )
        finish(tasks.close())
        finish(account.close())
        decoder.close()
    store.close()
    destroy(account, spending, learning, tasks)
    assert crashes == []


@pytest.fixture
def gallery(tools: Tools) -> Gallery:
    return Gallery(tools.store, tools.pictures, tools.decoder, tools.threads, tools.tasks)


@pytest.fixture
def desk(tools: Tools) -> Iterator[Desk]:
    desk = Desk(tools)
    desk.start()
    yield desk
    finish(tools.tasks.close())  # as when the app ends: what still reads must not come back to what is gone
    destroy(desk)


@pytest.fixture
def theme(qapp: QApplication, preferences: Preferences) -> Iterator[Theme]:
    theme = Theme(qapp, preferences)
    yield theme
    destroy(theme)


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


def destroy(*objects: QObject) -> None:
    """End Qt objects here and now; left to Python, they may be collected in another thread, where timers cannot die."""
    for each in objects:
        each.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def finish(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end on the live loop, and return what it does."""
    task = asyncio.ensure_future(work)
    while not task.done():
        QApplication.processEvents()
    return task.result()
