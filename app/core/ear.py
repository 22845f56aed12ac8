"""Where second starts are heard: at a socket in the data folder, from the moment that a window's process has taken it.

Who knocks before there is a window to answer waits. Were the socket opened only then, a hundred starts at once would
find the folder taken and nobody there: one owner among so many needs longer than anybody knocks. And a second start
knocks before it imports anything large, so that it takes nothing away from the first.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal, Self

from app.core.lock import FILE, DataFolderLock

_LONGEST: Final = 100
"""Longest path of a Unix socket, in bytes, with room to spare (the kernel's limit is 108, macOS's 104)."""
_WAITING: Final = 128
"""Starts that may wait to be let in; macOS allows no more."""
_PATIENCE: Final = 1.0
"""Seconds that an owner has for its answer."""
_PATIENCE_AT_FIRST: Final = 20.0
"""Seconds for one whose window is only about to come: a hundred may start at once."""
_ANSWERS: Final = b"answers\n"
"""What the lock file says from when its owner does."""
OPEN_ALREADY: Final = "Visavis is open already: --practice and --model count only when it starts."
"""What a second start that names either says."""
TAKEN: Final = b"ok\n"
"""What it answers."""

Outcome = Literal["taken", "silent", "absent"]
"""silent: its owner was reached, and gives no answer. absent: nobody was reached."""


class HeardLock(DataFolderLock):
    """The lock of a process that second starts can reach."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor)
        self._ear: socket.socket | None = None

    @classmethod
    def acquire(cls, folder: Path) -> Self:
        lock = super().acquire(folder)
        lock.listen(folder)
        return lock

    def listen(self, folder: Path) -> None:
        """Let those in line who want the folder too, until somebody answers them."""
        os.ftruncate(self._descriptor, 0)  # the owner before may have answered
        self._ear = _listening(address(folder))

    def take_ear(self) -> int:
        """The descriptor of the socket that listens, for who answers from then on; -1 where there is none."""
        ear, self._ear = self._ear, None
        if ear is None:
            return -1
        with suppress(OSError):  # on a full disk, others wait longer
            os.pwrite(self._descriptor, _ANSWERS, 0)
        return ear.detach()

    def close(self) -> None:
        """Whoever still waits to be let in is let go."""
        if self._ear is not None:
            self._ear.close()
            self._ear = None
        super().close()


def hand_over(folder: Path, pictures: Sequence[str]) -> Outcome:
    """Give the pictures to the process that owns the folder.

    Needs no Qt, and so does not know how to reach an owner that listens at a name (`address`).
    """
    place = address(folder)
    if sys.platform == "win32" or not Path(place).is_absolute():
        return "absent"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(_PATIENCE if _answers(folder) else _PATIENCE_AT_FIRST)
        try:
            line.connect(place)
        except OSError:
            return "absent"
        try:
            line.sendall(opening(pictures))
            return "taken" if line.recv(len(TAKEN)) == TAKEN else "absent"
        except TimeoutError:
            return "silent"
        except OSError:  # it has left
            return "absent"


def opening(pictures: Sequence[str]) -> bytes:
    """The message that these pictures are to be opened; none just asks for the window."""
    paths = [str(Path(picture).absolute()) for picture in pictures]
    return json.dumps({"open": paths}).encode() + b"\n"


def address(folder: Path) -> str:
    """The socket's path in the folder; a name made from it where the path would be too long or the system has pipes."""
    path = str(folder / "socket")
    if sys.platform != "win32" and len(path.encode()) <= _LONGEST:
        return path
    return f"visavis-{hashlib.sha256(str(folder).encode()).hexdigest()[:24]}"


def _listening(place: str) -> socket.socket | None:
    """A socket in the file system, its owner's alone. None for a name, which is Qt's to find a place for."""
    if sys.platform == "win32" or not Path(place).is_absolute():
        return None
    ear = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with suppress(FileNotFoundError):  # we hold the folder's lock: whoever left one there is gone
            Path(place).unlink()
        ear.bind(place)
        Path(place).chmod(0o600)  # nobody gets in before the next line
        ear.listen(_WAITING)
    except OSError:  # a file system without sockets: the window tries once more, and tells the log
        ear.close()
        return None
    return ear


def _answers(folder: Path) -> bool:
    try:
        return (folder / FILE).read_bytes() == _ANSWERS
    except OSError:
        return False
