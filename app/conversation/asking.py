"""One request on the line: what is to be is uploaded, the answer streams in, and what goes wrong is traced."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from app.conversation.branch import Branch
from app.conversation.repeats import Phase, Repeats, Wait
from app.conversation.reply import Reply
from app.conversation.tasks import Tasks
from app.conversation.terms import Terms
from app.conversation.uploading import Uploads, ids_of_files, marked, without_files
from app.core.caching import without_thinking
from app.core.errors import (
    ApiError,
    BadKey,
    NoKey,
    NotConnected,
    NotTheApi,
    ServerError,
    StoreError,
    StreamInterrupted,
    VisavisError,
)
from app.core.gate import Gate, Permit
from app.core.ledger_types import Call, Outcome
from app.core.message import Message, State
from app.core.refit import Today
from app.core.request import Request

if TYPE_CHECKING:
    from app.core.client import Client

_NOT_FOUND: Final = 404


class Sent(NamedTuple):
    """A request that has left."""

    permit: Permit
    request: Request


class Asking:
    """The streaming half of one conversation's worker."""

    def __init__(
        self,
        terms: Terms,
        branch: Branch,
        tasks: Tasks,
        uploads: Uploads,
        repeats: Repeats,
        *,
        set_phase: Callable[[Phase], None],
        told: Callable[[Wait], None],
        change: Callable[[Sequence[Message]], Awaitable[None]],
        stopped: Callable[[], bool],
        gate: Gate,
    ) -> None:
        """`told` is called before a repeat without a wait, `change` keeps other forms of messages.

        `stopped`: by the person.
        """
        self._terms = terms
        self._branch = branch
        self._messages = branch.messages
        self._tasks = tasks
        self._uploads = uploads
        self._repeats = repeats
        self._set_phase = set_phase
        self._told = told
        self._change = change
        self._stopped = stopped
        self._gate = gate
        self.sent: Sent | None = None
        """The request whose answer came last, of which the ledger is to be told what it cost."""

    async def ask(
        self, client: Client, today: Today, history: Sequence[Message], reply: Reply, call: Call
    ) -> tuple[State, VisavisError | None]:
        """Upload what is to be, stream the answer. Returns how it ended. `call` is what the gate is asked for."""
        self.sent = None
        try:
            await reply.begin()
            request = today.build(await self._uploaded(client, today, history))
            reply.ask_as(request.prefix, reply.message.cache)
            await self._stream(client, request, reply, replace(call, message=reply.message.id))
        except asyncio.CancelledError:
            # Cancelled by nobody's Stop: the app is closing. A repeat that was waited for had cost nothing yet.
            waited = self._repeats.wait
            return "stopped" if self._stopped() else "interrupted", waited.error if waited else None
        except StreamInterrupted as error:
            return "interrupted", error
        except VisavisError as error:
            return "failed", error
        except Exception as error:  # noqa: BLE001  # no answer may stay "streaming" for ever
            self._tasks.crashed.emit(error)
            return "failed", VisavisError()
        finally:
            self._repeats.wait = None
        return "complete", None

    def as_sent(self, history: Sequence[Message], today: Today) -> list[Message]:
        """The history with the pictures of its question as files to come, where the person wants them on the server.

        A question that was sent before stays as it went.
        """
        known = self._messages.messages
        row = self._messages.row_of(history[-1].id)
        now = known[-1].id if known else ""
        was_answered = row >= 0 and any(answer.usage is not None for answer in known[row:])
        was_sent = was_answered or self._branch.was_answered(history[-1].id, besides=now)
        return list(history) if was_sent or not today.uploads else marked(history, today.build(()))

    async def _uploaded(self, client: Client, today: Today, history: Sequence[Message]) -> list[Message]:
        filled = await self._uploads.filled(self.as_sent(history, today), history, client)
        await self._change([filled[-1]] if filled[-1] is not history[-1] else [])
        return filled

    async def _stream(self, client: Client, request: Request, reply: Reply, call: Call) -> None:
        """Ask until the answer has streamed in."""
        again: Request | None = request
        while again is not None:
            again = await self._repeats.until_done(partial(self._tried, client, again, reply, call))

    async def _tried(self, client: Client, request: Request, reply: Reply, call: Call) -> Request | None:
        """Ask once. Returns the request that is to be made instead, where there is one: it did not count."""
        try:
            await self._once(client, request, reply, call)
        except ApiError as error:
            await self._trace(client, error, request)
            if not (error.bad_signature and request.thinks):
                raise
            # Refused before any work, so nothing was charged (API.md, section 3.6).
            reply.ask_as(request.without_thinking().prefix, without_thinking(reply.message.cache))
            self._told(Wait(error, 0))
            return request.without_thinking()
        return None

    async def _once(self, client: Client, request: Request, reply: Reply, call: Call) -> None:
        permit = await self._gate.admit(call)
        self.sent = Sent(permit, request)
        try:
            await self._streamed(client, request, reply, permit)
        except (NotConnected, NoKey, BadKey, asyncio.CancelledError):
            if not permit.left:
                self.sent = None
                with suppress(StoreError):  # here and below: the error that is there already tells more
                    await permit.withdraw()
            raise
        except (ApiError, NotTheApi):  # refused before any work, so nothing was charged
            self.sent = None
            with suppress(StoreError):
                await permit.settle(Outcome("failed"))
            raise

    async def _streamed(self, client: Client, request: Request, reply: Reply, permit: Permit) -> None:
        self._set_phase("asking")
        names = {image.sent: image.name for image in request.images}
        files = self._terms.files
        body = request.body(lambda sha256: files.read(sha256, names.get(sha256, "")))
        async with client.stream(body, permit) as events:
            async for event in events:
                self._set_phase("streaming")
                reply.apply(event)

    async def _trace(self, client: Client, error: ApiError, request: Request) -> None:
        """Say which picture an error is about, by its place in the request; remember which files are gone."""
        image = request.image_at(*error.block) if error.block is not None else None
        if image is None and error.of_link:
            links = [each for each in request.images if request.source(each) == "url"]
            links = [each for each in links if each.url in error.message] or links
            image = links[0] if len(links) == 1 else None
            error.links = tuple(each.number for each in links) if len(links) > 1 else ()
        if image is not None:
            error.picture, error.picture_name = image.number, image.name
        if error.status == _NOT_FOUND and (gone := await _vanished(client, error, request)):
            await self._change(without_files(self._messages.messages, gone))


async def _vanished(client: Client, error: ApiError, request: Request) -> frozenset[str]:
    """Ids of the request's files that are not there any more, after an error that may speak of one (API.md, section 5).

    It names one at most. The server is asked which there are, so that all others are uploaded with it.
    """
    sent = ids_of_files(request)
    if not sent:
        return sent
    at_block = request.image_at(*error.block) if error.block is not None else None
    named = frozenset(
        id_ for id_ in sent if id_ in error.message or (at_block and at_block.file and at_block.file.id == id_)
    )
    try:
        gone = named | (sent - {file.id for file in await client.files()})
    except ServerError:
        gone = named
    return gone or (sent if error.code == "file_expired" else gone)
