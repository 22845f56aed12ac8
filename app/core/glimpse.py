"""A first look at a photograph: its thumbnail, decoded from the open file, which is never in memory as a whole."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from PIL import Image

from app.core.colour import srgb_transform
from app.core.encode import thumbnail, thumbnail_size
from app.core.fit import Size
from app.core.metadata import Stripped, only_scan
from app.core.pictures import open_picture
from app.core.source import Source, boundary, decode, picture_header, upright

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_BUFFER: Final = 1 << 16


def glimpse(path: Path, name: str) -> bytes:
    """The thumbnail of a JPEG of one scan, as `app.core.image.prepare` makes it; empty for every other picture.

    Costs a scaled decode. Raises as `prepare` does; a file that is broken further on may pass.
    """
    with boundary(name), open_picture(path, name) as file:
        header = picture_header(file, name)
        scan = only_scan(file) if header.format == "JPEG" else None
        if scan is None:
            return b""
        image = Image.open(io.BufferedReader(_Spliced(scan.head, file, scan.start), _BUFFER), formats=("JPEG",))
        if image.size != (header.width, header.height):
            raise ValueError("the decoder sees another size")
        source = Source(header, Stripped(b"", scan.icc), image, srgb_transform(scan.icc, image.mode))
        small = thumbnail_size(upright(header))
        image.draft(None, Size(small.height, small.width) if header.sideways else small)
        size = Size(image.height, image.width) if header.sideways else Size(*image.size)
        return thumbnail(decode(source, size, name))


class _Spliced(io.RawIOBase):
    """A file with another head: `head`, then what the file has from `start` on."""

    def __init__(self, head: bytes, file: BinaryIO, start: int) -> None:
        self._head = head
        self._file = file
        self._behind = start - len(head)
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Raises io.UnsupportedOperation for an offset from the end: nobody needs to know where that is."""
        if whence == io.SEEK_END:
            raise io.UnsupportedOperation
        self._at = max(0, offset + (self._at if whence == io.SEEK_CUR else 0))
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        into = memoryview(buffer).cast("B")
        piece = self._head[self._at : self._at + len(into)]
        if not piece:
            self._file.seek(self._at + self._behind)
            piece = self._file.read(len(into))
        into[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)
