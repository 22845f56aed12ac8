"""What one conversation's next message holds, as exactly as can be known: learnt, and counted where that is wanted."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, Signal

from app.conversation.counting import Counting
from app.conversation.draft import Draft
from app.conversation.messages import MessageModel
from app.conversation.tools import Tools
from app.conversation.worker import Worker
from app.core.catalog import Model
from app.core.cost import Count
from app.core.message import Message
from app.core.refit import Refit, Today, planned
from app.core.server import PRACTICE

if TYPE_CHECKING:
    from app.core.countable import Countable


class Tallied(Protocol):
    """The tally's view of its `Chat`."""

    @property
    def draft(self) -> Draft: ...
    @property
    def messages(self) -> MessageModel: ...
    @property
    def worker(self) -> Worker: ...
    @property
    def model(self) -> Model: ...
    @property
    def today(self) -> Today: ...
    @property
    def refits(self) -> Sequence[Refit]: ...
    @property
    def history(self) -> Sequence[Message]: ...
    def model_of(self, model_id: str) -> Model: ...


class Tally(QObject):
    """Follows a chat.

    Signals:
        changed(): `count` is another.
        learnt(): texts are counted in another way, or answers have another usual length.
    """

    changed = Signal()
    learnt = Signal()

    def __init__(self, chat: Tallied, tools: Tools, parent: QObject) -> None:
        super().__init__(parent)
        self._chat = chat
        self._learning = tools.learning
        self._counting = Counting(tools.account, tools.preferences, tools.tasks, self)
        self._counting.changed.connect(self.changed)
        tools.learning.changed.connect(self.learnt)
        chat.worker.answered.connect(self._learn)

    @property
    def count(self) -> Count | None:
        """The server's count of the next message as it is now."""
        return self._counting.count

    def follow(self, prefix: str) -> None:
        """Have it counted, where the person wants that; `prefix` is the digest of the history as it will be."""
        draft, key = self._chat.draft, None
        if draft.ready and not draft.empty and not self._chat.worker.busy:
            pictures: Hashable = tuple(image.label + image.sent for image in draft.numbered())
            key = (prefix, draft.text, pictures, self._chat.model.id)
        self._counting.follow(key, self._countable)

    def _countable(self) -> Countable | None:
        from app.core.countable import Countable

        chat = self._chat
        question = Message.from_user(chat.draft.text, chat.draft.numbered(), id="", created=0.0)
        history = [*planned(chat.history, chat.refits), question]
        return Countable.of(chat.today.build(history), chat.model)

    def _learn(self, answer: Message) -> None:
        chat = self._chat
        rows = chat.messages.messages
        at = max(0, chat.messages.row_of(answer.id))
        request = chat.today.build(rows[:at]) if at else None
        if request is not None and request.prefix != answer.prefix:
            request = None
        practice = answer.server == PRACTICE
        self._learning.learn(request, answer, chat.model_of(answer.model), practice=practice)
