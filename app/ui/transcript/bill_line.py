"""The line under an answer: how it goes while it comes, what it has cost then; a press opens the bill."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeyEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QStyle, QStyleOptionButton, QStylePainter, QWidget

from app.ui.theme import CONTROL, Theme

_LEAST: Final = 80
"""Pixels."""


class BillLine(QPushButton):
    """Gives way where room is short: its end is left out then. Signal `clicked`: the bill is wanted."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setProperty("kind", "bill")
        self.setFont(theme.font("caption"))
        self.setMinimumHeight(CONTROL)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.tell("", details=False)

    def tell(self, words: str, *, details: bool) -> None:
        """Show these words; with `details` there is a bill behind them."""
        self.setText(words)
        self.setAccessibleName(words)
        self.setEnabled(details)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if details else Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor if details else Qt.CursorShape.ArrowCursor)
        self.setAccessibleDescription(self.tr("Opens the bill: what was charged, item by item") if details else "")
        self._say()

    def _say(self) -> None:
        hint = self.tr("What was charged, item by item") if self.isEnabled() else ""
        cut = self._shown() != self.text()
        self.setToolTip("\n".join(part for part in (self.text() if cut else "", hint) if part))

    def _shown(self) -> str:
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())

    # --- Qt ---

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 2, self._theme.grown(CONTROL))

    def minimumSizeHint(self) -> QSize:
        return QSize(min(self._theme.px(_LEAST), self.sizeHint().width()), self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._say()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = self._shown()
        QStylePainter(self).drawControl(QStyle.ControlElement.CE_PushButton, option)
