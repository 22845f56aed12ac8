"""What the desktop asks the running app to open."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QFileOpenEvent
from pytestqt.qtbot import QtBot

from app.application import Application


@pytest.fixture
def called(qapp: Application, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What was told of; nobody hears as yet."""
    monkeypatch.setattr(qapp, "_heard", False)
    calls: list[list[str]] = []
    qapp.called.connect(calls.append)
    return calls


def ask_to_open(app: Application, *paths: str) -> None:
    for path in paths:
        assert app.sendEvent(app, QFileOpenEvent(path))


def test_files_opened_together_are_told_together_and_none_before_somebody_hears(
    qapp: Application, qtbot: QtBot, called: list[list[str]]
) -> None:
    ask_to_open(qapp, "/pictures/a.png", "/pictures/b.heic")
    with qtbot.waitSignal(qapp._gathering.timeout):
        pass
    assert called == []
    qapp.hear()
    assert called == [["/pictures/a.png", "/pictures/b.heic"]]
    ask_to_open(qapp, "/pictures/c.pdf")
    qtbot.waitUntil(lambda: called[1:] == [["/pictures/c.pdf"]])


def test_an_address_is_no_file_to_be_opened(qapp: Application, called: list[list[str]]) -> None:
    qapp.hear()
    qapp.sendEvent(qapp, QFileOpenEvent(QUrl("visavis:hello")))
    assert not qapp._gathering.isActive()
    assert called == []
