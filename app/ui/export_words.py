"""What an export says for itself, in the person's language."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale

from app.core.catalog import Model
from app.core.export.asked import Words
from app.core.message import Message
from app.ui.transcript import endings

translate = QCoreApplication.translate


def export_words(model_of: Callable[[str], Model]) -> Words:
    """`model_of` finds a model by its id. What is handed out may be called in threads."""
    return Words(
        you=translate("export", "You"),
        thinking=translate("export", "Thinking"),
        system=translate("export", "System prompt"),
        untitled=translate("export", "Untitled chat"),
        not_there=translate("export", "%1 is missing."),
        day=_day,
        model=lambda model_id: model_of(model_id).name if model_id else "",
        cost=_cost,
        ending=lambda answer: endings.note(answer)[0] if answer.role == "assistant" else "",
    )


def _day(moment: float) -> str:
    if not moment:
        return ""
    return QLocale().toString(QDateTime.fromSecsSinceEpoch(int(moment)), QLocale.FormatType.ShortFormat)


def _cost(answer: Message) -> str:
    return endings.bill(answer).replace("\u2003", " · ") if answer.role == "assistant" else ""
