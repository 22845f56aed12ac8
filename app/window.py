"""The app in a window: build the parts, join them, run until the window closes."""

from __future__ import annotations

import asyncio
import gc
import linecache
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtGui import QIcon

from app import __version__
from app.application import Application
from app.conversation.account import Account
from app.conversation.attachment import Source
from app.conversation.chat import Tools
from app.conversation.desk import Desk
from app.conversation.gallery import Gallery
from app.conversation.learning import Learning
from app.conversation.preferences import Preferences
from app.conversation.reopening import Reopening
from app.conversation.spending import Spending
from app.conversation.tasks import Tasks
from app.conversation.upkeep import Upkeep
from app.core import moving, settings
from app.core.catalog import Catalog
from app.core.decoder import Decoder
from app.core.ear import OPEN_ALREADY, HeardLock
from app.core.errors import StoreError, StoreLocked
from app.core.ledger import Ledger
from app.core.pictures import Pictures
from app.core.place import Place
from app.core.resources import resource
from app.core.store import Store
from app.eventloop import EventLoop, Unexpected, log_to
from app.ui.errors import sentence
from app.ui.main_window import MainWindow
from app.ui.theme import Theme

FAILED: Final = 1
_FAREWELL: Final = 1.0
"""Seconds that threads have to end when the window is closed."""
_PATIENCE: Final = 1.2
"""Seconds for the owner of a folder to answer, or to leave: the dialog about it is there within two of the start."""
_BETWEEN_TRIES: Final = 0.02
"""Seconds."""
ID: Final = "app.visavis.Visavis"
_PICTURE_THREADS: Final = 2
"""Decoding releases the interpreter; more threads gain nothing on two cores and make the window wait."""
_M_MMAP_THRESHOLD: Final = -3
_BIG_BLOCK: Final = 1 << 20
"""Bytes."""
_TURN: Final = 0.001
"""Seconds after which a thread that computes in Python lets the window have its turn."""


def run(
    place: Place,
    lock: HeardLock | None = None,
    *,
    is_silent: bool = False,
    pictures: Sequence[str],
    practice: bool,
    model: str,
    environ: Mapping[str, str],
) -> int:
    """Open the window of a data folder, or give the pictures to the process that has it open already.

    `lock` is the folder's where it was taken before; it becomes ours. `is_silent` is whether its owner was reached and
    gave no answer, so that waiting is over.
    """
    opened = _open(place, pictures, lock, is_silent=is_silent)
    if opened is None:
        return FAILED
    held, store, place = opened
    if held is None or store is None:
        if practice or model:
            print(OPEN_ALREADY, file=sys.stderr)
        return 0
    app = _application()
    with held:
        log_to(place.folder)
        sources = [Source(path=str(Path(picture).absolute())) for picture in pictures]
        loop = EventLoop(app)
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            life = _live(app, store, place, held, sources, practice=practice, model=model, environ=environ)
            again = runner.run(life)
    if again:
        _start_again(place, practice=practice, model=model)
    _leave()
    return 0


def _open(
    place: Place, pictures: Sequence[str], taken: HeardLock | None = None, *, is_silent: bool = False
) -> tuple[HeardLock | None, Store | None, Place] | None:
    """Lock and open the data folder, or the one the person names instead; what stands in the way is asked about.

    What was planned to be moved elsewhere is moved first. `taken` is the folder's lock where we have it already.
    Without a lock, its owner has taken the pictures. None is to quit.
    """
    may_move = place.usual is not None
    while True:
        with ExitStack() as held:
            try:
                lock, taken = taken, None
                if lock is None:
                    place.check()
                    patience, is_silent = 0.0 if is_silent else _PATIENCE, False
                    lock = _lock(place.folder, pictures, patience)
                if lock is None:
                    return None, None, place
                held.enter_context(lock)
                store = Store.open(place.folder)
                plan = moving.planned(place.folder) if may_move else None
                if plan is None:
                    held.pop_all()
                    return lock, store, place
                store.close()
                from app.moving import moved

                folder, may_move = moved(_application(), plan, place), False
            except StoreError as error:
                print(sentence(error), file=sys.stderr)
                from app.rescue import rescued

                chosen = rescued(_application(), place.folder, error, place.usual)
                if chosen is None:
                    return None
                folder = chosen
        if folder != place.folder:
            place = place.elsewhere(folder)


