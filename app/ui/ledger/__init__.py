"""The ledger's window: what every request has cost, by day, conversation, model and picture."""

from __future__ import annotations

from app.ui.ledger.window import LedgerWindow

__all__ = ["LedgerWindow"]
