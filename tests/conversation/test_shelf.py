"""Earlier pictures of a real conversation in other forms: they go over the wire, are undone, and cost what was told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.conversation.attachment import Source
from app.conversation.chat import Chat, Tools
from app.conversation.shelf import ContextShelf
from app.core.bill import lines
from app.core.ledger_pictures import pictures_of
from app.core.message import Message
from app.core.shelf import KEPT, Form, described
from tests.conftest import destroy, finish
from tests.conversation.talk import MODEL, done, rest
from tests.conversation.test_history_pictures import stored
from tests.servers.api import ApiServer

LEFT_OUT = Form("left_out")
WORDS = "A red field, a white box."


@pytest.fixture
def shelf(online: Tools, chat: Chat) -> Iterator[ContextShelf]:
    shelf = ContextShelf(online)
    shelf.set_chat(chat)
    yield shelf
    finish(online.tasks.close())
    destroy(shelf)


def sent(api: ApiServer, post: int = -1) -> list[dict[str, Any]]:
    """All blocks of the questions in a request."""
    messages = api.posts[post].json["messages"]
    return [block for message in messages if message["role"] == "user" for block in message["content"]]


def test_words_go_in_the_place_of_a_picture_and_nobody_is_asked_anything(
    api: ApiServer,
    online: Tools,
    ask: Callable[..., Message],
    picture: Callable[..., Path],
    chat: Chat,
    shelf: ContextShelf,
    qtbot: QtBot,
) -> None:
    api.thinking = "Hm."
    ask("First?", picture("a.png"), picture("b.png", (800, 600)))
    rest(chat, qtbot, lambda: shelf.arrange({2: described(WORDS)}))
    assert len(api.posts) == 1
    assert stored(online, chat) == chat.messages.messages
    assert ask("Second?").state == "complete"
    texts = [block["text"] for block in sent(api) if block["type"] == "text"]
    assert texts == ["Image 1:", f"Image 2, described in words: {WORDS}", "First?", "Second?"]
    assert sum(block["type"] == "image" for block in sent(api)) == 1
    assert [block["type"] for block in api.posts[-1].json["messages"][1]["content"]] == ["text"]  # no thinking


def test_several_change_at_once_and_undo_takes_all_of_it_back(
    api: ApiServer,
    ask: Callable[..., Message],
    picture: Callable[..., Path],
    chat: Chat,
    shelf: ContextShelf,
    qtbot: QtBot,
) -> None:
    ask("First?", picture("a.png"), picture("b.png", (800, 600)), picture("c.png", (400, 300)))
    before = chat.messages.messages[:]
    assert not shelf.can_undo
    rest(chat, qtbot, lambda: shelf.arrange({1: LEFT_OUT, 3: described(WORDS)}))
    rest(chat, qtbot, lambda: shelf.arrange({3: Form("left_out", WORDS)}))
    qtbot.waitUntil(lambda: [row.state for row in shelf.rows] == ["left_out", "kept", "left_out"])
    rest(chat, qtbot, shelf.undo)
    qtbot.waitUntil(lambda: [row.state for row in shelf.rows] == ["left_out", "kept", "described"])
    rest(chat, qtbot, shelf.undo)
    assert chat.messages.messages == before
    assert not shelf.can_undo
    ask("Second?")
    assert sent(api)[: len(sent(api, 0))] == sent(api, 0)


def test_a_change_that_changes_nothing_is_not_one(
    ask: Callable[..., Message], picture: Callable[..., Path], chat: Chat, shelf: ContextShelf
) -> None:
    ask("First?", picture("a.png"))
    shelf.arrange({1: KEPT, 7: LEFT_OUT})
    assert not chat.worker.busy
    assert not shelf.can_undo


def test_a_failed_turn_is_not_asked_for_again_by_it(
    api: ApiServer,
    ask: Callable[..., Message],
    picture: Callable[..., Path],
    chat: Chat,
    shelf: ContextShelf,
    qtbot: QtBot,
) -> None:
    ask("First?", picture("a.png"))
    chat.messages.remove_last()  # as after a crash: the last question has no answer
    rest(chat, qtbot, lambda: shelf.arrange({1: LEFT_OUT}))
    assert len(api.posts) == 1


@pytest.mark.parametrize(("number", "asks", "thinks"), [(2, 2, False), (1, 2, False), (3, 3, False), (3, 3, True)])
def test_what_is_told_beforehand_is_what_the_server_bills(
    number: int,
    asks: int,
    thinks: bool,
    api: ApiServer,
    ask: Callable[..., Message],
    picture: Callable[..., Path],
    chat: Chat,
    shelf: ContextShelf,
    qtbot: QtBot,
) -> None:
    """The prompt of the next turn as it is billed, against one in which nothing was changed."""
    api.thinking = "The picture is red. " * 5 if thinks else None
    for turn in range(asks):
        ask(f"Question {turn}", picture(f"{turn}.png", (1400 + 28 * turn, 1000)))
    warm, prompt, prices = chat.context.cached, chat.context.tokens, chat.model.prices
    told = shelf.what_if({number: LEFT_OUT})
    assert told is not None
    assert prices is not None
    rest(chat, qtbot, lambda: shelf.arrange({number: LEFT_OUT}))
    usage = ask("And now?").usage
    assert usage is not None
    assert usage.cache_read == warm - told.rewritten
    question = usage.prompt_tokens - prompt - told.tokens
    assert thinks or abs(question) < 30  # what an answer was, or hidden thinking is, can only be estimated
    billed = sum((line.amount for line in lines(usage, chat.model) if line.item != "output"), Decimal(0))
    unchanged = warm * prices.cache_read + (prompt + question - warm) * prices.cache_write_5m
    assert float(billed - unchanged / 1_000_000) == pytest.approx(float(told.next), abs=0.00001)


def test_a_picture_that_was_left_out_can_come_back_to_a_cache_that_still_has_it(
    ask: Callable[..., Message], picture: Callable[..., Path], chat: Chat, shelf: ContextShelf, qtbot: QtBot
) -> None:
    ask("First?", picture("a.png", (1400, 1000)))
    there = shelf.what_if({1: LEFT_OUT})
    rest(chat, qtbot, lambda: shelf.arrange({1: LEFT_OUT}))
    back = shelf.what_if({1: KEPT})
    assert there is not None
    assert back is not None
    assert there.each_later == -back.each_later


def test_the_ledger_tells_what_each_picture_has_cost(
    online: Tools,
    ask: Callable[..., Message],
    picture: Callable[..., Path],
    chat: Chat,
    shelf: ContextShelf,
    qtbot: QtBot,
) -> None:
    ask("First?", picture("a.png", (1400, 1000)))
    ask("Second?", picture("b.png", (800, 600)))
    qtbot.waitUntil(lambda: len(shelf.rows) == 2 and all(row.spent for row in shelf.rows))
    spent = finish(pictures_of(online.store, chat.facts.id))
    assert {row.number: row.spent for row in shelf.rows} == spent
    prices = chat.model.prices
    assert prices is not None
    assert spent[1] == shelf.rows[0].tokens * (prices.cache_write_5m + prices.cache_read) / 1_000_000
    assert finish(pictures_of(online.store, "another")) == {}


def test_practice_is_not_in_what_pictures_have_cost(tools: Tools, qtbot: QtBot, picture: Callable[..., Path]) -> None:
    chat = Chat.new(MODEL, tools, tools.account)
    chat.draft.attach([Source(path=str(picture()))])
    done(chat, qtbot, chat.worker.send)
    assert finish(pictures_of(tools.store, chat.facts.id)) == {}


def test_practice_reads_the_words_of_a_picture(tools: Tools, qtbot: QtBot, picture: Callable[..., Path]) -> None:
    chat = Chat.new(MODEL, tools, tools.account)
    chat.draft.attach([Source(path=str(picture())), Source(path=str(picture("b.png", (320, 200))))])
    done(chat, qtbot, chat.worker.send)
    rest(chat, qtbot, lambda: chat.worker.arrange({2: described(f"{WORDS}\n\nImage 1 is /fail 400.")}))
    chat.draft.set_text("What is on Image 2?")
    answer = done(chat, qtbot, chat.worker.send)
    assert answer.state == "complete"
    assert "Image 2 came as words, of which nothing can be measured:" in answer.text
    assert f"> {WORDS}\n>\n> Image 1 is /fail 400." in answer.text
    rest(chat, qtbot, lambda: chat.worker.arrange({1: LEFT_OUT}))
    chat.draft.set_text("And now?")
    assert "No picture came with this conversation." in done(chat, qtbot, chat.worker.send).text
