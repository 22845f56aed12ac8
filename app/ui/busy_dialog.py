"""A dialog about work that goes on while it is open: as high as what it shows, and closed only when nothing is done."""

from __future__ import annotations

from typing import Final, Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.ui.buttons import press_focused
from app.ui.theme import Theme

WIDTH: Final = 520
MARGIN: Final = 24


class Work(Protocol):
    """What goes on."""

    busy: bool

    def cancel(self) -> None:
        """End it soon."""


class BusyDialog(QDialog):
    """Opened with `open`; deletes itself when closed. To close it while it works cancels that."""

    work: Work

    def __init__(self, theme: Theme, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)

    def _add_buttons(self, besides: QPushButton, *others: QPushButton) -> None:
        """At the bottom: one at its left, the others at its right."""
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(besides)
        row.addStretch(1)
        for button in others:
            row.addWidget(button)
        self._column.addLayout(row)

    def _fit(self) -> None:
        """As high as what is shown needs."""
        width = self._theme.px(WIDTH)
        self.setFixedSize(width, self._column.totalHeightForWidth(width))

    # --- Qt ---

    def reject(self) -> None:
        if self.work.busy:
            self.work.cancel()
        else:
            super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.work.busy:
            self.work.cancel()
            event.ignore()
        else:
            super().closeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not press_focused(event):
            super().keyPressEvent(event)
