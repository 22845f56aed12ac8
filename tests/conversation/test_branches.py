"""Versions of answers: asked for again, switched between, kept, and priced as they are billed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pytestqt.qtbot import QtBot

from app.core.ledger import Filter
from app.core.message import Message
from tests.conftest import finish
from tests.conversation.talk import Talk
from tests.servers.api import ApiServer
from tests.servers.replies import error, recorded, silence, text


def roles_sent(api: ApiServer) -> list[str]:
    return [message["role"] for message in api.posts[-1].json["messages"]]


def test_an_answer_asked_for_again_is_a_version_beside_the_old_one(api: ApiServer, talk: Talk) -> None:
    api.answer = "One."
    first = talk.ask("Hello")
    api.answer = "Two."
    second = talk.answer(talk.chat.worker.retry)
    assert talk.texts == ["Hello", "Two."]
    assert roles_sent(api) == ["user"]
    assert talk.chat.branch_of(second.id) == (2, 2)
    talk.do(lambda: talk.chat.switch(second.id, -1))
    assert talk.messages[-1] == first
    assert talk.chat.branch_of(first.id) == (1, 2)
    assert talk.chat.branch_of(talk.messages[0].id) == (1, 1)


def test_switching_stops_at_the_first_and_the_last_version(talk: Talk) -> None:
    first = talk.ask("Hello")
    second = talk.answer(talk.chat.worker.retry)
    talk.do(lambda: talk.chat.switch(second.id, 1))
    assert talk.messages[-1] == second
    talk.do(lambda: talk.chat.switch(second.id, -1))
    talk.do(lambda: talk.chat.switch(first.id, -1))
    assert talk.messages[-1] == first


def test_an_earlier_answer_asked_for_again_makes_a_branch_there(api: ApiServer, talk: Talk) -> None:
    early = talk.ask("First?")
    talk.ask("Second?")
    shown = talk.texts
    api.answer = "Otherwise."
    again = talk.answer(lambda: talk.chat.worker.retry(early.id))
    assert talk.texts == ["First?", "Otherwise."]
    talk.ask("Third?")
    third = talk.texts
    talk.do(lambda: talk.chat.switch(again.id, -1))
    assert talk.texts == shown
    talk.do(lambda: talk.chat.switch(early.id, 1))
    assert talk.texts == third


def test_rows_above_the_switch_stay_as_they_are(talk: Talk) -> None:
    talk.ask("First?")
    second = talk.ask("Second?")
    talk.answer(talk.chat.worker.retry)
    above = talk.messages[:3]
    told: list[tuple[str, int, int]] = []
    model = talk.chat.messages
    model.rowsRemoved.connect(lambda _, first, last: told.append(("removed", first, last)))
    model.rowsInserted.connect(lambda _, first, last: told.append(("inserted", first, last)))
    model.modelReset.connect(lambda: told.append(("reset", 0, 0)))
    talk.do(lambda: talk.chat.switch(talk.messages[-1].id, -1))
    assert told == [("removed", 3, 3), ("inserted", 3, 3)]
    assert all(now is was for now, was in zip(model.messages, above, strict=False))
    assert model.messages[-1] == second


def test_another_model_is_asked_only_this_once(api: ApiServer, talk: Talk) -> None:
    talk.ask("Hello")
    other = talk.answer(lambda: talk.chat.worker.retry(model="claude-opus-5-5"))
    assert (other.model, api.posts[-1].json["model"]) == ("claude-opus-5-5", "claude-opus-5-5")
    assert talk.ask("And now?").model == "claude-sonnet-5-5"
    assert talk.chat.facts.model == "claude-sonnet-5-5"


def test_an_answer_without_text_makes_room_for_good(api: ApiServer, talk: Talk) -> None:
    api.script(error(400, "invalid_request_error", "No."))
    failed = talk.ask("Hello")
    again = talk.answer(talk.chat.worker.retry)
    assert talk.chat.branch_of(again.id) == (1, 1)
    assert finish(talk.tools.store.messages(talk.chat.facts.id, [failed.id])) == []


def test_the_branch_shown_is_shown_tomorrow(api: ApiServer, talk: Talk) -> None:
    api.answer = "One."
    talk.ask("Hello")
    api.answer = "Two."
    talk.answer(talk.chat.worker.retry)
    assert talk.reopened().texts == ["Hello", "Two."]
    talk.do(lambda: talk.chat.switch(talk.messages[-1].id, -1))
    again = talk.reopened()
    assert again.texts == ["Hello", "One."]
    again.ask("More?")
    assert roles_sent(api) == ["user", "assistant", "user"]
    assert api.posts[-1].json["messages"][1]["content"] == [{"type": "text", "text": "One."}]


def test_what_a_version_costs_is_what_was_promised(talk: Talk, picture: Callable[..., Path]) -> None:
    """The answer that left the prompt in the server's cache is not among the messages any more."""
    first = talk.ask("What is it?", picture("a.png", (1200, 900)))
    assert first.usage is not None
    for _ in range(2):
        again = talk.answer(talk.chat.worker.retry)
        assert again.usage is not None
        assert again.usage.cache_read == first.usage.cache_write_5m
        assert (again.cache or {})["expected"] == again.usage.cache_read
        assert talk.chat.context.cached == again.usage.cache_read
        assert talk.chat.context.lost is None
    entries = finish(talk.tools.spending.ledger.entries(Filter()))
    promised = {entry.call.ahead for entry in entries if entry.call.message != first.id}
    assert len(promised) == 1  # both times the same: the second did not forget what the first had read


