"""Starts the real app on data folders in every bad state, and lets a person choose: `python -m tests.long.states`.

Each state is made anew, the app started on it as a process, and what it shows is heard from inside: a dialog with its
choices, or its window. One start goes through each choice. What stood in the file before has to be somewhere byte by
byte at every moment. Some states need root, to mount folders; without it they are left out, which is said.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any, Final, NamedTuple

from app.core import backup, schema
from app.core.lock import DataFolderLock
from app.core.message import Message, TextBlock
from app.core.store import FILE, Conversation, Store
from tests.benchmarks.row import Row, table
from tests.stored import add_conversation

_ROOT: Final = Path(__file__).parents[2]
_LONGEST: Final = 2000.0
"""Milliseconds from the start of the process to its dialog or window (issue 6, point 3)."""
_PATIENCE: Final = 30.0
"""Seconds after which a start hangs."""
_PAGE: Final = 4096
_AS_OTHERS: Final = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
"""Holds root to the rights of files like everybody else (capabilities(7))."""
_FRESH: Final = "nothing in it"
"""In place of choices: the window is to have no conversations."""
_CHILD: Final = "from tests.long.states import child; child()"
_OPENS: Final = "opens"
_TITLE: Final = "Harbours"
_ID: Final = "c0ffee" * 5 + "00"


class State(NamedTuple):
    name: str
    make: Callable[[Path, ExitStack], Path]
    """Makes the folder bad and returns the data folder that the app is started with."""
    heading: str
    """Of its dialog; "opens" where the app simply opens."""
    choices: tuple[tuple[str, ...], ...] = ()
    """What is pressed, one after the other, in a start for each; the window has to be there after it but for "Quit"."""
    needs_root: bool = False


@dataclass
class Start:
    """What a start has shown."""

    state: str
    chosen: str
    milliseconds: float = 0.0
    shown: list[dict[str, Any]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="states", description="Start the app on bad data folders.")
    parser.add_argument("names", nargs="*", metavar="STATE", help="states whose names begin so (default: all)")
    parser.add_argument("--first", action="store_true", help="of each state, its first choice alone")
    parser.add_argument("--rounds", type=int, default=1, help="times that each is done (default: 1)")
    options = parser.parse_args(arguments)
    starts: list[Start] = []
    for state in _states():
        if options.names and not state.name.startswith(tuple(options.names)):
            continue
        if state.needs_root and os.geteuid() != 0:
            sys.stdout.write(f"{state.name}: left out, it needs root\n")
            continue
        choices = state.choices or ((),)
        for chosen in choices[:1] if options.first else choices * options.rounds:
            start = _started(state, chosen)
            starts.append(start)
            words = ", ".join(start.complaints) or "as it should be"
            sys.stdout.write(f"{state.name} [{start.chosen}]: {start.milliseconds:.0f} ms, {words}\n")
            sys.stdout.flush()
    rows = figures(starts)
    sys.stdout.write(f"{table(rows)}\n")
    return int(any(row.verdict == "short" for row in rows) or any(start.complaints for start in starts))


def figures(starts: Sequence[Start]) -> list[Row]:
    """The goals of RELIABILITY, section 5, D5."""
    slowest: dict[str, float] = {}
    for start in starts:
        slowest[start.state] = max(slowest.get(start.state, 0.0), start.milliseconds)
    rows = [Row.of(state, took, _LONGEST, "ms", _LONGEST, absolute=True) for state, took in slowest.items()]
    wrong = 100 * sum(bool(start.complaints) for start in starts) / max(1, len(starts))
    return [*rows, Row.of("starts that go wrong", wrong, 100, "%", 0, absolute=True)]


# --- one start ----------------------------------------------------------------------------------


def _started(state: State, chosen: tuple[str, ...]) -> Start:
    start = Start(state.name, " → ".join(chosen) or "nothing")
    with tempfile.TemporaryDirectory(prefix="states-") as made, ExitStack() as held:
        folder = state.make(Path(made), held)
        elsewhere = Path(made, "elsewhere")
        elsewhere.mkdir()
        was = _digests(Path(made))
        plan = json.dumps([str(elsewhere) if name == "elsewhere" else name for name in chosen if name != _FRESH])
        call = [sys.executable, "-X", "faulthandler", "-c", _CHILD, plan]
        began = perf_counter()
        process = subprocess.Popen(
            [*(_AS_OTHERS if os.geteuid() == 0 else ()), *call, "--data-dir", str(folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=_ROOT,
            env=_environ(),
            text=True,
        )
        for line in process.stdout or ():
            if not start.shown:
                start.milliseconds = (perf_counter() - began) * 1000
                if "dialog" in line and not was.items() <= _digests(Path(made)).items():
                    start.complaints.append("something was changed before anybody chose")
                if "dialog" in line:
                    held.pop_all().close() if "Try again" in chosen else None
            start.shown.append(json.loads(line))
        _, said = process.communicate()
        _judge(start, state, chosen, process.returncode, said)
        lost = _bytes_lost(was, Path(made), state)
        if lost:
            start.complaints.append(f"gone: {lost}")
    return start


def _environ() -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("ANTHROPIC_", "VISAVIS_"))}
    return env | {"QT_QPA_PLATFORM": "offscreen", "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}


def _judge(start: Start, state: State, chosen: tuple[str, ...], code: int, said: str) -> None:
    headings = [each["dialog"] for each in start.shown if "dialog" in each]
    windows = [each for each in start.shown if "window" in each]
    if "Traceback" in said or "Fatal Python" in said:
        start.complaints.append(f"stderr: {said[-2000:]}")
    if code not in {0, 1} or any("hangs" in each for each in start.shown):
        start.complaints.append(f"ended with {code} after {start.shown}: {said[-500:]}")
    if (headings or [_OPENS])[0] != state.heading:
        start.complaints.append(f"heading {headings}: {said[-500:]}")
    if bool(windows) == ("Quit" in chosen):
        start.complaints.append(f"window {windows}")
    expected = [] if {"elsewhere", "Start empty", _FRESH} & {*chosen} else [_TITLE]
    if windows and windows[0]["window"] != expected:
        start.complaints.append(f"conversations {windows[0]['window']}")


def _digests(folder: Path) -> dict[Path, str]:
    """Of what the database consists of, by where it is."""
    return {
        path: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob(f"*{FILE}*")
        if path.is_file() and not path.name.endswith(("-shm", ".damaged"))
    }


def _bytes_lost(was: dict[Path, str], folder: Path, state: State) -> list[str]:
    """What was in files that were not to be opened, and is nowhere any more."""
    if state.heading == _OPENS:
        return []
    there = {hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}
    return [path.name for path, digest in was.items() if digest not in there]


# --- in the process of the app --------------------------------------------------------------------


def child() -> None:
    """Run the app with the arguments after the first, and press what that names."""
    from PySide6.QtCore import QTimer

    from app import __main__ as command_line
    from app.application import Application

    command_line.load_core()
    app = Application(sys.argv[:1])
    person = _Person(json.loads(sys.argv[1]))
    timer = QTimer(app, interval=5)
    timer.timeout.connect(person.look)
    timer.start()
    sys.exit(command_line.main(sys.argv[2:]))


class _Person:
    """Presses one button after the other as soon as it can be pressed; closes the window once it is painted."""

    def __init__(self, plan: list[str]) -> None:
        self._plan = plan
        self._until = perf_counter() + _PATIENCE
        self._seen = self._closed = False

    def look(self) -> None:
        from PySide6.QtWidgets import QApplication, QFileDialog

        from app.ui.rescue_dialog import RescueDialog

        if perf_counter() > self._until:
            _tell(hangs=[type(each).__name__ for each in QApplication.topLevelWidgets() if each.isVisible()])
            os._exit(3)
        for each in QApplication.topLevelWidgets():
            if not each.isVisible():
                continue
            if isinstance(each, RescueDialog):
                self._press(each)
            elif isinstance(each, QFileDialog) and self._plan:
                each.selectFile(self._plan.pop(0))
                each.accept()
            elif type(each).__name__ == "MainWindow" and not self._closed and not self._plan:
                self._end(each)

    def _press(self, dialog: Any) -> None:
        from PySide6.QtWidgets import QLabel, QPushButton

        buttons = [each for each in dialog.findChildren(QPushButton) if each.isVisible() and each.isEnabled()]
        if not self._seen:
            self._seen = True
            words = [label.text() for label in dialog.findChildren(QLabel) if label.isVisible()]
            _tell(dialog=words[0], offers=[each.text() for each in buttons], words=words[1:])
        for button in buttons:
            if self._plan and button.text().startswith(self._plan[0]):
                self._plan.pop(0)
                button.click()
                return

    def _end(self, window: Any) -> None:
        from PySide6.QtWidgets import QListView

        from app.conversation.history import HistoryModel

        lists = [each.model() for each in window.findChildren(QListView)]
        models = [model for model in lists if isinstance(model, HistoryModel)]
        if models:
            self._closed = True
            _tell(window=[each.title for each in models[0].conversations])
            window.close()


def _tell(**what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


# --- the states -----------------------------------------------------------------------------------


def _states() -> Iterator[State]:
    damaged = "Your chats are damaged"
    salvaged = (("Quit",), ("Salvage", "Open"), ("Use the backup",), ("Salvage", "Use the backup"))
    cannot = "Your chats cannot be opened"
    again = (("Quit",), ("Another folder", "elsewhere"), ("Try again",))
    yield State("in use by another", _locked, "Your chats are in use", (("Quit",), ("Try again",)))
    yield State("in use by one that hangs", _hanging, "Your chats are in use", (("Quit",), ("Try again",)))
    yield State("a folder that can only be read", _mounted("ro"), cannot, again, needs_root=True)
    yield State("a file that can only be read", _with(lambda path: path.chmod(0o400)), _OPENS)
    yield State("no folder", lambda made, _: made / "deep" / "data", _OPENS, ((_FRESH,),))
    newer = (("Quit",), ("Another folder", "elsewhere"), ("Use the backup",))
    yield State("a newer database", _with(_make_newer), "Your chats are from a newer Visavis", newer)
    for version in range(1, len(schema.MIGRATIONS)):
        yield State(f"an older database ({version})", _older(version), _OPENS)
    yield State("an empty file", lambda made, _: _empty(made), _OPENS, ((_FRESH,),))
    yield State("an empty file beside backups", _with(lambda path: path.write_bytes(b"")), damaged, salvaged[::2])
    yield State(
        "not a database",
        _with(lambda path: path.write_bytes(b"Dear diary, " * 900), backups=False),
        damaged,
        (("Quit",), ("Salvage", "Start empty")),
    )
    for page in ("first", "conversations", "messages_streaming"):
        yield State(f"a page zeroed ({page})", _with(_zeroed(page)), damaged, salvaged)
    yield State("cut short", _with(lambda path: os.truncate(path, path.stat().st_size - _PAGE)), damaged, salvaged)
    yield State("the log of another database", _with_log, _OPENS)
    yield State("a folder in its place", _with(_make_folder, backups=False), cannot, again[:2])
    yield State("no permission", _with(lambda path: path.parent.chmod(0)), cannot, again[:2], needs_root=True)
    yield State("a link that leads nowhere", _with(_dangle, backups=False), cannot, again[:2])
    yield State("a data folder that is such a link", _dangling_folder, cannot, again[:2])
    yield State("no space", _mounted("full"), cannot, again[:2], needs_root=True)
    yield State("no space for more", _mounted("filled"), _OPENS, needs_root=True)


def _with(spoil: Callable[[Path], Any], *, backups: bool = True) -> Callable[[Path, ExitStack], Path]:
    """A data folder in use, closed, in which something is done to the database."""

    def make(made: Path, held: ExitStack) -> Path:
        folder = _used(made, backups=backups)
        spoil(folder / FILE)
        held.callback(folder.chmod, 0o700)
        return folder

    return make


def _used(made: Path, *, backups: bool = True) -> Path:
    folder = made / "data"

    async def fill() -> None:
        store = Store.open(folder)
        try:
            await add_conversation(
                store, Conversation(_ID, title=_TITLE, created=1_790_000_000.0, updated=1_790_000_000.0)
            )
            for number in range(40):
                await store.add_message(_ID, Message("user", (TextBlock("How so? " * 60),), id=f"{number:032x}"))
            if backups:
                copy = backup.unfinished(folder / backup.FOLDER)
                contents = backup.verified(copy, await store.copy_to(copy))
                backup.keep(copy, contents, 1_790_000_000.0)
        finally:
            store.close()

    asyncio.run(fill())
    return folder


def _locked(made: Path, held: ExitStack) -> Path:
    folder = _used(made)
    held.enter_context(DataFolderLock.acquire(folder))
    return folder


def _hanging(made: Path, held: ExitStack) -> Path:
    """The app itself has it open, and does nothing any more."""
    folder = _used(made)
    call = [sys.executable, "-c", _CHILD, json.dumps(["stay"]), "--data-dir", str(folder)]
    owner = subprocess.Popen(call, cwd=_ROOT, env=_environ())
    held.callback(owner.wait)
    held.callback(owner.kill)
    until = perf_counter() + _PATIENCE
    while not (folder / "socket").exists():
        if perf_counter() > until:
            raise TimeoutError(folder)
        time.sleep(0.05)
    owner.send_signal(signal.SIGSTOP)
    return folder


def _make_newer(path: Path) -> None:
    """With a backup, newer too, besides the one that can be used."""
    newer = path.parent / backup.FOLDER / "2030-01-01T00-00-00Z.db"
    shutil.copyfile(path, newer)
    for each in (path, newer):
        _number(each)


def _number(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")


def _older(version: int) -> Callable[[Path, ExitStack], Path]:
    def make(made: Path, _: ExitStack) -> Path:
        folder = made / "data"
        folder.mkdir()
        with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as db:
            for statements in schema.MIGRATIONS[:version]:
                for statement in statements:
                    db.execute(statement)
            db.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
            db.execute(f"PRAGMA user_version = {version}")
            values = "'c', ?, '', '', 1.0, 1.0, 0, '', '', 0, NULL"
            values += ", ''" if version >= 4 else ""  # `leaf`
            db.execute(f"INSERT INTO conversations VALUES ({values})", (_TITLE,))  # noqa: S608
        return folder

    return make


def _empty(made: Path) -> Path:
    (made / "data").mkdir()
    (made / "data" / FILE).touch()
    return made / "data"


def _zeroed(name: str) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        page = 1
        if name != "first":
            with closing(sqlite3.connect(path)) as db:
                [page] = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()
        with path.open("r+b") as file:
            file.seek((page - 1) * _PAGE)
            file.write(bytes(_PAGE))

    return spoil


def _with_log(made: Path, _: ExitStack) -> Path:
    """A log that does not belong to the database, as a copy of one file alone leaves it."""
    folder = _used(made)
    other = Store.open(made / "other")
    log = schema.log_of(made / "other" / FILE).read_bytes()
    other.close()
    shutil.rmtree(made / "other")
    schema.log_of(folder / FILE).write_bytes(log[:32] + bytes(len(log) - 32))
    return folder


def _make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _dangle(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.parent / "nowhere" / FILE)


def _dangling_folder(made: Path, _: ExitStack) -> Path:
    (made / "data").symlink_to(made / "nowhere" / "deep")
    return made / "data"


def _mounted(how: str) -> Callable[[Path, ExitStack], Path]:
    """A folder that is mounted to be read only, or on a disk of a few kilobytes that is full."""

    def make(made: Path, held: ExitStack) -> Path:
        folder = _used(made)
        if how == "ro":
            _mount(held, folder, "--bind", str(folder), str(folder))
            subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)
            return folder
        small = made / "small"
        small.mkdir()
        _mount(held, small, "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(small))
        (small / "data").mkdir()
        if how == "filled":
            shutil.copyfile(folder / FILE, small / "data" / FILE)
        with (small / "filler").open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(_PAGE))
        return small / "data"

    return make


def _mount(held: ExitStack, folder: Path, *arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)
    held.callback(subprocess.run, ["umount", "--lazy", str(folder)], check=True)


if __name__ == "__main__":
    sys.exit(main())
