"""The model picker and the top bar around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.conversation.account import Account
from app.conversation.attachment import Source
from app.conversation.chat import Chat, Tools
from app.conversation.conversation_total import ConversationTotal
from app.conversation.desk import Desk
from app.conversation.preferences import Preferences
from app.conversation.what_if import what_if
from app.core.catalog import Catalog, ListedModel, Model, Prices
from app.core.ledger import Call, Caps, Outcome
from app.core.message import Message
from app.eventloop import EventLoop
from app.ui import figures
from app.ui.model_list import ModelList, newest_of_lines
from app.ui.model_picker import ModelPicker
from app.ui.model_row import FACTS, MODEL, Facts
from app.ui.model_words import next_words, price_words, retirement_words
from app.ui.system_prompt import SystemPromptDialog
from app.ui.theme import Theme
from app.ui.top_bar import TopBar
from tests.conftest import finish
from tests.gates import OpenGate

TODAY = date(2026, 11, 21)
OWN = {"claude-opus-5-5": {"input": "3.6", "output": "18"}, "house": {"input": "1", "output": "2", "name": "House"}}
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


class TestTheNextMessage:
    @pytest.fixture
    def asked(self, bar: TopBar, desk: Desk, picture: Callable[..., Path], qtbot: QtBot) -> Chat:
        """A large picture in the draft."""
        chat = desk.current
        chat.draft.attach([Source(path=str(picture("wide.png", (3840, 2160))))])
        qtbot.waitUntil(lambda: chat.draft.ready, timeout=20_000)
        assert bar.picker._list._chat is chat
        return chat

    def test_is_told_for_every_model_by_its_own_prices(self, bar: TopBar, asked: Chat, qtbot: QtBot) -> None:
        rows = opened(bar, qtbot)

        assert len(rows) > 10
        for model, facts, said in rows:
            ahead = what_if(asked, model).estimate.next
            assert ahead is not None
            assert facts.next == f"≈ {figures.dollars(ahead)}"
            assert f"next message about {figures.dollars(ahead)}, " in said
        assert next(facts.next for model, facts, _ in rows if model == asked.model) == (
            f"≈ {figures.dollars(asked.draft.estimate.next or Decimal(0))}"
        )

    def test_tells_what_becomes_of_the_pictures(self, bar: TopBar, asked: Chat, qtbot: QtBot) -> None:
        assert asked.draft.pictures
        notes = {model.id: facts.note for model, facts, _ in opened(bar, qtbot)}

        assert notes["claude-sonnet-4-6"].startswith("1 picture 2576 → 1456 px")
        assert notes["claude-opus-5-5"] == "pictures up to 2576 px"

    def test_says_why_a_model_cannot_have_it(self, bar: TopBar, asked: Chat, tools: Tools, qtbot: QtBot) -> None:
        own = {"input": "1", "output": "2", "context_window": 1000}
        tools.preferences.update(prices={"small": own})
        listed = [ListedModel("claude-sonnet-5-5"), ListedModel("blind", takes_pictures=False)]
        tools.account.join_models(listed)
        asked.draft.set_text("?")
        rows = {model.id: (facts, said) for model, facts, said in opened(bar, qtbot)}

        small, said = rows["small"]
        prompt = what_if(asked, asked.model_of("small")).estimate.prompt_tokens
        assert small.note == f"too long for it: {figures.count(prompt)} tokens, it takes 1,000"
        assert (small.next, small.is_obstacle) == ("–", True)
        assert said == f"small, $1 in and $2 out per million tokens, your price, {small.note}"
        assert rows["blind"][0].note == "takes no pictures"
        assert rows["blind"][1] == "blind, price not known, takes no pictures"

    def test_follows_the_draft_while_the_list_is_open(self, bar: TopBar, asked: Chat, qtbot: QtBot) -> None:
        before = [facts.next for _, facts, _ in opened(bar, qtbot)]
        asked.draft.set_text("word " * 2000)

        qtbot.waitUntil(lambda: not bar.picker._list._again.isActive() and not bar.picker._list._waiting)

        rows = listed_rows(bar)
        assert [facts.next for _, facts, _ in rows] != before
        assert all(facts.next == next_words(what_if(asked, model)) for model, facts, _ in rows)

    def test_is_worked_out_after_the_list_is_there_and_no_more_once_it_is_closed(
        self, bar: TopBar, asked: Chat, qtbot: QtBot
    ) -> None:
        assert asked.draft.pictures
        bar.picker.open_list()

        assert all(facts.next == "" for _, facts, _ in listed_rows(bar))
        bar.picker._list.close()
        qtbot.waitUntil(lambda: not bar.picker._list._next.isActive())
        assert all(facts.next == "" for _, facts, _ in listed_rows(bar))

    def test_a_chat_shown_later_is_asked_about(self, bar: TopBar, asked: Chat, desk: Desk, qtbot: QtBot) -> None:
        with_picture = [facts.next for _, facts, _ in opened(bar, qtbot)]
        bar.picker._list.close()
        desk.new_chat()
        assert desk.current is not asked
        bar.set_chat(desk.current)

        assert [facts.next for _, facts, _ in opened(bar, qtbot)] != with_picture

    def test_columns_line_up_with_their_captions(self, bar: TopBar, asked: Chat, qtbot: QtBot) -> None:
        assert asked.draft.pictures
        opened(bar, qtbot)
        width = bar.picker._list._view.viewport().width()
        names, prices, ahead = bar.picker._list._columns.places(QRect(0, 0, width, 48))

        assert names.right() < prices.left() < prices.right() < ahead.left()
        assert bar.picker._list._columns._room == width
        bar.picker._list.close()


class TestOwnPrices:
    def test_are_marked_wherever_a_price_stands(self, bar: TopBar, tools: Tools, desk: Desk, qtbot: QtBot) -> None:
        tools.preferences.update(prices=OWN)
        desk.current.set_model("claude-opus-5-5")

        assert bar.picker._pill._price.text() == "$3.60 / $18 · your price"
        assert "your price" in bar.picker._pill.accessibleDescription()
        marked = {model.id for model, _, said in opened(bar, qtbot) if "your price" in said}
        assert marked == {"claude-opus-5-5", "house"}
        assert offered(bar.picker)[offered(bar.picker).index("Other models") + 1] == "House"
        bar.picker._list.close()
        tools.preferences.update(prices={})
        assert bar.picker._pill._price.text() == "$4 / $20"

    def test_count_in_the_draft_at_once(self, bar: TopBar, tools: Tools, desk: Desk) -> None:
        assert bar.picker._pill._price.text() == "$2 / $10"
        before = desk.current.draft.estimate.next
        tools.preferences.update(prices={"claude-sonnet-5-5": {"input": "4", "output": "20"}})

        assert before is not None
        assert desk.current.draft.estimate.next == 2 * before


class TestAnOldTable:
    def test_says_so_in_one_line(self, theme: Theme, tools: Tools, desk: Desk, qtbot: QtBot) -> None:
        models = ModelList(theme, tools.account, bar_of := QWidget())
        qtbot.addWidget(bar_of)
        models.set_chat(desk.current)
        bar_of.show()
        for today, shown in ((date(2027, 2, 18), False), (date(2027, 2, 19), True)):
            models.open_under(bar_of, desk.current.model, today)
            assert models._stale.isVisible() is shown
            models.close()
        assert models._stale.text() == "Prices as of 20 November 2026. They may have changed."


def listed_rows(bar: TopBar) -> list[tuple[Model, Facts, str]]:
    rows = bar.picker._list._rows
    items = [rows.item(row) for row in range(rows.rowCount())]
    models = [item for item in items if isinstance(item.data(MODEL), Model)]
    return [(item.data(MODEL), item.data(FACTS), item.accessibleText()) for item in models]


def opened(bar: TopBar, qtbot: QtBot) -> list[tuple[Model, Facts, str]]:
    """The rows of the list once all is worked out."""
    bar.picker.open_list()
    qtbot.waitUntil(lambda: not bar.picker._list._waiting)
    return listed_rows(bar)


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

    def test_a_practised_chat_is_told_so_after_practice_is_over(
        self, bar: TopBar, desk: Desk, tools: Tools, qtbot: QtBot
    ) -> None:
        desk.current.draft.set_text("Hello")
        desk.current.worker.send()
        qtbot.waitUntil(lambda: desk.current.facts.practice and not desk.current.worker.busy)
        finish(tools.account.set_practice(False))
        qtbot.waitUntil(lambda: bar._facts.accessibleName() == "So far practice, free · context 1 %")

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
