"""What stands in the composer's place under a conversation of the trash: that it is there, and the way back."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from app.conversation.desk import Desk
from app.ui.label import Label
from app.ui.theme import COMPOSER, Theme

_AROUND: Final = 8
"""Pixels beside and below it, so that it stands where the composer's card does."""


class TrashBar(QWidget):
    """Shown while such a conversation is open.

    Signals:
        left(): it is brought back, and the keyboard is to go to the message.
    """

    left = Signal()

    def __init__(self, theme: Theme, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.setMaximumWidth(COMPOSER + 2 * _AROUND)
        ground = QFrame()
        ground.setObjectName("undo")
        words = self.tr("This chat is in the trash. Restore it to go on with it, or to export it.")
        self._restore = QPushButton(self.tr("Restore"))
        self._restore.setProperty("kind", "plain")
        self._restore.setAccessibleName(self.tr("Restore"))
        self._restore.setToolTip(self.tr("Take this chat out of the trash"))
        self._restore.clicked.connect(lambda _: self._bring_back())
        row = QHBoxLayout(ground)
        row.setContentsMargins(16, 12, 12, 12)
        row.setSpacing(12)
        row.addWidget(Label(theme, words, tone="secondary", wraps=True), 1)
        row.addWidget(self._restore)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(_AROUND, 4, _AROUND, _AROUND)
        outer.addWidget(ground)
        desk.opened.connect(self._follow)
        self._follow()

    def _bring_back(self) -> None:
        self._desk.restore(self._desk.current.facts.id)
        self.left.emit()

    def _follow(self) -> None:
        self.setVisible(self._desk.is_in_trash)
