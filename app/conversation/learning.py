"""What finished turns teach, for every conversation: how many tokens texts have, and how long answers are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

from app.conversation.tasks import Tasks
from app.core.catalog import Model
from app.core.cost import USUAL_ANSWER, TextCount, text_tokens
from app.core.ledger import Ledger
from app.core.message import Message
from app.core.request import Request
from app.core.store import Store

if TYPE_CHECKING:
    from app.core.calibration import Calibration, Sample

ANSWERS: Final = 10
"""Of a model, by whose median the next is expected."""


class Learning(QObject):
    """Signals:
    changed(): counters are others, or the usual length of answers.
    """

    changed = Signal()

    def __init__(self, store: Store, ledger: Ledger, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._ledger = ledger
        self._tasks = tasks
        self._calibration: Calibration | None = None
        self._usual: dict[tuple[str, bool], int] = {}

    def counter(self, model: Model) -> TextCount:
        """Counts texts for a model, by what is known of its tokenizer now."""
        return text_tokens if self._calibration is None else self._calibration.counter(model)

    def usual_answer(self, model: str, *, practice: bool) -> int:
        """Output tokens of an answer to expect: the median of the model's last ten; 500 while there are none."""
        return self._usual.get((model, practice), USUAL_ANSWER)

    def knows_usual(self, model: str, *, practice: bool) -> bool:
        """Whether `usual_answer` is told by answers, and no assumption."""
        return (model, practice) in self._usual

    def start(self) -> None:
        """Read what earlier days taught. Until it is read, counters count as if nothing was."""
        self._tasks.start(self._load(), "load what was learnt")

    def learn(self, request: Request | None, answer: Message, model: Model, *, practice: bool) -> None:
        """Take a finished answer to heart, asked for with `request`; None where it was asked for with another."""
        self._tasks.start(self._learn(request, answer, model, practice=practice), "learn from an answer")

    async def _load(self) -> None:
        self._calibration = await self._loaded()
        for model in await self._ledger.models():
            for practice in (False, True):
                await self._read_usual(model, practice=practice)
        self.changed.emit()

    async def _loaded(self) -> Calibration:
        from app.core.calibration import Calibration  # after the first paint

        calibration = Calibration(self._store)
        await calibration.load()
        return calibration

    async def _learn(self, request: Request | None, answer: Message, model: Model, *, practice: bool) -> None:
        from app.core.calibration import samples

        told: list[Sample] = samples(request, answer, model) if request is not None else []
        if told and self._calibration is not None:
            await self._calibration.learn(told)
        await self._read_usual(model.id, practice=practice)
        self.changed.emit()

    async def _read_usual(self, model: str, *, practice: bool) -> None:
        if outputs := await self._ledger.outputs(model, count=ANSWERS, practice=practice):
            self._usual[model, practice] = _median(outputs)


def _median(counts: list[int]) -> int:
    """The middle one; of two in the middle the mean. Importing `statistics` for it would delay the window."""
    ordered = sorted(counts)
    return round((ordered[(len(counts) - 1) // 2] + ordered[len(counts) // 2]) / 2)
