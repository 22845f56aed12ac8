"""A draft by itself, joined with what it works with, and everything it says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import pytest
from pytestqt.qtbot import QtBot

from app.conversation.attachment import Document, DraftPicture, Many, Source
from app.conversation.chat import Chat
from app.conversation.desk import Desk
from app.conversation.draft import Draft
from app.conversation.tools import Tools
from app.core.catalog import Catalog
from app.core.errors import LinkRefused, VisavisError
from app.core.fetch import Fetched
from app.core.message import Message
from app.core.store import Conversation
from tests.conftest import destroy, finish
from tests.conversation.talk import MODEL, Talk, done


@dataclass
class Web:
    """What stands at which address; everything else cannot be had."""

    pages: dict[str, bytes] = field(default_factory=dict)
    refusals: dict[str, LinkRefused] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def fetch(self, url: str) -> Fetched:
        self.asked.append(url)
        if url in self.refusals:
            raise self.refusals[url]
        if url not in self.pages:
            raise LinkRefused("pictures.example", "timeout", limit=15)
        return Fetched(self.pages[url], url, "")


class Bench:
    """A draft and what it has said."""

    def __init__(self, draft: Draft, qtbot: QtBot) -> None:
        self.draft = draft
        self._qtbot = qtbot
        self.refused: list[VisavisError] = []
        self.many: list[Many] = []
        self.documents: list[Document] = []
        draft.refused.connect(self.refused.extend)
        draft.many_wanted.connect(self.many.append)
        draft.pages_wanted.connect(self.documents.append)

    def drop(self, *paths: object) -> None:
        self.draft.drop([Source(path=str(path)) for path in paths])
        self.settle()

    def attach(self, *sources: Source) -> None:
        self.draft.attach(sources)
        self.settle()

    def settle(self) -> None:
        """Until every picture is ready; what was refused is told by then."""
        self._qtbot.waitUntil(lambda: self.draft.ready and not self.draft._refusals._errors, timeout=20_000)

    @property
    def names(self) -> list[str]:
        return [picture.name for picture in self.draft.pictures]

    @property
    def only(self) -> DraftPicture:
        (picture,) = self.draft.pictures
        return picture


@pytest.fixture
def web() -> Web:
    return Web()


@pytest.fixture
def bench(tools: Tools, catalog: Catalog, web: Web, qtbot: QtBot) -> Iterator[Bench]:
    model = catalog.get(catalog.default_id)
    draft = Draft(
        tools.pictures,
        tools.decoder,
        tools.store,
        tools.threads,
        tools.tasks,
        catalog.limits,
        model,
        fetch=web.fetch,
    )
    yield Bench(draft, qtbot)
    finish(tools.tasks.close())
    destroy(draft)


@contextmanager
def slow_disk(tools: Tools) -> Iterator[None]:
    """From when changed messages are to be stored until the end of the block, the store does not get on."""
    disk, store = Event(), tools.store
    replace_messages = store.replace_messages

    async def slowly(conversation_id: str, messages: Sequence[Message]) -> Conversation:
        tools.tasks.start(store.run(lambda _: disk.wait()), "a slow disk")
        await asyncio.sleep(0)  # it comes first
        return await replace_messages(conversation_id, messages)

    store.replace_messages = slowly  # type: ignore[method-assign]
    try:
        yield
    finally:
        disk.set()
        store.replace_messages = replace_messages  # type: ignore[method-assign]


@pytest.fixture
def chat(online: Tools) -> Chat:
    """A new conversation with the test server."""
    return Chat.new(MODEL, online, online.account)


@pytest.fixture
def ask(qtbot: QtBot, chat: Chat) -> Callable[..., Message]:
    """Sends a message in `chat` and gives its answer."""

    def ask(words: str, *pictures: Path, again: bool = False) -> Message:
        chat.draft.attach([Source(path=str(path), again=again) for path in pictures])
        chat.draft.set_text(words)
        return done(chat, qtbot, chat.worker.send)

    return ask


@pytest.fixture
def talk(chat: Chat, online: Tools, qtbot: QtBot) -> Talk:
    """The same, step by step."""
    return Talk(chat, online, qtbot)


@pytest.fixture
def online_desk(online: Tools) -> Desk:
    desk = Desk(online, parent=online.account)
    desk.start()
    return desk


@pytest.fixture
def say(online_desk: Desk, qtbot: QtBot) -> Callable[[str], Chat]:
    def say(words: str) -> Chat:
        chat = online_desk.current
        chat.draft.set_text(words)
        with qtbot.waitSignal(chat.worker.answered):
            chat.worker.send()
        qtbot.waitUntil(lambda: not chat.worker.busy)
        return chat

    return say
