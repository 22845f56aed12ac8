"""The models that an answer can be asked for again, as entries of a menu: their prices, or why they cannot be asked."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QMenu, QWidget

from app.conversation.account import Account
from app.conversation.chat import Chat
from app.core.catalog import Model
from app.core.ledger_types import Caps
from app.core.message import Message
from app.ui.model_list import newest_of_lines
from app.ui.model_words import price_words, today, too_many_words


class RetryMenu(QMenu):
    """Filled when it is opened, with the newest model of each line first.

    Signals:
        chosen(str): the id of a model.
    """

    chosen = Signal(str)

    def __init__(self, chat: Chat, answer: Message, account: Account, caps: Caps, parent: QWidget) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("Retry with another model"))
        self._chat = chat
        self._answer = answer
        self._account = account
        self._is_capped = any(cap is not None for cap in caps) and not account.practice
        font = self.font()
        font.setFeature(QFont.Tag.fromString("tnum"), 1)
        self.setFont(font)
        self.aboutToShow.connect(self._fill)

    def _fill(self) -> None:
        if self.actions():
            return
        usual = self._chat.model.id
        models = [model for model in self._account.catalog.offered(today()) if model.id != usual]
        newest = newest_of_lines(models)
        pictures = self._pictures()
        self._add(self, newest, pictures)
        self._add_group(self.tr("Other models"), [model for model in models if not model.known], pictures)
        earlier = [model for model in models if model.known and model not in newest]
        self._add_group(self.tr("Earlier models"), earlier, pictures)

    def _add_group(self, title: str, models: Sequence[Model], pictures: int) -> None:
        if models:
            menu = self.addMenu(title)
            menu.setFont(self.font())
            self._add(menu, models, pictures)

    def _add(self, menu: QMenu, models: Sequence[Model], pictures: int) -> None:
        for model in models:
            obstacle = self._obstacle(model, pictures)
            action = menu.addAction(f"{_literal(model.name)}\t{obstacle or price_words(model)}")
            action.setEnabled(not obstacle)
            action.triggered.connect(partial(self._choose, model.id))

    def _choose(self, model_id: str, _checked: bool = False) -> None:
        self.chosen.emit(model_id)

    def _obstacle(self, model: Model, pictures: int) -> str:
        if pictures > model.max_images:
            return too_many_words(model, pictures)
        if self._is_capped and model.prices is None:
            return self.tr("no price, and a cap is set")
        return ""

    def _pictures(self) -> int:
        """Blocks that went before the answer, each part of a picture counted."""
        messages = self._chat.messages
        row = messages.row_of(self._answer.id)
        before = messages.messages[:row] if row >= 0 else messages.messages
        return sum(not image.stands_for for message in before for image in message.images)


def _literal(name: str) -> str:
    """A server's name for its model: what Qt reads as a mark of a key, or of a column, is text."""
    return name.replace("&", "&&").replace("\t", " ")
