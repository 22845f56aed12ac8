"""The welcome page and the practice banner."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from app.conversation.account import Account
from app.conversation.attachment import Source
from app.conversation.desk import Desk
from app.conversation.preferences import Preferences
from app.core.access import Access
from app.core.catalog import Catalog
from app.core.keys import Secret
from app.core.server import Server
from app.eventloop import EventLoop
from app.ui.banner import PracticeBanner
from app.ui.label import ElidedLabel
from app.ui.sample_card import SampleCard, _Preview
from app.ui.theme import Theme
from app.ui.welcome import Welcome
from tests.conftest import finish
from tests.gates import OpenGate


@pytest.fixture
def account(preferences: Preferences, catalog: Catalog, live_loop: EventLoop) -> Iterator[Account]:
    """Nobody's yet: neither practice nor a key."""
    assert live_loop.is_running()
    preferences.update(practice=False)
    account = Account(preferences, catalog, {}, OpenGate())
    yield account
    finish(account.close())


@pytest.fixture
def page(theme: Theme, account: Account, qtbot: QtBot) -> Welcome:
    page = Welcome(theme, account)
    qtbot.addWidget(page)
    page.resize(1110, 608)
    page.show()
    return page


def look_up(account: Account, key: str = "") -> None:
    """As `look_up` ends when the keyring holds that key."""
    account._access = Access(Server(), Secret(key), "keyring" if key else "none")
    account.changed.emit()


def button(page: Welcome, words: str) -> QPushButton:
    return next(b for b in page.findChildren(QPushButton) if b.text() == words)


class TestConnecting:
    def test_is_not_offered_before_the_keyring_has_answered(self, page: Welcome, account: Account) -> None:
        assert not button(page, "Paste an API key").isVisible()

        look_up(account)

        assert button(page, "Paste an API key").isVisible()

    def test_is_not_offered_to_who_has_a_key(self, page: Welcome, account: Account) -> None:
        look_up(account, "sk-ant-1")

        assert not button(page, "Paste an API key").isVisible()

    def test_has_two_ways(self, page: Welcome, account: Account, qtbot: QtBot) -> None:
        look_up(account)

        with qtbot.waitSignal(page.key_requested, timeout=1000):
            QTest.mouseClick(button(page, "Paste an API key"), Qt.MouseButton.LeftButton)
        with qtbot.waitSignal(page.practice_requested, timeout=1000):
            QTest.keyClick(button(page, "Try without a key"), Qt.Key.Key_Space)

    def test_practice_needs_no_key(self, page: Welcome, account: Account) -> None:
        look_up(account)

        finish(account.set_practice(True))

        assert not button(page, "Try without a key").isVisible()


class TestSamples:
    def test_give_their_pictures_and_their_question(self, page: Welcome) -> None:
        cards = page.findChildren(SampleCard)
        found: list[tuple[list[str], str]] = []
        page.sample_chosen.connect(lambda paths, question: found.append((paths, question)))

        for card in cards:
            QTest.mouseClick(card, Qt.MouseButton.LeftButton)

        assert [[Path(path).name for path in paths] for paths, _ in found] == [
            ["dashboard-q4.png"],
            ["checkout-a.png", "checkout-b.png"],
            ["chart.png"],
        ]
        assert found[1][1] == "What changed between these mockups?"
        assert all(Path(path).is_file() for paths, _ in found for path in paths)

    def test_show_their_pictures_after_the_first_paint(self, page: Welcome, qtbot: QtBot) -> None:
        previews = page.findChildren(_Preview)
        assert not any(preview._pixmaps for preview in previews)

        qtbot.waitUntil(lambda: [len(preview._pixmaps) for preview in previews] == [1, 2, 1])

        assert not any(pixmap.isNull() for preview in previews for pixmap in preview._pixmaps)

    def test_are_reached_by_keys(self, page: Welcome, qtbot: QtBot) -> None:
        card = page.findChildren(SampleCard)[0]
        assert card.focusPolicy() & Qt.FocusPolicy.TabFocus

        with qtbot.waitSignal(page.sample_chosen, timeout=1000):
            QTest.keyClick(card, Qt.Key.Key_Space)


