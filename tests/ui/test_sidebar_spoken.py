"""What somebody who hears the list of conversations is told: its marks, and what becomes of an answer behind."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.conversation.chat import Chat, Tools
from app.conversation.desk import Desk
from app.conversation.gallery import Gallery
from app.core.message import Message
from app.ui.sidebar import Sidebar
from app.ui.theme import Theme
from app.ui.transcript import announcing
from tests.servers.api import ApiServer
from tests.servers.replies import Reply, error, text
from tests.ui.test_sidebar import fill

NAME, DESCRIPTION = QAccessible.Text.Name, QAccessible.Text.Description


@pytest.fixture
def online_desk(online: Tools) -> Desk:
    desk = Desk(online, parent=online.account)
    desk.start()
    return desk


@pytest.fixture
def sidebar(theme: Theme, online: Tools, online_desk: Desk, qtbot: QtBot) -> Sidebar:
    gallery = Gallery(online.store, online.pictures, online.decoder, online.threads, online.tasks, online.account)
    sidebar = Sidebar(theme, online_desk, gallery)
    qtbot.addWidget(sidebar)
    sidebar.resize(256, 600)
    sidebar.show()
    return sidebar


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would be read out, were a screen reader there."""
    heard: list[str] = []

    def hear(_of: QWidget, words: str) -> None:
        heard.append(words)

    monkeypatch.setattr(announcing, "_announce", hear)
    return heard


def told(sidebar: Sidebar, row: int, what: QAccessible.Text = NAME) -> str:
    face = QAccessible.queryAccessibleInterface(sidebar.list)
    assert face is not None
    cell = face.child(row)
    assert cell is not None
    return str(cell.text(what))


def ask(chat: Chat, words: str) -> None:
    chat.draft.set_text(words)
    chat.worker.send()


def held(sidebar: Sidebar, api: ApiServer, qtbot: QtBot, reply: Reply) -> Chat:
    """A question to which the reply waits to be let go, with another chat open."""
    desk = sidebar._desk
    chat = desk.current
    api.script(reply.hold("start"))
    ask(chat, "Slow")
    qtbot.waitUntil(lambda: api._holding > 0)
    desk.new_chat()
    return chat


def test_a_row_is_told_with_its_marks(sidebar: Sidebar, online: Tools, online_desk: Desk) -> None:
    made = fill(online, online_desk)
    sidebar.list.set_busy(made[0].id, busy=True)
    online_desk.cabinet.mark_unread([made[1].id])
    online_desk.cabinet.pin([made[2].id])
    assert [told(sidebar, row) for row in range(3)] == ["Talk 2", "Talk 0, an answer is coming", "Talk 1, not read yet"]
    assert told(sidebar, 0, DESCRIPTION) == "pinned, No pictures · $0.021"
    assert told(sidebar, 1, DESCRIPTION) == "No pictures · $0.021"
    sidebar.list.set_busy(made[0].id, busy=False)
    online_desk.open(made[1].id)
    assert [told(sidebar, row) for row in range(3)] == ["Talk 2", "Talk 0", "Talk 1"]


def test_who_listens_is_told_when_a_mark_comes_or_goes(
    sidebar: Sidebar, online: Tools, online_desk: Desk, qtbot: QtBot
) -> None:
    [first, *_] = fill(online, online_desk)
    for busy in (True, False):
        with qtbot.waitSignal(online_desk.history.dataChanged):
            sidebar.list.set_busy(first.id, busy=busy)
    with qtbot.assertNotEmitted(online_desk.history.dataChanged):
        sidebar.list.set_busy(first.id, busy=False)


@pytest.mark.parametrize(
    ("reply", "state", "words"),
    [
        (text("There."), "complete", "The answer in “Slow” is complete"),
        (error(400, "invalid_request_error", "No."), "failed", "The answer in “Slow” has failed"),
        (text("It is red.").cut_after("content_block_delta", 2), "interrupted", "The answer in “Slow” has ended"),
    ],
)
def test_an_answer_that_ends_behind_is_announced_and_marked_however_it_ends(
    sidebar: Sidebar, api: ApiServer, qtbot: QtBot, announced: list[str], reply: Reply, state: str, words: str
) -> None:
    chat = held(sidebar, api, qtbot, reply)
    assert told(sidebar, 0) == "Slow, an answer is coming"
    api.release()
    qtbot.waitUntil(lambda: not chat.worker.busy)
    last: Message = chat.messages.messages[-1]
    assert last.state == state
    assert announced == [words]
    assert told(sidebar, 0) == "Slow, not read yet"
    sidebar._desk.open(chat.facts.id)
    assert told(sidebar, 0) == "Slow"


def test_of_the_open_conversation_the_sidebar_says_nothing(
    sidebar: Sidebar, online_desk: Desk, qtbot: QtBot, announced: list[str]
) -> None:
    ask(online_desk.current, "Well?")
    qtbot.waitUntil(lambda: bool(online_desk.current.messages.messages) and not online_desk.current.worker.busy)
    assert announced == []
    assert told(sidebar, 0) == "Well?"


def test_what_was_not_sent_from_behind_is_announced_and_marked(
    sidebar: Sidebar, online: Tools, online_desk: Desk, qtbot: QtBot, announced: list[str]
) -> None:
    chat = online_desk.current
    ask(chat, "Well?")
    qtbot.waitUntil(lambda: bool(chat.messages.messages) and not chat.worker.busy)
    online.preferences.update(cap_day="0")
    ask(chat, "And?")
    online_desk.new_chat()
    qtbot.waitUntil(lambda: not chat.worker.busy)
    assert chat.worker.refusal is not None
    assert announced == ["In “Well?” nothing was sent"]
    assert told(sidebar, 0) == "Well?, not read yet"


def test_a_first_message_that_was_not_sent_from_behind_is_in_the_list_as_a_draft(
    sidebar: Sidebar, online: Tools, online_desk: Desk, qtbot: QtBot
) -> None:
    online.preferences.update(cap_day="0")
    chat = online_desk.current
    ask(chat, "Well?")
    online_desk.new_chat()
    assert online_desk.history.rowCount() == 0
    qtbot.waitUntil(lambda: not chat.worker.busy)
    assert (told(sidebar, 0), told(sidebar, 0, DESCRIPTION)) == ("Well?", "Draft")
    online_desk.open(chat.facts.id)
    assert online_desk.current is chat
    assert chat.draft.text == "Well?"
