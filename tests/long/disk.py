"""A disk that loses its power: what of a recorded folder may be left on it.

What was synced is there. Of what was not, each write may be there or not, also only some of its sectors, and not in the
order in which it was asked for; a file may keep its old size. How changes of folders (new names, other names, removed
ones) get there is one of two assumptions:

- the journal of a common file system: they get there in order. A sync of a file or folder takes all with it that came
  before the last change to that (ext4, XFS, Btrfs and NTFS promise as much or more).
- strict, as POSIX has it: a name is there when the folder that it stands in was synced, else perhaps. A file that is
  moved to another folder may meanwhile be in both or in neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from typing import Final, TypeAlias, TypeVar

from tests.long.recording import (
    Create,
    Event,
    Link,
    MakeFolder,
    Remove,
    Rename,
    Resize,
    Said,
    SyncBegins,
    SyncEnds,
    Write,
)

SECTOR: Final = 512
"""Bytes that are written whole or not at all."""
_ROOT: Final = 0

T = TypeVar("T")

Tree: TypeAlias = dict[int, dict[str, int]]
"""Of each folder: what its names stand for."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A write, or where `data` is None a new size."""

    serial: int
    offset: int
    data: bytes | None


@dataclass(slots=True)
class _File:
    contents: bytearray = field(default_factory=bytearray)
    """What is on the disk for certain."""
    pending: list[_Piece] = field(default_factory=list)
    size: int = 0
    """Bytes, for those who use it now."""


@dataclass(frozen=True, slots=True)
class _Change:
    """Entries of folders that are set at once; None takes one out."""

    serial: int
    entries: tuple[tuple[int, str, int | None], ...]


