"""A bar under the list of conversations: how many are chosen, and what is done most often with them."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QPushButton

from app.conversation.desk import Desk
from app.conversation.history import ARCHIVE, TRASH
from app.ui.conversation_list import ConversationList
from app.ui.conversation_menu import chats
from app.ui.label import Label
from app.ui.theme import Theme


class SelectionBar(QFrame):
    """Seen while several are chosen, and in the trash while any is.

    Signals:
        delete_wanted(): what is chosen is to be deleted, in the trash for good.
    """

    delete_wanted = Signal()

    def __init__(self, theme: Theme, desk: Desk, listed: ConversationList) -> None:
        super().__init__()
        self._theme = theme
        self._desk = desk
        self._list = listed
        self.setObjectName("undo")
        self._words = Label(theme, role="secondary", tone="secondary")
        self._put = QPushButton()
        self._delete = QPushButton()
        buttons = QHBoxLayout()
        buttons.setSpacing(12)
        for button in (self._put, self._delete):
            button.setProperty("kind", "link")
            buttons.addWidget(button)
        buttons.addStretch()
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(12, 8, 12, 8)
        self._row.setSpacing(4)
        self._row.addWidget(self._words, 1)
        self._row.addLayout(buttons)
        self._put.clicked.connect(self._put_elsewhere)
        self._delete.clicked.connect(self.delete_wanted)
        listed.chosen.connect(self._follow)
        desk.cabinet.view_changed.connect(self._follow)
        for changed in (desk.history.modelReset, desk.history.rowsRemoved):
            changed.connect(self._follow)
        theme.changed.connect(self._dress)
        self._dress()
        self._follow()

    def _follow(self) -> None:
        number, view = len(self._list.selectedIndexes()), self._desk.history.view
        self.setVisible(number > 1 or (view == TRASH and number > 0))
        self._words.setText(chats(number))
        directions = QBoxLayout.Direction  # what deletes for good says so, and has no room beside the number
        self._row.setDirection(directions.TopToBottom if view == TRASH else directions.LeftToRight)
        self._put.setText(self._deed(view))
        self._delete.setText(self.tr("Delete for good…") if view == TRASH else self.tr("Delete"))
        self._delete.setToolTip(self.tr("Delete for good (Del)") if view == TRASH else self.tr("Into the trash (Del)"))

    def _deed(self, view: str) -> str:
        if view == TRASH:
            return self.tr("Restore")
        return self.tr("Unarchive") if view == ARCHIVE else self.tr("Archive")

    def _put_elsewhere(self) -> None:
        ids, view = self._list.chosen_ids, self._desk.history.view
        if view == TRASH:
            self._desk.restore(*ids)
        else:
            self._desk.cabinet.archive(ids, on=view != ARCHIVE)

    def _dress(self) -> None:
        for button in (self._put, self._delete):
            button.setFont(self._theme.font("secondary", 500))
