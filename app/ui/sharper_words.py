"""The words that offer to send a picture of an answered question again, sharper, with what that adds."""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtCore import QCoreApplication

from app.ui import figures

translate = QCoreApplication.translate


def sharper_words(price: Decimal | None, number: int = 0) -> str:
    """`price` in USD, None where it is not known; `number` is the picture's, 0 where it is plain which one is meant."""
    words = translate("sharper_words", "Resend sharper")
    if number:
        words = translate("sharper_words", "Resend Image %1 sharper").replace("%1", str(number))
    return words if price is None else f"{words} (+{figures.dollars(price)})"
