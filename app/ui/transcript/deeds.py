"""What is done to the conversation from within it: by the actions of a card, the buttons and the menu of a message."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QMetaObject, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QCursor, QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from app.conversation.chat import Chat
from app.conversation.tools import Tools
from app.core.message import Message
from app.ui.theme import Theme
from app.ui.transcript import rest
from app.ui.transcript.action_bar import ActionBar
from app.ui.transcript.message_menu import Copier, MessageMenu, delete_words, has_answer
from app.ui.undo_note import UndoNote

_BELOW: Final = 12
"""Pixels between the undo note and the lower edge of the conversation."""


def do(chat: Chat, action: str, number: int) -> bool:
    """Carry out an action of a card that is about the picture of that number; False where it is the window's."""
    worker = chat.worker
    match action:
        case "retry":
            worker.retry()
        case "continue":
            worker.go_on(rest.request())
        case "cancel":
            worker.stop()
        case "now":
            worker.repeat_now()
        case "shrink":
            worker.repair(number, "shrink")
        case "remove":
            worker.repair(number, "remove")
        case "remove_all":
            worker.leave_out_refused()
        case _:
            return False
    return True


class Deeds(QObject):
    """Hears the bar by itself; everything else that asks for a deed calls `do`.

    Signals:
        asked(): an answer is being asked for: the conversation is to be followed to its end.
        fork_wanted(str): a conversation of its own that ends with the message of this id.
        help_wanted(): what to do where something was read wrong.
    """

    asked = Signal()
    fork_wanted = Signal(str)
    help_wanted = Signal()

    def __init__(self, theme: Theme, tools: Tools, copying: Copier, bar: ActionBar, over: QWidget) -> None:
        """Menus, details and the undo note open over `over`, the conversation."""
        super().__init__(over)
        self._theme = theme
        self._tools = tools
        self._copying = copying
        self._bar = bar
        self._over = over
        self._chat: Chat | None = None
        self._links: list[QMetaObject.Connection] = []
        self._deleted = ""
        """What is said of what was deleted last."""
        self._is_gone = False
        """Whether it is to be said as soon as it can be brought back."""
        self._again = ""
        """The answer that is asked for again as soon as it has stopped."""
        self._at = QPoint()
        self._note = UndoNote(theme, self.tr("Bring it back (%1)").replace("%1", "Ctrl+Z"), over)
        self._note.undone.connect(self._undo_delete)
        self._note.left.connect(self._go_back)
        bar.deed.connect(self.do)
        bar.stood.connect(self._name_delete)
        over.installEventFilter(self)
        shortcut = QShortcut(QKeySequence(QKeySequence.StandardKey.Undo), over, self.undo)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    def set_chat(self, chat: Chat) -> None:
        """Do it to this conversation from now on."""
        for link in self._links:
            QObject.disconnect(link)
        self._chat = chat
        self._again, self._is_gone = "", False
        self._note.withdraw()
        self._links = [
            chat.deleted.connect(self._on_deleted),
            chat.editing_changed.connect(self._allow),
            chat.worker.phase_changed.connect(self._on_phase),
        ]
        self._allow()

    def do(self, name: str, message: Message, at: QPoint | None = None, link: str = "") -> None:
        """Do it: "copy", "edit", "continue" (ask for the rest), "retry", "older", "newer", "delete", "stop", "restart",
        "details", "fork", "more" or "wrong" (what to do where something was read wrong).

        "more" opens the menu, at `at` on the screen or by the button that was pressed; `link` is the address of one
        that was pointed at. What changes the conversation is left undone while it is busy.
        """
        chat = self._chat
        if chat is None:
            return
        self._at = at if at is not None else self._place()
        match name:
            case "copy":
                self._copying.copy(message, "markdown")
                if message.id == self._bar.message.id:
                    self._bar.say_copied()
            case "edit":
                chat.edit(message.id)
            case "continue":
                self._go_on(chat, message)
            case "retry":
                self._retry(message)
            case "older" | "newer":
                chat.switch(message.id, -1 if name == "older" else 1)
            case "delete":
                self._delete(chat, message)
            case "stop":
                chat.worker.stop()
            case "restart":
                self._restart(chat, message)
            case "more":
                self._open_menu(chat, message, link)
            case _:
                self._tell_of(name, chat, message)

    def resend(self, number: int) -> None:
        """Ask the question of a picture once more, with the picture sharper."""
        if self._chat is not None and (offer := self._chat.sharper(number)) is not None:
            self._chat.worker.resend(number, offer.preset)
            self.asked.emit()

    def undo(self) -> bool:
        """Bring back what was deleted, as long as the note offers it; whether it did."""
        return self._note.undo()

    # --- how ---

    def _tell_of(self, name: str, chat: Chat, message: Message) -> None:
        """What opens elsewhere."""
        if name == "details":
            self._open_details(chat, message)
        elif name == "fork":
            self.fork_wanted.emit(message.id)
        else:
            self.help_wanted.emit()

    def _retry(self, message: Message, model: str = "") -> None:
        if self._chat is not None and not self._chat.worker.busy:
            self._chat.worker.retry(message.id, model)
            self.asked.emit()

    def _go_on(self, chat: Chat, message: Message) -> None:
        """Ask for the rest of the last answer; of no other is there one that could be asked for."""
        messages = chat.messages.messages
        if messages and messages[-1].id == message.id and not chat.worker.busy:
            chat.worker.go_on(rest.request())
            self.asked.emit()

    def _restart(self, chat: Chat, message: Message) -> None:
        self._again = message.id
        if chat.worker.busy:
            chat.worker.stop()
        else:
            self._ask_again()

    def _delete(self, chat: Chat, message: Message) -> None:
        if message.role == "assistant":
            self._deleted = self.tr("Answer deleted.")
        elif has_answer(chat, message):
            self._deleted = self.tr("Question and answer deleted.")
        else:
            self._deleted = self.tr("Question deleted.")
        chat.delete(message.id)

    def _on_deleted(self) -> None:
        self._is_gone = True

    def _undo_delete(self) -> None:
        if self._chat is not None:
            self._chat.undo_delete()

    def _open_menu(self, chat: Chat, message: Message, link: str) -> None:
        tools = self._tools
        menu = MessageMenu(chat, message, self._copying, tools.account, tools.spending.caps, self._over)
        if link:
            menu.add_link(link)
        menu.deed.connect(lambda name: self.do(name, message, self._at))
        menu.retry_wanted.connect(lambda model: self._retry(message, model))
        menu.sharper_wanted.connect(self.resend)
        menu.popup(self._at)

    def _open_details(self, chat: Chat, message: Message) -> None:
        from app.ui.transcript.bill_details import BillDetails

        BillDetails(self._theme, message, chat.model_of(message.model), self._over).open_by(self._at, self._over)

    def _on_phase(self, phase: str) -> None:
        self._allow()
        if phase != "idle":
            self._note.withdraw()
            return
        if self._is_gone:
            self._is_gone = False
            self._note.offer(self._deleted)
            self._lay_note()
        if self._again:
            # Others have yet to hear that it has stopped.
            QTimer.singleShot(0, self, self._ask_again)

    def _allow(self) -> None:
        chat = self._chat
        if chat is not None:
            self._bar.allow(edit=not chat.worker.busy and not chat.editing, delete=not chat.worker.busy)
            self._name_delete()

    def _name_delete(self) -> None:
        if self._chat is not None:
            self._bar.name_delete(delete_words(self._chat, self._bar.message))

    def _ask_again(self) -> None:
        """Unless the answer has come whole before it could be stopped: nobody wants to pay for that twice."""
        chat, wanted, self._again = self._chat, self._again, ""
        row = chat.messages.row_of(wanted) if chat is not None and wanted else -1
        if chat is not None and row >= 0 and chat.messages.messages[row].state != "complete":
            self._retry(chat.messages.messages[row])

    def _place(self) -> QPoint:
        """By the button that was pressed with a key, else where the pointer is."""
        focused = QApplication.focusWidget()
        if isinstance(focused, QAbstractButton) and self._over.isAncestorOf(focused) and not focused.underMouse():
            return focused.mapToGlobal(focused.rect().bottomLeft())
        return QCursor.pos()

    def _lay_note(self) -> None:
        room, note = self._over.rect(), self._note
        size = note.sizeHint().boundedTo(room.size())
        top = room.bottom() - _BELOW - size.height()
        note.setGeometry((room.width() - size.width()) // 2, top, size.width(), size.height())
        note.raise_()

    def _go_back(self) -> None:
        self._over.setFocus(Qt.FocusReason.OtherFocusReason)

    # --- Qt ---

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self._over and not self._note.isHidden():
            self._lay_note()
        return super().eventFilter(watched, event)
