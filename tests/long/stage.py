"""The app without its window, for deeds: its parts joined, what they tell, and a server that answers."""

from __future__ import annotations

import json
import os
import threading
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from app.conversation.account import Account
from app.conversation.learning import Learning
from app.conversation.preferences import Preferences
from app.conversation.spending import Spending
from app.conversation.tasks import Tasks
from app.conversation.tools import Tools
from app.core import settings
from app.core.catalog import Catalog
from app.core.decoder import Decoder
from app.core.errors import VisavisError
from app.core.ledger import Ledger
from app.core.lock import DataFolderLock
from app.core.message import JSON
from app.core.pictures import Pictures
from app.core.store import Store
from tests.servers.api import TEST_KEY, ApiServer
from tests.servers.replies import text

ANSWER: Final = "The left one is larger. " * 20
_PAUSE: Final = 0.03
"""Seconds that an answer stops, twice."""
_SENDINGS: Final = 100_000

Say = Callable[[JSON], None]


@dataclass(frozen=True, slots=True)
class Stage:
    folder: Path
    """That of `tests.long.scene`."""
    tools: Tools
    say: Say


@asynccontextmanager
async def joined(data: Path, url: str, say: Say) -> AsyncIterator[Tools]:
    """The parts of the app, joined as the window joins them, with one thread for files instead of two."""
    with ExitStack() as stack:
        stack.enter_context(DataFolderLock.acquire(data))
        threads = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="picture"))
        store = Store.open(data)
        stack.callback(store.close)
        preferences = Preferences(data, settings.load(data)[0], threads)
        spending = Spending(Ledger(store), preferences)
        environ = {"ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": TEST_KEY}
        account = Account(preferences, Catalog.load(), environ, spending.gate, practice=not url)
        tasks = Tasks()
        tasks.failed.connect(partial(tell, say))
        tasks.crashed.connect(partial(_tell_crash, say))
        decoder = Decoder()
        stack.callback(decoder.close)
        learning = Learning(store, spending.ledger, tasks)
        pictures = Pictures.of_our_own(data / "pictures")
        await account.look_up()
        try:
            yield Tools(store, pictures, decoder, threads, tasks, account, preferences, spending, learning)
        finally:
            await tasks.close()
            await account.close()


@contextmanager
def errors_told(say: Say) -> Iterator[None]:
    try:
        yield
    except VisavisError as error:
        tell(say, error)


def tell(say: Say, error: VisavisError) -> None:
    say({"error": type(error).__name__})


def _tell_crash(say: Say, crash: BaseException) -> None:
    frames = traceback.extract_tb(crash.__traceback__)
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    say({"crash": f"{crash!r}, {where}"})


@contextmanager
def answering() -> Iterator[ApiServer]:
    """A server that answers a little at a time."""
    ended = threading.Event()
    with ApiServer() as server:
        slowly = text(ANSWER).hold("content_block_delta", 1).hold("content_block_delta", 3)
        server.script(*[slowly] * _SENDINGS)

        def go_on() -> None:
            holds = 1
            while not ended.is_set():
                try:
                    server.wait_for_hold(holds, timeout=_PAUSE)
                except TimeoutError:
                    continue
                ended.wait(_PAUSE)
                server.release()
                holds += 1

        thread = threading.Thread(target=go_on)
        thread.start()
        try:
            yield server
        finally:
            ended.set()
            thread.join()


def say(line: JSON) -> None:
    """Tell it on standard output, in one write."""
    os.write(1, json.dumps(line).encode() + b"\n")
