"""An import under way: looked through first, then brought in conversation by conversation, each whole or not at all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from threading import Event
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from app.conversation.backups import Backups
from app.conversation.threads import in_thread
from app.conversation.tools import Tools
from app.core.errors import StoreError, VisavisError
from app.core.export.files import Cancelled
from app.core.filing import LOOSE_AS, Filing
from app.core.importing.bringing import Bringing, bring_in
from app.core.importing.reading import Preview, Reading
from app.core.importing.refused import ImportRefused
from app.core.rows import Conversation
from app.core.whole import Whole, conversations_there

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Looked:
    """What a file would bring."""

    path: Path
    preview: Preview
    there: int
    """How many of its conversations are in the list already."""


@dataclass(slots=True)
class Imported:
    """What has come of an import."""

    conversations: int = 0
    skipped: int = 0
    """Conversations that are in the list already."""
    pictures: int = 0
    refused: int = 0
    """Files that were no pictures, or not those they said."""
    missing: int = 0
    """Pictures that were sent and did not come along."""
    cancelled: bool = False


@dataclass
class NotBackedUp(VisavisError):
    """No backup could be made before an import, so that nothing was brought in."""

    cause: StoreError


class Importer(QObject):
    """One file at a time. `look` and `start` end in one of the last four signals.

    Signals:
        progressed(int, int): so many steps of so many.
        filed(dict[str, Filed], list[Folder]): where one that arrives next is put, and all folders there are.
        arrived(Conversation): it is in the store, for the list.
        looked(Looked): what would come; nothing has changed.
        unlooked(): looking was cancelled; nothing has changed.
        imported(Imported): what has come.
        failed(VisavisError): ImportRefused, NotBackedUp or StoreError; what has arrived stays, whole.
    """

    progressed = Signal(int, int)
    filed = Signal(object, object)
    arrived = Signal(object)
    looked = Signal(object)
    unlooked = Signal()
    imported = Signal(object)
    failed = Signal(object)

    def __init__(self, tools: Tools, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tools = tools
        self._stop = Event()
        self._steps = (0, 1)
        self.busy = False

    def look(self, path: Path) -> None:
        """Go through a file, unless something is under way; nothing is changed."""
        self._begin(lambda: self._look(path), "look into an import", self.unlooked.emit)

    def start(self, looked: Looked, *, skip: bool) -> None:
        """Bring its conversations in, after a backup (RELIABILITY, section 1.4).

        `skip` those that are in the list already, which else come as copies.
        """
        steps = looked.preview.conversations + looked.preview.pictures
        self._steps = (0, max(1, steps))
        done = Imported()

        def cut_off() -> None:
            done.cancelled = True
            self.imported.emit(done)

        self._begin(lambda: self._bring(looked.path, done, skip=skip), "import", cut_off)

    def cancel(self) -> None:
        """End it: what has arrived stays."""
        self._stop.set()

    def _begin(self, work: Callable[[], Awaitable[Callable[[], None]]], name: str, cut_off: Callable[[], None]) -> None:
        """`work` returns what tells how it ended, for which `cut_off` stands where a fault of ours ends it."""
        if not self.busy:
            self.busy = True
            self._stop = Event()
            self._tools.tasks.start(self._run(work, cut_off), name)

    async def _run(self, work: Callable[[], Awaitable[Callable[[], None]]], cut_off: Callable[[], None]) -> None:
        fault: Exception | None = None
        try:
            tell = await work()
        except (ImportRefused, NotBackedUp, StoreError) as error:
            tell = partial(self.failed.emit, error)
        except Exception as error:  # noqa: BLE001  # raised below
            tell, fault = cut_off, error
        finally:
            self._stop.set()  # where this was ended from without, a thread may go on for nobody
            self.busy = False
        tell()
        if fault is not None:
            raise fault

    async def _look(self, path: Path) -> Callable[[], None]:
        try:
            preview = await self._in_thread(lambda: _preview(path, self._go_on))
        except Cancelled:
            return self.unlooked.emit
        there = await self._tools.store.run(partial(conversations_there, ids=preview.ids, deleted=False))
        return partial(self.looked.emit, Looked(path, preview, len(there)))

    async def _bring(self, path: Path, done: Imported, *, skip: bool) -> Callable[[], None]:
        store = self._tools.store
        await self._back_up()
        reading = await self._in_thread(lambda: Reading(path, path.name, self._go_on))
        try:
            bringing = Bringing(reading, self._tools.pictures, self._tools.decoder)
            conversations = reading.conversations()
            while (found := await self._in_thread(lambda: next(conversations, None))) is not None:
                whole = self._with_model(found.whole)
                ids = [whole.conversation.id]
                there = await store.run(partial(conversations_there, ids=ids, deleted=False))
                if skip and there:
                    done.skipped += 1
                else:
                    now = await self._bring_one(whole, bringing, done)
                    if whole.filed != LOOSE_AS:
                        filed, folders = await Filing(store).filed(now.id)
                        self.filed.emit({now.id: filed}, folders)
                    self.arrived.emit(now)
                self._step()
        except Cancelled:
            done.cancelled = True
        finally:
            await self._in_thread(lambda: reading.__exit__(None, None, None))
        return partial(self.imported.emit, done)

    async def _back_up(self) -> None:
        backups = Backups(self._tools.store, self._tools.threads)
        try:
            await backups.make(time.time(), "import")
        except StoreError as error:
            raise NotBackedUp(error) from error
        finally:
            backups.deleteLater()

    async def _bring_one(self, whole: Whole, bringing: Bringing, done: Imported) -> Conversation:
        loop = asyncio.get_running_loop()

        def go_on() -> None:
            self._go_on()
            loop.call_soon_threadsafe(self._step)

        self._go_on()
        brought = await self._in_thread(lambda: bringing.pictures_of(whole, go_on))
        whole = replace(whole, draft=brought.draft)
        now = await self._tools.store.run_in_turns(lambda db, pause: bring_in(db, whole, brought.thumbnails, pause))
        done.conversations += 1
        done.pictures += brought.pictures
        done.refused += brought.refused
        done.missing += brought.missing
        return now

    def _go_on(self) -> None:
        if self._stop.is_set():
            raise Cancelled

    def _with_model(self, whole: Whole) -> Whole:
        """One of claude.ai does not say which model is to go on with it."""
        model = whole.conversation.model or self._tools.preferences.settings.model
        model = model or self._tools.account.catalog.default_id
        return replace(whole, conversation=replace(whole.conversation, model=model))

    def _step(self) -> None:
        done, all_ = self._steps
        self._steps = (min(done + 1, all_), all_)
        self.progressed.emit(*self._steps)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await in_thread(self._tools.threads, work)


def _preview(path: Path, go_on: Callable[[], None]) -> Preview:
    with Reading(path, path.name, go_on) as reading:
        return reading.preview()
