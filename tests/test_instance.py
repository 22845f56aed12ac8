"""One process a data folder: real processes, a real lock and a real socket."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from PySide6.QtNetwork import QLocalSocket
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.conversation.chat import Tools
from app.core.store import Store
from app.instance import Instance, hand_over
from tests.conftest import destroy

ROOT = Path(__file__).parent.parent


@pytest.fixture
def instance(tools: Tools, qapp: QApplication, tmp_path: Path) -> Iterator[Instance]:
    instance = Instance(tmp_path, tools.spending, tools.tasks, qapp)
    yield instance
    instance.close()
    destroy(instance)


def say(qtbot: QtBot, folder: Path, line: bytes) -> bytes:
    """Send one line to the socket and return what comes back before it closes."""
    socket = QLocalSocket()
    socket.connectToServer(str(folder / "socket"))
    assert socket.waitForConnected(2000)
    socket.write(line)
    qtbot.waitUntil(
        lambda: socket.bytesAvailable() > 0 or socket.state() == QLocalSocket.LocalSocketState.UnconnectedState
    )
    answer = bytes(socket.readAll().data())
    destroy(socket)
    return answer


def test_pictures_are_handed_over_by_their_absolute_paths(instance: Instance, qtbot: QtBot, tmp_path: Path) -> None:
    called: list[list[str]] = []
    instance.called.connect(called.append)
    instance.close()
    instance.listen()  # the window has stayed after all
    script = "import sys, pathlib, app.instance as i; print(i.hand_over(pathlib.Path(sys.argv[1]), ['a.png']))"
    start = [sys.executable, "-c", script, str(tmp_path)]
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(start, cwd=tmp_path, env=environ, stdout=subprocess.PIPE) as second:
        qtbot.waitUntil(lambda: called != [], timeout=10_000)
        assert second.communicate()[0] == b"True\n"
    assert called == [[str(tmp_path / "a.png")]]


@pytest.mark.parametrize(
    "line",
    [
        b"nonsense\n",
        b"[]\n",
        b'{"open": "x"}\n',
        b'{"open": ["relative.png"]}\n',
        b'{"run": ["/bin/sh"]}\n',
        b"x" * (5 << 20),
    ],
)
def test_anything_else_said_to_the_socket_is_ignored(
    instance: Instance, qtbot: QtBot, tmp_path: Path, line: bytes
) -> None:
    called: list[list[str]] = []
    instance.called.connect(called.append)
    assert say(qtbot, tmp_path, line) == b""
    assert called == []


@pytest.mark.usefixtures("qapp")
def test_nobody_at_the_socket_is_told_after_two_seconds(tmp_path: Path) -> None:
    assert hand_over(tmp_path, ["a.png"]) is False


@pytest.mark.usefixtures("instance")
def test_the_socket_is_the_persons_own(tmp_path: Path) -> None:
    assert (tmp_path / "socket").stat().st_mode & 0o077 == 0


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGTERM")
def test_a_keyring_that_never_answers_does_not_keep_the_process(tmp_path: Path, qtbot: QtBot) -> None:
    reached = tmp_path / "reached"
    stuck = f"import pathlib, threading\npathlib.Path({str(reached)!r}).touch()\nthreading.Event().wait()\n"
    (tmp_path / "stuck.py").write_text(stuck)
    environ = os.environ | {
        "QT_QPA_PLATFORM": "offscreen",
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(tmp_path))),
        "PYTHON_KEYRING_BACKEND": "stuck.Keyring",
        "VISAVIS_DATA_DIR": str(tmp_path / "data"),
    }
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
        environ.pop(name, None)
    with subprocess.Popen([sys.executable, "-m", "app"], env=environ, stderr=subprocess.DEVNULL) as app:
        qtbot.waitUntil(reached.exists, timeout=20_000)
        app.send_signal(signal.SIGTERM)
        assert app.wait(10) == 0


RESTARTING = """
import sys
from PySide6.QtCore import QTimer
from app.__main__ import main
from app.ui.main_window import MainWindow

painted = MainWindow._first_painted

def restart(window):
    painted(window)
    QTimer.singleShot(0, window._restart)

MainWindow._first_painted = restart
sys.exit(main(["--practice", sys.argv[1]]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGTERM")
def test_a_restart_lets_the_folder_go_and_comes_back_as_it_was_started(
    tmp_path: Path, picture: Callable[..., Path], qtbot: QtBot
) -> None:
    data = tmp_path / "data"
    environ = os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT), "VISAVIS_DATA_DIR": str(data)}
    start = [sys.executable, "-c", RESTARTING, str(tmp_path / "none.png")]
    with subprocess.Popen(start, env=environ, cwd=tmp_path, stderr=subprocess.PIPE) as app:
        process = psutil.Process(app.pid)
        began = ["-P", "-m", "app", "--practice", "--data-dir", str(data)]
        qtbot.waitUntil(lambda: process.cmdline()[1:] == began, timeout=20_000)
        qtbot.waitUntil((data / "socket").exists, timeout=20_000)
        assert hand_over(data, [str(picture("later.png"))])
        qtbot.waitUntil(lambda: any((data / "pictures").glob("??/*")), timeout=20_000)
        app.send_signal(signal.SIGTERM)
        assert app.wait(10) == 0
        assert app.stderr is not None
        assert b"Traceback" not in app.stderr.read()
    store = Store.open(data)
    assert not store.unclean
    drafts = asyncio.run(store.drafts())
    store.close()
    assert [[p["name"] for p in draft["pictures"]] for draft in drafts.values()] == [["later.png"]]


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGTERM")
def test_a_second_start_opens_its_picture_in_the_first_and_a_terminated_one_keeps_it(
    tmp_path: Path, picture: Callable[..., Path], qtbot: QtBot
) -> None:
    data = tmp_path / "data"
    left_by_a_crash = data / "pictures" / ".tmp-0123456789abcdef"
    left_by_a_crash.parent.mkdir(parents=True)
    left_by_a_crash.touch()
    environ = os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT), "VISAVIS_DATA_DIR": str(data)}
    start = [sys.executable, "-m", "app", "--practice"]
    with subprocess.Popen(start, env=environ, stderr=subprocess.PIPE) as first:
        qtbot.waitUntil((data / "socket").exists, timeout=20_000)
        second = subprocess.run([*start, str(picture())], env=environ, timeout=20, check=False)
        assert second.returncode == 0
        assert not left_by_a_crash.exists()
        qtbot.waitUntil(lambda: any((data / "pictures").glob("??/*")), timeout=20_000)
        first.send_signal(signal.SIGTERM)
        assert first.wait(10) == 0
        assert first.stderr is not None
        assert b"Traceback" not in first.stderr.read()
    store = Store.open(data)
    drafts = asyncio.run(store.drafts())
    store.close()
    [draft] = drafts.values()
    assert [p["name"] for p in draft["pictures"]] == ["red.png"]
