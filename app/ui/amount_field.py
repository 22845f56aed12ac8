"""A field for an amount of US dollars, typed as people type it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from PySide6.QtCore import QLocale, Signal
from PySide6.QtWidgets import QLineEdit

from app.ui.theme import Theme

_DIGITS: Final = re.compile(r"\d{0,9}(\.\d{0,12})?", re.ASCII)
_GROUPED: Final = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")


def read_amount(text: str) -> Decimal | None:
    """US dollars from "2.50", "2,50", "$1,234.50"; None where nothing is written.

    Raises ValueError for what is no amount, and for what could be two: "1,500" where people group digits by a comma.
    """
    plain = "".join(text.replace("$", "").split())
    if not plain:
        return None
    marks = [mark for mark in plain if mark in ".,"]
    if len(marks) == 1 and marks[0] == QLocale().groupSeparator() and _GROUPED.fullmatch(plain):
        raise ValueError("it may be thousands or thousandths")
    if len(set(marks)) == 2:
        plain = _ungrouped(plain, marks)
    plain = plain.replace(",", ".")
    if not _DIGITS.fullmatch(plain) or not any(map(str.isdigit, plain)):
        raise ValueError("no amount")
    return Decimal(plain)


def _ungrouped(text: str, marks: list[str]) -> str:
    """The same without the mark that groups thousands. Raises ValueError where it does not."""
    group, point = marks[0], marks[-1]
    whole = text.split(point, maxsplit=1)[0]
    if group == point or not re.fullmatch(rf"\d{{1,3}}({re.escape(group)}\d{{3}})+", whole):
        raise ValueError("no amount")
    return text.replace(group, "")


def shown_amount(amount: Decimal) -> str:
    """As it stands in a field, with the person's own decimal point: cents always, more digits where there are any."""
    exact = amount.normalize()
    text = f"{exact:.2f}" if exact == round(exact, 2) else f"{exact:f}"
    return text.replace(".", QLocale().decimalPoint())


class AmountField(QLineEdit):
    """Empty for none. What cannot be read stays as it was typed, with the colour of an error.

    Signals:
        edited(): another amount is read, or what is there cannot be read.
    """

    edited = Signal()

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme = theme
        self._said = self.text()
        self.setAccessibleName(name)
        self.textChanged.connect(self._mark)
        self.editingFinished.connect(self._on_finished)
        theme.changed.connect(self._mark)

    @property
    def is_readable(self) -> bool:
        try:
            read_amount(self.text())
        except ValueError:
            return False
        return True

    @property
    def amount(self) -> Decimal | None:
        """US dollars; None where nothing, or nothing readable, is written."""
        return read_amount(self.text()) if self.is_readable else None

    def set_amount(self, amount: Decimal | None) -> None:
        """Show an amount. What is being written is not touched by one that it says already."""
        if not self.is_readable or amount != self.amount or not self.hasFocus():
            self.setText("" if amount is None else shown_amount(amount))
        self._said = self.text()
        self._mark()

    def _on_finished(self) -> None:
        if self.text() != self._said:
            self._said = self.text()
            self.edited.emit()

    def _mark(self) -> None:
        self.setStyleSheet("" if self.is_readable else f"QLineEdit {{ border-color: {self._theme.tokens.danger}; }}")
