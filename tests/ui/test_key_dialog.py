"""Pasting, testing, keeping and removing a key: a real server on loopback, a keyring in memory or none."""

from __future__ import annotations

import keyring
import pytest
from keyring.backend import KeyringBackend
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.conversation.account import Account
from app.conversation.chat import Tools
from app.core.catalog import Catalog
from app.ui.key_dialog import KeyDialog
from app.ui.theme import Theme
from tests.conftest import finish
from tests.gates import OpenGate
from tests.servers.api import TEST_KEY, ApiServer
from tests.servers.replies import html, text

KEY = "sk-ant-api03-" + "Aa0_-" * 10


class Remembering(KeyringBackend):
    """A keyring in memory that goes by a name we trust."""

    priority = 1

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


Remembering.__module__, Remembering.__qualname__ = "keyring.backends.SecretService", "Keyring"


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.show()
    return parent


@pytest.fixture
def dialog(theme: Theme, tools: Tools, parent: QWidget) -> KeyDialog:
    return opened(theme, tools.account, tools, parent)


def opened(theme: Theme, account: Account, tools: Tools, parent: QWidget) -> KeyDialog:
    finish(account.look_up())
    dialog = KeyDialog(theme, account, tools.tasks, parent)
    dialog.open()
    return dialog


def field(dialog: KeyDialog, name: str = "API key") -> QLineEdit:
    return next(f for f in dialog.findChildren(QLineEdit) if f.accessibleName() == name)


def button(dialog: KeyDialog, name: str) -> QPushButton:
    return next(b for b in dialog.findChildren(QPushButton) if name in {b.text(), b.accessibleName()})


def aim_at(dialog: KeyDialog, url: str, key: str = TEST_KEY) -> None:
    button(dialog, "Another server").click()
    field(dialog, "Address of the server").setText(url)
    field(dialog).setText(key)


async def kept(account: Account) -> None:
    await account.save_key(KEY, "http://127.0.0.1:9", "bearer")


def said(dialog: KeyDialog) -> str:
    return dialog._said.text() if dialog._said.isVisible() else ""


def test_the_key_is_hidden_until_it_is_asked_for(dialog: KeyDialog) -> None:
    field(dialog).setText(KEY)
    assert field(dialog).displayText() == "●" * len(KEY)
    button(dialog, "Show the key").click()
    assert field(dialog).displayText() == KEY
    button(dialog, "Show the key").click()
    assert KEY not in field(dialog).displayText()


def test_what_cannot_be_a_key_is_told_while_it_is_typed(dialog: KeyDialog) -> None:
    assert said(dialog) == ""
    field(dialog).setText("sk-ant-admin01-" + "a" * 40)
    assert said(dialog).startswith("This is an admin key")
    field(dialog).setText("  " + KEY + "\n")
    assert said(dialog) == ""


def test_an_empty_field_offers_neither_test_nor_save(dialog: KeyDialog) -> None:
    field(dialog).setText("   ")
    assert not button(dialog, "Test").isEnabled()
    assert not button(dialog, "Save").isEnabled()
    field(dialog).setText(KEY)
    assert button(dialog, "Test").isEnabled()
    assert button(dialog, "Save").isEnabled()


def test_a_test_tells_how_many_models_there_are(dialog: KeyDialog, qtbot: QtBot) -> None:
    with ApiServer() as server:
        server.models_reply = {"data": [{"id": "one"}, {"id": "two"}], "has_more": False}
        aim_at(dialog, server.url, f" {TEST_KEY} ")
        button(dialog, "Test").click()
        assert button(dialog, "Testing…").isEnabled() is False
        assert not button(dialog, "Save").isEnabled()
        qtbot.waitUntil(lambda: said(dialog) == "Works: 2 models.")
        assert button(dialog, "Test").isEnabled()
        assert server.requests[0].headers["x-api-key"] == TEST_KEY
        server.models_reply = {"data": [{"id": "one"}], "has_more": False}
        button(dialog, "Test").click()
        qtbot.waitUntil(lambda: said(dialog) == "Works: 1 model.")


