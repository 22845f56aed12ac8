"""The box in the sidebar that looks like a field and opens the search."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton

from app.ui.label import Label
from app.ui.theme import Theme

KEYS: Final = "Ctrl+K"


class SearchBox(QPushButton):
    """As wide as it is given room; `clicked` asks for the search."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setProperty("kind", "plain")
        self.setAccessibleName(self.tr("Search"))
        self.setToolTip(self.tr("Search in all chats (%1)").replace("%1", KEYS))
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 0, 12, 0)
        row.setSpacing(8)
        row.addWidget(Label(theme, self.tr("Search"), tone="secondary"), 1)
        row.addWidget(Label(theme, KEYS.replace("+", " "), role="caption", tone="secondary"))
        for part in self.findChildren(QLabel):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
