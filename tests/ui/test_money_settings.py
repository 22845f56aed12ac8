"""The page about money: caps, the cache's time, counting while typing, own prices, and how the estimates do."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.conversation.chat import Tools
from app.conversation.remote_files import RemoteFiles
from app.core import ledger_rows
from app.core.catalog import Catalog
from app.core.ledger import Call, Caps, Outcome
from app.core.message import Usage
from app.core.resources import resource
from app.ui.amount_field import AmountField
from app.ui.model_words import as_of_words
from app.ui.own_price_dialog import OwnPriceDialog
from app.ui.settings_dialog import SettingsDialog
from app.ui.switch import Switch
from app.ui.theme import Theme
from tests.conftest import finish

pytestmark = pytest.mark.usefixtures("american_figures")

OWN = {"input": "1.5", "output": "7.5", "cache_read": "0.05"}


@pytest.fixture
def opened(theme: Theme, tools: Tools, qtbot: QtBot, tmp_path: Path) -> Callable[[], SettingsDialog]:
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.show()

    def open_dialog() -> SettingsDialog:
        files = RemoteFiles(tools.account, tools.tasks, parent)
        dialog = SettingsDialog(theme, tools, files, tmp_path / "data", parent)
        dialog.open()
        dialog.show_money()
        return dialog

    return open_dialog


def spend(tools: Tools, *pairs: tuple[str, str]) -> None:
    """Enter requests that were expected to cost one thing and have cost another."""

    def fill(db: sqlite3.Connection) -> None:
        for number, (ahead, cost) in enumerate(pairs):
            entry, usage = f"{time.time_ns()}-{number}", Usage(1, 0, 0, 0, 1)
            call = Call("message", "api.example", "claude-sonnet-5-5", "c", entry, Decimal(ahead), Decimal(cost) * 9)
            ledger_rows.enter(db, entry, call, Caps(), time.time())
            ledger_rows.settle(db, entry, Outcome("complete", 1.0, usage, Decimal(cost)))

    async def run() -> None:
        await tools.store.run(fill)

    finish(run())
    tools.spending.changed.emit()


def field(dialog: SettingsDialog, name: str) -> AmountField:
    return next(f for f in dialog.findChildren(AmountField) if f.accessibleName() == name)


def write(box: AmountField, text: str) -> None:
    box.setFocus()
    box.selectAll()
    QTest.keyClick(box, Qt.Key.Key_Delete)
    QTest.keyClicks(box, text)
    QTest.keyClick(box, Qt.Key.Key_Return)


def texts(dialog: QWidget) -> list[str]:
    return [label.text() for label in dialog.findChildren(QLabel) if label.isVisible()]


def shows(dialog: QWidget, words: str) -> bool:
    return any(words in text for text in texts(dialog))


def press(within: QWidget, text: str) -> None:
    button = next(b for b in within.findChildren(QPushButton) if b.text() == text)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


# --- caps -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Cap for a day, in US dollars", "cap_day"),
        ("Cap for a month, in US dollars", "cap_month"),
        ("Cap for each chat, in US dollars", "cap_conversation"),
    ],
)
def test_a_cap_applies_when_it_is_written_and_is_none_when_empty(
    opened: Callable[[], SettingsDialog], tools: Tools, name: str, key: str
) -> None:
    dialog = opened()
    write(field(dialog, name), "2,50")
    assert getattr(tools.preferences.settings, key) == "2.50"
    assert Decimal("2.50") in tools.spending.caps
    assert dialog.isVisible()
    write(field(dialog, name), "")
    assert tools.spending.caps == Caps()


def test_a_cap_that_cannot_be_read_leaves_the_old_one_and_is_said(
    opened: Callable[[], SettingsDialog], tools: Tools
) -> None:
    tools.preferences.update(cap_day="2")
    dialog = opened()
    box = field(dialog, "Cap for a day, in US dollars")
    assert box.text() == "2.00"
    write(box, "two")
    assert tools.preferences.settings.cap_day == "2"
    assert box.text() == "two"
    assert shows(dialog, "This is no amount")
    write(box, "3")
    assert tools.preferences.settings.cap_day == "3"
    assert not shows(dialog, "This is no amount")


def test_a_cap_that_cannot_be_read_is_said_at_once_and_whatever_is_typed_elsewhere(
    opened: Callable[[], SettingsDialog], tools: Tools
) -> None:
    dialog = opened()
    day, month = (field(dialog, f"Cap for a {period}, in US dollars") for period in ("day", "month"))
    day.setFocus()
    QTest.keyClicks(day, "5o")
    [fault] = [label for label in dialog.findChildren(QLabel) if label.isVisible() and "no amount" in label.text()]
    QApplication.processEvents()
    assert abs(fault.mapTo(dialog, fault.rect().topLeft()).y() - day.mapTo(dialog, day.rect().bottomLeft()).y()) < 24
    assert day.accessibleDescription() == fault.text()
    write(month, "20")
    assert tools.preferences.settings.cap_month == "20"
    assert fault.isVisible()
    write(day, "50")
    assert not fault.isVisible()
    assert day.accessibleDescription() == ""


def test_closing_with_a_cap_that_cannot_be_read_leads_to_it(
    opened: Callable[[], SettingsDialog], qtbot: QtBot, tools: Tools
) -> None:
    dialog = opened()
    box = field(dialog, "Cap for each chat, in US dollars")
    write(box, "five")
    dialog._tabs.setCurrentIndex(0)
    press(dialog, "Close")
    assert dialog.isVisible()
    qtbot.waitUntil(lambda: box.hasFocus() and box.isVisible())
    write(box, "5")
    press(dialog, "Close")
    assert not dialog.isVisible()
    assert tools.preferences.settings.cap_conversation == "5"


def test_caps_changed_elsewhere_are_shown(opened: Callable[[], SettingsDialog], tools: Tools) -> None:
    dialog = opened()
    tools.preferences.update(cap_month="20")
    assert field(dialog, "Cap for a month, in US dollars").text() == "20.00"


def test_what_is_spent_stands_beside_and_is_kept_up(
    opened: Callable[[], SettingsDialog], tools: Tools, qtbot: QtBot
) -> None:
    spend(tools, ("0.5", "0.4"))
    dialog = opened()
    qtbot.waitUntil(lambda: shows(dialog, "$0.4000 spent today"))
    assert shows(dialog, "$0.4000 spent this month")
    spend(tools, ("1", "1"))
    qtbot.waitUntil(lambda: shows(dialog, "$1.40 spent today"))


def test_a_closed_dialog_reads_no_more(opened: Callable[[], SettingsDialog], tools: Tools) -> None:
    dialog = opened()
    tools.spending.changed.emit()
    assert dialog._money._pause.isActive()
    dialog.reject()
    assert not dialog._money._pause.isActive()
    tools.spending.changed.emit()
    assert not dialog._money._pause.isActive()


@pytest.mark.parametrize("period", ["day", "month", "conversation"])
def test_a_cap_can_be_turned_to(opened: Callable[[], SettingsDialog], period: str, qtbot: QtBot) -> None:
    dialog = opened()
    dialog._tabs.setCurrentIndex(0)
    dialog.show_money(period)  # type: ignore[arg-type]  # a table
    qtbot.waitUntil(lambda: isinstance(QApplication.focusWidget(), AmountField))
    focused = QApplication.focusWidget()
    assert isinstance(focused, AmountField)
    assert period.replace("conversation", "chat") in focused.accessibleName()
    assert focused.isVisible()


# --- cache and estimates --------------------------------------------------------------------------


def test_the_caches_time_is_chosen(opened: Callable[[], SettingsDialog], tools: Tools) -> None:
    dialog = opened()
    box = next(b for b in dialog.findChildren(QComboBox) if "keeps" in b.accessibleName())
    assert box.currentText() == "5 minutes"
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Down)
    assert tools.preferences.settings.cache_ttl == "1h"
    assert shows(dialog, "1.25 times the input price for 5 minutes and 2 times for 1 hour")
    tools.preferences.update(cache_ttl="5m")
    assert box.currentText() == "5 minutes"


def test_counting_while_typing_is_off_at_first_and_says_what_it_sends(
    opened: Callable[[], SettingsDialog], tools: Tools
) -> None:
    dialog = opened()
    switch = next(s for s in dialog.findChildren(Switch) if s.accessibleName() == "Count while typing")
    assert not switch.isChecked()
    assert shows(dialog, "what you type goes to the server while you type")
    QTest.mouseClick(switch, Qt.MouseButton.LeftButton)
    assert tools.preferences.settings.count_while_typing


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ([], "told here after the first answers"),
        ([("0.011", "0.01")], "The last estimate was off by 10 %."),
        (
            [("0.0102", "0.01"), ("0.0104", "0.01"), ("0.02", "0.01")],
            "Of the last 3 estimates half were off by 4 % or less, the worst by 100 %.",
        ),
        ([("0.01004", "0.01")] * 2, "Of the last 2 estimates half were off by 0.4 % or less, the worst by 0.4 %."),
    ],
)
def test_how_the_estimates_do_is_told(
    opened: Callable[[], SettingsDialog], tools: Tools, qtbot: QtBot, pairs: list[tuple[str, str]], words: str
) -> None:
    spend(tools, *pairs)
    dialog = opened()
    qtbot.waitUntil(lambda: shows(dialog, words))


# --- prices ---------------------------------------------------------------------------------------


def test_the_tables_day_is_told_and_that_it_is_old(tmp_path: Path, catalog: Catalog) -> None:
    today = catalog.as_of
    assert as_of_words(catalog, today) == "Prices as of 20 November 2026."
    old = tmp_path / "models.toml"
    table = resource("models.toml").read_text("utf-8")
    old.write_text(table.replace("as_of = 2026-11-20", "as_of = 2026-08-21"), "utf-8")
    assert as_of_words(Catalog.load(old), today) == "Prices as of 21 August 2026. They may have changed."


def test_a_price_is_added_changed_and_taken_back(opened: Callable[[], SettingsDialog], tools: Tools) -> None:
    dialog = opened()
    press(dialog, "Add a price…")
    price = last(dialog)
    price._id.setText("house-model")
    for name, text in (("_input", "1,5"), ("_output", "7.5")):
        write_only(getattr(price, name), text)
    assert [box.placeholderText() for box in price._cache] == ["usually 1.875", "usually 3.00", "usually 0.15"]
    price._name.setText("House")
    price._window.setText("128,000")
    price._tier.setCurrentIndex(2)
    press(price, "Save")
    assert tools.preferences.settings.prices == {
        "house-model": {
            "input": "1.5",
            "output": "7.5",
            "name": "House",
            "context_window": 128_000,
            "tier": "standard",
        }
    }
    model = tools.account.catalog.get("house-model")
    assert (model.own, model.name, model.context_window, model.tier.max_edge) == (True, "House", 128_000, 1568)

    rows = dialog._money._own._rows
    said = rows.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert said == "House, $1.50 / $7.50, cache write $1.875 / $3, read $0.15 (from the input price)"
    press(dialog, "Change…")
    write_only(last(dialog)._cache[2], "0.05")
    press(last(dialog), "Save")
    assert tools.preferences.settings.prices["house-model"]["cache_read"] == "0.05"
    assert tools.preferences.settings.prices["house-model"]["name"] == "House"
    assert "partly from the input price" in rows.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    press(dialog, "Remove")
    assert tools.preferences.settings.prices == {}
    assert not dialog._money._own._list.isVisible()


def test_a_known_model_is_only_asked_for_its_prices(opened: Callable[[], SettingsDialog], tools: Tools) -> None:
    dialog = opened()
    dialog.show_price("claude-haiku-4-5")
    price = last(dialog)
    assert shows(price, "Claude Haiku 4.5. In our table: $1 / $5.")
    assert not price._rest.isVisible()
    write_only(price._input, "0.9")
    write_only(price._output, "4.5")
    press(price, "Save")
    assert tools.preferences.settings.prices == {"claude-haiku-4-5-20251001": {"input": "0.9", "output": "4.5"}}
    assert tools.account.catalog.get("claude-haiku-4-5").own


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("_output", "18,,", "A price cannot be read"),
        ("_output", "1000000", "A price is too high"),
        ("_window", "many", "A number of tokens cannot be read"),
        ("_output", "", ""),
        ("_id", "  ", ""),
    ],
)
def test_what_is_wrong_or_missing_cannot_be_saved(
    opened: Callable[[], SettingsDialog], tools: Tools, name: str, text: str, words: str
) -> None:
    dialog = opened()
    dialog.show_price("house-model")
    price = last(dialog)
    write_only(price._input, "1")
    write_only(price._output, "2")
    assert price._save.isEnabled()
    getattr(price, name).setText(text)
    assert not price._save.isEnabled()
    assert shows(price, words)
    price.accept()
    assert price.isVisible()
    assert tools.preferences.settings.prices == {}


def test_entries_of_the_file_that_cannot_be_used_are_left_as_they_are(
    opened: Callable[[], SettingsDialog], tools: Tools
) -> None:
    tools.preferences.update(prices={"broken": {"input": 5}, "house-model": OWN})
    dialog = opened()
    assert dialog._money._own._rows.rowCount() == 1
    dialog._money._own._list.setCurrentIndex(dialog._money._own._rows.index(0, 0))
    press(dialog, "Remove")
    assert tools.preferences.settings.prices == {"broken": {"input": 5}}


def test_a_large_text_keeps_the_price_dialog_on_the_screen(opened: Callable[[], SettingsDialog], tools: Tools) -> None:
    tools.preferences.update(text_size=200)
    dialog = opened()
    dialog.show_price("house-model")
    price = last(dialog)
    assert price.height() <= price.screen().availableGeometry().height()
    assert price._save.geometry().bottom() < price.height()


def last(dialog: SettingsDialog) -> OwnPriceDialog:
    return [d for d in dialog.findChildren(OwnPriceDialog) if d.isVisible()][-1]


def write_only(box: AmountField, text: str) -> None:
    box.selectAll()
    QTest.keyClicks(box, text)


def test_another_page_is_a_click_away(opened: Callable[[], SettingsDialog]) -> None:
    dialog = opened()
    tab = partial(dialog._tabs.tabRect, 0)
    QTest.mouseClick(dialog._tabs, Qt.MouseButton.LeftButton, pos=tab().center())
    assert not dialog._money.isVisible()
    assert shows(dialog, "Practice mode")
