"""One open conversation: its facts, its messages, its draft and its worker."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any, Final

from PySide6.QtCore import QObject, QTimer, Signal

from app.conversation.attachment import Source
from app.conversation.branch import Branch, Deleted
from app.conversation.draft import Draft
from app.conversation.editing import Editing
from app.conversation.kept_files import KeptFiles
from app.conversation.messages import MessageModel
from app.conversation.outlook import Outlook
from app.conversation.resending import Resending
from app.conversation.threads import in_thread
from app.conversation.tools import Tools
from app.conversation.uploading import without_files
from app.conversation.worker import Worker
from app.core.catalog import Limits, Model
from app.core.cost import Context, cost_of
from app.core.cuts import Offer
from app.core.message import JSON, Message
from app.core.refit import Refit, Today, expires_by
from app.core.sharper import sharper
from app.core.store import Conversation
from app.core.titles import title_of

__all__ = ["Chat", "Tools", "title_of"]

_SAVE_MILLISECONDS: Final = 500


class Chat(QObject):
    """Signals:
    changed(): title, model, system prompt, price, context or what is due.
    stored(Conversation): the conversation as the store has it now.
    loaded_all(): all messages are there, and what a next request carries is known.
    editing_changed(): `editing` is another.
    deleted(tuple[str, ...]): messages are deleted, by their ids; `undo_delete` brings them back.
    reached(str): the message that was asked for, by its id, is among those shown.
    """

    changed = Signal()
    stored = Signal(object)
    loaded_all = Signal()
    editing_changed = Signal()
    deleted = Signal(object)
    reached = Signal(str)

    def __init__(self, facts: Conversation, tools: Tools, *, is_stored: bool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._facts = facts
        self._tools = tools
        self._is_stored = is_stored
        self.files: Final = KeptFiles(tools.pictures)
        """What the conversation's picture files are."""
        self.messages: Final = MessageModel(self)
        self.draft: Final = Draft(
            tools.pictures,
            tools.decoder,
            tools.store,
            tools.threads,
            tools.tasks,
            tools.account.catalog.limits,
            self.model,
            tools.spending.fetch,
            self,
        )
        self._branch = Branch(facts.id, self.messages, tools.store)
        self._editing = Editing(self.draft, self.messages, self)
        self._deleted: Deleted | None = None
        self.worker: Final = Worker(self, self._branch, self.draft, tools, self)
        self._outlook = Outlook(self, self._editing, tools, self)
        self._loading: asyncio.Task[None] | None = None
        self._drafting: asyncio.Task[None] | None = None
        self._is_loading = False
        self._kept_draft: JSON = {}
        self._is_draft_there = not is_stored
        """Whether what the store has of it was read: else saving would wipe it."""
        self._draft_saves = QTimer(self)
        self._draft_saves.setSingleShot(True)
        self._draft_saves.setInterval(_SAVE_MILLISECONDS)
        self._draft_saves.timeout.connect(lambda: self._start(self.save_draft(), "save draft"))
        self.draft.changed.connect(self._save_soon)
        self.worker.stored.connect(self._on_stored)
        self._outlook.changed.connect(self.changed)
        self.messages.rowsInserted.connect(self._on_inserted)
        self.messages.rowsRemoved.connect(self._editing.follow)
        self._editing.changed.connect(self._on_editing_changed)
        tools.account.changed.connect(self._follow)
        tools.account.file_deleted.connect(self._on_file_deleted)
        tools.preferences.changed.connect(self._follow)
        self.refresh()

    @classmethod
    def new(cls, model: str, tools: Tools, parent: QObject | None = None, *, id_: str = "") -> Chat:
        """A conversation that nothing was said in; it is not stored before its first message."""
        now = time.time()
        facts = Conversation(id_ or uuid.uuid4().hex, model=model, created=now, updated=now)
        return cls(facts, tools, is_stored=False, parent=parent)

    @property
    def facts(self) -> Conversation:
        return self._facts

    @property
    def is_stored(self) -> bool:
        return self._is_stored

    @property
    def at_rest(self) -> bool:
        """Whether all of it is in the store and nothing is under way."""
        loading = self._loading is not None and not self._loading.done()
        busy = loading or self.worker.busy or not self._outlook.is_settled
        written = not self.draft.empty or bool(self.editing) or not self._is_draft_there
        return self._is_stored and not busy and not written

    @property
    def loading(self) -> bool:
        """Whether earlier messages are still to come: until then nothing is known of what a request carries."""
        return self._is_loading

    @property
    def row(self) -> int:
        """The row that the draft will have among the messages: the last, or that of the question that is edited."""
        return self._editing.row

    @property
    def history(self) -> Sequence[Message]:
        """The messages that go before the draft."""
        return self._editing.history

    @property
    def model(self) -> Model:
        return self._tools.account.catalog.get(self._facts.model)

    def model_of(self, model_id: str) -> Model:
        """Another model that answered here, by its id."""
        return self._tools.account.catalog.get(model_id)

    @property
    def limits(self) -> Limits:
        return self._tools.account.catalog.limits

    @property
    def max_tokens(self) -> int:
        return self._outlook.max_tokens(self.model)

    @property
    def context(self) -> Context:
        """What the next request carries along, its pictures as they will be."""
        return self._outlook.context

    @property
    def practice(self) -> bool:
        """Whether the next request is practice and costs nothing."""
        return self._tools.account.practice

    @property
    def knows_usual(self) -> bool:
        """Whether any answer of the model was seen, so that there is a usual length of them."""
        return self._tools.learning.knows_usual(self.model.id, practice=self.practice)

    @property
    def refits(self) -> tuple[Refit, ...]:
        """What will be done to earlier pictures before the next request can go. The prices know of it already."""
        return self._outlook.refits

    def sharper(self, number: int) -> Offer | None:
        """How a picture of the history can be sent again with more to see; None where it went in all its pixels."""
        blocks = self.messages.blocks_of(number)
        if blocks and blocks[0].same_as:
            blocks = self.messages.blocks_of(blocks[0].same_as)
        return sharper(blocks, self.model.tier, self.limits, self.context.pictures) if blocks else None

    def resending(self, offer: Offer) -> Resending:
        """What sending a picture again this way adds to a request, and which earlier pictures are made anew for it."""
        return replace(self._outlook.resendings.of(offer), free=self.practice)

    def replace_picture(self, number: int, source: Source, *, ask: bool = True) -> None:
        """Put another picture in the place of one, be it sent or still in the draft (`Worker.replace_picture`)."""
        row = number - self.draft.first_number
        if not 0 <= row < len(self.draft.pictures):
            self.worker.replace_picture(number, source, ask=ask)
            return
        self.worker.dismiss_refusal()
        self.draft.replace(row, source)

    # --- branches ---

    def branch_of(self, message_id: str) -> tuple[int, int]:
        """Which version a message is, from 1, and how many there are in its place."""
        return self._branch.version_of(message_id)

    def switch(self, message_id: str, step: int) -> None:
        """Show another version of a message, so many further on, and what followed that. Does nothing while busy."""
        self.worker.change(lambda: self._branch.switch(message_id, step))

    def reach(self, message_id: str) -> None:
        """Show the branch that a message is on; `reached` tells. Does nothing while busy on another one."""
        self._start(self._reach(message_id), "reach a message")

    @property
    def editing(self) -> str:
        """Id of the question that is being written anew in the draft; empty where none is."""
        return self._editing.question

    def edit(self, message_id: str) -> None:
        """Write a question anew: Send makes another version of it. What was being written comes back afterwards.

        Does nothing while busy, and while another question is edited: what was written there would be lost. Where
        pictures of the draft are still on their way, or messages, it begins when they are there.
        """
        if self.draft.ready and not self._is_loading:
            self._edit(message_id)
        else:
            self._start(self._edit_later(message_id), "edit a question")

    def cancel_edit(self) -> None:
        """Leave the question as it is, and go on with what was being written before. Does nothing while busy."""
        if not self.worker.busy:
            self._editing.cancel()

    def delete(self, message_id: str) -> None:
        """Delete a message, a question with the answers shown to it. Does nothing while busy."""
        self.worker.change(lambda: self._delete(message_id))

    def undo_delete(self) -> None:
        """Bring back what was deleted last, in its place. Does nothing while busy."""
        self.worker.change(self._undo_delete)

    def set_model(self, model_id: str) -> None:
        """Ask another model from now on; new conversations begin with it too."""
        self._tools.preferences.update(model=model_id)
        self._change(self._tools.store.set_model(self._facts.id, model_id), model=model_id)

    def set_system(self, text: str) -> None:
        """Give the conversation another system prompt; it holds from the next message on."""
        self._change(self._tools.store.set_system(self._facts.id, text), system=text)

    def rename(self, title: str) -> None:
        self._change(self._tools.store.rename(self._facts.id, title), title=title)

    def load(self) -> None:
        """Read what was being written from the store, and the messages."""
        self._is_loading = True
        self._outlook.unsettle()
        self._drafting = self._tools.tasks.start(self._bring_draft(), "read the draft")
        self._loading = self._tools.tasks.start(self._load(), "load messages")

    def restore_draft(self, draft: JSON, *, is_kept: bool) -> None:
        """Bring back what was being written; whether the store has it."""
        self._kept_draft = draft if is_kept else {}
        if not self._is_stored:
            self._facts = replace(self._facts, **{name: draft[name] for name in ("model", "system") if name in draft})
        self._editing.restore(draft)
        self.draft.restore(draft)
        self.refresh()

    async def save_draft(self, *, vital: bool = False) -> None:
        """Keep what is being written, so that it is there tomorrow. Raises StoreError.

        It is `vital` where no later moment comes: then a full disk has room for it (`Store.run`).
        """
        await self.worker.kept()
        await self._bring_draft()
        draft = {} if self.draft.empty and not self.editing else self.draft.to_json() | self._editing.to_json()
        if not self._is_stored and (draft or self._facts.system):
            draft |= {"model": self._facts.model, "system": self._facts.system}
        if draft != self._kept_draft:
            await self._tools.store.save_draft(self._facts.id, draft, vital=vital)
            self._kept_draft = draft

    # --- what the worker asks for ---

    @property
    def today(self) -> Today:
        """What a request of now is made with, and asks of every picture. It stays as it is, whatever is chosen then."""
        return self.today_with(self.model)

    def today_with(self, model: Model) -> Today:
        """The same, if that model were asked."""
        return self._outlook.today(model)

    @property
    def today_apart(self) -> Today:
        """`today`, for another thread."""
        return self._outlook.today_apart()

    async def loaded(self) -> None:
        """Wait until the messages are there, what is being written, and what goes of them is known.

        Raises StoreError where the messages could not be read.
        """
        if self._drafting is not None:
            await asyncio.wait({self._drafting})
        if self._loading is not None:
            await asyncio.shield(self._loading)
        await self._outlook.settled()

    async def begin(self, question: Message, parent: str) -> Conversation:
        """Keep a question; with the first one the conversation, which takes its words as title. Raises StoreError."""
        if not self._is_stored:
            self._facts = replace(self._facts, title=title_of(question), practice=self._tools.account.practice)
        begun = self._facts
        aside = self._editing.aside
        facts = await self._tools.store.begin(begun, question, parent, aside)
        self._is_stored, self._kept_draft = True, aside
        if self._facts.model != begun.model:  # chosen meanwhile
            self._start(self._tools.store.set_model(facts.id, self._facts.model), "change facts")
        if self._facts.system != begun.system:
            self._start(self._tools.store.set_system(facts.id, self._facts.system), "change facts")
        return facts

    # --- keeping up ---

    def refresh(self) -> None:
        """Work out anew what a next request carries, what is due before it, and price the draft by both."""
        self._outlook.refresh()

    def _forget_files(self, ids: frozenset[str]) -> None:
        """The server has these files no more: they are uploaded again, or go as bytes, with the next request."""
        gone = without_files(self.messages.messages, ids)
        for message in gone:
            self.messages.replace(message)
        if gone:
            self._start(self._tools.store.replace_messages(self._facts.id, gone), "keep that files are gone")
            self.refresh()

    def _on_file_deleted(self, file_id: str) -> None:
        self._forget_files(frozenset((file_id,)))

    def _forget_lost_files(self) -> None:
        """Practice takes its files along when it ends, however long they were to stay."""
        files = [image.file for message in self.messages.messages for image in message.images if image.file]
        now, lost = time.time(), self._tools.account.has_lost
        self._forget_files(frozenset(file.id for file in files if lost(file) and not expires_by(file, now)))

    def _follow(self) -> None:
        """Account or settings changed: work it out anew if that touches what is sent."""
        self._forget_lost_files()
        self._outlook.follow_terms()

    def _change(self, storing: Coroutine[Any, Any, None], **facts: Any) -> None:
        """Take over other facts, here and in the store; of a conversation that is there to be read, none."""
        if self.worker.phase == "locked":
            storing.close()
            return
        self._facts = replace(self._facts, **facts)
        if self._is_stored:
            self._start(storing, "change facts")
            self.stored.emit(self._facts)
        else:
            storing.close()
        self.refresh()

    def _save_soon(self) -> None:
        """Of somebody who goes on writing, the draft is kept too: the timer is not begun anew."""
        if not self._draft_saves.isActive():
            self._draft_saves.start()

    def _on_inserted(self) -> None:
        if not self._is_loading:  # the earlier ones come piece by piece
            self.refresh()

    def _on_editing_changed(self) -> None:
        self.refresh()
        self.editing_changed.emit()

    def _edit(self, message_id: str) -> None:
        row = self.messages.row_of(message_id)
        if row >= 0 and self.messages.messages[row].role == "user" and not self.worker.busy and not self.editing:
            self._editing.begin(self.messages.messages[row])

    async def _edit_later(self, message_id: str) -> None:
        await self.loaded()
        await self.draft.settled()
        self._edit(message_id)

    async def _reach(self, message_id: str) -> None:
        await self.loaded()
        if self.messages.row_of(message_id) >= 0:
            self.reached.emit(message_id)
        else:
            self.worker.change(lambda: self._switch_to(message_id))

    async def _switch_to(self, message_id: str) -> None:
        await self._branch.show(message_id)
        if self.messages.row_of(message_id) >= 0:
            self.reached.emit(message_id)

    async def _delete(self, message_id: str) -> None:
        done = await self._branch.delete(message_id)
        if done is not None:
            self._deleted, facts = done
            self._on_stored(facts)
            self.refresh()
            self.deleted.emit(self._deleted.ids)

    async def _undo_delete(self) -> None:
        if self._deleted is not None:
            self._on_stored(await self._branch.restore(self._deleted))
            self._deleted = None

    async def _bring_draft(self) -> None:
        """Bring back what was being written, unless that is done. Raises StoreError."""
        kept = {} if self._is_draft_there else await self._tools.store.draft(self._facts.id)
        if self._is_draft_there or self.worker.phase == "locked":  # that stays where it is until it is restored
            return
        self._is_draft_there = True
        if kept:
            self.restore_draft(kept, is_kept=True)
        if not self._is_loading:
            self._editing.follow()

    async def _load(self) -> None:
        try:
            await self._branch.load()
        finally:
            self._is_loading = False
        self._editing.follow()
        for message in list(self.messages.messages):
            if message.state == "interrupted" and message.error is None and not message.cost:
                await self._price(message)
        self._forget_lost_files()
        self.refresh()
        await self._outlook.settled()
        self.loaded_all.emit()
        if self.messages.pictures:  # what is gone, or is not what it says it is, is told before Send
            await in_thread(self._tools.threads, self.files.look, list(self.messages.messages))
            self.refresh()

    async def _price(self, cut: Message) -> None:
        """An answer that a crash cut off was never priced."""
        priced = replace(cut, cost=cost_of(cut, self._tools.account.catalog.get(cut.model)))
        if priced.cost:
            self._on_stored(await self._tools.store.finish(self._facts.id, priced))
            self.messages.replace(priced)

    def _on_stored(self, facts: Conversation) -> None:
        """The store's figures count; what the person has chosen may be newer here."""
        mine = self._facts
        self._facts = replace(facts, title=mine.title, model=mine.model, system=mine.system)
        self.stored.emit(self._facts)
        self.changed.emit()

    def _start(self, work: Coroutine[Any, Any, Any], name: str) -> None:
        self._tools.tasks.start(work, name)
