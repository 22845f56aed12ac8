"""The thin line above the composer that says what the earlier pictures cost, and opens the shelf."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.conversation.chat import Chat
from app.conversation.gallery import Gallery
from app.conversation.shelf import ContextShelf
from app.conversation.tools import Tools
from app.ui.shelf import words
from app.ui.shelf.panel import ShelfPanel
from app.ui.theme import COMPOSER, Theme

_SIDE: Final = 8
"""Pixels at either side, as the composer has them for its shadow."""
_GAP: Final = 8
"""Pixels to the composer."""
_APART: Final = 560
"""Pixels of width of the panel's own window."""


class ShelfBar(QWidget):
    """Takes no room where there are no earlier pictures. In a small window it opens as a window of its own.

    Signals:
        picture_opened(int): a picture is to be shown large; its number.
        left(): it was closed by a key; writing goes on.
        resized(int): it has so many pixels of the window's height now.
    """

    picture_opened = Signal(int)
    left = Signal()
    resized = Signal(int)

    def __init__(
        self, theme: Theme, gallery: Gallery, tools: Tools, selected: Callable[[], str], parent: QWidget | None = None
    ) -> None:
        """`selected` gives the passage that is selected in the answers, if there is one."""
        super().__init__(parent)
        self._theme = theme
        self.shelf = ContextShelf(tools, self)
        self.panel = ShelfPanel(theme, gallery, self.shelf, selected)
        self._apart: QDialog | None = None
        """Holds the panel where it has no room here."""
        self._toggle = QPushButton()
        self._toggle.setProperty("kind", "fold")
        self._toggle.clicked.connect(self.toggle)
        self.panel.picture_opened.connect(self.picture_opened)
        self.panel.closed.connect(self._close)
        self._squeezed = QTimer(self, singleShot=True, interval=0)
        self._squeezed.timeout.connect(self._set_apart)
        self.panel.arranged.connect(self._squeezed.start)
        self.shelf.changed.connect(self._follow)
        self._lay_out()
        theme.changed.connect(self._dress)
        self._dress()
        self.hide()

    def set_chat(self, chat: Chat) -> None:
        """Show the pictures of another conversation."""
        self._put_away()
        self.shelf.set_chat(chat)
        self._follow()

    def toggle(self) -> None:
        """Open the shelf, or close it."""
        if self.isHidden():
            return
        if self.panel.isHidden():
            self.panel.show()
            self.panel.strip.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self._put_away()
        self.panel.follow()
        self._follow()

    def _put_away(self) -> None:
        """Close the panel, and bring it back here."""
        self.panel.hide()
        apart, self._apart = self._apart, None
        if apart is not None:
            self._around.addWidget(self.panel)
            self.panel.set_framed(True)
            self.panel.hide()
            apart.close()
            apart.deleteLater()

    def _set_apart(self) -> None:
        """Give the panel a window of its own: here it has too little room."""
        if self._apart is not None or self.panel.isHidden() or not self.panel.squeezed:
            return
        self._apart = apart = QDialog(self.window())
        apart.setWindowTitle(self.tr("Earlier pictures"))
        column = QVBoxLayout(apart)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.panel)
        self.panel.set_framed(False)
        apart.rejected.connect(self._close)
        apart.resize(max(self.panel.width(), self._theme.px(_APART)), apart.sizeHint().height())
        apart.show()
        self.panel.strip.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def text(self) -> str:
        return self._toggle.text()

    @property
    def last_stop(self) -> QWidget:
        """What of it the keyboard comes to last."""
        return self._toggle

    def _lay_out(self) -> None:
        self.setMaximumWidth(COMPOSER + 2 * _SIDE)
        line = QHBoxLayout()
        line.setContentsMargins(_SIDE + 4, 0, 0, 0)
        line.addWidget(self._toggle)
        line.addStretch(1)
        self._around = around = QHBoxLayout()
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
            self._put_away()
            return
        said, is_open = words.summary(shelf, free=free), not self.panel.isHidden()
        self._toggle.setText(said)
        self._toggle.setIcon(self._theme.icon("chevron-down" if is_open else "chevron-right", size=14))
        self._toggle.setAccessibleName(self.tr("Earlier pictures: %1").replace("%1", said))
        self._toggle.setAccessibleDescription(self.tr("open") if is_open else self.tr("closed"))
        self._toggle.setToolTip(words.explained(shelf, free=free) + "\n(Ctrl+Shift+P)")

    def _close(self) -> None:
        if not self.panel.isHidden() or self._apart is not None:
            self._put_away()
            self._follow()
            self.left.emit()

    # --- Qt ---

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self.isHidden():
            self.resized.emit(self.height() + _GAP)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self.isHidden():
            self.resized.emit(0)
