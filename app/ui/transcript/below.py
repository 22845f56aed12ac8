"""The button that says that text has come below what is read."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget

from app.ui.theme import SPACE


class Below(QPushButton):
    """Lies over the lower edge of its parent. Signal `clicked`: the end is wanted."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(self.tr("New text below"), parent)
        self._over = parent
        self.setProperty("kind", "plain")
        self.setAccessibleName(self.text())
        self.setToolTip(self.tr("Go to the end (End)"))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the End key does the same
        self.hide()

    def offer(self) -> None:
        """Show it, where it belongs."""
        self.adjustSize()
        over = self._over.rect()
        self.move((over.width() - self.width()) // 2, over.height() - self.height() - 2 * SPACE)
        self.show()
        self.raise_()
