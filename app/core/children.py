"""Processes that decode what strangers made: started when needed, limited in time, and ended at any moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import BoundedSemaphore, Event, Lock, Thread, Timer
from typing import Any, Final, TypeVar

from app.core import exchange
from app.core.errors import PictureDamaged, PictureTooSlow, PictureUnreadable
from app.core.exchange import Head

CHILDREN: Final = 2
"""Processes at a time: as many as pictures are prepared at a time."""
IDLE_SECONDS: Final = 20.0
"""After this long without work a process ends."""
FROZEN_ARGUMENT: Final = "--decode-pictures"
"""What a bundled app is started with to become such a process (see `app.core.decoding`)."""

_START_SECONDS: Final = 15.0
_SECONDS: Final = 1.6
_PATIENCE: Final = 4.0
"""How many times as long as its time a process may take on a machine that is busy with other things."""
_LEAST: Final = 0.01
_SECONDS_PER_MEGAPIXEL: Final = 0.15
_SECONDS_PER_MEGABYTE: Final = 4.0
_SECONDS_PER_BARE_MEGAPIXEL: Final = 0.03
_DRAWN: Final = frozenset({"SVG", "PDF"})
_SPENT: Final = frozenset({-getattr(signal, "SIGXCPU", 0), -getattr(signal, "SIGABRT", 0)} - {0})
"""How a process ends that has no time or no memory left: libraries abort where they get none."""
_ENVIRONMENT: Final = frozenset(
    {"HOME", "LANG", "LC_ALL", "LC_CTYPE", "SYSTEMROOT", "WINDIR", "TEMP", "TMPDIR", "LOCALAPPDATA", "USERPROFILE"}
    | {"XDG_DATA_HOME", "XDG_CONFIG_HOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"}
)
"""What a process is told of ours: what Python and the search for fonts need, and no key."""


Answer = TypeVar("Answer")


class Broken(Exception):
    """A process ended, or said what makes no sense."""


class Overdue(Exception):
    """A process was ended because it took too long, or more memory than there is for it."""


def allowed_seconds(kind: str, width: int, height: int, file_bytes: int) -> float:
    """How long a picture may take: two seconds in all where the file is small.

    Every pixel of a photograph has to be made, however few bytes it has; a drawing has as much to it as its bytes say.
    """
    megapixels = width * height / 1e6
    by_file = _SECONDS_PER_MEGABYTE * file_bytes / 1e6
    if kind not in _DRAWN:
        by_file += _SECONDS_PER_BARE_MEGAPIXEL * megapixels
    return _SECONDS + min(_SECONDS_PER_MEGAPIXEL * megapixels, by_file)


class Child:
    """One process, asked one question at a time."""

    def __init__(self) -> None:
        self._overdue = False
        self._ready = False
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own module
            _command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(sys.executable).anchor,
            env=_environment(),
            start_new_session=os.name == "posix",  # Ctrl-C in a terminal is ours alone
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, question: Head, data: bytes) -> tuple[Head, bytes]:
        """Send a file and wait for the answer. Raises Overdue or Broken; only `end` may follow either."""
        try:
            with self._within(_START_SECONDS):
                if not self._ready:
                    self._receive()
                    self._ready = True
            began = time.monotonic()
            with self._within(_SECONDS):
                exchange.send(self._input, question, (data,), len(data))
                head, body = self._receive()
            if "opened" in head:
                width, height = head["opened"]
                spent = time.monotonic() - began
                with self._within(allowed_seconds(question["kind"], width, height, len(data)) - spent):
                    head, body = self._receive()
        except (OSError, EOFError, ValueError, TypeError) as error:
            raise (Overdue() if self._was_overdue() else Broken()) from error
        return head, body

    def end(self) -> None:
        """End the process, whatever it does. May be called from another thread than the one that asks, and again."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """End the process and let go of its pipes; nobody asks it any more."""
        self.end()
        for pipe in (self._input, self._output):
            with suppress(OSError):  # what was not written to a dead process
                pipe.close()

    @property
    def _input(self) -> Any:
        return self._process.stdin

    @property
    def _output(self) -> Any:
        return self._process.stdout

    def _receive(self) -> tuple[Head, bytes]:
        return exchange.receive(self._output)

    @contextmanager
    def _within(self, seconds: float) -> Iterator[None]:
        done = Event()
        watch = Thread(target=self._watch, args=(max(0.0, seconds), done), daemon=True)
        watch.start()
        try:
            yield
        finally:
            done.set()
            watch.join()  # from here on it cannot strike any more
        if self._overdue:
            raise EOFError("ended between two messages")

    def _watch(self, seconds: float, done: Event) -> None:
        """End the process when its time is over. On a busy machine it may not have had it: then it gets more."""
        began, before = time.monotonic(), self._processor_seconds()
        left = seconds
        while not done.wait(left):
            had = self._processor_seconds() - before
            left = min(seconds - had, _PATIENCE * seconds - (time.monotonic() - began))
            if left <= _LEAST:
                self._overdue = True
                self._process.kill()
                return

    def _processor_seconds(self) -> float:
        """What the process has worked in all; where the system does not tell us simply, the time that has gone by."""
        try:
            stat = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii", errors="replace")
        except OSError:
            return time.monotonic()
        user, system = stat.rpartition(")")[2].split()[11:13]  # proc(5): the 14th and 15th field
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def _was_overdue(self) -> bool:
        self.end()
        return self._overdue or self._process.returncode in _SPENT


class Children:
    """At most `CHILDREN` processes. Safe to use from several threads."""

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        self._idle_seconds = idle_seconds
        self._turns = BoundedSemaphore(CHILDREN)
        self._lock = Lock()
        self._closed = False
        self._busy: set[Child] = set()
        self._idle: dict[Child, Timer] = {}

    def ask(self, question: Head, data: bytes, name: str, kind: str, read: Callable[[Head, bytes], Answer]) -> Answer:
        """What `read` makes of the answer about one file; waits for a process to be free.

        Raises the error that the process reports, PictureTooSlow where it had to be ended or ran out of memory,
        PictureDamaged where it died otherwise or said what `read` cannot read, or PictureUnreadable after `close`.
        """
        with self._turns:
            child, healthy = self._taken(name), False
            try:
                head, body = child.ask(question, data)
                healthy = not head.get("shaken")
                if "error" in head:
                    raise exchange.unpacked_error(head, name)
                return read(head, body)
            except Overdue as problem:
                raise PictureTooSlow(name, kind) from problem
            except (Broken, ValueError, TypeError, LookupError) as problem:
                healthy = False
                raise (PictureUnreadable(name, "failed") if self._closed else PictureDamaged(name)) from problem
            finally:
                self._return(child, healthy=healthy)

    def close(self) -> None:
        """End all processes. Whoever waits for one is told PictureUnreadable. May be called again."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, {}
            for child in self._busy:
                child.end()
        for child, timer in idle.items():
            timer.cancel()
            child.close()

    def pids(self) -> set[int]:
        """The processes there are."""
        with self._lock:
            return {child.pid for child in (*self._busy, *self._idle)}

    def _taken(self, name: str) -> Child:
        with self._lock:
            if self._closed:
                raise PictureUnreadable(name, "failed")
            child = self._waiting()
            try:
                child = child or Child()
            except OSError as error:
                raise PictureUnreadable(name, "failed") from error
            self._busy.add(child)
        return child

    def _waiting(self) -> Child | None:
        """A process that waits for work, if there is one and the system has not ended it meanwhile."""
        while self._idle:
            child, timer = self._idle.popitem()
            timer.cancel()
            if child.alive:
                return child
            child.close()
        return None

    def _return(self, child: Child, *, healthy: bool) -> None:
        with self._lock:
            self._busy.discard(child)
            if healthy and not self._closed:
                timer = Timer(self._idle_seconds, self._retire, (child,))
                timer.daemon = True
                self._idle[child] = timer
                timer.start()
                return
        child.close()

    def _retire(self, child: Child) -> None:
        with self._lock:
            if self._idle.pop(child, None) is None:
                return  # taken at the same moment
        child.close()


def _command() -> list[str]:
    if getattr(sys, "frozen", False):
        return [sys.executable, FROZEN_ARGUMENT]
    return [sys.executable, "-P", "-m", "app.core.decoding"]


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name.upper() in _ENVIRONMENT}
    # The app may run from a folder that is not installed, and the child starts in another one.
    return kept | {"PYTHONPATH": str(Path(__file__).parents[2])}
