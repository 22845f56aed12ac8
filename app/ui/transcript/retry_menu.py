"""The models that an answer can be asked for again, as entries of a menu: what that costs, or why it cannot be done."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QAction, QFont
from PySide6.QtWidgets import QMenu, QWidget

from app.conversation.account import Account
from app.conversation.chat import Chat
from app.conversation.what_if import asked_again, before_answer
from app.core.catalog import Model
from app.core.ledger_types import Caps
from app.core.message import Message
from app.ui.model_list import newest_of_lines
from app.ui.model_words import next_words, obstacle_words, price_words, today, too_many_words

_LONGEST: Final = 1024
"""Messages of a history that is priced while the menu opens."""
_STRETCH: Final = 0.012
"""Seconds of that at a time."""


class RetryMenu(QMenu):
    """Filled when it is opened, with the newest model of each line first.

    What the question would cost is worked out a model at a time; of a long history there are the models' prices only.

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
        self._waiting: list[tuple[QAction, Model]] = []
        """What is to be priced yet."""
        self._next = QTimer(self, singleShot=True)
        self._next.timeout.connect(self._price_some)
        self._is_capped = any(cap is not None for cap in caps) and not account.practice
        font = self.font()
        font.setFeature(QFont.Tag.fromString("tnum"), 1)
        self.setFont(font)
        self.aboutToShow.connect(self._fill)
        self.aboutToHide.connect(self._next.stop)

    def _fill(self) -> None:
        if self.actions():
            self._price_some()
            return
        usual = self._chat.model.id
        models = [model for model in self._account.catalog.offered(today()) if model.id != usual]
        newest = newest_of_lines(models)
        pictures = self._pictures()
        self._add(self, newest, pictures)
        self._add_group(self.tr("Other models"), [model for model in models if not model.known], pictures)
        earlier = [model for model in models if model.known and model not in newest]
        self._add_group(self.tr("Earlier models"), earlier, pictures)
        if len(before_answer(self._chat, self._answer.id)) > _LONGEST or self._chat.loading:
            self._waiting.clear()
        self._price_some()

    def _add_group(self, title: str, models: Sequence[Model], pictures: int) -> None:
        if models:
            menu = self.addMenu(title)
            menu.setFont(self.font())
            self._add(menu, models, pictures)

    def _add(self, menu: QMenu, models: Sequence[Model], pictures: int) -> None:
        for model in models:
            obstacle = self._obstacle(model, pictures)
            action = menu.addAction(f"{literal(model.name)}\t{obstacle or price_words(model)}")
            action.setEnabled(not obstacle)
            action.triggered.connect(partial(self._choose, model.id))
            if not obstacle and (model.prices is not None or self._account.practice):
                self._waiting.append((action, model))

    def _price_some(self) -> None:
        """Say what it costs with as many of the models as there is time for; with the others a moment later."""
        until = time.perf_counter() + _STRETCH
        while self._waiting and time.perf_counter() < until:
            self._price(*self._waiting.pop(0))
        if self._waiting:
            self._next.start(0)

    def _price(self, action: QAction, model: Model) -> None:
        forecast = asked_again(self._chat, self._answer.id, model)
        if forecast is None:
            return
        obstacle = obstacle_words(forecast, model)
        words = self.tr("practice: free") if self._account.practice else next_words(forecast)
        action.setText(f"{literal(model.name)}\t{obstacle or words}")
        action.setEnabled(not obstacle)

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
        before = before_answer(self._chat, self._answer.id)
        return sum(not image.stands_for for message in before for image in message.images)


def literal(name: str) -> str:
    """A server's name for its model: what Qt reads as a mark of a key, or of a column, is text."""
    return name.replace("&", "&&").replace("\t", " ")
