"""What one conversation has cost, for its header."""

from __future__ import annotations

from contextlib import suppress

from PySide6.QtCore import QObject, Signal

from app.conversation.spending import Spending
from app.conversation.tasks import Tasks
from app.core.errors import StoreError
from app.core.ledger import Group


class ConversationTotal(QObject):
    """What one conversation has cost, kept up with the ledger.

    Signals:
        changed(): `total` is another.
    """

    changed = Signal()

    def __init__(self, spending: Spending, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ledger = spending.ledger
        self._tasks = tasks
        self._conversation = ""
        self._reading = False
        self._again = False
        self.total: Group | None = None
        """None until it is read."""
        spending.changed.connect(self._ask)

    def show(self, conversation: str) -> None:
        """Tell of another conversation, by its id."""
        if conversation != self._conversation:
            self._conversation = conversation
            self.total = None
        self._ask()

    def _ask(self) -> None:
        self._again = self._reading
        if self._conversation and not self._reading:
            self._reading = True
            self._tasks.start(self._read(), "conversation's total")

    async def _read(self) -> None:
        conversation = self._conversation
        try:
            with suppress(StoreError):  # what was known before is shown on
                total = await self._ledger.of_conversation(conversation)
                if conversation == self._conversation and total != self.total:
                    self.total = total
                    self.changed.emit()
        finally:
            self._reading = False
        if self._again or conversation != self._conversation:
            self._ask()
