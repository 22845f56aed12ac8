"""How backups are told: when they were made."""

from __future__ import annotations

from PySide6.QtCore import QDateTime, QLocale

from app.ui.figures import date


def moment(seconds: float) -> str:
    """Seconds since the epoch as day and time, here and in the person's own way."""
    when = QDateTime.fromSecsSinceEpoch(int(seconds))
    return f"{date(when.date())}, {QLocale().toString(when.time(), QLocale.FormatType.ShortFormat)}"
