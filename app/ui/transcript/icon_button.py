"""A button with an icon and no words, in the rows of the conversation."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QToolButton, QWidget

from app.ui.theme import Theme


class IconButton(QToolButton):
    """Its name is read out; its tooltip may tell more. Enter presses it as Space does."""

    def __init__(self, theme: Theme, icon: str, name: str, tip: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "icon")
        self.setIcon(theme.icon(icon, theme.tokens.text2))
        self.setAccessibleName(name)
        self.setToolTip(tip or name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves it in the text, where writing goes on

    # --- overrides of Qt ---

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and not event.isAutoRepeat():
            self.click()
        else:
            super().keyPressEvent(event)
