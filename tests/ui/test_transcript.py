"""The conversation on screen: real messages of a real chat, and answers that a real server streams."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from app.conversation.attachment import Source
from app.conversation.chat import Chat, Tools
from app.conversation.gallery import Gallery
from app.conversation.preferences import Preferences
from app.core.errors import ApiError, Offence, ReplyLost, RequestRefused, StoreDamaged, StreamInterrupted, VisavisError
from app.core.failure import error_to_json
from app.core.message import ImageBlock, Message, ReplyBlock, Usage
from app.ui.theme import SPACE, Theme
from app.ui.transcript import Transcript
from app.ui.transcript.answer import AnswerTurn
from app.ui.transcript.card import Card, WaitingCard
from app.ui.transcript.fold import Fold
from app.ui.transcript.prose import Prose
from app.ui.transcript.tiles import PictureTile
from app.ui.transcript.turns import PersonTurn
from tests.servers import replies
from tests.servers.api import ApiServer

MODEL = "claude-sonnet-5-5"
OPUS = "4,784 tok · $0.0299"
USAGE = Usage.from_json({"input_tokens": 4, "cache_creation_input_tokens": 7508, "output_tokens": 214})
PICTURE = ImageBlock(
    number=1,
    name="q4-dashboard.png",
    sent="b" * 64,
    media_type="image/png",
    width=2576,
    height=1449,
    sent_bytes=1000,
    tokens=4784,
    original="a" * 64,
    original_width=3840,
    original_height=2160,
    original_bytes=2000,
    original_format="PNG",
)


def gone(chat: Chat) -> None:
    """Let go of a chat before its timers fire without a loop."""
    chat.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def asked(text: str = "What is it?", *images: ImageBlock) -> Message:
    return Message.from_user(text, images, id=f"u{time.monotonic_ns()}", created=time.time())


def answered(text: str = "A chart.", **facts: Any) -> Message:
    usual: dict[str, Any] = {
        "state": "complete",
        "model": MODEL,
        "server": "api.anthropic.com",
        "stop_reason": "end_turn",
        "usage": USAGE,
        "estimate": "0.0207",
        "cost": "0.020914",
        "created": time.time(),
    }
    content = (ReplyBlock({"type": "text", "text": text}),) if text else ()
    return Message("assistant", content, id=f"a{time.monotonic_ns()}", **usual | facts)


@pytest.fixture
def chat(tools: Tools) -> Iterator[Chat]:
    chat = Chat.new(MODEL, tools)
    yield chat
    gone(chat)


@pytest.fixture
def transcript(qtbot: QtBot, theme: Theme, gallery: Gallery, chat: Chat) -> Transcript:
    return shown(qtbot, Transcript(theme, gallery), chat)


def shown(qtbot: QtBot, transcript: Transcript, chat: Chat) -> Transcript:
    qtbot.addWidget(transcript)
    transcript.resize(900, 500)
    transcript.set_chat(chat)
    transcript.show()
    qtbot.waitExposed(transcript)
    return transcript


def show(chat: Chat, *messages: Message) -> None:
    """Few enough to be built at once, however slow the machine: the transcript builds in slices of time."""
    chat.messages.reset(messages)
    transcript = next((w for w in QApplication.allWidgets() if isinstance(w, Transcript) and w._chat is chat), None)
    deadline = time.monotonic() + 5
    while transcript is not None and len(messages) < 10 and len(transcript.turns) < len(messages):
        QApplication.processEvents()
        assert time.monotonic() < deadline
    QApplication.processEvents()


def last(transcript: Transcript) -> AnswerTurn:
    turn = transcript.turns[-1]
    assert isinstance(turn, AnswerTurn)
    return turn


def texts(turn: AnswerTurn) -> list[str]:
    """Every word that a turn shows besides its answer."""
    found = [fold.line for fold in turn.findChildren(Fold) if fold.isVisible()]
    found += [card.words for card in turn.findChildren(Card) if card.isVisible()]
    found += [label.text() for label in (turn._pending, turn._unshown) if label.isVisible()]
    return found


def bill(transcript: Transcript) -> str:
    return last(transcript)._bill.text()


def button(transcript: Transcript, name: str) -> QPushButton | QToolButton:
    found: list[QPushButton | QToolButton] = [
        *transcript.findChildren(QPushButton),
        *transcript.findChildren(QToolButton),
    ]
    return next(b for b in reversed(found) if b.accessibleName() == name and b.isVisible())


def wheel(transcript: Transcript, notches: int) -> None:
    """Turn the wheel over the middle, as the window system tells it: it goes through whatever is there."""
    middle = QPointF(transcript.viewport().rect().center())
    QTest.wheelEvent(transcript.windowHandle(), middle, QPoint(0, 120 * notches))


def held(api: ApiServer, qtbot: QtBot) -> None:
    """Wait until the server holds a reply, while the window lives on."""
    qtbot.waitUntil(lambda: api._holding > 0)


def follows(transcript: Transcript) -> bool:
    return transcript._following


def caret(turn: AnswerTurn) -> bool:
    return turn._text._views[-1]._caret


def at_end(transcript: Transcript) -> bool:
    bar = transcript.verticalScrollBar()
    return bar.value() == bar.maximum()


LONG = "\n\n".join(f"Paragraph {i}. " + "word " * 60 for i in range(20))


# --- what a turn shows ---------------------------------------------------------------------------


def test_a_question_shows_its_pictures_and_its_words(transcript: Transcript, chat: Chat) -> None:
    show(chat, asked("**not** bold", PICTURE), answered())
    turn = transcript.turns[0]
    assert isinstance(turn, PersonTurn)
    (tile,) = turn.findChildren(PictureTile)
    assert tile.badge == "4,784 tok · $0.0120"
    assert tile.caption == "3840×2160 → 2576×1449"
    assert tile.accessibleName() == "Image 1: q4-dashboard.png"
    assert turn.findChildren(Prose)[0].plain == "**not** bold"


def test_a_picture_that_was_not_made_smaller_says_so(transcript: Transcript, chat: Chat) -> None:
    whole = replace(PICTURE, original_width=2576, original_height=1449)
    show(chat, asked("", whole), answered())
    assert transcript.findChildren(PictureTile)[0].caption == "2576×1449, as it is"


@pytest.mark.parametrize(
    ("answer", "badge"),
    [
        ({}, "4,784 tok · $0.0120"),
        ({"usage": Usage(input_tokens=300)}, "4,784 tok · $0.0096"),
        ({"server": "practice"}, "4,784 tok"),
        ({"model": "someone-elses"}, "4,784 tok"),
        ({"model": "claude-opus-5"}, OPUS),
        ({"usage": None, "state": "failed"}, "4,784 tok"),
        ({"usage": None, "state": "streaming"}, "4,784 tok · $0.0120"),
    ],
    ids=["cached", "not cached", "practice", "unknown price", "another model", "never billed", "under way"],
)
def test_a_picture_is_priced_as_it_was_billed(
    transcript: Transcript, chat: Chat, answer: dict[str, Any], badge: str
) -> None:
    show(chat, asked("", PICTURE), answered(**answer))
    assert transcript.findChildren(PictureTile)[0].badge == badge


@pytest.mark.parametrize("how", ["click", "enter", "space"])
def test_a_picture_opens_by_its_number(transcript: Transcript, chat: Chat, qtbot: QtBot, how: str) -> None:
    second = replace(PICTURE, number=2)
    show(chat, asked("", PICTURE), answered(), asked("", second), answered())
    tile = next(t for t in transcript.findChildren(PictureTile) if t.image is second)
    with qtbot.waitSignal(transcript.picture_opened) as opened:
        if how == "click":
            QTest.mouseClick(tile, Qt.MouseButton.LeftButton)
        else:
            QTest.keyClick(tile, Qt.Key.Key_Return if how == "enter" else Qt.Key.Key_Space)
    assert opened.args == [2]


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        ({}, "7,512 in · 214 out · $0.0209\u2003estimated $0.0207"),
        ({"estimate": ""}, "7,512 in · 214 out · $0.0209"),
        ({"cost": ""}, "7,512 in · 214 out · cost unknown"),
        ({"server": "practice", "cost": "0"}, "7,512 in · 214 out · Practice: free"),
        ({"state": "stopped", "cost": "0.0153"}, "7,512 in · ≈ 214 out · ≈ $0.0153"),
        ({"state": "stopped", "usage": None, "cost": ""}, "It may have been charged"),
        ({"state": "failed", "usage": None, "error": error_to_json(ReplyLost("h", "closed"))}, ""),
        ({"state": "stopped", "usage": None, "error": error_to_json(ApiError(529, "overloaded_error", "x"))}, ""),
        ({"state": "failed", "usage": None, "error": error_to_json(ApiError(529, "overloaded_error", "x"))}, ""),
        ({"stop_reason": "refusal", "usage": Usage(input_tokens=9), "cost": "0"}, "Not charged"),
    ],
)
def test_the_bill_reads(transcript: Transcript, chat: Chat, answer: dict[str, Any], line: str) -> None:
    show(chat, asked(), answered(**answer))
    assert bill(transcript) == line


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({}, []),
        ({"state": "stopped"}, ["You stopped this answer."]),
        ({"stop_reason": "max_tokens"}, ["The answer was cut at the limit of tokens"]),
        ({"stop_reason": "model_context_window_exceeded"}, ["no longer fits"]),
        ({"stop_reason": "bored"}, ["unknown to Visavis: bored"]),
        ({"stop_reason": "refusal"}, ["declined to answer"]),
        (
            {"stop_reason": "refusal", "stop_details": {"category": "bio", "explanation": "Because <b>."}},
            ["biology", "Because <b>."],
        ),
        ({"state": "interrupted"}, ["Visavis ended"]),
        ({"text": ""}, ["The answer is empty."]),
        ({"state": "interrupted", "error": error_to_json(StreamInterrupted("cut"))}, ["broke off"]),
        ({"state": "failed", "text": "", "error": error_to_json(StoreDamaged("/data"))}, ["cannot be read"]),
    ],
)
def test_each_end_has_its_own_words(
    transcript: Transcript, chat: Chat, answer: dict[str, Any], words: Sequence[str]
) -> None:
    show(chat, asked(), answered(**{"text": "It is", **answer}))
    found = texts(last(transcript))
    assert len(found) == len(words)
    assert all(part in said for part, said in zip(words, found, strict=True))


def test_a_note_offers_its_way_on_for_the_last_answer_only(transcript: Transcript, chat: Chat, qtbot: QtBot) -> None:
    cut = answered("It is", stop_reason="max_tokens")
    show(chat, asked(), cut, asked(), replace(cut, id="b"))
    settings = [b for b in transcript.findChildren(QPushButton) if b.text() == "Settings" and b.isVisible()]
    assert len(settings) == 1
    with qtbot.waitSignal(transcript.action) as acted:
        settings[0].click()
    assert acted.args == ["settings"]


def test_a_question_that_the_disk_has_damaged_keeps_its_place_and_says_so(transcript: Transcript, chat: Chat) -> None:
    damaged = Message("user", id="u", state="failed", error=error_to_json(StoreDamaged("/data")))
    show(chat, damaged, answered())
    assert "cannot be read" in transcript.turns[0].findChildren(Card)[0].words


def test_what_cannot_be_shown_is_named(transcript: Transcript, chat: Chat) -> None:
    message = answered()
    odd = replace(message, content=(*message.content, ReplyBlock({"type": "hologram"})))
    show(chat, asked(), odd)
    assert texts(last(transcript)) == ["Not shown here: hologram"]


def test_thinking_is_folded_and_unfolds(transcript: Transcript, chat: Chat) -> None:
    message = answered()
    thought = ReplyBlock({"type": "thinking", "thinking": "Let me **see**", "signature": "s"})
    show(chat, asked(), replace(message, content=(thought, *message.content)))
    (fold,) = last(transcript).findChildren(Fold)
    assert fold.line == "Thinking"
    assert [p.plain for p in fold.findChildren(Prose)] == [""]
    QTest.keyClick(fold._line, Qt.Key.Key_Space)
    QApplication.processEvents()
    assert [p.plain for p in fold.findChildren(Prose) if p.isVisible()] == ["Let me see"]


def test_thinking_without_text_says_so(transcript: Transcript, chat: Chat) -> None:
    message = answered()
    thought = ReplyBlock({"type": "thinking", "thinking": "", "signature": "s"})
    show(chat, asked(), replace(message, content=(thought, *message.content)))
    assert texts(last(transcript)) == ["Claude thought; the text is not shown"]


def test_one_line_alone_says_that_claude_thinks(transcript: Transcript, chat: Chat) -> None:
    message = answered("", state="streaming", usage=None)
    silent, told = ({"type": "thinking", "thinking": words, "signature": "s"} for words in ("", "Let me see"))
    show(chat, asked(), replace(message, content=(ReplyBlock(silent),)))
    assert texts(last(transcript)) == ["Thinking…"]
    chat.messages.replace_last(replace(message, content=(ReplyBlock(told),)))
    QApplication.processEvents()
    assert texts(last(transcript)) == ["Thinking…"]
    chat.messages.replace_last(replace(message, content=(ReplyBlock(told), ReplyBlock({"type": "text", "text": "A"}))))
    assert texts(last(transcript)) == ["Thinking"]


def test_a_lost_reply_says_once_that_it_may_have_been_charged_and_offers_one_retry(
    transcript: Transcript, chat: Chat
) -> None:
    show(chat, asked(), answered("", state="failed", usage=None, error=error_to_json(ReplyLost("h", "closed"))))
    turn = last(transcript)
    assert "may have been charged" in texts(turn)[0]
    assert not turn._bill.isVisible()
    buttons = [*turn.findChildren(QPushButton), *turn.findChildren(QToolButton)]
    assert [b.accessibleName() for b in buttons if b.isVisible()] == ["Retry"]


def test_a_picture_grows_with_the_text(transcript: Transcript, chat: Chat, preferences: Preferences) -> None:
    show(chat, asked("", PICTURE), answered())
    before = transcript.findChildren(PictureTile)[0].size()
    preferences.update(text_size=150)
    QApplication.processEvents()
    after = transcript.turns[0].findChildren(PictureTile)[0].size()
    assert (after.width(), after.height()) == (before.width() * 3 // 2, before.height() * 3 // 2 - SPACE // 2)


def test_the_pace_goes_on_when_the_colours_change(
    transcript: Transcript, chat: Chat, preferences: Preferences, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: moment)
    message = answered("One", state="streaming", usage=None)
    show(chat, asked(), message)
    moment += 2
    grown(chat, message, "word " * 50)
    preferences.update(theme="dark")
    assert "tokens/s" in bill(transcript)


def test_a_declined_answer_is_folded_and_unfolds(transcript: Transcript, chat: Chat) -> None:
    show(chat, asked(), answered("half a word", stop_reason="refusal"))
    turn = last(transcript)
    assert not turn._text.isVisible()
    turn.findChildren(Fold)[0]._line.click()
    QApplication.processEvents()
    assert turn._text.isVisible()
    assert turn._text.plain == "half a word"
    assert turn._text.height() > 0


def test_an_answer_that_was_asked_for_again_is_folded(transcript: Transcript, chat: Chat) -> None:
    show(chat, asked(), answered("first"), answered("second"))
    earlier = transcript.turns[1]
    assert isinstance(earlier, AnswerTurn)
    assert texts(earlier) == ["Earlier answer"]
    assert not earlier._text.isVisible()
    assert last(transcript)._text.isVisible()


def test_only_the_last_answer_can_be_asked_for_again(transcript: Transcript, chat: Chat) -> None:
    show(chat, asked(), answered("first"), asked(), answered("second"))
    retries = [b for b in transcript.findChildren(QToolButton) if b.accessibleName() == "Retry" and b.isVisible()]
    assert len(retries) == 1
    assert last(transcript).isAncestorOf(retries[0])


# --- copying ------------------------------------------------------------------------------------


def test_copying_gives_the_markdown(transcript: Transcript, chat: Chat) -> None:
    show(chat, asked(), answered("**bold**"), asked(), answered("", state="failed"))
    transcript.copy_last()
    assert QGuiApplication.clipboard().text() == "**bold**"
    QGuiApplication.clipboard().clear()
    button(transcript, "Copy").click()
    assert QGuiApplication.clipboard().text() == "**bold**"


def test_the_menu_copies_text_markdown_or_the_selection(transcript: Transcript, chat: Chat) -> None:
    show(chat, asked(), answered("**bold** text"))
    menu = last(transcript).menu()
    selection, plain, markdown = menu.actions()
    assert not selection.isEnabled()
    plain.trigger()
    assert QGuiApplication.clipboard().text() == "bold text"
    markdown.trigger()
    assert QGuiApplication.clipboard().text() == "**bold** text"
    last(transcript)._text._views[0].selectAll()
    selection = last(transcript).menu().actions()[0]
    assert selection.isEnabled()
    selection.trigger()
    assert QGuiApplication.clipboard().text() == "bold text"


# --- place and pace -----------------------------------------------------------------------------


def test_a_conversation_opens_at_its_end(transcript: Transcript, chat: Chat, qtbot: QtBot) -> None:
    show(chat, *[m for i in range(30) for m in (asked(f"Question {i}"), answered(LONG))])
    assert transcript.turns[-1].message is chat.messages.messages[-1]
    qtbot.waitUntil(lambda: len(transcript.turns) == 60)
    assert at_end(transcript)
    assert [t.message for t in transcript.turns] == chat.messages.messages


def test_a_long_conversation_is_built_as_it_is_looked_at(transcript: Transcript, chat: Chat, qtbot: QtBot) -> None:
    show(chat, *[m for i in range(150) for m in (asked(f"Question {i}"), answered())])
    qtbot.waitUntil(lambda: len(transcript.turns) >= 200 and not transcript._slices.isActive(), timeout=20_000)
    assert len(transcript.turns) < 300
    QTest.keyClick(transcript, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: len(transcript.turns) > 200)


def test_what_is_built_above_does_not_move_what_is_read(transcript: Transcript, chat: Chat, qtbot: QtBot) -> None:
    show(chat, *[m for i in range(150) for m in (asked(f"Question {i}"), answered())])
    qtbot.waitUntil(lambda: len(transcript.turns) >= 200 and not transcript._slices.isActive(), timeout=20_000)
    transcript.verticalScrollBar().setValue(40)
    read = transcript._turns.rows[1]
    y = read.mapTo(transcript, QPoint(0, 0)).y()
    built = len(transcript.turns)
    qtbot.waitUntil(lambda: len(transcript.turns) > built)
    assert read.mapTo(transcript, QPoint(0, 0)).y() == y


def test_a_growing_answer_is_followed_until_the_wheel_goes_up(transcript: Transcript, chat: Chat, qtbot: QtBot) -> None:
    message = answered(LONG, state="streaming", usage=None)
    show(chat, asked(), message)
    assert at_end(transcript)
    message = grown(chat, message, LONG)
    qtbot.waitUntil(lambda: last(transcript)._text.plain.count("Paragraph 19") == 2 and at_end(transcript))
    wheel(transcript, 3)
    assert not follows(transcript)
    before = transcript.verticalScrollBar().value()
    message = grown(chat, message, LONG)
    qtbot.waitUntil(lambda: last(transcript)._text.plain.count("Paragraph 19") == 3)
    assert transcript.verticalScrollBar().value() == before
    below = button(transcript, "New text below")
    below.click()
    assert follows(transcript)
    assert at_end(transcript)
    assert not below.isVisible()


@pytest.mark.parametrize("key", [Qt.Key.Key_PageUp, Qt.Key.Key_Home, Qt.Key.Key_Up])
def test_keys_release_and_end_follows_again(transcript: Transcript, chat: Chat, key: Qt.Key) -> None:
    show(chat, asked(), answered(LONG))
    view = last(transcript)._text._views[0]
    QTest.keyClick(view, key)
    assert not follows(transcript)
    QTest.keyClick(view, Qt.Key.Key_End)
    assert follows(transcript)
    assert at_end(transcript)


def test_selecting_stops_following(transcript: Transcript, chat: Chat) -> None:
    show(chat, asked(), answered(LONG, state="streaming", usage=None))
    last(transcript)._text._views[0].selectAll()
    assert not follows(transcript)


def test_a_new_question_is_followed(transcript: Transcript, chat: Chat) -> None:
    show(chat, asked(), answered(LONG))
    transcript.verticalScrollBar().setValue(0)
    chat.messages.append(asked("Next"))
    assert follows(transcript)
    assert at_end(transcript)


def test_another_width_keeps_the_end_and_wraps_anew(transcript: Transcript, chat: Chat) -> None:
    show(chat, asked(), answered(LONG))
    height = last(transcript).height()
    transcript.resize(420, 500)
    QApplication.processEvents()
    assert last(transcript).height() > height
    assert at_end(transcript)


def test_nothing_is_laid_out_again_without_a_reason(transcript: Transcript, chat: Chat, qtbot: QtBot) -> None:
    show(chat, asked("", PICTURE), answered(LONG))
    qtbot.wait(100)
    layouts: list[int] = []
    transcript._turns.changed.connect(layouts.append)
    qtbot.wait(100)
    assert layouts == []


def test_a_reader_keeps_the_place_when_the_colours_change(
    transcript: Transcript, chat: Chat, qtbot: QtBot, preferences: Preferences
) -> None:
    show(chat, *[m for i in range(30) for m in (asked(f"Question {i}"), answered(LONG))])
    qtbot.waitUntil(lambda: len(transcript.turns) == 60)
    row = transcript._turns.rows[20]
    transcript.verticalScrollBar().setValue(row.y() + 30)
    preferences.update(theme="dark")
    qtbot.waitUntil(lambda: len(transcript.turns) == 60 and transcript._wanted is None)
    assert transcript.verticalScrollBar().value() == transcript._turns.rows[20].y() + 30
    assert transcript._turns.rows[20] is not row


def grown(chat: Chat, message: Message, text: str) -> Message:
    (block,) = message.content
    assert isinstance(block, ReplyBlock)
    longer = replace(message, content=(ReplyBlock({"type": "text", "text": block.text + "\n\n" + text}),))
    chat.messages.replace_last(longer)
    return longer


# --- with a server ------------------------------------------------------------------------------


@pytest.fixture
def online_chat(online: Tools) -> Iterator[Chat]:
    chat = Chat.new(MODEL, online)
    yield chat
    gone(chat)


@pytest.fixture
def live(qtbot: QtBot, theme: Theme, online: Tools, online_chat: Chat) -> Transcript:
    gallery = Gallery(online.store, online.pictures, online.decoder, online.threads, online.tasks)
    return shown(qtbot, Transcript(theme, gallery), online_chat)


def ask(chat: Chat, text: str = "What is it?") -> None:
    chat.draft.set_text(text)
    chat.worker.send()


def test_an_answer_comes_from_placeholder_to_bill(
    live: Transcript, online_chat: Chat, api: ApiServer, qtbot: QtBot
) -> None:
    api.script(replies.text("It is **red**. " * 20, chunks=10).hold("start").hold("content_block_delta", 3))
    ask(online_chat)
    qtbot.waitUntil(lambda: len(live.turns) == 2 and texts(last(live)) == ["Asking Claude Sonnet 5.5…"])
    held(api, qtbot)
    api.release()
    qtbot.waitUntil(lambda: "It is red." in last(live)._text.plain)
    turn = last(live)
    assert texts(turn) == []
    assert caret(turn)
    qtbot.waitUntil(lambda: " s" in bill(live))
    api.release()
    qtbot.waitUntil(lambda: not online_chat.worker.busy)
    assert turn._text.plain.count("red") == 20
    assert not caret(turn)
    assert " in · " in bill(live)
    assert "$" in bill(live)


def test_pictures_of_a_sent_message_show_their_thumbnails(
    live: Transcript, online_chat: Chat, qtbot: QtBot, picture: Callable[..., Path]
) -> None:
    online_chat.draft.attach([Source(path=str(picture()))])
    ask(online_chat)
    qtbot.waitUntil(lambda: bool(live.turns) and not online_chat.worker.busy)
    tile = live.findChildren(PictureTile)[0]
    qtbot.waitUntil(lambda: not tile._pixmap.isNull())  # painted again by itself
    assert tile.grab().toImage().pixelColor(20, 50).name() == "#c03028"


def test_stop_keeps_what_came_and_says_so(live: Transcript, online_chat: Chat, api: ApiServer, qtbot: QtBot) -> None:
    api.script(replies.text("It is red. " * 20, chunks=10).hold("content_block_delta", 2))
    ask(online_chat)
    qtbot.waitUntil(lambda: len(live.turns) == 2 and "red" in last(live)._text.plain)
    online_chat.worker.stop()
    qtbot.waitUntil(lambda: not online_chat.worker.busy)
    assert texts(last(live)) == ["You stopped this answer."]
    assert "≈ $" in bill(live)


def test_an_overloaded_server_is_counted_down_and_tried_again(
    live: Transcript, online_chat: Chat, online: Tools, api: ApiServer, qtbot: QtBot, preferences: Preferences
) -> None:
    api.script(
        replies.error(529, "overloaded_error", "Overloaded", headers={"retry-after": "30"}), replies.text("Done")
    )
    ask(online_chat)
    qtbot.waitUntil(lambda: online_chat.worker.phase == "waiting")
    (card,) = live.findChildren(WaitingCard)
    assert "Trying again in 30 s. Nothing is lost." in card.words
    assert texts(last(live)) == [card.words]
    assert not last(live)._bill.isVisible()
    preferences.update(theme="dark", text_size=150)
    assert texts(last(live)) == [card.words]
    other = Chat.new(MODEL, online)
    live.set_chat(other)
    live.set_chat(online_chat)
    assert texts(last(live)) == [card.words]
    button(live, "Try now").click()
    qtbot.waitUntil(lambda: not online_chat.worker.busy)
    assert texts(last(live)) == []
    assert last(live)._text.plain == "Done"
    gone(other)


def test_waiting_can_be_cancelled(live: Transcript, online_chat: Chat, api: ApiServer, qtbot: QtBot) -> None:
    api.script(replies.error(529, "overloaded_error", "Overloaded", headers={"retry-after": "30"}))
    ask(online_chat)
    qtbot.waitUntil(lambda: online_chat.worker.phase == "waiting")
    button(live, "Cancel").click()
    qtbot.waitUntil(lambda: not online_chat.worker.busy)
    assert len(api.posts) == 1
    assert texts(last(live)) == ["You stopped this before any text came."]


def test_a_failed_answer_is_asked_for_again_in_place(
    live: Transcript, online_chat: Chat, api: ApiServer, qtbot: QtBot
) -> None:
    api.script(replies.error(500, "api_error", "Internal <b>error</b>"), replies.text("Here it is"))
    ask(online_chat)
    qtbot.waitUntil(lambda: bool(live.turns) and not online_chat.worker.busy)
    (card,) = [card for card in live.findChildren(Card) if card.isVisible()]
    button(live, "Details").click()
    QApplication.processEvents()
    assert "Internal <b>error</b>" in card._details.plain
    assert card._details.isVisible()
    button(live, "Retry").click()
    qtbot.waitUntil(lambda: last(live)._text.plain == "Here it is" and not online_chat.worker.busy)
    assert len(live.turns) == 2
    assert texts(last(live)) == []


def test_a_wrong_key_leads_to_the_key(live: Transcript, online_chat: Chat, api: ApiServer, qtbot: QtBot) -> None:
    api.script(replies.error(401, "authentication_error", "invalid x-api-key"))
    ask(online_chat)
    qtbot.waitUntil(lambda: bool(live.turns) and not online_chat.worker.busy)
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
    qtbot.waitUntil(lambda: bool(live.turns) and not online_chat.worker.busy)
    assert len(texts(last(live))) == 1
    assert button(live, "Retry").isVisible()
    assert live.turns[0].findChildren(Prose)[0].plain == "What is it?"


def test_what_was_not_sent_says_why_until_it_is_dismissed(transcript: Transcript, chat: Chat, qtbot: QtBot) -> None:
    error: VisavisError = RequestRefused((Offence("too_many_pictures", 101, 100),))
    chat.worker._refuse(error)
    QApplication.processEvents()
    (card,) = transcript.findChildren(Card)
    assert "100" in card.words
    with qtbot.waitSignal(transcript.action) as acted:
        button(transcript, "New chat with the pictures").click()
    assert acted.args == ["take_along"]
    button(transcript, "Dismiss").click()
    assert transcript._turns.rows == []


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
    assert live._turns.rows == []
    live.set_chat(online_chat)
    assert len(live._turns.rows) == 1
    button(live, "Dismiss").click()
    live.set_chat(other)
    live.set_chat(online_chat)
    assert live._turns.rows == []
    gone(other)


def test_the_next_message_takes_the_refusal_away(live: Transcript, online_chat: Chat, qtbot: QtBot) -> None:
    online_chat.worker._refuse(RequestRefused((Offence("empty"),)))
    assert live.findChildren(Card)
    ask(online_chat)
    qtbot.waitUntil(lambda: len(live.turns) == 2 and not online_chat.worker.busy)
    assert all(not isinstance(row, Card) for row in live._turns.rows)


def test_another_chat_takes_the_place_of_the_first(
    live: Transcript, online_chat: Chat, online: Tools, api: ApiServer, qtbot: QtBot
) -> None:
    api.script(replies.text("It is red. " * 20, chunks=10).hold("content_block_delta", 2))
    ask(online_chat)
    qtbot.waitUntil(lambda: len(live.turns) == 2)
    other = Chat.new(MODEL, online)
    live.set_chat(other)
    held(api, qtbot)
    api.release()
    qtbot.waitUntil(lambda: not online_chat.worker.busy)
    assert live.turns == []
    live.set_chat(online_chat)
    assert last(live)._text.plain.count("red") == 20
    gone(other)


def test_a_message_without_an_answer_can_be_sent_again(
    live: Transcript, online_chat: Chat, api: ApiServer, qtbot: QtBot
) -> None:
    api.script(replies.text("Here it is"))
    show(online_chat, asked())
    assert [card.words for card in live.findChildren(Card)] == ["This message has no answer yet."]
    ask(online_chat, "Once more")
    qtbot.waitUntil(lambda: len(live.turns) == 3 and not online_chat.worker.busy)
    assert all(not isinstance(row, Card) for row in live._turns.rows)
    show(online_chat, *online_chat.messages.messages[:2])
    button(live, "Retry").click()
    qtbot.waitUntil(lambda: len(live.turns) == 3 and not online_chat.worker.busy)


def test_it_has_its_name(transcript: Transcript) -> None:
    assert transcript.accessibleName() == "Conversation"


def test_a_stored_conversation_is_shown_when_it_has_been_read(
    live: Transcript, online_chat: Chat, online: Tools, qtbot: QtBot
) -> None:
    ask(online_chat)
    qtbot.waitUntil(lambda: len(live.turns) == 2 and not online_chat.worker.busy)
    (facts,) = online.store.conversations_now()
    again = Chat(facts, online, is_stored=True)
    live.set_chat(again)
    assert live.turns == []
    again.load()
    qtbot.waitUntil(lambda: len(live.turns) == 2 and again.at_rest)
    gone(again)