def test_a_wrong_key_is_told_in_place_and_stays_typed(dialog: KeyDialog, qtbot: QtBot) -> None:
    with ApiServer() as server:
        aim_at(dialog, server.url, "sk-ant-wrong-key-0123456789")
        button(dialog, "Test").setFocus()
        QTest.keyClick(button(dialog, "Test"), Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: said(dialog).startswith("The server does not accept the API key."))
    assert field(dialog).text() == "sk-ant-wrong-key-0123456789"
    assert dialog.focusWidget() is field(dialog)


def test_enter_presses_the_button_that_has_the_focus_and_saves_elsewhere(dialog: KeyDialog, qtbot: QtBot) -> None:
    field(dialog).setText(KEY)
    button(dialog, "Show the key").setFocus()
    QTest.keyClick(button(dialog, "Show the key"), Qt.Key.Key_Return)
    assert button(dialog, "Show the key").isChecked()
    assert said(dialog) == ""
    field(dialog).setFocus()
    QTest.keyClick(field(dialog), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: said(dialog).startswith("No usable keyring here"))


def test_a_bad_address_is_told_and_shown(dialog: KeyDialog, qtbot: QtBot) -> None:
    aim_at(dialog, "http://192.0.2.1")
    button(dialog, "Another server").click()
    assert not field(dialog, "Address of the server").isVisible()
    button(dialog, "Save").click()
    qtbot.waitUntil(lambda: "is not encrypted" in said(dialog))
    assert field(dialog, "Address of the server").isVisible()


def test_a_web_page_instead_of_a_list_is_told(dialog: KeyDialog, qtbot: QtBot) -> None:
    with ApiServer() as server:
        server.models_reply = html(200)
        aim_at(dialog, server.url)
        button(dialog, "Test").click()
        qtbot.waitUntil(lambda: "sent a web page and not an answer" in said(dialog))


def test_closing_cancels_a_test(dialog: KeyDialog, qtbot: QtBot) -> None:
    with ApiServer() as server:
        server.models_reply = text("never").hold("start")
        aim_at(dialog, server.url)
        button(dialog, "Test").click()
        task = dialog._test_task
        assert task is not None
        qtbot.waitUntil(lambda: len(server.requests) == 1)
        with qtbot.waitSignal(dialog.destroyed):
            dialog.reject()
        qtbot.waitUntil(task.cancelled)


def test_without_a_keyring_a_key_is_kept_for_this_run(dialog: KeyDialog, tools: Tools, qtbot: QtBot) -> None:
    field(dialog).setText(KEY)
    button(dialog, "Save").click()
    qtbot.waitUntil(lambda: said(dialog) == "No usable keyring here: kept for this run only.")
    access = tools.account.access
    assert access is not None
    assert (access.key, access.source) == (KEY, "session")
    assert not tools.account.practice
    with qtbot.waitSignal(dialog.destroyed):
        button(dialog, "Done").click()


def test_a_saved_key_is_in_the_keyring_and_the_tested_models_are_offered(
    dialog: KeyDialog, tools: Tools, qtbot: QtBot
) -> None:
    keyring.set_keyring(Remembering())
    with ApiServer() as server:
        server.models_reply = {"data": [{"id": "house-model"}], "has_more": False}
        aim_at(dialog, server.url)
        button(dialog, "Test").click()
        qtbot.waitUntil(lambda: said(dialog) == "Works: 1 model.")
        button(dialog, "Save").click()
        qtbot.waitUntil(lambda: said(dialog) == "Kept in this computer's keyring.")
    assert "house-model" in [model.id for model in tools.account.catalog.models]
    access = tools.account.access
    assert access is not None
    assert access.server.base_url == server.url


def test_models_of_a_key_that_was_changed_after_the_test_are_not_offered(
    dialog: KeyDialog, tools: Tools, qtbot: QtBot
) -> None:
    with ApiServer() as server:
        server.models_reply = {"data": [{"id": "house-model"}], "has_more": False}
        aim_at(dialog, server.url)
        button(dialog, "Test").click()
        qtbot.waitUntil(lambda: said(dialog) == "Works: 1 model.")
        field(dialog).setText(KEY)
        assert said(dialog) == ""
        button(dialog, "Save").click()
        qtbot.waitUntil(lambda: "kept for this run only" in said(dialog))
    assert "house-model" not in [model.id for model in tools.account.catalog.models]


