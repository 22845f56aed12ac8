"""The desk: which conversation is open, which work on behind it, and the list of all."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any, Final

from PySide6.QtCore import QObject, Signal

from app.conversation.attachment import Source
from app.conversation.chat import Chat, Tools
from app.conversation.history import HistoryModel
from app.core.message import JSON, ImageBlock

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
        """`model` is asked in the first chat; later ones begin with the model chosen last."""
        super().__init__(parent)
        self._tools = tools
        self._chats: dict[str, Chat] = {}
        self._drafts: dict[str, JSON] = {}
        self._deleted: list[Chat] = []
        self.history: Final = HistoryModel(self)
        self.current = self._new(model)

    def start(self) -> None:
        """Fill the list, blocking for some milliseconds: it belongs to the first paint."""
        self.history.reset(self._tools.store.conversations_now())

    async def restore_drafts(self) -> None:
        """Bring back what was being written when the app was closed. Raises StoreError."""
        self._drafts = await self._tools.store.drafts()
        for chat_id in [known for known in self._drafts if self.history.row_of(known) < 0]:
            chat = self._add(Chat.new(self._usual_model, self._tools, self, id_=chat_id))
            chat.restore_draft(self._drafts.pop(chat_id))
            if not self.current.is_stored and self.current.draft.empty:
                self._show(chat)

    def new_chat(self, sources: Sequence[Source] = ()) -> None:
        """Open a conversation in which nothing was said yet; with pictures one in which nothing was written, either."""
        unsaid = [chat for chat in (self.current, *self._chats.values()) if not chat.is_stored and not chat.worker.busy]
        fitting = [chat for chat in unsaid if chat.draft.empty or not sources]
        self._show(fitting[0] if fitting else self._new())
        self.current.draft.attach(sources)

    def open(self, conversation_id: str) -> None:
        """Show a stored conversation."""
        if conversation_id != self.current.facts.id and self.history.row_of(conversation_id) >= 0:
            self._show(self._chat_of(conversation_id))

    def take_along(self) -> None:
        """Go on in a new chat that takes all pictures of the current one, and what was being written, along."""
        old = self.current
        shown = [blocks for message in old.messages.messages for blocks in message.pictures]
        sources = [_source_of(blocks) for blocks in shown if not blocks[0].stands_for] + old.draft.sources
        text = old.draft.text
        old.draft.take()
        self._show(self._new(old.facts.model))
        self.current.set_system(old.facts.system)
        self.current.draft.attach(sources)
        self.current.draft.propose(text)

    def rename(self, conversation_id: str, title: str) -> None:
        """Give a conversation another title; a blank one changes nothing."""
        row = self.history.row_of(conversation_id)
        title = " ".join(title.split())
        if not title or row < 0:
            return
        if conversation_id in self._chats:
            self._chats[conversation_id].rename(title)
        else:
            self._start(self._tools.store.rename(conversation_id, title), "rename")
            self.history.put(replace(self.history.conversations[row], title=title))

    def delete(self, conversation_id: str) -> None:
        """Take a conversation from the list. What is under way in it is stopped."""
        if self.history.row_of(conversation_id) < 0:
            return
        chat = self._chat_of(conversation_id)
        chat.stored.disconnect(self.history.put)
        chat.worker.stop()
        del self._chats[conversation_id]
        self._deleted.append(chat)
        self._start(self._tools.store.delete(conversation_id), "delete")
        self.history.remove(conversation_id)
        if chat is self.current:
            self.new_chat()
        self.deleted.emit(chat.facts)

    def undo_delete(self) -> None:
        """Bring the conversation deleted last back, as it was left."""
        if self._deleted:
            chat = self._add(self._deleted.pop())
            self._start(self._tools.store.restore(chat.facts.id), "restore")
            self.history.put(chat.facts)
            self._show(chat)

    async def save(self) -> None:
        """Keep every draft now: the app is about to close."""
        await asyncio.gather(*(chat.save_draft() for chat in self._chats.values()), return_exceptions=True)

    def _chat_of(self, conversation_id: str) -> Chat:
        if conversation_id not in self._chats:
            facts = self.history.conversations[self.history.row_of(conversation_id)]
            chat = self._add(Chat(facts, self._tools, is_stored=True, parent=self))
            chat.load(self._drafts.pop(conversation_id, None))
        return self._chats[conversation_id]

    @property
    def _usual_model(self) -> str:
        return self._tools.preferences.settings.model or self._tools.account.catalog.default_id

    def _new(self, model: str = "") -> Chat:
        return self._add(Chat.new(model or self._usual_model, self._tools, self))

    def _add(self, chat: Chat) -> Chat:
        self._chats[chat.facts.id] = chat
        chat.stored.connect(self.history.put)
        return chat

    def _show(self, chat: Chat) -> None:
        self._start(self.current.save_draft(), "save draft")
        self._chats[chat.facts.id] = self._chats.pop(chat.facts.id)  # the last shown stands last
        self.current = chat
        self._let_go()
        self.opened.emit(chat)

    def _let_go(self) -> None:
        """Forget the conversations shown longest ago in which nothing goes on; the store has them."""
        for chat in list(self._chats.values())[:-_KEPT]:
            if chat.at_rest:
                del self._chats[chat.facts.id]
                chat.deleteLater()

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        self._tools.tasks.start(work, name)


def _source_of(blocks: Sequence[ImageBlock]) -> Source:
    """A picture that was sent, to be sent elsewhere the same way."""
    shown = blocks[0]
    return Source(
        name=shown.name,
        kept=shown.original,
        page=shown.page,
        preset=shown.preset,
        region=next((image.box for image in blocks if image.kind == "region"), None),
        url=shown.url,
    )
