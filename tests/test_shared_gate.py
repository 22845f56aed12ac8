"""The gate of a process without a window, against a window that answers late, and against nobody."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from pathlib import Path
from typing import Final

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.conversation.chat import Tools
from app.core.ledger import Call, Caps, Entry, Filter
from app.core.lock import DataFolderLock
from app.instance import Instance
from app.shared_gate import SharedGate
from tests.conftest import destroy, finish

ROOT = Path(__file__).parent.parent
CALL = Call("message", "api.example", "m", "c", "a", Decimal("0.1"), Decimal("0.5"))


@pytest.fixture
def instance(tools: Tools, qapp: QApplication, tmp_path: Path) -> Iterator[Instance]:
    """A window's process that has the folder."""
    instance = Instance(tmp_path / "data", tools.spending, tools.tasks, qapp)
    with DataFolderLock.acquire(tmp_path / "data"):
        yield instance
    instance.close()
    destroy(instance)


def entries(tools: Tools) -> list[Entry]:
    return finish(tools.spending.ledger.entries(Filter()))


@contextmanager
def busy(tools: Tools) -> Iterator[Callable[[], None]]:
    """Keep the store at something else until it is let go."""
    let_go = threading.Event()
    occupied = asyncio.ensure_future(tools.store.run(lambda _db: let_go.wait(60)))
    yield let_go.set
    let_go.set()
    with suppress(asyncio.CancelledError):
        finish(_of(occupied))


async def _of(task: asyncio.Future[bool]) -> bool:
    return await task


ANOTHER: Final = """
import asyncio, sys
from decimal import Decimal
from pathlib import Path
import app.instance, app.shared_gate
from app.core.ledger import Call, Caps, Outcome, PictureShare

app.instance._MILLISECONDS = 300  # the test need not wait as long as a person
app.shared_gate._SECONDS = 0.9 if sys.argv[2] == "timed out" else 30

async def ask():
    gate = app.shared_gate.SharedGate(Path(sys.argv[1]), Caps)
    call = Call("message", "api.example", "m", "c", "a", Decimal("0.1"), Decimal("0.5"))
    asking = asyncio.ensure_future(gate.admit(call))
    if sys.argv[2] == "given up":
        await asyncio.to_thread(sys.stdin.readline)
        asking.cancel()
        print("cancelled", flush=True)
    permit = await asking
    share = PictureShare(1, "a" * 64, 9, Decimal("0.01"))
    await permit.settle(Outcome("complete", cost=Decimal("0.02"), pictures=(share,)))

try:
    asyncio.run(ask())
except BaseException as error:
    print(type(error).__name__)
"""


@contextmanager
def another(folder: Path, way: str) -> Iterator[subprocess.Popen[str]]:
    """A process that asks for leave and settles."""
    start = [sys.executable, "-c", ANOTHER, str(folder), way]
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    with subprocess.Popen(start, env=environ, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.usefixtures("instance")
def test_a_window_that_answers_late_enters_a_request_once(tools: Tools, tmp_path: Path, qtbot: QtBot) -> None:
    with busy(tools) as let_go, another(tmp_path / "data", "late") as process:
        qtbot.waitUntil(lambda: len(_asked(tools)) >= 2, timeout=20_000)
        let_go()
        qtbot.waitUntil(lambda: process.poll() is not None, timeout=20_000)
        assert process.communicate()[0] == ""
    [entry] = entries(tools)
    assert (entry.amount, entry.call.conversation, entry.call.message, entry.pictures) == (Decimal("0.02"), "", "", 1)
    assert finish(tools.spending.ledger.grouped("picture", Filter())) == []


@pytest.mark.usefixtures("instance")
@pytest.mark.parametrize(("way", "end"), [("given up", "cancelled\nCancelledError\n"), ("timed out", "StoreLocked\n")])
def test_nothing_stays_kept_back_where_nobody_waits_any_more(
    tools: Tools, tmp_path: Path, qtbot: QtBot, way: str, end: str
) -> None:
    with busy(tools) as let_go, another(tmp_path / "data", way) as process:
        qtbot.waitUntil(lambda: len(_asked(tools)) >= 1, timeout=20_000)
        said = ""
        if way == "given up":
            assert process.stdin is not None
            assert process.stdout is not None
            print(file=process.stdin, flush=True)
            said = process.stdout.readline()
            let_go()
        qtbot.waitUntil(lambda: process.poll() is not None, timeout=20_000)
        assert said + process.communicate()[0] == end
    qtbot.waitUntil(lambda: _asked(tools) == [])
    assert entries(tools) == []
    assert finish(tools.spending.ledger.spent("day")) == 0


def _asked(tools: Tools) -> list[str]:
    """What the window has heard and not answered yet."""
    return [task.get_name() for task in tools.tasks._running if task.get_name() == "answer another process"]


def test_given_up_while_the_folder_is_being_opened_it_keeps_nothing_back(tmp_path: Path) -> None:
    gate = SharedGate(tmp_path, lambda: Caps(day=Decimal("0.6")))

    async def often() -> None:
        for number in range(6):
            asking = asyncio.ensure_future(gate.admit(CALL))
            for _ in range(number):
                await asyncio.sleep(0)
            asking.cancel()
            with suppress(asyncio.CancelledError):
                await (await asking).withdraw()
        await gate.check(CALL)

    asyncio.run(often())
