"""A start that cannot be: the person is asked what to do about it, and it is done."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from app.application import Application
from app.conversation.preferences import Preferences
from app.conversation.threads import in_thread
from app.core import backup, moving, place, salvage, schema, settings
from app.core.errors import StoreError, StoreGone
from app.core.obstacle import obstacle
from app.core.salvage import Salvaged
from app.core.store import FILE
from app.eventloop import EventLoop
from app.ui.rescue_dialog import Choice, RescueDialog
from app.ui.theme import Theme


def rescued(app: Application, folder: Path, error: StoreError, usual: Path | None = None) -> Path | None:
    """Ask in a dialog what to do about a store that cannot be opened, and do it.

    `usual` is the system's place for the data folder, where a note may say which it is (`app.core.place`).

    Returns the data folder with which to try again; None to quit. Where it is to be the same folder, its lock is to be
    held: what is chosen changes it.
    """
    loop = EventLoop(app)
    with asyncio.Runner(loop_factory=lambda: loop) as runner, ThreadPoolExecutor(1) as thread:
        return runner.run(_ask(app, folder, error, thread, usual))


async def _ask(
    app: Application, folder: Path, error: StoreError, thread: ThreadPoolExecutor, usual: Path | None
) -> Path | None:
    stored, _ = settings.load(folder, put_aside=False)
    preferences = Preferences(folder, stored, thread)
    theme = Theme(app, preferences)
    kept = [each for each in backup.backups(folder / backup.FOLDER) if not schema.is_newer(each.path)]
    dialog = RescueDialog(theme, error, obstacle(error), kept, usual=usual)
    choices: asyncio.Queue[Choice] = asyncio.Queue()
    dialog.chosen.connect(choices.put_nowait)
    dialog.open()
    salvaged = False
    try:
        while True:
            choice = await choices.get()
            try:
                found = await in_thread(thread, _do, choice, folder / FILE)
                if isinstance(error, StoreGone):
                    await in_thread(thread, _remember, choice, usual)
            except StoreError as failure:
                dialog.show_failure(failure)
                continue
            if found is not None:
                salvaged = True
                dialog.show_salvaged(found)
            elif choice.deed == "quit":
                if salvaged:  # and not wanted: the next start asks again
                    await in_thread(thread, salvage.stay, folder / FILE)
                return None
            else:
                return choice.folder or folder
    finally:
        dialog.hide()
        for each in (dialog, theme, preferences):
            each.deleteLater()


def _do(choice: Choice, path: Path) -> Salvaged | None:
    match choice.deed:
        case "salvage":
            return salvage.salvage(path)
        case "backup" if choice.backup is not None:
            salvage.choose(choice.backup.path, path, choice.backup.made)
        case "empty":
            salvage.start_empty(path)
    return None


def _remember(choice: Choice, usual: Path | None) -> None:
    """Keep where the folder is that was gone. One that holds nothing of ours counts for this start alone."""
    if usual is not None and choice.folder is not None and (choice.folder == usual or place.is_ours(choice.folder)):
        if choice.folder == usual:  # what was planned there is done, if its note was left: all was elsewhere since
            (usual / moving.PLAN).unlink(missing_ok=True)
        place.note(usual, choice.folder)
