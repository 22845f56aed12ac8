"""What a program did to a folder, in order: its system calls as strace prints them, and the lines that it said.

A line on the program's standard output stands among the calls: what it tells of was done before. Offsets and sizes are
in bytes, paths relative to the folder; "" is the folder itself.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

_CALLS: Final = (
    "open,openat,openat2,creat,write,pwrite64,writev,pwritev,pwritev2,sendfile,copy_file_range,splice,ftruncate,"
    "truncate,fallocate,lseek,fsync,fdatasync,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,"
    "mkdir,mkdirat,rmdir"
)
_LONGEST: Final = 1 << 26
"""Bytes of one call that are written down; none may be longer."""


@dataclass(frozen=True, slots=True)
class Create:
    """A new file, or one that was there already."""

    path: str
    emptied: bool
    """Whether what was in it is gone."""


@dataclass(frozen=True, slots=True)
class MakeFolder:
    path: str


@dataclass(frozen=True, slots=True)
class Write:
    path: str
    offset: int | None
    """None: at the end."""
    data: bytes


@dataclass(frozen=True, slots=True)
class Resize:
    path: str
    size: int
    grow_only: bool = False


@dataclass(frozen=True, slots=True)
class SyncBegins:
    thread: int
    path: str


@dataclass(frozen=True, slots=True)
class SyncEnds:
    """The sync that this thread had begun has come back well."""

    thread: int
    contents_only: bool
    """Of `fdatasync`, which lets the file's times wait, but not its size."""


@dataclass(frozen=True, slots=True)
class Rename:
    path: str
    to: str


@dataclass(frozen=True, slots=True)
class Link:
    path: str
    to: str


@dataclass(frozen=True, slots=True)
class Remove:
    """A file or an empty folder."""

    path: str


@dataclass(frozen=True, slots=True)
class Said:
    line: str


Event: TypeAlias = Create | MakeFolder | Write | Resize | SyncBegins | SyncEnds | Rename | Link | Remove | Said


class Unreadable(Exception):
    """A call that changes the folder in a way that cannot be told from the record."""


def record(command: Sequence[str], place: Path, cwd: Path | None = None) -> None:
    """Run a command and write what it does to `place`, and what it says beside it.

    Raises CalledProcessError and OSError.
    """
    options = [
        "-f",
        "--seccomp-bpf",
        "-y",
        "-xx",
        "-s",
        str(_LONGEST),
        "-e",
        f"trace={_CALLS}",
        "-e",
        "signal=none",
        "-o",
        str(place),
    ]
    with _said(place).open("wb") as said:
        subprocess.run(["strace", *options, *command], cwd=cwd, stdout=said, check=True)


def events(place: Path, folder: Path) -> list[Event]:
    """What a record tells of `folder`. Calls that failed did nothing. Raises Unreadable."""
    with place.open(encoding="ascii") as lines:
        return list(_Reader(folder, _said(place)).read(lines))


def _said(place: Path) -> Path:
    return place.with_name(f"{place.name}.said")


_LINE: Final = re.compile(r"(?P<thread>\d+) +(?P<name>\w+)\((?P<rest>.*)", re.DOTALL)
_RESUMED: Final = re.compile(r"(?P<thread>\d+) +<\.\.\. \w+ resumed>(?P<rest>.*)", re.DOTALL)
_UNFINISHED: Final = "<unfinished ...>"
_RESULT: Final = re.compile(r"(?P<arguments>.*)\)\s+= (?P<result>\d+|\?|-1)(?:<(?P<path>[^>]*)>)?[^=]*", re.DOTALL)
_DESCRIPTOR: Final = re.compile(r"(?P<number>AT_FDCWD|\d+)(?:<(?P<path>[^>]*)>)?")
_WORD: Final = re.compile(r'"(?P<hex>[^"]*)"(?P<cut>\.\.\.)?')
_NAMED: Final = re.compile(r'(?:(?:AT_FDCWD|\d+)<(?P<below>[^>]*)>, )?"(?P<hex>[^"]*)"')
_DELETED: Final = " (deleted)"


