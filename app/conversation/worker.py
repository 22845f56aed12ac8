"""The worker: sends one conversation's messages, streams the answers into the model and the store, mends pictures."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final, Literal, TypeVar

from PySide6.QtCore import QObject, Signal

from app.conversation.asking import Asking, Phase, Wait
from app.conversation.attachment import Source
from app.conversation.draft import Draft
from app.conversation.messages import MessageModel
from app.conversation.refitting import Refitting
from app.conversation.repairs import brought_back, left_out, replaced
from app.conversation.reply import Reply
from app.conversation.terms import Terms
from app.conversation.tools import Tools
from app.conversation.uploading import Uploads
from app.core.cost import context, estimate, exact
from app.core.cuts import Box, Preset
from app.core.errors import NoKey, Offence, RequestRefused, StoreError, VisavisError
from app.core.message import JSON, Message
from app.core.preflight import check
from app.core.refit import due, planned, shrunk

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

    def __init__(
        self, terms: Terms, messages: MessageModel, draft: Draft, tools: Tools, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._terms = terms
        self._messages = messages
        self._draft = draft
        self._store = tools.store
        self._account = tools.account
        self._tasks = tools.tasks
        self._refitting = Refitting(tools, terms.files)
        self._uploads = Uploads(tools, terms.files, self._on_upload)
        self._asking = Asking(
            terms,
            messages,
            tools.tasks,
            self._uploads,
            set_phase=self._set_phase,
            told=self.waiting.emit,
            change=self._change,
            stopped=lambda: self._ending,
        )
        self._task: asyncio.Task[None] | None = None
        self._phase: Phase = "idle"
        self._progress = (0, 0)
        self._refusal: VisavisError | None = None
        self._keeping: asyncio.Task[Any] | None = None
        self._ending = False
        """Whether a Stop would come too late, or has come already."""
        self._account.changed.connect(self._on_account_changed)

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
        return self._asking.wait

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

    def retry(self) -> None:
        """Ask again for the last answer. One that has text stays visible, but does not go back."""
        if self._messages.messages:
            self._begin(self._retry)

    def repair(self, number: int, how: Literal["shrink", "remove"]) -> None:
        """Make a picture of the history one step smaller, or leave it out; then ask again for an answer that failed.

        Of the draft, the picture is sent cheap, or removed.
        """
        self._begin(partial(self._shrink if how == "shrink" else self._leave_out, number))

    def replace_picture(self, number: int, source: Source) -> None:
        """Put another picture in the place of one of the history; then ask again for an answer that failed."""
        self._begin(partial(self._replace, number, source))

    def bring_back(self, number: int) -> None:
        """Let a picture that was left out go again with the next request."""
        self._begin(partial(self._bring_back, number))

    def resend(self, number: int, preset: Preset, region: Box | None = None) -> None:
        """Ask the question of a picture once more, with the picture sent another way. The draft stays as it is."""
        self._begin(partial(self._resend, number, preset, region))

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
        self._asking.repeat_now()

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

    def _rest(self, _task: asyncio.Task[None]) -> None:
        self._task = None
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
        await self._draft.settled()
        if self._draft.empty:
            return
        message = Message.from_user(self._draft.text, self._draft.numbered(), id=uuid.uuid4().hex, created=time.time())
        history = await self._refitted([*self._messages.messages, message])
        promised = self._promised(history)
        if await self._whole(self._keep(history[-1], self._draft.take()), "keep message"):
            await self._answer(history, promised)

    async def _keep(self, message: Message, draft: JSON | None = None) -> bool:
        """Store a message; the draft it was is given back where that fails."""
        try:
            if draft is not None:
                facts = await self._terms.begin(message)
            else:
                facts = await self._store.add_message(self._terms.facts.id, message)
        except StoreError as error:
            if draft is not None:
                self._draft.restore(draft)
            self._refuse(error)
            return False
        self._messages.append(message)
        self.stored.emit(facts)
        return True

    async def _retry(self) -> None:
        messages = self._messages.messages
        question = max(row for row, message in enumerate(messages) if message.role == "user")
        history = await self._refitted(messages[: question + 1])
        promised = self._promised(history)
        last = messages[-1]
        if last.role == "assistant" and not last.text:
            await self._store.remove_message(last.id)
            self._messages.remove_last()
        await self._answer(history, promised)

    async def _resend(self, number: int, preset: Preset, region: Box | None) -> None:
        asked, blocks = self._messages.message_of(number), self._messages.blocks_of(number)
        if asked is None:
            return
        name, original, page = blocks[0].name, blocks[0].original, blocks[0].page
        source = Source(name=name, kept=original, page=page, preset=preset, region=region, sharper_than=number)
        images = await self._refitting.brought_in(source, self._terms.today, self._others())
        numbered = [replace(image, number=self._messages.pictures + 1) for image in images]
        message = Message.from_user(asked.text, numbered, id=uuid.uuid4().hex, created=time.time())
        history = await self._refitted([*self._messages.messages, message])
        promised = self._promised(history)
        if await self._whole(self._keep(history[-1]), "keep message"):
            await self._answer(history, promised)

    def _promised(self, history: Sequence[Message]) -> str:
        """The estimated cost of having `history` answered. Raises RequestRefused, NoKey, BadAddress, BadKey."""
        self._account.client()
        today = self._terms.today
        request, model = today.build(history), today.model
        carried = context(request, self._messages.messages, model, now=today.now)
        ahead = estimate(carried, model, [], "", max_tokens=request.max_tokens)
        check(
            request,
            model,
            today.limits,
            body_bytes=request.body(bytes.fromhex).length,
            tokens=carried.tokens,
            found=today.found,
            now=today.now,
        )
        return "0" if self._account.practice else exact(ahead.next)

    # --- the pictures of the history ---

    async def _refitted(self, history: Sequence[Message]) -> list[Message]:
        """The history as it can go: everything that is due done in one batch, and kept.

        Raises RequestRefused for what no refit mends, before anything is touched.
        """
        await self._refitting.look(history)
        fitted = list(history)
        for _ in range(_ROUNDS):
            today = self._terms.today
            refits = due(fitted, today)
            self._promised(planned(fitted, refits))
            if not refits:
                break
            done = await self._refitting.done(fitted, refits, today.model.tier.patch)
            fitted = await self._uploads.filled(done, fitted)
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

    async def _shrink(self, number: int) -> None:
        message, today = self._messages.message_of(number), self._terms.today
        if message is None:
            self._with_drafted(number, lambda row: self._draft.set_preset(row, "cheap"))
            return
        await self._refitting.look([message])
        refit = shrunk(message, number, today)
        if refit is None:
            name = self._messages.blocks_of(number)[0].name
            raise RequestRefused((Offence("missing_picture", picture=number, name=name),))
        done = await self._refitting.done([message], [refit], today.model.tier.patch)
        await self._mend(await self._uploads.filled(done, self._messages.messages))

    async def _leave_out(self, number: int) -> None:
        self._with_drafted(number, self._draft.remove)
        await self._mend(left_out(self._messages.messages, number))

    async def _bring_back(self, number: int) -> None:
        await self._change(brought_back(self._messages.messages, number))

    async def _replace(self, number: int, source: Source) -> None:
        if self._messages.message_of(number) is not None:
            others = self._others() - len(self._messages.blocks_of(number))
            images = await self._refitting.brought_in(source, self._terms.today, others)
            await self._mend(replaced(self._messages.messages, number, images))

    async def _mend(self, changed: Sequence[Message]) -> None:
        """Keep a repair, and ask again where the last question has no good answer."""
        await self._change(changed)
        last = self._messages.messages[-1]
        if changed and (last.role == "user" or last.state == "failed"):
            await self._retry()

    def _with_drafted(self, number: int, mend: Callable[[int], None]) -> None:
        row = number - self._draft.first_number
        if 0 <= row < len(self._draft.pictures):
            mend(row)

    def _others(self) -> int:
        """Blocks of pictures that the next request carries along."""
        return len(self._terms.today.build(self._messages.messages).images)

    # --- one answer's way ---

    async def _answer(self, history: Sequence[Message], promised: str) -> None:
        client, today = self._account.client(), self._terms.today
        request = today.build(history)
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
        state, error = await self._asking.ask(client, history, reply)
        self._ending = True
        ended, facts = await reply.end(state, error, today.model)
        self.stored.emit(facts)
        self.answered.emit(ended)
