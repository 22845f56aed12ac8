"""The words that offer to send a picture of an answered question again, sharper, with what that adds."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.conversation.resending import Resending
from app.ui import figures
from app.ui.refit_note import only_smaller

translate = QCoreApplication.translate


def sharper_words(resending: Resending, number: int = 0, *, alone: bool = False) -> str:
    """`number` is the picture's, 0 where it is plain which one is meant; `alone` leaves out what else is made anew.

    In practice no price is told: nobody pays it.
    """
    words = translate("sharper_words", "Resend sharper")
    if number:
        words = translate("sharper_words", "Resend Image %1 sharper").replace("%1", str(number))
    if resending.refits and not alone:
        words = f"{words}, {_besides(resending)}"
    return words if resending.price is None or resending.free else f"{words} (+{figures.dollars(resending.price)})"


def made_anew(resending: Resending) -> str:
    """What else is made anew and is part of the price, as a sentence; empty where nothing is."""
    if not resending.refits:
        return ""
    count = _count(resending)
    if only_smaller(resending.refits):
        one = translate("sharper_words", "Makes 1 earlier picture smaller; its price is included.")
        many = translate("sharper_words", "Makes %1 earlier pictures smaller; their price is included.")
    else:
        one = translate("sharper_words", "Makes 1 earlier picture anew; its price is included.")
        many = translate("sharper_words", "Makes %1 earlier pictures anew; their price is included.")
    return one if count == 1 else many.replace("%1", figures.count(count))


def _besides(resending: Resending) -> str:
    count = _count(resending)
    if only_smaller(resending.refits):
        one = translate("sharper_words", "and make 1 picture smaller")
        many = translate("sharper_words", "and make %1 pictures smaller")
    else:
        one = translate("sharper_words", "and make 1 picture anew")
        many = translate("sharper_words", "and make %1 pictures anew")
    return one if count == 1 else many.replace("%1", figures.count(count))


def _count(resending: Resending) -> int:
    return len({refit.number for refit in resending.refits})
