"""What the account tells of its server."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pytestqt.qtbot import QtBot

from app.conversation.account import Account
from app.conversation.chat import Tools
from app.conversation.preferences import Preferences
from app.core.catalog import Catalog, ListedModel
from tests.conftest import destroy, finish
from tests.gates import OpenGate


def test_practice_takes_links_and_files_and_exact_sizes(tools: Tools) -> None:
    assert tools.account.sources == {"file"}
    assert tools.account.exact_sizes


def test_another_server_takes_links_and_files_when_the_person_says_so(online: Tools, preferences: Preferences) -> None:
    assert online.account.sources == set()
    preferences.update(foreign_sources=True)
    assert online.account.sources == {"url", "file"}
    assert not online.account.exact_sizes


def test_anthropics_server_takes_them_by_itself(tools: Tools, preferences: Preferences, catalog: Catalog) -> None:
    account = Account(
        preferences, catalog, {"ANTHROPIC_API_KEY": "sk-ant-api03-0123456789"}, OpenGate(), parent=tools.account
    )
    preferences.update(practice=False)
    assert (account.sources, account.exact_sizes) == (frozenset(), False)
    finish(account.look_up())
    assert (account.sources, account.exact_sizes) == (frozenset({"url", "file"}), True)
    destroy(account)


OWN = {"input": "1.5", "output": "7.5"}


def test_the_persons_prices_count_at_once_and_no_longer_when_taken_back(tools: Tools, qtbot: QtBot) -> None:
    account = tools.account
    account.join_models([ListedModel("claude-opus-5-5", context_window=500_000), ListedModel("house-model")])
    with qtbot.waitSignal(account.changed):
        tools.preferences.update(prices={"house-model": OWN, "claude-opus-5-5": OWN})
    for model in map(account.catalog.get, ("house-model", "claude-opus-5-5")):
        assert model.own
        assert model.prices is not None
        assert model.prices.input == Decimal("1.5")
    assert account.catalog.get("claude-opus-5-5").context_window == 500_000
    assert account.table.get("claude-opus-5-5").prices != account.catalog.get("claude-opus-5-5").prices
    tools.preferences.update(prices={})
    assert account.catalog.get("house-model").prices is None
    assert not account.catalog.get("claude-opus-5-5").own


def test_the_persons_prices_outlive_a_change_of_the_server(tools: Tools) -> None:
    tools.preferences.update(prices={"claude-opus-5-5": OWN})
    finish(tools.account.set_practice(False))
    assert tools.account.catalog.get("claude-opus-5-5").own


def test_other_settings_leave_the_catalog_alone(tools: Tools, qtbot: QtBot) -> None:
    catalog = tools.account.catalog
    with qtbot.assertNotEmitted(tools.account.changed):
        tools.preferences.update(text_size=120)
    assert tools.account.catalog is catalog


def test_limits_that_differ_are_logged_once_each(tools: Tools, caplog: pytest.LogCaptureFixture) -> None:
    listed = [ListedModel("claude-opus-5-5", context_window=500_000, max_output=64_000)]
    for _ in range(3):
        tools.account.join_models(listed)
    tools.preferences.update(prices={"claude-opus-5-5": OWN})
    assert caplog.messages == [
        "context_window of 'claude-opus-5-5': 1000000 in our table, 500000 says the server, which counts",
        "max_output of 'claude-opus-5-5': 128000 in our table, 64000 says the server, which counts",
    ]
