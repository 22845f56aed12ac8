"""What finished turns teach, from a real answer of the test server to the next estimate."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.conversation.learning import Learning
from app.conversation.tools import Tools
from app.core.catalog import Catalog
from app.core.message import Message, ReplyBlock, State, Usage
from app.core.request import Request
from tests.conftest import destroy, finish
from tests.core.test_request import MODEL, asked
from tests.texts import turns

SONNET = Catalog.load().get(MODEL)
TURN = turns("english")[0]


@pytest.fixture
def learning(tools: Tools) -> Iterator[Learning]:
    learning = Learning(tools.store, tools.tasks)
    yield learning
    finish(tools.tasks.close())
    destroy(learning)


def answer(tokens: int, state: State = "complete") -> Message:
    block = ReplyBlock({"type": "text", "text": TURN.answer})
    return Message("assistant", (block,), state=state, model=MODEL, usage=Usage(output_tokens=tokens))


def test_an_answer_teaches_the_next_estimate(learning: Learning, tools: Tools, qtbot: QtBot) -> None:
    request = Request.build([asked(TURN.question)], model=MODEL)
    before = learning.counter(SONNET)(TURN.answer)

    with qtbot.waitSignal(learning.changed):
        learning.learn(request, answer(2 * before), SONNET)
    after = learning.counter(SONNET)(TURN.answer)
    another = Learning(tools.store, tools.tasks)
    with qtbot.waitSignal(another.changed):
        another.start()

    assert 1.3 * before < after < 2 * before
    assert another.counter(SONNET)(TURN.answer) == after
    destroy(another)


def test_what_tells_nothing_is_not_kept(learning: Learning, tools: Tools) -> None:
    request = Request.build([asked(TURN.question)], model=MODEL)

    learning.learn(request, answer(500, "stopped"), SONNET)

    assert not tools.tasks._running
