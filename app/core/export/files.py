"""The pictures that an export takes along, and those that could not be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from app.core.errors import PictureCleared, PictureError
from app.core.export.asked import Wanted
from app.core.message import ImageBlock
from app.core.metadata import strip
from app.core.pictures import Pictures
from app.core.sniff import SNIFFED, sniff


class Cancelled(Exception):
    """The person wants no more of it."""


@dataclass(slots=True)
class Files:
    """The folder of pictures as exports read it: what is missing is counted and never stops one."""

    pictures: Pictures
    wanted: Wanted
    stopped: Callable[[], bool] = lambda: False
    """Whether the person has cancelled: asked before each picture."""
    missing: set[str] = field(default_factory=set)
    """SHA-256 of files that are missing or damaged."""

    def go_on(self) -> None:
        """Raises Cancelled."""
        if self.stopped():
            raise Cancelled

    def read(self, sha256: str) -> bytes:
        """The bytes of a file; none where it is missing, damaged or removed. Raises Cancelled."""
        self.go_on()
        if not sha256:
            return b""
        try:
            return self.pictures.read(sha256)
        except PictureCleared:  # an original, by the person's own wish
            return b""
        except (PictureError, ValueError):
            self.missing.add(sha256)
            return b""

    def read_sent(self, image: ImageBlock) -> bytes:
        """The bytes that were sent. Of a link, which the server followed, there is only its file: without metadata."""
        data = self.read(image.sent)
        if not image.url or not data:
            return data
        try:
            return strip(data, sniff(data[:SNIFFED])).data
        except (KeyError, ValueError, EOFError):
            self.missing.add(image.sent)
            return b""

    def shown(self, blocks: tuple[ImageBlock, ...], takes: Callable[[ImageBlock], bool]) -> Iterator[Shown]:
        """What there is to see of a picture: its original where that is wanted and `takes` says so, else its parts."""
        first = blocks[0]
        if self.wanted.originals and first.original and takes(first) and (data := self.read(first.original)):
            yield Shown(first, True, data)
            return
        for block in blocks:
            yield Shown(block, False, self.read_sent(block))


@dataclass(frozen=True, slots=True)
class Shown:
    image: ImageBlock
    original: bool
    data: bytes
    """Empty where the file is missing."""
