"""How numbers are written: tokens, dollars, sizes, bytes and days."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, ROUND_UP, Decimal
from typing import Final

from PySide6.QtCore import QCoreApplication, QDate, QLocale

_CENT_OF_A_CENT: Final = Decimal("0.0001")


def count(number: int) -> str:
    """A whole number in the person's own grouping."""
    return _locale().toString(number)


def tokens(number: int) -> str:
    return QCoreApplication.translate("figures", "%1 tok").replace("%1", count(number))


def dollars(amount: Decimal, *, digits: int | None = None, up: bool = False) -> str:
    """US dollars with four decimals for a picture or a turn, three in lists; two significant digits below $0.001.

    Below a hundredth of a cent only that it is less, where no number of `digits` is asked for. `up` rounds away from
    zero: a limit is not to be understated.
    """
    rounding = ROUND_UP if up else ROUND_HALF_UP
    if not amount:
        return "$0"
    if digits is None and abs(amount) < _CENT_OF_A_CENT:
        return f"${_CENT_OF_A_CENT}" if up else f"< ${_CENT_OF_A_CENT}"
    step = Decimal(1).scaleb(-4 if digits is None else -digits)
    if abs(amount) < Decimal("0.001"):
        step = Decimal(1).scaleb(amount.adjusted() - 1)
    elif abs(amount) >= 1:
        step = Decimal("0.01")
    return f"${amount.quantize(step, rounding):f}"


def about(amount: Decimal) -> str:
    """The same of what is no fact: "≈ $0.0209". That it is less than something says so by itself."""
    text = dollars(amount)
    return text if text.startswith("<") else f"≈ {text}"


def size(width: int, height: int) -> str:
    """Pixels of a picture."""
    return f"{width}×{height}"


def file_size(number: int) -> str:
    """Bytes in the unit people know, in powers of ten."""
    if number < 1000:
        return QCoreApplication.translate("figures", "%1 bytes").replace("%1", count(number))
    if number < 999_500:
        return f"{count(round(number / 1000))} kB"
    if number < 999_950_000:
        return f"{_locale().toString(number / 1_000_000, 'f', 1)} MB"
    return f"{_locale().toString(number / 1_000_000_000, 'f', 1)} GB"


def date(day: QDate) -> str:
    """A day, with its month as a word: figures alone are read in two ways."""
    return _locale().toString(day, "d MMM yyyy")


def _locale() -> QLocale:
    """The person's; English where the system has none and would not even group the digits."""
    own = QLocale()
    return own if own.language() != QLocale.Language.C else QLocale(QLocale.Language.English)
