"""What an answer has cost and how it ended, in words: the facts below it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

from PySide6.QtCore import QCoreApplication

from app.core.catalog import Model
from app.core.cost import Context, answer_usage, may_have_been_charged, text_tokens
from app.core.message import THINKING, Message, ReplyBlock, TextBlock, Usage
from app.core.server import PRACTICE
from app.ui import figures
from app.ui.errors import stop_words

translate = QCoreApplication.translate

_WAYS_ON: Final = {"max_tokens": "settings", "model_context_window_exceeded": "take_along"}
"""What helps, by the stop reason (API.md, section 3.5)."""


def is_failure(answer: Message) -> bool:
    """Whether an error card belongs under it."""
    return answer.error is not None and answer.state in {"failed", "interrupted"}


def bill(answer: Message) -> str:
    """Tokens, price and the price promised: "7,512 in · 214 out · $0.0209  estimated $0.0207"."""
    usage = answer_usage(answer)
    if may_have_been_charged(answer):
        # The error card of a lost reply says it already.
        return "" if is_failure(answer) else translate("endings", "It may have been charged")
    if usage is None:
        return ""
    about = "" if answer.state == "complete" else "≈ "
    parts = [
        translate("endings", "%1 in").replace("%1", figures.count(usage.prompt_tokens)),
        translate("endings", "%1 out").replace("%1", about + figures.count(usage.output_tokens)),
    ]
    if answer.server == PRACTICE:
        return " · ".join([*parts, translate("endings", "Practice: free")])
    if not answer.cost:
        return " · ".join([*parts, translate("endings", "cost unknown")])
    if answer.refused and not Decimal(answer.cost):
        return translate("endings", "Not charged")
    line = " · ".join([*parts, about + figures.dollars(Decimal(answer.cost))])
    if answer.estimate and answer.state == "complete":
        promised = translate("endings", "estimated %1").replace("%1", figures.dollars(Decimal(answer.estimate)))
        line += f"\u2003{promised}"
    return line


def note(answer: Message) -> tuple[str, str]:
    """How it ended where that is not as usual, and the action that helps; both empty else, and under an error card."""
    if answer.state == "streaming" or is_failure(answer):
        return "", ""
    if answer.refused:
        return str((answer.stop_details or {}).get("explanation") or ""), ""
    words = stop_words(answer)
    if not words and not answer.text:
        words = translate("endings", "The answer is empty.")
    return words, _WAYS_ON.get(answer.stop_reason or "", "")


def unshown(answer: Message) -> str:
    """Kinds of content that came and cannot be shown."""
    kinds = {b.type or "?" for b in answer.content if isinstance(b, ReplyBlock) and b.type not in {"text", *THINKING}}
    if not kinds:
        return ""
    return translate("endings", "Not shown here: %1").replace("%1", ", ".join(sorted(kinds)))


def picture_rate(
    asked: Message, answers: Sequence[Message], model_of: Callable[[str], Model], carried: Context
) -> Decimal | None:
    """USD per million tokens at which the pictures of `asked` were billed first, or are about to be.

    `answers` are those given to it, `model_of` finds a model by its id, `carried` is the conversation's present
    context. None where the price is not known, in practice, and where nothing was billed.
    """
    answer = next((a for a in answers if a.usage is not None), answers[-1] if answers else None)
    if answer is None or answer.server == PRACTICE:
        return None
    model, usage = model_of(answer.model), answer.usage
    if usage is None:
        if answer.state != "streaming":
            return None
        usage = _expected(asked, model, carried)
    prices = model.prices_for(usage.prompt_tokens)
    if prices is None or (answer.refused and not usage.output_tokens):
        return None
    if usage.cache_write_1h:
        return prices.cache_write_1h
    return prices.cache_write_5m if usage.cache_write_5m else prices.input


def _expected(asked: Message, model: Model, carried: Context) -> Usage:
    """The input of a request whose usage has not come yet."""
    words = sum(text_tokens(block.text) for block in asked.content if isinstance(block, TextBlock))
    prompt = carried.tokens + words + sum(image.tokens for image in asked.images)
    return Usage(cache_write_5m=prompt) if prompt >= model.min_cacheable else Usage(input_tokens=prompt)
