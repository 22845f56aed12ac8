"""The banner over a temporary chat."""

from __future__ import annotations

from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.conversation.chat import Tools
from app.conversation.desk import Desk
from app.ui.temporary_banner import TemporaryBanner
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