def test_what_a_lost_version_left_in_the_cache_is_known(
    api: ApiServer, talk: Talk, picture: Callable[..., Path]
) -> None:
    first = talk.ask("What is it?", picture("a.png", (1200, 900)))
    assert first.usage is not None
    api.script(error(400, "invalid_request_error", "No."))
    talk.answer(talk.chat.worker.retry)
    assert talk.chat.context.cached == first.usage.cache_write_5m
    assert talk.reopened().chat.context.cached == first.usage.cache_write_5m


def test_thinking_of_another_branch_stays_at_home(api: ApiServer, talk: Talk) -> None:
    api.thinking = "Hm."
    first = talk.ask("First?")
    talk.ask("Second?")
    talk.answer(lambda: talk.chat.worker.retry(first.id))
    talk.ask("Third?")
    contents = [m["content"] for m in api.posts[-1].json["messages"] if m["role"] == "assistant"]
    assert [[block["type"] for block in content] for content in contents] == [["thinking", "text"]]
    assert contents[0][0]["signature"] == talk.messages[1].content[0].data["signature"]  # type: ignore[union-attr]


def test_a_cut_answer_stays_as_a_version(api: ApiServer, talk: Talk) -> None:
    api.script(recorded("stream_cut.sse"))
    cut = talk.ask("Hello")
    again = talk.answer(talk.chat.worker.retry)
    assert talk.chat.branch_of(again.id) == (2, 2)
    talk.do(lambda: talk.chat.switch(again.id, -1))
    assert talk.messages[-1] == cut


def test_the_time_it_thought_is_kept(api: ApiServer, talk: Talk) -> None:
    assert talk.ask("Hello").thought == 0.0
    api.thinking = "Hm."
    answer = talk.ask("Why?")
    assert 0.0 < answer.thought <= answer.seconds
    assert talk.reopened().messages[-1].thought == answer.thought


def test_nothing_is_switched_while_it_is_busy(api: ApiServer, talk: Talk, qtbot: QtBot) -> None:
    talk.ask("Hello")
    again: Message = talk.answer(talk.chat.worker.retry)
    api.script(silence())
    talk.chat.draft.set_text("More?")
    talk.chat.worker.send()
    qtbot.waitUntil(lambda: len(api.posts) == 3)
    talk.chat.switch(again.id, -1)
    talk.chat.delete(again.id)
    assert talk.messages[1] == again
    talk.answer(talk.chat.worker.stop)
    assert talk.messages[1] == again


def test_text_that_streams_is_on_the_new_branch_at_once(api: ApiServer, talk: Talk, qtbot: QtBot) -> None:
    talk.ask("Hello")
    api.script(text("One two three.", chunks=3).hold("content_block_delta", 2))
    talk.chat.worker.retry()
    qtbot.waitUntil(lambda: talk.chat.worker.phase == "streaming" and talk.texts[-1] != "")
    assert [message.role for message in talk.messages] == ["user", "assistant"]
    assert talk.chat.branch_of(talk.messages[-1].id) == (2, 2)
    api.release()
    talk.rest()
