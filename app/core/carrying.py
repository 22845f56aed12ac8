"""A folder copied so that it can be relied on: every file synced, read back from the disk and compared.

Functions block on the disk.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from app.core import private

_PIECE: Final = 1 << 20
_OWN: Final = ("conversations.db", "backups", "pictures")
"""How the names of what is in no folder but ours begin."""

Progress = Callable[[int, int], None]
"""So many bytes of so many; may raise to end it. Each byte counts twice: it is written, and read back."""


@dataclass
class Unlike(Exception):
    """What was read back is not what was written, or the source has changed meanwhile."""

    path: str


@dataclass
class Unreadable(Exception):
    """A file of the source cannot be read."""

    path: str


@dataclass(frozen=True, slots=True)
class _File:
    name: Path
    """Below both folders."""
    size: int
    """Bytes."""
    modified: int
    """Nanoseconds since the epoch."""


def carry(source: Path, target: Path, but: Collection[str], progress: Progress) -> None:
    """Copy all that is in `source` into `target`, `but` what has these names at its top.

    What a try before has brought there is not copied again, but compared like the rest. Files keep their times and are
    private; links are followed, and what is neither file nor folder is left. Raises Unlike, Unreadable and OSError:
    of the target.
    """
    folders, files = _listed(source, but)
    whole = 2 * sum(file.size for file in files)
    done = 0

    def step(bytes_: int) -> None:
        nonlocal done
        done += bytes_
        progress(min(done, whole), whole)

    for folder in (Path(), *folders):
        private.make_folder(target / folder)
    digests = {file.name: _brought(source, target, file, step) for file in files}
    _tidy(target, {file.name for file in files}, but)
    for folder in (*reversed(folders), Path()):
        private.sync_folder(target / folder)
    for file in files:
        if _read_back(target / file.name, step) != digests[file.name]:
            with suppress(OSError):  # the next try copies it anew
                (target / file.name).unlink()
            raise Unlike(str(target / file.name))


def _tidy(target: Path, files: Collection[Path], but: Collection[str]) -> None:
    """Remove what a try before has brought and the source has no longer: a log, say, would be taken for the new one."""
    for file in _listed(target, but)[1]:
        if file.name not in files and file.name.parts[0].startswith(_OWN):
            (target / file.name).unlink()


def take_back(source: Path, target: Path, but: Collection[str]) -> None:
    """Remove from `target` what `carry` has brought there, as far as that can be done; nothing else."""
    try:
        folders, files = _listed(source, but)
    except Unreadable:
        return
    for file in files:
        with suppress(OSError):
            (target / file.name).unlink(missing_ok=True)
    for folder in (*reversed(folders), Path()):
        with suppress(OSError):
            for left in (target / folder).glob(f"{private.UNFINISHED}*"):
                left.unlink()
            if folder != Path():
                (target / folder).rmdir()


def _listed(source: Path, but: Collection[str]) -> tuple[list[Path], list[_File]]:
    """The folders, each before those in it, and the files. Raises Unreadable."""
    folders: list[Path] = []
    files: list[_File] = []
    for name, status in _entries(source, Path(), frozenset(but), {os.path.realpath(source)}):
        if stat.S_ISDIR(status.st_mode):
            folders.append(name)
        elif stat.S_ISREG(status.st_mode):
            files.append(_File(name, status.st_size, status.st_mtime_ns))
    return folders, files


def _entries(source: Path, below: Path, but: Collection[str], above: set[str]) -> Iterator[tuple[Path, os.stat_result]]:
    try:
        names = sorted(os.listdir(source / below))  # noqa: PTH208  # names alone are wanted
        for name in names:
            if name in but or name.startswith(private.UNFINISHED):
                continue
            path = below / name
            try:
                status = (source / path).stat()
            except FileNotFoundError:  # a link that leads nowhere
                continue
            real = os.path.realpath(source / path)
            if real in above:  # a link that leads to where it is
                continue
            yield path, status
            if stat.S_ISDIR(status.st_mode):
                yield from _entries(source, path, (), above | {real})
    except OSError as error:
        raise Unreadable(str(error.filename or source / below)) from error


def _brought(source: Path, target: Path, file: _File, step: Callable[[int], None]) -> bytes:
    """Copy a file unless it is there. Returns the digest of the source."""
    there = target / file.name
    if _is_there(there, file):
        return _digest(source / file.name, step)
    draft = there.with_name(f"{private.UNFINISHED}{os.urandom(8).hex()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(draft, flags, 0o600), "wb") as written:
            digest = _digest(source / file.name, step, written)
            written.flush()
            os.fsync(written.fileno())
        os.utime(draft, ns=(file.modified, file.modified))
        draft.replace(there)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise
    return digest


def _is_there(path: Path, file: _File) -> bool:
    """Whether it was brought whole before: it has its time only then."""
    try:
        status = path.stat()
    except OSError:
        return False
    return (status.st_size, status.st_mtime_ns) == (file.size, file.modified)


def _digest(path: Path, step: Callable[[int], None], copy: BinaryIO | None = None) -> bytes:
    """SHA-256 of a file of the source, written to `copy` on the way. Raises Unreadable, and OSError of the copy."""
    digest = hashlib.sha256()
    try:
        file = path.open("rb")
    except OSError as error:
        raise Unreadable(str(path)) from error
    with file:
        while True:
            try:
                piece = file.read(_PIECE)
            except OSError as error:
                raise Unreadable(str(path)) from error
            step(len(piece))
            if not piece:
                return digest.digest()
            digest.update(piece)
            if copy is not None:
                copy.write(piece)


def _read_back(path: Path, step: Callable[[int], None]) -> bytes:
    """SHA-256 of what the disk has, as far as the system lets go of what it remembers."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while piece := file.read(_PIECE):
            step(len(piece))
            digest.update(piece)
    return digest.digest()
