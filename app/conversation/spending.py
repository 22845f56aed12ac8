"""What is spent and what may be: the ledger and its gate, as every conversation and the window know them."""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtCore import QObject, Signal

from app.conversation.preferences import Preferences
from app.core.gate import Gate, LedgerGate
from app.core.ledger import Caps, Ledger
from app.core.settings import Settings


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


def caps_of(settings: Settings) -> Caps:
    """What may be spent at most, in USD."""
    amounts = (settings.cap_day, settings.cap_month, settings.cap_conversation)
    return Caps(*(Decimal(amount) if amount else None for amount in amounts))
