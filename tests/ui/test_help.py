"""The help page, and the hints that lead to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from app.conversation.attachment import Source
from app.conversation.chat import Chat, Tools
from app.core.cautions import CAUTIONS
from app.ui.help.cautions import Cautions
from app.ui.help.window import HelpWindow
from app.ui.help.words import sections
from app.ui.notes import Notes
from app.ui.theme import Theme


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    parent = QWidget()
    qtbot.addWidget(parent)
    return parent


class TestThePage:
    def test_opens_at_every_topic_and_stays_one_window(self, theme: Theme, parent: QWidget) -> None:
        window = HelpWindow.show_for(theme, parent)
        assert window._scroll.verticalScrollBar().value() == 0
        for section in sections():
            assert HelpWindow.show_for(theme, parent, section.topic) is window
            heading = window._places[section.topic]
            top = heading.mapTo(window._scroll.viewport(), QPoint()).y()
            assert 0 <= top < window._scroll.viewport().height() - 40
        window.close()

    def test_has_a_topic_for_every_hint(self) -> None:
        assert {section.topic for section in sections()} >= set(CAUTIONS)

    def test_no_line_is_cut_however_narrow(self, theme: Theme, parent: QWidget, tools: Tools) -> None:
        tools.preferences.update(text_size=200)
        window = HelpWindow.show_for(theme, parent)
        window.resize(360, 400)
        page = window._page
        assert page.width() <= window._scroll.viewport().width()
        window.close()


class Desk:
    """Notes over a question."""

    def __init__(self, theme: Theme, chat: Chat, tools: Tools, qtbot: QtBot) -> None:
        self.opened: list[str] = []
        self.chat = chat
        self.notes = Notes(theme)
        qtbot.addWidget(self.notes)
        self.cautions = Cautions(self.notes, tools.preferences, self.opened.append)
        self.cautions.set_chat(chat)
        self._qtbot = qtbot

    def ask(self, words: str) -> list[str]:
        self.chat.draft.set_text(words)
        self.cautions.update()
        return self.notes.texts

    def press(self, words: str) -> None:
        buttons = [*self.notes.findChildren(QPushButton), *self.notes.findChildren(QToolButton)]
        next(b for b in buttons if words in {b.text(), b.accessibleName()} and b.isVisibleTo(self.notes)).click()


@pytest.fixture
def desk(theme: Theme, chat: Chat, tools: Tools, picture: Callable[..., Path], qtbot: QtBot) -> Desk:
    chat.draft.attach([Source(path=str(picture()))])
    qtbot.waitUntil(lambda: chat.draft.ready)
    return Desk(theme, chat, tools, qtbot)


class TestHints:
    def test_one_is_said_as_long_as_it_holds(self, desk: Desk) -> None:
        assert desk.ask("Describe it") == []
        assert "who somebody is" in desk.ask("Who is this?")[0]
        assert "estimates" in desk.ask("How many are there?")[0]
        assert len(desk.ask("Who is this, and how many are there?")) == 1
        assert desk.ask("Describe it") == []

    def test_nothing_is_said_without_a_picture(self, theme: Theme, tools: Tools, chat: Chat, qtbot: QtBot) -> None:
        assert Desk(theme, chat, tools, qtbot).ask("Who is this?") == []

    def test_what_was_dismissed_stays_away_in_this_chat(self, desk: Desk, tools: Tools) -> None:
        desk.ask("Who is this?")
        desk.press("Dismiss")
        assert desk.ask("Who is that?") == []
        other = Chat.new(desk.chat.facts.model, tools, tools.account)
        desk.cautions.set_chat(other)
        desk.cautions.set_chat(desk.chat)
        assert desk.ask("Who is this?") == []
        assert tools.preferences.settings.advice_off == ""

    def test_what_is_not_to_be_said_again_is_not_in_any_chat(
        self, desk: Desk, tools: Tools, theme: Theme, qtbot: QtBot
    ) -> None:
        desk.ask("How many?")
        desk.press("Don't say again")
        desk.ask("Who is this?")
        desk.press("Don't say again")
        assert tools.preferences.settings.advice_off == "count person"
        again = Desk(theme, desk.chat, tools, qtbot)  # as after a restart
        assert again.ask("Who is this, and how many are there?") == []
        assert len(again.ask("Is this photo real?")) == 1

    def test_more_opens_the_page_there(self, desk: Desk) -> None:
        desk.ask("What does this MRI show?")
        desk.press("More")
        assert desk.opened == ["medical"]
        assert desk.ask("What does this MRI show?") == []
