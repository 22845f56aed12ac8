"""What pictures add to the next request, by the prices that it will be billed at."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from app.conversation.attachment import Source
from app.conversation.chat import Chat
from app.conversation.tools import Tools
from app.ui.next_price import next_price
from app.ui.viewer.shown import Terms
from tests.conftest import finish

HAIKU = "claude-haiku-5-5"


@pytest.fixture
def chat(tools: Tools, picture: Callable[..., Path]) -> Chat:
    """A question of some 1,300 tokens to a model whose longer prompts cost five times as much."""
    chat = Chat.new(HAIKU, tools, tools.account)
    chat.draft.attach([Source(path=str(picture("shot.png", (1280, 800))))])
    finish(chat.draft.settled())
    return chat


def test_more_tokens_are_priced_as_a_part_of_the_prompt_they_make(chat: Chat) -> None:
    assert next_price(chat, 1000) == Decimal("0.000125")
    assert next_price(chat, 100_000) == Decimal("0.0625")
    assert next_price(chat, 100, instead_of=chat.draft.estimate.prompt_tokens) == Decimal("0.00001")


def test_the_viewer_prices_by_the_prompt_that_the_draft_makes(chat: Chat) -> None:
    terms = Terms.of(chat)
    (offer, *_) = chat.draft.pictures[0].offers
    assert terms.rate == Decimal("0.125")
    assert terms.price(offer) == terms.tokens(offer) * Decimal("0.125") / 1_000_000
