"""What can be done with a message: its context menu."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from app.conversation.account import Account
from app.conversation.chat import Chat
from app.core.ledger_types import Caps
from app.core.message import Message
from app.ui.transcript import rest
from app.ui.transcript.again import sharper_offers
from app.ui.transcript.retry_menu import RetryMenu, literal

if TYPE_CHECKING:
    from app.ui.transcript.copying import Form


class Copier(Protocol):
    """Puts what is read on the clipboard."""

    @property
    def has_selection(self) -> bool:
        """Whether anything is selected in the conversation."""

    def copy_selection(self) -> None: ...
    def copy(self, message: Message, form: Form) -> None:
        """All of a message, as it is read, as Markdown, or with its looks."""


class MessageMenu(QMenu):
    """Opened with `popup`; it deletes itself. What changes the conversation waits until no answer is under way.

    Signals:
        deed(str): what the buttons of a message do, by their names: "edit", "continue", "retry", "older", "newer",
            "details", "fork", "wrong" or "delete".
        retry_wanted(str): the same answer from another model, by its id.
        sharper_wanted(int): the picture of that number again, sharper.
    """

    deed = Signal(str)
    retry_wanted = Signal(str)
    sharper_wanted = Signal(int)

    def __init__(
        self, chat: Chat, message: Message, copying: Copier, account: Account, caps: Caps, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._chat = chat
        self._message = message
        self._copying = copying
        self._add_copying()
        self.addSeparator()
        if message.role == "user":
            self._add(self.tr("Edit…"), "edit", keys=self._keys_of_edit(), changes=True, can=not chat.editing)
        else:
            self._add_rest()
            self._add_retrying(account, caps)
        self._add_sharper()
        self._add_versions()
        self.addSeparator()
        if message.role == "assistant" and message.state != "streaming":
            self._add(self.tr("Details…"), "details")
            self._add(self.tr("Reading looks wrong?"), "wrong")
            self.addSeparator()
        self._add(self.tr("Fork from here"), "fork", changes=True)
        self._add(delete_words(chat, message), "delete", changes=True)

    def add_link(self, address: str) -> None:
        """Before everything else: what was pointed at is a link."""
        first = self.actions()[0]
        action = QAction(self.tr("Copy link address"), self)
        action.triggered.connect(lambda: QGuiApplication.clipboard().setText(address))
        self.insertAction(first, action)
        self.insertSeparator(first)

    def _add_copying(self) -> None:
        copying, message = self._copying, self._message
        if copying.has_selection:
            self.addAction(self.tr("Copy selection") + "\tCtrl+C", copying.copy_selection)
            self.addSeparator()
        forms: tuple[tuple[Form, str], ...] = (
            ("text", self.tr("Copy as text")),
            ("markdown", self.tr("Copy as Markdown") + ("\tCtrl+Shift+C" if self._is_last_answer() else "")),
            ("rich", self.tr("Copy as rich text")),
        )
        for form, words in forms:
            action = self.addAction(words, partial(copying.copy, message, form))
            action.setEnabled(bool(message.text))

    def _add_rest(self) -> None:
        chat, message = self._chat, self._message
        price = rest.price(chat, message)
        if price is not None:
            words = self.tr("Continue with %1") if message.model != chat.model.id else self.tr("Continue")
            self._add(words.replace("%1", literal(chat.model.name)), "continue", keys=price, changes=True)

    def _add_retrying(self, account: Account, caps: Caps) -> None:
        chat, message = self._chat, self._message
        words = self.tr("Retry with %1") if message.model != chat.model.id else self.tr("Retry")
        self._add(words.replace("%1", literal(chat.model.name)), "retry", changes=True)
        others = RetryMenu(chat, message, account, caps, self)
        others.chosen.connect(self.retry_wanted)
        others.setEnabled(not chat.worker.busy)
        self.addMenu(others)

    def _add_sharper(self) -> None:
        question = question_of(self._chat, self._message)
        for number, words in sharper_offers(self._chat, question) if question is not None else ():
            action = self.addAction(words, partial(self.sharper_wanted.emit, number))
            action.setEnabled(not self._chat.worker.busy)

    def _add_versions(self) -> None:
        which, count = self._chat.branch_of(self._message.id)
        if count < 2:
            return
        words = self.tr("Version %1 of %2").replace("%1", str(which)).replace("%2", str(count))
        menu = self.addMenu(words)
        for name, deed, can in (
            (self.tr("Earlier version"), "older", which > 1),
            (self.tr("Later version"), "newer", which < count),
        ):
            self._add(name, deed, changes=True, to=menu, can=can)

    def _add(
        self, words: str, deed: str, *, keys: str = "", changes: bool = False, to: QMenu | None = None, can: bool = True
    ) -> None:
        """An entry; at its right `keys` that do the same, or what it costs."""
        do: Callable[[], None] = partial(self.deed.emit, deed)
        action = (to or self).addAction(words + (f"\t{keys}" if keys else ""), do)
        action.setEnabled(can and not (changes and self._chat.worker.busy))

    def _keys_of_edit(self) -> str:
        last = self._chat.messages.last_question
        return self.tr("Up") if last is not None and last.id == self._message.id else ""

    def _is_last_answer(self) -> bool:
        messages = reversed(self._chat.messages.messages)
        return self._message.id == next((m.id for m in messages if m.role == "assistant" and m.text), "")


def delete_words(chat: Chat, message: Message) -> str:
    """What goes with it is said: an answer goes with its question."""
    if message.role == "assistant":
        return QGuiApplication.translate("MessageMenu", "Delete answer")
    if has_answer(chat, message):
        return QGuiApplication.translate("MessageMenu", "Delete question and answer")
    return QGuiApplication.translate("MessageMenu", "Delete question")


def question_of(chat: Chat, message: Message) -> Message | None:
    """The question itself, or the one that an answer was given to."""
    messages = chat.messages.messages
    rows = range(chat.messages.row_of(message.id), -1, -1)
    return next((messages[row] for row in rows if messages[row].role == "user"), None)


def has_answer(chat: Chat, question: Message) -> bool:
    """Whether an answer to the question is shown."""
    messages, row = chat.messages.messages, chat.messages.row_of(question.id)
    return 0 <= row < len(messages) - 1 and messages[row + 1].role == "assistant"
