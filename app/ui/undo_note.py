"""A note that says for ten seconds what was deleted, and brings it back."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from app.ui.label import ElidedLabel
from app.ui.theme import Theme

UNDO_MILLISECONDS: Final = 10_000
"""How long what was deleted can be brought back from here."""
_WIDEST: Final = 320
"""Pixels of its words, however large the text: a small window has to keep room for the conversation."""


class UndoNote(QFrame):
    """It stays while it is pointed at or has the focus.

    Signals:
        undone(): bring back what was deleted last.
        left(): it goes although it had the focus.
    """

    undone = Signal()
    left = Signal()

    def __init__(self, theme: Theme, hint: str, parent: QWidget | None = None) -> None:
        """`hint` is the tooltip of Undo, with its keys."""
        super().__init__(parent)
        self._theme = theme
        self.setObjectName("undo")
        self._words = ElidedLabel(theme, most=_WIDEST, role="secondary")
        self._button = QPushButton(self.tr("Undo"))
        self._button.setProperty("kind", "link")
        self._button.setToolTip(hint)
        self._button.clicked.connect(self.undo)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(8)
        row.addWidget(self._words, 1)
        row.addWidget(self._button)
        self._ends = QTimer(self, singleShot=True, interval=UNDO_MILLISECONDS)
        self._ends.timeout.connect(self._end)
        theme.changed.connect(self._dress)
        self._dress()
        self.hide()

    def offer(self, words: str) -> None:
        """Say what was deleted, also where a screen reader listens."""
        self._words.set_whole(words)
        self.show()
        self._ends.start()
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, words))

    def undo(self) -> bool:
        """Bring it back, as long as that is offered; whether it was."""
        if self.isHidden():
            return False
        self.withdraw()
        self.undone.emit()
        return True

    def withdraw(self) -> None:
        """What was deleted cannot be brought back from here any more."""
        self._ends.stop()
        if self._button.hasFocus():
            self.left.emit()  # before it is hidden: Qt would give the focus to whatever comes next
        self.hide()

    def _dress(self) -> None:
        self._button.setFont(self._theme.font("secondary", 500))

    def _end(self) -> None:
        if self.underMouse() or self._button.hasFocus():
            self._ends.start()
        else:
            self.withdraw()
