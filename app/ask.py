"""`visavis ask`: one question about pictures, answered on the terminal, without a window and without a trace."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QCoreApplication

from app.conversation.account import Account
from app.conversation.attachment import Document, Source
from app.conversation.chat import Chat, Tools
from app.conversation.learning import Learning
from app.conversation.preferences import Preferences
from app.conversation.spending import Spending, caps_of
from app.conversation.tasks import Tasks
from app.core import settings
from app.core.catalog import Catalog
from app.core.decoder import Decoder
from app.core.errors import AlreadyAttached, VisavisError
from app.core.failure import error_from_json
from app.core.ledger import Ledger
from app.core.message import ImageBlock, Message
from app.core.pictures import Pictures
from app.core.place import Place
from app.core.store import Store
from app.shared_gate import SharedGate
from app.ui.errors import sentence, stop_words
from app.ui.page_ranges import pages_in

FAILED: Final = 1
WRONG_USAGE: Final = 2


class _WrongUsageError(Exception):
    """What was asked for makes no sense, in the words of the command line."""


def parser() -> argparse.ArgumentParser:
    ask = argparse.ArgumentParser(
        prog="visavis ask",
        description="Ask one question about pictures; the answer streams to standard output and is not kept.",
        allow_abbrev=False,
    )
    ask.add_argument("question", help="what to ask")
    ask.add_argument("pictures", nargs="*", metavar="PICTURE", help="picture files or PDFs, in order")
    ask.add_argument("--pages", metavar="PAGES", default="", help='which pages of a PDF, as in "1-3, 7"; else all')
    ask.add_argument("--model", metavar="ID", help="the model to ask")
    ask.add_argument("--system", metavar="TEXT", default="", help="a system prompt")
    ask.add_argument("--json", action="store_true", help="print one JSON object when the answer is complete")
    ask.add_argument("--practice", action="store_true", help="measure the pictures here; ask no model")
    ask.add_argument("--data-dir", metavar="DIR", help="where the settings are (also VISAVIS_DATA_DIR)")
    return ask


def run(options: argparse.Namespace, place: Place, environ: Mapping[str, str]) -> int:
    """Ask, print, and return the exit code: 0, or 1 with one sentence on standard error, or 2 for nothing to ask."""
    if not options.question.strip() and not options.pictures:
        print("visavis ask: the question is empty", file=sys.stderr)
        return WRONG_USAGE
    _application = QCoreApplication.instance() or QCoreApplication([])
    try:
        place.check()
        return asyncio.run(_ask(options, place.folder, environ))
    except VisavisError as error:
        print(sentence(error), file=sys.stderr)
        return FAILED
    except _WrongUsageError as error:
        print(f"visavis ask: {error}", file=sys.stderr)
        return WRONG_USAGE
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read us has read enough; what Python would still flush at exit goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


async def _ask(options: argparse.Namespace, folder: Path, environ: Mapping[str, str]) -> int:
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="visavis-")))
        threads = stack.enter_context(ThreadPoolExecutor(2))
        store = Store.open(scratch)
        stack.callback(store.close)
        # The person's settings count, yet nothing is written back to them.
        preferences = Preferences(scratch, settings.load(folder, put_aside=False)[0], threads)
        gate = SharedGate(folder, lambda: caps_of(preferences.settings))
        spending = Spending(Ledger(store), preferences, gate=gate)
        account = Account(preferences, Catalog.load(), environ, spending.gate, practice=options.practice)
        tasks = Tasks()
        decoder = Decoder()
        stack.callback(decoder.close)
        learning = Learning(store, spending.ledger, tasks)
        tools = Tools(
            store, Pictures(scratch / "pictures"), decoder, threads, tasks, account, preferences, spending, learning
        )
        await account.look_up()
        model = options.model or preferences.settings.model or account.catalog.default_id
        chat = Chat.new(model, tools)
        chat.set_system(options.system)
        try:
            answer = await _Question(chat, tasks, options).answer()
        finally:
            await tasks.close()
            await account.close()
        return _report(chat, answer, as_json=options.json)


class _Question:
    """What is asked, from the attaching of its pictures to the answer."""

    def __init__(self, chat: Chat, tasks: Tasks, options: argparse.Namespace) -> None:
        self._chat = chat
        self._pages: str = options.pages
        self._expected = len(options.pictures)
        self._told = asyncio.Event()
        self._ended: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        chat.draft.refused.connect(self._refuse)
        chat.draft.pages_wanted.connect(self._take_pages)
        tasks.failed.connect(self._fail)
        tasks.crashed.connect(self._fail)
        chat.worker.refused.connect(self._fail)
        chat.worker.waiting.connect(lambda wait: print(sentence(wait.error), file=sys.stderr))
        chat.worker.answered.connect(self._end)
        if not options.json:
            self._printed = 0
            chat.messages.dataChanged.connect(self._print)
        chat.draft.attach(Source(path=picture) for picture in options.pictures)
        chat.draft.set_text(options.question)

    async def answer(self) -> Message:
        """Send it when all its pictures are ready. Raises the first error that keeps it from being sent."""
        draft = self._chat.draft
        while not self._ended.done():
            await self._unless_ended(draft.settled())
            if len(draft.pictures) == self._expected:
                self._chat.worker.send()
                break
            self._told.clear()
            await self._unless_ended(self._told.wait())
        return await self._ended

    async def _unless_ended(self, work: Coroutine[Any, Any, Any]) -> None:
        waiting = asyncio.ensure_future(work)
        await asyncio.wait((waiting, self._ended), return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()

    def _refuse(self, errors: Sequence[VisavisError]) -> None:
        for error in errors:
            if isinstance(error, AlreadyAttached):  # one of the two goes, which is what was asked for
                print(sentence(error), file=sys.stderr)
                self._expected -= 1
            else:
                self._fail(error)
        self._told.set()

    def _take_pages(self, document: Document) -> None:
        pages = pages_in(self._pages or "1-", document.pages)
        if not pages:
            self._fail(
                _WrongUsageError(f'{document.name} has {document.pages} pages, and none of them is "{self._pages}"')
            )
            return
        model = self._chat.model
        if self._expected - 1 + len(pages) > model.max_images:
            self._fail(
                _WrongUsageError(
                    f"{model.name} takes at most {model.max_images} pictures in one request, and {document.name} would "
                    f"add {len(pages)}: choose fewer with --pages"
                )
            )
            return
        self._expected += len(pages) - 1
        self._chat.draft.attach(Source(kept=document.sha256, name=document.name, page=page) for page in pages)
        self._told.set()

    def _print(self) -> None:
        text = self._chat.messages.messages[-1].text
        try:
            print(text[self._printed :], end="", flush=True)
        except BrokenPipeError as error:
            self._fail(error)
        self._printed = len(text)

    def _end(self, message: Message) -> None:
        if not self._ended.done():
            self._ended.set_result(message)

    def _fail(self, error: Exception) -> None:
        if not self._ended.done():
            self._ended.set_exception(error)


def _report(chat: Chat, answer: Message, *, as_json: bool) -> int:
    if as_json and answer.state == "complete":
        print(json.dumps(_result(chat, answer), ensure_ascii=False))
    elif not as_json and answer.text and not answer.text.endswith("\n"):
        print()
    if answer.error is not None:
        print(sentence(error_from_json(answer.error)), file=sys.stderr)
        return FAILED
    if (words := stop_words(answer)) and answer.stop_reason not in {"end_turn", "stop_sequence"}:
        print(words, file=sys.stderr)
    return FAILED if answer.refused else 0


def _result(chat: Chat, answer: Message) -> dict[str, Any]:
    asked = chat.messages.messages[0]
    return {
        "text": answer.text,
        "model": answer.model,
        "stop_reason": answer.stop_reason,
        "usage": answer.usage.raw if answer.usage else None,
        "cost_usd": answer.cost or None,
        "pictures": [_picture(image) for image in asked.images],
    }


def _picture(image: ImageBlock) -> dict[str, Any]:
    return {
        "name": image.name,
        "from": [image.original_width, image.original_height],
        "sent": [image.width, image.height],
        "media_type": image.media_type,
        "bytes": image.sent_bytes,
        "tokens": image.tokens,
    }
