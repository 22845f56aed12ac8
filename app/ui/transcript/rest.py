"""The rest of an answer that broke off: the words that ask for it, and what it would cost."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QCoreApplication

from app.conversation.chat import Chat
from app.conversation.going_on import can_go_on
from app.conversation.what_if import going_on
from app.core.message import Message
from app.ui.model_words import next_words, price_words

translate = QCoreApplication.translate

_LONGEST: Final = 1024
"""Messages of a history that is priced whenever the rest is offered."""


def request() -> str:
    """What is said to get it: the next question, for everybody to read."""
    return translate("rest", "Go on from where you stopped.")


def price(chat: Chat, answer: Message) -> str | None:
    """What the rest of an answer would cost: "≈ $0.0193"; the model's prices of a history that is long, or just read.

    In practice it is free. None where it is not offered: the answer is whole, or not the last, or the model cannot take
    all that would go.
    """
    messages = chat.messages.messages
    if not can_go_on(answer) or messages[-1].id != answer.id:
        return None
    if chat.practice:
        return translate("rest", "practice: free")
    if len(messages) > _LONGEST or chat.loading or not chat.context.known:
        return price_words(chat.model)
    forecast = going_on(chat, request())
    return None if forecast.obstacle else next_words(forecast)
