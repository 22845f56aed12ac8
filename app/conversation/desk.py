"""The desk: which conversation is open, which work on behind it, and the list of all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, Final

from PySide6.QtCore import QObject, Signal

from app.conversation.attachment import Source
from app.conversation.cabinet import Cabinet
from app.conversation.chat import Chat, Tools
from app.conversation.editing import source_of
from app.conversation.history import HistoryModel
from app.conversation.temporary import Temporary
from app.conversation.trash import Deleted, Trash
from app.conversation.unsent import as_listed, taken, untouched
from app.core.copying import copy
from app.core.errors import StoreError
from app.core.filing import TRASH_DAYS, Filing
from app.core.message import Message
from app.core.store import Conversation

_BETWEEN: Final = 0.02
"""Seconds between two portions of the list: a start has more to do."""
_KEPT: Final = 8
"""Conversations held open behind the current one, so that going back to one is immediate."""


class Desk(QObject):
    """Opening another conversation stops nothing: an answer under way goes on behind it.

    A chat in which nothing was said has a place in the list as soon as it is left with something written in it, and
    until that is sent, deleted, or gone when it is left again. So a new chat is always an empty one.

    Signals:
        opened(Chat): another conversation is the current one.
        temporary_changed(Temporary): there is a chat that is not kept, or, with None, no longer.
        deleted(tuple[Conversation, ...]): they are gone from the list; `undo_delete` brings them back.
    """

    opened = Signal(object)
    temporary_changed = Signal(object)
    deleted = Signal(object)

    def __init__(self, tools: Tools, model: str = "", parent: QObject | None = None) -> None:
        """`model` is asked in the first chat; later ones begin with the model chosen last."""
        super().__init__(parent)
        self._tools = tools
        self._chats: dict[str, Chat] = {}
        self._written: set[str] = set()
        """Ids of stored conversations in which something was being written at the start; they were not open since."""
        self._filing = Filing(tools.store)
        self._trash = Trash(tools, self._filing)
        self._last: tuple[float, int] | None = None
        """Where reading the list goes on."""
        self._reading: asyncio.Task[Any] | None = None
        self._temporary: Temporary | None = None
        self._locked: Chat | None = None
        """The one of the trash that is open."""
        self.history: Final = HistoryModel(self)
        self.cabinet: Final = Cabinet(self._filing, self.history, tools.tasks, self)
        self.current = self._new(model)

    def start(self) -> None:
        """Begin the list, blocking for some milliseconds: it belongs to the first paint."""
        first = self._filing.first_now()
        self._last = first.last
        self.history.reset(first.conversations, first.filed)
        self.cabinet.set_folders(first.folders)

    async def restore_drafts(self) -> None:
        """Bring back what was being written when the app was closed, and begin to read the rest of the list.

        What was in the trash for too long is deleted for good then. Raises StoreError.
        """
        drafts = await self._tools.store.drafts()
        unlisted = drafts.keys() - self._chats.keys() - self._trash.ids  # else it was opened or deleted meanwhile
        unlisted -= {chat_id for chat_id in unlisted if self.history.find(chat_id) is not None}
        unsaid = unlisted - {conversation.id for conversation in await self._filing.read(list(unlisted))}
        self._written = drafts.keys() - unsaid
        for chat_id in [each for each in drafts if each in unsaid]:
            chat = self._add(Chat.new(self._usual_model, self._tools, self, id_=chat_id))
            chat.restore_draft(drafts[chat_id], is_kept=True)
            self._list(chat)
        await self._filing.erase_before(time.time() - TRASH_DAYS * 86_400)
        if self._last is not None:
            self._start(self.all_listed(), "read the list")

    @property
    def in_use(self) -> frozenset[str]:
        """Ids of the conversations of which messages are held here, those deleted since the start included."""
        locked = {self._locked.facts.id} if self._locked is not None else set()
        return frozenset(self._chats.keys() | self._trash.ids | locked)

    def is_writing_in(self, conversation_id: str) -> bool:
        """Whether something is written there that was not sent, be it a system prompt."""
        chat = self._chats.get(conversation_id)
        if chat is None:
            return conversation_id in self._written
        return not chat.draft.empty or (not chat.is_stored and bool(chat.facts.system))

    async def all_listed(self) -> None:
        """Wait until all conversations are known, not the newest only. Raises StoreError."""
        if self._last is not None:
            self._reading = self._reading or self._tools.tasks.start(self._read_on(), "read the list")
            await asyncio.shield(self._reading)

    def new_chat(self, sources: Sequence[Source] = ()) -> None:
        """Open a conversation in which nothing was said and nothing is written: one there is already, else another."""
        known = [chat for chat in (self.current, *self._chats.values()) if chat.facts.id in self._chats]
        self._show(next((chat for chat in known if untouched(chat)), None) or self._new())
        self.current.draft.attach(sources)

    def temporary_chat(self) -> None:
        """Open the chat of which nothing is kept, a new one where there is none. It stays until it is ended."""
        if self._temporary is None:
            self._temporary = Temporary(self._tools, self._usual_model, self)
            self.temporary_changed.emit(self._temporary)
        self._show(self._temporary.chat)

    @property
    def temporary(self) -> Temporary | None:
        """The chat of which nothing is kept, be it open or not."""
        return self._temporary

    @property
    def is_temporary(self) -> bool:
        """Whether the open chat is the one of which nothing is kept."""
        return self._temporary is not None and self.current is self._temporary.chat

    def end_temporary(self) -> None:
        """Forget the chat of which nothing is kept. What is under way in it is stopped."""
        if self._temporary is None:
            return
        if self.is_temporary:
            self.new_chat()
        self._start(self._temporary.close(), "end the temporary chat")
        self._temporary = None
        self.temporary_changed.emit(None)

    def open(self, conversation_id: str) -> None:
        """Show a conversation, be it in view in the list or not; nothing happens where there is none."""
        if conversation_id == self.current.facts.id and not self.is_in_trash:
            return
        if self.history.find(conversation_id) is not None or conversation_id in self._chats:
            self._show(self._chat_of(conversation_id))
        elif self._last is not None:
            self._start(self._open_later(conversation_id), "open")

    def look_at(self, conversation_id: str) -> None:
        """Show a conversation of the trash, by its id: it can be read, and nothing be done in it."""
        facts = self.history.trashed(conversation_id)
        if facts is not None and conversation_id != self.current.facts.id:
            chat = Chat(facts, self._tools, is_stored=True, parent=self)
            chat.worker.lock()
            chat.load()
            self._show(chat)
            self._locked = chat

    @property
    def is_in_trash(self) -> bool:
        """Whether the open conversation is one of the trash."""
        return self.current.worker.phase == "locked"

    def take_along(self) -> None:
        """Go on in a new chat that takes all pictures of the current one, and what was being written, along."""
        old = self.current
        if self.is_temporary or self.is_in_trash:  # of the first, it would be kept in another chat
            return
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
        known = self.history.find(conversation_id)
        title = " ".join(title.split())
        if not title or known is None or self.history.is_unsent(conversation_id):
            return
        if conversation_id in self._chats:
            self._chats[conversation_id].rename(title)
        else:
            self._start(self._tools.store.rename(conversation_id, title), "rename")
            self.history.put(replace(known, title=title))

    def delete(self, *conversation_ids: str) -> None:
        """Take conversations from the list, into the trash. What is under way in them is stopped."""
        gone = [known for each in conversation_ids if (known := self.history.find(each)) is not None]
        if not gone:
            return
        ids = tuple(conversation.id for conversation in gone)
        done = self._trash.begin(self._discard(ids, [c for c in map(self._chats.get, ids) if c]), "delete")
        self._trash.remember([self._put_away(conversation, done) for conversation in gone])
        self.history.remove_all(ids)
        if self.current.facts.id in ids:
            self.new_chat()
        self.deleted.emit(tuple(gone))

    def undo_delete(self) -> None:
        """Bring back what was deleted last, as it was left: open, if it was, and nothing else was opened since."""
        last, is_free = self._trash.last, self.current.facts.id in self._chats and untouched(self.current)
        if not last:
            return
        left = next((each.shown.id for each in last if each.was_current), "")
        self._put_back([each.shown.id for each in last])
        if left and is_free:
            self.open(left)

    def restore(self, *conversation_ids: str) -> None:
        """Bring conversations back, be they deleted now or long ago; a single one is opened."""
        self._put_back(conversation_ids)
        if len(conversation_ids) == 1:
            self.open(conversation_ids[0])

    def erase(self, *conversation_ids: str) -> None:
        """Delete conversations of the trash for good."""
        self._trash.forget(conversation_ids)
        if self.is_in_trash and self.current.facts.id in conversation_ids:
            self.new_chat()
        self._trash.begin(self._erase(conversation_ids), "delete for good")

    def duplicate(self, conversation_id: str) -> None:
        """Make a copy of a conversation, with its pictures, and open it. Does nothing while an answer comes in it."""
        self._copy(conversation_id, "")

    def fork(self, message_id: str) -> None:
        """Go on from a message of the open conversation in another one, which has what led to it, pictures and all.

        Does nothing while an answer comes.
        """
        self._copy(self.current.facts.id, message_id)

    async def save(self) -> StoreError | None:
        """Keep every draft now, at all costs, and end what was begun: the app is about to close.

        Returns why a draft could not be kept; None where all are.
        """
        await self._trash.settle()
        saves = [chat.save_draft(vital=True) for chat in self._chats.values()]
        done = await asyncio.gather(*saves, return_exceptions=True)
        return next((each for each in done if isinstance(each, StoreError)), None)

    async def leave(self) -> None:
        """Forget the chat of which nothing is kept: the app closes."""
        if self._temporary is not None:
            await self._temporary.leave()

    def _copy(self, conversation_id: str, until: str) -> None:
        chat = self._chats.get(conversation_id)
        busy = chat is not None and (chat.worker.busy or not chat.is_stored)
        if not busy and self.history.find(conversation_id) is not None:
            self._start(self._copied(conversation_id, until), "copy")

    async def _copied(self, conversation_id: str, until: str) -> None:
        store = self._tools.store
        copied = await store.run_in_turns(lambda db, pause: copy(db, str(store.path), conversation_id, until, pause))
        if copied is not None:
            self.history.put(copied)
            self.cabinet.move((copied.id,), self.history.filed(conversation_id).folder)
            self.open(copied.id)

    async def _read_on(self) -> None:
        while self._last is not None:
            more, self._last = await self._filing.following(self._last)
            self.history.extend(more)
            await asyncio.sleep(_BETWEEN)

    async def _open_later(self, conversation_id: str) -> None:
        """Show one that the list has not come to yet."""
        for conversation in await self._filing.read((conversation_id,)):
            if self.history.find(conversation_id) is None and conversation_id not in self._trash.ids:
                self.history.put(conversation)
        if self.history.find(conversation_id) is not None:
            self.open(conversation_id)

    def _put_away(self, conversation: Conversation, done: asyncio.Task[Any]) -> Deleted:
        """Stop what is under way in a conversation. Returns what brings it back."""
        chat, draft = self._chats.pop(conversation.id, None), {}
        if chat is not None:
            chat.stored.disconnect(self._on_stored)
            chat.worker.stop()
            draft = {} if chat.is_stored else taken(chat)
        return Deleted(conversation, chat, conversation.id == self.current.facts.id, draft, done)

    async def _discard(self, ids: Sequence[str], chats: Sequence[Chat]) -> None:
        try:
            await self._trash.discard(ids, chats)
        finally:
            self.cabinet.read_trash()

    def _put_back(self, ids: Sequence[str]) -> None:
        deleted = self._trash.forget(ids)
        self._bring_back(deleted.values())
        self._trash.begin(self._restore(ids, deleted), "restore")
        if self.is_in_trash and self.current.facts.id in ids:
            self.open(self.current.facts.id)

    def _bring_back(self, deleted: Collection[Deleted]) -> None:
        """Let conversations that were deleted since the start be in the list again."""
        chats = [each.chat for each in deleted if each.chat is not None]
        for chat in chats:
            self._chats[chat.facts.id] = chat
            chat.stored.connect(self._on_stored)
        for each in deleted:
            if each.chat is not None and each.draft:
                each.chat.restore_draft(each.draft, is_kept=False)
        self.history.put_all([each.shown for each in deleted if each.chat is None])
        self.history.put_all([chat.facts for chat in chats if chat.is_stored])
        for chat in chats:
            self._list(chat)

    async def _restore(self, ids: Sequence[str], deleted: Mapping[str, Deleted]) -> None:
        await self._trash.restore(ids, deleted)
        if len(deleted) < len(ids):
            await self._list_again(ids)
        self.cabinet.read_trash()

    async def _list_again(self, ids: Sequence[str]) -> None:
        """What was deleted before the start is not known here."""
        found = await self._filing.read(ids)
        self.history.put_all([each for each in found if self.history.find(each.id) is None])
        if len(ids) == 1 or (self.is_in_trash and self.current.facts.id in ids):
            self.open(ids[0] if len(ids) == 1 else self.current.facts.id)

    async def _erase(self, ids: Sequence[str]) -> None:
        await self._trash.erase(ids)
        self._written.difference_update(ids)
        self.cabinet.read_trash()

    def _list(self, chat: Chat) -> None:
        """Give a chat in which nothing was said its place in the list, or take it away."""
        if chat.is_stored or chat.worker.busy or chat.facts.id not in self._chats:
            return
        if chat.draft.empty:
            self.history.remove(chat.facts.id)
        else:
            self.history.put(as_listed(chat), unsent=True)

    def _on_stored(self, facts: Conversation) -> None:
        self.history.put(facts)

    def _on_answered(self, chat: Chat, _answer: Message) -> None:
        """An answer that came, or failed, while another conversation is open waits to be read."""
        if chat is not self.current and chat.facts.id in self._chats:
            self.cabinet.mark_unread((chat.facts.id,))

    def _on_phase(self, chat: Chat, phase: str) -> None:
        """That nothing was sent from behind another conversation waits to be read too; what was to be is a draft."""
        if phase == "idle" and chat is not self.current and chat.worker.refusal is not None:
            self._list(chat)
            if chat.facts.id in self._chats:
                self.cabinet.mark_unread((chat.facts.id,))

    def _chat_of(self, conversation_id: str) -> Chat:
        if conversation_id not in self._chats:
            facts = self.history.find(conversation_id)
            if facts is None:
                raise LookupError(conversation_id)
            chat = self._add(Chat(facts, self._tools, is_stored=True, parent=self))
            chat.load()
            self._written.discard(conversation_id)
        return self._chats[conversation_id]

    @property
    def _usual_model(self) -> str:
        return self._tools.preferences.settings.model or self._tools.account.catalog.default_id

    def _new(self, model: str = "") -> Chat:
        return self._add(Chat.new(model or self._usual_model, self._tools, self))

    def _add(self, chat: Chat) -> Chat:
        self._chats[chat.facts.id] = chat
        chat.stored.connect(self._on_stored)
        chat.worker.answered.connect(partial(self._on_answered, chat))
        chat.worker.phase_changed.connect(partial(self._on_phase, chat))
        return chat

    def _show(self, chat: Chat) -> None:
        if self._locked is not None:
            self._start(_put_down(self._locked), "leave the trash")
            self._locked = None
        else:
            self._start(self.current.save_draft(), "save draft")
            self._list(self.current)
        if chat.facts.id in self._chats:
            self._chats[chat.facts.id] = self._chats.pop(chat.facts.id)  # the last shown stands last
        self.current = chat
        self.cabinet.mark_unread((chat.facts.id,), on=False)
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


async def _put_down(chat: Chat) -> None:
    """Forget a conversation that nothing was done in, as soon as it is read."""
    with suppress(StoreError):
        await chat.loaded()
    chat.deleteLater()
