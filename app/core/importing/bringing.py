"""Conversations of a stranger brought in: their pictures by what is in them, then all the rest in one transaction."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from app.core.container import MEDIA_TYPES
from app.core.cuts import Cut
from app.core.decoder import Decoder
from app.core.errors import PictureError, PictureUnreadable, StoreFull
from app.core.fit import Size
from app.core.importing.order import new_id
from app.core.importing.reading import Reading
from app.core.message import JSON, ImageBlock
from app.core.pictures import Pictures
from app.core.rows import Conversation
from app.core.sniff import SNIFFED, sniff
from app.core.whole import Whole, conversations_there, messages_there, no_pause, put, renamed

_THUMBNAIL_EDGE: Final = 640
"""Pixels that a picture is decoded to for its thumbnail."""


@dataclass(slots=True)
class Brought:
    """What the pictures of one conversation have come to."""

    thumbnails: dict[str, bytes] = field(default_factory=dict)
    pictures: int = 0
    """Files that are there now."""
    refused: int = 0
    """Files that were not what their names say, or no pictures that may be used."""
    missing: int = 0
    """Files that were sent and are neither in the archive nor here."""
    draft: JSON | None = None
    """What is being written, with those of its pictures that came along."""


class Bringing:
    """Brings the pictures of an open file in. Methods block; they raise ImportRefused and StoreFull."""

    def __init__(self, reading: Reading, pictures: Pictures, decoder: Decoder) -> None:
        self._reading = reading
        self._pictures = pictures
        self._decoder = decoder
        self._known: dict[str, bool] = {}

    def pictures_of(self, whole: Whole, go_on: Callable[[], None]) -> Brought:
        """Keep the files of its pictures and make its thumbnails; `go_on` is called before each and may raise."""
        brought = Brought()
        for message, _ in whole.messages:
            for blocks in message.pictures:
                go_on()
                self._bring(blocks, brought)
        if whole.draft is not None:
            came = [each for each in whole.draft["pictures"] if self._is_drafted(each, brought, go_on)]
            brought.missing += len(whole.draft["pictures"]) - len(came)
            brought.draft = {**whole.draft, "pictures": came} if came or whole.draft["text"] else None
        return brought

    def _is_drafted(self, picture: JSON, brought: Brought, go_on: Callable[[], None]) -> bool:
        """Whether there is what a picture that is to be sent needs."""
        go_on()
        files = [picture[fact] for fact in ("kept", "sent") if picture.get(fact)]
        here = [self._is_here(each, picture["name"], brought, sent=False) for each in files]
        return any(here) or not files

    def _bring(self, blocks: tuple[ImageBlock, ...], brought: Brought) -> None:
        first = blocks[0]
        there = [image for image in blocks if image.sent and self._is_here(image.sent, image.name, brought)]
        if len(there) < sum(bool(image.sent) for image in blocks):
            brought.missing += 1
        has_original = bool(first.original) and self._is_here(first.original, first.name, brought, sent=False)
        if first.thumbnail not in brought.thumbnails and (has_original or there):
            with suppress(PictureError):
                data = self._thumbnail(first.original, first, first.page) if has_original else b""
                data = data or self._thumbnail(there[0].sent, there[0], 0)
                brought.thumbnails[first.thumbnail] = data

    def _is_here(self, sha256: str, name: str, brought: Brought, *, sent: bool = True) -> bool:
        """Whether the file is in our folder now."""
        if sha256 not in self._known:
            self._known[sha256] = self._has(sha256) or self._keep(sha256, name, brought, sent=sent)
        return self._known[sha256]

    def _has(self, sha256: str) -> bool:
        try:
            self._pictures.read(sha256)
        except PictureError:
            return False
        return self._pictures.renew(sha256)

    def _keep(self, sha256: str, name: str, brought: Brought, *, sent: bool) -> bool:
        data = self._reading.picture(sha256)
        if not data:
            return False
        if hashlib.sha256(data).hexdigest() != sha256 or not sniff(data[:SNIFFED]):
            brought.refused += 1
            return False
        path = self._pictures.path(sha256)
        try:
            self._pictures.add_bytes(data, name)
            found = self._decoder.probe(path, name)
            fits = found.format in MEDIA_TYPES or not sent
        except PictureUnreadable as error:  # it was there a moment ago: the fault is not the file's
            raise StoreFull(str(path)) from error
        except PictureError:
            fits = False
        if fits:
            brought.pictures += 1
        else:
            brought.refused += 1
            with suppress(OSError):
                path.unlink()
        return fits

    def _thumbnail(self, sha256: str, image: ImageBlock, page: int) -> bytes:
        path = self._pictures.path(sha256)
        found = self._decoder.probe(path, image.name, page=page)
        if not found.width or not found.height:
            return b""
        less = min(1.0, _THUMBNAIL_EDGE / max(found.width, found.height))
        size = Size(max(1, round(found.width * less)), max(1, round(found.height * less)))
        return self._decoder.prepare(path, image.name, [Cut("whole", size)], page=page).thumbnail


def bring_in(
    db: sqlite3.Connection, whole: Whole, thumbnails: Mapping[str, bytes], pause: Callable[[], None] = no_pause
) -> Conversation:
    """Put a conversation in, all of it or nothing; under other ids where there are such already.

    For the store's thread. Returns the conversation as it is now.
    """
    ids = [placed.message.id for placed in whole.messages]
    conversation_id = whole.conversation.id
    copied = bool(conversations_there(db, [conversation_id]))
    taken = set(ids) if copied else messages_there(db, ids)
    if copied or taken:
        whole = renamed(whole, new_id() if copied else conversation_id, {each: new_id() for each in taken})
    return put(db, whole, thumbnails, pause)
