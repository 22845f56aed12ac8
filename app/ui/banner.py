"""The practice banner: says, as long as it is so, that no model is asked."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton

from app.conversation.account import Account
from app.ui.label import ElidedLabel
from app.ui.theme import Theme


class PracticeBanner(QFrame):
    """Shown while practice mode is on.

    Signals:
        key_requested(): the person wants to use a key of their own.
    """

    key_requested = Signal()

    def __init__(self, theme: Theme, account: Account) -> None:
        super().__init__()
        self._theme = theme
        self._account = account
        self.setObjectName("practice")
        self.setAccessibleName(self.tr("Practice mode"))
        self._icon = QLabel()
        words = ElidedLabel(theme, most=2000, mode=Qt.TextElideMode.ElideRight, role="secondary")
        words.set_whole(
            self.tr(
                "Practice mode: answers are measured on this computer, no model is asked. "
                "Nothing is sent and it costs nothing."
            )
        )
        key = QPushButton(self.tr("Use an API key"))
        key.setProperty("kind", "link")
        key.clicked.connect(self.key_requested)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 4, 16, 4)
        row.setSpacing(8)
        row.addWidget(self._icon)
        row.addWidget(words, 1)
        row.addWidget(key)
        account.changed.connect(self._follow)
        theme.changed.connect(self._draw_icon)
        self._draw_icon()
        self._follow()

    def _follow(self) -> None:
        self.setVisible(self._account.practice)

    def _draw_icon(self) -> None:
        self._icon.setPixmap(self._theme.pixmap("flask-conical", self._theme.tokens.warn))
