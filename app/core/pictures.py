"""The folder of picture files, each named by the SHA-256 of what is in it, so that the same bytes are kept once.

    pictures/ab/ab3f…   a file, never changed once it is there
    pictures/ab/ab3f….cleared   says when such a file was removed to make room: the time it was written at
    pictures/.tmp-…     a file on its way in

Methods block on the disk: call them on a worker thread.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import threading
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Literal

from app.core import private
from app.core.errors import PictureCleared, PictureDamaged, PictureTooBig, PictureUnreadable, StoreFull
from app.core.private import make_folder

MAX_FILE_BYTES: Final = 64 << 20
"""The largest picture file we take (RELIABILITY: a cap on every read)."""

_PIECE: Final = 1 << 20
_CLEARED: Final = ".cleared"
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_YOUNG: Final = 86_400
"""Seconds in which a file may have been brought in for what is not stored yet."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file of the folder."""

    sha256: str
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class Cleared:
    """Files that are, or could be, removed to make room."""

    files: int
    size: int
    """Bytes."""


class Pictures:
    """The picture files of one data folder. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._coming_in = threading.Lock()
        """Held while it is decided that a file is there."""
        self._checked: dict[str, tuple[int, ...]] = {}
        """Files that held what their names say, and what the system said of them then."""

    @classmethod
    def of_our_own(cls, folder: Path) -> Pictures:
        """The folder of a process that owns it, as it begins: what a crash has left half-way in is removed."""
        private.tidy(folder)
        return cls(folder)

    def add_file(self, path: Path, name: str) -> Stored:
        """Copy a file in; `name` is what the person calls it.

        Raises PictureUnreadable, PictureTooBig (above `MAX_FILE_BYTES`), or StoreFull where our folder takes no more.
        """
        with open_picture(path, name) as file:
            return self._add(_pieces(file, name), name)

    def add_bytes(self, data: bytes, name: str) -> Stored:
        """Keep bytes that are in memory already, as pasted pictures are. Raises as `add_file` does."""
        if len(data) > MAX_FILE_BYTES:
            raise PictureTooBig(name, file_bytes=len(data), limit_bytes=MAX_FILE_BYTES)
        return self._add([data], name)

    def path(self, sha256: str) -> Path:
        """Where the file of this hash is, or would be."""
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"not a SHA-256 in hex: {sha256!r}")
        return self._folder / sha256[:2] / sha256

    def read(self, sha256: str, name: str = "") -> bytes:
        """The bytes of this hash, checked against it.

        Raises PictureUnreadable, PictureCleared, or PictureDamaged if they changed.

        A file is checked once and then again when the system says that it is another: a conversation goes whole with
        every message.
        """
        try:
            with open_picture(self.path(sha256), name) as file:
                data = b"".join(_pieces(file, name))
                status = os.fstat(file.fileno())
        except PictureUnreadable as error:
            if (when := self.cleared(sha256)) is not None:
                raise PictureCleared(name, when) from error
            raise
        now = status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
        if self._checked.get(sha256) != now:
            if hashlib.sha256(data).hexdigest() != sha256:
                raise PictureDamaged(name)
            self._checked[sha256] = now
        return data

    def renew(self, sha256: str) -> bool:
        """Let a file be young again, which `collect` leaves alone. Whether it is there."""
        with self._coming_in, suppress(OSError):
            os.utime(self.path(sha256))
            return True
        return False

    def collect(self, wanted: Collection[str], before: float) -> list[str]:
        """Remove the files that are not wanted, by SHA-256 (hex), and lie there unasked for since before then.

        `before` is in seconds since the epoch. Returns those that are gone.
        """
        gone = []
        for path in self._folder.glob("??/*"):
            sha256 = path.name.removesuffix(_CLEARED)
            if not _SHA256.fullmatch(sha256) or sha256 in wanted:
                continue
            with self._coming_in, suppress(OSError):  # next time
                if path.stat().st_mtime < before:
                    path.unlink()
                    gone.append(sha256)
        return gone

    def weigh(self, hashes: Collection[str]) -> Cleared:
        """What `clear` would remove of these."""
        return self._cleared(hashes, None)

    def clear(self, hashes: Collection[str], now: float) -> Cleared:
        """Remove files to make room, by SHA-256 (hex), and keep the day; not those that came in a moment ago."""
        return self._cleared(hashes, now)

    def cleared(self, sha256: str) -> float | None:
        """When this file was removed to make room, in seconds since the epoch; None where it is there, or just gone."""
        path = self.path(sha256)
        try:
            when = path.with_name(f"{path.name}{_CLEARED}").stat().st_mtime
        except OSError:
            return None
        return None if path.exists() else when

    def _cleared(self, hashes: Collection[str], now: float | None) -> Cleared:
        files = size = 0
        young = (time.time() if now is None else now) - _YOUNG
        for sha256 in hashes:
            path = self.path(sha256)
            with self._coming_in, suppress(OSError):
                status = path.stat()
                if status.st_mtime < young:
                    if now is not None:
                        note = path.with_name(f"{path.name}{_CLEARED}")  # first: a file that is just gone is a fault
                        private.touch(note)
                        os.utime(note, (now, now))
                        path.unlink()
                    files, size = files + 1, size + status.st_size
        return Cleared(files, size)

    def size(self) -> int:
        """Bytes of all files."""
        total = 0
        for path in self._folder.glob("??/*"):
            with suppress(OSError):
                total += path.stat().st_size
        return total

    def _add(self, pieces: Iterable[bytes], name: str) -> Stored:
        temporary = self._folder / f"{private.UNFINISHED}{os.urandom(8).hex()}"
        try:
            make_folder(self._folder)
            try:
                stored = _write(temporary, pieces)
                if not stored.size:
                    raise PictureUnreadable(name, "empty")
                self._put(temporary, stored)
            finally:
                with suppress(FileNotFoundError):
                    temporary.unlink()
        except OSError as error:
            raise StoreFull(str(self._folder)) from error
        return stored

    def _put(self, temporary: Path, stored: Stored) -> None:
        target = self.path(stored.sha256)
        with self._coming_in:
            if _holds(target, stored.sha256):
                os.utime(target)  # one that nothing refers to any more is young again, and is not collected meanwhile
            else:
                target.parent.mkdir(mode=0o700, exist_ok=True)
                temporary.replace(target)  # takes the place of a file that was damaged, too
        # Also of a file that is there already: whoever put it there may not have come so far.
        private.sync_folder(target.parent)
        private.sync_folder(self._folder)


@contextmanager
def open_picture(path: Path, name: str) -> Iterator[BinaryIO]:
    """Open a regular file for reading, whatever stands at the path (RELIABILITY.md, section 3.5).

    Never waits for a pipe or a device. Symbolic links to regular files are fine. Raises PictureUnreadable, or
    PictureTooBig for a file above `MAX_FILE_BYTES`.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise PictureUnreadable(name, _reason(error, path)) from error
    try:
        _accept(os.fstat(descriptor), name)
        file = os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise
    with file:
        yield file


