"""One line that unfolds what is behind it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.ui.theme import SPACE, Theme


class Fold(QWidget):
    """Signals:
    opened(bool): it was unfolded or folded.
    """

    opened = Signal(bool)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._body: QWidget | None = None
        self._line = QPushButton(self)
        self._line.setProperty("kind", "fold")
        self._line.setFont(theme.font("secondary", 500))
        self._line.clicked.connect(self.toggle)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2 * SPACE)
        self._column.addWidget(self._line)
        self._is_open = False
        self._show_arrow()

    @property
    def is_open(self) -> bool:
        return self._is_open

    @property
    def has_body(self) -> bool:
        return self._body is not None

    @property
    def line(self) -> str:
        return self._line.text()

    def set_line(self, words: str) -> None:
        if words != self._line.text():
            self._line.setText(words)
            self._line.setAccessibleName(words)

    def set_body(self, body: QWidget) -> None:
        """Put something behind the line, which stays folded."""
        self._body = body
        self._column.addWidget(body)
        body.setVisible(self._is_open)
        self._show_arrow()

    def toggle(self) -> None:
        if self._body is None:
            return
        self._is_open = not self._is_open
        self._body.setVisible(self._is_open)
        self._show_arrow()
        self.opened.emit(self._is_open)

    def _show_arrow(self) -> None:
        arrow = "chevron-down" if self._is_open else "chevron-right"
        self._line.setIcon(self._theme.icon(arrow) if self._body is not None else QIcon())
        self._line.setAccessibleDescription(
            "" if self._body is None else self.tr("Unfolded") if self._is_open else self.tr("Folded")
        )
