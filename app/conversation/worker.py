"""The worker: sends one conversation's messages and streams the answers into the model and the store."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from PySide6.QtCore import QObject, Signal

from app.conversation.account import Account
from app.conversation.draft import Draft
from app.conversation.messages import MessageModel
from app.conversation.reply import Reply
from app.conversation.tasks import Tasks
from app.core.cost import context, estimate, exact
from app.core.errors import ApiError, NoKey, ServerError, StoreError, StreamInterrupted, VisavisError
from app.core.message import JSON, Message, State
from app.core.pictures import Pictures
from app.core.preflight import check
from app.core.request import Request
from app.core.store import Conversation, Store

if TYPE_CHECKING:
    from app.core.client import Client

Phase = Literal["idle", "preparing", "asking", "streaming", "waiting"]


_LONGEST_WAIT: Final = 60.0
"""Seconds that the repeats of one request may wait in all (RELIABILITY, section 2.3)."""


class Terms(Protocol):
    """What a conversation's requests are made with."""

    @property
    def facts(self) -> Conversation: ...
    def request(self, history: Sequence[Message]) -> Request: ...
    async def loaded(self) -> None:
        """Wait until the messages are there. Raises StoreError where they cannot be read."""

    async def begin(self, question: Message) -> Conversation:
        """Keep a question, with its conversation where that is new. Raises StoreError."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A repeat that is about to happen by itself."""

    error: ServerError
    seconds: float
    """From now; 0 where it happens at once."""
    until: float = 0.0
    """The same as a time of `time.monotonic`."""


