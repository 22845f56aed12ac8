"""Opens pictures of every format: the common ones here, the rarer ones in processes that can be killed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.core import exchange
from app.core.children import IDLE_SECONDS, Answer, Children
from app.core.errors import FormatUnsupported, PictureError
from app.core.pictures import read_picture

if TYPE_CHECKING:
    from app.core.cuts import Cut
    from app.core.exchange import Head
    from app.core.image import Pixels, Preparation, Probe

RARE: Final = frozenset({"HEIC", "AVIF", "TIFF", "BMP", "ICO", "CUR", "SVG", "PDF"})
"""The formats that only a process of their own decodes, as people call them."""


class Decoder:
    """Safe to use from several threads; its methods block. Imports Pillow when it is first used.

    `page` is a page of a document, from 1; 0 for a picture file. Of the rarer formats, every method raises
    PictureTooSlow, too, where decoding had to be ended.
    """

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        self._children = Children(idle_seconds)

    def probe(self, path: Path, name: str, *, page: int = 0) -> Probe:
        """Read what a picture file says of itself. Of a document without `page`: its pages, the size of the first.

        Raises PictureUnreadable, NotAPicture, FormatUnsupported, PictureTooBig, or PictureDamaged for a broken header.
        """
        from app.core import image

        try:
            return image.probe(path, name)
        except FormatUnsupported as error:
            kind = _rare(error)
        from app.core.answers import read_probe

        return self._ask({"what": "probe"}, read_picture(path, name), name, kind, page, read_probe)

    def glimpse(self, path: Path, name: str) -> bytes:
        """The thumbnail of a picture where it costs little, as of most photographs; empty where it does not.

        A file that is broken further on may pass; what is broken here is for `prepare` to tell.
        """
        from app.core.glimpse import glimpse

        try:
            return glimpse(path, name)
        except PictureError:
            return b""

    def prepare(
        self, path: Path, name: str, cuts: Sequence[Cut], *, page: int = 0, max_bytes: int = 7_400_000
    ) -> Preparation:
        """Make the bytes to send. Deterministic; raises as `app.core.image.prepare` does."""
        from app.core import image

        try:
            return image.prepare(path, name, cuts, max_bytes=max_bytes)
        except FormatUnsupported as error:
            kind = _rare(error)
        from app.core.answers import read_preparation

        question = {"what": "prepare", "cuts": exchange.packed_cuts(cuts), "max_bytes": max_bytes}
        return self._ask(question, read_picture(path, name), name, kind, page, read_preparation)

    def pixels(self, path: Path, name: str, *, page: int = 0) -> Pixels:
        """The whole picture for the screen. Raises as `prepare` does."""
        from app.core import image

        data = read_picture(path, name)
        try:
            return image.pixels(data, name)
        except FormatUnsupported as error:
            kind = _rare(error)
        from app.core.answers import read_pixels

        return self._ask({"what": "pixels"}, data, name, kind, page, read_pixels)

    def close(self) -> None:
        """End the processes; what is asked of them afterwards raises PictureUnreadable. May be called again."""
        self._children.close()

    def _ask(
        self, question: Head, data: bytes, name: str, kind: str, page: int, read: Callable[[Head, bytes], Answer]
    ) -> Answer:
        return self._children.ask(question | {"name": name, "kind": kind, "page": page}, data, name, kind, read)


def _rare(error: FormatUnsupported) -> str:
    """The format, where it is one that a process decodes."""
    if error.format not in RARE:
        raise error
    return error.format
