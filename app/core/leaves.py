"""The rows of a database as they lie in its pages, where SQLite does not find the way to them any more.

Nothing that leads to a row is believed: neither the schema, nor the roots of tables, nor the pages between them and
their leaves, nor the header of the file. Formats are SQLite's ("Database File Format", sections 1.6, 2.1 and 4), with
what is the same in all files of ours: pages of 4,096 bytes, none of them reserved, text in UTF-8.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from os import SEEK_END
from pathlib import Path
from typing import Any, BinaryIO, Final

PAGE: Final = 4096
"""Bytes."""
_LEAF: Final = 13
"""How a page begins that holds rows of a table."""
_MOST_LOCAL: Final = PAGE - 35
"""Bytes of a row that lie in its leaf where all of it does."""
_LEAST_LOCAL: Final = (PAGE - 12) * 32 // 255 - 23
_LOG_HEADER: Final = 32
_FRAME_HEADER: Final = 24
_NUMBERS: Final = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
"""Bytes of an integer by its type."""
_MESSAGE: Final = re.compile(rb"[0-9a-f]{64}(?:user|assistant)")
"""The ids of a message and its conversation, and its role: they follow each other."""
_HEADERS: Final = range(9, 40)
"""Bytes that the header of a message can have."""
_BEFORE: Final = range(2, 14)
"""Bytes that a row can have before that: its length and its number."""


class _NotARow(Exception):
    pass


@dataclass(frozen=True, slots=True)
class Found:
    """A row, of whatever table."""

    number: int
    """SQLite's rowid."""
    values: list[Any]
    loose: bool
    """Whether it lies where no leaf says that there is a row: it may be none."""


def found_in(path: Path, log: Path) -> Iterator[Found]:
    """Every row of a database file, with what its log holds. Raises OSError.

    Rows that look like messages are found in leaves, too, that no longer tell where they are.
    """
    with path.open("rb") as file:
        pages = _Pages(file, log.read_bytes() if log.exists() else b"")
        for number in range(2, pages.count + 1):
            page = pages[number]
            known: set[int] = set()
            for at in _cells(page):
                with suppress(_NotARow):
                    yield Found(*_row(pages, page, at), loose=False)
                    known.add(at)
            yield from _loose(pages, page, known)


class _Pages:
    """The pages of a file by their numbers, from 1: those of its log where that has newer ones."""

    def __init__(self, file: BinaryIO, log: bytes) -> None:
        self._file = file
        self._newer = dict(_frames(log))
        self.count: Final = max([-(-file.seek(0, SEEK_END) // PAGE), *self._newer])

    def __getitem__(self, number: int) -> bytes:
        if number in self._newer:
            return self._newer[number]
        self._file.seek((number - 1) * PAGE)
        return self._file.read(PAGE).ljust(PAGE, b"\0")


def _frames(log: bytes) -> Iterator[tuple[int, bytes]]:
    """The pages of a log that were committed, the newest of each last."""
    salt, waiting = log[16:24], list[tuple[int, bytes]]()
    for at in range(_LOG_HEADER, len(log) - PAGE - _FRAME_HEADER + 1, _FRAME_HEADER + PAGE):
        number, committed = struct.unpack_from(">II", log, at)
        if log[at + 8 : at + 16] != salt:
            return
        waiting.append((number, log[at + _FRAME_HEADER : at + _FRAME_HEADER + PAGE]))
        if committed:
            yield from waiting
            waiting = []


def _cells(page: bytes) -> Sequence[int]:
    """Where the rows of a leaf begin, as far as it tells that soundly."""
    if page[0] != _LEAF:
        return []
    [count] = struct.unpack_from(">H", page, 3)
    places = (struct.unpack_from(">H", page, 8 + 2 * n)[0] for n in range(min(count, (PAGE - 8) // 2)))
    return [at for at in places if 8 <= at < PAGE - 1]


def _row(pages: _Pages, page: bytes, at: int) -> tuple[int, list[Any]]:
    """The row that begins there, by its number."""
    length, at = _varint(page, at)
    number, at = _varint(page, at)
    if length <= _MOST_LOCAL:
        return number, _values(page[at : at + length])
    local = _LEAST_LOCAL + (length - _LEAST_LOCAL) % (PAGE - 4)
    local = local if local <= _MOST_LOCAL else _LEAST_LOCAL
    if at + local + 4 > PAGE or length > pages.count * PAGE:
        raise _NotARow
    parts, left = [page[at : at + local]], length - local
    [following] = struct.unpack_from(">I", page, at + local)
    while left > 0:
        if not 2 <= following <= pages.count:
            raise _NotARow
        more = pages[following]
        parts.append(more[4 : 4 + left])
        left -= PAGE - 4
        [following] = struct.unpack_from(">I", more)
    return number, _values(b"".join(parts))


def _loose(pages: _Pages, page: bytes, known: set[int]) -> Iterator[Found]:
    """What looks like messages whose beginnings are not known. Of these the id is the first that has any bytes."""
    for match in _MESSAGE.finditer(page):
        for header in _HEADERS:
            start = match.start() - header
            if start < _BEFORE.stop or page[start] != header or any(start - before in known for before in _BEFORE):
                continue
            for before in _BEFORE:
                with suppress(_NotARow):
                    if _varint(page, _varint(page, start - before)[1])[1] == start:
                        yield Found(*_row(pages, page, start - before), loose=True)


def _values(record: bytes) -> list[Any]:
    """What stands in a row. Raises _NotARow where that is not to be made out."""
    size, at = _varint(record, 0)
    if not at <= size <= len(record):
        raise _NotARow
    kinds = []
    while at < size:
        kind, at = _varint(record, at)
        kinds.append(kind)
    values = []
    for kind in kinds:
        length = _length(kind)
        part = record[at : at + length]
        if len(part) < length:
            raise _NotARow
        values.append(_value(kind, part))
        at += length
    if at != len(record):
        raise _NotARow
    return values


def _length(kind: int) -> int:
    if kind >= 12:
        return (kind - 12) // 2
    if kind in {10, 11}:
        raise _NotARow
    return 8 if kind == 7 else _NUMBERS.get(kind, 0)


def _value(kind: int, part: bytes) -> Any:
    if kind >= 12:
        return part.decode("utf-8", "replace") if kind % 2 else part
    if kind in _NUMBERS:
        return int.from_bytes(part, "big", signed=True)
    if kind == 7:
        return struct.unpack(">d", part)[0]
    return {0: None, 8: 0, 9: 1}[kind]


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """The number that stands there, and where it ends."""
    value = 0
    for place in range(9):
        if at + place >= len(data):
            raise _NotARow
        byte = data[at + place]
        if place == 8:
            return value << 8 | byte, at + 9
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + place + 1
    raise _NotARow
