"""What stands in the composer's place under a conversation of the trash: that it is there, and the way back."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton

from app.conversation.desk import Desk
from app.ui.label import Label
from app.ui.theme import COMPOSER, Theme


class TrashBar(QFrame):
    """Shown while such a conversation is open."""

    def __init__(self, theme: Theme, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.setObjectName("undo")
        self.setMaximumWidth(COMPOSER)
        words = self.tr("This chat is in the trash. To go on with it, restore it.")
        self._restore = QPushButton(self.tr("Restore"))
        self._restore.setProperty("kind", "plain")
        self._restore.setToolTip(self.tr("Take this chat out of the trash"))
        self._restore.clicked.connect(lambda: desk.restore(desk.current.facts.id))
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 12, 12, 12)
        row.setSpacing(12)
        row.addWidget(Label(theme, words, tone="secondary", wraps=True), 1)
        row.addWidget(self._restore)
        desk.opened.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        self.setVisible(self._desk.is_in_trash)
