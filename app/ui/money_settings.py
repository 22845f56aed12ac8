"""The settings about money: what may be spent, how long the cache holds, how the estimates do, and own prices."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from functools import partial
from typing import Final, Literal

from PySide6.QtCore import QLocale, Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.conversation.tools import Tools
from app.core.calibration import Accuracy, accuracy
from app.core.ledger import Period
from app.ui import figures
from app.ui.amount_field import AmountField
from app.ui.drop_down import DropDown
from app.ui.label import Label
from app.ui.model_words import as_of_words, today
from app.ui.own_prices import OwnPrices
from app.ui.switch import Switch
from app.ui.theme import Theme

_AMOUNT: Final = 112
_TURNS: Final = 100
"""The last ones, by which the estimates are judged."""
_PERIODS: Final[tuple[Period, ...]] = ("day", "month", "conversation")
_LIFETIMES: Final[tuple[Literal["5m", "1h"], ...]] = ("5m", "1h")
_WAIT: Final = 200
"""Milliseconds after a change of the ledger until it is read anew."""


class MoneySettings(QWidget):
    """Applies at once. What is spent is read from the ledger as long as it is shown."""

    def __init__(self, theme: Theme, tools: Tools) -> None:
        super().__init__()
        self._theme = theme
        self._preferences = tools.preferences
        self._spending = tools.spending
        self._account = tools.account
        self._tasks = tools.tasks
        self._reading: asyncio.Task[None] | None = None
        self._make_controls()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self._lay_out_caps(column)
        self._lay_out_cache(column)
        self._lay_out_estimates(column)
        self._lay_out_prices(column)
        self._pause = QTimer(self, singleShot=True, interval=_WAIT)
        self._connect()
        self._follow()

    def focus_cap(self, period: Period) -> None:
        """Let the cap of a period be changed."""
        field = self._caps[period]
        field.setFocus(Qt.FocusReason.OtherFocusReason)
        field.selectAll()

    @property
    def unreadable(self) -> Period | None:
        """The first cap that is written so that it cannot be read."""
        return next((period for period, field in self._caps.items() if not field.is_readable), None)

    def enter_price(self, model_id: str) -> None:
        """Let the price of a model be entered."""
        self._own.open_dialog(model_id)

    def stop(self) -> None:
        """The dialog is closed: nothing is read any more."""
        self._spending.changed.disconnect(self._pause.start)
        self._pause.stop()
        if self._reading is not None:
            self._reading.cancel()

    # --- putting together ---

    def _make_controls(self) -> None:
        self._caps: dict[Period, AmountField] = {
            "day": AmountField(self._theme, self.tr("Cap for a day, in US dollars")),
            "month": AmountField(self._theme, self.tr("Cap for a month, in US dollars")),
            "conversation": AmountField(self._theme, self.tr("Cap for each chat, in US dollars")),
        }
        for field in self._caps.values():
            field.setFixedWidth(self._theme.px(_AMOUNT))
            field.setPlaceholderText(self.tr("no cap"))
        self._spent: dict[Period, Label] = {
            period: Label(self._theme, role="secondary", tone="secondary") for period in _PERIODS[:2]
        }
        for label in self._spent.values():
            label.setToolTip(self.tr("With what is kept back for messages under way; without practice."))
        self._faults: dict[Period, Label] = {
            period: Label(self._theme, role="secondary", wraps=True) for period in _PERIODS
        }
        for label in self._faults.values():
            label.setText(self.tr("This is no amount, and the cap stays as it was. Write it like 2.50."))
            label.setAlignment(Qt.AlignmentFlag.AlignTrailing)
            label.hide()
        self._lifetime = DropDown()
        self._lifetime.addItems([self.tr("5 minutes"), self.tr("1 hour")])
        self._lifetime.setAccessibleName(self.tr("How long the server keeps what was sent"))
        self._lifetime.setMinimumWidth(self._theme.px(_AMOUNT))
        self._lifetime.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._count = Switch(self._theme)
        self._count.setAccessibleName(self.tr("Count while typing"))
        self._accuracy = Label(self._theme, role="secondary", wraps=True)
        self._own = OwnPrices(self._theme, self._preferences, self._account)
        self._as_of = Label(self._theme, role="secondary", tone="secondary", wraps=True)

    def _lay_out_caps(self, column: QVBoxLayout) -> None:
        self._add_heading(column, self.tr("Caps"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(0, 1)
        captions = {
            "day": self.tr("A day"),
            "month": self.tr("A month"),
            "conversation": self.tr("Each chat"),
        }
        for row, period in zip((0, 2, 4), _PERIODS, strict=True):
            grid.addWidget(Label(self._theme, captions[period]), row, 0)
            if period in self._spent:
                grid.addWidget(self._spent[period], row, 1, Qt.AlignmentFlag.AlignRight)
            grid.addWidget(Label(self._theme, "$", tone="secondary"), row, 2)
            grid.addWidget(self._caps[period], row, 3)
            grid.addWidget(self._faults[period], row + 1, 0, 1, 4)
        column.addLayout(grid)
        text = self.tr(
            "Nothing is sent that could go over a cap. What counts is the most that a message can cost, with the "
            "longest answer."
        )
        self._add_note(column, text)

    def _lay_out_cache(self, column: QVBoxLayout) -> None:
        self._add_heading(column, self.tr("Cache"))
        self._add_row(column, self.tr("The server keeps what was sent for"), self._lifetime)
        text = self.tr(
            "What it still has costs a tenth or less when it goes along again. Keeping it costs 1.25 times the input "
            "price for 5 minutes and 2 times for 1 hour: that pays where you often pause for longer."
        )
        self._add_note(column, text)

    def _lay_out_estimates(self, column: QVBoxLayout) -> None:
        self._add_heading(column, self.tr("Estimates"))
        self._add_row(column, self.tr("Count while typing"), self._count)
        text = self.tr(
            "On: what you type goes to the server while you type, to be counted; pictures do not. It costs nothing. "
            "Off: tokens are estimated on this computer, and nothing leaves it before you send."
        )
        self._add_note(column, text)
        column.addSpacing(4)
        column.addWidget(self._accuracy)

    def _lay_out_prices(self, column: QVBoxLayout) -> None:
        self._add_heading(column, self.tr("Your prices"))
        text = self.tr("For a model that our table does not have, or where you pay another price than it says.")
        self._add_note(column, text)
        column.addWidget(self._own)
        column.addSpacing(4)
        column.addWidget(self._as_of)

    def _add_heading(self, column: QVBoxLayout, text: str) -> None:
        if column.count():
            column.addSpacing(16)
        column.addWidget(Label(self._theme, text, role="heading", weight=600))

    def _add_row(self, column: QVBoxLayout, caption: str, control: QWidget) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(Label(self._theme, caption), 1)
        row.addWidget(control)
        column.addLayout(row)

    def _add_note(self, column: QVBoxLayout, text: str) -> None:
        column.addWidget(Label(self._theme, text, role="secondary", tone="secondary", wraps=True))

    def _connect(self) -> None:
        change = self._preferences.update
        for period, field in self._caps.items():
            field.edited.connect(self._take_caps)
            field.textChanged.connect(partial(self._judge, period))
        self._lifetime.activated.connect(lambda index: change(cache_ttl=_LIFETIMES[index]))
        self._count.clicked.connect(lambda on: change(count_while_typing=on))
        self._pause.timeout.connect(self._read)
        self._spending.changed.connect(self._pause.start)
        self._preferences.changed.connect(self._follow)
        self._account.changed.connect(self._follow)

    # --- what is shown ---

    def _follow(self) -> None:
        settings, caps = self._preferences.settings, self._spending.caps
        for period, field in self._caps.items():
            if field.is_readable:
                field.set_amount(getattr(caps, period))
        self._lifetime.setCurrentIndex(_LIFETIMES.index(settings.cache_ttl))
        self._count.setChecked(settings.count_while_typing)
        source = self.tr("Other prices are from Anthropic's documentation, a few from price lists.")
        self._as_of.setText(f"{source} {as_of_words(self._account.catalog, today())}")

    def _take_caps(self) -> None:
        """Keep what was written; what cannot be read changes nothing."""
        written = {period: field.amount for period, field in self._caps.items() if field.is_readable}
        self._preferences.update(**{f"cap_{p}": "" if a is None else f"{a:f}" for p, a in written.items()})

    def _judge(self, period: Period, _text: str) -> None:
        """Say at a field that what is in it cannot be read, as soon as it is so."""
        field, fault = self._caps[period], self._faults[period]
        fault.setVisible(not field.is_readable)
        field.setAccessibleDescription("" if field.is_readable else fault.text())

    def _read(self) -> None:
        self._reading = self._tasks.start(self._show_ledger(), "read spending")

    async def _show_ledger(self) -> None:
        ledger = self._spending.ledger
        day, month = await ledger.spent("day"), await ledger.spent("month")
        found = accuracy(await ledger.estimates(_TURNS))
        self._spent["day"].setText(self.tr("%1 spent today").replace("%1", figures.dollars(day)))
        self._spent["month"].setText(self.tr("%1 spent this month").replace("%1", figures.dollars(month)))
        self._accuracy.setText(self._accuracy_words(found))

    def _accuracy_words(self, found: Accuracy | None) -> str:
        if found is None:
            return self.tr("How good the estimates are is told here after the first answers.")
        words = (
            self.tr("The last estimate was off by %2 %.")
            if found.turns == 1
            else self.tr("Of the last %1 estimates half were off by %2 % or less, the worst by %3 %.")
        )
        median, worst = _percent(found.median), _percent(found.worst)
        return words.replace("%1", figures.count(found.turns)).replace("%2", median).replace("%3", worst)

    # --- Qt ---

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._read()


def _percent(share: Decimal) -> str:
    """A share as people read it: "0.4", "7", "131"."""
    number = float(share * 100)
    return QLocale().toString(number, "f", 1 if number < 10 else 0).removesuffix(f"{QLocale().decimalPoint()}0")
