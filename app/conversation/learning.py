"""What finished turns teach about tokens, for every conversation: the counters that estimates are made with."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.conversation.tasks import Tasks
from app.core.calibration import Calibration, Sample, samples
from app.core.catalog import Model
from app.core.message import Message
from app.core.request import Request
from app.core.store import Store
from app.core.tokens import Counter


class Learning(QObject):
    """Signals:
    changed(): the counters are others.
    """

    changed = Signal()

    def __init__(self, store: Store, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._calibration = Calibration(store)
        self._tasks = tasks

    def counter(self, model: Model) -> Counter:
        """Counts texts for a model, by what is known of its tokenizer now."""
        return self._calibration.counter(model)

    def start(self) -> None:
        """Read what earlier days taught. Until it is read, counters count as if nothing was."""
        self._tasks.start(self._load(), "load calibration")

    def learn(self, request: Request, answer: Message, model: Model) -> None:
        """Take a finished answer to heart, asked for with `request`."""
        if told := samples(request, answer, model):
            self._tasks.start(self._learn(told), "learn tokens")

    async def _load(self) -> None:
        await self._calibration.load()
        self.changed.emit()

    async def _learn(self, told: list[Sample]) -> None:
        await self._calibration.learn(told)
        self.changed.emit()