class _Reader:
    """One pass over a record."""

    def __init__(self, folder: Path, said: Path) -> None:
        self._folder = os.path.realpath(folder)
        self._said = os.path.realpath(said)
        self._begun: dict[int, tuple[str, str]] = {}
        """The call that a thread is in: its name, and its arguments as far as they were printed."""
        self._positions: dict[tuple[str, str], int | None] = {}
        """Where the next `write` goes, by descriptor and path; None: to the end."""
        self._saying = b""

    def read(self, lines: Iterable[str]) -> Iterator[Event]:
        for line in lines:
            text = line.rstrip("\n")
            if (begun := _LINE.fullmatch(text)) is not None:
                thread, name, rest = int(begun["thread"]), begun["name"], begun["rest"]
                if name in {"fsync", "fdatasync"} and (path := self._of(rest)) is not None:
                    yield SyncBegins(thread, path)
                if rest.endswith(_UNFINISHED):
                    self._begun[thread] = name, rest.removesuffix(_UNFINISHED)
                    continue
            elif (resumed := _RESUMED.fullmatch(text)) is not None:
                thread = int(resumed["thread"])
                name, rest = self._begun.pop(thread)
                rest = rest.rstrip() + resumed["rest"]
            else:
                continue  # the end of a process
            ended = _RESULT.fullmatch(rest)
            if ended is None:
                raise Unreadable(text[:200])
            if ended["result"] not in {"-1", "?"}:
                yield from self._call(thread, name, ended)

    def _call(self, thread: int, name: str, ended: re.Match[str]) -> Iterator[Event]:
        arguments, result = ended["arguments"], int(ended["result"])
        match name:
            case "open" | "openat" | "openat2" | "creat":
                yield from self._opened(name, arguments, result, ended["path"] or "")
            case "write":
                yield from self._written(arguments, result)
            case "lseek":
                self._moved(arguments, result)
            case "fsync" | "fdatasync":
                if self._of(arguments) is not None:
                    yield SyncEnds(thread, name == "fdatasync")
            case "pwrite64" | "ftruncate" | "truncate" | "fallocate":
                yield from self._changed(name, arguments, result)
            case _ if name.startswith(("rename", "link", "unlink", "rmdir", "mkdir")):
                yield from self._named(name, arguments)
            case _ if self._touches(arguments):
                raise Unreadable(f"{name}({arguments[:200]}")

    def _opened(self, name: str, arguments: str, descriptor: int, opened: str) -> Iterator[Event]:
        path = self._inside(_unhex(opened))
        if path is None:
            return
        if name == "openat2" or "O_TMPFILE" in arguments:
            raise Unreadable(f"{name}({arguments[:200]}")
        self._positions[str(descriptor), opened] = None if "O_APPEND" in arguments else 0
        if name == "creat" or "O_CREAT" in arguments or "O_TRUNC" in arguments:
            yield Create(path, name == "creat" or "O_TRUNC" in arguments)

    def _written(self, arguments: str, result: int) -> Iterator[Event]:
        descriptor = _match(_DESCRIPTOR, arguments)
        if _unhex(descriptor["path"] or "") == self._said:
            *said, self._saying = (self._saying + self._data(arguments, result)).split(b"\n")
            yield from (Said(line.decode()) for line in said)
        elif (path := self._of(arguments)) is not None:
            key = descriptor["number"], descriptor["path"]
            if key not in self._positions:
                raise Unreadable(f"write({arguments[:200]}")
            offset = self._positions[key]
            yield Write(path, offset, self._data(arguments, result))
            self._positions[key] = None if offset is None else offset + result

    def _moved(self, arguments: str, result: int) -> None:
        descriptor = _match(_DESCRIPTOR, arguments)
        key = descriptor["number"], descriptor["path"] or ""
        if self._positions.get(key) is not None:
            self._positions[key] = result

    def _changed(self, name: str, arguments: str, result: int) -> Iterator[Event]:
        """What is done at a place of a file, without moving on there."""
        path = self._paths(arguments)[0] if name == "truncate" else self._of(arguments)
        if path is None:
            return
        last = int(arguments.rpartition(",")[2])
        match name:
            case "pwrite64":
                yield Write(path, last, self._data(arguments, result))
            case "ftruncate" | "truncate":
                yield Resize(path, last)
            case _:
                _, mode, offset, length = arguments.rsplit(",", 3)
                if mode.strip() != "0":
                    raise Unreadable(f"{name}({arguments[:200]}")
                yield Resize(path, int(offset) + int(length), grow_only=True)

    def _named(self, name: str, arguments: str) -> Iterator[Event]:
        paths = self._paths(arguments)
        if all(path is None for path in paths):
            return
        match name, paths:
            case (("rename" | "renameat" | "renameat2"), [str(path), str(to)]) if "EXCHANGE" not in arguments:
                yield Rename(path, to)
            case (("link" | "linkat"), [str(path), str(to)]):
                yield Link(path, to)
            case (("unlink" | "unlinkat" | "rmdir"), [str(path)]):
                yield Remove(path)
            case (("mkdir" | "mkdirat"), [str(path)]):
                yield MakeFolder(path)
            case _:
                raise Unreadable(f"{name}({arguments[:200]}")

    def _paths(self, arguments: str) -> list[str | None]:
        """The paths that a call names, each perhaps below a folder that is open; None for one outside."""
        return [
            self._inside(str(Path(_unhex(part["below"] or "")) / _unhex(part["hex"])))
            for part in _NAMED.finditer(arguments)
        ]

    def _of(self, arguments: str) -> str | None:
        """The path of the descriptor that a call begins with; None for one outside, or a file without a name."""
        return self._inside(_unhex(_match(_DESCRIPTOR, arguments)["path"] or ""))

    def _touches(self, arguments: str) -> bool:
        opened = [self._inside(_unhex(found["path"] or "")) for found in _DESCRIPTOR.finditer(arguments)]
        return any(path is not None for path in (*opened, *self._paths(arguments)))

    def _inside(self, path: str) -> str | None:
        if path == self._folder:
            return ""
        inside = path.startswith(self._folder + os.sep) and not path.endswith(_DELETED)
        return path[len(self._folder) + 1 :] if inside else None

    def _data(self, arguments: str, written: int) -> bytes:
        word = _WORD.search(arguments)
        if word is None or word["cut"]:
            raise Unreadable(arguments[:200])
        return bytes.fromhex(word["hex"].replace("\\x", ""))[:written]


def _match(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    found = pattern.match(text)
    if found is None:
        raise Unreadable(text[:200])
    return found


def _unhex(text: str) -> str:
    return os.fsdecode(bytes.fromhex(text.replace("\\x", "")))