class Worker(QObject):
    """One conversation's line to the server. Public methods return at once.

    Signals:
        phase_changed(str): the `Phase`.
        refused(VisavisError): nothing was sent; the message stays in the draft.
        forgiven(): what `refusal` told is dismissed, or holds no longer.
        waiting(Wait): a repeat follows unless `stop` is called; `repeat_now` does not wait.
        stored(Conversation): the conversation as the store has it now.
        answered(Message): an answer has ended, however it did.
    """

    phase_changed = Signal(str)
    refused = Signal(object)
    forgiven = Signal()
    waiting = Signal(object)
    stored = Signal(object)
    answered = Signal(object)

    def __init__(
        self,
        terms: Terms,
        messages: MessageModel,
        draft: Draft,
        *,
        store: Store,
        pictures: Pictures,
        account: Account,
        tasks: Tasks,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._terms = terms
        self._messages = messages
        self._draft = draft
        self._store = store
        self._pictures = pictures
        self._account = account
        self._tasks = tasks
        self._task: asyncio.Task[None] | None = None
        self._phase: Phase = "idle"
        self._wait: Wait | None = None
        self._refusal: VisavisError | None = None
        self._keeping: asyncio.Task[bool] | None = None
        self._ending = False
        """Whether a Stop would come too late, or has come already."""
        self._no_wait = asyncio.Event()
        account.changed.connect(self._on_account_changed)

    @property
    def phase(self) -> Phase:
        return self._phase

    @property
    def wait(self) -> Wait | None:
        """The repeat that is waited for now."""
        return self._wait if self._phase == "waiting" else None

    @property
    def refusal(self) -> VisavisError | None:
        """Why nothing was sent the last time, until it is dismissed."""
        return self._refusal

    @property
    def busy(self) -> bool:
        return self._phase != "idle"

    def send(self) -> None:
        """Send the draft, as soon as its pictures are ready."""
        if not self.busy and not self._draft.empty:
            self._begin(self._send)

    def retry(self) -> None:
        """Ask again for the last answer. One that has text stays visible, but does not go back."""
        if not self.busy and self._messages.messages:
            self._begin(self._retry)

    def stop(self) -> None:
        """End what is under way; what has come stays."""
        if self._task is not None and not self._ending:
            self._ending = True
            self._task.cancel()

    def dismiss_refusal(self) -> None:
        """The person has read why nothing was sent."""
        if self._refusal is not None:
            self._refusal = None
            self.forgiven.emit()

    async def kept(self) -> None:
        """Wait until a question that is being stored is on disk."""
        if self._keeping is not None:
            await asyncio.wait({self._keeping})

    def repeat_now(self) -> None:
        """Do not wait any longer for the repeat."""
        self._no_wait.set()

    def _begin(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._ending = False
        self.dismiss_refusal()
        self._set_phase("preparing")
        self._task = self._tasks.start(self._guarded(work), "worker")
        self._task.add_done_callback(self._rest)

    async def _guarded(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await self._terms.loaded()
            await self._account.ready()
            await work()
        except VisavisError as error:
            self._refuse(error)

    def _refuse(self, error: VisavisError) -> None:
        self._refusal = error
        self.refused.emit(error)

    def _on_account_changed(self) -> None:
        """A key or practice mode has come: that there was none needs no telling any more."""
        if isinstance(self._refusal, NoKey) and self._account.connected:
            self.dismiss_refusal()

    def _rest(self, _task: asyncio.Task[None]) -> None:
        self._task = None
        self._set_phase("idle")

    def _set_phase(self, phase: Phase) -> None:
        if phase != self._phase:
            self._phase = phase
            self.phase_changed.emit(phase)

    # --- one message's way ---

    async def _send(self) -> None:
        await self._draft.settled()
        if self._draft.empty:
            return
        message = Message.from_user(self._draft.text, self._draft.numbered(), id=uuid.uuid4().hex, created=time.time())
        request, promised = self._checked([*self._messages.messages, message])
        self._keeping = self._tasks.start(self._keep(message, self._draft.take()), "keep message")
        try:
            stored = await asyncio.shield(self._keeping)
        finally:
            # A Stop at this moment must not part the message on disk from the one on screen.
            await self.kept()
            self._keeping = None
        if stored:
            await self._answer(request, promised)

    async def _keep(self, message: Message, draft: JSON) -> bool:
        """Store a message; the draft it was is given back where that fails."""
        try:
            facts = await self._terms.begin(message)
        except StoreError as error:
            self._draft.restore(draft)
            self._refuse(error)
            return False
        self._messages.append(message)
        self.stored.emit(facts)
        return True

    async def _retry(self) -> None:
        history = self._messages.messages
        last = history[-1]
        question = max(row for row, message in enumerate(history) if message.role == "user")
        request, promised = self._checked(history[: question + 1])
        if last.role == "assistant" and not last.text:
            await self._store.remove_message(last.id)
            self._messages.remove_last()
        await self._answer(request, promised)

    def _checked(self, history: Sequence[Message]) -> tuple[Request, str]:
        """The request for a history and its estimated cost. Raises RequestRefused, NoKey, BadAddress, BadKey."""
        self._account.client()
        request = self._terms.request(history)
        model = self._account.catalog.get(request.model)
        carried = context(request, self._messages.messages, model, now=time.time())
        ahead = estimate(carried, model, [], "", max_tokens=request.max_tokens)
        check(
            request,
            model,
            self._account.catalog.limits,
            body_bytes=request.body(self._pictures.read).length,
            tokens=carried.tokens,
            kept=lambda sha256: self._pictures.path(sha256).exists(),
        )
        return request, "0" if self._account.practice else exact(ahead.next)

    # --- one answer's way ---

    async def _answer(self, request: Request, promised: str) -> None:
        client, model = self._account.client(), self._account.catalog.get(request.model)
        message = Message(
            "assistant",
            id=uuid.uuid4().hex,
            created=time.time(),
            state="streaming",
            model=request.model,
            server=self._account.server_name,
            prefix=request.prefix,
            estimate=promised,
        )
        reply = Reply(message, self._terms.facts.id, self._messages, self._store, self._tasks)
        state, error = await self._ask(client, request, reply)
        self._ending = True
        ended, facts = await reply.end(state, error, model)
        self.stored.emit(facts)
        self.answered.emit(ended)

    async def _ask(self, client: Client, request: Request, reply: Reply) -> tuple[State, VisavisError | None]:
        """Stream the answer, with the repeats that are safe. Returns how it ended."""
        try:
            await reply.begin()
            await self._stream_with_repeats(client, request, reply)
        except asyncio.CancelledError:
            # Cancelled by nobody's Stop: the app is closing. A repeat that was waited for had cost nothing yet.
            return "stopped" if self._ending else "interrupted", self.wait.error if self.wait else None
        except StreamInterrupted as error:
            return "interrupted", error
        except VisavisError as error:
            return "failed", error
        except Exception as error:  # noqa: BLE001  # no answer may stay "streaming" for ever
            self._tasks.crashed.emit(error)
            return "failed", VisavisError()
        return "complete", None

    async def _stream_with_repeats(self, client: Client, request: Request, reply: Reply) -> None:
        from app.core.client import retry_delay  # httpx: after the first paint

        attempt, waited = 0, 0.0
        while True:
            try:
                return await self._stream(client, request, reply)
            except StreamInterrupted:
                raise
            except ServerError as error:
                if isinstance(error, ApiError) and error.bad_signature and request.thinks:
                    # Refused before any work, so nothing was charged (API.md, section 3.6).
                    request = request.without_thinking()
                    reply.ask_as(request.prefix)
                    self.waiting.emit(Wait(error, 0))
                    continue
                seconds = retry_delay(error, attempt)
                if seconds is None or waited + seconds > _LONGEST_WAIT:
                    raise
                await self._pause(error, seconds)
                attempt, waited = attempt + 1, waited + seconds

    async def _pause(self, error: ServerError, seconds: float) -> None:
        """Wait for the repeat, as long as the person lets us."""
        self._no_wait.clear()
        self._wait = Wait(error, seconds, time.monotonic() + seconds)
        self._set_phase("waiting")
        self.waiting.emit(self._wait)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._no_wait.wait()

    async def _stream(self, client: Client, request: Request, reply: Reply) -> None:
        self._set_phase("asking")
        async with client.stream(request.body(self._pictures.read)) as events:
            async for event in events:
                self._set_phase("streaming")
                reply.apply(event)
