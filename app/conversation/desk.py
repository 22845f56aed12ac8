"""The desk: which conversation is open, which work on behind it, and the list of all."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any, Final

from PySide6.QtCore import QObject, Signal

from app.conversation.attachment import Source
from app.conversation.chat import Chat, Tools, title_of
from app.conversation.editing import source_of
from app.conversation.history import HistoryModel
from app.core.message import JSON, Message, thumbnail_key
from app.core.store import Conversation

_KEPT: Final = 8
"""Conversations held open behind the current one, so that going back to one is immediate."""


class Desk(QObject):
    """Opening another conversation stops nothing: an answer under way goes on behind it.

    A chat in which nothing was said has a place in the list as soon as it is left with something written in it, and
    until that is sent, deleted, or gone when it is left again. So a new chat is always an empty one.

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
        self._deleted: list[tuple[Chat, JSON]] = []
        """With the draft of each in which nothing was said."""
        self.history: Final = HistoryModel(self)
        self.current = self._new(model)

    def start(self) -> None:
        """Fill the list, blocking for some milliseconds: it belongs to the first paint."""
        self.history.reset(self._tools.store.conversations_now())

    async def restore_drafts(self) -> None:
        """Bring back what was being written when the app was closed. Raises StoreError."""
        drafts = await self._tools.store.drafts()
        for chat, _ in self._deleted:  # while the drafts were read
            drafts.pop(chat.facts.id, None)
        self._drafts = drafts
        for chat_id in [known for known in self._drafts if self.history.row_of(known) < 0]:
            chat = self._add(Chat.new(self._usual_model, self._tools, self, id_=chat_id))
            chat.restore_draft(self._drafts.pop(chat_id))
            self._list(chat)
            if not self.current.is_stored and self.current.draft.empty:
                self._show(chat)

    def new_chat(self, sources: Sequence[Source] = ()) -> None:
        """Open a conversation in which nothing was said and nothing is written: one there is already, else another."""
        known = [chat for chat in (self.current, *self._chats.values()) if chat.facts.id in self._chats]
        self._show(next((chat for chat in known if _untouched(chat)), None) or self._new())
        self.current.draft.attach(sources)

    def open(self, conversation_id: str) -> None:
        """Show a conversation of the list."""
        if conversation_id != self.current.facts.id and self.history.row_of(conversation_id) >= 0:
            self._show(self._chat_of(conversation_id))

    def take_along(self) -> None:
        """Go on in a new chat that takes all pictures of the current one, and what was being written, along."""
        old = self.current
        old.cancel_edit()
        shown = [blocks for message in old.messages.messages for blocks in message.pictures]
        sources = [source_of(blocks) for blocks in shown if not blocks[0].stands_for] + old.draft.sources
        text = old.draft.text
        old.draft.take()
        self._show(self._new(old.facts.model))
        self.current.set_system(old.facts.system)
        self.current.draft.attach(sources)
        self.current.draft.propose(text)

    def rename(self, conversation_id: str, title: str) -> None:
        """Give a conversation another title; a blank one changes nothing, and a draft is called what is written."""
        row = self.history.row_of(conversation_id)
        title = " ".join(title.split())
        if not title or row < 0 or self.history.index(row).data(HistoryModel.UnsentRole):
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
        chat, shown = self._chat_of(conversation_id), self.history.conversations[self.history.row_of(conversation_id)]
        chat.stored.disconnect(self._on_stored)
        chat.worker.stop()
        del self._chats[conversation_id]
        self._deleted.append((chat, {} if chat.is_stored else _taken(chat)))
        self._start(self._erase(chat), "delete")
        self.history.remove(conversation_id)
        if chat is self.current:
            self.new_chat()
        self.deleted.emit(shown)

    def undo_delete(self) -> None:
        """Bring the conversation deleted last back, as it was left."""
        if self._deleted:
            chat, draft = self._deleted.pop()
            self._add(chat)
            self._start(self._tools.store.restore(chat.facts.id), "restore")
            if draft:
                chat.restore_draft(draft)
                self._start(self._tools.store.save_draft(chat.facts.id, draft), "restore draft")
            if chat.is_stored:
                self.history.put(chat.facts)
            else:
                self._list(chat)
            self._show(chat)

    async def save(self) -> None:
        """Keep every draft now: the app is about to close."""
        await asyncio.gather(*(chat.save_draft() for chat in self._chats.values()), return_exceptions=True)

    async def _erase(self, chat: Chat) -> None:
        """Take it from the disk; a draft that has just gone out as a message is one no more."""
        await chat.worker.kept()
        await chat.save_draft()
        await self._tools.store.delete(chat.facts.id)

    def _list(self, chat: Chat) -> None:
        """Give a chat in which nothing was said its place in the list, or take it away."""
        if chat.is_stored or chat.worker.busy or chat.facts.id not in self._chats:
            return
        if chat.draft.empty:
            self.history.remove(chat.facts.id)
        else:
            self.history.put(_as_listed(chat), unsent=True)

    def _on_stored(self, facts: Conversation) -> None:
        self.history.put(facts)

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
        chat.stored.connect(self._on_stored)
        return chat

    def _show(self, chat: Chat) -> None:
        self._start(self.current.save_draft(), "save draft")
        self._list(self.current)
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


def _untouched(chat: Chat) -> bool:
    """Whether nothing was said in it, nothing is written, and no pictures are on their way into it."""
    return not chat.is_stored and not chat.worker.busy and chat.draft.empty and chat.draft.ready


def _as_listed(chat: Chat) -> Conversation:
    """A draft as the list shows it: called what is written, else what its pictures are called."""
    pictures = chat.draft.pictures
    words = chat.draft.text if chat.draft.text.strip() else ", ".join(filter(None, (p.name for p in pictures)))
    originals = ((picture.original or picture.source.kept, picture.page) for picture in pictures)
    thumbnail = next((thumbnail_key(original, page) for original, page in originals if original), "")
    return replace(
        chat.facts, title=title_of(Message.from_user(words, ())), pictures=len(pictures), thumbnail=thumbnail
    )


def _taken(chat: Chat) -> JSON:
    """Empty a chat in which nothing was said, so that nothing of it is kept again. Returns what brings it back."""
    facts = {"model": chat.facts.model, "system": chat.facts.system}
    chat.set_system("")
    return chat.draft.take() | facts
