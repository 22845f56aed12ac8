"""The server's own count of what the next request holds, while it is being written, where the person wants that.

What is typed leaves the machine for it, so that nothing is sent before it is switched on. It never holds anything up:
typing goes on, sending goes on, and until a count has come the estimate stands.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal

from app.conversation.account import Account
from app.conversation.preferences import Preferences
from app.conversation.tasks import Tasks
from app.core.cost import Count
from app.core.errors import ApiError, NotTheApi, VisavisError

if TYPE_CHECKING:
    from app.core.countable import Countable

WAIT_MILLISECONDS: Final = 400
"""Without a change before a count is asked for."""

_UNKNOWN: Final = frozenset({404, 405, 501})
"""HTTP statuses of a server that does not count."""

_log = logging.getLogger(__name__)


class Counting(QObject):
    """Signals:
    changed(): `count` is another.
    """

    changed = Signal()

    def __init__(
        self,
        account: Account,
        preferences: Preferences,
        tasks: Tasks,
        parent: QObject | None = None,
        *,
        wait: int = WAIT_MILLISECONDS,
    ) -> None:
        super().__init__(parent)
        self._account = account
        self._preferences = preferences
        self._tasks = tasks
        self._key: Hashable = None
        self._make: Callable[[], Countable | None] = lambda: None
        self._count: Count | None = None
        self._task: asyncio.Task[None] | None = None
        self._no_use = False
        """Whether the present server does not count."""
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(wait)
        self._pause.timeout.connect(self._ask)
        account.changed.connect(self._on_account)
        preferences.changed.connect(self._on_preferences)

    @property
    def count(self) -> Count | None:
        """Of exactly what was given to `follow` last; None while that is not known."""
        return self._count

    def follow(self, key: Hashable, make: Callable[[], Countable | None] = lambda: None) -> None:
        """Count what `make` gives, as soon as it has stayed the same for a while.

        `key` tells one request from another; None where there is nothing to count. `make` is called only then, on this
        thread.
        """
        if key != self._key:
            self._key, self._make = key, make
            self._restart()

    def _restart(self) -> None:
        """What was known or asked for holds no longer."""
        self._pause.stop()
        if self._task is not None:
            self._task.cancel()
            self._task = None
        if self._count is not None:
            self._count = None
            self.changed.emit()
        if self._wanted:
            self._pause.start()

    @property
    def _wanted(self) -> bool:
        return self._key is not None and self._preferences.settings.count_while_typing and not self._no_use

    def _ask(self) -> None:
        countable = self._make() if self._account.connected else None
        if countable is not None:
            self._task = self._tasks.start(self._counted(countable), "count tokens")

    async def _counted(self, countable: Countable) -> None:
        try:
            tokens = await self._account.client().count(countable.body)
        except VisavisError as error:
            self._no_use = isinstance(error, NotTheApi) or (isinstance(error, ApiError) and error.status in _UNKNOWN)
            _log.info("the server has not counted: %s", type(error).__name__)
            return
        self._count = Count(tokens + countable.besides, countable.exact)
        self.changed.emit()

    def _on_account(self) -> None:
        """Another server may count."""
        self._no_use = False
        self._restart()

    def _on_preferences(self) -> None:
        """Switched on or off; other settings change nothing here."""
        if self._wanted != self._under_way:
            self._restart()

    @property
    def _under_way(self) -> bool:
        asked = self._task is not None and not self._task.done()
        return asked or self._pause.isActive() or self._count is not None
