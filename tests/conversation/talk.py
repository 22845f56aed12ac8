"""A conversation with the test server, step by step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pytestqt.qtbot import QtBot

from app.conversation.attachment import Source
from app.conversation.chat import Chat, Tools
from app.core.message import Message
from app.core.store import Conversation

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
        with self.qtbot.waitSignal(self.chat.worker.answered, timeout=10_000) as answered:
            deed()
        self.rest()
        assert answered.args is not None
        answer: Message = answered.args[0]
        return answer

    def do(self, deed: Callable[[], None]) -> None:
        deed()
        self.rest()

    def rest(self) -> None:
        self.qtbot.waitUntil(lambda: not self.chat.worker.busy, timeout=10_000)

    def edit(self, message: Message) -> None:
        self.chat.edit(message.id)
        self.qtbot.waitUntil(lambda: self.chat.editing == message.id and self.chat.draft.ready, timeout=10_000)

    def reopened(self) -> Talk:
        """The same conversation as the store has it, its draft included."""
        facts = next(c for c in self.tools.store.conversations_now() if c.id == self.chat.facts.id)
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
