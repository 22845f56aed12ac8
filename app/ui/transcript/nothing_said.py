"""What stands where a conversation has no messages: that it has none, and how to begin."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QMetaObject, QObject, Qt
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from app.conversation.chat import Chat
from app.ui.label import Label
from app.ui.theme import Theme

_SIDE = 24
"""Pixels at the left and the right."""


class NothingSaid(Label):
    """Lies in the middle of the view and lets the mouse through."""

    def __init__(self, theme: Theme, view: QAbstractScrollArea) -> None:
        super().__init__(theme, tone="secondary", wraps=True, parent=view.viewport())
        self._chat: Chat | None = None
        self._links: list[QMetaObject.Connection] = []
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        view.viewport().installEventFilter(self)
        self.hide()

    def set_chat(self, chat: Chat) -> None:
        """Follow another conversation."""
        for link in self._links:
            QObject.disconnect(link)
        self._chat = chat
        model, worker = chat.messages, chat.worker
        changes = (model.modelReset, model.rowsInserted, model.rowsRemoved, chat.loaded_all, chat.changed)
        self._links = [each.connect(self._tell) for each in (*changes, worker.refused, worker.forgiven)]
        self._tell()

    def _tell(self) -> None:
        chat = self._chat
        if chat is not None:
            something = chat.messages.messages or chat.loading or chat.worker.refusal is not None or chat.worker.busy
            words = self.tr("There are no messages in this chat.")
            if chat.worker.phase != "locked":
                words += " " + self.tr("Add a picture or write something below to begin.")
            self.setText(words)
            self.setVisible(not something)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            width = max(0, watched.width() - 2 * _SIDE)
            height = self.heightForWidth(width)
            self.setGeometry(_SIDE, max(0, (watched.height() - height) // 2), width, height)
        return super().eventFilter(watched, event)