def test_a_stored_key_is_told_and_can_be_removed(
    theme: Theme, tools: Tools, parent: QWidget, qtbot: QtBot, dialog: KeyDialog
) -> None:
    assert not button(dialog, "Remove key").isVisible()
    keyring.set_keyring(Remembering())
    finish(kept(tools.account))
    again = opened(theme, tools.account, tools, parent)
    assert again._in_use.text().startswith("A key is kept in this computer's keyring.")
    assert field(again, "Address of the server").text() == "http://127.0.0.1:9"
    assert again._header.currentText() == "Bearer"
    button(again, "Remove key").click()
    qtbot.waitUntil(lambda: said(again) == "The key is removed.")
    assert not button(again, "Remove key").isVisible()
    assert tools.account.access is not None
    assert tools.account.access.source == "none"


def test_a_key_in_the_environment_is_said_to_come_first(
    theme: Theme, tools: Tools, catalog: Catalog, parent: QWidget, qtbot: QtBot
) -> None:
    account = Account(tools.preferences, catalog, {"ANTHROPIC_API_KEY": KEY}, OpenGate())
    dialog = opened(theme, account, tools, parent)
    assert dialog._in_use.text() == "The key of ANTHROPIC_API_KEY is in use; it comes before this one."
    assert not button(dialog, "Remove key").isVisible()
    field(dialog).setText(KEY[::-1])
    button(dialog, "Save").click()
    qtbot.waitUntil(lambda: said(dialog).endswith("The key of ANTHROPIC_API_KEY comes before it."))
    finish(account.close())


def test_a_server_in_the_environment_is_said_to_be_used(
    theme: Theme, tools: Tools, catalog: Catalog, parent: QWidget, qtbot: QtBot
) -> None:
    account = Account(tools.preferences, catalog, {"ANTHROPIC_BASE_URL": "http://127.0.0.1:9"}, OpenGate())
    dialog = opened(theme, account, tools, parent)
    field(dialog, "Address of the server").setText("https://elsewhere.example")
    field(dialog).setText(KEY)
    button(dialog, "Save").click()
    qtbot.waitUntil(lambda: said(dialog).endswith("The environment names another server: that one is used."))
    finish(account.close())


def test_the_page_where_keys_are_made_opens_on_a_click_only(dialog: KeyDialog, monkeypatch: pytest.MonkeyPatch) -> None:
    opened_pages: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened_pages.append)
    field(dialog).setText(KEY)
    assert opened_pages == []
    button(dialog, "console.anthropic.com").click()
    assert opened_pages == [QUrl("https://console.anthropic.com/")]


def test_the_keyboard_begins_in_the_key_and_enter_saves(dialog: KeyDialog, qtbot: QtBot) -> None:
    assert dialog.focusWidget() is field(dialog)
    QTest.keyClicks(field(dialog), KEY)
    QTest.keyClick(field(dialog), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "kept for this run only" in said(dialog))


def test_a_server_on_this_computer_may_be_used_without_a_key(dialog: KeyDialog, tools: Tools, qtbot: QtBot) -> None:
    aim_at(dialog, "http://localhost:11434", key="")
    button(dialog, "Save").click()
    qtbot.waitUntil(lambda: said(dialog) != "")
    assert said(dialog) == "This server is used without a key."
    assert tools.account.connected
    assert tools.account.server_name == "localhost:11434"


def test_what_cannot_be_a_key_is_neither_tested_nor_saved(dialog: KeyDialog) -> None:
    field(dialog).setText("sk-ant-admin01-" + "a" * 40)
    assert not button(dialog, "Test").isEnabled()
    assert not button(dialog, "Save").isEnabled()


def test_the_mark_of_an_error_follows_the_theme(dialog: KeyDialog, tools: Tools) -> None:
    field(dialog).setText("sk-ant-admin01-" + "a" * 40)
    light = dialog._mark.pixmap().toImage()

    tools.preferences.update(theme="dark")

    assert dialog._mark.pixmap().toImage() != light
