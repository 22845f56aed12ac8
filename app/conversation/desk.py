"""The desk: which conversation is open, which work on behind it, and the list of all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QObject, Signal

from app.conversation.attachment import Source
from app.conversation.chat import Chat, Tools
from app.conversation.history import HistoryModel
from app.core.message import JSON
from app.core.store import Conversation

_KEPT: Final = 8
"""Conversations held open behind the current one, so that going back to one is immediate."""


class Desk(QObject):
    """Opening another conversation stops nothing: an answer under way goes on behind it.

    Signals:
        opened(Chat): another conversation is the current one.
        deleted(Conversation): it is gone from the list; `undo_delete` brings it back.
    """

    opened = Signal(object)
    deleted = Signal(object)

    def __init__(self, tools: Tools, model: str = "", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tools = tools
        self._model = model
        self._chats: dict[str, Chat] = {}
        self._drafts: dict[str, JSON] = {}
        self._deleted: list[Conversation] = []
        self.history: Final = HistoryModel(self)
        self.current = self._new()

    def start(self) -> None:
        """Fill the list, blocking for some milliseconds: it belongs to the first paint."""
        self.history.reset(self._tools.store.conversations_now())

    async def restore_drafts(self) -> None:
        """Bring back what was being written when the app was closed."""
        self._drafts = await self._tools.store.drafts()
        if not self.current.is_stored and (draft := self._drafts.pop("", None)):
            self.current.draft.restore(draft)

    def new_chat(self, sources: Sequence[Source] = ()) -> None:
        """Open a conversation in which nothing was said yet, with pictures attached."""
        if self.current.is_stored or self.current.worker.busy:
            waiting = next((c for c in self._chats.values() if not c.is_stored and not c.worker.busy), None)
            self._show(waiting or self._new())
        self.current.draft.attach(sources)

    def open(self, conversation_id: str) -> None:
        """Show a stored conversation."""
        if conversation_id == self.current.facts.id:
            return
        if self.history.row_of(conversation_id) >= 0:
            self._show(self._chat_of(conversation_id))

    def take_along(self) -> None:
        """Go on in a new chat that takes all pictures of the current one, and what was being written, along."""
        old = self.current
        shown = [image for message in old.messages.messages for image in message.images]
        sources = [Source(name=image.name, kept=image.original) for image in shown]
        written = old.draft.take()
        system, model = old.facts.system, old.facts.model
        self._show(self._new())
        self.current.set_model(model)
        self.current.set_system(system)
        self.current.draft.attach(sources)
        self.current.draft.restore(written)

    def rename(self, conversation_id: str, title: str) -> None:
        """Give a conversation another title; a blank one changes nothing."""
        title = " ".join(title.split())
        if title and self.history.row_of(conversation_id) >= 0:
            self._chat_of(conversation_id).rename(title)

    def delete(self, conversation_id: str) -> None:
        """Take a conversation from the list. What is under way in it is stopped."""
        row = self.history.row_of(conversation_id)
        if row < 0:
            return
        facts = self.history.conversations[row]
        if (chat := self._chats.pop(conversation_id, None)) is not None:
            chat.stored.disconnect(self.history.put)
            chat.worker.stop()
        self._tools.tasks.start(self._tools.store.delete(conversation_id), "delete")
        self.history.remove(conversation_id)
        self._deleted.append(facts)
        if conversation_id == self.current.facts.id:
            self._show(self._new())
        self.deleted.emit(facts)

    def undo_delete(self) -> None:
        """Bring the conversation deleted last back."""
        if self._deleted:
            facts = self._deleted.pop()
            self._tools.tasks.start(self._tools.store.restore(facts.id), "restore")
            self.history.put(facts)
            self.open(facts.id)

    async def save(self) -> None:
        """Keep every draft now: the app is about to close."""
        await asyncio.gather(*(chat.save_draft() for chat in self._chats.values()))

    def _chat_of(self, conversation_id: str) -> Chat:
        if conversation_id not in self._chats:
            facts = self.history.conversations[self.history.row_of(conversation_id)]
            chat = self._add(Chat(facts, self._tools, is_stored=True, parent=self))
            chat.load(self._drafts.pop(conversation_id, None))
        return self._chats[conversation_id]

    def _new(self) -> Chat:
        settings = self._tools.preferences.settings
        catalog = self._tools.account.catalog
        return self._add(Chat.new(self._model or settings.model or catalog.default_id, self._tools, self))

    def _add(self, chat: Chat) -> Chat:
        self._chats[chat.facts.id] = chat
        chat.stored.connect(self.history.put)
        return chat

    def _show(self, chat: Chat) -> None:
        self._tools.tasks.start(self.current.save_draft(), "save draft")
        self._chats[chat.facts.id] = self._chats.pop(chat.facts.id, chat)  # the last shown stands last
        self.current = chat
        self._let_go()
        self.opened.emit(chat)

    def _let_go(self) -> None:
        """Forget the conversations shown longest ago in which nothing goes on; the store has them."""
        for chat in list(self._chats.values())[:-_KEPT]:
            if chat.at_rest:
                del self._chats[chat.facts.id]
                chat.deleteLater()
