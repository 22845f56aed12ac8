"""The words and the card for a message that a cap keeps from being sent, and what its buttons open."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from app.conversation.chat import Tools
from app.conversation.desk import Desk
from app.conversation.gallery import Gallery
from app.core.errors import CapReached
from app.ui.amount_field import AmountField
from app.ui.errors import words
from app.ui.main_window import MainWindow
from app.ui.own_price_dialog import OwnPriceDialog
from app.ui.settings_dialog import SettingsDialog
from app.ui.theme import Theme
from app.ui.transcript.card import error_card
from tests.conftest import destroy
from tests.servers.api import ApiServer

RAISE = "Nothing was sent. Raise the cap, choose a cheaper model, or set a shorter longest answer in Settings."
ENTER = "Nothing was sent. Enter the model's price, or choose another model."
MONEY_TEXTS = [
    (
        CapReached("day", "2.00", "1.95", "0.1747"),
        f"This message may cost up to $0.18, and your cap for today is $2.00, of which $1.95 is spent. {RAISE}",
    ),
    (
        CapReached("month", "20", "0", "21.001"),
        f"This message may cost up to $21.01, and your cap for this month is $20.00. {RAISE}",
    ),
    (
        CapReached("conversation", "0.05", "0.06", "0.00421"),
        (f"This message may cost up to $0.0043, and your cap for each chat is $0.05; $0.06 is spent already. {RAISE}"),
    ),
    (
        CapReached("month", "20", "3.2", ""),
        f"What this model costs is not known, and your cap for this month is $20.00. {ENTER}",
    ),
]


@pytest.fixture
def window(theme: Theme, online: Tools, tmp_path: Path, qtbot: QtBot) -> Iterator[MainWindow]:
    desk = Desk(online, parent=online.account)
    gallery = Gallery(online.store, online.pictures, online.decoder, online.threads, online.tasks, online.account)
    window = MainWindow(theme, online, desk, gallery, tmp_path / "data")
    with qtbot.waitSignal(window.painted):
        window.show()
    yield window
    destroy(window, desk)


@pytest.mark.parametrize(
    ("period", "action"), [("day", "raise_day"), ("month", "raise_month"), ("conversation", "raise_conversation")]
)
def test_a_cap_can_be_raised_by_a_button(period: Literal["day", "month", "conversation"], action: str) -> None:
    assert words(CapReached(period, "1", "0", "2")).actions == (action, "model")


def test_an_unknown_price_is_asked_for_and_no_cap_is_to_be_raised() -> None:
    assert words(CapReached("day", "1", "0", "")).actions == ("price", "model")


@pytest.mark.parametrize("period", ["day", "month", "conversation"])
def test_the_cards_button_leads_to_that_cap(
    window: MainWindow, online: Tools, period: Literal["day", "month", "conversation"], qtbot: QtBot
) -> None:
    online.preferences.update(**{f"cap_{period}": "0.0001"})
    refused(window, qtbot)
    press(window, "Raise it…")
    (dialog,) = window.findChildren(SettingsDialog)
    qtbot.waitUntil(lambda: isinstance(QApplication.focusWidget(), AmountField))
    assert dialog._money._caps[period].hasFocus()
    assert dialog._money.isVisible()
    dialog.reject()


def test_with_a_higher_cap_the_message_goes(window: MainWindow, online: Tools, api: ApiServer, qtbot: QtBot) -> None:
    online.preferences.update(cap_day="0.0001")
    refused(window, qtbot)
    assert not api.posts
    press(window, "Raise it…")
    (dialog,) = window.findChildren(SettingsDialog)
    field = dialog._money._caps["day"]
    QTest.keyClicks(field, "2,50")
    QTest.keyClick(field, Qt.Key.Key_Return)
    dialog.reject()
    window._chat.worker.send()
    qtbot.waitUntil(lambda: len(window._chat.messages.messages) == 2 and not window._chat.worker.busy)
    assert len(api.posts) == 1


def test_the_cards_button_asks_for_the_price_of_the_chats_model(
    window: MainWindow, online: Tools, qtbot: QtBot
) -> None:
    online.preferences.update(cap_day="5")
    window._chat.set_model("house-model")
    refused(window, qtbot)
    press(window, "Enter its price…")
    (dialog,) = window.findChildren(OwnPriceDialog)
    assert dialog.isVisible()
    assert dialog._id.text() == "house-model"
    dialog.reject()


@pytest.mark.usefixtures("qapp")
def test_the_card_has_a_label_for_every_action(theme: Theme, qtbot: QtBot) -> None:
    for error, _ in MONEY_TEXTS:
        card = error_card(theme, error, can_retry=True)
        qtbot.addWidget(card)
        assert [b.text() for b in card.findChildren(QPushButton)][-1] == "Choose a model"


def refused(window: MainWindow, qtbot: QtBot) -> None:
    """Something is asked that a cap does not allow."""
    window._chat.draft.set_text("What is this?")
    with qtbot.waitSignal(window._chat.worker.refused):
        window._chat.worker.send()
    qtbot.waitUntil(lambda: not window._chat.worker.busy)


def press(window: MainWindow, text: str) -> None:
    button = next(b for b in window.findChildren(QPushButton) if b.text() == text)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