class TestThePage:
    def test_fits_a_small_laptop_without_scrolling(self, page: Welcome, account: Account, qtbot: QtBot) -> None:
        look_up(account)

        qtbot.waitUntil(lambda: button(page, "Paste an API key").isVisible())
        assert page.verticalScrollBar().maximum() == 0

    def test_loses_nothing_in_a_narrow_window(self, page: Welcome, account: Account, qtbot: QtBot) -> None:
        look_up(account)

        page.resize(464, 320)

        qtbot.waitUntil(lambda: page.verticalScrollBar().maximum() > 0)
        assert page.horizontalScrollBar().maximum() == 0

    def test_a_scroll_bar_moves_nothing(self, page: Welcome, account: Account, qtbot: QtBot) -> None:
        look_up(account)
        card = page._drop_card
        before = card.mapTo(page, QPoint(0, 0)).x(), card.width()

        page.resize(page.width(), 300)

        qtbot.waitUntil(lambda: page.verticalScrollBar().isVisible())
        QApplication.processEvents()
        assert (card.mapTo(page, QPoint(0, 0)).x(), card.width()) == before
        assert before[0] == page.width() - before[0] - before[1]

    def test_lets_pictures_be_chosen(self, page: Welcome, qtbot: QtBot) -> None:
        with qtbot.waitSignal(page.choose_requested, timeout=1000):
            QTest.mouseClick(button(page, "Choose pictures…"), Qt.MouseButton.LeftButton)


class TestBesideADraft:
    def test_pictures_put_the_samples_away(
        self, page: Welcome, desk: Desk, picture: Callable[..., Path], qtbot: QtBot
    ) -> None:
        draft = desk.current.draft
        page.set_draft(draft)
        draft.attach([Source(path=str(picture()))])
        qtbot.waitUntil(lambda: not any(card.isVisible() for card in page.findChildren(SampleCard)))
        assert not button(page, "Choose pictures…").isVisible()

        draft.remove(0)

        assert all(card.isVisible() for card in page.findChildren(SampleCard))

    def test_another_chat_brings_the_page_back(
        self, page: Welcome, desk: Desk, picture: Callable[..., Path], qtbot: QtBot
    ) -> None:
        old = desk.current.draft
        page.set_draft(old)
        old.attach([Source(path=str(picture()))])
        qtbot.waitUntil(lambda: not button(page, "Choose pictures…").isVisible())

        page.set_draft(desk._new().draft)

        assert button(page, "Choose pictures…").isVisible()


class TestTheBanner:
    def test_is_there_as_long_as_no_model_is_asked(self, theme: Theme, account: Account, qtbot: QtBot) -> None:
        banner = PracticeBanner(theme, account)
        qtbot.addWidget(banner)
        assert banner.isHidden()

        finish(account.set_practice(True))
        assert not banner.isHidden()

        with qtbot.waitSignal(banner.key_requested, timeout=1000):
            QTest.mouseClick(banner.findChildren(QPushButton)[0], Qt.MouseButton.LeftButton)

        finish(account.set_practice(False))
        assert banner.isHidden()

    def test_stands_in_one_line_however_narrow(
        self, theme: Theme, account: Account, preferences: Preferences, qtbot: QtBot
    ) -> None:
        banner = PracticeBanner(theme, account)
        qtbot.addWidget(banner)
        preferences.update(text_size=150)
        finish(account.set_practice(True))
        banner.resize(400, banner.sizeHint().height())
        (words,) = banner.findChildren(ElidedLabel)

        assert banner.height() < 2 * theme.line("secondary")
        assert words.text().endswith("…")
        assert words.toolTip().endswith("Nothing is sent and it costs nothing.")
