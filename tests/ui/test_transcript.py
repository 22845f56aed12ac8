"""The conversation on screen: what the rows of real messages of a real chat show, and what their buttons do."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication
from pytestqt.qtbot import QtBot

from app.conversation.chat import Chat
from app.conversation.preferences import Preferences
from app.core.errors import Offence, ReplyLost, RequestRefused, StoreDamaged, StoreFull, StreamInterrupted
from app.core.failure import error_to_json
from app.core.message import Message, ReplyBlock, Usage
from app.core.tables import weights
from app.ui.theme import RADIUS, SPACE, Theme
from app.ui.transcript import Transcript
from app.ui.transcript.bill_line import BillLine
from app.ui.transcript.content import Code, Fold, Foot, Pictures, Prose, Table
from app.ui.transcript.fold_row import FoldRow
from app.ui.transcript.tiles import PictureTile
from tests.ui.talk import (
    PICTURE,
    answered,
    asked,
    below,
    bill_of,
    button,
    coming,
    contents,
    foot_of,
    grown,
    put,
    said,
    seen,
    text_of,
    thought,
    told,
    view,
)

pytestmark = pytest.mark.usefixtures("american_figures")


def buttons(transcript: Transcript, name: str) -> list[QAbstractButton]:
    return [each for each in seen(transcript, QAbstractButton) if each.accessibleName() == name]


# --- questions ----------------------------------------------------------------------------------


def test_a_question_shows_its_pictures_and_its_words_as_they_were_typed(transcript: Transcript, chat: Chat) -> None:
    put(chat, asked("**not** bold", PICTURE), answered())
    pictures, words = contents(transcript, 0)
    assert isinstance(pictures, Pictures)
    assert pictures.pictures == ((PICTURE,),)
    assert isinstance(words, Prose)
    assert (words.block.text, words.block.plain, words.voice) == ("**not** bold", True, "question")
    assert view(transcript, 0, 1).plain == "**not** bold"
    (tile,) = seen(transcript, PictureTile)
    assert tile.badge == "4,784 tok · $0.0120"
    assert tile.caption == "3840×2160 → 2576×1449"
    assert tile.accessibleName() == "Image 1: q4-dashboard.png"


def test_it_stands_on_a_card_and_the_answer_does_not(transcript: Transcript, chat: Chat, theme: Theme) -> None:
    put(chat, asked("What is it?"), answered())
    painted = transcript.grab().toImage()
    question, answer = transcript.widget_at(0, 0), transcript.widget_at(1, 0)
    for widget, ground in ((question, theme.tokens.soft), (answer, theme.tokens.background)):
        place = widget.geometry()  # type: ignore[union-attr]
        assert painted.pixelColor(place.left() - 2, place.center().y()) == QColor(ground)
    card = question.geometry()  # type: ignore[union-attr]
    assert painted.pixelColor(transcript._flow.left - 1, card.center().y()) == QColor(theme.tokens.background)
    assert card.left() - transcript._flow.left > RADIUS["card"]


def test_a_picture_that_was_not_made_smaller_says_so(transcript: Transcript, chat: Chat) -> None:
    whole = replace(PICTURE, original_width=2576, original_height=1449)
    put(chat, asked("", whole), answered())
    assert seen(transcript, PictureTile)[0].caption == "2576×1449, as it is"


@pytest.mark.parametrize(
    ("answer", "badge"),
    [
        ({}, "4,784 tok · $0.0120"),
        ({"usage": Usage(input_tokens=300)}, "4,784 tok · $0.0096"),
        ({"server": "practice"}, "4,784 tok"),
        ({"model": "someone-elses"}, "4,784 tok"),
        ({"model": "claude-opus-5"}, "4,784 tok · $0.0299"),
        ({"usage": None, "state": "failed"}, "4,784 tok"),
        ({"usage": None, "state": "streaming"}, "4,784 tok · $0.0120"),
    ],
    ids=["cached", "not cached", "practice", "unknown price", "another model", "never billed", "under way"],
)
def test_a_picture_is_priced_as_it_was_billed(
    transcript: Transcript, chat: Chat, answer: dict[str, Any], badge: str
) -> None:
    put(chat, asked("", PICTURE), answered(**answer))
    assert seen(transcript, PictureTile)[0].badge == badge


@pytest.mark.parametrize("how", ["click", "enter", "space"])
def test_a_picture_opens_by_its_number(transcript: Transcript, chat: Chat, qtbot: QtBot, how: str) -> None:
    put(chat, asked("", PICTURE), answered(), asked("", replace(PICTURE, number=2)), answered())
    tile = next(tile for tile in seen(transcript, PictureTile) if tile.image.number == 2)
    with qtbot.waitSignal(transcript.picture_opened) as opened:
        if how == "click":
            QTest.mouseClick(tile, Qt.MouseButton.LeftButton)
        else:
            QTest.keyClick(tile, Qt.Key.Key_Return if how == "enter" else Qt.Key.Key_Space)
    assert opened.args == [2]


def test_a_picture_grows_with_the_text(transcript: Transcript, chat: Chat, preferences: Preferences) -> None:
    put(chat, asked("", PICTURE), answered())
    before = seen(transcript, PictureTile)[0].size()
    preferences.update(text_size=150)
    QApplication.processEvents()
    after = seen(transcript, PictureTile)[0].size()
    assert (after.width(), after.height()) == (before.width() * 3 // 2, before.height() * 3 // 2 - SPACE // 2)


def test_a_question_that_the_disk_has_damaged_keeps_its_place_and_says_so(transcript: Transcript, chat: Chat) -> None:
    damaged = Message("user", id="u", state="failed", error=error_to_json(StoreDamaged("/data")))
    put(chat, damaged, answered())
    assert "cannot be read" in said(contents(transcript, 0))[0]


# --- answers ------------------------------------------------------------------------------------


def test_an_answer_is_shown_block_by_block(transcript: Transcript, chat: Chat) -> None:
    table = "| a | b |\n|---|---:|\n| one | 2 |\n"
    put(chat, asked(), answered(f"# Head\n\nWords.\n\n{table}\n```python\nx = 1\n```\n\n- one\n- two\n"))
    shown = contents(transcript)
    assert [type(content) for content in shown] == [Prose, Prose, Table, Code, *[Prose] * (len(shown) - 5), Foot]
    assert isinstance(shown[2], Table)
    assert shown[2].weights == weights(table)
    assert isinstance(shown[3], Code)
    assert (shown[3].block.text, shown[3].block.info) == ("x = 1", "python")
    assert "one" in text_of(shown[4:])
    assert "two" in text_of(shown[4:])


def test_the_bill_stands_below_it(transcript: Transcript, chat: Chat) -> None:
    put(chat, asked(), answered())
    assert bill_of(contents(transcript)) == "7,512 in · 214 out · $0.0209\u2003estimated $0.0207"
    assert [line.text() for line in seen(transcript, BillLine)] == [bill_of(contents(transcript))]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({}, []),
        ({"state": "stopped"}, ["You stopped this answer."]),
        ({"stop_reason": "max_tokens"}, ["The answer was cut at the limit of tokens"]),
        ({"stop_reason": "refusal"}, ["declined to answer"]),
        (
            {"stop_reason": "refusal", "stop_details": {"category": "bio", "explanation": "Because <b>."}},
            ["biology", "Because <b>."],
        ),
        ({"state": "interrupted"}, ["Visavis ended"]),
        ({"text": ""}, ["The answer is empty."]),
        ({"state": "interrupted", "error": error_to_json(StreamInterrupted("cut"))}, ["broke off"]),
    ],
)
def test_each_end_has_its_own_words(
    transcript: Transcript, chat: Chat, answer: dict[str, Any], words: Sequence[str]
) -> None:
    put(chat, asked(), answered(**{"text": "It is", **answer}))
    found = said(contents(transcript))
    assert len(found) == len(words)
    assert all(part in whole for part, whole in zip(words, found, strict=True))


def test_a_note_offers_its_way_on_for_the_last_answer_only(transcript: Transcript, chat: Chat, qtbot: QtBot) -> None:
    cut = answered("It is", stop_reason="max_tokens")
    put(chat, asked(), cut, asked(), replace(cut, id="b"))
    (settings,) = buttons(transcript, "Settings")
    with qtbot.waitSignal(transcript.action) as acted:
        settings.click()
    assert acted.args == ["settings"]


def test_what_cannot_be_shown_is_named(transcript: Transcript, chat: Chat) -> None:
    message = answered()
    put(chat, asked(), replace(message, content=(*message.content, ReplyBlock({"type": "hologram"}))))
    assert said(contents(transcript)) == ["Not shown here: hologram"]


def test_a_lost_reply_says_once_that_it_may_have_been_charged_and_offers_one_retry(
    transcript: Transcript, chat: Chat
) -> None:
    put(chat, asked(), answered("", state="failed", usage=None, error=error_to_json(ReplyLost("h", "closed"))))
    assert len(said(contents(transcript))) == 1
    assert bill_of(contents(transcript)) == ""
    assert len(buttons(transcript, "Retry")) == 1


def test_only_the_last_answer_can_be_asked_for_again_by_its_foot(transcript: Transcript, chat: Chat) -> None:
    put(chat, asked(), answered("first"), asked(), answered("second"))
    assert [foot_of(contents(transcript, number)).is_last for number in (1, 3)] == [False, True]
    (retry,) = buttons(transcript, "Retry")
    assert transcript.on_screen()[-1][2].isAncestorOf(retry)  # type: ignore[attr-defined]
    chat.messages.append(asked())
    QApplication.processEvents()
    assert not foot_of(contents(transcript, 3)).is_last


def test_what_grows_is_shown_and_only_its_end_is_made_anew(transcript: Transcript, chat: Chat, qtbot: QtBot) -> None:
    message = coming("One.\n\nTwo.\n\nThr")
    put(chat, asked(), message)
    one = view(transcript, 1, 0)
    revision = one.document().revision()
    assert [content.open for content in contents(transcript) if isinstance(content, Prose)] == [False, False, True]
    message = told(chat, message, "One.\n\nTwo.\n\nThree.\n\nFour.")
    qtbot.waitUntil(lambda: text_of(contents(transcript)) == message.text)
    assert view(transcript, 1, 0) is one
    assert one.document().revision() == revision
    chat.messages.replace_last(replace(message, state="complete"))
    qtbot.waitUntil(lambda: not any(getattr(content, "open", False) for content in contents(transcript)))


def test_the_pace_goes_on_when_the_colours_change(
    transcript: Transcript, chat: Chat, preferences: Preferences, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = time.monotonic()
    monkeypatch.setattr("app.ui.transcript.pace.time.monotonic", lambda: moment)
    message = coming("One")
    put(chat, asked(), message)
    message = grown(chat, message, "word")
    qtbot.waitUntil(lambda: "word" in text_of(contents(transcript)))
    moment += 2
    grown(chat, message, "word " * 50)
    qtbot.waitUntil(lambda: text_of(contents(transcript)).count("word") == 51)
    before = foot_of(contents(transcript)).pace
    preferences.update(theme="dark")
    assert before is not None
    assert before.rate
    assert foot_of(contents(transcript)).pace is before
    assert "tokens/s" in seen(transcript, BillLine)[-1].text()


# --- what is folded -----------------------------------------------------------------------------


def test_thinking_is_folded_and_unfolds(transcript: Transcript, chat: Chat) -> None:
    put(chat, asked(), answered(thinking="Let me **see**\n\nand again"))
    assert contents(transcript)[0] == Fold("thinking", "Thinking", open=False)
    (line,) = seen(transcript, FoldRow)
    QTest.keyClick(line, Qt.Key.Key_Space)
    thoughts = [content for content in contents(transcript) if isinstance(content, Prose)][:-1]
    assert [(each.block.text, each.voice) for each in thoughts] == [
        ("Let me **see**", "thought"),
        ("and again", "thought"),
    ]
    assert view(transcript, 1, 1).plain == "Let me see"
    QTest.keyClick(line, Qt.Key.Key_Space)
    assert text_of(contents(transcript)) == "A chart."


def test_what_is_unfolded_stays_where_it_is_and_stays_so_when_the_colours_change(
    transcript: Transcript, chat: Chat, preferences: Preferences
) -> None:
    put(chat, *[m for n in range(4) for m in (asked(), answered("word " * 200, thinking="thought " * 300))])
    transcript.scroll_by(-300)
    line = seen(transcript, FoldRow)[0]
    y = line.y()
    line.click()
    QApplication.processEvents()
    assert seen(transcript, FoldRow)[0] is line
    assert line.y() == y
    opened = [number for number in range(8) if "thought" in text_of(contents(transcript, number))]
    assert len(opened) == 1
    preferences.update(theme="dark")
    assert [number for number in range(8) if "thought" in text_of(contents(transcript, number))] == opened


def test_thinking_without_text_says_so(transcript: Transcript, chat: Chat) -> None:
    message = answered()
    put(chat, asked(), replace(message, content=(thought(""), *message.content)))
    assert said(contents(transcript)) == ["Claude thought; the text is not shown"]


def test_one_line_alone_says_that_claude_thinks(transcript: Transcript, chat: Chat, qtbot: QtBot) -> None:
    message = coming()
    put(chat, asked(), replace(message, content=(thought(""),)))
    assert said(contents(transcript)) == ["Thinking…"]
    chat.messages.replace_last(replace(message, content=(thought("Let me see"),)))
    qtbot.waitUntil(lambda: isinstance(contents(transcript)[0], Fold))
    assert said(contents(transcript)) == ["Thinking…"]
    chat.messages.replace_last(
        replace(message, content=(thought("Let me see"), ReplyBlock({"type": "text", "text": "A"})))
    )
    qtbot.waitUntil(lambda: said(contents(transcript)) == ["Thinking"])


def test_a_declined_answer_is_folded_and_unfolds(transcript: Transcript, chat: Chat) -> None:
    put(chat, asked(), answered("half a word", stop_reason="refusal"))
    assert text_of(contents(transcript)) == ""
    seen(transcript, FoldRow)[0].click()
    assert text_of(contents(transcript)) == "half a word"
    assert view(transcript, 1, 1).plain == "half a word"


def test_a_very_long_text_is_shown_in_part_until_all_is_asked_for(
    transcript: Transcript, chat: Chat, qtbot: QtBot
) -> None:
    text = "x " * 25 + "\n\n"
    put(chat, asked(), answered(text * 5_000 + "end"))
    assert said(contents(transcript)) == ["260003 bytes"]
    assert "end" not in text_of(contents(transcript))
    button(transcript, "Show all (260 kB)").click()
    qtbot.waitUntil(lambda: text_of(contents(transcript)).endswith("end"))
    assert said(contents(transcript)) == []


# --- copying ------------------------------------------------------------------------------------


def test_copying_gives_the_markdown(transcript: Transcript, chat: Chat) -> None:
    put(chat, asked(), answered("**bold**"), asked(), answered("", state="failed"))
    transcript.copying.copy_last()
    assert QGuiApplication.clipboard().text() == "**bold**"
    QGuiApplication.clipboard().clear()
    (copy,) = buttons(transcript, "Copy")
    copy.click()
    assert QGuiApplication.clipboard().text() == "**bold**"


# --- what stands below --------------------------------------------------------------------------


def test_what_was_not_sent_says_why_until_it_is_dismissed(transcript: Transcript, chat: Chat, qtbot: QtBot) -> None:
    chat.worker._refuse(RequestRefused((Offence("too_many_pictures", 101, 100),)))
    QApplication.processEvents()
    assert "100" in said(below(transcript))[0]
    with qtbot.waitSignal(transcript.action) as acted:
        button(transcript, "New chat with the pictures").click()
    assert acted.args == ["take_along"]
    button(transcript, "Dismiss").click()
    QApplication.processEvents()
    assert below(transcript) == []


def test_a_message_without_an_answer_says_so(transcript: Transcript, chat: Chat) -> None:
    put(chat, asked())
    assert said(below(transcript)) == ["This message has no answer yet."]
    chat.messages.append(answered())
    QApplication.processEvents()
    assert below(transcript) == []


def test_it_has_its_name(transcript: Transcript) -> None:
    assert transcript.accessibleName() == "Chat"


def test_another_chat_takes_the_place_of_the_first(transcript: Transcript, chat: Chat) -> None:
    put(chat, asked("First"), answered())
    widgets = {id(widget) for *_, widget in transcript.on_screen()}
    put(chat, asked("Second"), answered())
    assert text_of(contents(transcript, 0)) == "Second"
    assert {id(widget) for *_, widget in transcript.on_screen()} == widgets  # recycled


def test_an_empty_conversation_says_so_until_something_is_said(transcript: Transcript, chat: Chat) -> None:
    assert transcript._nothing.isVisible()
    assert transcript._nothing.text().startswith("There are no messages in this chat.")
    chat.messages.reset([Message.from_user("Hello", (), id="q")])
    assert transcript._nothing.isHidden()
    chat.messages.reset([])
    assert transcript._nothing.isVisible()
    chat.worker._refuse(StoreFull("/data"))
    assert transcript._nothing.isHidden()
