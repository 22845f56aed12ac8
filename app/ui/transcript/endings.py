"""What an answer has cost and how it ended, in words: the facts below it."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from PySide6.QtCore import QCoreApplication

from app.core import bill as bills
from app.core.catalog import Model
from app.core.cost import answer_usage, may_have_been_charged
from app.core.message import THINKING, Message, ReplyBlock
from app.core.server import PRACTICE
from app.ui import cache_words, figures
from app.ui.errors import stop_words
from app.ui.foreign_text import one_line

translate = QCoreApplication.translate

_WAYS_ON: Final = {"max_tokens": "settings", "model_context_window_exceeded": "take_along"}
"""What helps, besides to go on, by the stop reason (API.md, section 3.5)."""


def is_failure(answer: Message) -> bool:
    """Whether an error card belongs under it."""
    return answer.error is not None and answer.state in {"failed", "interrupted"}


def bill(answer: Message, model: Model | None = None, *, named: bool = False) -> str:
    """Tokens, price and the price promised: "7,512 in · 214 out · $0.0209  estimated $0.0207".

    Of the `model` that answered it is known what it cost that the cache was missed. It can be `named` before all that.
    """
    words = _bill(answer, model)
    return f"{one_line(model.name)} · {words}" if words and named and model is not None else words


def _bill(answer: Message, model: Model | None) -> str:
    usage = answer_usage(answer)
    if may_have_been_charged(answer):
        # The error card of a lost reply says it already.
        return "" if is_failure(answer) else translate("endings", "It may have been charged")
    if usage is None:
        return ""
    is_fact = answer.state == "complete"
    parts = [
        translate("endings", "%1 in").replace("%1", figures.count(usage.prompt_tokens)),
        translate("endings", "%1 out").replace("%1", ("" if is_fact else "≈ ") + figures.count(usage.output_tokens)),
    ]
    if answer.server == PRACTICE:
        return " · ".join([*parts, translate("endings", "Practice: free")])
    if not answer.cost:
        return " · ".join([*parts, translate("endings", "cost unknown")])
    if answer.refused and not Decimal(answer.cost):
        return translate("endings", "Not charged")
    cost = Decimal(answer.cost)
    line = " · ".join([*parts, figures.dollars(cost) if is_fact else figures.about(cost), *_missed(answer, model)])
    if answer.estimate and is_fact:
        promised = translate("endings", "estimated %1").replace("%1", figures.dollars(Decimal(answer.estimate)))
        line += f"\u2003{promised}"
    return line


def has_details(answer: Message) -> bool:
    """Whether there is more to know of what it has cost."""
    return answer.state != "streaming" and answer.usage is not None


def _missed(answer: Message, model: Model | None) -> list[str]:
    """That the cache was missed, where it cost money."""
    known = bills.of(answer, model) if model is not None else None
    if known is None or known.missed is None or not known.extra:
        return []
    return [translate("endings", "cache missed: %1").replace("%1", cache_words.short(known.missed))]


def note(answer: Message) -> tuple[str, str]:
    """How it ended where that is not as usual, and the action that helps; both empty else, and under an error card."""
    if answer.state == "streaming" or is_failure(answer):
        return "", ""
    if answer.refused:
        return str((answer.stop_details or {}).get("explanation") or ""), ""
    words = stop_words(answer)
    if not words and not answer.text:
        words = translate("endings", "The answer is empty.")
    broke_off = answer.state in {"stopped", "interrupted"}
    return words, "retry" if broke_off else _WAYS_ON.get(answer.stop_reason or "", "")


def unshown(answer: Message) -> str:
    """Kinds of content that came and cannot be shown."""
    kinds = {b.type or "?" for b in answer.content if isinstance(b, ReplyBlock) and b.type not in {"text", *THINKING}}
    if not kinds:
        return ""
    return translate("endings", "Not shown here: %1").replace("%1", ", ".join(sorted(kinds)))
