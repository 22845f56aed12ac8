"""One request on the line: the answer streams in, with the repeats that are safe, and what goes wrong is traced."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from app.conversation.messages import MessageModel
from app.conversation.reply import Reply
from app.conversation.tasks import Tasks
from app.conversation.terms import Terms
from app.conversation.uploading import Uploads, marked, without_files
from app.core.errors import ApiError, ServerError, StreamInterrupted, VisavisError
from app.core.message import Message, State
from app.core.request import Request

if TYPE_CHECKING:
    from app.core.client import Client

Phase = Literal["idle", "preparing", "uploading", "asking", "streaming", "waiting"]

_LONGEST_WAIT: Final = 60.0
"""Seconds that the repeats of one request may wait in all (RELIABILITY, section 2.3)."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A repeat that is about to happen by itself."""

    error: ServerError
    seconds: float
    """From now; 0 where it happens at once."""
    until: float = 0.0
    """The same as a time of `time.monotonic`."""


class Asking:
    """The streaming half of one conversation's worker."""

    def __init__(
        self,
        terms: Terms,
        messages: MessageModel,
        tasks: Tasks,
        uploads: Uploads,
        *,
        set_phase: Callable[[Phase], None],
        told: Callable[[Wait], None],
        change: Callable[[Sequence[Message]], Awaitable[None]],
        stopped: Callable[[], bool],
    ) -> None:
        """`told` is called before each repeat, `change` keeps other forms of messages; `stopped`: by the person."""
        self._terms = terms
        self._messages = messages
        self._tasks = tasks
        self._uploads = uploads
        self._set_phase = set_phase
        self._told = told
        self._change = change
        self._stopped = stopped
        self._no_wait = asyncio.Event()
        self.wait: Wait | None = None
        """The repeat that is waited for now."""

    def repeat_now(self) -> None:
        self._no_wait.set()

    async def ask(self, client: Client, history: Sequence[Message], reply: Reply) -> tuple[State, VisavisError | None]:
        """Upload what is to be, stream the answer. Returns how it ended."""
        try:
            await reply.begin()
            request = self._terms.today.build(await self._uploaded(history))
            reply.ask_as(request.prefix)
            await self._stream(client, request, reply)
        except asyncio.CancelledError:
            # Cancelled by nobody's Stop: the app is closing. A repeat that was waited for had cost nothing yet.
            return "stopped" if self._stopped() else "interrupted", self.wait.error if self.wait else None
        except StreamInterrupted as error:
            return "interrupted", error
        except VisavisError as error:
            return "failed", error
        except Exception as error:  # noqa: BLE001  # no answer may stay "streaming" for ever
            self._tasks.crashed.emit(error)
            return "failed", VisavisError()
        finally:
            self.wait = None
        return "complete", None

    async def _uploaded(self, history: Sequence[Message]) -> list[Message]:
        """The history with the pictures of its question on the server, where the person wants them there."""
        today, question = self._terms.today, history[-1]
        row = next(row for row, message in enumerate(self._messages.messages) if message.id == question.id)
        was_sent = any(answer.usage is not None for answer in self._messages.messages[row:])
        if not today.uploads or was_sent:
            return list(history)
        filled = await self._uploads.filled(marked(history, today.build(history)), history)
        await self._change([filled[-1]] if filled[-1] is not question else [])
        return filled

    async def _stream(self, client: Client, request: Request, reply: Reply) -> None:
        """Ask until the answer has streamed in."""
        from app.core.client import retry_delay  # httpx: after the first paint

        attempt, waited = 0, 0.0
        while True:
            try:
                return await self._once(client, request, reply)
            except StreamInterrupted:
                raise
            except ServerError as error:
                if isinstance(error, ApiError):
                    await self._trace(error, request)
                    if error.bad_signature and request.thinks:
                        # Refused before any work, so nothing was charged (API.md, section 3.6).
                        request = request.without_thinking()
                        reply.ask_as(request.prefix)
                        self._told(Wait(error, 0))
                        continue
                seconds = retry_delay(error, attempt)
                if seconds is None or waited + seconds > _LONGEST_WAIT:
                    raise
                await self._pause(error, seconds)
                attempt, waited = attempt + 1, waited + seconds

    async def _pause(self, error: ServerError, seconds: float) -> None:
        """Wait for the repeat, as long as the person lets us."""
        self._no_wait.clear()
        self.wait = Wait(error, seconds, time.monotonic() + seconds)
        self._set_phase("waiting")
        self._told(self.wait)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._no_wait.wait()
        self.wait = None

    async def _once(self, client: Client, request: Request, reply: Reply) -> None:
        self._set_phase("asking")
        names = {image.sent: image.name for image in request.images}
        files = self._terms.files
        body = request.body(lambda sha256: files.read(sha256, names.get(sha256, "")))
        async with client.stream(body) as events:
            async for event in events:
                self._set_phase("streaming")
                reply.apply(event)

    async def _trace(self, error: ApiError, request: Request) -> None:
        """Say which picture an error is about, by its place in the request; remember that a file is gone."""
        image = request.image_at(*error.block) if error.block is not None else None
        if image is not None:
            error.picture, error.picture_name = image.number, image.name
        if gone := _vanished(error, request):
            await self._change(without_files(self._messages.messages, gone))


def _vanished(error: ApiError, request: Request) -> frozenset[str]:
    """Ids of the request's files that an error says are not there any more (API.md, section 5)."""
    if error.status != 404:
        return frozenset()
    at_block = request.image_at(*error.block) if error.block is not None else None
    return frozenset(
        image.file.id
        for image in request.images
        if image.file is not None
        and request.source(image) == "file"
        and (image is at_block or image.file.id in error.message)
    )
