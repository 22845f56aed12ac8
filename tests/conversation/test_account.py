"""What the account tells of its server."""

from __future__ import annotations

from app.conversation.account import Account
from app.conversation.chat import Tools
from app.conversation.preferences import Preferences
from app.core.catalog import Catalog
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
