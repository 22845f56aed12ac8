"""After a crash: the conversation that was open, its partial answer and the rest of that, what was being written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.conversation.chat import Chat, Tools
from app.conversation.desk import Desk
from app.conversation.going_on import can_go_on
from app.conversation.reopening import Reopening
from app.conversation.what_if import going_on
from app.core.cost import exact
from app.core.errors import CapReached
from app.core.message import JSON, Message, ReplyBlock, TextBlock
from app.core.store import Conversation
from tests.conftest import destroy, finish
from tests.conversation.talk import Talk, done, opened
from tests.servers.api import ApiServer
from tests.servers.replies import text
from tests.stored import add_conversation, conversations_of

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
    finish(add_conversation(store, Conversation("c", title="Lakes", model="claude-sonnet-5-5")))
    finish(store.add_message("c", Message("user", (TextBlock("Which are lakes?"),), id="q")))
    finish(store.add_message("c", answer))
    ended = answer
    for event in STREAM:
        ended = ended.apply(event)
    finish(store.finish("c", replace(ended, state="interrupted")))
    return opened(conversations_of(store)[0], online, qtbot)


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


def test_what_it_costs_is_promised_before(cut_off: Talk, qtbot: QtBot) -> None:
    promised = going_on(cut_off.chat, "Go on.")
    answer = done(cut_off.chat, qtbot, lambda: cut_off.chat.worker.go_on("Go on."))
    assert promised.obstacle == ""
    assert answer.estimate == exact(promised.estimate.next)
    assert float(answer.estimate) > 0


def test_a_cap_holds_for_it_too(cut_off: Talk, online: Tools, api: ApiServer) -> None:
    online.preferences.update(cap_day="0.000001")
    cut_off.do(lambda: cut_off.chat.worker.go_on("Go on."))
    assert isinstance(cut_off.chat.worker.refusal, CapReached)
    assert cut_off.texts == ["Which are lakes?", "The first is a lake, "]
    assert api.posts == []


def test_an_earlier_version_is_gone_on_with_in_its_place(cut_off: Talk, api: ApiServer) -> None:
    partly = cut_off.messages[-1]
    api.script(text("One is."), text("the second is not."))
    whole = cut_off.answer(cut_off.chat.worker.retry)
    cut_off.do(lambda: cut_off.chat.worker.go_on("Go on."))
    assert cut_off.texts == ["Which are lakes?", "One is."], "that one is whole"
    cut_off.do(lambda: cut_off.chat.switch(whole.id, -1))
    cut_off.answer(lambda: cut_off.chat.worker.go_on("Go on."))
    gone_on = ["Which are lakes?", "The first is a lake, ", "Go on.", "the second is not."]
    assert cut_off.texts == gone_on
    assert cut_off.chat.branch_of(partly.id) == (1, 2)
    assert cut_off.reopened().texts == gone_on
    cut_off.do(lambda: cut_off.chat.switch(partly.id, 1))
    assert cut_off.texts == ["Which are lakes?", "One is."]


def test_in_a_temporary_chat_it_is_the_same(online: Tools, api: ApiServer, qtbot: QtBot) -> None:
    desk = Desk(online, parent=online.account)
    desk.temporary_chat()
    talk = Talk(desk.current, online, qtbot)
    api.script(text("One two three.", chunks=3).hold("content_block_delta", 2), text("four."))
    talk.chat.draft.set_text("Count.")
    talk.chat.worker.send()
    qtbot.waitUntil(lambda: len(talk.texts) == 2 and talk.texts[-1] != "")
    talk.do(talk.chat.worker.stop)
    talk.answer(lambda: talk.chat.worker.go_on("Go on."))
    assert [talk.texts[0], *talk.texts[2:]] == ["Count.", "Go on.", "four."]
    assert conversations_of(online.store) == []
    desk.end_temporary()
    qtbot.waitUntil(lambda: not online.tasks._running)


THOUGHT: JSON = {"type": "thinking", "thinking": "Hm.", "signature": "s"}


def ended(words: str, **facts: Any) -> Message:
    blocks: list[JSON] = [THOUGHT, {"type": "text", "text": words}] if words else [THOUGHT]
    return Message("assistant", tuple(map(ReplyBlock, blocks)), **{"id": "a", "state": "interrupted"} | facts)


@pytest.mark.parametrize(
    ("answer", "can"),
    [
        (ended("Some"), True),
        (ended("Some", state="stopped"), True),
        (ended("Some", state="failed"), True),
        (ended("Some", state="complete", stop_reason="max_tokens"), True),
        (ended("Some", state="complete", stop_reason="pause_turn"), True),
        (ended("Some", state="complete", stop_reason="end_turn"), False),
        (ended("Some", state="complete", stop_reason="model_context_window_exceeded"), False),
        (ended("Some", state="complete", stop_reason="refusal"), False),
        (ended("Some", stop_reason="refusal"), False),
        (ended("Some", state="streaming"), False),
        (ended(""), False),
        (ended(" \n"), False),
        (ended("", state="complete", stop_reason="max_tokens"), False),
        (Message.from_user("Some", (), id="a", state="failed"), False),
    ],
)
def test_what_broke_off_with_words_can_be_gone_on_with(chat: Chat, answer: Message, *, can: bool) -> None:
    assert can_go_on(answer) is can
    chat.messages.reset([Message.from_user("Well?", (), id="q"), answer])
    chat.worker.go_on("Go on.")
    assert chat.worker.busy is can
    chat.worker.stop()


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
        finish(add_conversation(tools.store, Conversation(name, title=name)))
    desk.start()
    desk.open("c")
    qtbot.waitUntil(lambda: (tmp_path / "open").exists() and (tmp_path / "open").read_text() == "c")
    finish(tools.store.save_draft("unsent", {"text": "half a thought"}))
    again = Desk(tools)
    later = Reopening(again, tmp_path, tools.threads, tools.tasks)
    again.start()
    finish(again.restore_drafts())
    first = again.current
    assert first.draft.empty
    later.reopen(cut_off=False)
    assert again.current is first
    later.reopen(cut_off=True)
    assert again.current.facts.id == "c"
    again.open("d")
    later.reopen(cut_off=True)
    assert again.current.facts.id == "d"  # the person has chosen
    qtbot.waitUntil(lambda: (tmp_path / "open").read_text() == "d")
    destroy(later, again)
    assert reopening is not later


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize("system", [False, True])
def test_a_thought_that_was_left_in_the_middle_is_opened_again_and_no_older_one(
    tools: Tools, desk: Desk, reopening: Reopening, tmp_path: Path, qtbot: QtBot, stored: bool, system: bool
) -> None:
    if stored:
        finish(add_conversation(tools.store, Conversation("c", title="c")))
        desk.start()
        desk.open("c")
    if system and not stored:
        desk.current.set_system("Be brief.")
    else:
        desk.current.draft.set_text("Half a thought")
    left = desk.current.facts.id
    qtbot.waitUntil(lambda: (tmp_path / "open").exists() and (tmp_path / "open").read_text() == left)
    finish(desk.save())
    finish(tools.store.save_draft("older", {"text": "months ago"}))
    again = Desk(tools)
    later = Reopening(again, tmp_path, tools.threads, tools.tasks)
    again.start()
    finish(again.restore_drafts())
    later.reopen(cut_off=False)
    assert again.current.facts.id == left
    qtbot.waitUntil(lambda: not tools.tasks._running)
    destroy(later, again)
    assert reopening is not later


def test_what_was_begun_before_the_drafts_were_there_stays(tools: Tools, desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "open").write_text("c")
    finish(add_conversation(tools.store, Conversation("c", title="c")))
    reopening = Reopening(desk, tmp_path, tools.threads, tools.tasks)
    desk.start()
    desk.current.draft.set_text("H")
    reopening.reopen(cut_off=True)
    assert desk.current.draft.text == "H"
    finish(tools.tasks.close())
    destroy(reopening)


def test_of_a_temporary_chat_not_even_the_id_is_kept(
    tools: Tools, desk: Desk, reopening: Reopening, tmp_path: Path, qtbot: QtBot
) -> None:
    """Nor is what was open before forgotten: it is that a crash brings back."""
    opened = tmp_path / "open"
    desk.temporary_chat()
    desk.current.draft.set_text("a secret")
    qtbot.waitUntil(lambda: not tools.tasks._running)
    assert not opened.exists()
    finish(add_conversation(tools.store, Conversation("c")))
    desk.start()
    desk.open("c")
    qtbot.waitUntil(opened.exists)
    desk.temporary_chat()
    qtbot.waitUntil(lambda: not tools.tasks._running)
    assert opened.read_text() == "c"
    desk.end_temporary()
    qtbot.waitUntil(lambda: opened.read_text() == desk.current.facts.id)
    assert reopening.parent() is None


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
    reopening.reopen(cut_off=True)
    finish(tools.tasks.close())
    assert desk.current is before
    destroy(reopening)
