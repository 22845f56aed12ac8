"""A start that moves the data folder first: how far it is, is shown meanwhile, and it can be cancelled."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Event

from app.application import Application
from app.conversation.preferences import Preferences
from app.conversation.threads import in_thread
from app.core import moving, settings
from app.core.errors import StoreError
from app.core.moving import MoveRefused, Plan
from app.core.place import Place
from app.eventloop import EventLoop
from app.ui.move_dialog import MoveDialog
from app.ui.move_words import move_sentence
from app.ui.theme import Theme


class _Stopped(Exception):
    """The person has called it off."""


def moved(app: Application, plan: Plan, place: Place) -> Path:
    """Move everything, while its lock is held and its store closed. Returns the folder to go on with.

    That is the old one where the person has called it off, or let it be after a failure: nothing has changed then.
    """
    loop = EventLoop(app)
    with asyncio.Runner(loop_factory=lambda: loop) as runner, ThreadPoolExecutor(1) as thread:
        return runner.run(_move(app, plan, place.usual or place.folder, thread))


async def _move(app: Application, plan: Plan, usual: Path, thread: ThreadPoolExecutor) -> Path:
    stored, _ = settings.load(plan.source, put_aside=False)
    preferences = Preferences(plan.source, stored, thread)
    theme = Theme(app, preferences)
    dialog = MoveDialog(theme, plan)
    wishes: asyncio.Queue[str] = asyncio.Queue()
    stop = Event()
    dialog.wished.connect(wishes.put_nowait)
    dialog.stopped.connect(stop.set)
    dialog.open()
    try:
        while True:
            stop.clear()
            try:
                size = await _done(plan, usual, thread, dialog, stop)
            except _Stopped:
                dialog.show_stopping()
                return await _stayed(plan, thread)
            except (MoveRefused, StoreError) as error:
                dialog.show_failure(move_sentence(error))
                if await _wished(wishes, "again", "stay") == "stay":
                    return await _stayed(plan, thread)
            else:
                dialog.show_done(size)
                await _wished(wishes, "open")
                return plan.target
    finally:
        stop.set()
        dialog.hide()
        for each in (dialog, theme, preferences):
            each.deleteLater()


async def _done(plan: Plan, usual: Path, thread: ThreadPoolExecutor, dialog: MoveDialog, stop: Event) -> int:
    """Move it. Returns how many bytes that were. Raises _Stopped, MoveRefused, StoreError."""
    loop, size = asyncio.get_running_loop(), 0

    def progress(done: int, of: int) -> None:
        nonlocal size
        if stop.is_set():
            raise _Stopped
        size = max(size, of // 2)
        loop.call_soon_threadsafe(dialog.show_progress, done, of)

    await in_thread(thread, moving.move, plan, usual, progress)
    return size


async def _stayed(plan: Plan, thread: ThreadPoolExecutor) -> Path:
    with suppress(StoreError):  # the plan could not be removed: the next start asks again
        await in_thread(thread, moving.stay, plan)
    return plan.source


async def _wished(wishes: asyncio.Queue[str], *wanted: str) -> str:
    while (wish := await wishes.get()) not in wanted:
        pass
    return wish
