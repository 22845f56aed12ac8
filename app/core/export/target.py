"""Where an export goes: written beside its place under another name, and moved there when it is whole and on disk.

What a person exports is theirs to share: it has the mode of any file they make there. Private is what the app keeps
(RELIABILITY.md, X11).
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from app.core import private
from app.core.errors import StoreFull


class Taken(Exception):  # no error of the person's: the window asks
    """There is something under that name."""


@contextmanager
def new_file(path: Path, *, over: bool = False) -> Iterator[Path]:
    """A path to write a file to, which becomes `path` when the block ends without an error.

    `over` replaces a file that is there. Raises Taken, or StoreFull where it cannot be written: what was there stays
    as it was, and no half of a file is left.
    """
    beside = _beside(path)
    try:
        with _told(path):
            _check(path, over=over)
            write(beside, b"")
            if over and path.exists():
                beside.chmod(stat.S_IMODE(path.stat().st_mode) | stat.S_IRUSR | stat.S_IWUSR)
            yield beside
            _sync(beside)
            if over:
                beside.replace(path)
            else:
                _move(beside, path)
            _sync_folder(path.parent)
    finally:
        with suppress(OSError):
            beside.unlink()


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """The same for a folder and all that is written into it. One that is there is never replaced."""
    beside = _beside(path)
    try:
        with _told(path):
            _check(path, over=False)
            beside.mkdir()
            yield beside
            for folder, _, files in os.walk(beside, topdown=False):
                for name in files:
                    _sync(Path(folder, name))
                _sync_folder(Path(folder))
            if os.path.lexists(path):
                raise Taken(path)
            beside.rename(path)
            _sync_folder(path.parent)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def free(path: Path) -> Path:
    """The path, or one beside it that is not taken."""
    found, again = path, 2
    while os.path.lexists(found):
        found = path.with_name(f"{path.stem} ({again}){path.suffix}")
        again += 1
    return found


def write(path: Path, data: bytes) -> None:
    """Write a new file. Raises OSError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, 0o666), "wb") as file:
        file.write(data)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreFull(str(path)) from error


def _beside(path: Path) -> Path:
    return path.with_name(f".visavis-{os.urandom(8).hex()}")


def _check(path: Path, *, over: bool) -> None:
    if os.path.lexists(path) and (not over or path.is_dir()):
        raise Taken(path)


def _move(beside: Path, path: Path) -> None:
    """Give the file its name, though never that of another: a link does not replace what has come meanwhile."""
    try:
        os.link(beside, path)
    except FileExistsError as error:
        raise Taken(path) from error
    except OSError:  # the file system knows no links
        if os.path.lexists(path):
            raise Taken(path) from None
        beside.replace(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # some network folders cannot be synced
        private.sync_folder(folder)
