"""What the picture files of one conversation are, by their first bytes: gone, damaged, or of another kind than said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from app.core.container import MEDIA_TYPES
from app.core.errors import PictureError
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
        """Look at the first bytes of every file. Blocks on the disk: call it on a worker thread."""
        for sha256 in {key for message in messages for image in message.images for key in (image.sent, image.original)}:
            if sha256:
                self._found[sha256] = self._kind(sha256)

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

    def _kind(self, sha256: str) -> str:
        if sha256 in self._damaged:
            return ""
        try:
            with open_picture(self._pictures.path(sha256), "") as file:
                kind = sniff(file.read(SNIFFED))
        except (PictureError, OSError):
            return ""
        return MEDIA_TYPES.get(kind, kind or "unknown")
