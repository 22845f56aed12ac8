"""The banner over a temporary chat: says, as long as it is open, that nothing of it is kept."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton

from app.conversation.desk import Desk
from app.ui.label import ElidedLabel
from app.ui.theme import Theme


class TemporaryBanner(QFrame):
    """Shown over the chat of which nothing is kept, and over no other."""

    def __init__(self, theme: Theme, desk: Desk) -> None:
        super().__init__()
        self._theme = theme
        self._desk = desk
        self.setObjectName("temporary")
        self.setAccessibleName(self.tr("Temporary chat"))
        self._icon = QLabel()
        words = ElidedLabel(theme, most=2000, mode=Qt.TextElideMode.ElideRight, role="secondary", weight=500)
        words.set_whole(
            self.tr(
                "Temporary chat: nothing of it is kept on this computer. It is gone when you end it, or quit; "
                "only what it cost is counted."
            )
        )
        end = QPushButton(self.tr("End it now"))
        end.setProperty("kind", "link")
        end.setToolTip(self.tr("Forget this chat and its pictures"))
        end.clicked.connect(desk.end_temporary)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 4, 16, 4)
        row.setSpacing(8)
        row.addWidget(self._icon)
        row.addWidget(words, 1)
        row.addWidget(end)
        desk.opened.connect(self._follow)
        theme.changed.connect(self._draw_icon)
        self._draw_icon()
        self._follow()

    def _follow(self) -> None:
        self.setVisible(self._desk.is_temporary)

    def _draw_icon(self) -> None:
        self._icon.setPixmap(self._theme.pixmap("eye-off", self._theme.tokens.accent))
