"""The welcome page of a new chat: what the app is for, pictures to try it with, and two ways to begin."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.conversation.account import Account
from app.conversation.draft import Draft
from app.core.resources import resource
from app.ui.label import Label
from app.ui.sample_card import SampleCard
from app.ui.theme import COLUMN, RADIUS, Theme

_ICON: Final = 32
_BAR: Final = 10
"""The scroll bar's width in pixels, as the style sheet has it."""
_DASH: Final = 4


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
        self._draft: Draft | None = None
        self.setObjectName("welcome")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._icon = QLabel()
        self._drop_card = self._make_drop_card()
        self._samples = self._make_samples()
        self._account_card = self._make_account_card()
        self._lay_out()
        self._reserve_bar()
        self.verticalScrollBar().rangeChanged.connect(self._reserve_bar)
        account.changed.connect(self._follow)
        theme.changed.connect(self._draw_icon)
        self._draw_icon()
        self._follow()

    def set_draft(self, draft: Draft) -> None:
        """Follow another chat's next message: beside its pictures there is no need for samples."""
        if self._draft is not None:
            for changed in (self._draft.rowsInserted, self._draft.rowsRemoved, self._draft.modelReset):
                changed.disconnect(self._follow)
        self._draft = draft
        for changed in (draft.rowsInserted, draft.rowsRemoved, draft.modelReset):
            changed.connect(self._follow)
        self._follow()

    def _lay_out(self) -> None:
        column = QWidget()
        column.setMaximumWidth(COLUMN)
        cards = QVBoxLayout(column)
        cards.setContentsMargins(0, 0, 0, 0)
        cards.setSpacing(20)
        cards.addWidget(self._drop_card)
        cards.addWidget(self._samples)
        cards.addWidget(self._account_card)
        cards.addStretch(1)
        page = QWidget()
        page.setObjectName("page")
        row = QHBoxLayout(page)
        row.setContentsMargins(24 - _BAR, 36, 24 - _BAR, 24)
        row.addStretch(1)
        row.addWidget(column, 1000)
        row.addStretch(1)
        self.setWidget(page)

    def _make_drop_card(self) -> QWidget:
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
        card = _DropCard(theme)
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

    def _make_samples(self) -> QWidget:
        samples = QWidget()
        row = QHBoxLayout(samples)
        row.setContentsMargins(0, 0, 0, 0)
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
        return samples

    def _make_account_card(self) -> QFrame:
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
                self.tr("Your key stays on this computer. You pay Anthropic for what you send, nothing to us."),
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
        has_pictures = self._draft is not None and self._draft.rowCount() > 0
        self._samples.setVisible(not has_pictures)
        self._drop_card.setVisible(not has_pictures)
        self._account_card.setVisible(self._account.looked_up and not self._account.connected)

    def _reserve_bar(self) -> None:
        """Keep the page as wide as it is without a scroll bar, and in the middle."""
        has_bar = self.verticalScrollBar().maximum() > 0
        self.setViewportMargins(_BAR, 0, 0 if has_bar else _BAR, 0)

    def _draw_icon(self) -> None:
        self._icon.setPixmap(self._theme.pixmap("image", self._theme.tokens.accent, _ICON))


class _DropCard(QWidget):
    """A place with a dashed edge."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme

    def paintEvent(self, _event: QPaintEvent) -> None:
        edge = QColor(self._theme.tokens.text2)
        edge.setAlphaF(0.5)
        pen = QPen(edge, 1)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setDashPattern([_DASH, _DASH])
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen)
        painter.setBrush(QColor(self._theme.tokens.surface))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS["card"], RADIUS["card"])
        painter.end()
