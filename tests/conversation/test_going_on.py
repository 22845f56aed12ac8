"""After a crash: the conversation that was open, its partial answer and the rest of that, what was being written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.conversation.chat import Chat, Tools
from app.conversation.desk import Desk
from app.conversation.reopening import Reopening
from app.core.message import JSON, Message, TextBlock
from app.core.store import Conversation
from tests.conftest import destroy, finish
from tests.conversation.talk import Talk, done, opened
from tests.servers.api import ApiServer

STREAM: list[JSON] = [
    {"type": "message_start", "message": {"id": "msg_9", "usage": {"input_tokens": 300, "output_tokens": 1}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "The first is a lake, "}},
]


@pytest.fixture
def cut_off(online: Tools, qtbot: QtBot) -> Talk:
    """A conversation as the store has it after a crash in mid-answer."""
    store = online.store
    answer = Message("assistant", id="a", model="claude-sonnet-5-5", server="127.0.0.1", state="streaming")
    finish(store.create(Conversation("c", title="Lakes", model="claude-sonnet-5-5")))
    finish(store.add_message("c", Message("user", (TextBlock("Which are lakes?"),), id="q")))
    finish(store.add_message("c", answer))
    ended = answer
    for event in STREAM:
        ended = ended.apply(event)
    finish(store.finish("c", replace(ended, state="interrupted")))
    return opened(store.conversations_now()[0], online, qtbot)


def test_the_cost_of_a_partial_answer_is_told_as_far_as_it_is_known(cut_off: Talk) -> None:
    [_, partly] = cut_off.messages
    assert partly.state == "interrupted"
    assert partly.text == "The first is a lake, "
    assert float(partly.cost) > 300 * 2 / 1_000_000


def test_the_rest_is_asked_for_after_what_has_come(cut_off: Talk, api: ApiServer, qtbot: QtBot) -> None:
    api.answer = "the second is not."
    cut_off.chat.draft.set_text("half a thought")
    answer = done(cut_off.chat, qtbot, lambda: cut_off.chat.worker.go_on("Go on where you stopped."))
    assert answer.state == "complete"
    assert cut_off.texts == [
        "Which are lakes?",
        "The first is a lake, ",
        "Go on where you stopped.",
        "the second is not.",
    ]
    sent = [(m["role"], m["content"][-1]["text"]) for m in api.posts[-1].json["messages"]]
    assert [role for role, _ in sent] == ["user", "assistant", "user"]
    assert sent[1][1].startswith("The first is a lake,")
    assert sent[2][1] == "Go on where you stopped."
    assert cut_off.chat.draft.text == "half a thought"


def test_it_can_be_asked_for_again_whole(cut_off: Talk, api: ApiServer, qtbot: QtBot) -> None:
    api.answer = "One is."
    assert done(cut_off.chat, qtbot, cut_off.chat.worker.retry).state == "complete"
    assert cut_off.texts == ["Which are lakes?", "One is."]
    assert cut_off.chat.branch_of(cut_off.messages[-1].id) == (2, 2)


def test_nothing_is_gone_on_with_where_nothing_was_said(chat: Chat) -> None:
    chat.worker.go_on("Go on.")
    assert not chat.worker.busy


def test_somebody_who_goes_on_writing_has_it_kept_meanwhile(chat: Chat, qtbot: QtBot, online: Tools) -> None:
    words = iter(range(10_000))

    def kept() -> bool:
        chat.draft.set_text(f"{next(words)} and on")  # as fast as the test can
        return bool(finish(online.store.drafts()))

    qtbot.waitUntil(kept, timeout=5000)


@pytest.fixture
def reopening(tools: Tools, desk: Desk, tmp_path: Path) -> Iterator[Reopening]:
    reopening = Reopening(desk, tmp_path, tools.threads, tools.tasks)
    yield reopening
    finish(tools.tasks.close())
    destroy(reopening)


def test_what_was_open_is_opened_again(
    tools: Tools, desk: Desk, reopening: Reopening, tmp_path: Path, qtbot: QtBot
) -> None:
    for name in "cd":
        finish(tools.store.create(Conversation(name, title=name)))
    desk.start()
    desk.open("c")
    qtbot.waitUntil(lambda: (tmp_path / "open").exists() and (tmp_path / "open").read_text() == "c")
    finish(tools.store.save_draft("unsent", {"text": "half a thought"}))
    again = Desk(tools)
    later = Reopening(again, tmp_path, tools.threads, tools.tasks)
    again.start()
    finish(again.restore_drafts())
    assert again.current.facts.id == "unsent"
    later.reopen()
    assert again.current.facts.id == "c"
    again.open("d")
    later.reopen()
    assert again.current.facts.id == "d"  # the person has chosen
    qtbot.waitUntil(lambda: (tmp_path / "open").read_text() == "d")
    destroy(later, again)
    assert reopening is not later


def test_a_chat_in_which_something_was_sent_is_what_is_open(
    desk: Desk, reopening: Reopening, tmp_path: Path, qtbot: QtBot
) -> None:
    desk.current.draft.set_text("Hello")
    done(desk.current, qtbot, desk.current.worker.send)
    qtbot.waitUntil((tmp_path / "open").exists)
    assert (tmp_path / "open").read_text() == desk.current.facts.id
    assert reopening.parent() is None


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe", b"nowhere", b"x" * 5000])
def test_what_is_open_nowhere_is_passed_by(desk: Desk, tools: Tools, tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "open").write_bytes(content)
    before = desk.current
    reopening = Reopening(desk, tmp_path, tools.threads, tools.tasks)
    reopening.reopen()
    finish(tools.tasks.close())
    assert desk.current is before
    destroy(reopening)
