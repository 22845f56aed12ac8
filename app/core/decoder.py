"""Opens pictures of every format: the common ones here, the rarer ones in processes that can be killed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.core.cuts import Cut
    from app.core.image import Pixels, Preparation, Probe


class Decoder:
    """Safe to use from several threads; its methods block. Imports Pillow when it is first used.

    `page` is a page of a document, from 1; 0 for a picture file.
    """

    def probe(self, path: Path, name: str, *, page: int = 0) -> Probe:  # noqa: ARG002
        """Read what a picture file says of itself. Of a document without `page`: its pages, the size of the first.

        Raises PictureUnreadable, NotAPicture, FormatUnsupported, PictureTooBig, or PictureDamaged for a broken header.
        """
        from app.core import image

        return image.probe(path, name)

    def prepare(
        self,
        path: Path,
        name: str,
        cuts: Sequence[Cut],
        *,
        page: int = 0,  # noqa: ARG002
        max_bytes: int = 7_400_000,
    ) -> Preparation:
        """Make the bytes to send. Deterministic; raises as `app.core.image.prepare` does."""
        from app.core import image

        return image.prepare(path, name, cuts, max_bytes=max_bytes)

    def pixels(self, path: Path, name: str, *, page: int = 0) -> Pixels:  # noqa: ARG002
        """The whole picture for the screen. Raises as `prepare` does."""
        from app.core import image
        from app.core.pictures import read_picture

        return image.pixels(read_picture(path, name), name)

    def close(self) -> None:
        """Let go of the processes. May be called again."""
