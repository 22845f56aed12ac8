"""Pictures for the views: thumbnails from the store, whole ones from the folder, decoded off the interface thread."""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

from app.conversation.tasks import Tasks
from app.core.decoder import Decoder
from app.core.errors import PictureError, StoreError, StoreFull
from app.core.message import thumbnail_key
from app.core.pictures import Pictures
from app.core.store import Store

if TYPE_CHECKING:
    from app.core.image import Pixels

_KEPT: Final = 500
"""Thumbnails held in memory; some 20 kB each."""


class Gallery(QObject):
    """Signals:
    thumbnail_ready(str): the thumbnail of an original (its SHA-256) can be had now.
    opened(str, Pixels): a picture, whole, by its SHA-256, with "-" and the page where it is a document's.
    failed(str, PictureError): it cannot be shown.
    saved(str): a copy of a picture is at that path.
    save_failed(str, VisavisError): none is; PictureError where the disk has damaged it, or StoreFull.
    """

    thumbnail_ready = Signal(str)
    opened = Signal(str, object)
    failed = Signal(str, object)
    saved = Signal(str)
    save_failed = Signal(str, object)

    def __init__(
        self,
        store: Store,
        pictures: Pictures,
        decoder: Decoder,
        threads: Executor,
        tasks: Tasks,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._pictures = pictures
        self._decoder = decoder
        self._threads = threads
        self._tasks = tasks
        self._thumbnails: dict[str, bytes] = {}
        self._wanted: set[str] = set()

    def thumbnail(self, original: str) -> bytes:
        """A small JPEG or PNG of our own making; empty until `thumbnail_ready` says that it is there."""
        if original in self._thumbnails:
            return self._thumbnails[original]
        if original and original not in self._wanted:
            if not self._wanted:
                self._tasks.start(self._fetch(), "thumbnails")
            self._wanted.add(original)
        return b""

    def open(self, sha256: str, page: int = 0) -> None:
        """Decode a picture of the folder, or a page of a document; `opened` or `failed` tells."""
        self._tasks.start(self._open(sha256, page), "open picture")

    def save(self, sha256: str, path: str) -> None:
        """Copy a picture of the folder, byte for byte, to where the person chose; `saved` or `save_failed` tells."""
        self._tasks.start(self._save(sha256, path), "save picture")

    async def _fetch(self) -> None:
        await asyncio.sleep(0)  # all that one paint asks for goes in one query
        wanted, self._wanted = self._wanted, set()
        with suppress(StoreError):  # a missing thumbnail shows as an empty frame
            found = await self._store.thumbnails(wanted)
            self._thumbnails |= found
            for surplus in list(self._thumbnails)[: max(0, len(self._thumbnails) - _KEPT)]:
                del self._thumbnails[surplus]
            for original in found:
                self.thumbnail_ready.emit(original)

    async def _open(self, sha256: str, page: int) -> None:
        loop = asyncio.get_running_loop()
        try:
            pixels = await loop.run_in_executor(self._threads, self._decoded, sha256, page)
        except PictureError as error:
            self.failed.emit(thumbnail_key(sha256, page), error)
        else:
            self.opened.emit(thumbnail_key(sha256, page), pixels)

    async def _save(self, sha256: str, path: str) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._threads, self._copy, sha256, Path(path))
        except (PictureError, StoreError) as error:
            self.save_failed.emit(path, error)
        else:
            self.saved.emit(path)

    def _copy(self, sha256: str, path: Path) -> None:
        data = self._pictures.read(sha256, path.name)
        try:
            path.write_bytes(data)
        except OSError as error:
            raise StoreFull(str(path)) from error

    def _decoded(self, sha256: str, page: int) -> Pixels:
        self._pictures.read(sha256)  # what the disk has damaged is not shown as if it were what was sent
        return self._decoder.pixels(self._pictures.path(sha256), "", page=page)
