"""A note that says for ten seconds what was deleted or put elsewhere, and brings it back."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from app.ui.foreign_text import tip
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
        self._words = _Words(theme, most=_WIDEST, role="secondary")
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

    def offer(self, words: str, title: str = "") -> None:
        """Say what was deleted, also where a screen reader listens. `title` stands for %1, and gives way for the rest.

        It is foreign text in one line (`app.ui.foreign_text`).
        """
        self._words.tell(words, title)
        words = words.replace("%1", title)
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


class _Words(ElidedLabel):
    """A sentence of which the title in it is cut where room is short."""

    _around = ("", "")
    _title = ""

    def tell(self, words: str, title: str) -> None:
        before, mark, after = words.partition("%1")
        self._around, self._title = (before, after), title if mark else ""
        self.set_whole(before + self._title + after)

    def _elide(self) -> None:
        before, after = self._around
        room = self.contentsRect().width() - self.fontMetrics().horizontalAdvance(before + after)
        if not self._title or room <= 0:
            super()._elide()
            return
        title = self.fontMetrics().elidedText(self._title, Qt.TextElideMode.ElideRight, room)
        self.setText(before + title + after)
        self.setToolTip(tip(self._whole) if title != self._title else "")
