"""What tokens add to the next request of a conversation, in USD."""

from __future__ import annotations

from decimal import Decimal

from app.conversation.chat import Chat
from app.core.cost import fresh_price


def next_price(chat: Chat, tokens: int, *, instead_of: int = 0) -> Decimal | None:
    """USD of `tokens` at the price they will be billed at, that many in place of some that the draft has.

    None where the model has no known price.
    """
    prompt = chat.draft.estimate.prompt_tokens + tokens - instead_of
    return fresh_price(tokens, prompt, chat.model, chat.context.ttl)
