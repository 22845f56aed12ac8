"""Notes above the message: what could not be attached and why, each until it is dismissed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from app.ui.theme import RADIUS, Theme

_MOST: Final = 4
"""Notes shown at once; the oldest goes first."""


class Note(QFrame):
    """One sentence, a cross, and a button where there is something to do about it.

    Signals:
        dismissed(): it is to go.
    """

    dismissed = Signal()

    def __init__(self, theme: Theme, text: str, action: str = "", do: Callable[[], None] | None = None) -> None:
        super().__init__()
        self._theme = theme
        self.text = text
        self._words = QLabel(text)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setWordWrap(True)
        self._cross = QToolButton()
        self._cross.setProperty("kind", "icon")
        self._cross.setAccessibleName(self.tr("Dismiss"))
        self._cross.setToolTip(self.tr("Dismiss"))
        self._cross.clicked.connect(self.dismissed)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 2, 2, 2)
        row.addWidget(self._words, 1)
        self._action = QPushButton(action)
        self._action.setProperty("kind", "link")
        self._action.setVisible(do is not None)
        if do is not None:
            self._action.clicked.connect(do)
            self._action.clicked.connect(self.dismissed)
        row.addWidget(self._action)
        row.addWidget(self._cross, 0, Qt.AlignmentFlag.AlignTop)
        theme.changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        tokens = self._theme.tokens
        self.setStyleSheet(f"Note {{ background: {tokens.on_warn}; border-radius: {RADIUS['control']}px; }}")
        self._words.setStyleSheet(f"color: {tokens.warn};")
        self._words.setFont(self._theme.font("secondary"))
        self._action.setFont(self._theme.font("secondary", 500))
        self._cross.setIcon(self._theme.icon("x", tokens.warn))


class Notes(QWidget):
    """The column of them; it takes no room while there is none."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 8)
        self._column.setSpacing(4)
        self.hide()

    @property
    def texts(self) -> list[str]:
        return [note.text for note in self._notes()]

    def add(self, text: str, action: str = "", do: Callable[[], None] | None = None) -> None:
        """Show a sentence, and say it where a screen reader listens. The same sentence stands only once."""
        for note in self._notes():
            if note.text == text:
                self._drop(note)
        for note in self._notes()[: 1 - _MOST]:
            self._drop(note)
        note = Note(self._theme, text, action, do)
        note.dismissed.connect(lambda: self._drop(note))
        self._column.addWidget(note)
        self.show()
        from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent

        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))

    def clear(self) -> None:
        for note in self._notes():
            self._drop(note)

    def _notes(self) -> list[Note]:
        return [note for note in self.findChildren(Note) if self._column.indexOf(note) >= 0]

    def _drop(self, note: Note) -> None:
        self._column.removeWidget(note)
        note.hide()
        note.deleteLater()
        self.setVisible(self._column.count() > 0)
