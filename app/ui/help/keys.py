"""The list of keys, in a window of its own: those of the window's actions as they are, and those of its parts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QFrame, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from app.ui.label import Label
from app.ui.theme import Theme

_SIZE: Final = QSize(460, 640)
_FRAME: Final = QSize(32, 80)
"""Pixels of the screen that stay free around the window."""
_BAR: Final = 10


class KeysWindow(QDialog):
    """Shown beside the conversation, which goes on; it deletes itself when closed."""

    def __init__(self, theme: Theme, actions: Sequence[QAction], parent: QWidget) -> None:
        """`actions`: what the window does at a key."""
        super().__init__(parent)
        self._theme = theme
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Keys"))
        wanted = QSize(theme.grown(_SIZE.width()), theme.grown(_SIZE.height()))
        self.resize(wanted.boundedTo(self.screen().availableSize() - _FRAME))
        scroll = QScrollArea()
        scroll.setObjectName("welcome")
        scroll.setAccessibleName(self.windowTitle())
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        page = QWidget()
        page.setObjectName("page")
        self._column = QVBoxLayout(page)
        self._column.setContentsMargins(24, 24, 24 - _BAR, 24)
        self._column.setSpacing(8)
        self._column.addWidget(Label(theme, self.windowTitle(), role="title", weight=600))
        self._add(self.tr("Anywhere"), ((action.text(), _native(action.shortcuts())) for action in actions))
        for heading, rows in parts():
            self._add(heading, rows)
        self._column.addStretch(1)
        scroll.setWidget(page)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)
        scroll.setFocus()
        QShortcut(QKeySequence(QKeySequence.StandardKey.Close), self, self.close)

    @classmethod
    def show_for(cls, theme: Theme, actions: Sequence[QAction], parent: QWidget) -> KeysWindow:
        """The window that is open already, or a new one."""
        window = parent.findChild(KeysWindow) or cls(theme, actions, parent)
        window.show()
        window.raise_()
        window.activateWindow()
        return window

    def _add(self, heading: str, rows: Iterable[tuple[str, str]]) -> None:
        title = Label(self._theme, heading, role="heading", weight=600)
        title.setContentsMargins(0, 12, 0, 0)
        self._column.addWidget(title)
        grid = QGridLayout()
        grid.setColumnStretch(0, 1)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        for row, (what, keys) in enumerate(rows):
            grid.addWidget(Label(self._theme, what, tone="secondary", wraps=True), row, 0)
            grid.addWidget(Label(self._theme, keys), row, 1)
        self._column.addLayout(grid)


def parts() -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Parts of the window that have keys of their own, and those."""
    return (
        (
            _tr("In the message"),
            (
                (_tr("Send"), "Enter"),
                (_tr("New line"), "Shift+Enter"),
                (_tr("Stop the answer"), "Esc"),
                (_tr("Edit the last question, while nothing is written"), "↑"),
                (_tr("Paste as plain text"), "Ctrl+Shift+V"),
                (_tr("Bring back a picture that was taken out"), "Ctrl+Z"),
            ),
        ),
        (
            _tr("In the list of chats"),
            (
                (_tr("Open"), "Enter"),
                (_tr("Rename"), "F2"),
                (_tr("Delete"), "Del"),
                (_tr("Undo"), "Ctrl+Z"),
                (_tr("Choose several"), "Shift+↑ ↓"),
                (_tr("Choose all"), "Ctrl+A"),
            ),
        ),
    )


def _native(shortcuts: Iterable[QKeySequence]) -> str:
    """The first of them: the others are for who is used to them."""
    return next((each.toString(QKeySequence.SequenceFormat.NativeText) for each in shortcuts), "")


def _tr(words: str) -> str:
    return QCoreApplication.translate("keys", words)
