"""How backups are told: when they were made, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale

from app.core.backup import Backup
from app.ui.figures import date


def moment(seconds: float, *, exact: bool = False) -> str:
    """Seconds since the epoch as day and time, here and in the person's own way; `exact` to the second."""
    when = QDateTime.fromSecsSinceEpoch(int(seconds))
    time = QLocale().toString(when.time(), QLocale.FormatType.ShortFormat)
    if exact:
        time = QLocale().toString(when.time(), _with_seconds(QLocale().timeFormat(QLocale.FormatType.ShortFormat)))
    return f"{date(when.date())}, {time}"


def names(backups: Sequence[Backup]) -> list[str]:
    """What each is called in a list: those of one minute by their seconds."""
    minutes = Counter(moment(each.made) for each in backups)
    told = [_name(each, exact=minutes[moment(each.made)] > 1) for each in backups]
    return [name if told.count(name) == 1 else f"{name} ({told[row:].count(name)})" for row, name in enumerate(told)]


def _name(backup: Backup, *, exact: bool) -> str:
    parts = [moment(backup.made, exact=exact), _reason(backup)]
    if not backup.whole:
        parts.append(QCoreApplication.translate("backup_words", "with damaged messages"))
    return ", ".join(filter(None, parts))


def _reason(backup: Backup) -> str:
    if not backup.kind:
        return ""
    return {
        "hand": QCoreApplication.translate("backup_words", "made by hand"),
        "import": QCoreApplication.translate("backup_words", "before an import"),
        "erase": QCoreApplication.translate("backup_words", "before chats were deleted for good"),
        "return": QCoreApplication.translate("backup_words", "before going back"),
        "update": QCoreApplication.translate("backup_words", "before an update of Visavis"),
    }[backup.kind]


def _with_seconds(pattern: str) -> str:
    """A pattern of hours and minutes, with seconds after these."""
    return pattern.replace("mm", "mm:ss", 1) if "mm" in pattern else pattern
