"""The headings of the list of conversations: Pinned, Today, Yesterday, Previous 7 days, then months."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QDate, QDateTime, QLocale

from app.core.rows import Conversation


def headings(conversations: Sequence[Conversation], today: QDate, pinned: int = 0) -> dict[int, str]:
    """The rows that open a group, each with its heading.

    The conversations are sorted, the last activity first; so are those before them that are `pinned`.
    """
    found: dict[int, str] = {0: QCoreApplication.translate("Sidebar", "Pinned")} if pinned else {}
    ends = float("inf")
    for row, conversation in enumerate(conversations[pinned:], pinned):
        if row > pinned and conversation.updated >= ends:
            continue
        found[row], ends = _period(conversation.updated, today)
    return found


def _period(updated: float, today: QDate) -> tuple[str, float]:
    """The heading for a moment (seconds since the epoch), and the moment its group begins with."""
    tr = QCoreApplication.translate
    for days, heading in (
        (0, tr("Sidebar", "Today")),
        (1, tr("Sidebar", "Yesterday")),
        (7, tr("Sidebar", "Previous 7 days")),
    ):
        begins = _start(today.addDays(-days))
        if updated >= begins:
            return heading, begins
    day = QDateTime.fromSecsSinceEpoch(int(updated)).date()
    month = QLocale().standaloneMonthName(day.month())
    first = QDate(day.year(), day.month(), 1)
    return month if day.year() == today.year() else f"{month} {day.year()}", _start(first)


def _start(day: QDate) -> float:
    return float(day.startOfDay().toSecsSinceEpoch())
