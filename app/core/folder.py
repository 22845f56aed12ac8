"""The pictures in a folder, found by their first bytes, whatever else lies there."""

from __future__ import annotations

import os
import re
import stat
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Final, Literal, NamedTuple

from app.core.errors import PictureUnreadable
from app.core.sniff import SNIFFED, sniff

MAX_PICTURES: Final = 2_000
MAX_ENTRIES: Final = 20_000
"""Files and folders looked at: a whole disk was not meant."""
MAX_DEPTH: Final = 4
"""Folders below the one asked for."""

_DOCUMENTS: Final = ("PDF", "EPS")
"""Pages to choose from, which is asked for one document at a time."""


class Found(NamedTuple):
    """Pictures, those of a folder before those of the folders in it, in the order a file manager shows them."""

    paths: tuple[Path, ...]
    more: bool
    """There was more than may be looked at."""


def pictures_in(folder: Path, name: str) -> Found:
    """Look through a folder; `name` is what the person calls it.

    Hidden files, links and anything but regular files are left alone; so are documents, and what cannot be read. A
    link in an unpacked archive may lead to a picture that was never meant. Blocks on the disk, within the limits above.
    Raises PictureUnreadable where the folder itself cannot be read.
    """
    paths: list[Path] = []
    left = MAX_ENTRIES
    waiting = deque([(folder, 0)])
    while waiting:
        inside, depth = waiting.popleft()
        try:
            entries = _visible(inside, left)
        except OSError as error:
            if inside is folder:
                raise PictureUnreadable(name, _reason(error)) from error
            continue
        left -= len(entries)
        for entry in entries:
            if len(paths) >= MAX_PICTURES:
                return Found(tuple(paths), more=True)
            if _is_folder(entry):
                if depth < MAX_DEPTH:
                    waiting.append((Path(entry.path), depth + 1))
            elif _is_picture(entry):
                paths.append(Path(entry.path))
    return Found(tuple(paths), more=left <= 0)


def _visible(folder: Path, most: int) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        looked_at = list(islice(entries, max(0, most)))
    return sorted((entry for entry in looked_at if not _is_hidden(entry)), key=lambda entry: _natural(entry.name))


def _is_hidden(entry: os.DirEntry[str]) -> bool:
    if entry.name.startswith("."):
        return True
    hidden: int = getattr(stat, "FILE_ATTRIBUTE_HIDDEN", 0)
    with suppress(OSError):
        return os.name == "nt" and bool(getattr(entry.stat(follow_symlinks=False), "st_file_attributes", 0) & hidden)
    return False


def _natural(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """Sorts "shot 2" before "shot 10"."""
    return list(_pieces(name.casefold())), name


def _pieces(name: str) -> Iterator[tuple[int, int, str]]:
    for digits, words in re.findall(r"([0-9]{1,18})|([^0-9]+)", name):
        yield (0, int(digits), "") if digits else (1, 0, words)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    with suppress(OSError):
        return entry.is_dir(follow_symlinks=False)  # a link might lead back to where we came from
    return False


def _is_picture(entry: os.DirEntry[str]) -> bool:
    with suppress(OSError):
        if entry.is_file(follow_symlinks=False):  # a device is not even opened
            kind = sniff(_head(entry.path))
            return bool(kind) and kind not in _DOCUMENTS
    return False


def _head(path: str) -> bytes:
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags | getattr(os, "O_NOFOLLOW", 0))
    try:
        is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)  # it may be another by now
        return os.read(descriptor, SNIFFED) if is_file else b""
    finally:
        os.close(descriptor)


def _reason(error: OSError) -> Literal["missing", "denied", "failed"]:
    match error:
        case FileNotFoundError() | NotADirectoryError():
            return "missing"
        case PermissionError():
            return "denied"
    return "failed"
