"""What is spent and what may be: the ledger and its gate, as every conversation and the window know them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.conversation.preferences import Preferences
from app.core.catalog import Catalog
from app.core.gate import Gate, LedgerGate
from app.core.ledger import Caps, Ledger, Outcome
from app.core.settings import Settings
from app.core.store import Store

if TYPE_CHECKING:
    from app.core.fetch import Fetched


class Spending(QObject):
    """Signals:
    changed(): the ledger is another.
    """

    changed = Signal()

    def __init__(
        self, ledger: Ledger, preferences: Preferences, *, gate: Gate | None = None, parent: QObject | None = None
    ) -> None:
        """`gate` stands for the ledger's own where another process has the data folder."""
        super().__init__(parent)
        self.ledger = ledger
        self._preferences = preferences
        self.gate: Gate = gate or LedgerGate(ledger, lambda: self.caps, self.changed.emit)

    @property
    def caps(self) -> Caps:
        """The person's caps of now."""
        return caps_of(self._preferences.settings)

    async def fetch(self, url: str) -> Fetched:
        """What is behind a link, for the ledger to know. Raises LinkRefused, StoreError."""
        from app.core.fetch import fetch  # httpx: after the first paint

        return await fetch(url, self.gate)

    async def settle_cut_off(self, store: Store, catalog: Catalog, before: float) -> None:
        """Say of requests that a crash has cut off what they will have cost, as far as their answers tell it.

        `before` is when this process began, in seconds since the epoch. Raises StoreError.
        """
        from app.core.bill import outcome  # after the first paint

        for entry_id, call in await self.ledger.unsettled(before):
            answer = await store.message(call.message) if call.message else None
            if answer is not None:
                told = outcome(answer, None, catalog.get(answer.model))
            else:
                told = Outcome("interrupted", cost=None if call.kind == "message" else Decimal(0), exact=False)
            await self.ledger.settle(entry_id, told)
        self.changed.emit()


def caps_of(settings: Settings) -> Caps:
    """What may be spent at most, in USD."""
    amounts = (settings.cap_day, settings.cap_month, settings.cap_conversation)
    return Caps(*(Decimal(amount) if amount else None for amount in amounts))
