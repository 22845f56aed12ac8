"""What tokens more would add to the next request of a conversation."""

from __future__ import annotations

from decimal import Decimal

from app.conversation.chat import Chat
from app.core.cost import picture_cost


def next_price(chat: Chat, tokens: int) -> Decimal | None:
    """USD at the price the next request is billed at; None where the model has no known price."""
    ahead = chat.draft.estimate
    prices = chat.model.prices_for(ahead.prompt_tokens)
    if prices is None:
        return None
    cost = picture_cost(tokens, prices)
    return cost.cache_write if ahead.caches else cost.input
