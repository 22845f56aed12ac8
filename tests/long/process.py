"""The app in a process of its own, seen from outside: started with a plan, listened to, killed."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

import psutil

from tests.servers.api import TEST_KEY

if sys.platform == "win32":
    raise ImportError("needs the signals of POSIX")

Report = dict[str, Any]
"""What the app has said (`tests.long.reports`): "what", "at" in seconds of `time.monotonic`, and more."""

ROOT: Final = Path(__file__).parents[2]
HARMLESS: Final = {"This plugin does not support propagateSizeHints()", "This plugin does not support raise()"}
"""Lines on the standard error that are Qt's own, of a screen that nobody sees."""
_LONGEST: Final = 30.0
"""Seconds until a process that does not say what is waited for counts as hung."""
_SIZE: Final = 1 << 16


def environ(url: str) -> dict[str, str]:
    """What the app finds around it: no key and no folder of ours, the test server, a screen that nobody sees."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("ANTHROPIC_", "VISAVIS_"))}
    own.pop("PYTHONDONTWRITEBYTECODE", None)  # whoever runs an app twice has its bytecode
    own |= {"QT_QPA_PLATFORM": "offscreen", "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    if url:
        own |= {"ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": TEST_KEY}
    return own


class App:
    """A run of the app on a data folder, from its start on."""

    def __init__(self, plan: str, folder: Path, around: Mapping[str, str], errors: IO[bytes], *more: str) -> None:
        """`errors` gets its standard error; `more` are further arguments of the app."""
        self.reports: list[Report] = []
        self.began: Final = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.long.driver", plan, "--data-dir", str(folder), *more],
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=ROOT,
            env=dict(around),
        )
        self._rest = b""
        self._selector = selectors.DefaultSelector()
        assert self._process.stdout is not None
        self._selector.register(self._process.stdout, selectors.EVENT_READ)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._selector.close()
        assert self._process.stdout is not None
        self._process.stdout.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def hear(self, what: str, seconds: float = _LONGEST) -> Report | None:
        """Wait until it is said; None where it is not in that time, or the process has ended."""
        until = time.monotonic() + seconds
        known = 0
        while True:
            for report in self.reports[known:]:
                if report["what"] == what:
                    return report
            known = len(self.reports)
            if not self._read(until):
                return None

    def listen(self, until: float) -> None:
        """Take what is said until then, in seconds of `time.monotonic`, or until it has ended."""
        while self._read(until):
            pass

    def _read(self, until: float) -> bool:
        """Take what there is, or comes first; whether anything may come after it before then."""
        left = until - time.monotonic()
        if left <= 0 or not self._selector.select(left):
            return False
        data = os.read(self._fileno, _SIZE)
        *lines, self._rest = (self._rest + data).split(b"\n")
        self.reports += map(json.loads, lines)
        return bool(data)

    @property
    def _fileno(self) -> int:
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def kill(self) -> float:
        """End it as nothing can prevent, and hear it out. Returns when, in seconds of `time.monotonic`."""
        killed = time.monotonic()
        self._process.send_signal(signal.SIGKILL)
        self.listen(killed + _LONGEST)
        self._process.wait()
        return killed

    def send_signal(self, number: int) -> float:
        """Returns when, in seconds of `time.monotonic`."""
        sent = time.monotonic()
        self._process.send_signal(number)
        return sent

    def end(self, seconds: float = _LONGEST) -> int | None:
        """Hear it out. Returns the code it ends with; None where it does not."""
        self.listen(time.monotonic() + seconds)
        try:
            return self._process.wait(1)
        except subprocess.TimeoutExpired:
            return None

    def processor_seconds(self) -> float:
        """What it has worked in all; 0 where it has ended."""
        try:
            times = psutil.Process(self.pid).cpu_times()
        except psutil.NoSuchProcess:
            return 0.0
        return times.user + times.system

    def children(self) -> list[psutil.Process]:
        """The processes it has started."""
        try:
            return psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []


def gone(processes: Sequence[psutil.Process], seconds: float) -> bool:
    """Whether all have ended in that time."""
    return not psutil.wait_procs(processes, seconds)[1]
