"""The search as a model: what is typed, what is shown, more of it, and the index behind it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.conversation.chat import Chat, Tools
from app.conversation.desk import Desk
from app.conversation.history import HistoryModel
from app.conversation.searching import Indexing, SearchModel
from app.core.message import Message, ReplyBlock, TextBlock
from app.core.search import PAGE, Search, Wanted
from app.core.store import Conversation
from tests.conftest import destroy, finish
from tests.conversation.talk import Talk
from tests.stored import add_conversation


@pytest.fixture
def model(tools: Tools) -> Iterator[SearchModel]:
    model = SearchModel(Search(tools.store), tools.tasks)
    yield model
    finish(tools.tasks.close())
    destroy(model)


@pytest.fixture
def history() -> Iterator[HistoryModel]:
    history = HistoryModel()
    yield history
    destroy(history)


def say(tools: Tools, conversation: str, *texts: str, title: str = "") -> None:
    finish(add_conversation(tools.store, Conversation(conversation, title=title or conversation)))
    for number, text in enumerate(texts):
        said = (ReplyBlock({"type": "text", "text": text}),)
        message = Message("assistant", said, id=f"{conversation}-{number}", created=float(number))
        finish(tools.store.add_message(conversation, message))


def index(tools: Tools) -> None:
    search = Search(tools.store)
    while finish(search.step()):
        pass


def look(qtbot: QtBot, model: SearchModel, text: str, **filters: object) -> None:
    """Look for something and wait until all of the first page is there."""
    wanted = Wanted(text, **filters)  # type: ignore[arg-type]  # what the filters are is theirs to say
    model.search(wanted)
    qtbot.waitUntil(lambda: model.wanted == wanted and not model.searching)


def rows(model: SearchModel) -> list[tuple[str, str]]:
    """The section of each row, and the message or else the conversation that stands in it."""
    found: list[tuple[str, str]] = []
    for row in range(model.rowCount()):
        hit = model.hit(row)
        found.append((model.section(row), "" if hit is None else hit.message or hit.conversation.id))
    return found


def test_titles_come_before_messages(qtbot: QtBot, tools: Tools, model: SearchModel) -> None:
    say(tools, "a", "refunds", "nothing")
    say(tools, "b", "a refund", title="Refund rates")
    index(tools)
    look(qtbot, model, "refu")
    assert rows(model) == [("titles", "b"), ("messages", "b-0"), ("messages", "a-0")]
    look(qtbot, model, "nowhere")
    assert rows(model) == []


def test_nothing_looked_for_shows_the_last_conversations(qtbot: QtBot, tools: Tools, model: SearchModel) -> None:
    say(tools, "a", "one")
    say(tools, "b", "one", "two")
    look(qtbot, model, "  ")
    assert rows(model) == [("recent", "b"), ("recent", "a")]


def test_a_row_stands_for_titles_that_are_not_shown(qtbot: QtBot, tools: Tools, model: SearchModel) -> None:
    for number in range(7):
        say(tools, f"c{number}", "a word", title=f"Word {number}")
    index(tools)
    look(qtbot, model, "word")
    assert [row for row, at in enumerate(rows(model)) if at == ("titles", "")] == [5]
    assert (model.titles, model.rowCount()) == (7, 5 + 1 + 7)
    model.expand()
    qtbot.waitUntil(lambda: model.rowCount() == 7 + 7)
    assert ("titles", "") not in rows(model)


def test_more_come_page_by_page(qtbot: QtBot, tools: Tools, model: SearchModel) -> None:
    say(tools, "a", *(f"word {number}" for number in range(2 * PAGE + 5)))
    index(tools)
    look(qtbot, model, "word")
    assert model.rowCount() == PAGE
    for count in (2 * PAGE, 2 * PAGE + 5):
        assert model.canFetchMore(model.index(-1))
        model.fetchMore(model.index(-1))
        qtbot.waitUntil(lambda: not model.searching)
        assert model.rowCount() == count
    assert not model.canFetchMore(model.index(-1))
    assert [hit for _, hit in rows(model)] == [f"a-{number}" for number in range(2 * PAGE + 4, -1, -1)]


def test_what_is_typed_last_counts(qtbot: QtBot, tools: Tools, model: SearchModel) -> None:
    say(tools, "a", "one", "two", "three")
    index(tools)
    shown: list[str] = []
    model.modelReset.connect(lambda: shown.append(model.wanted.text))
    for text in ("o", "on", "one"):
        model.search(Wanted(text))
    qtbot.waitUntil(lambda: not model.searching)
    assert shown == ["one"]
    model.search_now(Wanted("two"))
    model.search_now(Wanted("three"))
    qtbot.waitUntil(lambda: model.wanted.text == "three" and not model.searching)
    assert shown == ["one", "three"]


def test_a_store_that_cannot_be_read_is_told(qtbot: QtBot, tools: Tools, model: SearchModel) -> None:
    say(tools, "a", "one")
    index(tools)
    finish(tools.store.run(_break))
    with qtbot.waitSignal(model.failed):
        model.search_now(Wanted("one"))


def _break(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    [file] = [path for _, name, path in db.execute("PRAGMA database_list") if name == "main"]
    Path(file).write_bytes(b"no database " * 100_000)
    db.execute("PRAGMA cache_size = 0")
    db.execute("PRAGMA shrink_memory")


def test_the_index_follows_what_is_said(qtbot: QtBot, talk: Talk, online: Tools, history: HistoryModel) -> None:
    search = Search(online.store)
    indexing = Indexing(search, online.tasks, history)
    answer = talk.ask("What are zebrafish?")
    with qtbot.waitSignal(indexing.finished, timeout=10_000):
        history.put(talk.chat.facts)
    hits = finish(search.find(Wanted("zebrafish"))).hits
    assert talk.messages[0].id in [hit.message for hit in hits]
    assert answer.state == "complete"
    destroy(indexing)


def test_what_the_upkeep_deletes_leaves_the_index_too(qtbot: QtBot, tools: Tools, history: HistoryModel) -> None:
    say(tools, "a", "a word", *(f"another {number}" for number in range(20)))
    indexing = Indexing(Search(tools.store), tools.tasks, history)
    with qtbot.waitSignal(indexing.finished):
        indexing.start()
    qtbot.waitUntil(lambda: not indexing.busy)
    finish(tools.store.remove_message("a-0"))
    indexing._rounds.setInterval(1)
    qtbot.waitUntil(lambda: finish(tools.store.run(_held)) == 0)
    indexing._rounds.stop()
    qtbot.waitUntil(lambda: not indexing.busy)
    destroy(indexing)


def _held(db: sqlite3.Connection) -> int:
    """How many messages the index still has something of that are gone."""
    [count] = db.execute(
        """SELECT (SELECT count(*) FROM search_queue) + (SELECT count(*) FROM search_erased)
            + (SELECT count(*) FROM search_text WHERE search_text MATCH '"a word"')"""
    ).fetchone()
    return int(count)


def test_a_message_on_another_branch_is_reached(qtbot: QtBot, tools: Tools, desk: Desk) -> None:
    finish(add_conversation(tools.store, Conversation("c")))
    for id_, parent, text in (("q1", "", "one"), ("q2", "q1", "two"), ("q3", "", "another")):
        finish(tools.store.add_message("c", Message("user", (TextBlock(text),), id=id_), parent))
    desk.start()
    desk.open("c")
    chat: Chat = desk.current
    with qtbot.waitSignal(chat.reached) as reached:
        chat.reach("q1")
    assert reached.args == ["q1"]
    assert [message.id for message in chat.messages.messages] == ["q1", "q2"]
    with qtbot.waitSignal(chat.reached):
        chat.reach("q2")
    chat.reach("nowhere")
    qtbot.waitUntil(lambda: not chat.worker.busy)
    assert [message.id for message in chat.messages.messages] == ["q1", "q2"]
