"""The banner over a temporary chat, the row that leads back to it, and its end."""

from __future__ import annotations

from PySide6.QtWidgets import QMessageBox, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.conversation.chat import Tools
from app.conversation.desk import Desk
from app.ui.temporary_banner import TemporaryBanner, ask_to_end
from app.ui.temporary_row import TemporaryRow
from app.ui.theme import Theme


def test_it_is_over_the_temporary_chat_alone_and_ends_it(theme: Theme, desk: Desk, tools: Tools, qtbot: QtBot) -> None:
    window = QWidget()
    banner = TemporaryBanner(theme, desk)
    QVBoxLayout(window).addWidget(banner)
    qtbot.addWidget(window)
    window.show()
    assert not banner.isVisible()
    desk.temporary_chat()
    assert banner.isVisible()
    temporary = desk.current
    desk.new_chat()
    assert not banner.isVisible()
    desk.temporary_chat()
    assert desk.current is temporary
    banner.findChildren(QPushButton)[0].click()
    assert not banner.isVisible()
    assert desk.current is not temporary
    qtbot.waitUntil(lambda: not tools.tasks._running)


def test_a_row_leads_back_to_it_as_long_as_there_is_one(theme: Theme, desk: Desk, tools: Tools, qtbot: QtBot) -> None:
    window = QWidget()
    row = TemporaryRow(theme, desk)
    QVBoxLayout(window).addWidget(row)
    qtbot.addWidget(window)
    window.resize(256, 100)
    window.show()
    assert not row.isVisible()
    desk.temporary_chat()
    temporary = desk.current
    opened = row.grab().toImage()
    desk.new_chat()
    assert row.isVisible()
    assert row.grab().toImage() != opened
    row.click()
    assert desk.current is temporary
    temporary.draft.set_text("What is owed?")
    with qtbot.waitSignal(temporary.worker.answered):
        temporary.worker.send()
    assert row.accessibleName() == "What is owed?, Temporary · an answer is coming"
    qtbot.waitUntil(lambda: row.accessibleName() == "What is owed?, Temporary · not kept")
    desk.end_temporary()
    assert not row.isVisible()
    qtbot.waitUntil(lambda: not tools.tasks._running)


def test_what_is_in_it_is_not_lost_at_a_single_click(desk: Desk, tools: Tools, qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    desk.temporary_chat()
    temporary = desk.current
    temporary.draft.set_text("Half a thought")
    for words, ends in (("Cancel", False), ("End it now", True)):
        ask_to_end(desk, window)
        assert desk.is_temporary
        [question] = window.findChildren(QMessageBox)
        next(each for each in question.buttons() if each.text().replace("&", "") == words).click()
        assert (desk.current is not temporary) == ends
        qtbot.waitUntil(lambda: not window.findChildren(QMessageBox))
    qtbot.waitUntil(lambda: not tools.tasks._running)
