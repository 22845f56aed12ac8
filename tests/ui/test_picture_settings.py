"""The settings about pictures that a server keeps: switches that hold at once, and a list that is asked for."""

from __future__ import annotations

import re

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QListView, QPushButton, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from app.conversation.chat import Tools
from app.conversation.remote_files import RemoteFiles
from app.ui.label import Label
from app.ui.picture_settings import PictureSettings
from app.ui.theme import Theme
from tests.servers.api import ApiServer
from tests.servers.replies import error


@pytest.fixture
def page(qtbot: QtBot, theme: Theme, online: Tools) -> PictureSettings:
    files = RemoteFiles(online.account, online.tasks)
    page = PictureSettings(theme, online.preferences, files)
    files.setParent(page)
    qtbot.addWidget(page)
    page.show()
    return page


def control(page: QWidget, name: str) -> QWidget:
    return next(w for w in page.findChildren(QWidget) if w.accessibleName() == name)


def click(page: QWidget, words: str) -> None:
    button = next(b for b in page.findChildren(QPushButton) if b.text() == words)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def told(page: QWidget) -> list[str]:
    return [label.text() for label in page.findChildren(Label) if label.isVisibleTo(page)]


def test_the_switches_hold_at_once(page: PictureSettings, online: Tools) -> None:
    assert not online.preferences.settings.upload
    days = control(page, "Days that the server keeps them")
    assert not days.isEnabled()
    for name in ("Links and kept pictures at other servers", "Keep pictures on the server"):
        switch = control(page, name)
        assert isinstance(switch, QAbstractButton)
        switch.click()
    assert isinstance(days, QSpinBox)
    assert days.lineEdit().textMargins().left() == 8
    assert days.isEnabled()
    days.setValue(7)
    settings = online.preferences.settings
    assert (settings.upload, settings.foreign_sources, settings.upload_days) == (True, True, 7)


def test_what_the_server_cannot_do_cannot_be_switched_on(page: PictureSettings, online: Tools) -> None:
    online.preferences.update(upload=True)
    keep, days = control(page, "Keep pictures on the server"), control(page, "Days that the server keeps them")
    assert (keep.isEnabled(), days.isEnabled()) == (False, False)
    assert any(words.startswith("Not at your present server") for words in told(page))
    online.preferences.update(foreign_sources=True)
    assert (keep.isEnabled(), days.isEnabled()) == (True, True)
    assert not any(words.startswith("Not at your present server") for words in told(page))


def test_nothing_is_asked_before_the_person_asks(page: PictureSettings, api: ApiServer) -> None:
    assert api.requests == []
    assert page.findChildren(QListView)[0].isHidden()


def test_what_the_server_keeps_is_listed_and_deleted(page: PictureSettings, api: ApiServer, qtbot: QtBot) -> None:
    api.files.keep(b"bytes", name="roof.png", life=86_400)
    click(page, "Show what is there")
    shown = page.findChildren(QListView)[0]
    qtbot.waitUntil(lambda: shown.model().rowCount() == 1)
    line = shown.model().index(0, 0).data()
    assert line.startswith("roof.png · ")
    _, _, until = line.partition(" · until ")
    assert re.fullmatch(r"\d{1,2} [A-Z][a-z]{2} \d{4}", until)
    shown.setCurrentIndex(shown.model().index(0, 0))
    click(page, "Delete from the server")
    qtbot.waitUntil(shown.isHidden)
    qtbot.waitUntil(lambda: api.files.listed == [])


def test_an_empty_server_says_so(page: PictureSettings, qtbot: QtBot) -> None:
    click(page, "Show what is there")
    qtbot.waitUntil(lambda: "No pictures are kept there." in told(page))


def test_a_refusal_is_told_in_place(page: PictureSettings, api: ApiServer, qtbot: QtBot) -> None:
    api.script_files(error(529, "overloaded_error", "Overloaded"))
    click(page, "Show what is there")
    qtbot.waitUntil(lambda: "overloaded" in told(page)[-1])
