"""The model picker and the top bar around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.conversation.account import Account
from app.conversation.attachment import Source
from app.conversation.chat import Tools
from app.conversation.desk import Desk
from app.conversation.ledger_model import ConversationTotal
from app.conversation.preferences import Preferences
from app.core.catalog import Catalog, ListedModel, Prices
from app.core.ledger import Call, Caps, Outcome
from app.core.message import Message
from app.eventloop import EventLoop
from app.ui.model_list import newest_of_lines
from app.ui.model_picker import ModelPicker
from app.ui.model_words import price_words, retirement_words
from app.ui.system_prompt import SystemPromptDialog
from app.ui.theme import Theme
from app.ui.top_bar import TopBar
from tests.conftest import finish
from tests.gates import OpenGate

TODAY = date(2026, 11, 21)
FOREIGN = {"ANTHROPIC_BASE_URL": "http://localhost:11434", "ANTHROPIC_API_KEY": "sk-local"}


@pytest.fixture
def bar(theme: Theme, tools: Tools, desk: Desk, qtbot: QtBot) -> TopBar:
    bar = TopBar(theme, tools.account)
    qtbot.addWidget(bar)
    bar.set_chat(desk.current)
    bar.resize(1100, 48)
    bar.show()
    return bar


@pytest.fixture
def foreign(preferences: Preferences, catalog: Catalog, live_loop: EventLoop) -> Iterator[Account]:
    """An account on another server, with its key in the environment."""
    assert live_loop.is_running()
    preferences.update(practice=False)
    account = Account(preferences, catalog, FOREIGN, OpenGate())
    finish(account.look_up())
    yield account
    finish(account.close())


def offered(picker: ModelPicker) -> list[str]:
    rows = picker._list._rows
    return [rows.index(row, 0).data() for row in range(rows.rowCount())]


class TestThePill:
    def test_shows_name_and_prices(self, bar: TopBar) -> None:
        assert bar.picker._pill.accessibleName() == "Model"
        assert bar.picker._pill._name.text() == "Claude Sonnet 5.5"
        assert bar.picker._pill._price.text() == "$2 / $10"

    def test_a_very_long_name_is_elided_in_its_middle_and_whole_in_the_tooltip(self, bar: TopBar, desk: Desk) -> None:
        name = "first-" + "x" * 200 + "-last"
        desk.current.set_model(name)

        shown = bar.picker._pill._name.text()
        assert shown.startswith("first-")
        assert shown.endswith("x-last")
        assert "…" in shown
        assert bar.picker._pill._name.toolTip() == name
        assert bar.picker._pill.width() < 500

    def test_says_when_the_model_stops(self, bar: TopBar, catalog: Catalog) -> None:
        assert not bar.picker._chip.isVisible()
        model = replace(catalog.get("claude-sonnet-5-5"), retires=date(2199, 11, 30))

        bar.picker.set_model(model)

        assert bar.picker._chip.isVisible()
        assert bar.picker._chip.text() == "retires 30 Nov 2199"

    def test_names_a_foreign_server(self, theme: Theme, foreign: Account, qtbot: QtBot) -> None:
        picker = ModelPicker(theme, foreign)
        qtbot.addWidget(picker)
        picker.show()

        assert picker._server.isVisible()
        assert picker._server.text() == "via localhost:11434"

        finish(foreign.set_practice(True))

        assert not picker._server.isVisible()

    @pytest.mark.usefixtures("live_loop")
    def test_names_no_server_that_is_anthropic(
        self, theme: Theme, preferences: Preferences, catalog: Catalog, qtbot: QtBot
    ) -> None:
        preferences.update(practice=False)
        account = Account(preferences, catalog, {"ANTHROPIC_API_KEY": "sk-ant-1"}, OpenGate())
        finish(account.look_up())
        picker = ModelPicker(theme, account)
        qtbot.addWidget(picker)

        assert picker._server.isHidden()


class TestTheList:
    def test_opens_with_the_newest_of_each_line_first_and_the_model_of_the_chat_selected(self, bar: TopBar) -> None:
        QTest.mouseClick(bar.picker._pill, Qt.MouseButton.LeftButton)

        names = offered(bar.picker)
        assert names[0] == "Models"
        assert names.index("Claude Sonnet 5.5") < names.index("Earlier models") < names.index("Claude Sonnet 5")
        assert "Claude Mythos Preview" not in names
        assert bar.picker._list._view.currentIndex().data() == "Claude Sonnet 5.5"
        bar.picker._list.close()

    def test_keys_choose_for_the_chat(self, bar: TopBar, desk: Desk) -> None:
        bar.picker.open_list()

        QTest.keyClick(bar.picker._list._view, Qt.Key.Key_Down)
        QTest.keyClick(bar.picker._list._view, Qt.Key.Key_Return)

        assert desk.current.model.name == "Claude Opus 5.5"
        assert bar.picker._pill._name.text() == "Claude Opus 5.5"
        assert not bar.picker._list.isVisible()

    def test_a_click_chooses_and_a_click_on_a_heading_does_not(self, bar: TopBar, desk: Desk) -> None:
        bar.picker.open_list()
        view = bar.picker._list._view

        for row in (0, 1):
            place = view.visualRect(view.model().index(row, 0)).center()
            QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)

        assert desk.current.model.name == "Claude Fable 5.2"

    def test_offers_what_only_the_server_knows_without_a_price(self, bar: TopBar, tools: Tools, desk: Desk) -> None:
        tools.account.join_models([ListedModel("claude-sonnet-5-5"), ListedModel("qwen3-vl", "Qwen 3 VL")])
        desk.current.set_model("qwen3-vl")

        bar.picker.open_list()

        assert offered(bar.picker) == ["Models", "Claude Sonnet 5.5", "Other models", "Qwen 3 VL"]
        assert bar.picker._pill._price.text() == "–"
        bar.picker._list.close()

    def test_keeps_a_model_that_nobody_lists_while_it_is_the_chats(self, bar: TopBar, desk: Desk) -> None:
        desk.current.set_model("claude-mythos-preview")

        bar.picker.open_list()

        assert bar.picker._list._view.currentIndex().data() == "Claude Mythos Preview"
        bar.picker._list.close()

    def test_asks_the_server_for_its_models_only_when_told_to(
        self, theme: Theme, foreign: Account, qtbot: QtBot
    ) -> None:
        picker = ModelPicker(theme, foreign)
        qtbot.addWidget(picker)
        picker.show()
        picker.open_list()

        with qtbot.waitSignal(picker.refresh_requested, timeout=1000):
            QTest.mouseClick(picker._list._ask, Qt.MouseButton.LeftButton)

        assert not picker._list.isVisible()

    def test_has_nobody_to_ask_in_practice(self, bar: TopBar) -> None:
        bar.picker.open_list()

        assert not bar.picker._list._ask.isVisible()
        bar.picker._list.close()


class TestWords:
    @pytest.mark.parametrize(
        ("prices", "words"),
        [(("2", "10"), "$2 / $10"), (("0.1", "0.5"), "$0.10 / $0.50"), (("1.25", "0.025"), "$1.25 / $0.025")],
    )
    def test_prices_show_cents_only_where_there_are_any(
        self, catalog: Catalog, prices: tuple[str, str], words: str
    ) -> None:
        model = catalog.get("claude-sonnet-5-5")
        assert model.prices is not None
        paid = Prices(Decimal(prices[0]), Decimal(prices[1]), *model.prices[2:])

        assert price_words(replace(model, prices=paid)) == words

    def test_an_unknown_price_is_a_dash(self, catalog: Catalog) -> None:
        assert price_words(catalog.get("my-own-model")) == "–"

    @pytest.mark.parametrize(
        ("facts", "words"),
        [
            ({}, ""),
            ({"retires": date(2026, 11, 30)}, "retires 30 Nov 2026"),
            ({"retires": date(2026, 11, 20)}, "retired 20 Nov 2026"),
            ({"lifecycle": "retired"}, "retired"),
            ({"guaranteed_until": date(2026, 11, 24)}, "may retire from 24 Nov 2026"),
            ({"guaranteed_until": date(2026, 10, 15)}, "may retire any day"),
        ],
    )
    def test_an_end_is_told_as_far_as_it_is_known(self, catalog: Catalog, facts: dict[str, object], words: str) -> None:
        model = replace(catalog.get("claude-sonnet-5-5"), **facts)  # type: ignore[arg-type]  # a table

        assert retirement_words(model, TODAY) == words

    def test_the_newest_of_each_line_come_first(self, catalog: Catalog) -> None:
        newest = newest_of_lines(list(catalog.offered(TODAY)))

        assert "claude-sonnet-5-5" in {model.id for model in newest}
        assert len({model.line for model in newest}) == len(newest)


class TestTheTopBar:
    def test_says_nothing_of_a_chat_that_has_not_begun(self, bar: TopBar) -> None:
        assert bar._facts.accessibleName() == ""

    def test_tells_in_practice_that_nothing_is_paid(
        self, bar: TopBar, desk: Desk, picture: Callable[..., Path], qtbot: QtBot
    ) -> None:
        desk.current.draft.attach([Source(path=str(picture()))])
        desk.current.worker.send()

        qtbot.waitUntil(lambda: bar._facts.accessibleName() == "Practice, costs nothing · context 1 %")
        qtbot.waitUntil(lambda: not desk.current.worker.busy)

    @pytest.mark.parametrize(
        ("cost", "state", "words"),
        [
            ("0.0209", "complete", "This chat $0.0209 · context 1 %"),
            ("0.0209", "stopped", "This chat ≈ $0.0209 · context 1 %"),
            ("0.0009", "streaming", "This chat ≈ $0.0020 · context 1 %"),
        ],
    )
    def test_tells_cost_and_context(self, bar: TopBar, desk: Desk, cost: str, state: str, words: str) -> None:
        chat = desk.current
        chat.messages.append(Message.from_user("How do they differ?", [], id="1"))
        chat.messages.append(Message("assistant", id="2", state=state, estimate="0.0011"))  # type: ignore[arg-type]  # a table
        chat._facts = replace(chat.facts, cost=cost)

        chat.refresh()

        assert bar._facts.accessibleName() == words

    def test_tells_what_the_ledger_knows_and_leads_to_it(
        self, theme: Theme, tools: Tools, desk: Desk, qtbot: QtBot
    ) -> None:
        chat = desk.current
        ledger = tools.spending.ledger
        call = Call("message", "api.example", "m", chat.facts.id, "2", Decimal("0.03"), Decimal("0.5"))
        bar = TopBar(theme, tools.account, ConversationTotal(tools.spending, tools.tasks))
        qtbot.addWidget(bar)
        bar.resize(900, 48)
        bar.show()
        bar.set_chat(chat)
        chat.messages.append(Message.from_user("How do they differ?", [], id="1"))
        for outcome, words, hint in (
            (None, "This chat ≈ $0.0300", "Stopped and failed answers, and what is under way, are estimates in it."),
            (Outcome("complete", cost=Decimal("0.02"), saved=Decimal("0.004")), "This chat $0.0200",
             "Caching saved $0.0040 here."),
            (Outcome("complete", cost=Decimal("0.02"), saved=Decimal("-0.01")), "This chat $0.0200",
             "Caching cost $0.0100 more than it saved here."),
        ):  # fmt: skip
            finish(ledger.settle("r", outcome) if outcome else ledger.enter("r", call, Caps()))
            tools.spending.changed.emit()
            qtbot.waitUntil(lambda hint=hint: hint in bar._facts.toolTip().splitlines())  # type: ignore[misc]
            assert bar._facts.accessibleName().split(" · ")[0] == words

        with qtbot.waitSignal(bar.costs_wanted) as wanted:
            QTest.mouseClick(bar._facts, Qt.MouseButton.LeftButton)
        assert wanted.args == [chat.facts.id]
        bar.set_chat(desk._new())
        assert not bar._facts.isVisible()
        finish(tools.tasks.close())

    def test_another_chat_takes_its_place(self, bar: TopBar, desk: Desk) -> None:
        old = desk.current
        desk.current.set_model("claude-opus-5-5")
        old.messages.append(Message.from_user("Hello", [], id="1"))
        new = desk._new()

        bar.set_chat(new)
        old.set_model("claude-haiku-5-5")

        assert bar.picker._pill._name.text() == new.model.name == "Claude Opus 5.5"
        assert bar._facts.accessibleName() == ""

    def test_brings_the_sidebar_back(self, bar: TopBar, qtbot: QtBot) -> None:
        assert not bar._sidebar.isVisible()
        bar.set_sidebar_open(False)

        with qtbot.waitSignal(bar.sidebar_requested, timeout=1000):
            QTest.mouseClick(bar._sidebar, Qt.MouseButton.LeftButton)

    def test_edits_the_system_prompt(self, bar: TopBar, desk: Desk) -> None:
        before = bar._system.grab().toImage()
        QTest.mouseClick(bar._system, Qt.MouseButton.LeftButton)
        dialog = bar.findChild(SystemPromptDialog)
        assert dialog is not None
        QTest.keyClicks(dialog._field, "Be short.")

        QTest.mouseClick(dialog.findChildren(QPushButton)[1], Qt.MouseButton.LeftButton)

        assert desk.current.facts.system == "Be short."
        assert bar._system.grab().toImage() != before

    def test_a_system_prompt_that_is_cancelled_stays_as_it_was(self, bar: TopBar, desk: Desk) -> None:
        QTest.mouseClick(bar._system, Qt.MouseButton.LeftButton)
        dialog = bar.findChild(SystemPromptDialog)
        assert dialog is not None
        QTest.keyClicks(dialog._field, "Be short.")

        QTest.keyClick(dialog, Qt.Key.Key_Escape)

        assert desk.current.facts.system == ""

    def test_tells_no_cost_while_none_is_known(self, bar: TopBar, tools: Tools, desk: Desk) -> None:
        finish(tools.account.set_practice(False))
        chat = desk.current
        chat.messages.append(Message.from_user("How do they differ?", [], id="1"))

        chat.refresh()

        assert bar._facts.accessibleName() == "context 1 %"

    def test_where_room_is_short_facts_are_left_out_and_the_name_stays(
        self, bar: TopBar, desk: Desk, qtbot: QtBot
    ) -> None:
        chat = desk.current
        chat.messages.append(Message.from_user("How do they differ?", [], id="1"))
        chat._facts = replace(chat.facts, cost="0.0209")
        chat.refresh()
        shown = set()

        for width in range(700, 380, -20):
            bar.resize(width, 48)
            qtbot.waitUntil(lambda: bar.picker._pill._name.text() == chat.model.name)
            shown.add(bar._facts.text())

        assert shown == {"This chat $0.0209 · context 1 %", "This chat $0.0209", ""}

    def test_grows_with_the_text(self, bar: TopBar, preferences: Preferences, qtbot: QtBot) -> None:
        assert (bar._system.height(), bar._system.iconSize().width(), bar.picker._pill.height()) == (32, 16, 28)

        preferences.update(text_size=150)

        qtbot.waitUntil(
            lambda: (bar._system.height(), bar._system.iconSize().width(), bar.picker._pill.height()) == (47, 24, 42)
        )