def _lock(folder: Path, pictures: Sequence[str], patience: float) -> HeardLock | None:
    """Take the folder; None where the pictures were given to its owner within `patience` seconds. Raises StoreError.

    An owner that does not listen may be about to leave: `visavis ask` has the folder for a moment only.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            return HeardLock.acquire(folder)
        except StoreLocked:
            if time.monotonic() >= deadline:
                raise
            from app.instance import hand_over

            if hand_over(folder, pictures, seconds=0):
                return None
            time.sleep(_BETWEEN_TRIES)


def _leave() -> None:
    """End here and now where a thread will not: one may wait for ever for a keyring's prompt, or for a name server.

    All that matters is on disk by now; a process that lingers would only keep the next start out.
    """
    others = [t for t in threading.enumerate() if t is not threading.main_thread() and not t.daemon]
    deadline = time.monotonic() + _FAREWELL
    for thread in others:
        thread.join(max(0.0, deadline - time.monotonic()))
    if any(thread.is_alive() for thread in others):
        logging.shutdown()
        os._exit(0)


async def _live(
    app: Application,
    store: Store,
    place: Place,
    lock: HeardLock,
    sources: Sequence[Source],
    *,
    practice: bool,
    model: str,
    environ: Mapping[str, str],
) -> bool:
    """The life of the window, from the first paint to the last byte on disk. Returns whether it is to start again."""
    loop, folder = asyncio.get_running_loop(), place.folder
    tasks, unexpected = Tasks(), Unexpected()
    unexpected.install(loop)
    tasks.crashed.connect(unexpected.take)
    sys.setswitchinterval(_TURN)
    picture_threads = ThreadPoolExecutor(_PICTURE_THREADS, thread_name_prefix="picture", initializer=_give_way)
    settings_thread = ThreadPoolExecutor(1, thread_name_prefix="settings")
    stored, _ = settings.load(folder)
    preferences = Preferences(folder, stored, settings_thread)
    spending = Spending(Ledger(store), preferences)
    account = Account(preferences, Catalog.load(), environ, spending.gate, practice=practice)
    decoder = Decoder()
    pictures = Pictures.of_our_own(folder / "pictures")
    learning = Learning(store, spending.ledger, tasks)
    tools = Tools(store, pictures, decoder, picture_threads, tasks, account, preferences, spending, learning)
    desk = Desk(tools, model)
    desk.start()
    gallery = Gallery(store, pictures, decoder, picture_threads, tasks)
    window = MainWindow(Theme(app, preferences), tools, desk, gallery, folder, place.usual)
    unexpected.met.connect(window.show_unexpected)
    upkeep = Upkeep(store, pictures, picture_threads, tasks, window, in_use=lambda: desk.in_use)
    upkeep.met.connect(window.show_failure)
    upkeep.returned.connect(window.show_returned)
    window.painted.connect(upkeep.start)

    closed, again = asyncio.Event(), asyncio.Event()
    window.closing.connect(closed.set)
    window.restarting.connect(again.set)
    for name in _ends():
        with suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(name, window.close)
    app.called.connect(window.open_pictures)
    reopening = Reopening(desk, folder, picture_threads, tasks, window)
    painted = partial(_after_first_paint, app, window, desk, tools, reopening, folder, lock, sources)
    window.painted.connect(lambda: tasks.start(painted(), "start"))
    tasks.failed.connect(window.show_failure)
    preferences.failed.connect(window.show_failure)
    window.show()
    gc.freeze()  # what is there now stays: no collection needs to look at it again
    gc.enable()
    try:
        await _left(window, desk, closed, again)
    finally:
        await tasks.close()
        await account.close()
        store.close()
        decoder.close()
        picture_threads.shutdown(wait=False, cancel_futures=True)
        settings_thread.shutdown()
    return again.is_set()


async def _left(window: MainWindow, desk: Desk, closed: asyncio.Event, again: asyncio.Event) -> None:
    """Wait until the window is closed, and all that is written in it kept, or given up by the person."""
    while True:
        await closed.wait()
        closed.clear()
        window.hide()
        unkept = await desk.save()
        if unkept is None or window.leaving.given_up:
            break
        again.clear()
        window.leaving.ask(unkept)
    await desk.leave()


def _start_again(place: Place, *, practice: bool, model: str) -> None:
    """Start the app as it was started, but for the pictures: they are in a draft. The data folder is free by now."""
    options = [*(["--practice"] if practice else []), *(["--model", model] if model else [])]
    if place.usual is None:
        options += ["--data-dir", str(place.folder)]
    is_bundle = bool(getattr(sys, "frozen", False))
    command = [sys.executable, *([] if is_bundle else ["-P", "-m", "app"]), *options]
    # The app may run from a folder that is not installed.
    paths = [str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    environ = {**os.environ} if is_bundle else {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    logging.shutdown()
    if os.name == "posix":
        os.execve(command[0], command, environ)  # noqa: S606  # ourselves, in the same terminal
    subprocess.Popen(command, env=environ)  # noqa: S603  # ourselves


def _ends() -> list[signal.Signals]:
    """The signals by which the app is to end: told to, interrupted, or with the terminal that it was started from."""
    ends = [signal.SIGINT, signal.SIGTERM]
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # else nohup wants it to stay
        ends.append(signal.SIGHUP)
    return ends


async def _after_first_paint(
    app: Application,
    window: MainWindow,
    desk: Desk,
    tools: Tools,
    reopening: Reopening,
    folder: Path,
    lock: HeardLock,
    sources: Sequence[Source],
) -> None:
    """What a start need not wait for: heavy imports, the keyring, the drafts, answers to second starts."""
    began = time.time()
    _return_memory()  # here for the pictures that come now, below for the imports
    from app.instance import Instance

    instance = Instance(folder, tools.spending, tools.tasks, window, ear=lock.take_ear())
    instance.called.connect(window.open_pictures)
    window.closing.connect(instance.close)  # a picture handed over now would come to nothing
    window.leaving.asked.connect(instance.listen)
    desk.current.draft.attach(sources)
    app.hear()
    try:
        tools.learning.start()
        settling = tools.spending.settle_cut_off(tools.store, tools.account.catalog, began)
        tools.tasks.start(settling, "settle what was cut off")
        await desk.restore_drafts()
        if not sources:
            reopening.reopen(cut_off=tools.store.unclean)
    finally:
        await asyncio.to_thread(_warm_up)
        await tools.account.ready()
    _return_memory()


def _return_memory() -> None:
    """Give back what the start has left over, and from now on the memory of pictures when they are freed.

    glibc comes to keep such blocks, some 25 MB after the first answer (mallopt(3), M_MMAP_THRESHOLD).
    """
    linecache.clearcache()  # PySide has read the source of every module into it
    if sys.platform == "linux":
        import ctypes

        libc = ctypes.CDLL(None)
        with suppress(AttributeError):  # another C library
            libc.mallopt(_M_MMAP_THRESHOLD, _BIG_BLOCK)
            libc.malloc_trim(0)


def _give_way() -> None:
    """Let the scheduler prefer the window to the present thread, where threads have a priority of their own."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


def _warm_up() -> None:
    """The one place that imports what is heavy: Pillow, httpx, keyring."""
    # httpx imports its command line too where rich and click are installed, 8 MB in all; it does without.
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # what "not to be imported" looks like
    import app.core.client
    import app.core.image
    import app.core.practice  # noqa: F401  # for their import alone


def _application() -> Application:
    app = Application.instance() or Application(sys.argv[:1])
    if not isinstance(app, Application):
        raise TypeError("a window needs an Application")
    app.setApplicationName("Visavis")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName(ID)
    app.setWindowIcon(QIcon(str(resource("visavis.svg"))))
    app.setQuitOnLastWindowClosed(False)
    return app
