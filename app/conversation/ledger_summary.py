"""What the ledger says at a glance: today, this month and all, and every day of what is being looked at."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from app.conversation.ledger_model import added
from app.conversation.spending import Spending
from app.conversation.tasks import Tasks
from app.core.errors import StoreError
from app.core.ledger import Filter, Group

_PAUSE: Final = 300
"""Milliseconds after a change before it is read: several come together."""
_SHARE: Final = 4
"""Reading again waits this many times as long as reading took: a large ledger must not keep the store busy."""


class LedgerSummary(QObject):
    """Follows the ledger while it is `active`.

    Signals:
        loaded(): figures and days are those of the ledger now.
        changed(): the ledger is another; who shows its rows reads them again.
        failed(StoreError): it could not be read.
    """

    loaded = Signal()
    changed = Signal()
    failed = Signal(object)

    def __init__(self, spending: Spending, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ledger = spending.ledger
        self._tasks = tasks
        self._filter = Filter()
        self._asked = 0
        self._resting_until = 0.0
        self._all: list[Group] = []
        self.active = False
        self.days: Sequence[Group] = ()
        """By day and model, of what is being looked at; the latest first."""
        self.models: Sequence[str] = ()
        """Ids of all models that were ever asked."""
        self._pause = QTimer(self, singleShot=True)
        self._pause.timeout.connect(self._follow)
        spending.changed.connect(self._on_changed)

    def show(self, wanted: Filter) -> None:
        """Look at something else; `loaded` tells when it is there."""
        self._filter = wanted
        self._asked += 1
        self._tasks.start(self._read(self._asked), "ledger summary")

    @property
    def today(self) -> Group:
        return self._since(date.today().isoformat())  # noqa: DTZ011  # the person's own day

    @property
    def month(self) -> Group:
        return self._since(date.today().isoformat()[:7])  # noqa: DTZ011  # the person's own month

    @property
    def whole(self) -> Group:
        return self._since("")

    @property
    def shown(self) -> Group:
        """All that is being looked at."""
        return added(self.days)

    def _since(self, key: str) -> Group:
        return added([group for group in self._all if group.key >= key], key)

    def _on_changed(self) -> None:
        if self.active and not self._pause.isActive():
            rest = self._resting_until - time.monotonic()
            self._pause.start(max(_PAUSE, round(rest * 1000)))

    def _follow(self) -> None:
        self.show(self._filter)
        self.changed.emit()

    async def _read(self, number: int) -> None:
        begun = time.monotonic()
        whole = Filter(practice=self._filter.practice)
        wanted = self._filter
        try:
            models = await self._ledger.models()
            all_days = await self._ledger.grouped("day", whole)
            shown = all_days if wanted == whole else await self._ledger.grouped("day", wanted)
        except StoreError as error:
            self.failed.emit(error)
            return
        self._resting_until = time.monotonic() + _SHARE * (time.monotonic() - begun)
        if number == self._asked:
            self._all, self.days, self.models = all_days, shown, models
            self.loaded.emit()
