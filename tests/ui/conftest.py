"""What every test of the window needs besides the parts of `tests/conftest.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import keyring
import pytest
from keyring.core import load_keyring
from PySide6.QtCore import QLocale
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.conversation.chat import Chat, Tools
from app.conversation.gallery import Gallery
from app.core.message import Message
from app.ui.theme import Theme
from app.ui.transcript.host import Host
from app.ui.transcript.view import Transcript
from tests.conftest import destroy
from tests.transcripts import MODEL


@pytest.fixture(autouse=True)
def no_keyring() -> Iterator[None]:
    """The person's own keyring is not to be touched."""
    before = keyring.get_keyring()
    keyring.set_keyring(load_keyring("keyring.backends.fail.Keyring"))
    yield
    keyring.set_keyring(before)


@pytest.fixture
def american_figures() -> Iterator[None]:
    """Numbers are written as texts of tests have them, whatever the system's way is."""
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))
    yield
    QLocale.setDefault(before)


@pytest.fixture
def chat(tools: Tools) -> Iterator[Chat]:
    """A conversation in practice mode."""
    chat = Chat.new(MODEL, tools)
    yield chat
    destroy(chat)


@pytest.fixture
def transcript(qtbot: QtBot, theme: Theme, gallery: Gallery, tools: Tools, chat: Chat) -> Transcript:
    """The conversation on screen, 900×500 pixels."""
    return shown(qtbot, Transcript(theme, gallery, tools), chat)


@pytest.fixture
def show(
    qtbot: QtBot, theme: Theme, gallery: Gallery, tools: Tools, chat: Chat
) -> Callable[[Sequence[Message]], Transcript]:
    """Puts messages on screen, in a conversation of 800×600 pixels, from their beginning."""

    def put(messages: Sequence[Message]) -> Transcript:
        chat.messages.reset(messages)
        transcript = Transcript(theme, gallery, tools)
        qtbot.addWidget(transcript)
        transcript.resize(800, 600)
        transcript.set_chat(chat)
        transcript.show()
        transcript.verticalScrollBar().setValue(0)
        return transcript

    return put


@pytest.fixture
def online_chat(online: Tools) -> Iterator[Chat]:
    """A conversation with the test server."""
    chat = Chat.new(MODEL, online)
    yield chat
    destroy(chat)


@pytest.fixture
def live(qtbot: QtBot, theme: Theme, online: Tools, online_chat: Chat) -> Transcript:
    """The same on screen."""
    gallery = Gallery(online.store, online.pictures, online.decoder, online.threads, online.tasks)
    return shown(qtbot, Transcript(theme, gallery, online), online_chat)


def shown(qtbot: QtBot, transcript: Transcript, chat: Chat) -> Transcript:
    qtbot.addWidget(transcript)
    transcript.resize(900, 500)
    transcript.set_chat(chat)
    transcript.show()
    qtbot.waitExposed(transcript)
    return transcript


@pytest.fixture
def host(theme: Theme, gallery: Gallery) -> Iterator[Host]:
    """What rows are given that stand by themselves."""
    host = Host(theme, gallery, lambda _: QPixmap())
    yield host
    destroy(host)


@pytest.fixture
def page(qtbot: QtBot) -> QWidget:
    """What such rows stand in: 600 pixels wide."""
    page = QWidget()
    qtbot.addWidget(page)
    page.resize(600, 400)
    page.show()
    return page
