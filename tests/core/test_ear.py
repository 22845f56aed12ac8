"""The socket of the data folder: there from when the folder is taken, answered when there is somebody to answer."""

from __future__ import annotations

import asyncio
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.conversation.chat import Tools
from app.core import ear
from app.core.ear import HeardLock, Outcome, address, hand_over, opening
from app.core.errors import StoreLocked
from app.core.lock import DataFolderLock
from app.instance import Instance
from tests.conftest import destroy

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes have no place in the file system")


def test_a_start_that_comes_before_the_window_waits_for_it(
    tools: Tools, qapp: QApplication, qtbot: QtBot, tmp_path: Path
) -> None:
    called: list[list[str]] = []
    with HeardLock.acquire(tmp_path) as lock, ThreadPoolExecutor(1) as second:
        done = second.submit(hand_over, tmp_path, ["a.png"])
        with pytest.raises(TimeoutError):
            done.result(0.05)
        instance = Instance(tmp_path, tools.spending, tools.tasks, qapp, ear=lock.take_ear())
        instance.called.connect(called.append)
        qtbot.waitUntil(done.done)
        assert done.result() == "taken"
        qtbot.waitUntil(lambda: called == [[str(Path("a.png").absolute())]])
        assert hand_over_in_thread(second, qtbot, tmp_path) == "taken"
        instance.close()
        assert hand_over(tmp_path, []) == "absent"
        destroy(instance)


def test_what_nobody_waits_for_any_more_is_not_opened(
    tools: Tools, qapp: QApplication, qtbot: QtBot, tmp_path: Path
) -> None:
    called: list[list[str]] = []
    with HeardLock.acquire(tmp_path) as lock:
        for name in ("given-up.png", "a.png"):
            line = socket.socket(socket.AF_UNIX)
            line.connect(address(tmp_path))
            line.sendall(opening([f"/{name}"]))
            if name != "a.png":
                line.close()
        instance = Instance(tmp_path, tools.spending, tools.tasks, qapp, ear=lock.take_ear())
        instance.called.connect(called.append)
        qtbot.waitUntil(lambda: ["/a.png"] in called)
        line.close()
        assert called == [["/a.png"]]
        instance.close()
        destroy(instance)


def hand_over_in_thread(thread: ThreadPoolExecutor, qtbot: QtBot, folder: Path) -> Outcome:
    done = thread.submit(hand_over, folder, [])
    qtbot.waitUntil(done.done)
    return done.result()


def test_who_waits_is_let_go_when_the_owner_leaves(tmp_path: Path) -> None:
    lock = HeardLock.acquire(tmp_path)
    with ThreadPoolExecutor(1) as second:
        done = second.submit(hand_over, tmp_path, ["a.png"])
        asyncio.run(_until_knocked(lock))
        lock.close()
        assert done.result(5) == "absent"
    HeardLock.acquire(tmp_path).close()


async def _until_knocked(lock: HeardLock) -> None:
    """Wait until somebody stands before the socket, and let nobody in."""
    assert lock._ear is not None
    knocked = asyncio.Event()
    asyncio.get_running_loop().add_reader(lock._ear, knocked.set)
    await asyncio.wait_for(knocked.wait(), 5)
    asyncio.get_running_loop().remove_reader(lock._ear)


def test_an_owner_that_answered_before_is_not_waited_for_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ear, "_PATIENCE", 0.01)
    with HeardLock.acquire(tmp_path) as lock, ThreadPoolExecutor(1) as second, socket.socket(fileno=lock.take_ear()):
        assert hand_over(tmp_path, ["a.png"]) == "silent"
        lock.close()
        with HeardLock.acquire(tmp_path):  # whose window is about to come
            done = second.submit(hand_over, tmp_path, ["a.png"])
            with pytest.raises(TimeoutError):
                done.result(0.1)
        assert done.result(5) == "absent"


def test_nobody_is_reached_where_only_the_folder_is_locked(tmp_path: Path) -> None:
    with DataFolderLock.acquire(tmp_path):
        assert hand_over(tmp_path, ["a.png"]) == "absent"
        with pytest.raises(StoreLocked):
            HeardLock.acquire(tmp_path)


def test_the_socket_is_the_persons_own_and_takes_the_place_of_one_that_was_left(tmp_path: Path) -> None:
    for _ in range(2):
        with HeardLock.acquire(tmp_path):
            assert Path(address(tmp_path)).stat().st_mode & 0o777 == 0o600


def test_a_folder_with_a_long_path_has_a_lock_all_the_same(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 100)
    with HeardLock.acquire(folder) as lock:
        assert lock.take_ear() == -1
        assert hand_over(folder, []) == "absent"
