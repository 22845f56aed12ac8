"""What was deleted since the start: how it was left, what was deleted together, and how the store follows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from app.conversation.backups import Backups
from app.conversation.chat import Chat
from app.conversation.tools import Tools
from app.core.errors import StoreFull
from app.core.filing import Filing
from app.core.message import JSON
from app.core.rows import Conversation

_PATIENCE: Final = 1.0
"""Seconds that what is under way has to end when the app closes: a backup may be made first."""


@dataclass(frozen=True, slots=True)
class Deleted:
    """A conversation deleted since the start, as it was left."""

    shown: Conversation
    chat: Chat | None
    """None where it was not open since the start."""
    was_current: bool
    draft: JSON
    """Of one in which nothing was said."""
    done: asyncio.Task[Any]


class Trash:
    """Coroutines raise StoreError."""

    def __init__(self, tools: Tools, filing: Filing) -> None:
        self._tools = tools
        self._filing = filing
        self._deleted: dict[str, Deleted] = {}
        self._deeds: list[tuple[str, ...]] = []
        """Ids of what was deleted, what was deleted together together."""
        self._under_way: set[asyncio.Task[Any]] = set()

    @property
    def ids(self) -> frozenset[str]:
        """Of all that was deleted since the start."""
        return frozenset(self._deleted)

    @property
    def last(self) -> list[Deleted]:
        """What was deleted last."""
        return [self._deleted[each] for each in self._deeds[-1]] if self._deeds else []

    def remember(self, deleted: Iterable[Deleted]) -> None:
        """Know what brings back what was deleted together."""
        found = {each.shown.id: each for each in deleted}
        self._deleted |= found
        self._deeds.append(tuple(found))

    def forget(self, ids: Iterable[str]) -> dict[str, Deleted]:
        """What of these was deleted since the start, as it was left, and is that no more."""
        ids = frozenset(ids)
        self._deeds = [left for deed in self._deeds if (left := tuple(each for each in deed if each not in ids))]
        return {each: self._deleted.pop(each) for each in ids & self._deleted.keys()}

    def begin(self, deed: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Start what is to be done before the app closes."""
        task = self._tools.tasks.start(deed, name)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    async def settle(self) -> None:
        """Wait for what is under way, though not for long."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=_PATIENCE)

    async def discard(self, ids: Sequence[str], chats: Sequence[Chat]) -> None:
        """Put conversations in the trash, at once: on a full disk what makes room comes first.

        Then keep what was being written. A draft that was just going out as a message is a conversation by then.
        """
        unsaid = [chat for chat in chats if not chat.is_stored]
        await self._filing.discard(ids)
        done = await asyncio.gather(*(chat.save_draft(vital=True) for chat in chats), return_exceptions=True)
        if late := [chat.facts.id for chat in unsaid if chat.is_stored]:
            await self._filing.discard(late)
        for error in done:
            if error is not None:
                raise error

    async def restore(self, ids: Sequence[str], deleted: Mapping[str, Deleted]) -> None:
        """Bring conversations back, of which those were deleted since the start, and what was being written in them."""
        if earlier := {each.done for each in deleted.values()}:
            await asyncio.wait(earlier)  # what came later would be first
        await self._filing.restore(ids)
        for each in deleted.values():
            if each.chat is not None and each.draft:
                await each.chat.save_draft()

    async def erase(self, ids: Sequence[str]) -> None:
        """Delete conversations for good; before many go at once, a backup is made (RELIABILITY, section 1.4).

        On a full disk it goes without, and makes room. Raises StoreDamaged where the backup is not whole, and all stays
        in the trash: what can be saved of it, nobody knows before the next start.
        """
        if len(ids) > 1:
            backups = Backups(self._tools.store, self._tools.threads)
            try:
                with suppress(StoreFull):
                    await backups.make(time.time(), "erase")
            finally:
                backups.deleteLater()
        await self._filing.erase(ids)
