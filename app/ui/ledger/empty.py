"""What stands in place of a table without rows: why there are none, and the way back from a search."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.ui.label import Label
from app.ui.theme import Theme


class EmptyPage(QWidget):
    """Signals:
    search_cleared(): the person wants to search no more.
    """

    search_cleared = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._words = Label(theme, role="secondary", tone="secondary", wraps=True)
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._clear = QPushButton(self.tr("Clear the search"))
        self._clear.setProperty("kind", "plain")
        self._clear.clicked.connect(self.search_cleared)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addStretch(1)
        column.addWidget(self._words)
        column.addWidget(self._clear, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)

    def text(self) -> str:
        """What is said."""
        return self._words.text()

    def tell(self, text: str, *, searched: bool) -> None:
        """`searched`: it is because of what is searched for."""
        self._words.setText(text)
        self._clear.setVisible(searched)
