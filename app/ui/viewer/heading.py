"""The line above the picture: its name, which of its pixels are seen and how large, and the way out."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.ui.label import ElidedLabel, Label
from app.ui.theme import Theme
from app.ui.viewer.bar import icon_button

_LEAST: Final = 136
"""Points that the name and the chip keep: "Image 12" and "What Claude sees" are to be read."""


class Heading(QWidget):
    """What is said and the two buttons are for the viewer to join."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = ElidedLabel(theme, most=2000, least=_LEAST, weight=500)
        self._chip = ElidedLabel(theme, most=400, least=_LEAST, mode=Qt.TextElideMode.ElideRight, role="caption")
        self._chip.setObjectName("chip")
        self._chip.setContentsMargins(8, 2, 8, 2)
        self._chip.setIndent(0)  # or its border would push the words aside
        self._percent = Label(theme, role="caption", tone="secondary")
        self.details = icon_button(theme, "info", self.tr("Details"), "I")
        self.details.setCheckable(True)
        self.close_button = icon_button(theme, "x", self.tr("Close"), self.tr("Esc"))
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 8, 8)
        row.setSpacing(8)
        row.addWidget(self._title, 1)
        for part in (self._chip, self._percent, self.details, self.close_button):
            row.addWidget(part, 0, Qt.AlignmentFlag.AlignVCenter)

    @property
    def title(self) -> str:
        return self._title.accessibleName()

    def set_title(self, title: str) -> None:
        self._title.set_whole(title)

    def set_chip(self, words: str, *, sent: bool) -> None:
        """Say which pixels are seen; `sent` ones stand out."""
        self._chip.set_whole(words)
        self._chip.setVisible(bool(words))
        self._chip.setProperty("sent", sent)
        self._chip.style().unpolish(self._chip)
        self._chip.style().polish(self._chip)

    def set_zoom(self, zoom: float | None) -> None:
        """Of the original; None where there is nothing to be seen."""
        self._percent.setText("" if zoom is None else self.tr("%1 %").replace("%1", str(round(zoom * 100))))
