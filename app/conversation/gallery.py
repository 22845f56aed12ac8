"""Pictures for the views: thumbnails from the store, whole ones from the folder, decoded off the interface thread."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

from app.conversation.line import Line
from app.conversation.tasks import Tasks
from app.conversation.threads import in_thread
from app.core.cuts import Cut
from app.core.decoder import Decoder
from app.core.errors import PictureError, StoreError, StoreFull
from app.core.fit import Size
from app.core.message import thumbnail_key
from app.core.pictures import Pictures
from app.core.store import Store

if TYPE_CHECKING:
    from app.conversation.temporary import Temporary
    from app.core.image import Pixels
    from app.core.memory_pictures import MemoryPictures

_KEPT: Final = 500
"""Thumbnails held in memory; some 20 kB each."""


Wanted = Callable[[], bool]
"""Whether a picture asked for is wanted still."""


class Gallery(QObject):
    """Large pictures are decoded one at a time, in the order they were asked for: a thread more gains nothing.

    Signals:
        thumbnail_ready(str): the thumbnail of an original (its SHA-256) can be had now.
        opened(str, Pixels): a picture, whole, by its SHA-256, with "-" and the page where it is a document's.
        drawn(str, Size, Pixels): a page, small, by the same name, and the pixels it has when it is not.
        failed(str, PictureError): it cannot be shown.
        saved(str): a copy of a picture is at that path.
        taken(str, str): none was made of that SHA-256: at that path is a file.
        save_failed(str, VisavisError): none is; PictureError where the disk has damaged it, or StoreFull.
    """

    thumbnail_ready = Signal(str)
    opened = Signal(str, object)
    drawn = Signal(str, object, object)
    failed = Signal(str, object)
    saved = Signal(str)
    taken = Signal(str, str)
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
        self._line = Line(1)
        self._besides: tuple[Store, MemoryPictures] | None = None
        self._awaited: dict[str, list[Wanted]] = {}
        """Who wants each picture that is to be decoded; one that is in work already is not begun again."""

    def look_also_in(self, besides: Temporary | None) -> None:
        """Show the pictures of a conversation that is not kept, too; with None, forget all that was shown."""
        self._besides = (besides.store, besides.pictures) if besides is not None else None
        self._thumbnails.clear()

    def thumbnail(self, original: str) -> bytes:
        """A small JPEG or PNG of our own making; empty until `thumbnail_ready` says that it is there."""
        if original in self._thumbnails:
            return self._thumbnails[original]
        if original and original not in self._wanted:
            if not self._wanted:
                self._tasks.start(self._fetch(), "thumbnails")
            self._wanted.add(original)
        return b""

    def open(self, sha256: str, wanted: Wanted, page: int = 0) -> None:
        """Decode a picture of the folder, or a page of a document; `opened` or `failed` tells.

        `wanted` is asked when its turn has come: what everybody has passed by is not begun.
        """
        key = thumbnail_key(sha256, page)
        awaited = self._awaited.setdefault(key, [])
        awaited.append(wanted)
        if len(awaited) == 1:
            self._tasks.start(self._open(key, sha256, page), "open picture")

    def draw(self, sha256: str, page: int, room: Size, wanted: Wanted) -> None:
        """Decode a page of a document to be shown within `room`, in pixels; `drawn` or `failed` tells."""
        self._tasks.start(self._draw(sha256, page, room, wanted), "draw page")

    def save(self, sha256: str, path: str, *, over: bool = False) -> None:
        """Copy a picture of the folder, byte for byte, to where the person chose, `over` a file that is there or not.

        `saved`, `taken` or `save_failed` tells.
        """
        self._tasks.start(self._save(sha256, Path(path), over=over), "save picture")

    def save_all(self, files: Sequence[tuple[str, str]], folder: str) -> None:
        """Copy several, each a SHA-256 and a name, into a folder; where there is such a file, under a free name."""
        self._tasks.start(self._save_all(files, Path(folder)), "save pictures")

    async def _fetch(self) -> None:
        await asyncio.sleep(0)  # all that one paint asks for goes in one query
        wanted, self._wanted = self._wanted, set()
        with suppress(StoreError):  # a missing thumbnail shows as an empty frame
            found = await self._store.thumbnails(wanted)
            if self._besides is not None:
                found |= await self._besides[0].thumbnails(wanted - found.keys())
            self._thumbnails |= found
            for surplus in list(self._thumbnails)[: max(0, len(self._thumbnails) - _KEPT)]:
                del self._thumbnails[surplus]
            for original in found:
                self.thumbnail_ready.emit(original)

    async def _open(self, key: str, sha256: str, page: int) -> None:
        try:
            async with self._line.turn(0):
                if not any(wanted() for wanted in self._awaited[key]):
                    return
                pixels = await in_thread(self._threads, self._decoded, sha256, page)
        except PictureError as error:
            self.failed.emit(key, error)
        else:
            self.opened.emit(key, pixels)
        finally:
            del self._awaited[key]

    async def _draw(self, sha256: str, page: int, room: Size, wanted: Wanted) -> None:
        key = thumbnail_key(sha256, page)
        try:
            async with self._line.turn(0):
                if not wanted():
                    return
                whole, pixels = await in_thread(self._threads, self._small, sha256, page, room)
        except PictureError as error:
            self.failed.emit(key, error)
        else:
            self.drawn.emit(key, whole, pixels)

    async def _save(self, sha256: str, path: Path, *, over: bool) -> None:
        try:
            done = await in_thread(self._threads, self._copy, sha256, path, over)
        except (PictureError, StoreError) as error:
            self.save_failed.emit(str(path), error)
        else:
            if done:
                self.saved.emit(str(path))
            else:
                self.taken.emit(sha256, str(path))

    async def _save_all(self, files: Sequence[tuple[str, str]], folder: Path) -> None:
        for sha256, name in files:
            path = await in_thread(self._threads, _free, folder / name)
            await self._save(sha256, path, over=False)

    def _copy(self, sha256: str, path: Path, over: bool) -> bool:
        """Whether it was: not over a file, unless that is wanted."""
        data = self._holding(sha256).read(sha256, path.name)
        try:
            if not over and os.path.lexists(path):
                return False
            _write(path, data)
        except OSError as error:
            raise StoreFull(str(path)) from error
        return True

    def _holding(self, sha256: str) -> Pictures:
        """Where the picture is."""
        besides = self._besides
        return besides[1] if besides is not None and sha256 in besides[1] else self._pictures

    def _decoded(self, sha256: str, page: int) -> Pixels:
        pictures = self._holding(sha256)
        pictures.read(sha256)  # what the disk has damaged is not shown as if it were what was sent
        return self._decoder.pixels(pictures.path(sha256), "", page=page)

    def _small(self, sha256: str, page: int, room: Size) -> tuple[Size, Pixels]:
        """The page's own pixels, and the page within `room`."""
        from app.core.image import pixels  # Pillow: after the first paint

        path = self._holding(sha256).path(sha256)
        found = self._decoder.probe(path, "", page=page)
        less = min(room.width / found.width, room.height / found.height, 1)
        size = Size(max(1, round(found.width * less)), max(1, round(found.height * less)))
        made = self._decoder.prepare(path, "", [Cut("whole", size)], page=page)
        return Size(found.width, found.height), pixels(made.parts[0].data)


def _free(path: Path) -> Path:
    """The path, or one beside it that is not taken."""
    free, again = path, 2
    while os.path.lexists(free):
        free = path.with_name(f"{path.stem} ({again}){path.suffix}")
        again += 1
    return free


def _write(path: Path, data: bytes) -> None:
    """Write the file as a whole: on a full disk, what was there stays. Raises OSError."""
    path = path.resolve()  # a link goes on leading to it
    beside = path.with_name(f".visavis-{os.urandom(8).hex()}")
    try:
        with beside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with suppress(OSError):  # there was none; or the file system knows no such thing
            shutil.copymode(path, beside)
        beside.replace(path)
    except OSError:
        with suppress(OSError):
            beside.unlink()
        raise
