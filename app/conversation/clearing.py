"""Originals of old messages removed to make room: looked for first, then done, a slice of the messages at a time."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

from app.conversation.threads import in_thread
from app.core import originals
from app.core.originals import Sorted
from app.core.pictures import Cleared, Pictures
from app.core.store import Store


@dataclass(frozen=True, slots=True)
class Clearing:
    """What a data folder could be without."""

    store: Store
    pictures: Pictures
    threads: Executor

    async def look(self, before: float) -> Cleared:
        """What `clear` would remove: originals of messages from before then, in seconds since the epoch.

        Raises StoreDamaged where a message cannot be read: nobody knows what that needs. Others of StoreError.
        """
        return await in_thread(self.threads, self.pictures.weigh, await self._spare(before))

    async def clear(self, before: float, now: float) -> Cleared:
        """Remove them, for good; looked for again, since some may be needed by now. Raises as `look` does."""
        return await in_thread(self.threads, self.pictures.clear, await self._spare(before), now)

    async def _spare(self, before: float) -> set[str]:
        found, after = Sorted(), 0
        path = str(self.store.path)
        while True:
            work = partial(originals.sort, path=path, after=after, before=before, found=found)
            following = await self.store.run(work)
            if following is None:
                break
            after = following
        return found.spare - await self.store.run(originals.of_drafts) - {""}
