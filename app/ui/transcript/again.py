"""Which pictures of an answered question can be sent again, sharper, and what that adds: in words, one a picture."""

from __future__ import annotations

from app.conversation.chat import Chat
from app.core.cuts import Offer
from app.core.message import Message
from app.ui.sharper_words import sharper_words as sharper_offer


def sharper_offers(chat: Chat, question: Message) -> list[tuple[int, str]]:
    """The number of each such picture, and the words that offer it with its price where one is known."""
    offers = []
    for blocks in question.pictures:
        number = blocks[0].number
        offer = chat.sharper(number)
        if offer is None:
            continue
        offers.append((number, sharper_words(chat, number, offer)))
    return offers


def sharper_words(chat: Chat, number: int, offer: Offer) -> str:
    """The offer to send a picture again, sharper, with what it adds and what else is made anew for it."""
    return sharper_offer(chat.resending(offer), number)
