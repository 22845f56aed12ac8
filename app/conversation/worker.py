"""The worker: sends one conversation's messages, streams the answers into the model and the store, mends pictures."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from PySide6.QtCore import QObject, Signal

from app.conversation.asking import Asking
from app.conversation.attachment import Source
from app.conversation.branch import Branch
from app.conversation.draft import Draft
from app.conversation.refitting import Refitting
from app.conversation.repairs import Repairs
from app.conversation.repeats import Phase, Repeats, Wait
from app.conversation.reply import Reply
from app.conversation.terms import Terms
from app.conversation.tools import Tools
from app.conversation.uploading import Uploads
from app.core.bill import outcome
from app.core.caching import remembered
from app.core.cost import estimate, exact
from app.core.cuts import Box, Preset
from app.core.errors import CapReached, NoKey, StoreError, VisavisError
from app.core.ledger_types import Call
from app.core.message import JSON, Message
from app.core.preflight import check
from app.core.refit import Today, due, planned
from app.core.server import PRACTICE

if TYPE_CHECKING:
    from app.core.client import Client
    from app.core.shelf import Form

__all__ = ["Phase", "Wait", "Worker"]

T = TypeVar("T")

_ROUNDS: Final = 3
"""Refits in a row: only when the bytes are made is it known whether the body has room for them."""


class Worker(QObject):
    """One conversation's line to the server. Public methods return at once, and do nothing while it is busy.

    Signals:
        phase_changed(str): the `Phase`.
        progressed(): `progress` is another.
        refused(VisavisError): nothing was sent; the message stays in the draft.
        forgiven(): what `refusal` told is dismissed, or holds no longer.
        waiting(Wait): a repeat follows unless `stop` is called; `repeat_now` does not wait.
        stored(Conversation): the conversation as the store has it now.
        amended(): pictures of earlier messages are others now.
        answered(Message): an answer has ended, however it did.
    """

    phase_changed = Signal(str)
    progressed = Signal()
    refused = Signal(object)
    forgiven = Signal()
    waiting = Signal(object)
    stored = Signal(object)
    amended = Signal()
    answered = Signal(object)

    def __init__(self, terms: Terms, branch: Branch, draft: Draft, tools: Tools, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._terms = terms
        self._branch = branch
        self._messages = branch.messages
        self._draft = draft
        self._store = tools.store
        self._account = tools.account
        self._gate = tools.spending.gate
        self._tasks = tools.tasks
        self._refitting = Refitting(tools, terms.files)
        self._repeats = Repeats(self._set_phase, self.waiting.emit)
        self._uploads = Uploads(tools, terms.files, self._repeats, self._on_upload)
        self._asking = Asking(
            terms,
            branch,
            tools.tasks,
            self._uploads,
            self._repeats,
            set_phase=self._set_phase,
            told=self.waiting.emit,
            change=self._change,
            stopped=lambda: self._ending,
            gate=tools.spending.gate,
        )
        self._repairs = Repairs(
            tools, terms, branch.messages, draft, self._refitting, self._uploads, change=self._change, retry=self._retry
        )
        self._task: asyncio.Task[None] | None = None
        self._phase: Phase = "idle"
        self._progress = (0, 0)
        self._refusal: VisavisError | None = None
        self._keeping: asyncio.Task[Any] | None = None
        self._ending = False
        """Whether a Stop would come too late, or has come already."""
        self._spending = tools.spending
        self._caps = self._spending.caps
        self._account.changed.connect(self._on_account_changed)
        tools.preferences.changed.connect(self._on_preferences_changed)

    @property
    def phase(self) -> Phase:
        return self._phase

    @property
    def progress(self) -> tuple[int, int]:
        """While "uploading": how many pictures are on the server, and how many are to be."""
        return self._progress

    @property
    def wait(self) -> Wait | None:
        """The repeat that is waited for now."""
        return self._repeats.wait

    @property
    def refusal(self) -> VisavisError | None:
        """Why nothing was sent the last time, until it is dismissed."""
        return self._refusal

    @property
    def busy(self) -> bool:
        return self._phase != "idle"

    # --- what the person does ---

    def send(self) -> None:
        """Send the draft, as soon as its pictures are ready."""
        if not (self._draft.empty and self._draft.ready):
            self._begin(self._send)

    def retry(self, message_id: str = "", model: str = "") -> None:
        """Ask again for an answer, the last where none is named, and of another model, by its id, just this once.

        What comes is a version beside it: the answer, and all that followed it, stays on another branch. One without
        text at the end is removed.
        """
        if self._messages.messages:
            self._begin(partial(self._retry, message_id, model))

    def repair(self, number: int, how: Literal["shrink", "remove"]) -> None:
        """Make a picture of the history one step smaller, or leave it out; then ask again for an answer that failed.

        Of the draft, the picture is sent cheap, or removed.
        """
        if how == "shrink":
            self._begin(partial(self._repairs.shrink, number, self._refusal))
        else:
            self._begin(partial(self._repairs.leave_out, number))

    def replace_picture(self, number: int, source: Source) -> None:
        """Put another picture in the place of one of the history; then ask again for an answer that failed."""
        self._begin(partial(self._repairs.replace, number, source))

    def bring_back(self, number: int) -> None:
        """Let a picture that was left out or described go again with the next request."""
        self._begin(partial(self._repairs.bring_back, number))

    def arrange(self, forms: Mapping[int, Form]) -> None:
        """Let pictures of the history, by number, go themselves, as words or not at all from the next request on."""
        self._begin(partial(self._repairs.arrange, forms))

    def resend(self, number: int, preset: Preset, region: Box | None = None) -> None:
        """Ask the question of a picture once more, with the picture sent another way. The draft stays as it is."""
        self._begin(partial(self._resend, number, preset, region))

    def change(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do something else with the messages that must not meet any of these; a VisavisError is told by `refused`."""
        self._begin(work)

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

    def repeat_now(self) -> None:
        """Do not wait any longer for the repeat."""
        self._repeats.now()

    async def kept(self) -> None:
        """Wait until what is being stored is on disk."""
        if self._keeping is not None:
            await asyncio.wait({self._keeping})

    # --- how every work goes ---

    def _begin(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if self.busy:
            return
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

    def _on_preferences_changed(self) -> None:
        """Another cap: that the former was reached needs no telling any more."""
        was, self._caps = self._caps, self._spending.caps
        if isinstance(self._refusal, CapReached) and self._caps != was:
            self.dismiss_refusal()

    def _rest(self, _task: asyncio.Task[None]) -> None:
        self._task = self._repeats.wait = None
        self._set_phase("idle")

    def _set_phase(self, phase: Phase) -> None:
        if phase != self._phase:
            self._phase = phase
            self.phase_changed.emit(phase)

    def _on_upload(self, done: int, count: int) -> None:
        self._progress = (done, count)
        self._set_phase("uploading")
        self.progressed.emit()

    async def _whole(self, work: Coroutine[Any, Any, T], name: str) -> T:
        """Do it to its end even if a Stop comes: it must not part what is on disk from what is on screen."""
        task = self._tasks.start(work, name)
        self._keeping = task
        try:
            return await asyncio.shield(task)
        finally:
            await self.kept()
            self._keeping = None

    # --- one message's way ---

    async def _send(self) -> None:
        while True:
            await self._draft.settled()
            if self._draft.empty:
                return
            client, today = self._now()
            message, row = self._written(), self._terms.row
            history = await self._refitted([*self._terms.history, message], today, client)
            call = await self._allowed(history, today)
            # What came meanwhile goes along; from here to where the draft is emptied nothing can come.
            same = self._written().content == message.content and self._terms.today.build(()) == today.build(())
            if self._draft.ready and same and row == self._terms.row:
                break
        if await self._whole(self._keep(history[-1], row, self._draft.take()), "keep message"):
            await self._answer(history, today, client, call)

    def _now(self) -> tuple[Client, Today]:
        """What one work asks, and with what, to its end, whatever is chosen later. Raises NoKey, BadAddress, BadKey."""
        return self._account.client(), self._terms.today

    def _written(self) -> Message:
        """The draft as a message."""
        return Message.from_user(self._draft.text, self._draft.numbered(), id=uuid.uuid4().hex, created=time.time())

    async def _keep(self, message: Message, row: int, draft: JSON | None = None) -> bool:
        """Store a question, and show it in that row; the draft it was is given back where that fails."""
        parent = self._branch.parent_at(row, message.role)
        try:
            if draft is not None:
                facts = await self._terms.begin(message, parent)
            else:
                facts = await self._store.add_message(self._terms.facts.id, message, parent)
        except StoreError as error:
            if draft is not None:
                self._draft.restore(draft)
            self._refuse(error)
            return False
        self._branch.place(message, row)
        self.stored.emit(facts)
        return True

    async def _retry(self, message_id: str = "", model: str = "") -> None:
        client, today = self._now()
        if model:
            today = self._terms.today_with(self._terms.model_of(model))
        row = self._row_to_ask(message_id)
        if row is None:
            return
        history = await self._refitted(self._messages.messages[:row], today, client)
        call = await self._allowed(history, today)
        if row == len(self._messages.messages) - 1:
            await self._branch.drop_empty()
        await self._answer(history, today, client, call)

    def _row_to_ask(self, message_id: str) -> int | None:
        """The row of the answer that is asked for again; None without a question, or where another follows that."""
        messages = self._messages.messages
        named = self._messages.row_of(message_id) if message_id else len(messages) - 1
        asked = next((row for row in range(named, -1, -1) if messages[row].role == "user"), None)
        if asked is None:
            return None
        follows = messages[asked + 1].role if asked + 1 < len(messages) else "assistant"
        return asked + 1 if follows == "assistant" else None

    async def _resend(self, number: int, preset: Preset, region: Box | None) -> None:
        asked, blocks = self._messages.message_of(number), self._messages.blocks_of(number)
        if asked is None:
            return
        client, today = self._now()
        name, original, page = blocks[0].name, blocks[0].original, blocks[0].page
        source = Source(name=name, kept=original, page=page, preset=preset, region=region, sharper_than=number)
        others = len(today.build(self._messages.messages).images)
        images = await self._refitting.brought_in(source, today, others)
        numbered = [replace(image, number=self._messages.pictures + 1) for image in images]
        message = Message.from_user(asked.text, numbered, id=uuid.uuid4().hex, created=time.time())
        history = await self._refitted([*self._messages.messages, message], today, client)
        call = await self._allowed(history, today)
        if await self._whole(self._keep(history[-1], len(history) - 1), "keep message"):
            await self._answer(history, today, client, call)

    async def _allowed(self, history: Sequence[Message], today: Today) -> Call:
        """What having `history` answered is for the gate. Raises RequestRefused, CapReached."""
        call = self._promised(history, today)
        await self._gate.check(call)
        return call

    def _promised(self, history: Sequence[Message], today: Today) -> Call:
        """The same without asking the gate. Raises RequestRefused."""
        request, model = today.build(self._asking.as_sent(history, today)), today.model
        carried = today.context(request, self._messages.messages)
        ahead = estimate(carried, model, [], "", max_tokens=request.max_tokens)
        check(
            request,
            model,
            today.limits,
            body_bytes=request.length,
            tokens=carried.tokens,
            found=today.found,
            now=today.now,
        )
        return Call(
            "message",
            server=request.server,
            model=request.model,
            conversation=self._terms.facts.id,
            ahead=ahead.next,
            at_most=ahead.at_most,
            practice=request.server == PRACTICE,
        )

    # --- the pictures of the history ---

    async def _refitted(self, history: Sequence[Message], today: Today, client: Client) -> list[Message]:
        """The history as it can go: everything that is due done in one batch, and kept.

        Raises RequestRefused for what no refit mends, and CapReached, before anything is touched.
        """
        await self._refitting.look(history)
        fitted = list(history)
        for _ in range(_ROUNDS):
            refits = due(self._asking.as_sent(fitted, today), today)
            await self._allowed(planned(fitted, refits), today)
            if not refits:
                break
            done = await self._refitting.done(fitted, refits, today.model.tier.patch)
            fitted = await self._uploads.filled(done, fitted, client)
        stored = {message.id for message in self._messages.messages}
        await self._change([m for m, was in zip(fitted, history, strict=True) if m is not was and m.id in stored])
        return fitted

    async def _change(self, messages: Sequence[Message]) -> None:
        """Keep and show other forms of stored messages: all or none. Raises StoreError."""
        if messages and (error := await self._whole(self._changed(messages), "keep pictures")) is not None:
            raise error

    async def _changed(self, messages: Sequence[Message]) -> StoreError | None:
        try:
            facts = await self._store.replace_messages(self._terms.facts.id, messages)
        except StoreError as error:
            return error
        for message in messages:
            self._messages.replace(message)
        self.stored.emit(facts)
        self.amended.emit()
        return None

    # --- one answer's way ---

    async def _answer(self, history: Sequence[Message], today: Today, client: Client, call: Call) -> None:
        request = today.build(history)
        message = Message(
            "assistant",
            id=uuid.uuid4().hex,
            created=time.time(),
            state="streaming",
            model=request.model,
            server=request.server,
            prefix=request.prefix,
            ttl=request.ttl,
            cache=remembered(request, self._known(today), today.now),
            estimate="0" if call.practice else exact(call.ahead),
        )
        reply = Reply(message, self._terms.facts.id, self._branch, len(history), self._store, self._tasks)
        state, error = await self._asking.ask(client, today, history, reply, call)
        self._ending = True
        try:
            ended, facts = await reply.end(state, error, today.model)
        except StoreError:
            await self._settle(reply.message, today)
            raise
        unsettled = await self._settle(ended, today)  # first, since `answered` has readers of the ledger
        self.stored.emit(facts)
        self.answered.emit(ended)
        if unsettled is not None:
            self._tasks.failed.emit(unsettled)

    def _known(self, today: Today) -> Sequence[Message]:
        """All that went to a server, with what an edited question has just taken from the branch shown."""
        return replace(today, others=self._messages.others).known(self._messages.messages)

    async def _settle(self, ended: Message, today: Today) -> StoreError | None:
        """Tell the ledger what the answer cost. Returns why that failed: no answer is lost over it."""
        if (sent := self._asking.sent) is not None:
            try:
                await sent.permit.settle(outcome(ended, sent.request, today.model))
            except StoreError as error:
                return error
        return None
