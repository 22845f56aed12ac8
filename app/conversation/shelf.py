"""The context shelf of the conversation on screen: its earlier pictures, what they cost, and what is done with them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from PySide6.QtCore import QMetaObject, QObject, QTimer, Signal

from app.conversation.aims import block_tokens
from app.conversation.chat import Chat
from app.conversation.outlook import AT_ONCE
from app.conversation.threads import in_thread
from app.conversation.tools import Tools
from app.core.errors import StoreError
from app.core.ledger_pictures import pictures_of
from app.core.shelf import Change, Form, Load, Row, Shelf, change, form_of, shelf

_COALESCE: Final = 30
"""Milliseconds in which changes of the conversation are worked out together."""
_LEDGER_PAUSE: Final = 300
"""Milliseconds after a change of the ledger before it is read again."""

Forms = Mapping[int, Form]
"""By the numbers of pictures."""


class ContextShelf(QObject):
    """Signals:
    changed(): pictures, costs, or what can be done are others.
    """

    changed = Signal()

    def __init__(self, tools: Tools, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tools = tools
        self._chat: Chat | None = None
        self._links: list[QMetaObject.Connection] = []
        self._shelf = Shelf()
        self._asked = 0
        """How often it was to be worked out: what comes of an earlier time is dropped."""
        self._spent: dict[int, Decimal] = {}
        self._undone_by: dict[str, list[Forms]] = {}
        """By the id of a conversation: what brings back how its pictures were, the last change at the end."""
        self._due = QTimer(self, singleShot=True, interval=_COALESCE)
        self._due.timeout.connect(self._work_out)
        self._ledger_due = QTimer(self, singleShot=True, interval=_LEDGER_PAUSE)
        self._ledger_due.timeout.connect(self._read_ledger)
        tools.spending.changed.connect(self._ledger_changed)
        tools.account.changed.connect(self._follow)

    def set_chat(self, chat: Chat) -> None:
        for link in self._links:
            QObject.disconnect(link)
        self._chat, self._spent, self._shelf = chat, {}, Shelf()
        self._links = [
            chat.changed.connect(self._follow),
            chat.worker.phase_changed.connect(self._follow),
        ]
        self._work_out()
        if self._shelf.rows:
            self._read_ledger()

    @property
    def rows(self) -> tuple[Row, ...]:
        return self._shelf.rows

    @property
    def shelf(self) -> Shelf:
        return self._shelf

    @property
    def chat(self) -> Chat | None:
        return self._chat

    @property
    def practice(self) -> bool:
        """Whether the next request costs nothing."""
        return self._tools.account.practice

    @property
    def busy(self) -> bool:
        """Whether pictures cannot be changed, as something is under way with them."""
        return self._chat is None or self._chat.worker.busy

    @property
    def can_undo(self) -> bool:
        return self._chat is not None and bool(self._undone_by.get(self._chat.facts.id))

    def what_if(self, forms: Forms) -> Change | None:
        """What other forms would cost and save; None where the model's price is not known."""
        chat = self._chat
        if chat is None:
            return None
        return change(chat.history, forms, chat.today, _load(chat))

    def arrange(self, forms: Forms) -> None:
        """Let pictures go in other forms from the next request on; `undo` takes it back. Does nothing while `busy`."""
        chat = self._chat
        if chat is None or self.busy:
            return
        images = (image for message in chat.history for image in message.images)
        before = {image.number: form_of(image) for image in images if image.number in forms}
        wanted = {number: form for number, form in forms.items() if before.get(number, form) != form}
        if wanted:
            self._undone_by.setdefault(chat.facts.id, []).append({number: before[number] for number in wanted})
            chat.worker.arrange(wanted)

    def undo(self) -> None:
        """Take the last change back."""
        if self._chat is not None and self.can_undo and not self.busy:
            self._chat.worker.arrange(self._undone_by[self._chat.facts.id].pop())

    # --- keeping up ---

    def _follow(self) -> None:
        if not self._due.isActive():
            self._due.start()

    def _ledger_changed(self) -> None:
        if self._shelf.rows and not self._ledger_due.isActive():
            self._ledger_due.start()

    def _work_out(self) -> None:
        chat = self._chat
        if chat is None:
            return
        self._asked += 1
        if not chat.messages.pictures:
            self._show(Shelf())
        elif len(chat.history) <= AT_ONCE:
            self._show(shelf(chat.history, chat.today, _load(chat), self._spent))
        elif chat.context.known:  # before, its prices are not known either: `changed` tells when they are
            self._tools.tasks.start(self._work_out_aside(chat, self._asked), "work out the shelf")

    async def _work_out_aside(self, chat: Chat, asked: int) -> None:
        """The same of a long conversation, in a thread: the window does not wait for it."""
        history, spent = list(chat.history), dict(self._spent)
        found = await in_thread(self._tools.threads, shelf, history, chat.today_apart, _load(chat), spent)
        if chat is self._chat and asked == self._asked:
            self._show(found)

    def _show(self, found: Shelf) -> None:
        had_none, self._shelf = not self._shelf.rows, found
        self.changed.emit()
        if had_none:
            self._ledger_changed()

    def _read_ledger(self) -> None:
        if self._chat is not None and self._chat.is_stored:
            self._tools.tasks.start(self._read(self._chat), "pictures of the ledger")

    async def _read(self, chat: Chat) -> None:
        try:
            spent = await pictures_of(self._tools.store, chat.facts.id)
        except StoreError:  # who needs the figures to be there is told by the ledger's own window
            return
        if chat is self._chat and spent != self._spent:
            self._spent = spent
            self._work_out()


def _load(chat: Chat) -> Load:
    """What the draft adds to the next request."""
    estimate = chat.draft.estimate
    blocks = sum(len(block_tokens(picture)) for picture in chat.draft.pictures)
    return Load(estimate.picture_tokens + estimate.text_tokens, blocks)
