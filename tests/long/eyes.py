"""Watches the app's window from inside and tells what it acknowledges: questions, answers, drafts, what is open."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final
from zlib import crc32

from PySide6.QtCore import QCoreApplication, QEvent, QModelIndex, QObject, QTimer, Signal
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QTextEdit, QWidget

from app.conversation.attachment import name_of
from app.conversation.chat import Chat
from app.core.message import Message
from app.ui.main_window import MainWindow
from app.ui.message_edit import MessageEdit
from tests.long.reports import tell

_LOOK: Final = 20
"""Milliseconds."""


class Eyes(QObject):
    """Begins when the window is shown.

    Signals:
        there(): what was open is open again, and painted, or there was nothing.
    """

    there = Signal()

    def __init__(self, window: MainWindow, expected: Mapping[str, str]) -> None:
        super().__init__(window)
        self.window = window
        self._expected = expected
        self._seen: set[str] = set()
        self._is_there = False
        self._desk = window._desk
        edit = window.findChild(MessageEdit)
        assert edit is not None
        self.edit: Final = edit
        self._desk.opened.connect(self._look_at)
        self._desk.history.rowsInserted.connect(self._look_at_all)
        window.painted.connect(self._painted)
        if expected:
            window.installEventFilter(self)
        self._looking = QTimer(self, interval=_LOOK)
        self._looking.timeout.connect(self._ask_for_paint)
        self._looking.start()
        self._look_at(self._desk.current)

    @property
    def chat(self) -> Chat:
        return self._desk.current

    def _painted(self) -> None:
        tell("painted")
        if not self._expected:
            self._arrive()

    def _look_at_all(self) -> None:
        """Chats that come with a draft of theirs are not opened."""
        for chat in list(self._desk._chats.values()):
            self._watch(chat)

    def _look_at(self, chat: Chat) -> None:
        self._watch(chat)
        tell("open", chat=chat.facts.id, stored=chat.is_stored, empty=chat.draft.empty)

    def _watch(self, chat: Chat) -> None:
        if chat.facts.id in self._seen:
            return
        self._seen.add(chat.facts.id)
        chat.destroyed.connect(partial(self._seen.discard, chat.facts.id))
        chat.draft.changed.connect(partial(self._tell_draft, chat))
        chat.editing_changed.connect(partial(self._tell_draft, chat))
        chat.messages.rowsInserted.connect(partial(self._tell_questions, chat))
        chat.messages.dataChanged.connect(partial(self._tell_growth, chat))
        chat.worker.answered.connect(partial(self._tell_answer, chat))
        chat.deleted.connect(lambda ids: tell("deleted", ids=list(ids)))
        self._tell_draft(chat)

    # --- what is acknowledged ---

    def _tell_draft(self, chat: Chat) -> None:
        tell("draft", chat=chat.facts.id, **draft_of(chat))

    def _tell_questions(self, chat: Chat, _parent: QModelIndex, first: int, last: int) -> None:
        for message in chat.messages.messages[first : last + 1]:
            if message.role == "user":
                tell("asked", chat=chat.facts.id, id=message.id, text=message.text, pictures=len(message.pictures))

    def _tell_growth(self, chat: Chat, first: QModelIndex, *_: object) -> None:
        message = chat.messages.messages[first.row()]
        if message.state == "streaming" and message.text:
            tell("grown", id=message.id, length=len(message.text))

    def _tell_answer(self, chat: Chat, message: Message) -> None:
        tell("answered", chat=chat.facts.id, id=message.id, state=message.state, text=message.text)

    # --- whether it is there again ---

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.UpdateRequest and self._is_complete():
            watched.removeEventFilter(self)
            QCoreApplication.sendEvent(watched, event)
            self._arrive()
            return True
        return False

    def _ask_for_paint(self) -> None:
        """What became complete without a change of the window is told of by the next paint."""
        if self._is_complete():
            self.window.update()

    def _is_complete(self) -> bool:
        word = self._expected.get(self.chat.facts.id)
        if self._is_there or word is None or self.chat.loading:
            return False
        return not word or any(word in text for text in self._texts())

    def _texts(self) -> list[str]:
        seen = (each for each in self.window.findChildren(QWidget) if not each.visibleRegion().isEmpty())
        shown = [each for each in seen if isinstance(each, QTextEdit | QPlainTextEdit | QLabel)]
        return [each.text() if isinstance(each, QLabel) else each.toPlainText() for each in shown]

    def _arrive(self) -> None:
        """What is open, as it is shown."""
        self._is_there = True
        self._looking.stop()
        chat = self.chat
        said = [_facts_of(message) for message in chat.messages.messages]
        tell("there", chat=chat.facts.id, said=said, written=self.edit.toPlainText(), **draft_of(chat))
        self.there.emit()


def draft_of(chat: Chat) -> dict[str, Any]:
    """What is being written, with its pictures in order, by name and by what they are."""
    pictures = [[name_of(picture.source), picture.source.kept] for picture in chat.draft.pictures]
    return {"text": chat.draft.text, "pictures": pictures, "editing": chat.editing}


def _facts_of(message: Message) -> list[Any]:
    return [message.id, message.role, message.state, crc32(message.text.encode()), len(message.pictures)]
