"""Messages deleted and brought back: what goes with them, what stays, and what a request carries then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conversation.talk import Talk
from tests.servers.api import ApiServer


@pytest.fixture
def three(api: ApiServer, talk: Talk) -> Talk:
    """Three questions, each with its answer."""
    for words, answer in (("One?", "1"), ("Two?", "2"), ("Three?", "3")):
        api.answer = answer
        talk.ask(words)
    return talk


@pytest.mark.parametrize(
    ("row", "left"),
    [
        (0, ["Two?", "2", "Three?", "3"]),
        (1, ["One?", "Two?", "2", "Three?", "3"]),
        (2, ["One?", "1", "Three?", "3"]),
        (4, ["One?", "1", "Two?", "2"]),
        (5, ["One?", "1", "Two?", "2", "Three?"]),
    ],
)
def test_a_question_goes_with_its_answer_and_an_answer_alone(three: Talk, row: int, left: list[str]) -> None:
    before, whole = three.texts, list(three.messages)
    gone = [m.id for m in whole if m.text not in left]
    with three.qtbot.waitSignal(three.chat.deleted) as deleted:
        three.do(lambda: three.chat.delete(whole[row].id))
    assert deleted.args is not None
    assert list(deleted.args[0]) == gone
    assert three.texts == left
    assert three.reopened().texts == left
    three.do(three.chat.undo_delete)
    assert three.texts == before
    assert three.messages == whole
    assert three.reopened().texts == before


def test_what_is_deleted_goes_back_no_more(api: ApiServer, three: Talk) -> None:
    three.do(lambda: three.chat.delete(three.messages[2].id))
    three.ask("Four?")
    sent = [b["text"] for m in api.posts[-1].json["messages"] for b in m["content"]]
    assert sent == ["One?", "1", "Three?", "3", "Four?"]


def test_thinking_behind_it_stays_at_home_and_comes_back_with_it(api: ApiServer, talk: Talk) -> None:
    api.thinking = "Hm."
    for words in ("One?", "Two?", "Three?"):
        talk.ask(words)
    first = talk.messages[0].id

    def kinds() -> list[list[str]]:
        talk.ask("And?")
        messages = api.posts[-1].json["messages"]
        return [[b["type"] for b in m["content"]] for m in messages if m["role"] == "assistant"]

    talk.do(lambda: talk.chat.delete(first))
    assert kinds() == [["text"], ["text"]]
    talk.do(lambda: talk.chat.delete(talk.messages[-2].id))
    talk.do(talk.chat.undo_delete)
    assert kinds() == [["text"], ["text"], ["thinking", "text"]]


def test_only_the_last_is_brought_back_and_only_once(three: Talk) -> None:
    three.do(lambda: three.chat.delete(three.messages[4].id))
    three.do(lambda: three.chat.delete(three.messages[2].id))
    three.do(three.chat.undo_delete)
    three.do(three.chat.undo_delete)
    assert three.texts == ["One?", "1", "Two?", "2"]


def test_pictures_count_and_are_numbered_by_what_is_left(talk: Talk, picture: Callable[..., Path]) -> None:
    talk.ask("One?", picture("a.png"))
    talk.ask("Two?", picture("b.png", color="#2040c0"))
    cost = talk.chat.facts.cost
    talk.do(lambda: talk.chat.delete(talk.messages[2].id))
    assert (talk.chat.facts.pictures, talk.chat.facts.cost) == (1, cost)
    assert (talk.chat.context.pictures, talk.chat.draft.first_number) == (1, 2)
    talk.do(talk.chat.undo_delete)
    assert (talk.chat.facts.pictures, talk.chat.draft.first_number) == (2, 3)


def test_another_version_takes_the_place_of_the_last_answer(api: ApiServer, talk: Talk) -> None:
    api.answer = "One."
    talk.ask("Hello")
    api.answer = "Two."
    second = talk.answer(talk.chat.worker.retry)
    talk.do(lambda: talk.chat.delete(second.id))
    assert talk.texts == ["Hello", "One."]
    assert talk.chat.branch_of(talk.messages[-1].id) == (1, 1)
    talk.do(talk.chat.undo_delete)
    assert talk.texts == ["Hello", "Two."]
    assert talk.chat.branch_of(second.id) == (2, 2)


def test_what_was_said_since_stays_shown_when_it_comes_back(api: ApiServer, three: Talk) -> None:
    gone = three.messages[4].id
    three.do(lambda: three.chat.delete(gone))
    api.answer = "4"
    three.ask("Four?")
    three.do(three.chat.undo_delete)
    assert three.texts == ["One?", "1", "Two?", "2", "Four?", "4"]
    assert three.chat.branch_of(three.messages[4].id) == (2, 2)
    three.do(lambda: three.chat.switch(three.messages[4].id, -1))
    assert three.messages[4].id == gone
    assert three.texts[4:] == ["Three?", "3"]


def test_a_question_behind_a_deleted_one_keeps_its_versions(three: Talk) -> None:
    three.do(lambda: three.chat.delete(three.messages[0].id))
    three.edit(three.messages[0])
    three.ask("Two, but?")
    assert three.texts[0] == "Two, but?"
    assert three.chat.branch_of(three.messages[0].id) == (2, 2)
    assert three.reopened().chat.branch_of(three.messages[0].id) == (2, 2)


def test_everything_can_go(three: Talk) -> None:
    for _ in range(3):
        three.do(lambda: three.chat.delete(three.messages[0].id))
    assert three.messages == []
    three.ask("Again?")
    assert three.texts[0] == "Again?"
    assert three.reopened().texts == three.texts
