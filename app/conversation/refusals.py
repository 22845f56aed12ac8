"""What a draft could not take, told together: the refusals of one drop come one by one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from app.conversation.tasks import Tasks
from app.core.errors import VisavisError

_SECONDS: Final = 0.15


class Refusals:
    """Told when the last file of the drop has been looked at."""

    def __init__(
        self, pending: Callable[[], bool], tell: Callable[[Mapping[int, VisavisError]], None], tasks: Tasks
    ) -> None:
        """`pending` says whether more may come; `tell` gets all of them by their keys, in order."""
        self._pending = pending
        self._tell = tell
        self._tasks = tasks
        self._errors: dict[int, VisavisError] = {}

    def add(self, key: int, error: VisavisError) -> None:
        if not self._errors:
            self._wait()
        self._errors[key] = error

    def _wait(self) -> None:
        self._tasks.start(self._tell_together(), "tell refusals")

    async def _tell_together(self) -> None:
        await asyncio.sleep(_SECONDS)
        if self._pending():
            self._wait()
            return
        errors, self._errors = self._errors, {}
        self._tell({key: errors[key] for key in sorted(errors)})
