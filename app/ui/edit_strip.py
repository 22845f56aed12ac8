"""The strip above the field while an earlier question is edited: that it is, and the way out."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QMetaObject, QObject, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from app.conversation.chat import Chat
from app.conversation.editing import source_of
from app.core.message import JSON, Message
from app.ui.label import Label
from app.ui.notes import Choice, Notes, Said
from app.ui.theme import CONTROL, RADIUS, Theme

_PADDING: Final = 7
"""Pixels above and below the sentence, so that one line of it is as high as a button."""
_LEFT: Final = "left"
"""What the note about an edit that was cancelled is about."""


class EditStrip(QWidget):
    """Stands as long as the conversation's draft is an earlier question.

    Signals:
        turned(): it has come or gone.
    """

    turned = Signal()

    def __init__(self, theme: Theme, notes: Notes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._notes = notes
        self._chat: Chat | None = None
        self._link: QMetaObject.Connection | None = None
        self._left: tuple[str, JSON] = ("", {})
        """A question, and how it was written anew: its edit is taken up again as soon as it has begun."""
        self._ground = QFrame()
        self._ground.setObjectName("editing")
        self._words = Label(theme, self._sentence(), role="secondary", wraps=True)
        self._words.setContentsMargins(0, _PADDING, 0, _PADDING)
        self._cancel = QPushButton(self.tr("Cancel"))
        self._cancel.setProperty("kind", "link")
        self._cancel.setAccessibleName(self.tr("Cancel the edit"))
        self._cancel.setToolTip(self.tr("Leave the question as it was (%1)").replace("%1", "Esc"))
        self._cancel.clicked.connect(self.cancel)
        row = QHBoxLayout(self._ground)
        row.setContentsMargins(12, 2, 12, 2)
        row.setSpacing(12)
        row.addWidget(self._words, 1)
        row.addWidget(self._cancel)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(4, 0, 4, 8)
        outer.addWidget(self._ground)
        theme.changed.connect(self._dress)
        self._dress()
        self.hide()

    def set_chat(self, chat: Chat) -> None:
        """Follow another conversation."""
        if self._link is not None:
            QObject.disconnect(self._link)
        self._chat = chat
        self._left = "", {}
        self._link = chat.editing_changed.connect(self._follow)
        self._show_whether()

    @property
    def stops(self) -> list[QWidget]:
        """What of it the keyboard comes to."""
        return [self._cancel]

    def edit_last(self) -> None:
        """Edit what was asked last, while nothing is written."""
        chat = self._chat
        if chat is None or chat.worker.busy or chat.editing or not chat.draft.empty:
            return
        last = chat.messages.last_question
        if last is not None:
            chat.edit(last.id)

    def cancel(self) -> bool:
        """Leave the question as it was; whether one is edited, and not on its way. What was changed can be had back."""
        chat = self._chat
        if chat is None or not chat.editing or chat.worker.busy:
            return False
        edited, written = chat.editing, chat.draft.to_json()
        row = chat.messages.row_of(edited)
        differs = row >= 0 and _differs(written, chat.messages.messages[row])
        chat.cancel_edit()
        if differs:
            again = Choice(self.tr("Edit again"), lambda: self._edit_again(edited, written))
            words = self.tr("The question stays as it was.")
            self._notes.add(Said(words, (again,), of_message=True, quiet=True, about=_LEFT))
        return True

    def height_for(self, width: int) -> int:
        """Pixels that it needs where it is so many wide; none while it is hidden."""
        layout = self.layout()
        return layout.heightForWidth(width) if layout is not None and not self.isHidden() else 0

    def _sentence(self) -> str:
        return self.tr("Editing an earlier question. What follows it stays as another version.")

    def _edit_again(self, question: str, written: JSON) -> None:
        self._left = question, written
        if self._chat is not None:
            self._chat.edit(question)

    def _take_up(self) -> None:
        (question, written), self._left = self._left, ("", {})
        if self._chat is not None and question and self._chat.editing == question:
            self._chat.draft.take()
            self._chat.draft.restore(written)

    def _follow(self) -> None:
        self._notes.forget(_LEFT)
        if self._left[0]:
            QTimer.singleShot(0, self, self._take_up)  # the draft is about to have the question as it was
        self._show_whether()
        if not self.isHidden() and QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, self._sentence()))

    def _show_whether(self) -> None:
        editing = self._chat is not None and bool(self._chat.editing)
        if editing == self.isHidden():
            self.setVisible(editing)
            self.turned.emit()

    def _dress(self) -> None:
        ground, radius = self._theme.tokens.soft, RADIUS["control"]
        self._ground.setStyleSheet(f"QFrame#editing {{ background: {ground}; border-radius: {radius}px; }}")
        self._words.setMinimumHeight(self._theme.grown(CONTROL))
        self._cancel.setFont(self._theme.font("secondary", 500))


def _differs(written: JSON, question: Message) -> bool:
    """Whether anything of a question was changed, by what the draft keeps of it."""
    asked = [_sent_as(source_of(blocks).to_json()) for blocks in question.pictures]
    return bool(written["text"] != question.text or [_sent_as(source) for source in written["pictures"]] != asked)


def _sent_as(source: JSON) -> tuple[object, ...]:
    return tuple(source.get(fact) for fact in ("kept", "url", "page", "preset", "region"))
