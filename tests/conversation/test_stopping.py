"""A Stop wherever what changes the conversation waits: what is on disk is what is on screen, and can be undone."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from itertools import count
from types import coroutine
from typing import Any, Final, TypeVar

import pytest

from app.core.errors import StoreFull
from app.core.message import Message
from tests.conftest import finish
from tests.conversation.talk import Talk
from tests.servers.api import ApiServer
from tests.servers.replies import error
from tests.stored import conversations_of

T = TypeVar("T")

FULL: Final = StoreFull("/there")


class Stops:
    """Lets every task run that is started while it is there, and stops the worker where they wait for the `at`-th time.

    Only while the worker is preparing: what an answer does when it is stopped has its own tests.
    """

    def __init__(self, talk: Talk, at: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self._worker = talk.chat.worker
        self._left = at
        tasks = talk.tools.tasks
        start = tasks.start
        monkeypatch.setattr(tasks, "start", lambda work, name: start(self._run(work), name))

    @property
    def came(self) -> bool:
        """Whether it has stopped the worker."""
        return self._left <= 0

    async def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return await self._waiting(work)

    @coroutine
    def _waiting(self, work: Coroutine[Any, Any, T]) -> Generator[Any, Any, T]:
        raised: BaseException | None = None
        while True:
            try:
                waited = work.send(None) if raised is None else work.throw(raised)
            except StopIteration as end:
                value: T = end.value
                return value
            raised = None
            if self._worker.phase == "preparing":
                self._left -= 1
                if not self._left:
                    self._worker.stop()
            try:
                yield waited
            except BaseException as error:  # noqa: BLE001  # it is the work's
                raised = error


def stopped_everywhere(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, begin: Callable[[], None], deed: Callable[[], None]
) -> list[list[Message]]:
    """Begin anew and do the deed, with a Stop at its first wait, its second, and so on to the end.

    Returns what was shown after each.
    """
    found = []
    for at in count(1):
        begin()
        with monkeypatch.context() as patched:
            stops = Stops(talk, at, patched)
            talk.do(deed)
        assert talk.chat.worker.refusal is None
        assert facts(finish(talk.tools.store.messages(talk.chat.facts.id))) == facts(talk.messages)
        assert conversations_of(talk.tools.store) == [talk.chat.facts]
        assert facts(talk.reopened().messages) == facts(talk.messages)
        found.append(list(talk.messages))
        if not stops.came:
            return found
    raise AssertionError


def facts(messages: list[Message]) -> list[tuple[object, ...]]:
    return [(message.id, message.content, message.state, message.cost) for message in messages]


@pytest.fixture
def two(api: ApiServer, talk: Talk) -> Talk:
    for words, answer in (("One?", "1"), ("Two?", "2")):
        api.answer = answer
        talk.ask(words)
    return talk


def restored(talk: Talk, whole: list[Message]) -> None:
    if talk.messages != whole:
        talk.do(talk.chat.undo_delete)
    assert talk.messages == whole


def test_deleting(two: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, question = list(two.messages), two.messages[0].id
    told: list[tuple[str, ...]] = []
    two.chat.deleted.connect(told.append)
    shown = stopped_everywhere(two, monkeypatch, lambda: restored(two, whole), lambda: two.chat.delete(question))
    assert all(messages in (whole, whole[2:]) for messages in shown)
    assert len(told) == shown.count(whole[2:]) > 1, "what is gone can be brought back"
    restored(two, whole)


def test_bringing_back(two: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, question = list(two.messages), two.messages[0].id

    def begin() -> None:
        if two.messages == whole:
            two.do(lambda: two.chat.delete(question))
        assert two.messages == whole[2:]

    shown = stopped_everywhere(two, monkeypatch, begin, two.chat.undo_delete)
    assert all(messages in (whole, whole[2:]) for messages in shown)
    assert shown.count(whole) > 1
    two.do(two.chat.undo_delete)
    assert two.messages == whole


def test_switching(api: ApiServer, two: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    first = list(two.messages)
    api.answer = "Otherwise."
    second = two.answer(lambda: two.chat.worker.retry(first[1].id))
    other = list(two.messages)

    def begin() -> None:
        if two.messages == first:
            two.do(lambda: two.chat.switch(first[1].id, 1))
        assert two.messages == other

    shown = stopped_everywhere(two, monkeypatch, begin, lambda: two.chat.switch(second.id, -1))
    assert all(messages in (first, other) for messages in shown)
    assert shown.count(first) > 1


def test_asking_again_for_an_answer_without_text(api: ApiServer, two: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    before = two.texts[:2]

    def begin() -> None:
        question = two.chat.messages.last_question
        assert question is not None
        two.do(lambda: two.chat.delete(question.id))
        api.script(error(400, "invalid_request_error", "No."))
        assert two.ask("Three?").state == "failed"

    api.answer = "3"
    shown = stopped_everywhere(two, monkeypatch, begin, two.chat.worker.retry)
    texts = [[message.text for message in messages] for messages in shown]
    assert [*before, "Three?"] in texts, "the empty answer has gone, and no other has come"
    assert texts[-1] == [*before, "Three?", "3"]


def test_what_fails_after_a_stop_is_told(two: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = list(two.messages)
    failures: list[object] = []
    two.tools.tasks.failed.connect(failures.append)

    async def full(*_: object) -> None:
        two.chat.worker.stop()
        raise FULL

    monkeypatch.setattr(two.tools.store, "delete_messages", full)
    two.do(lambda: two.chat.delete(whole[0].id))
    assert two.chat.worker.refusal is FULL
    assert failures == []
    assert two.messages == whole
