"""The words and figures of the ledger: amounts with what is not exact in them said, kinds, states, days."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from PySide6.QtCore import QCoreApplication, QDate, QDateTime, QLocale, QTime

from app.core.ledger import Entry, Group
from app.ui import figures
from app.ui.foreign_text import one_line

Namer = Callable[[str], str]
"""Gives a model's name for its id."""


def tr(text: str) -> str:
    return QCoreApplication.translate("ledger", text)


def money(amount: Decimal, *, exact: bool = True) -> str:
    """USD, to a hundredth of a cent; "≈" before what is no fact, and not told already to be less than something."""
    if amount < 0:
        return f"{'' if exact else '≈ '}−{figures.dollars(abs(amount), digits=4)}"
    return figures.dollars(amount) if exact else figures.about(amount)


def cost(group: Group) -> str:
    """What requests together have cost, as far as it is known."""
    if group.unpriced and not group.cost:
        return tr("not known")
    return money(group.cost, exact=group.exact)


def cost_hint(group: Group) -> str:
    """Why a cost is not exact; empty where it is."""
    if group.unpriced:
        return tr("For %1 of these nobody knows the price: they are not counted.").replace(
            "%1", figures.count(group.unpriced)
        )
    return "" if group.exact else tr("Stopped and failed answers, and what is under way, are estimates in it.")


def saved(amount: Decimal) -> str:
    return money(amount) if amount else ""


def saved_hint(amount: Decimal) -> str:
    if amount < 0:
        return tr(
            "Caching has cost this much more than it saved: what was written to the cache was not read often enough."
        )
    return ""


def actual(entry: Entry) -> str:
    """What a request has cost, or what is kept back for it."""
    outcome = entry.outcome
    if outcome.cost is not None:
        return money(outcome.cost, exact=outcome.exact)
    if entry.call.at_most is None:
        return tr("not known")
    return tr("at most %1").replace("%1", figures.dollars(entry.call.at_most, up=True))


def expected(entry: Entry) -> str:
    ahead = entry.call.ahead
    return money(ahead, exact=False) if ahead else ""


def kind(entry: Entry) -> str:
    match entry.call.kind:
        case "message":
            return tr("Message")
        case "count":
            return tr("Count of tokens")
        case "models":
            return tr("List of models")
        case "upload":
            return tr("Upload")
        case "files":
            return tr("List of files")
        case "delete":
            return tr("Deletion of a file")
        case "fetch":
            return tr("Picture from the web")


def state(entry: Entry) -> str:
    match entry.outcome.state:
        case "sent":
            return tr("Under way")
        case "complete":
            return tr("Done")
        case "stopped":
            return tr("Stopped")
        case "interrupted":
            return tr("Interrupted")
        case "failed":
            return tr("Failed")


def state_hint(entry: Entry) -> str:
    if entry.outcome.state == "sent":
        return tr("Its end was not seen yet. Until then the most it can cost counts.")
    return tr("%1 s").replace("%1", QLocale().toString(entry.outcome.seconds, "f", 1))


def place(entry: Entry) -> str:
    """Where a request came from: its conversation, or the command line, whose questions have none."""
    if entry.call.kind == "message" and not entry.call.conversation:
        return tr("Command line")
    return conversation(entry.title, entry.call.conversation)


def conversation(title: str, key: str) -> str:
    if title:
        return one_line(title)
    return tr("Deleted chat") if key else tr("No chat")


def time(seconds: float) -> str:
    """Date and time of the person's place; `seconds` since the epoch."""
    moment = QDateTime.fromSecsSinceEpoch(int(seconds))
    return f"{QLocale().toString(moment.date(), 'd MMM yyyy')}  {QLocale().toString(moment.time(), 'HH:mm:ss')}"


def longest_time() -> str:
    """A time that takes as much room as any."""
    months = (QDateTime(QDate(2000, month, 28), QTime(20, 50)) for month in range(1, 13))
    return max((time(moment.toSecsSinceEpoch()) for moment in months), key=len) + "00"  # letters differ in width


def day(iso: str) -> str:
    return QLocale().toString(QDate.fromString(iso, "yyyy-MM-dd"), "ddd d MMM yyyy")


def requests(number: int) -> str:
    return tr("1 request") if number == 1 else tr("%1 requests").replace("%1", figures.count(number))
