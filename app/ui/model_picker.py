"""The model picker: which model answers, what it costs, who serves it, and how long it stays."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from app.conversation.account import Account
from app.conversation.chat import Chat
from app.core.catalog import Model
from app.ui.label import ElidedLabel, Label
from app.ui.model_list import ModelList
from app.ui.model_words import own_words, price_words, retirement_words, spoken_price, today
from app.ui.theme import HIT, Theme

_NAME: Final = 280
_LEAST_NAME: Final = 96
_SERVER: Final = 200


class ModelPicker(QWidget):
    """A pill with the model's name and prices that opens the list of models, and beside it what else is to be known.

    Signals:
        chosen(str): the id of the model that is to answer from now on.
        refresh_requested(): ask the server which models it has.
    """

    chosen = Signal(str)
    refresh_requested = Signal()

    def __init__(self, theme: Theme, account: Account) -> None:
        super().__init__()
        self._theme = theme
        self._account = account
        self._model = account.catalog.get(account.catalog.default_id)
        self._pill = _Pill(theme)
        self._server = ElidedLabel(theme, most=_SERVER, role="secondary", tone="secondary")
        self._chip = ElidedLabel(theme, most=_SERVER, least=_SERVER, role="caption", weight=500)
        self._chip.setObjectName("retires")
        self._chip.setContentsMargins(8, 2, 8, 2)
        self._list = ModelList(theme, account, self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for part in (self._pill, self._server, self._chip):
            row.addWidget(part, 0, Qt.AlignmentFlag.AlignVCenter)
        self._pill.clicked.connect(self.open_list)
        self._list.chosen.connect(self.chosen)
        self._list.refresh_requested.connect(self.refresh_requested)
        account.changed.connect(self._follow)
        self._follow()

    def set_model(self, model: Model) -> None:
        """Show the model that answers."""
        self._model = model
        self._show()

    def set_chat(self, chat: Chat) -> None:
        """The list tells what this conversation's next message would be on each model."""
        self._list.set_chat(chat)

    def open_list(self) -> None:
        """Let the person choose."""
        self._list.open_under(self._pill, self._model, today())

    def _follow(self) -> None:
        self._model = self._account.catalog.get(self._model.id)
        self._show()

    def _show(self) -> None:
        self._pill.show_model(self._model)
        self._server.set_whole(self.tr("via %1").replace("%1", self._account.server_name))
        self._server.setVisible(self._is_foreign())
        retirement = self._model.retirement(today())
        is_certain = retirement is not None and retirement.kind != "possible"
        self._chip.set_whole(retirement_words(self._model, today()))
        self._chip.setVisible(is_certain)

    def _is_foreign(self) -> bool:
        access = self._account.access
        return not self._account.practice and access is not None and not access.server.is_anthropic


class _Pill(QPushButton):
    """The button itself, as wide as its words."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName("pill")
        self.setAccessibleName(self.tr("Model"))
        self._name = ElidedLabel(theme, most=_NAME, least=_LEAST_NAME, weight=600, role="secondary")
        self._price = Label(theme, role="secondary", tone="secondary")
        self._arrow = QLabel()
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 8, 0)
        row.setSpacing(8)
        for part in (self._name, self._price, self._arrow):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            row.addWidget(part)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._draw_arrow)
        self._draw_arrow()

    def show_model(self, model: Model) -> None:
        self._name.set_whole(model.name)
        price = f"{price_words(model)} · {own_words()}" if model.own else price_words(model)
        self._price.setText(price)
        self.setAccessibleDescription(f"{model.name}, {spoken_price(model)}")
        self.setToolTip(
            self.tr("The model that answers. US dollars per million tokens, in / out.")
            if model.prices
            else self.tr("The model that answers. Its price is not known.")
        )
        self.updateGeometry()

    def _draw_arrow(self) -> None:
        self._arrow.setPixmap(self._theme.pixmap("chevron-down", self._theme.tokens.text))

    def sizeHint(self) -> QSize:
        layout = self.layout()
        return QSize(layout.sizeHint().width() if layout else 0, self._theme.grown(HIT))

    def minimumSizeHint(self) -> QSize:
        layout = self.layout()
        return QSize(layout.minimumSize().width() if layout else 0, self._theme.grown(HIT))
