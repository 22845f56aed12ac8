"""The words for an answer that did not end as it should."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.core.message import Message, ReplyBlock
from app.ui.errors import stop_words


def answer(state: str = "complete", reason: str | None = None, text: str = "It is", **facts: object) -> Message:
    content = (ReplyBlock({"type": "text", "text": text}),) if text else ()
    made = Message("assistant", content, stop_reason=reason)
    return replace(made, state=state, **facts)  # type: ignore[arg-type]  # fields by name


DECLINED = "This turn stays here and is not sent again."
STOPS: list[tuple[Message, str]] = [
    (Message("user"), ""),
    (answer(), ""),
    (answer(reason="end_turn"), ""),
    (answer(reason="stop_sequence"), ""),
    (answer(reason="tool_use"), ""),
    (answer("streaming"), ""),
    (answer("interrupted", error={"class": "StreamInterrupted"}), ""),
    (
        answer("interrupted"),
        "Visavis ended before this answer was whole. What had come is kept; try again for a whole answer.",
    ),
    (answer("stopped"), "You stopped this answer."),
    (answer("stopped", text=""), "You stopped this before any text came."),
    (
        answer(reason="max_tokens"),
        "The answer was cut at the limit of tokens. Ask it to go on, or raise the limit in Settings.",
    ),
    (
        answer(reason="max_tokens", text=""),
        "Thinking used up all tokens before any text came. Raise the limit in Settings and try again.",
    ),
    (
        answer(reason="model_context_window_exceeded"),
        "This chat no longer fits into the model. Go on in a new chat with fewer pictures.",
    ),
    (answer(reason="pause_turn"), "The server paused in the middle of the answer. Ask it to go on."),
    (answer(reason="refusal"), f"The model declined to answer. {DECLINED}"),
    (
        answer(reason="refusal", stop_details={"category": "cyber"}),
        f"The model declined to answer (cybersecurity). {DECLINED}",
    ),
    (
        answer(reason="refusal", stop_details={"category": "new_word"}),
        f"The model declined to answer (new_word). {DECLINED}",
    ),
    (answer(reason="refusal", stop_details={"category": None}), f"The model declined to answer. {DECLINED}"),
    (
        answer(reason="bored\n<b>"),
        "The server ended the answer with a reason unknown to Visavis: bored <b>.",
    ),
]


@pytest.mark.parametrize(("message", "text"), STOPS, ids=lambda value: str(value)[:40])
def test_the_end_of_an_answer_reads(message: Message, text: str) -> None:
    assert stop_words(message) == text
