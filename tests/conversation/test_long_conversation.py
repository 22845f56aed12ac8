"""A long conversation: its newest messages are shown first, and what it carries is known when all are there."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.conversation.attachment import Source
from app.conversation.branch import BATCH, FIRST
from app.conversation.chat import Chat, Tools
from app.conversation.shelf import ContextShelf
from app.core import rows, schema
from app.core.fit import fit
from app.core.message import Message, ReplyBlock, Usage
from app.core.shelf import shelf as shelf_of
from app.core.store import Conversation
from tests.conftest import finish
from tests.conversation.talk import MODEL, Talk, opened
from tests.servers.api import ApiServer

COUNT = FIRST + 3 * BATCH + 20
MANY = 1_100
"""More than are worked out without a pause."""
SMALLER = "claude-sonnet-4-5"
"""A model to which pictures go smaller."""


def long_talk(count: int) -> list[Message]:
    usage = Usage.from_json({"input_tokens": 50, "output_tokens": 5})
    messages = []
    for row in range(count):
        if row % 2:
            said = (ReplyBlock({"type": "text", "text": f"Answer {row}"}),)
            messages.append(
                Message("assistant", said, id=f"m{row}", created=float(row), model=MODEL, cost="0.01", usage=usage)
            )
        else:
            messages.append(Message.from_user(f"Question {row}", (), id=f"m{row}", created=float(row)))
    return messages


def written(tools: Tools, messages: Sequence[Message]) -> Conversation:
    facts = Conversation("c" * 32, title="Long", model=MODEL, updated=1.0)
    parents = ["", *(message.id for message in messages)]

    def write(db: sqlite3.Connection) -> None:
        with schema.transaction(db):
            db.execute(rows.INSERT_CONVERSATION, rows.conversation_row(facts))
            for message, parent in zip(messages, parents, strict=False):
                db.execute(rows.SAVE_MESSAGE, (*rows.message_row(facts.id, message), parent))

    finish(tools.store.run(write))
    return facts


@pytest.fixture
def chat(online: Tools) -> Chat:
    return Chat(written(online, long_talk(COUNT)), online, is_stored=True, parent=online.account)


def test_the_newest_come_first_and_the_others_are_put_before_them(chat: Chat, qtbot: QtBot) -> None:
    shown: list[int] = []
    priced: list[int] = []
    chat.messages.modelReset.connect(lambda: shown.append(len(chat.messages.messages)))
    chat.messages.rowsInserted.connect(lambda _, first, last: shown.append(last - first + 1 if first == 0 else -1))
    chat.changed.connect(lambda: priced.append(len(chat.messages.messages)))
    with qtbot.waitSignal(chat.loaded_all, timeout=20_000):
        chat.load()
        states, prices = [chat.loading], [chat.draft.estimate.next]
    assert [*states, chat.loading] == [True, False]
    assert prices == [None]
    assert chat.draft.estimate.next is not None
    assert shown == [FIRST, BATCH, BATCH, BATCH, 20]
    assert priced == [COUNT]
    assert [message.id for message in chat.messages.messages] == [f"m{row}" for row in range(COUNT)]


def test_what_is_sent_meanwhile_waits_for_all_of_it(chat: Chat, api: ApiServer, online: Tools, qtbot: QtBot) -> None:
    chat.load()
    chat.draft.set_text("And?")
    talk = Talk(chat, online, qtbot)
    talk.answer(chat.worker.send)
    assert len(api.posts[-1].json["messages"]) == COUNT + 1
    assert len(talk.messages) == COUNT + 2


def test_a_question_is_edited_when_it_is_there(chat: Chat, online: Tools, qtbot: QtBot) -> None:
    chat.load()
    chat.edit("m2")
    qtbot.waitUntil(lambda: chat.editing == "m2", timeout=20_000)
    talk = Talk(chat, online, qtbot)
    assert chat.draft.text == "Question 2"
    talk.ask("Anew?")
    assert talk.texts[:3] == ["Question 0", "Answer 1", "Anew?"]
    talk.do(lambda: chat.switch(talk.messages[2].id, -1))
    assert len(talk.messages) == COUNT


def test_versions_are_known_before_their_messages_are(chat: Chat, online: Tools, qtbot: QtBot) -> None:
    other = Message("assistant", (ReplyBlock({"type": "text", "text": "Else"}),), id="other", created=1e6)
    finish(online.store.add_message(chat.facts.id, other, f"m{COUNT - 2}"))
    seen: list[tuple[int, int]] = []
    chat.messages.modelReset.connect(lambda: seen.append(chat.branch_of("other")))
    with qtbot.waitSignal(chat.loaded_all, timeout=20_000):
        chat.load()
    assert seen == [(2, 2)]


@pytest.fixture
def many(online: Tools, qtbot: QtBot) -> Talk:
    """A conversation of which it takes a moment to know what goes; all of it is read."""
    return opened(written(online, long_talk(MANY)), online, qtbot)


def test_another_model_is_priced_in_steps_and_no_price_holds_until_then(many: Talk) -> None:
    chat = many.chat
    before = chat.draft.estimate.next
    known: list[bool] = []
    chat.changed.connect(lambda: known.append(chat.context.known))
    chat.set_model(SMALLER)
    assert (chat.context.known, chat.draft.estimate.next, chat.draft.estimate.at_most) == (False, None, None)
    finish(chat.loaded())
    today = chat.today
    assert chat.context == today.context(today.build(chat.history), chat.history)
    assert chat.draft.estimate.next not in {None, before}
    assert known == [False, True]


def test_what_was_begun_for_a_model_is_dropped_when_another_is_chosen(many: Talk) -> None:
    chat = many.chat
    known: list[bool] = []
    chat.changed.connect(lambda: known.append(chat.context.known))
    for model in (SMALLER, MODEL, SMALLER):
        chat.set_model(model)
    finish(chat.loaded())
    today = chat.today
    assert chat.context == today.context(today.build(chat.history), chat.history)
    assert known.count(True) == 1


def test_what_is_sent_at_once_after_a_switch_goes_as_the_new_model_takes_it(
    many: Talk, api: ApiServer, picture: Callable[..., Path], qtbot: QtBot
) -> None:
    chat = many.chat
    chat.draft.attach([Source(path=str(picture("wide.png", (2400, 1200))))])
    qtbot.waitUntil(lambda: chat.draft.ready and bool(chat.draft.pictures), timeout=10_000)
    chat.set_model(SMALLER)
    many.answer(chat.worker.send)
    (image,) = many.messages[-2].images
    assert (image.width, image.height) == fit(2400, 1200, chat.model.tier)
    assert api.posts[-1].json["model"] == chat.model.id


def test_prices_hold_on_while_a_question_and_its_answer_join(many: Talk) -> None:
    chat = many.chat
    known: list[bool] = []
    chat.changed.connect(lambda: known.append(chat.context.known))
    many.ask("And?")
    finish(chat.loaded())
    assert len(many.messages) == MANY + 2
    assert set(known) == {True}
    today = chat.today
    assert chat.context.tokens == today.context(today.build(chat.history), chat.history).tokens


def test_its_shelf_is_worked_out_aside_and_is_the_same(many: Talk, picture: Callable[..., Path]) -> None:
    many.ask("What is it?", picture())
    shelf = ContextShelf(many.tools, many.chat)
    shelf.set_chat(many.chat)
    assert not shelf.rows
    many.qtbot.waitUntil(lambda: bool(shelf.rows), timeout=20_000)
    chat = many.chat
    assert shelf.rows[0].tokens == shelf_of(chat.history, chat.today).rows[0].tokens