class Disk:
    """What a folder is for those who use it, and what is on the disk for certain."""

    def __init__(self, start: Path, *, strict: bool = False) -> None:
        """It begins with what is in the folder `start`, all of it synced."""
        self._strict = strict
        self._now: Tree = {_ROOT: {}}
        self._certain: Tree = {_ROOT: {}}
        self._files: dict[int, _File] = {}
        self._changes: list[_Change] = []
        """What was done to folders and may not be on the disk, in order."""
        self._numbers = count(1)
        self._serial = 0
        self._touched: dict[int, int] = {_ROOT: 0}
        """When each file and folder was changed last."""
        self._resized: dict[int, int] = {}
        """When each file became another size last, or was made."""
        self._syncing: dict[int, tuple[int, int]] = {}
        """By thread: what is being synced, and when that began."""
        self._read(start, _ROOT)

    def _read(self, start: Path, folder: int) -> None:
        for path in sorted(start.iterdir()):
            number = next(self._numbers)
            self._now[folder][path.name] = self._certain[folder][path.name] = number
            if path.is_dir():
                self._now[number], self._certain[number] = {}, {}
                self._read(path, number)
            else:
                contents = bytearray(path.read_bytes())
                self._files[number] = _File(contents, size=len(contents))

    def happen(self, event: Event) -> None:
        """Raises KeyError where something is done to what is not there: the record is incomplete."""
        self._serial += 1
        match event:
            case Create(path, emptied):
                self._create(path, emptied=emptied)
            case MakeFolder(path):
                self._make_folder(path)
            case Write(path, offset, data):
                number = self._number(path)
                self._write(number, self._files[number].size if offset is None else offset, data)
            case Resize(path, size, grow_only):
                number = self._number(path)
                if not grow_only or size > self._files[number].size:
                    self._resize(number, size)
            case SyncBegins(thread, path):
                self._syncing[thread] = self._number(path), self._serial
            case SyncEnds(thread, contents_only):
                self._sync(*self._syncing.pop(thread), contents_only=contents_only)
            case Rename(path, to):
                self._rename(path, to)
            case Link(path, to):
                self._change((*self._entry(to), self._number(path)))
            case Remove(path):
                self._change((*self._entry(path), None))
            case Said():
                pass

    def cut(self, chance: Random, folder: Path) -> None:
        """Write what may be left into an empty folder."""
        tree = {number: dict(names) for number, names in self._certain.items()}
        for change in self._left(chance):
            _apply(tree, change)
        self._restore(tree, _ROOT, folder, chance)

    # --- for those who use it ---------------------------------------------------------------------

    def _create(self, path: str, *, emptied: bool) -> None:
        folder, name = self._entry(path)
        number = self._now[folder].get(name)
        if number is None:
            number = next(self._numbers)
            self._files[number] = _File()
            self._resized[number] = self._serial
            self._change((folder, name, number))
        elif emptied and self._files[number].size:
            self._resize(number, 0)

    def _make_folder(self, path: str) -> None:
        number = next(self._numbers)
        self._now[number], self._certain[number] = {}, {}
        self._change((*self._entry(path), number))

    def _write(self, number: int, offset: int, data: bytes) -> None:
        file = self._files[number]
        file.pending.append(_Piece(self._serial, offset, data))
        self._touched[number] = self._serial
        if offset + len(data) > file.size:
            file.size = offset + len(data)
            self._resized[number] = self._serial

    def _resize(self, number: int, size: int) -> None:
        file = self._files[number]
        file.pending.append(_Piece(self._serial, size, None))
        file.size = size
        self._touched[number] = self._resized[number] = self._serial

    def _rename(self, path: str, to: str) -> None:
        number = self._number(path)
        if self._entry(to) == self._entry(path):
            return
        self._change((*self._entry(to), number), (*self._entry(path), None))

    def _change(self, *entries: tuple[int, str, int | None]) -> None:
        """Set entries: at once, unless they are of several folders and these have nothing to do with each other."""
        for folder, _, number in entries:
            self._touched[folder] = self._serial
            if number is not None:
                self._touched[number] = self._serial
        together = not self._strict or len({folder for folder, _, _ in entries}) == 1
        for change in [_Change(self._serial, entries)] if together else [_Change(self._serial, (e,)) for e in entries]:
            _apply(self._now, change)
            self._changes.append(change)

    def _number(self, path: str) -> int:
        number = _ROOT
        for name in path.split("/") if path else ():
            number = self._now[number][name]
        return number

    def _entry(self, path: str) -> tuple[int, str]:
        folder, _, name = path.rpartition("/")
        return self._number(folder), name

    # --- what is certain --------------------------------------------------------------------------

    def _sync(self, number: int, began: int, *, contents_only: bool) -> None:
        """Let what was asked for before the sync began be on the disk."""
        file = self._files.get(number)
        if file is not None:
            for piece in file.pending:
                if piece.serial < began:
                    _put(file.contents, piece.offset, piece.data)
            file.pending = [piece for piece in file.pending if piece.serial >= began]
        last = min(began, (self._resized if contents_only else self._touched).get(number, 0))
        uncertain = []
        for change in self._changes:
            if change.entries[0][0] == number and change.serial < began if self._strict else change.serial <= last:
                _apply(self._certain, change)
            else:
                uncertain.append(change)
        self._changes = uncertain

    # --- what is left -----------------------------------------------------------------------------

    def _left(self, chance: Random) -> list[_Change]:
        """Those of the changes that are not certain that got there."""
        if self._strict:
            return _some(self._changes, chance)
        return self._changes[: chance.randint(0, len(self._changes))]

    def _restore(self, tree: Tree, number: int, folder: Path, chance: Random) -> None:
        for name, inner in tree[number].items():
            path = folder / name
            if inner in self._files:
                path.write_bytes(self._contents(self._files[inner], chance))
                path.chmod(0o600)
            else:
                path.mkdir(mode=0o700)
                self._restore(tree, inner, path, chance)

    def _contents(self, file: _File, chance: Random) -> bytes | bytearray:
        if not file.pending:
            return file.contents
        contents = bytearray(file.contents)
        left = _some(file.pending, chance)
        if chance.random() < 0.3:
            chance.shuffle(left)
        for piece in left:
            for offset, data in _torn(piece, chance):
                _put(contents, offset, data)
        return contents


def _some(all_: list[T], chance: Random) -> list[T]:
    """Any of them, in order: often many, often few."""
    share = chance.choice((0.0, 0.2, 0.5, 0.9, 0.98))
    return [each for each in all_ if chance.random() < share]


def _torn(piece: _Piece, chance: Random) -> Iterator[tuple[int, bytes | None]]:
    """A write whole, or those of its sectors that got there: the first ones, or any."""
    if piece.data is None or len(piece.data) <= SECTOR or chance.random() < 0.7:
        yield piece.offset, piece.data
        return
    ends = [*range(SECTOR - piece.offset % SECTOR, len(piece.data), SECTOR), len(piece.data)]
    sectors = list(zip([0, *ends], ends, strict=False))
    first = chance.random() < 0.5
    for start, end in sectors[: chance.randint(0, len(sectors))] if first else _some(sectors, chance):
        yield piece.offset + start, piece.data[start:end]


def _put(contents: bytearray, offset: int, data: bytes | None) -> None:
    """Write, with zeros up to there, or where there is no data cut off or extend there."""
    if len(contents) < offset:
        contents.extend(bytes(offset - len(contents)))
    if data is None:
        del contents[offset:]
    else:
        contents[offset : offset + len(data)] = data


def _apply(tree: Tree, change: _Change) -> None:
    for folder, name, number in change.entries:
        if number is None:
            tree[folder].pop(name, None)
        else:
            tree[folder][name] = number