def _accept(status: os.stat_result, name: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise PictureUnreadable(name, "folder" if stat.S_ISDIR(status.st_mode) else "special")
    if status.st_size > MAX_FILE_BYTES:
        raise PictureTooBig(name, file_bytes=status.st_size, limit_bytes=MAX_FILE_BYTES)


def read_picture(path: Path, name: str) -> bytes:
    """All bytes of a picture file. Raises as `open_picture` does, and PictureUnreadable for an empty one."""
    with open_picture(path, name) as file:
        data = b"".join(_pieces(file, name))
    if not data:
        raise PictureUnreadable(name, "empty")
    return data


def _reason(error: Exception, path: Path) -> Literal["missing", "denied", "folder", "special", "failed"]:
    match error:
        case FileNotFoundError() | NotADirectoryError():
            return "missing"
        case PermissionError():
            return "folder" if path.is_dir() else "denied"  # Windows opens no folder
        case OSError() if path.is_socket():
            return "special"
    return "failed"


def _pieces(file: BinaryIO, name: str) -> Iterator[bytes]:
    """What the file holds, piece by piece, and no more than the cap even if it grows meanwhile."""
    total = 0
    while True:
        try:
            piece = file.read(_PIECE)
        except OSError as error:
            raise PictureUnreadable(name, "failed") from error
        if not piece:
            return
        total += len(piece)
        if total > MAX_FILE_BYTES:
            raise PictureTooBig(name, file_bytes=total, limit_bytes=MAX_FILE_BYTES)
        yield piece


def _write(path: Path, pieces: Iterable[bytes]) -> Stored:
    digest, size = hashlib.sha256(), 0
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return Stored(digest.hexdigest(), size)


def _holds(path: Path, sha256: str) -> bool:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except OSError:
        return False
