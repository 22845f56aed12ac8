"""One message's way: from the draft, or from a question that is asked again, to the stored answer."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from app.conversation.asking import Asking
from app.conversation.attachment import Source
from app.conversation.branch import Branch
from app.conversation.draft import Draft
from app.conversation.refitting import Refitting
from app.conversation.reply import Reply
from app.conversation.terms import Terms
from app.conversation.tools import Tools
from app.conversation.uploading import Uploads
from app.core.bill import outcome
from app.core.caching import remembered
from app.core.cost import estimate, exact
from app.core.cuts import Box, Preset
from app.core.errors import StoreError, VisavisError
from app.core.ledger_types import Call
from app.core.message import JSON, Message
from app.core.preflight import check
from app.core.refit import Today, due, planned
from app.core.server import PRACTICE
from app.core.store import Conversation

if TYPE_CHECKING:
    from app.core.client import Client

T = TypeVar("T")

_ROUNDS: Final = 3
"""Refits in a row: only when the bytes are made is it known whether the body has room for them."""


class Whole(Protocol):
    """Does a work to its end even if a Stop comes, and raises what it raises; its name is for who looks at what runs.

    After a Stop nobody waits for it any more: the person is told of an error then.
    """

    async def __call__(self, work: Callable[[], Coroutine[Any, Any, T]], name: str) -> T: ...


class Delivery:
    """The sending part of one conversation's worker: one message at a time, as the worker sees to."""

    def __init__(
        self,
        tools: Tools,
        terms: Terms,
        branch: Branch,
        draft: Draft,
        refitting: Refitting,
        uploads: Uploads,
        asking: Asking,
        *,
        whole: Whole,
        change: Callable[[Sequence[Message]], Awaitable[None]],
        refuse: Callable[[VisavisError], None],
        closing: Callable[[], None],
        stored: Callable[[Conversation], None],
        answered: Callable[[Message], None],
    ) -> None:
        """`change` keeps other forms of messages, `refuse` tells why nothing was sent.

        `closing` is called when a Stop would come too late, `stored` with what the store has of the conversation then,
        `answered` with each answer that has ended.
        """
        self._terms = terms
        self._branch = branch
        self._messages = branch.messages
        self._draft = draft
        self._store = tools.store
        self._account = tools.account
        self._gate = tools.spending.gate
        self._tasks = tools.tasks
        self._refitting = refitting
        self._uploads = uploads
        self._asking = asking
        self._whole = whole
        self._change = change
        self._refuse = refuse
        self._closing = closing
        self._stored = stored
        self._answered = answered

    async def send(self) -> None:
        """Send the draft. Raises what the person is to be told: nothing has left then, and it is still the draft."""
        while True:
            await self._terms.loaded()
            await self._draft.settled()
            if self._draft.empty:
                return
            client, today = self._now()
            message, row = self._written(), self._terms.row
            history, call = await self._refitted([*self._terms.history, message], today, client)
            # What came meanwhile goes along; from here to where the draft is emptied nothing can come.
            same = self._written().content == message.content and self._terms.today.build(()) == today.build(())
            if self._draft.ready and same and row == self._terms.row:
                break
        if await self._whole(partial(self._keep, history[-1], row, self._draft.take()), "keep message"):
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
        self._stored(facts)
        return True

    async def retry(self, message_id: str = "", model: str = "") -> None:
        """Ask again for an answer, the last where none is named, and of another model, by its id, just this once."""
        client, today = self._now()
        if model:
            today = self._terms.today_with(self._terms.model_of(model))
        row = self._row_to_ask(message_id)
        if row is None:
            return
        history, call = await self._refitted(self._messages.messages[:row], today, client)
        if row == len(self._messages.messages) - 1:
            await self._whole(self._branch.drop_empty, "drop an empty answer")
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

    async def resend(self, number: int, preset: Preset, region: Box | None) -> None:
        """Ask the question of a picture once more, with the picture sent another way."""
        asked, blocks = self._messages.message_of(number), self._messages.blocks_of(number)
        if asked is None:
            return
        client, today = self._now()
        name, original, page = blocks[0].name, blocks[0].original, blocks[0].page
        source = Source(name=name, kept=original, page=page, preset=preset, region=region, sharper_than=number)
        others = len(today.build(self._messages.messages).images)
        images = await self._refitting.brought_in(source, today, others)
        numbered = [replace(image, number=self._messages.pictures + 1) for image in images]
        await self._ask(
            Message.from_user(asked.text, numbered, id=uuid.uuid4().hex, created=time.time()), today, client
        )

    async def say(self, words: str) -> None:
        """Send these words after the last answer, and leave the draft as it is."""
        client, today = self._now()
        await self._ask(Message.from_user(words, (), id=uuid.uuid4().hex, created=time.time()), today, client)

    async def _ask(self, message: Message, today: Today, client: Client) -> None:
        """Keep a question that is not from the draft as the last one, and have it answered."""
        history, call = await self._refitted([*self._messages.messages, message], today, client)
        if await self._whole(partial(self._keep, history[-1], len(history) - 1), "keep message"):
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

    async def _refitted(self, history: Sequence[Message], today: Today, client: Client) -> tuple[list[Message], Call]:
        """The history as it can go, everything that is due done in one batch and kept; and its answer for the gate.

        Raises RequestRefused for what no refit mends, and CapReached, before anything is touched.
        """
        await self._refitting.look(history)
        fitted = list(history)
        for _ in range(_ROUNDS):
            refits = due(self._asking.as_sent(fitted, today), today)
            await asyncio.sleep(0)  # both go through the whole history
            call = await self._allowed(planned(fitted, refits), today)
            if not refits:
                break
            done = await self._refitting.done(fitted, refits, today.model.tier.patch)
            fitted = await self._uploads.filled(done, fitted, client)
        else:
            call = await self._allowed(fitted, today)
        changed = [message for message, was in zip(fitted, history, strict=True) if message is not was]
        await self._change([message for message in changed if self._messages.row_of(message.id) >= 0])
        return fitted, call

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
        self._closing()
        try:
            ended, facts = await reply.end(state, error, today.model)
        except StoreError:
            await self._settle(reply.message, today)
            raise
        unsettled = await self._settle(ended, today)  # first, since `answered` has readers of the ledger
        self._stored(facts)
        self._answered(ended)
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
