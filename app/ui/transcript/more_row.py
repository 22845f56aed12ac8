"""The row below a very long text of which only the beginning is shown."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from app.ui import figures
from app.ui.theme import HIT
from app.ui.transcript.content import More
from app.ui.transcript.host import Host
from app.ui.transcript.text import SafeTextView


class MoreRow(QWidget):
    """A button that shows the rest."""

    def __init__(self, host: Host, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = host.theme
        self._button = QPushButton(self)
        self._button.setProperty("kind", "link")
        self._button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self._button.clicked.connect(lambda: host.unfolded.emit(self))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._button)
        row.addStretch(1)

    @property
    def view(self) -> SafeTextView | None:
        return None

    def show_content(self, content: More) -> None:
        words = self.tr("Show all (%1)").replace("%1", figures.file_size(content.size))
        if words != self._button.text():
            self._button.setText(words)
            self._button.setAccessibleName(words)

    def height_for(self, _width: int) -> int:
        return self._theme.grown(HIT)

    def shift(self, pixels: int) -> None:
        """It is never too wide."""

    def let_go(self) -> None:
        """Nothing belongs to one row alone."""
