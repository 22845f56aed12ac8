"""The words for a message that a cap keeps from being sent."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from app.core.errors import CapReached
from app.core.ledger_types import Period
from app.ui import figures
from app.ui.errors.form import Action, Words, filled, tr

_RAISE: Final[dict[Period, Action]] = {
    "day": "raise_day",
    "month": "raise_month",
    "conversation": "raise_conversation",
}


def money_words(error: CapReached) -> Words:
    cap = {
        "day": tr("your cap for today is %1"),
        "month": tr("your cap for this month is %1"),
        "conversation": tr("your cap for each chat is %1"),
    }[error.period]
    cap = filled(cap, _amount(error.limit))
    if not error.at_most:
        what = filled(tr("What this model costs is not known, and %1."), cap)
        return Words(
            what, tr("Nothing was sent. Enter the model's price, or choose another model."), ("price", "model")
        )
    spent, limit = Decimal(error.spent), Decimal(error.limit)
    if not spent:
        text = tr("This message may cost up to %1, and %2.")
    elif spent <= limit:
        text = tr("This message may cost up to %1, and %2, of which %3 is spent.")
    else:
        text = tr("This message may cost up to %1, and %2; %3 is spent already.")
    what = filled(text, _amount(error.at_most, up=True), cap, _amount(error.spent))
    remedy = tr("Nothing was sent. Raise the cap, choose a cheaper model, or set a shorter longest answer in Settings.")
    return Words(what, remedy, (_RAISE[error.period], "model"))


def _amount(amount: str, *, up: bool = False) -> str:
    """In cents, as caps are set, and finer where cents would say nothing."""
    exact = Decimal(amount)
    is_cents = exact >= Decimal("0.1") or exact == round(exact, 2)
    return figures.dollars(exact, digits=2 if is_cents else 4, up=up)
