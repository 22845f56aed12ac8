"""An export under way: read from the store, written in threads, told step by step, and left without a trace if it ends.

Only paper is laid out where the window is, in slices: see `Print`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Sequence
from concurrent.futures import Executor
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from PySide6.QtCore import QObject, Signal

from app.conversation.threads import in_thread
from app.conversation.tools import Tools
from app.core import whole as wholes
from app.core.cuts import Cut
from app.core.decoder import Decoder
from app.core.errors import PictureError, StoreError
from app.core.export import markdown, page, target
from app.core.export.archive import Archive
from app.core.export.asked import Format, Wanted, Words
from app.core.export.files import Cancelled, Files
from app.core.export.names import Names
from app.core.export.target import Taken
from app.core.fit import Size
from app.core.message import ImageBlock
from app.core.whole import Whole

if TYPE_CHECKING:
    from app.core.image import Pixels

T = TypeVar("T")

SUFFIXES: Final[dict[Format, str]] = {"markdown": "", "page": ".html", "pdf": ".pdf", "archive": ".visavis"}
"""Of one conversation's file; Markdown is a folder."""
_PRINTED: Final = 1600
"""Pixels of the longer edge of a picture on paper."""


class Print(Protocol):
    """Prints the branch shown to a file that is there. `did` may raise to end it. Raises StoreFull."""

    def __call__(
        self,
        whole: Whole,
        path: Path,
        wanted: Wanted,
        words: Words,
        *,
        draw: Callable[[ImageBlock, bool], Awaitable[Pixels | None]],
        did: Callable[[], None],
    ) -> Coroutine[Any, Any, None]: ...


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be exported, and where to."""

    ids: tuple[str, ...]
    """Of conversations."""
    format: Format
    wanted: Wanted
    path: Path
    """A file; a folder for Markdown, and for several conversations that are not an archive."""
    over: bool = False
    """A file that is there may be replaced."""


@dataclass(frozen=True, slots=True)
class Exported:
    path: Path
    conversations: int
    missing: int
    """Pictures whose files are missing or damaged."""
    can_come_back: bool = True
    """Whether an archive is small enough to be imported again."""


def is_folder(form: Format, conversations: int) -> bool:
    """Whether so many conversations become a folder in this format."""
    return form == "markdown" or (conversations > 1 and form != "archive")


class Exporter(QObject):
    """One export at a time; it ends in one of the last four signals.

    Signals:
        progressed(int, int): so many steps of so many.
        outgrown(): the archive is more by now than can be imported again.
        exported(Exported): it is there, whole.
        taken(Order): there is something under that name; nothing was changed.
        failed(StoreError): it could not be read or written; nothing is left of it.
        cancelled(): nothing is left of it.
    """

    progressed = Signal(int, int)
    outgrown = Signal()
    exported = Signal(object)
    taken = Signal(object)
    failed = Signal(object)
    cancelled = Signal()

    def __init__(self, tools: Tools, words: Words, language: str, print_: Print, parent: QObject | None = None) -> None:
        """`words` and their `language` are what an export says for itself."""
        super().__init__(parent)
        self._tools = tools
        self._words = words
        self._language = language
        self._print = print_
        self._stop = Event()
        self._steps = (0, 1)
        self._is_outgrown = False
        self.busy = False

    def start(self, order: Order, steps: int) -> None:
        """Begin, unless one is under way; `steps` are pictures and conversations together, as far as known."""
        if not self.busy:
            self._stop = Event()
            self._steps = (0, max(1, steps))
            self._is_outgrown = False
            self.busy = True
            self._tools.tasks.start(self._run(order), "export")

    def cancel(self) -> None:
        """End it: after the picture that is being written."""
        self._stop.set()

    async def _run(self, order: Order) -> None:
        fault: Exception | None = None
        try:
            tell = await self._outcome(order)
        except Exception as error:  # noqa: BLE001  # raised below, and told of elsewhere
            tell, fault = self.cancelled.emit, error
        finally:
            self._stop.set()  # where this was ended from without, a thread may write on for nobody
            self.busy = False
        tell()
        if fault is not None:
            raise fault

    async def _outcome(self, order: Order) -> Callable[[], None]:
        """Write it. Returns what tells how it ended."""
        files = Files(self._tools.pictures, order.wanted, self._stop.is_set)
        try:
            count = await self._write(order, files)
        except Taken:
            return partial(self.taken.emit, order)
        except Cancelled:
            return self.cancelled.emit
        except StoreError as error:
            return partial(self.failed.emit, error)
        exported = Exported(order.path, count, len(files.missing), not self._is_outgrown)
        return partial(self.exported.emit, exported)

    async def _write(self, order: Order, files: Files) -> int:
        if order.format == "archive":
            return await self._archive(order, files)
        if not is_folder(order.format, len(order.ids)):
            async with self._entered(target.new_file(order.path, over=order.over)) as draft:
                return await self._each(order.ids, lambda whole: self._put(order, whole, draft, files))
        names = Names()
        async with self._entered(target.new_folder(order.path)) as folder:

            async def put(whole: Whole) -> None:
                place = folder
                if len(order.ids) > 1:
                    place = folder / names.free(whole.conversation.title, SUFFIXES[order.format])
                    await self._in_thread(place.mkdir if order.format == "markdown" else place.touch)
                await self._put(order, whole, place, files)

            return await self._each(order.ids, put)

    async def _archive(self, order: Order, files: Files) -> int:
        did = self._did()
        async with self._entered(target.new_file(order.path, over=order.over)) as draft:
            made = await self._in_thread(lambda: Archive(draft, files, len(order.ids)))
            async with self._entered(made) as archive:

                async def add(whole: Whole) -> None:
                    await self._in_thread(lambda: archive.add(whole, did))
                    if not (archive.can_come_back or self._is_outgrown):
                        self._is_outgrown = True
                        self.outgrown.emit()

                return await self._each(order.ids, add)

    async def _each(self, ids: Sequence[str], put: Callable[[Whole], Awaitable[None]]) -> int:
        """Put one conversation after another, as far as they are there. Returns how many.

        Raises Cancelled, also where none is there: an empty file would say that there was nothing in it.
        """
        count = 0
        for conversation_id in ids:
            if self._stop.is_set():
                raise Cancelled
            whole = await self._read(conversation_id)
            if whole is not None:
                await put(whole)
                count += 1
            self._step()
        if not count:
            raise Cancelled
        return count

    async def _read(self, conversation_id: str) -> Whole | None:
        store = self._tools.store
        return await store.run_in_turns(lambda db, pause: wholes.read(db, str(store.path), conversation_id, pause))

    async def _put(self, order: Order, whole: Whole, place: Path, files: Files) -> None:
        did = self._did()
        match order.format:
            case "markdown":
                await self._in_thread(lambda: markdown.write(whole, place, files, self._words, did))
            case "page":
                pieces = page.written(whole, files, self._words, self._language, did)
                await self._in_thread(lambda: _write_text(place, pieces))
            case _:
                await self._print(
                    whole,
                    place,
                    order.wanted,
                    self._words,
                    draw=lambda *what: self._in_thread(lambda: _pixels(files, self._tools.decoder, *what)),
                    did=self._go_on,
                )

    def _did(self) -> Callable[[], None]:
        """For a thread to say that a picture is done."""
        loop = asyncio.get_running_loop()

        def did() -> None:
            loop.call_soon_threadsafe(self._step)

        return did

    def _go_on(self) -> None:
        self._step()
        if self._stop.is_set():
            raise Cancelled

    def _step(self) -> None:
        done, all_ = self._steps
        self._steps = (min(done + 1, all_), all_)
        self.progressed.emit(*self._steps)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await in_thread(self._tools.threads, work)

    def _entered(self, manager: AbstractContextManager[T]) -> AbstractAsyncContextManager[T]:
        return _entered(self._tools.threads, manager)


@asynccontextmanager
async def _entered(threads: Executor, manager: AbstractContextManager[T]) -> AsyncIterator[T]:
    """A context manager that blocks where it begins and ends, in threads."""
    entering = asyncio.ensure_future(in_thread(threads, manager.__enter__))
    try:
        entered = await asyncio.shield(entering)
    except asyncio.CancelledError as error:
        with suppress(Exception):  # the thread goes on with what it has begun, unless that fails
            await entering
            await in_thread(threads, manager.__exit__, type(error), error, error.__traceback__)
        raise
    try:
        yield entered
    except BaseException as error:
        if not await in_thread(threads, manager.__exit__, type(error), error, error.__traceback__):
            raise
    else:
        await in_thread(threads, manager.__exit__, None, None, None)


def _write_text(path: Path, pieces: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
        file.writelines(pieces)


def _pixels(files: Files, decoder: Decoder, image: ImageBlock, original: bool = False) -> Pixels | None:
    """What is printed of a picture: its original, or what was sent; None where that is missing. Raises Cancelled."""
    from app.core.image import pixels  # Pillow: after the first paint

    sha256, page_number = (image.original, image.page) if original else (image.sent, 0)
    if not files.read(sha256):
        return None
    path = files.pictures.path(sha256)
    try:
        found = decoder.probe(path, image.name, page=page_number)
        less = min(1.0, _PRINTED / max(found.width, found.height, 1))
        size = Size(max(1, round(found.width * less)), max(1, round(found.height * less)))
        return pixels(decoder.prepare(path, image.name, [Cut("whole", size)], page=page_number).parts[0].data)
    except PictureError:
        files.missing.add(sha256)
        return None
