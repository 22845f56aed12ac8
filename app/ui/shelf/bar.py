"""The thin line above the composer that says what the earlier pictures cost, and opens the shelf."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.conversation.chat import Chat
from app.conversation.gallery import Gallery
from app.conversation.shelf import ContextShelf
from app.conversation.tools import Tools
from app.ui.shelf import words
from app.ui.shelf.panel import ShelfPanel
from app.ui.theme import COMPOSER, Theme
from app.ui.transcript.answer import AnswerTurn
from app.ui.transcript.prose import Prose

_SIDE = 8
"""Pixels at either side, as the composer has them for its shadow."""


class ShelfBar(QWidget):
    """Takes no room where there are no earlier pictures.

    Signals:
        picture_opened(int): a picture is to be shown large; its number.
        left(): it was closed by a key; writing goes on.
    """

    picture_opened = Signal(int)
    left = Signal()

    def __init__(
        self, theme: Theme, gallery: Gallery, tools: Tools, answers: QWidget, parent: QWidget | None = None
    ) -> None:
        """`answers` holds the turns in which a passage may be selected."""
        super().__init__(parent)
        self._theme = theme
        self._answers = answers
        self.shelf = ContextShelf(tools, self)
        self.panel = ShelfPanel(theme, gallery, self.shelf, self._selected_text)
        self._toggle = QPushButton()
        self._toggle.setProperty("kind", "fold")
        self._toggle.clicked.connect(self.toggle)
        self.panel.picture_opened.connect(self.picture_opened)
        self.panel.closed.connect(self._close)
        self.shelf.changed.connect(self._follow)
        self._lay_out()
        theme.changed.connect(self._dress)
        self._dress()
        self.hide()

    def set_chat(self, chat: Chat) -> None:
        """Show the pictures of another conversation."""
        self.panel.hide()
        self.shelf.set_chat(chat)
        self._follow()

    def toggle(self) -> None:
        """Open the shelf, or close it."""
        if self.isHidden():
            return
        self.panel.setHidden(not self.panel.isHidden())
        self.panel.follow()
        self._follow()
        if not self.panel.isHidden():
            self.panel.strip.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def text(self) -> str:
        return self._toggle.text()

    def _lay_out(self) -> None:
        self.setMaximumWidth(COMPOSER + 2 * _SIDE)
        line = QHBoxLayout()
        line.setContentsMargins(_SIDE + 4, 0, 0, 0)
        line.addWidget(self._toggle)
        line.addStretch(1)
        around = QHBoxLayout()
        around.setContentsMargins(_SIDE, 0, _SIDE, 4)
        around.addWidget(self.panel)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(around)
        column.addLayout(line)
        self.panel.hide()

    def _dress(self) -> None:
        self._toggle.setFont(self._theme.font("caption"))
        self._follow()

    def _follow(self) -> None:
        shelf, free = self.shelf.shelf, self.shelf.practice
        self.setVisible(bool(shelf.rows))
        if not shelf.rows:
            self.panel.hide()
            return
        said, is_open = words.summary(shelf, free=free), not self.panel.isHidden()
        self._toggle.setText(said)
        self._toggle.setIcon(self._theme.icon("chevron-down" if is_open else "chevron-right", size=14))
        self._toggle.setAccessibleName(self.tr("Earlier pictures: %1").replace("%1", said))
        self._toggle.setAccessibleDescription(self.tr("open") if is_open else self.tr("closed"))
        self._toggle.setToolTip(words.explained(shelf, free=free) + "\n(Ctrl+Shift+P)")

    def _close(self) -> None:
        self.toggle()
        self.left.emit()

    def _selected_text(self) -> str:
        """The passage that is selected in an answer; of several the one farthest down."""
        found = [
            prose.selected for turn in self._answers.findChildren(AnswerTurn) for prose in turn.findChildren(Prose)
        ]
        return next((text for text in reversed(found) if text.strip()), "")
