"""What a person does, as the app does it, to be disturbed meanwhile: `python -m tests.long.deeds DEED FOLDER`.

`prepare` builds the folder (`tests.long.scene`), `prepare-3` one with a database of schema 3; `all` does one deed after
the other. Each thing that is begun, and each that the app has told the person is done, is a line of JSON on standard
output, written at once: {"begin": …}, {"done": …}, or {"error": "StoreFull"}. What is done has to be there after
whatever comes; what is only begun may be (`tests.long.state`). Without --url the answers come from a server in here.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

from tests.stored import conversations_of

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtGui import QGuiApplication

from app.conversation import reply
from app.conversation.attachment import Source
from app.conversation.backups import Backups
from app.conversation.chat import Chat
from app.conversation.exporting import Exporter, Order
from app.conversation.importing import Importer, Looked
from app.conversation.tools import Tools
from app.conversation.upkeep import Upkeep
from app.core import backup, salvage, schema, settings
from app.core.export.asked import Format, Wanted
from app.core.filing import Filing
from app.core.importing.reading import Reading
from app.core.lock import DataFolderLock
from app.core.message import JSON
from app.core.store import FILE, Store
from app.ui.print import print_whole
from tests.long.remains import digest_below
from tests.long.scene import ADDED, OTHER, OVER, TALK, TRASHED, prepare
from tests.long.stage import ANSWER, Say, Stage, answering, errors_told, joined, say, tell
from tests.long.state import digest, held_by
from tests.talks import WORDS

__all__ = ["DEEDS", "IN_CLOSED_APP", "IN_OPEN_APP", "LATER", "answering", "build", "do", "say"]

SUFFIXES: Final[dict[Format, str]] = {"markdown": "", "page": ".html", "pdf": ".pdf", "archive": ".visavis"}
LATER: Final = ("soon", "later")
"""Drafts that are kept after the deeds: after an error, the app goes on."""
_SAVE_SECONDS: Final = 0.01
"""So that events of an answer are kept while it stops."""
_TICK: Final = 0.001

Reached = Callable[[str], None]
"""Called with a stage that was come to: "open" in an open app; else "begin", and "opening" and "opened" around it."""


# --- deeds in an open app -------------------------------------------------------------------------


async def add(stage: Stage) -> None:
    """Add two pictures to what is being written, one after the other."""
    chat = await _opened(stage)
    chat.draft.refused.connect(lambda errors: list(map(partial(tell, stage.say), errors)))
    for name in ADDED:
        stage.say({"begin": "add", "name": name})
        chat.draft.attach([Source(path=str(stage.folder / "incoming" / name))])
        await _until(lambda: not chat.draft._workshop._in_work and not chat.draft._refusals._errors)
        draft = chat.draft.to_json()
        stage.say({"begin": "draft", "conversation": TALK, "draft": draft})
        await chat.save_draft()
        stage.say({"done": "draft", "conversation": TALK, "draft": draft})


async def send(stage: Stage) -> None:
    """Send what is written, and let it be answered."""
    chat = await _opened(stage)
    if chat.draft.empty:
        chat.draft.set_text("Really?")
    stage.say({"begin": "send", "conversation": TALK, "text": chat.draft.text, "answer": ANSWER})
    idle, told = asyncio.Event(), set[str]()

    def look(*_: object) -> None:
        for message in chat.messages.messages[-2:]:
            if message.role == "user" and message.id not in told and message.text == asked:
                told.add(message.id)
                stage.say({"done": "message", "conversation": TALK, "id": message.id, "digest": digest(message)})

    asked = chat.draft.text
    chat.worker.stored.connect(look)
    chat.worker.answered.connect(
        lambda it: stage.say({"done": "message", "conversation": TALK, "id": it.id, "digest": digest(it)})
    )
    chat.worker.refused.connect(partial(tell, stage.say))
    chat.worker.phase_changed.connect(lambda phase: idle.set() if phase == "idle" else None)
    chat.worker.send()
    await idle.wait()


async def hide(stage: Stage) -> None:
    """Delete a message; it can be brought back."""
    ids = [f"{TALK}-r"]
    stage.say({"begin": "hide", "messages": ids})
    await stage.tools.store.delete_messages(TALK, ids, f"{TALK}-b")
    stage.say({"done": "hide", "messages": ids})


async def trash(stage: Stage) -> None:
    """Delete a conversation; it can be brought back."""
    stage.say({"begin": "trash", "conversations": [OTHER]})
    await Filing(stage.tools.store).discard((OTHER,))
    stage.say({"done": "trash", "conversations": [OTHER]})


async def erase(stage: Stage) -> None:
    """Empty the trash, and remove what nothing refers to any more."""
    tools = stage.tools
    stage.say({"begin": "erase", "conversations": [TRASHED]})
    await Filing(tools.store).erase((TRASHED,))
    stage.say({"done": "erase", "conversations": [TRASHED]})
    upkeep = Upkeep(tools.store, tools.pictures, tools.threads, tools.tasks)
    await upkeep.collect(time.time())


async def back_up(stage: Stage) -> None:
    """Make a backup, look at all of it, and let old ones go."""
    backups = Backups(stage.tools.store, stage.tools.threads)
    stage.say({"begin": "backup"})
    await backups.make(time.time())
    stage.say({"done": "backup", "name": backups.there[0].path.name})


async def bring_in(stage: Stage) -> None:
    """Import the archive."""
    path, ended = stage.folder / "incoming" / "talks.visavis", asyncio.get_running_loop().create_future()
    with Reading(path, path.name) as reading:
        found = [each.whole for each in reading.conversations()]
    coming = {one.conversation.id: {m.id: digest(m) for m, _ in one.messages} for one in found}
    stage.say({"begin": "import", "conversations": coming})
    importer, looked = Importer(stage.tools), list[Looked]()
    importer.failed.connect(ended.set_exception)
    importer.looked.connect(looked.append)
    importer.arrived.connect(lambda facts: stage.say({"done": "import", "conversation": facts.id}))
    importer.imported.connect(ended.set_result)
    importer.look(path)
    await _until(lambda: bool(looked) or ended.done())
    if looked:
        importer.start(looked[0], skip=True)
    await ended


async def export(form: Format, stage: Stage, *, over: str = "") -> None:
    """Export two conversations as an archive, one as anything else; `over` a file of that name."""
    ended = asyncio.get_running_loop().create_future()
    exporter = Exporter(stage.tools, WORDS, "en", partial(print_whole, family="Inter"))
    exporter.exported.connect(ended.set_result)
    exporter.failed.connect(ended.set_exception)
    exporter.taken.connect(lambda order: ended.set_exception(FileExistsError(order.path)))
    path = stage.folder / "out" / (over or f"{form}{SUFFIXES[form]}")
    stage.say({"begin": "export", "path": path.name})
    ids = (TALK, OTHER) if form == "archive" else (TALK,)
    exporter.start(Order(ids, form, Wanted(thinking=True), path, over=bool(over)), 4)
    await ended
    stage.say({"done": "export", "path": path.name, "digest": digest_below(path)})


async def _opened(stage: Stage) -> Chat:
    """The conversation, all of it read, with what was being written."""
    facts = next(each for each in conversations_of(stage.tools.store) if each.id == TALK)
    chat = Chat(facts, stage.tools, is_stored=True, parent=stage.tools.account)
    chat.load()
    await chat.loaded()
    await chat.draft.settled()
    return chat


async def _until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110  # nothing tells
        await asyncio.sleep(_TICK)


IN_OPEN_APP: Final[dict[str, Callable[[Stage], Coroutine[Any, Any, None]]]] = {
    "add": add,
    "send": send,
    "hide": hide,
    "trash": trash,
    "erase": erase,
    "backup": back_up,
    "import": bring_in,
    "export-markdown": partial(export, "markdown"),
    "export-page": partial(export, "page"),
    "export-archive": partial(export, "archive"),
    "export-pdf": partial(export, "pdf"),
    "export-over": partial(export, "archive", over=OVER),
}


# --- deeds with an app that is closed -------------------------------------------------------------


def start(folder: Path, say: Say, reached: Reached) -> None:
    """Open the app: for the first time, or of an older schema. It is locked, and the settings are written."""
    data = folder / "data"
    reached("begin")
    say({"begin": "start"})
    with DataFolderLock.acquire(data):
        _open(data, reached)
        settings.save(settings.load(data)[0], data)
    say({"done": "start"})


def restore(folder: Path, say: Say, reached: Reached) -> None:
    """Let a backup take the place of what there is."""
    data = folder / "data"
    chosen = backup.backups(data / backup.FOLDER)[-1]
    say({"begin": "replace", "holds": held_by(chosen.path)})
    reached("begin")
    salvage.choose(chosen.path, data / FILE, chosen.made)
    _open(data, reached)
    say({"done": "replace"})


def rescue(folder: Path, say: Say, reached: Reached) -> None:
    """Let what can be read take the place of what there is."""
    data = folder / "data"
    say({"begin": "replace", "holds": held_by(data / FILE)})
    reached("begin")
    salvage.salvage(data / FILE)
    _open(data, reached)
    say({"done": "replace"})


def _open(data: Path, reached: Reached) -> None:
    reached("opening")
    Store.open(data).close()
    reached("opened")


IN_CLOSED_APP: Final[dict[str, Callable[[Path, Say, Reached], None]]] = {
    "start": start,
    **{f"migrate-{version}": start for version in range(1, len(schema.MIGRATIONS))},
    "restore": restore,
    "salvage": rescue,
}
DEEDS: Final = (*IN_OPEN_APP, *IN_CLOSED_APP)
_ALL: Final = ("add", "send", "send", "hide", "trash", "erase", *list(IN_OPEN_APP)[5:])


# --- doing them -----------------------------------------------------------------------------------


def build(deed: str, folder: Path) -> None:
    """Build the folder that a deed begins with."""
    if deed == "start":
        folder.mkdir()
        (folder / "out").mkdir()
        return
    prepare(folder, int(deed.removeprefix("migrate-")) if deed.startswith("migrate-") else 0)


def do(deeds: Sequence[str], folder: Path, url: str, say: Say, reached: Reached = lambda _: None) -> None:
    """Do some deeds, all of them in an open app or each with a closed one."""
    if deeds[0] in IN_OPEN_APP:
        _application = QCoreApplication.instance() or QGuiApplication(["deeds"])
        with errors_told(say):
            asyncio.run(_do(deeds, folder, url, say, reached))
        return
    for deed in deeds:
        with errors_told(say):
            IN_CLOSED_APP[deed](folder, say, reached)


async def _do(deeds: Sequence[str], folder: Path, url: str, say: Say, reached: Reached) -> None:
    reply.SAVE_SECONDS = _SAVE_SECONDS  # type: ignore[misc]  # a constant but for here
    async with joined(folder / "data", url, say) as tools:
        await asyncio.wrap_future(tools.threads.submit(lambda: None))  # its thread is there
        reached("open")
        for deed in deeds:
            with errors_told(say):
                await _unless_crashed(tools, IN_OPEN_APP[deed](Stage(folder, tools, say)))
        for name in LATER:
            with errors_told(say):
                draft: JSON = {"text": name, "pictures": []}
                say({"begin": "draft", "conversation": name, "draft": draft})
                await tools.store.save_draft(name, draft)
                say({"done": "draft", "conversation": name, "draft": draft})


async def _unless_crashed(tools: Tools, deed: Coroutine[Any, Any, None]) -> None:
    """Do a deed, and wait no more for its end where a task of the app crashes: it might never come."""
    task = asyncio.ensure_future(deed)
    link = tools.tasks.crashed.connect(lambda _: task.cancel())
    try:
        with suppress(asyncio.CancelledError):
            await task
    finally:
        QObject.disconnect(link)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="deeds", description="Do what a person does with the app.")
    older = [f"prepare-{version}" for version in range(1, len(schema.MIGRATIONS))]
    parser.add_argument("deed", choices=("prepare", *older, "all", *DEEDS))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--url", help="where the server is that answers")
    options = parser.parse_args(arguments)
    folder = options.folder.absolute()
    if options.deed.startswith("prepare"):
        prepare(folder, int(options.deed.removeprefix("prepare").lstrip("-") or 0))
        return 0
    with ExitStack() as stack:
        url = options.url or stack.enter_context(answering()).url
        do(_ALL if options.deed == "all" else (options.deed,), folder, url, say)
        if options.deed == "all":
            do(("restore",), folder, url, say)
    return 0


if __name__ == "__main__":
    sys.exit(main())
