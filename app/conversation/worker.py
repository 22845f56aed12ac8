"""The worker: sends one conversation's messages, streams the answers into the model and the store, mends pictures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from PySide6.QtCore import QObject, Signal

from app.conversation.asking import Asking
from app.conversation.attachment import Source
from app.conversation.branch import Branch
from app.conversation.delivery import Delivery
from app.conversation.draft import Draft
from app.conversation.going_on import can_go_on
from app.conversation.refitting import Refitting
from app.conversation.repairs import Repairs
from app.conversation.repeats import Phase, Repeats, Wait
from app.conversation.terms import Terms
from app.conversation.tools import Tools
from app.conversation.uploading import Uploads
from app.core.cuts import Box, Preset
from app.core.errors import CapReached, NoKey, RequestRefused, VisavisError
from app.core.message import Message

if TYPE_CHECKING:
    from app.core.shelf import Form

__all__ = ["Phase", "Wait", "Worker"]

T = TypeVar("T")


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
        self._messages = branch.messages
        self._draft = draft
        self._store = tools.store
        self._account = tools.account
        self._tasks = tools.tasks
        refitting = Refitting(tools, terms.files)
        self._repeats = Repeats(self._set_phase, self.waiting.emit)
        uploads = Uploads(tools, terms.files, self._repeats, self._on_upload)
        asking = Asking(
            terms,
            branch,
            tools.tasks,
            uploads,
            self._repeats,
            set_phase=self._set_phase,
            told=self.waiting.emit,
            change=self._change,
            stopped=lambda: self._ending,
            gate=tools.spending.gate,
        )
        self._delivery = Delivery(
            tools,
            terms,
            branch,
            draft,
            refitting,
            uploads,
            asking,
            whole=self._whole,
            change=self._change,
            refuse=self._refuse,
            closing=self._close,
            stored=self.stored.emit,
            answered=self.answered.emit,
        )
        self._repairs = Repairs(
            tools,
            terms,
            branch.messages,
            draft,
            refitting,
            uploads,
            change=self._change,
            retry=self._delivery.retry,
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
            self._begin(self._delivery.send)

    def retry(self, message_id: str = "", model: str = "") -> None:
        """Ask again for an answer, the last where none is named, and of another model, by its id, just this once.

        What comes is a version beside it: the answer, and all that followed it, stays on another branch. One without
        text at the end is removed.
        """
        if self._messages.messages:
            self._begin(partial(self._delivery.retry, message_id, model))

    def go_on(self, words: str) -> None:
        """Ask for the rest of the last answer, in these words; the draft stays as it is.

        The answer goes back as far as it came. No new model goes on with words put into its mouth (API.md, section
        3.2), and so what follows is an answer of its own. Does nothing where none that can be gone on with stands last.
        """
        if self._messages.messages and can_go_on(self._messages.messages[-1]):
            self._begin(partial(self._delivery.say, words))

    def repair(self, number: int, how: Literal["shrink", "remove"], *, ask: bool = True) -> None:
        """Make a picture of the history one step smaller, or leave it out.

        Then `ask` again for an answer that failed or has not come. Of the draft, it is sent cheap, or removed.
        """
        if how == "shrink":
            self._begin(partial(self._repairs.shrink, number, self._refusal, ask=ask))
        else:
            self._begin(partial(self._repairs.leave_out, number, ask=ask))

    def leave_out_refused(self) -> None:
        """Leave out all pictures for which the last request was refused; the text of the draft stays."""
        if isinstance(self._refusal, RequestRefused):
            numbers = {offence.picture for offence in self._refusal.offences if offence.picture is not None}
            self._begin(partial(self._repairs.leave_out, *numbers, ask=True))

    def replace_picture(self, number: int, source: Source, *, ask: bool = True) -> None:
        """Put another picture in the place of one of the history; then `ask` again for an answer that failed."""
        self._begin(partial(self._repairs.replace, number, source, ask=ask))

    def bring_back(self, number: int) -> None:
        """Let a picture that was left out or described go again with the next request."""
        self._begin(partial(self._repairs.bring_back, number))

    def arrange(self, forms: Mapping[int, Form]) -> None:
        """Let pictures of the history, by number, go themselves, as words or not at all from the next request on."""
        self._begin(partial(self._repairs.arrange, forms))

    def resend(self, number: int, preset: Preset, region: Box | None = None) -> None:
        """Ask the question of a picture once more, with the picture sent another way. The draft stays as it is."""
        self._begin(partial(self._delivery.resend, number, preset, region))

    def change(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do something else with the messages that must not meet any of these, to its end once it has begun.

        A VisavisError is told by `refused`.
        """
        self._begin(partial(self._whole, work, "change messages"))

    def lock(self) -> None:
        """Be busy for ever: the conversation is there to be read. Before anything was begun."""
        self._set_phase("locked")

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

    def _close(self) -> None:
        """From here on a Stop comes too late."""
        self._ending = True

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

    async def _whole(self, work: Callable[[], Coroutine[Any, Any, T]], name: str) -> T:
        """Do it to its end even if a Stop comes: it must not part what is on disk from what is on screen.

        Raises what it raises; where a Stop came, that is told by `refused`.
        """
        task = self._tasks.start(_tried(work), name)
        self._keeping = task
        try:
            done: T | VisavisError = await asyncio.shield(task)
        except asyncio.CancelledError:
            await self.kept()
            if not task.cancelled() and isinstance(error := task.result(), VisavisError):
                self._refuse(error)
            raise
        finally:
            self._keeping = None
        if isinstance(done, VisavisError):
            raise done
        return done

    # --- the pictures of the history ---

    async def _change(self, messages: Sequence[Message]) -> None:
        """Keep and show other forms of stored messages: all or none. Raises StoreError."""
        if messages:
            await self._whole(partial(self._changed, messages), "keep pictures")

    async def _changed(self, messages: Sequence[Message]) -> None:
        facts = await self._store.replace_messages(self._terms.facts.id, messages)
        for message in messages:
            self._messages.replace(message)
        self.stored.emit(facts)
        self.amended.emit()


async def _tried(work: Callable[[], Coroutine[Any, Any, T]]) -> T | VisavisError:
    """Gives an error back: one that left the task would be told twice, there and by who waits for it."""
    try:
        return await work()
    except VisavisError as error:
        return error
