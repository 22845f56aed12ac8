"""The welcome page of a new chat: what the app is for, pictures to try it with, and two ways to begin."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.conversation.account import Account
from app.core.resources import resource
from app.ui.label import Label
from app.ui.sample_card import SampleCard
from app.ui.theme import COLUMN, Theme

_ICON: Final = QSize(32, 32)


class Welcome(QScrollArea):
    """Signals:
    choose_requested(): the person wants to choose picture files.
    sample_chosen(list[str], str): paths of pictures, and a question about them.
    key_requested(), practice_requested(): the two ways to an answer.
    """

    choose_requested = Signal()
    sample_chosen = Signal(list, str)
    key_requested = Signal()
    practice_requested = Signal()

    def __init__(self, theme: Theme, account: Account) -> None:
        super().__init__()
        self._theme = theme
        self._account = account
        self.setObjectName("welcome")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._icon = QLabel()
        self._account_card = self._connect_card()
        self._lay_out()
        account.changed.connect(self._follow)
        theme.changed.connect(self._draw_icon)
        self._draw_icon()
        self._follow()

    def _lay_out(self) -> None:
        column = QWidget()
        column.setMaximumWidth(COLUMN)
        cards = QVBoxLayout(column)
        cards.setContentsMargins(0, 0, 0, 0)
        cards.setSpacing(20)
        cards.addWidget(self._drop_card())
        cards.addLayout(self._samples())
        cards.addWidget(self._account_card)
        cards.addStretch(1)
        page = QWidget()
        page.setObjectName("page")
        row = QHBoxLayout(page)
        row.setContentsMargins(24, 36, 24, 24)
        row.addStretch(1)
        row.addWidget(column, 1000)
        row.addStretch(1)
        self.setWidget(page)

    def _drop_card(self) -> QFrame:
        theme = self._theme
        choose = QPushButton(self.tr("Choose pictures…"))
        choose.setProperty("kind", "plain")
        choose.setToolTip(self.tr("Choose picture files (%1)").replace("%1", "Ctrl+O"))
        choose.clicked.connect(self.choose_requested)
        purpose = Label(
            theme,
            self.tr("Chat with Claude about your pictures, and see what each one costs before anything is sent."),
            tone="secondary",
            wraps=True,
        )
        purpose.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        card = QFrame()
        card.setObjectName("drop")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(24, 32, 24, 32)
        inside.setSpacing(8)
        title = Label(
            theme, self.tr("Drop pictures here, paste, or choose files"), role="heading", weight=600, wraps=True
        )
        title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        inside.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignHCenter)
        inside.addSpacing(4)
        inside.addWidget(title)
        inside.addWidget(purpose)
        inside.addSpacing(8)
        inside.addWidget(choose, 0, Qt.AlignmentFlag.AlignHCenter)
        return card

    def _samples(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(16)
        for title, question, files in (
            (
                self.tr("Read a dashboard"),
                self.tr("What stands out, and what is missing?"),
                ["dashboard-q4.png"],
            ),
            (
                self.tr("Compare two versions"),
                self.tr("What changed between these mockups?"),
                ["checkout-a.png", "checkout-b.png"],
            ),
            (self.tr("Get the numbers out"), self.tr("Turn this chart into a table."), ["chart.png"]),
        ):
            card = SampleCard(self._theme, title, question, [str(resource(f"samples/{file}")) for file in files])
            card.chosen.connect(self.sample_chosen)
            row.addWidget(card, 1)
        return row

    def _connect_card(self) -> QFrame:
        theme = self._theme
        key, practice = QPushButton(self.tr("Paste an API key")), QPushButton(self.tr("Try without a key"))
        key.setProperty("kind", "primary")
        practice.setProperty("kind", "plain")
        practice.setToolTip(self.tr("Practice: answers are measured on this computer, no model is asked"))
        key.clicked.connect(self.key_requested)
        practice.clicked.connect(self.practice_requested)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(Label(theme, self.tr("Connect your Claude account"), weight=600, wraps=True))
        words.addWidget(
            Label(
                theme,
                self.tr(
                    "Your key stays in this computer's keyring. You pay Anthropic for what you send, nothing to us."
                ),
                role="secondary",
                tone="secondary",
                wraps=True,
            )
        )
        card = QFrame()
        card.setObjectName("card")
        row = QHBoxLayout(card)
        row.setContentsMargins(14, 14, 14, 14)
        row.setSpacing(12)
        row.addLayout(words, 1)
        row.addWidget(key)
        row.addWidget(practice)
        return card

    def _follow(self) -> None:
        self._account_card.setVisible(self._account.looked_up and not self._account.connected)

    def _draw_icon(self) -> None:
        icon = self._theme.icon("image", self._theme.tokens.accent, _ICON.width())
        self._icon.setPixmap(icon.pixmap(_ICON))
