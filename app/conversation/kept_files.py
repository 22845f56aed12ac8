"""What the picture files of one conversation are, by their bytes: gone, damaged, or of another kind than said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from app.core.container import MEDIA_TYPES
from app.core.errors import PictureDamaged, PictureError
from app.core.message import ImageBlock, Message
from app.core.pictures import Pictures, open_picture
from app.core.sniff import SNIFFED, sniff


class KeptFiles:
    """What the picture files of one conversation were found to be."""

    def __init__(self, pictures: Pictures) -> None:
        self._pictures = pictures
        self._found: dict[str, str] = {}
        self._damaged: set[str] = set()

    @property
    def found(self) -> Mapping[str, str]:
        """As `app.core.refit.Today` wants it."""
        return self._found

    def look(self, messages: Iterable[Message]) -> None:
        """Look at all bytes that are to be sent, and at the first ones of every other file.

        Blocks on the disk: call it on a worker thread.
        """
        images = [image for message in messages for image in message.images]
        going = {image.sent for image in images if image.file is None and not image.stands_for}
        for sha256 in {key for image in images for key in (image.sent, image.original)}:
            if sha256:
                self._found[sha256] = self._kind(sha256, whole=sha256 in going)

    def read(self, sha256: str, name: str) -> bytes:
        """The bytes of a file, checked. What is damaged counts as gone from then on. Raises PictureError."""
        try:
            return self._pictures.read(sha256, name)
        except PictureError:
            self._damaged.add(sha256)
            self._found[sha256] = ""
            raise

    def made(self, images: Iterable[ImageBlock]) -> None:
        """These files were just written."""
        for image in images:
            self._damaged.discard(image.sent)
            self._found[image.sent] = image.media_type

    def _kind(self, sha256: str, *, whole: bool) -> str:
        if sha256 in self._damaged:
            return ""
        try:
            if whole:
                first = self._pictures.read(sha256)[:SNIFFED]
            else:
                with open_picture(self._pictures.path(sha256), "") as file:
                    first = file.read(SNIFFED)
        except PictureDamaged:
            self._damaged.add(sha256)
            return ""
        except (PictureError, OSError):  # it may be there again next time
            return ""
        kind = sniff(first)
        return MEDIA_TYPES.get(kind, kind or "unknown")
