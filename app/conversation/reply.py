"""An answer while it streams: every event folded in, shown at once and on disk a fifth of a second later."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from app.conversation.branch import Branch
from app.conversation.tasks import Tasks
from app.core.catalog import Model
from app.core.cost import cost_of
from app.core.errors import StoreError, VisavisError
from app.core.failure import error_to_json
from app.core.message import JSON, THINKING, Message, ReplyBlock, State
from app.core.store import Conversation, Store

SAVE_SECONDS: Final = 0.2
"""How much streamed text a crash may cost at most."""


class Reply:
    """The last row of a model, from the empty answer to its final state."""

    def __init__(
        self, message: Message, conversation: str, branch: Branch, row: int, store: Store, tasks: Tasks
    ) -> None:
        """The answer comes in that row; what stands there stays on another branch."""
        self.message = message
        self._conversation = conversation
        self._branch = branch
        self._row = row
        self._messages = branch.messages
        self._store = store
        self._tasks = tasks
        self._began = time.monotonic()
        self._thinks_since = 0.0
        self._unsaved: list[JSON] = []
        self._timer: asyncio.Handle | None = None
        self._saving: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Show the empty answer, and keep it so that a crash finds it."""
        parent = self._branch.place(self.message, self._row)
        await self._store.add_message(self._conversation, self.message, parent)

    def ask_as(self, prefix: str, cache: JSON | None) -> None:
        """The same answer is asked for with another prompt, before anything of it has come.

        `cache` is what it is expected to read from the cache (`Message.cache`).
        """
        self.message = replace(self.message, prefix=prefix, cache=cache)

    def apply(self, event: Mapping[str, Any]) -> None:
        self.message = self._timed(self.message.apply(event))
        self._messages.replace_last(self.message)
        self._unsaved.append(dict(event))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SAVE_SECONDS, self._save)

    async def end(self, state: State, error: VisavisError | None, model: Model) -> tuple[Message, Conversation]:
        """Give the answer its final state and its price. Raises StoreError where it cannot be kept."""
        if self._timer is not None:
            self._timer.cancel()
        message = replace(
            self.message,
            state=state,
            seconds=time.monotonic() - self._began,
            thought=self.message.thought or self._thinking_time(),
            error=error_to_json(error) if error is not None else None,
        )
        self.message = replace(message, cost=cost_of(message, model))
        self._messages.replace_last(self.message)
        if self._saving is not None:
            await asyncio.wait({self._saving})  # events that came to the store after the end would stay there
        return self.message, await self._store.finish(self._conversation, self.message)

    def _timed(self, message: Message) -> Message:
        """With the time it has thought, once the text begins."""
        last = message.content[-1] if message.content else None
        if message.thought or not isinstance(last, ReplyBlock):
            return message
        if last.type in THINKING and not self._thinks_since:
            self._thinks_since = time.monotonic()
        if last.type == "text" and self._thinks_since:
            return replace(message, thought=self._thinking_time())
        return message

    def _thinking_time(self) -> float:
        return time.monotonic() - self._thinks_since if self._thinks_since else 0.0

    def _save(self) -> None:
        self._timer = None
        events, self._unsaved = self._unsaved, []
        self._saving = self._tasks.start(self._append(events), "save events")

    async def _append(self, events: list[JSON]) -> None:
        with suppress(StoreError):  # the end of the answer meets the same error and tells it
            await self._store.append_events(self.message.id, events)
