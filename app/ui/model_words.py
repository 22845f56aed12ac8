"""The words about a model: its prices, its end, and what the next message to it would be."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QDate, QLocale

from app.core.catalog import Catalog, Model
from app.ui import figures

if TYPE_CHECKING:
    from app.conversation.what_if import WhatIf

translate = QCoreApplication.translate


def price_words(model: Model) -> str:
    """US dollars per million tokens in and out: "$2 / $10"; "–" where they are not known."""
    if model.prices is None:
        return "–"
    return f"{rate(model.prices.input)} / {rate(model.prices.output)}"


def spoken_price(model: Model) -> str:
    """The same as it is read out, with whose price it is."""
    if model.prices is None:
        return translate("ModelList", "price not known")
    words = translate("ModelList", "%1 in and %2 out per million tokens")
    words = words.replace("%1", rate(model.prices.input)).replace("%2", rate(model.prices.output))
    return f"{words}, {own_words()}" if model.own else words


def own_words() -> str:
    """Beside a price that the person has set."""
    return translate("ModelList", "your price")


def rate(amount: Decimal) -> str:
    """US dollars per million tokens, as "$2", "$0.50", "$0.025": cents where there are any, more where it counts."""
    if amount == amount.to_integral_value():
        return f"${amount:.0f}"
    return f"${amount:.2f}" if amount == round(amount, 2) else f"${amount.normalize():f}"


def retirement_words(model: Model, today: date) -> str:
    """When the model stops, as far as that is known and near; empty while there is nothing to tell."""
    retirement = model.retirement(today)
    if retirement is None:
        return ""
    day = _day(retirement.day, "d MMM yyyy") if retirement.day is not None else ""
    match retirement.kind:
        case "retired":
            words = translate("ModelList", "retired %1") if day else translate("ModelList", "retired")
        case "announced":
            words = translate("ModelList", "retires %1")
        case "possible":
            is_past = retirement.day is not None and retirement.day <= today
            words = (
                translate("ModelList", "may retire any day")
                if is_past
                else translate("ModelList", "may retire from %1")
            )
    return words.replace("%1", day)


def as_of_words(catalog: Catalog, today: date) -> str:
    """Of which day the prices are, and that they may have changed where that is long ago."""
    words = translate("ModelList", "Prices as of %1.").replace("%1", _day(catalog.as_of, "d MMMM yyyy"))
    return f"{words} {translate('ModelList', 'They may have changed.')}" if catalog.is_stale(today) else words


def next_words(forecast: WhatIf) -> str:
    """What the next message would cost: "≈ $0.0193"; "–" where it cannot go, or nobody knows."""
    ahead = forecast.estimate.next
    return "–" if ahead is None or forecast.obstacle else figures.about(ahead)


def spoken_next(forecast: WhatIf) -> str:
    """The same as it is read out; empty where there is no price."""
    ahead = forecast.estimate.next
    if ahead is None or forecast.obstacle:
        return ""
    return translate("ModelList", "next message about %1").replace("%1", figures.dollars(ahead))


def obstacle_words(forecast: WhatIf, model: Model) -> str:
    """Why the next message could not go to the model; empty where it can."""
    match forecast.obstacle:
        case "":
            return ""
        case "pictures":
            return too_many_words(model, forecast.pictures)
        case "context":
            words = translate("ModelList", "too long for it: %1 tokens, it takes %2")
            tokens = figures.count(forecast.estimate.prompt_tokens)
            return words.replace("%1", tokens).replace("%2", figures.count(model.context_window or 0))


def too_many_words(model: Model, pictures: int) -> str:
    """Why the model cannot be asked with so many pictures."""
    if not model.max_images:
        return translate("ModelList", "takes no pictures")
    words = translate("ModelList", "takes %1 pictures at most, here are %2")
    return words.replace("%1", figures.count(model.max_images)).replace("%2", figures.count(pictures))


def size_words(forecast: WhatIf, present: WhatIf) -> str:
    """How the pictures' sizes would change from those of the present model: "3 pictures 2576 → 1568 px"; or empty."""
    pairs = [(now, forecast.edges[number]) for number, now in present.edges.items() if number in forecast.edges]
    changed = [(now, then) for now, then in pairs if now != then]
    if not changed:
        return ""
    if len(changed) == 1:
        words = translate("ModelList", "1 picture %2 → %3 px")
    elif len(set(changed)) == 1:
        words = translate("ModelList", "%1 pictures %2 → %3 px")
    else:
        words = translate("ModelList", "%1 pictures, the largest %2 → %3 px")
    now, then = max(changed)
    return words.replace("%1", figures.count(len(changed))).replace("%2", str(now)).replace("%3", str(then))


def today() -> date:
    """The person's."""
    return datetime.now().astimezone().date()


def _day(day: date, form: str) -> str:
    return QLocale().toString(QDate(day.year, day.month, day.day), form)
