"""What finished turns teach, from a real answer of the test server to the next estimate."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.conversation.learning import Learning
from app.conversation.tools import Tools
from app.core.catalog import Catalog
from app.core.cost import USUAL_ANSWER
from app.core.ledger import Call, Caps, Outcome
from app.core.message import Message, ReplyBlock, State, Usage
from app.core.request import Request
from tests.conftest import destroy, finish
from tests.core.test_request import MODEL, asked
from tests.texts import turns

SONNET = Catalog.load().get(MODEL)
TURN = turns("english")[0]


@pytest.fixture
def learning(tools: Tools, qtbot: QtBot) -> Iterator[Learning]:
    learning = Learning(tools.store, tools.spending.ledger, tools.tasks)
    learning.start()
    qtbot.waitUntil(lambda: learning._calibration is not None)
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
        learning.learn(request, answer(2 * before), SONNET, practice=False)
    after = learning.counter(SONNET)(TURN.answer)
    another = Learning(tools.store, tools.spending.ledger, tools.tasks)
    with qtbot.waitSignal(another.changed):
        another.start()

    assert 1.3 * before < after < 2 * before
    assert another.counter(SONNET)(TURN.answer) == after
    destroy(another)


def test_what_tells_nothing_changes_nothing(learning: Learning, qtbot: QtBot) -> None:
    request = Request.build([asked(TURN.question)], model=MODEL)
    before = learning.counter(SONNET)(TURN.answer)
    with qtbot.waitSignal(learning.changed):
        learning.learn(request, answer(500, "stopped"), SONNET, practice=False)
    assert learning.counter(SONNET)(TURN.answer) == before


def test_the_usual_answer_is_the_median_of_the_models_last_ten_wherever_they_were(
    learning: Learning, tools: Tools, qtbot: QtBot
) -> None:
    assert learning.usual_answer(MODEL, practice=False) == USUAL_ANSWER
    ledger = tools.spending.ledger
    for row, (tokens, practice) in enumerate([(9999, False), *((100 * n, False) for n in range(1, 11)), (7, True)]):
        call = Call("message", model=MODEL, conversation=str(row), practice=practice)
        finish(ledger.enter(str(row), call, Caps()))
        finish(ledger.settle(str(row), Outcome("complete", usage=Usage(output_tokens=tokens))))
    with qtbot.waitSignal(learning.changed):
        learning.start()
    assert learning.usual_answer(MODEL, practice=False) == 550
    assert learning.usual_answer(MODEL, practice=True) == 7
    assert learning.usual_answer("another", practice=False) == USUAL_ANSWER
