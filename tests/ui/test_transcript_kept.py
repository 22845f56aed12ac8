"""What stays where it is, and as it is: through deleting, versions, other chats, colours and rows made anew."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.conversation.chat import Chat, Tools
from app.conversation.preferences import Preferences
from app.ui.transcript import Transcript
from app.ui.transcript.content import Code, Fold, Foot, More, Prose
from app.ui.transcript.foot_row import FootRow
from app.ui.transcript.prose_row import ProseRow
from app.ui.transcript.turn import FOLDED
from tests.conftest import destroy
from tests.servers.api import ApiServer
from tests.transcripts import MODEL
from tests.ui.talk import LONG, answered, asked, coming, contents, follows, grown, places, put, seen, talk, text_of

pytestmark = pytest.mark.usefixtures("american_figures")


def unfold(transcript: Transcript, message: int) -> None:
    nth = next(n for n, content in enumerate(contents(transcript, message)) if isinstance(content, Fold))
    transcript.host.folded.emit(transcript.widget_at(message, nth))
    QApplication.processEvents()


# --- the place ----------------------------------------------------------------------------------


def test_selecting_at_the_end_stays_there_while_text_comes(transcript: Transcript, chat: Chat, qtbot: QtBot) -> None:
    put(chat, *talk(5, LONG), asked(), answer := coming("It begins."))
    transcript.release()
    before = places(transcript)
    answer = grown(chat, answer, LONG)
    qtbot.waitUntil(lambda: "Paragraph 19" in text_of(contents(transcript)))
    assert not follows(transcript)
    assert places(transcript)[: len(before) - 1] == before[:-1]


def test_where_what_was_read_is_deleted_what_follows_it_is_read(transcript: Transcript, chat: Chat) -> None:
    put(chat, *talk(8, LONG))
    transcript.reveal(9, 0)
    transcript.scroll_by(transcript.viewport().height())
    assert places(transcript)[0][0] == 9
    following = chat.messages.messages[10].id
    chat.messages.remove(8, 9)
    QApplication.processEvents()
    assert transcript.messages[places(transcript)[0][0]].id == following


def test_a_deleted_row_gives_the_keyboard_back(transcript: Transcript, chat: Chat) -> None:
    put(chat, *talk(3))
    foot = seen(transcript, FootRow)[-1]
    foot._copy.setFocus()
    chat.messages.remove(4, 5)
    QApplication.processEvents()
    assert QApplication.focusWidget() is transcript


def test_another_chat_and_back_is_where_it_was_read(transcript: Transcript, chat: Chat, tools: Tools) -> None:
    put(chat, *talk(8, LONG))
    transcript.scroll_by(-1500)
    before, other = places(transcript), Chat.new(MODEL, tools)
    transcript.set_chat(other)
    transcript.set_chat(chat)
    QApplication.processEvents()
    assert places(transcript) == before
    transcript.follow()
    transcript.set_chat(other)
    transcript.set_chat(chat)
    assert follows(transcript)
    destroy(other)


def test_going_through_versions_the_switch_stays_under_the_pointer(
    live: Transcript, online_chat: Chat, api: ApiServer, qtbot: QtBot
) -> None:
    api.answer = LONG
    for words in ("First?", "Second?"):
        online_chat.draft.set_text(words)
        online_chat.worker.send()
        qtbot.waitUntil(lambda: online_chat.worker.busy)
        qtbot.waitUntil(lambda: not online_chat.worker.busy)
    api.answer = "Another."
    online_chat.worker.retry(online_chat.messages.messages[1].id)
    qtbot.waitUntil(lambda: online_chat.worker.busy)
    qtbot.waitUntil(lambda: not online_chat.worker.busy)
    qtbot.waitUntil(lambda: text_of(contents(live, 1)) == "Another.")
    foot = seen(live, FootRow)[-1]
    at = foot._switch._older.mapTo(live, foot._switch._older.rect().center())
    QTest.mouseClick(foot._switch._older, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(live.messages) == 4)
    qtbot.waitUntil(lambda: not online_chat.worker.busy)
    QApplication.processEvents()
    now = next(f for f in seen(live, FootRow) if f._foot is not None and f._foot.branch == (1, 2))
    assert now._switch._newer.mapTo(live, now._switch._newer.rect().center()).y() == at.y()
    assert now.isAncestorOf(QApplication.focusWidget() or live)
    assert not follows(live)


# --- what is unfolded ---------------------------------------------------------------------------


def test_code_that_was_thought_is_copied_as_such(transcript: Transcript, chat: Chat) -> None:
    put(chat, asked(), answered("```\nsaid = 1\n```", thinking="```\nthought = 1\n```"))
    unfold(transcript, 1)
    thought, said = (row for row in transcript.rows_of(1) if isinstance(row.content, Code))
    assert thought.owner is not None
    assert thought.owner.whole(thought.content) == "thought = 1"
    assert thought.owner.whole(said.content) == "said = 1"


def test_what_was_unfolded_stays_so_in_other_colours(
    transcript: Transcript, chat: Chat, preferences: Preferences, qtbot: QtBot
) -> None:
    put(chat, asked(), answered("word\n\n" * (FOLDED // 5), thinking="It thinks."))
    qtbot.waitUntil(lambda: any(isinstance(content, More) for content in contents(transcript, 1)))
    transcript.reveal(1, 0)
    unfold(transcript, 1)
    more = next(n for n, content in enumerate(contents(transcript, 1)) if isinstance(content, More))
    transcript.reveal(1, more)
    transcript.host.unfolded.emit(transcript.widget_at(1, more))
    assert not any(isinstance(content, More) for content in contents(transcript, 1))
    preferences.update(theme="dark")
    QApplication.processEvents()
    assert any(isinstance(content, Prose) and content.voice == "thought" for content in contents(transcript, 1))
    assert not any(isinstance(content, More) for content in contents(transcript, 1))


# --- what is shown ------------------------------------------------------------------------------


def test_facts_that_come_after_the_end_are_shown(transcript: Transcript, chat: Chat) -> None:
    answer = answered("Cut off.", state="interrupted", cost="")
    put(chat, asked(), answer)
    chat.messages.replace_last(replace(answer, cost="0.5"))
    QApplication.processEvents()
    foot = next(content for content in contents(transcript) if isinstance(content, Foot))
    assert foot.message.cost == "0.5"


def test_a_definition_of_two_lines_is_seen_nowhere(transcript: Transcript, chat: Chat) -> None:
    put(chat, asked(), answered('See [x] and [this].\n\n[x]:\nhttps://example.org\n"a title"\n'))
    row = seen(transcript, ProseRow)[-1]
    assert row.plain == "See x and [this]."


def test_a_text_that_cannot_be_shown_is_shown_as_it_was_written(
    transcript: Transcript, chat: Chat, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    show = ProseRow.show_content

    def fails_at_the_worst(row: ProseRow, content: Prose) -> None:
        if "worst" in content.block.text and not content.block.plain:
            raise ValueError(content.block.text)
        show(row, content)

    monkeypatch.setattr(ProseRow, "show_content", fails_at_the_worst)
    with qtbot.captureExceptions() as caught:
        put(chat, asked(), answered("Before.\n\nthe **worst**\n\nAfter."))
    assert [kind for kind, _, _ in caught] == [ValueError]
    assert [row.plain for row in seen(transcript, ProseRow)[-3:]] == ["Before.", "the **worst**", "After."]
