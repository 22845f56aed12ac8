"""The top bar: the model that answers, what the conversation has cost, and its system prompt."""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtCore import QPointF, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QToolButton

from app.conversation.account import Account
from app.conversation.chat import Chat
from app.conversation.conversation_total import ConversationTotal
from app.core.cost import is_exact
from app.core.ledger import Group
from app.ui import figures
from app.ui.model_picker import ModelPicker
from app.ui.system_prompt import SystemPromptDialog
from app.ui.theme import TOP_BAR, Theme


class TopBar(QFrame):
    """Signals:
    sidebar_requested(): the person wants the sidebar back.
    costs_wanted(str): the person wants to see what a conversation, by its id, has cost.
    """

    sidebar_requested = Signal()
    costs_wanted = Signal(str)

    def __init__(self, theme: Theme, account: Account, total: ConversationTotal | None = None) -> None:
        """`total` is what the ledger knows of the conversation; without it the messages tell."""
        super().__init__()
        self._theme = theme
        self._account = account
        self._chat: Chat | None = None
        self.picker = ModelPicker(theme, account)
        self._sidebar = QToolButton()
        self._system = _SystemButton(theme)
        self._total = total
        self._facts = QPushButton()
        self._facts.setProperty("kind", "quiet")
        self._facts.setMinimumWidth(1)  # it makes room for the model's name, and is fitted then
        self._words: list[str] = []
        self.setObjectName("top")
        self._sidebar.setProperty("kind", "icon")
        self._sidebar.setAccessibleName(self.tr("Show the sidebar"))
        self._sidebar.setToolTip(self.tr("Show the sidebar (%1)").replace("%1", "Ctrl+Shift+S"))
        self._sidebar.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 16, 0)
        row.setSpacing(8)
        row.addWidget(self._sidebar)
        row.addWidget(self.picker)
        row.addStretch(1)
        row.addWidget(self._facts)
        row.addWidget(self._system)
        self._sidebar.clicked.connect(self.sidebar_requested)
        self._facts.clicked.connect(self._ask_for_costs)
        self._system.clicked.connect(self._edit_system)
        self.picker.chosen.connect(self._choose_model)
        account.changed.connect(self._follow)
        if total is not None:
            total.changed.connect(self._follow)
        theme.changed.connect(self._restyle)
        self._restyle()

    def set_chat(self, chat: Chat) -> None:
        """Show another conversation's facts."""
        if self._chat is not None:
            self._chat.changed.disconnect(self._follow)
            self._chat.worker.phase_changed.disconnect(self._follow)
        self._chat = chat
        self.picker.set_chat(chat)
        chat.changed.connect(self._follow)
        chat.worker.phase_changed.connect(self._follow)
        if self._total is not None:
            self._total.show(chat.facts.id)
        self._follow()

    def set_sidebar_open(self, is_open: bool) -> None:
        self._sidebar.setVisible(not is_open)
        self._fit()

    def _choose_model(self, model_id: str) -> None:
        if self._chat is not None:
            self._chat.set_model(model_id)
            self._follow()

    def _edit_system(self) -> None:
        if (chat := self._chat) is not None:
            dialog = SystemPromptDialog(
                self._theme, chat.facts.system, was_asked=bool(chat.messages.messages), parent=self
            )
            dialog.chosen.connect(chat.set_system)
            dialog.chosen.connect(self._follow)
            dialog.open()

    def _follow(self) -> None:
        if self._chat is None:
            return
        self.picker.set_model(self._chat.model)
        self._words = self._known(self._chat)
        self._facts.setAccessibleName(" · ".join(self._words))
        self._facts.setToolTip(self._explained())
        self._fit()
        self._system.show_whether(is_set=bool(self._chat.facts.system.strip()))

    def _fit(self) -> None:
        """Show as many facts as have room beside the model's name, each whole."""
        layout = self.layout()
        if layout is None:
            return
        self._facts.setText("")
        self._facts.hide()
        room = self.width() - layout.sizeHint().width() - layout.spacing()
        for number in range(len(self._words), 0, -1):
            self._facts.setText(" · ".join(self._words[:number]))
            if self._facts.sizeHint().width() <= room:
                self._facts.show()
                return
        self._facts.setText("")

    def _known(self, chat: Chat) -> list[str]:
        """What is known of the conversation; nothing before its first message."""
        if not chat.messages.messages:
            return []
        words = [cost] if (cost := self._cost(chat)) else []
        tokens, window = chat.context.tokens, chat.model.context_window
        if tokens and window:
            share = max(1, round(100 * tokens / window))
            words.append(self.tr("context %1 %").replace("%1", figures.count(share)))
        elif tokens:
            words.append(self.tr("context %1").replace("%1", figures.tokens(tokens)))
        return words

    def _cost(self, chat: Chat) -> str:
        messages = chat.messages.messages
        known = self._known_total
        spent = known.cost if known is not None else Decimal(chat.facts.cost or 0)
        if not spent and self._account.practice:
            return self.tr("Practice, costs nothing")
        if known is None and messages[-1].state == "streaming":
            spent += Decimal(messages[-1].estimate or 0)
        if not spent:
            return self.tr("So far practice, free") if chat.facts.practice else ""
        answers = (message for message in messages if message.role == "assistant")
        is_fact = known.exact if known is not None else is_exact(answers)
        return self.tr("This chat %1").replace("%1", figures.dollars(spent) if is_fact else figures.about(spent))

    @property
    def _known_total(self) -> Group | None:
        """What the ledger has of the conversation; None where it has nothing, or is not read yet."""
        total = self._total.total if self._total is not None else None
        return total if total is not None and total.requests else None

    def _explained(self) -> str:
        """What more there is to know of the cost."""
        lines = []
        if (known := self._known_total) is not None:
            if known.unpriced:
                lines.append(self.tr("Not counted is what was asked of models whose price nobody knows."))
            elif not known.exact:
                lines.append(self.tr("Stopped and failed answers, and what is under way, are estimates in it."))
            if known.saved:
                saved, lost = self.tr("Caching saved %1 here."), self.tr("Caching cost %1 more than it saved here.")
                text = saved if known.saved > 0 else lost
                lines.append(text.replace("%1", figures.dollars(abs(known.saved))))
        lines.append(self.tr("Click to see every request of this chat."))
        return "\n".join(lines)

    def _ask_for_costs(self) -> None:
        if self._chat is not None:
            self.costs_wanted.emit(self._chat.facts.id)

    def _restyle(self) -> None:
        self.setFixedHeight(self._theme.grown(TOP_BAR))
        self._facts.setFont(self._theme.font("secondary"))
        self._sidebar.setIcon(self._theme.icon("panel-left"))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()


class _SystemButton(QToolButton):
    """Opens the system prompt; a dot says that there is one."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._is_set = False
        self.setProperty("kind", "icon")
        self.setAccessibleName(self.tr("System prompt"))
        theme.changed.connect(self._restyle)
        self._restyle()
        self.show_whether(is_set=False)

    def show_whether(self, *, is_set: bool) -> None:
        self._is_set = is_set
        self.setToolTip(
            self.tr("System prompt: this chat has one")
            if is_set
            else self.tr("System prompt: tell Claude how to answer in this chat")
        )
        self.update()

    def _restyle(self) -> None:
        self.setIcon(self._theme.icon("sliders-horizontal"))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._is_set:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QColor(self._theme.tokens.background))
            painter.setBrush(QColor(self._theme.tokens.accent))
            painter.drawEllipse(QPointF(self.width() - 8, 8), 4, 4)
            painter.end()
