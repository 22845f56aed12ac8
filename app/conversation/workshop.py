"""Where the pictures of a draft are worked on: fetched, copied, measured and prepared, off the interface thread."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

from app.conversation.attachment import Document, DraftPicture, Source, shown_name
from app.conversation.intake import copied_and_measured, looked_through, unseen_link
from app.conversation.line import Line
from app.conversation.preparing import prepared
from app.conversation.tasks import Tasks
from app.conversation.threads import in_thread
from app.core.decoder import Decoder
from app.core.errors import LinkRefused, PictureError, StoreError
from app.core.pictures import Pictures
from app.core.store import Store

if TYPE_CHECKING:
    from app.core.fetch import Fetched

Fetch = Callable[[str], Awaitable["Fetched"]]
"""The address of a picture → what is there. Raises LinkRefused."""

_WIDTH: Final = 2
"""Jobs of one draft at the same time: as many as there are threads."""
_FIRST: Final = 12
"""Rows that are seen at once: their pictures come before the copying of the rest."""
_GLIMPSED: Final = 4
"""Of many that come at once, so many show a thumbnail before any is prepared; for all it would take too long."""
_UNSEEN: Final = frozenset({"dns", "connect", "timeout", "tls", "status", "failed"})
"""Why nobody could look behind a link that may lead to a picture all the same: the server may get further than we."""


class Workshop(QObject):
    """Each job ends in one signal, unless it is wanted no more. A picture is worked on by one job at a time.

    Signals:
        looked_through(Found): what a drop holds.
        arrived(int, DraftPicture | Document): what the source of that key is.
        made(int, Aim, Made): the picture of that key prepared.
        refused(int, VisavisError): it cannot be used.
    """

    looked_through = Signal(object)
    arrived = Signal(int, object)
    made = Signal(int, object, object)
    refused = Signal(int, object)

    def __init__(
        self,
        folder: Pictures,
        decoder: Decoder,
        store: Store,
        threads: Executor,
        tasks: Tasks,
        fetch: Fetch,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._folder = folder
        self._decoder = decoder
        self._store = store
        self._threads = threads
        self._tasks = tasks
        self._fetch_from = fetch
        self._line = Line(_WIDTH)
        self._in_work: set[int] = set()
        self.fetching: set[int] = set()
        """Keys of what is being fetched: it may take much longer than all the rest."""
        self.looking = 0
        """Drops whose folders are being looked through."""

    def look_through(self, dropped: Sequence[Source]) -> None:
        """Find the pictures of a drop."""
        self.looking += 1
        self._tasks.start(self._look_through(dropped), "look through a drop")

    def bring_in(self, key: int, source: Source) -> None:
        """Copy and measure."""
        glimpse = None
        if source.path and len(self._in_work) < _GLIMPSED:  # beside the copying: one waits for the disk
            glimpse = self._tasks.start(self._glimpsed(source), f"glimpse {key}")
        self._in_work.add(key)
        self._tasks.start(self._bring_in(key, source, glimpse), f"attach {key}")

    def fetch(self, key: int, url: str, source: Source) -> None:
        """Bring in what is at an address. A link that cannot be looked behind arrives unseen, if it may be followed."""
        self._in_work.add(key)
        self.fetching.add(key)
        self._tasks.start(self._fetch(key, url, source), f"fetch {key}")

    def prepare(self, key: int, row: int, wanted: Callable[[], DraftPicture | None]) -> None:
        """Prepare a picture until it is what is wanted; `wanted` gives it as long as it is not."""
        if key not in self._in_work:
            self._in_work.add(key)
            self._tasks.start(self._prepare(key, row, wanted), f"prepare {key}")

    async def _look_through(self, dropped: Sequence[Source]) -> None:
        try:
            async with self._line.turn(0):
                found = await in_thread(self._threads, looked_through, dropped)
        finally:
            self.looking -= 1
        self.looked_through.emit(found)

    async def _fetch(self, key: int, url: str, source: Source) -> None:
        try:
            found = await self._fetch_from(url)
            source = replace(source, data=found.data, name=found.name or source.name)
        except LinkRefused as error:
            if not source.url or error.reason not in _UNSEEN:
                self._in_work.discard(key)
                self.refused.emit(key, error)
                return
        finally:
            self.fetching.discard(key)
        await self._bring_in(key, source)

    async def _bring_in(self, key: int, source: Source, glimpse: asyncio.Task[bytes] | None = None) -> None:
        try:
            if source.url and not source.has_bytes:
                brought: DraftPicture | Document = unseen_link(key, source)
            else:
                async with self._line.turn(1):
                    brought = await in_thread(
                        self._threads, copied_and_measured, self._folder, self._decoder, key, source
                    )
            if glimpse and isinstance(brought, DraftPicture):
                brought = replace(brought, thumbnail=await glimpse)
        except (PictureError, StoreError) as error:
            self.refused.emit(key, error)
            return
        finally:
            self._in_work.discard(key)
        self.arrived.emit(key, brought)

    async def _glimpsed(self, source: Source) -> bytes:
        async with self._line.turn(0):
            return await in_thread(self._threads, self._decoder.glimpse, Path(source.path), shown_name(source))

    async def _prepare(self, key: int, row: int, wanted: Callable[[], DraftPicture | None]) -> None:
        try:
            while wanted() is not None:
                await self._prepare_once(key, row, wanted)
        except (PictureError, StoreError) as error:
            self.refused.emit(key, error)
        finally:
            self._in_work.discard(key)

    async def _prepare_once(self, key: int, row: int, wanted: Callable[[], DraftPicture | None]) -> None:
        async with self._line.turn(0 if row < _FIRST else 2):
            picture = wanted()
            if picture is None or (aim := picture.aim) is None:
                return
            made = await in_thread(self._threads, prepared, self._folder, self._decoder, picture, aim, aim.patch)
        self.made.emit(key, aim, made)
        if not picture.made:
            await self._store.put_thumbnail(made.images[0].thumbnail, made.thumbnail)
