"""A zip of a stranger, read with limits: entries by their exact names, never to a place that a name says."""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from app.core.export.archive import ENTRIES, UNPACKED
from app.core.importing.refused import ImportRefused
from app.core.pictures import MAX_FILE_BYTES

_DIRECTORY: Final = 12 << 20
"""Bytes of the list of entries, which is read whole."""
_RATIO: Final = 200
"""Times as many bytes as an entry has packed: text comes to some 20, and to more only where it repeats itself."""
_FREE: Final = 16 << 20
"""Bytes that an entry may unpack to, however little it has packed."""
_PIECE: Final = 1 << 18
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED: Final = 0x1

_BROKEN: Final = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError, OSError)
"""What `zipfile` raises for files that are not as they should be."""


class Unpacking:
    """An open archive; a context manager. Methods block on the disk and raise ImportRefused."""

    def __init__(self, path: Path, name: str) -> None:
        """`name` is what the person calls it."""
        self._name = name
        self._left = UNPACKED
        self._file = open_file(path, name)
        try:
            # A directory of a million entries would be half a gigabyte of objects before any could be counted.
            self._zip = zipfile.ZipFile(_Bounded(self._file))
            self._entries = self._listed()
        except _TooLarge as error:
            self._file.close()
            raise ImportRefused(name, "too_large") from error
        except _BROKEN as error:
            self._file.close()
            raise ImportRefused(name, "damaged") from error
        except BaseException:
            self._file.close()
            raise

    @property
    def names(self) -> list[str]:
        """Of all files in it, in its order."""
        return list(self._entries)

    def matching(self, pattern: re.Pattern[str]) -> list[str]:
        """The names that are wholly of the pattern, in its order."""
        return [name for name in self._entries if pattern.fullmatch(name)]

    def size(self, name: str) -> int:
        """Bytes that an entry says it has; 0 where there is none."""
        return self._entries[name].file_size if name in self._entries else 0

    def pieces(self, name: str, most: int) -> Iterator[bytes]:
        """What an entry unpacks to, piece by piece, at most so many bytes."""
        info = self._entries[name]
        if info.compress_type not in _METHODS or info.flag_bits & _ENCRYPTED or _is_link(info):
            raise ImportRefused(self._name, "damaged")
        limit = min(most, max(_FREE, info.compress_size * _RATIO))
        total = 0
        try:
            with self._zip.open(info) as entry:
                while piece := entry.read(_PIECE):
                    total += len(piece)
                    self._left -= len(piece)
                    if total > limit or self._left < 0:
                        raise ImportRefused(self._name, "too_large")
                    yield piece
        except _TooLarge as error:
            raise ImportRefused(self._name, "too_large") from error
        except _BROKEN as error:
            raise ImportRefused(self._name, "damaged") from error

    def read(self, name: str, most: int = MAX_FILE_BYTES) -> bytes:
        """All that an entry unpacks to."""
        return b"".join(self.pieces(name, most))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._zip.close()
        self._file.close()

    def _listed(self) -> dict[str, zipfile.ZipInfo]:
        found = self._zip.infolist()
        if len(found) > ENTRIES:
            raise _TooLarge
        entries = {info.filename: info for info in found if not info.is_dir()}
        if len(entries) < sum(not info.is_dir() for info in found):
            raise ImportRefused(self._name, "damaged")  # two of one name: readers would not agree which is meant
        return entries


def open_file(path: Path, name: str) -> BinaryIO:
    """Open a regular file, whatever stands at the path. Raises ImportRefused."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ImportRefused(name, "unreadable")
        return path.open("rb")
    except (OSError, ValueError) as error:
        raise ImportRefused(name, "unreadable") from error


class _TooLarge(Exception):
    pass


class _Bounded(io.RawIOBase):
    """A file of which no more than a list of entries is ever read at once."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._inner = file

    def read(self, size: int = -1, /) -> bytes:
        data = self._inner.read(size if 0 <= size <= _DIRECTORY else _DIRECTORY + 1)
        if len(data) > _DIRECTORY:
            raise _TooLarge
        return data

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._inner.seek(offset, whence)

    def tell(self) -> int:
        return self._inner.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


def _is_link(info: zipfile.ZipInfo) -> bool:
    kind = stat.S_IFMT(info.external_attr >> 16)
    return kind not in {0, stat.S_IFREG}
