"""The conversation while a real server answers: from the placeholder to the bill, stop, retry, faults, versions."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from app.conversation.attachment import Source
from app.conversation.chat import Chat, Tools
from app.conversation.preferences import Preferences
from app.core.blocks import split
from app.core.errors import Offence, RequestRefused
from app.ui.transcript import Transcript
from app.ui.transcript.card import Card, WaitingCard
from app.ui.transcript.content import Notice, Prose
from app.ui.transcript.text import SafeTextView
from app.ui.transcript.tiles import PictureTile
from tests import transcripts
from tests.conftest import destroy
from tests.servers import replies
from tests.servers.api import ApiServer
from tests.stored import conversations_of
from tests.transcripts import MODEL
from tests.ui.talk import (
    LONG,
    asked,
    at_end,
    below,
    bill_of,
    button,
    contents,
    follows,
    foot_of,
    places,
    put,
    said,
    seen,
    text_of,
)

pytestmark = pytest.mark.usefixtures("american_figures")

HELD = "It is red. " * 20


def ask(chat: Chat, text: str = "What is it?") -> None:
    chat.draft.set_text(text)
    chat.worker.send()


def rest(live: Transcript, chat: Chat, qtbot: QtBot) -> None:
    """Wait until the answer has come and is shown."""
    qtbot.waitUntil(lambda: bool(live.messages) and not chat.worker.busy)
    qtbot.waitUntil(lambda: live._items.turn(len(live.messages) - 1).message is live.messages[-1])


def held(api: ApiServer, qtbot: QtBot) -> None:
    """Wait until the server holds a reply, while the window lives on."""
    qtbot.waitUntil(lambda: api._holding > 0)


def words(live: Transcript) -> list[str]:
    return said(contents(live))


def has_caret(live: Transcript) -> bool:
    return any(isinstance(content, Prose) and content.open for content in contents(live))


# --- an answer ----------------------------------------------------------------------------------


def test_an_answer_comes_from_placeholder_to_bill(
    live: Transcript, online_chat: Chat, api: ApiServer, qtbot: QtBot
) -> None:
    api.script(replies.text("It is **red**. " * 20, chunks=10).hold("start").hold("content_block_delta", 3))
    ask(online_chat)
    qtbot.waitUntil(lambda: words(live) == ["Asking Claude Sonnet 5.5…"])
    held(api, qtbot)
    api.release()
    qtbot.waitUntil(lambda: "It is **red**." in text_of(contents(live)))
    assert words(live) == []
    assert has_caret(live)
    assert foot_of(contents(live)).pace is not None
    api.release()
    rest(live, online_chat, qtbot)
    assert text_of(contents(live)).count("red") == 20
    assert not has_caret(live)
    assert " in · " in bill_of(contents(live))
    assert "$" in bill_of(contents(live))
    assert foot_of(contents(live)).pace is None


def test_a_burst_is_shown_whole_in_many_frames(
    live: Transcript, online_chat: Chat, api: ApiServer, qtbot: QtBot
) -> None:
    text = transcripts.answer(60_000)
    api.script(replies.text(text, chunks=3))
    lengths: list[int] = []
    live.laid_out.connect(lambda: lengths.append(len(text_of(contents(live)))) if len(live.messages) > 1 else None)
    ask(online_chat)
    rest(live, online_chat, qtbot)
    qtbot.waitUntil(lambda: not live._keeping_up._growing)
    blocks = [content.block for content in contents(live) if hasattr(content, "block")]
    assert blocks == [block for block in split(text) if block.info != "definitions"]
    assert lengths == sorted(lengths)
    assert len(set(lengths)) > 2  # how much each frame brings is a matter of how busy the machine is
    assert follows(live)
    assert at_end(live)


def test_pictures_of_a_sent_message_show_their_thumbnails(
    live: Transcript, online_chat: Chat, qtbot: QtBot, picture: Callable[..., Path]
) -> None:
    online_chat.draft.attach([Source(path=str(picture()))])
    ask(online_chat)
    rest(live, online_chat, qtbot)
    (tile,) = seen(live, PictureTile)
    qtbot.waitUntil(lambda: not tile._pixmap.isNull())  # painted again by itself
    assert tile.grab().toImage().pixelColor(20, 50).name() == "#c03028"


def test_whatever_is_asked_is_followed(live: Transcript, online_chat: Chat, api: ApiServer, qtbot: QtBot) -> None:
    api.script(replies.text(LONG), replies.text("Here."), replies.text("Here again."))
    ask(online_chat)
    rest(live, online_chat, qtbot)
    live.verticalScrollBar().setValue(0)
    assert not follows(live)
    ask(online_chat, "Next")
    rest(live, online_chat, qtbot)
    assert follows(live)
    assert text_of(contents(live)) == "Here."
    live.verticalScrollBar().setValue(0)
    online_chat.worker.retry()
    qtbot.waitUntil(lambda: online_chat.worker.busy and follows(live))
    rest(live, online_chat, qtbot)
    assert at_end(live)


# --- stopping and asking again ------------------------------------------------------------------


def test_stop_keeps_what_came_and_says_so(live: Transcript, online_chat: Chat, api: ApiServer, qtbot: QtBot) -> None:
    api.script(replies.text(HELD, chunks=10).hold("content_block_delta", 2))
    ask(online_chat)
    qtbot.waitUntil(lambda: "red" in text_of(contents(live)))
    online_chat.worker.stop()
    rest(live, online_chat, qtbot)
    assert words(live) == ["You stopped this answer."]
    assert "≈ $" in bill_of(contents(live))


def test_versions_of_an_answer_are_turned_through(
    live: Transcript, online_chat: Chat, api: ApiServer, qtbot: QtBot
) -> None:
    api.script(replies.text("First."), replies.text("Second."))
    ask(online_chat)
    rest(live, online_chat, qtbot)
    assert foot_of(contents(live)).branch == (1, 1)
    button(live, "Retry").click()
    qtbot.waitUntil(lambda: text_of(contents(live)) == "Second.")
    rest(live, online_chat, qtbot)
    assert len(live.messages) == 2
    assert foot_of(contents(live)).branch == (2, 2)
    (older,) = [b for b in seen(live, QAbstractButton) if b.accessibleName() == "Earlier version"]
    older.click()
    qtbot.waitUntil(lambda: text_of(contents(live)) == "First.")
    qtbot.waitUntil(lambda: not online_chat.worker.busy)
    assert foot_of(contents(live)).branch == (1, 2)
    assert online_chat.branch_of(live.messages[1].id) == (1, 2)


def test_an_overloaded_server_is_counted_down_and_tried_again(
    live: Transcript, online_chat: Chat, online: Tools, api: ApiServer, qtbot: QtBot, preferences: Preferences
) -> None:
    api.script(
        replies.error(529, "overloaded_error", "Overloaded", headers={"retry-after": "30"}), replies.text("Done")
    )
    ask(online_chat)
    waits = ["waiting for 30 s"]
    qtbot.waitUntil(lambda: online_chat.worker.phase == "waiting" and words(live) == waits)
    (card,) = seen(live, WaitingCard)
    assert "Trying again in 30 s. Nothing is lost." in card.words
    assert len(contents(live)) == 1  # there is no bill
    preferences.update(theme="dark", text_size=150)
    assert words(live) == waits
    other = Chat.new(MODEL, online)
    live.set_chat(other)
    live.set_chat(online_chat)
    assert words(live) == waits
    button(live, "Try now").click()
    rest(live, online_chat, qtbot)
    assert words(live) == []
    assert text_of(contents(live)) == "Done"
    destroy(other)


def test_waiting_can_be_cancelled(live: Transcript, online_chat: Chat, api: ApiServer, qtbot: QtBot) -> None:
    api.script(replies.error(529, "overloaded_error", "Overloaded", headers={"retry-after": "30"}))
    ask(online_chat)
    qtbot.waitUntil(lambda: online_chat.worker.phase == "waiting" and bool(seen(live, WaitingCard)))
    button(live, "Cancel").click()
    rest(live, online_chat, qtbot)
    assert len(api.posts) == 1
    assert words(live) == ["You stopped this before any text came."]


def test_nothing_coming_for_long_is_told_with_a_way_out(
    live: Transcript, online_chat: Chat, api: ApiServer, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = [0.0]
    now = time.monotonic
    monkeypatch.setattr("app.ui.transcript.foot_row.time.monotonic", lambda: now() + late[0])
    api.script(replies.text(HELD, chunks=10).hold("content_block_delta", 2), replies.text("Here."))
    ask(online_chat)
    qtbot.waitUntil(lambda: "red" in text_of(contents(live)))
    late[0] = 16.0
    qtbot.waitUntil(lambda: any(b.accessibleName() == "Stop" for b in seen(live, QAbstractButton)))
    assert [b.text() for b in seen(live, QAbstractButton) if "Nothing has come for 16 s." in b.text()]
    button(live, "Retry").click()
    qtbot.waitUntil(lambda: text_of(contents(live)) == "Here.")
    rest(live, online_chat, qtbot)
    assert foot_of(contents(live)).branch == (2, 2)


# --- what goes wrong ----------------------------------------------------------------------------


def test_a_failed_answer_is_asked_for_again_in_place(
    live: Transcript, online_chat: Chat, api: ApiServer, qtbot: QtBot
) -> None:
    api.script(replies.error(500, "api_error", "Internal <b>error</b>"), replies.text("Here it is"))
    ask(online_chat)
    rest(live, online_chat, qtbot)
    (card,) = seen(live, Card)
    row, height = places(live)[-2], card.height()
    button(live, "Details").click()
    qtbot.waitUntil(lambda: card.height() > height)
    assert [view.plain for view in seen(live, SafeTextView) if "Internal <b>error</b>" in view.plain]
    assert places(live)[-2][:2] == row[:2]
    button(live, "Retry").click()
    qtbot.waitUntil(lambda: text_of(contents(live)) == "Here it is")
    rest(live, online_chat, qtbot)
    assert len(live.messages) == 2
    assert words(live) == []


def test_a_wrong_key_leads_to_the_key(live: Transcript, online_chat: Chat, api: ApiServer, qtbot: QtBot) -> None:
    api.script(replies.error(401, "authentication_error", "invalid x-api-key"))
    ask(online_chat)
    rest(live, online_chat, qtbot)
    with qtbot.waitSignal(live.action) as acted:
        button(live, "Enter a key").click()
    assert acted.args == ["key"]


@pytest.mark.parametrize(
    "reply",
    [replies.html(), replies.recorded("stream_cut.sse"), replies.close_before_reply()],
    ids=["HTML", "cut", "closed"],
)
def test_every_fault_of_a_server_ends_in_a_card(
    live: Transcript, online_chat: Chat, api: ApiServer, qtbot: QtBot, reply: replies.Reply
) -> None:
    api.script(reply)
    ask(online_chat)
    rest(live, online_chat, qtbot)
    (notice,) = [content for content in contents(live) if isinstance(content, Notice)]
    assert notice.error is not None
    assert button(live, "Retry").isVisible()
    assert text_of(contents(live, 0)) == "What is it?"


def test_a_refusal_that_nobody_saw_is_told_when_the_chat_is_opened(
    live: Transcript, online_chat: Chat, online: Tools, qtbot: QtBot, picture: Callable[..., Path]
) -> None:
    online_chat.draft.attach([Source(path=str(picture()))])
    qtbot.waitUntil(lambda: online_chat.draft.ready)
    online.pictures.path(online_chat.draft.numbered()[0].sent).unlink()
    other = Chat.new(MODEL, online)
    online_chat.worker.send()
    live.set_chat(other)
    qtbot.waitUntil(lambda: not online_chat.worker.busy)
    assert below(live) == []
    live.set_chat(online_chat)
    assert len(below(live)) == 1
    button(live, "Dismiss").click()
    live.set_chat(other)
    live.set_chat(online_chat)
    assert below(live) == []
    destroy(other)


def test_the_next_message_takes_the_refusal_away(live: Transcript, online_chat: Chat, qtbot: QtBot) -> None:
    online_chat.worker._refuse(RequestRefused((Offence("empty"),)))
    assert below(live)
    ask(online_chat)
    rest(live, online_chat, qtbot)
    assert below(live) == []


def test_a_message_without_an_answer_can_be_sent_again(
    live: Transcript, online_chat: Chat, api: ApiServer, qtbot: QtBot
) -> None:
    api.script(replies.text("Here it is"))
    put(online_chat, asked())
    assert said(below(live)) == ["This message has no answer yet."]
    ask(online_chat, "Once more")
    qtbot.waitUntil(lambda: len(live.messages) == 3)
    rest(live, online_chat, qtbot)
    assert below(live) == []
    put(online_chat, *online_chat.messages.messages[:2])
    button(live, "Retry").click()
    qtbot.waitUntil(lambda: len(live.messages) == 3)
    rest(live, online_chat, qtbot)


# --- other conversations ------------------------------------------------------------------------


def test_another_chat_takes_the_place_of_the_first(
    live: Transcript, online_chat: Chat, online: Tools, api: ApiServer, qtbot: QtBot
) -> None:
    api.script(replies.text(HELD, chunks=10).hold("content_block_delta", 2))
    ask(online_chat)
    qtbot.waitUntil(lambda: len(live.messages) == 2)
    other = Chat.new(MODEL, online)
    live.set_chat(other)
    held(api, qtbot)
    api.release()
    qtbot.waitUntil(lambda: not online_chat.worker.busy)
    assert list(live.messages) == []
    assert live.on_screen() == []
    live.set_chat(online_chat)
    assert text_of(contents(live)).count("red") == 20
    destroy(other)


def test_a_stored_conversation_is_shown_when_it_has_been_read(
    live: Transcript, online_chat: Chat, online: Tools, qtbot: QtBot
) -> None:
    ask(online_chat)
    rest(live, online_chat, qtbot)
    (facts,) = conversations_of(online.store)
    again = Chat(facts, online, is_stored=True)
    live.set_chat(again)
    assert live.on_screen() == []
    again.load()
    qtbot.waitUntil(lambda: len(live.on_screen()) > 2 and again.at_rest)
    assert text_of(contents(live, 0)) == "What is it?"
    QTest.keyClick(live, Qt.Key.Key_Home)
    assert places(live)[0][:2] == (0, 0)
    destroy(again)
