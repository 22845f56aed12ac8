"""One open conversation: its facts, its messages, its draft and its worker."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Any, Final

from PySide6.QtCore import QObject, QTimer, Signal

from app.conversation.account import Account
from app.conversation.draft import Draft
from app.conversation.messages import MessageModel
from app.conversation.preferences import Preferences
from app.conversation.tasks import Tasks
from app.conversation.worker import Worker
from app.core.catalog import Model
from app.core.cost import CACHE_SECONDS, Context, context
from app.core.message import JSON, Message
from app.core.pictures import Pictures
from app.core.request import Request
from app.core.store import Conversation, Store

_TITLE_CHARACTERS: Final = 60
_SAVE_MILLISECONDS: Final = 500


@dataclass(frozen=True, slots=True)
class Tools:
    """What every conversation works with; made once, where the app is put together."""

    store: Store
    pictures: Pictures
    threads: Executor
    """For work on files and pixels."""
    tasks: Tasks
    account: Account
    preferences: Preferences


class Chat(QObject):
    """Signals:
    changed(): title, model, system prompt, price or context.
    stored(Conversation): the conversation as the store has it now.
    """

    changed = Signal()
    stored = Signal(object)

    def __init__(self, facts: Conversation, tools: Tools, *, is_stored: bool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._facts = facts
        self._tools = tools
        self._is_stored = is_stored
        self.messages: Final = MessageModel(self)
        self.draft: Final = Draft(
            tools.pictures, tools.store, tools.threads, tools.tasks, tools.account.catalog.limits, self.model, self
        )
        self.worker: Final = Worker(
            self,
            self.messages,
            self.draft,
            store=tools.store,
            pictures=tools.pictures,
            account=tools.account,
            tasks=tools.tasks,
            parent=self,
        )
        self._loading = False
        self._context = Context()
        self._cache_cools = self._timer(self.refresh)
        self._draft_saves = self._timer(lambda: self._start(self.save_draft(), "save draft"))
        self.draft.changed.connect(self._draft_saves.start)
        self._draft_saves.setInterval(_SAVE_MILLISECONDS)
        self.worker.stored.connect(self._on_stored)
        self.worker.answered.connect(self.refresh)
        self.messages.rowsInserted.connect(self.refresh)
        tools.account.changed.connect(self.refresh)
        tools.preferences.changed.connect(self.refresh)
        self.refresh()

    @classmethod
    def new(cls, model: str, tools: Tools, parent: QObject | None = None) -> Chat:
        """A conversation that nothing was said in; it is not stored before its first message."""
        now = time.time()
        facts = Conversation(uuid.uuid4().hex, model=model, created=now, updated=now)
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
        return self._is_stored and not self._loading and not self.worker.busy and self.draft.empty

    @property
    def model(self) -> Model:
        return self._tools.account.catalog.get(self._facts.model)

    @property
    def max_tokens(self) -> int:
        wanted = self._tools.preferences.settings.max_tokens
        return min(wanted, self.model.max_output or wanted)

    @property
    def context(self) -> Context:
        """What the next request carries along."""
        return self._context

    def set_model(self, model_id: str) -> None:
        """Ask another model from now on; new conversations begin with it too."""
        self._facts = replace(self._facts, model=model_id)
        self._tools.preferences.update(model=model_id)
        if self._is_stored:
            self._start(self._tools.store.set_model(self._facts.id, model_id), "set model")
        self.refresh()

    def set_system(self, text: str) -> None:
        """Give the conversation another system prompt; it holds from the next message on."""
        self._facts = replace(self._facts, system=text)
        if self._is_stored:
            self._start(self._tools.store.set_system(self._facts.id, text), "set system prompt")
        self.refresh()

    def rename(self, title: str) -> None:
        self._facts = replace(self._facts, title=title)
        self._start(self._tools.store.rename(self._facts.id, title), "rename")
        self._on_stored(self._facts)

    def load(self, draft: JSON | None = None) -> None:
        """Read the messages from the store, and bring back a draft that was kept."""
        self._loading = True
        self._start(self._load(draft), "load messages")

    async def save_draft(self) -> None:
        """Keep what is being written, so that it is there tomorrow."""
        key = self._facts.id if self._is_stored else ""
        await self._tools.store.save_draft(key, {} if self.draft.empty else self.draft.to_json())

    async def keep(self, first: Message) -> None:
        """Store the conversation with its first message's words as title. Raises StoreError."""
        if self._is_stored:
            return
        self._facts = replace(self._facts, title=title_of(first), practice=self._tools.account.practice)
        await self._tools.store.create(self._facts)
        self._is_stored = True
        await self._tools.store.save_draft("", {})

    def refresh(self) -> None:
        """Work out anew what a next request carries, and price the draft by it."""
        history = self.messages.messages
        request = Request.build(
            history,
            model=self._facts.model,
            system=self._facts.system,
            server=self._tools.account.server_name,
            max_tokens=self.max_tokens,
        )
        now = time.time()
        self._context = context(request, history, self.model, now=now)
        if self._context.cached and request.continues is not None:
            cools = request.continues.created + request.continues.seconds + CACHE_SECONDS
            self._cache_cools.start(max(1000, round((cools - now) * 1000) + 1000))
        self.draft.retarget(self.model, self._context, self.messages.pictures + 1, self.max_tokens)
        self.changed.emit()

    async def _load(self, draft: JSON | None) -> None:
        messages = await self._tools.store.messages(self._facts.id)
        self._loading = False
        self.messages.reset(messages)
        self.refresh()
        if draft:
            self.draft.restore(draft)

    def _on_stored(self, facts: Conversation) -> None:
        self._facts = facts
        self.stored.emit(facts)
        self.changed.emit()

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        self._tools.tasks.start(work, name)

    def _timer(self, slot: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.timeout.connect(slot)
        return timer


def title_of(message: Message) -> str:
    """A conversation's title: the first words asked, else the names of the pictures."""
    words = " ".join(message.text.split())
    if not words:
        words = ", ".join(image.name for image in message.images if image.name)
    if len(words) <= _TITLE_CHARACTERS:
        return words
    return words[:_TITLE_CHARACTERS].rsplit(" ", 1)[0].rstrip(",;:-") + "…"
