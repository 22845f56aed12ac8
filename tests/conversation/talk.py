"""A conversation with the test server, step by step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pytestqt.qtbot import QtBot

from app.conversation.attachment import Source
from app.conversation.chat import Chat, Tools
from app.core.message import Message
from app.core.store import Conversation
from tests.stored import conversations_of

MODEL = "claude-sonnet-5-5"


class Talk:
    """What a person does in a chat, each step to its end."""

    def __init__(self, chat: Chat, tools: Tools, qtbot: QtBot) -> None:
        self.chat = chat
        self.tools = tools
        self.qtbot = qtbot

    def ask(self, words: str, *pictures: Path) -> Message:
        self.chat.draft.attach([Source(path=str(path)) for path in pictures])
        self.chat.draft.set_text(words)
        return self.answer(self.chat.worker.send)

    def answer(self, deed: Callable[[], None]) -> Message:
        """Do what is answered, and wait for the end of the answer."""
        return done(self.chat, self.qtbot, deed)

    def do(self, deed: Callable[[], None]) -> None:
        rest(self.chat, self.qtbot, deed)

    def rest(self) -> None:
        rest(self.chat, self.qtbot)

    def edit(self, message: Message) -> None:
        self.chat.edit(message.id)
        self.qtbot.waitUntil(lambda: self.chat.editing == message.id and self.chat.draft.ready, timeout=10_000)

    def reopened(self) -> Talk:
        """The same conversation as the store has it, its draft included."""
        facts = next(c for c in conversations_of(self.tools.store) if c.id == self.chat.facts.id)
        return opened(facts, self.tools, self.qtbot)

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.chat.messages.messages]

    @property
    def messages(self) -> list[Message]:
        return self.chat.messages.messages


def opened(facts: Conversation, tools: Tools, qtbot: QtBot) -> Talk:
    """A stored conversation, all of it read."""
    chat = Chat(facts, tools, is_stored=True, parent=tools.account)
    with qtbot.waitSignal(chat.loaded_all, timeout=20_000):
        chat.load()
    return Talk(chat, tools, qtbot)


def done(chat: Chat, qtbot: QtBot, work: Callable[[], None]) -> Message:
    """Do what ends with an answer, and return it."""
    with qtbot.waitSignal(chat.worker.answered, timeout=20_000) as answered:
        work()
    rest(chat, qtbot)
    assert answered.args is not None
    message: Message = answered.args[0]
    return message


def rest(chat: Chat, qtbot: QtBot, work: Callable[[], None] = lambda: None) -> None:
    """Do what ends without an answer."""
    work()
    qtbot.waitUntil(lambda: not chat.worker.busy, timeout=20_000)
