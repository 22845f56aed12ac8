"""The index of all that was said: how it keeps up with the store, what is found, and in which order."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core import rows, schema
from app.core.filing import Filing
from app.core.message import Message, ReplyBlock, TextBlock
from app.core.search import Hit, Page, Search, Wanted
from app.core.search_words import marked, terms
from app.core.store import FILE, Conversation, Store
from tests.core.test_store import picture, sql
from tests.stored import add_conversation


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def search(store: Store) -> Search:
    return Search(store)


def question(text: str, id_: str, *images: Any, created: float = 1.0) -> Message:
    return Message("user", (*images, TextBlock(text)), id=id_, created=created)


def answer(text: str, id_: str, **facts: Any) -> Message:
    thought = ReplyBlock({"type": "thinking", "thinking": "secretly", "signature": "s"})
    usual: dict[str, Any] = {"created": 2.0, "model": "sonnet"}
    return Message("assistant", (thought, ReplyBlock({"type": "text", "text": text})), id=id_, **usual | facts)


async def ids(search: Search, text: str, **filters: Any) -> list[str]:
    """The messages that are found, once the index is up to date."""
    await catch_up(search)
    page = await search.find(Wanted(text, **filters))
    return [hit.message for hit in page.hits]


async def catch_up(search: Search) -> int:
    steps = 0
    while await search.step():
        steps += 1
    return steps


async def everything(search: Search, text: str) -> list[Hit]:
    """All that is found, page by page."""
    found: list[Hit] = []
    page = Page([], 1 << 62)
    while page.before:
        page = await search.find(Wanted(text), page.before)
        found += page.hits
    return found


async def test_questions_answers_and_names_of_pictures_are_found_but_no_thinking(store: Store, search: Search) -> None:
    await add_conversation(store, Conversation("c", title="About charts"))
    await store.add_message("c", question("How do these differ?", "q", picture()))
    await store.add_message("c", answer("The **refund** rate, 图片", "a"))
    assert await ids(search, "differ") == ["q"]
    assert await ids(search, "refund rate") == ["a"]
    assert await ids(search, "片") == await ids(search, "图片") == ["a"]
    assert await ids(search, "uberblick 📈.png") == await ids(search, "png uberb") == await ids(search, "📈") == ["q"]
    assert await ids(search, "secretly") == []


async def test_a_hit_tells_what_a_list_shows(store: Store, search: Search) -> None:
    await add_conversation(store, Conversation("c", title="About charts"))
    await store.add_message("c", question("How do these differ?", "q", picture()))
    await store.add_message("c", answer("The refund rate.", "a", cost="0.02"))
    await catch_up(search)
    [hit] = (await search.find(Wanted("refund"))).hits
    assert (hit.conversation.id, hit.title.text, hit.role, hit.model) == ("c", "About charts", "assistant", "sonnet")
    assert (hit.snippet.text, hit.snippet.first, hit.in_text) == ("The refund rate.", "refund", True)
    assert hit.thumbnail == picture().thumbnail
    [hit] = (await search.find(Wanted("uberblick"))).hits
    assert (hit.snippet.first, hit.in_text) == ("Überblick", False)


async def test_a_hit_has_the_picture_of_its_message_else_that_of_its_conversation(store: Store, search: Search) -> None:
    await add_conversation(store, Conversation("c"))
    await store.add_message("c", question("first words", "q1", picture()))
    await store.add_message("c", question("second words", "q2", picture(original="8" * 64)))
    await store.add_message("c", answer("third words", "a"))
    await catch_up(search)
    found = {hit.message: hit.thumbnail for hit in (await search.find(Wanted("words"))).hits}
    assert found["q2"] == picture(original="8" * 64).thumbnail
    assert found["q1"] == found["a"] == picture().thumbnail != found["q2"]


@pytest.mark.parametrize(
    ("text", "found", "missed"),
    [
        ("старый за\u0301мок", "замок", "зам"),
        ("Die Straße", "strasse", "strase"),
        ("ο ΟΔΟΣ", "οδος", "οδοι"),
        ("型番ＡＢＣです", "abc", "ac"),
        ("ｶﾒﾗを買う", "カメラ", "カラ"),
        ("กินข้าว", "กิน", "กน"),
        ("यह हिन्दी", "हिन्दी", "हन्दी"),
        ("שָׁלוֹם", "שלום", "שלם"),
        ("ㄅㄆㄇ", "ㄆ", "ㄅㄇ"),
        ("Nice 😀 face", "😀", "😃"),
        ("newer \U0001fae8 than SQLite", "\U0001fae8", "\U0001fae9"),
    ],
)
async def test_words_of_all_kinds_of_writing_are_found_in_texts_and_titles(
    store: Store, search: Search, text: str, found: str, missed: str
) -> None:
    await add_conversation(store, Conversation("c", title=text))
    await store.add_message("c", question(text, "q"))
    assert await ids(search, f'"{found}"') == ["q"]
    assert await ids(search, f'"{missed}"') == []
    assert [(await search.titles(Wanted(f'"{each}"'), 5))[1] for each in (found, missed)] == [1, 0]


async def test_models_that_were_ever_asked_are_told_once(store: Store, search: Search) -> None:
    assert await search.models() == []
    for number, model in enumerate(("opus", "sonnet", "sonnet", "", "gone")):
        await add_conversation(store, Conversation(f"c{number}", model=model))
    await Filing(store).discard(["c4"])
    for number, model in enumerate(("haiku", "opus", "haiku", "")):
        query = """INSERT INTO requests VALUES (NULL, ?, 0, 0, 'message', 'complete', 0, '', ?, '', '', NULL, NULL,
            NULL, 0, NULL, 0, 0, 0, 0, 0, 0, 0)"""
        await store.run(partial(_execute, query, (str(number), model)))
    assert await search.models() == ["haiku", "opus", "sonnet"]


def _execute(query: str, values: Sequence[Any], db: sqlite3.Connection) -> None:
    db.execute(query, values)


async def test_the_newest_come_first_page_by_page(store: Store, search: Search) -> None:
    await add_conversation(store, Conversation("c"))
    for number in range(7):
        await store.add_message("c", answer(f"word number {number}", f"a{number}"))
    await catch_up(search)
    pages: list[list[str]] = []
    page = Page([], 1 << 62)
    while page.before:
        page = await search.find(Wanted("word"), page.before, 3)
        pages.append([hit.message for hit in page.hits])
    assert pages == [["a6", "a5", "a4"], ["a3", "a2", "a1"], ["a0"]]


async def test_the_newest_come_first_whenever_they_were_brought_in(store: Store, search: Search) -> None:
    await add_conversation(store, Conversation("c"))
    for moment in (500.0, 100.5, 300.0, 200.0, 400.0, 100.0):
        await store.add_message("c", question("word", f"q{moment:g}", created=moment))
        await catch_up(search)
    assert [hit.message for hit in await everything(search, "word")] == [
        *("q500", "q400", "q300", "q200", "q100.5", "q100")
    ]
    assert await ids(search, "word", since=200.0, until=400.0) == ["q300", "q200"]
    await store.replace_messages("c", [question("another word", "q300", created=300.0)])
    await store.remove_message("q200")
    assert await ids(search, "word") == ["q500", "q400", "q300", "q100.5", "q100"]


async def test_messages_that_would_have_the_same_row_of_the_index_are_all_found(store: Store, search: Search) -> None:
    await add_conversation(store, Conversation("c"))
    first = 1_700_000_000.0
    for number in range(20):  # a sixteenth of a millisecond is one row, and so is one more message
        await store.add_message("c", question("word", f"q{number}", created=first - number / 16_000))
    assert len(await ids(search, "word")) == 20
    for number in range(20):
        await store.remove_message(f"q{number}")
    assert await ids(search, "word") == []
    assert sql(store, "SELECT count(*) FROM search_text WHERE search_text MATCH 'word'") == (0,)


async def test_times_that_are_none_stop_nothing(store: Store, search: Search) -> None:
    await add_conversation(store, Conversation("c"))
    await store.add_message("c", question("word", "usual", created=9.0))
    for number, moment in enumerate((0.0, 1e300)):
        await store.add_message("c", question("word", f"q{number}", created=moment))
    assert await ids(search, "word") == ["usual", "q1", "q0"]


async def test_an_answer_comes_in_when_it_has_ended(store: Store, search: Search) -> None:
    await add_conversation(store, Conversation("c"))
    await store.add_message("c", answer("half", "a", state="streaming"))
    assert await ids(search, "half") == []
    await store.finish("c", answer("half and whole", "a"))
    assert await ids(search, "whole") == ["a"]


async def test_a_message_that_changes_is_found_as_it_is(store: Store, search: Search) -> None:
    await add_conversation(store, Conversation("c"))
    await store.add_message("c", question("old words", "q"))
    assert await ids(search, "old") == ["q"]
    await store.replace_messages("c", [question("new words", "q")])
    await store.replace_messages("c", [question("newest words", "q")])
    assert await ids(search, "newest") == ["q"]
    assert await ids(search, "old") == await ids(search, '"new"') == []


async def test_deleted_messages_are_not_found_until_they_are_back(store: Store, search: Search) -> None:
    await add_conversation(store, Conversation("c"))
    await store.add_message("c", question("words", "q"))
    assert await ids(search, "words") == ["q"]
    await store.delete_messages("c", ["q"], "q")
    assert await ids(search, "words") == []
    await store.restore_messages("c", ["q"], "q")
    assert await ids(search, "words") == ["q"]
    await store.remove_message("q")
    assert await ids(search, "words") == []
    assert sql(store, "SELECT count(*) FROM search_messages") == (0,)
    assert sql(store, "SELECT count(*) FROM search_queue") == (0,)


async def test_those_of_other_branches_are_found(store: Store, search: Search) -> None:
    await add_conversation(store, Conversation("c"))
    await store.add_message("c", question("one version", "q1"), "")
    await store.add_message("c", question("another version", "q2"), "")
    assert [message.id for message in await store.messages("c")] == ["q2"]
    assert await ids(search, "version") == ["q2", "q1"]


async def test_a_deleted_conversation_is_not_found_until_it_is_back(store: Store, search: Search) -> None:
    await add_conversation(store, Conversation("c", title="words"))
    await store.add_message("c", question("words", "q"))
    await Filing(store).discard(["c"])
    assert await ids(search, "words") == []
    assert await search.titles(Wanted("words"), 5) == ([], 0)
    await Filing(store).restore(["c"])
    assert await ids(search, "words") == ["q"]


async def test_a_conversation_that_goes_for_good_takes_its_words_along(store: Store, search: Search) -> None:
    await add_conversation(store, Conversation("c"))
    await store.add_message("c", question("words", "q"))
    await catch_up(search)
    sql(store, "DELETE FROM conversations")
    await catch_up(search)
    assert sql(store, "SELECT count(*) FROM search_messages") == (0,)
    assert sql(store, "SELECT count(*) FROM search_text WHERE search_text MATCH 'words'") == (0,)
    assert sql(store, "SELECT count(*) FROM search_titles") == (0,)


async def test_the_filters(store: Store, search: Search) -> None:
    await add_conversation(store, Conversation("plain", title="plain words", model="opus"))
    await add_conversation(store, Conversation("seen", title="seen words", model="sonnet"))
    await store.add_message("plain", question("words", "q1", created=100.0))
    await store.add_message("plain", answer("words", "a1", model="opus", created=200.0, cost="0.5"))
    await store.add_message("seen", question("words", "q2", picture(), created=300.0))
    await store.add_message("seen", answer("words", "a2", created=400.0, cost="0.001"))
    assert await ids(search, "words", pictures=True) == ["a2", "q2"]
    assert await ids(search, "words", model="opus") == ["a1", "q1"]
    assert await ids(search, "words", since=200.0, until=400.0) == ["q2", "a1"]
    assert await ids(search, "words", at_least=0.1) == ["a1", "q1"]
    titles = [
        [hit.conversation.id for hit in (await search.titles(wanted, 5))[0]]
        for wanted in (Wanted("words"), Wanted(pictures=True), Wanted(model="opus"), Wanted(at_least=0.1))
    ]
    assert titles == [["seen", "plain"], ["seen"], ["plain"], ["plain"]]


async def test_titles_are_found_and_counted(store: Store, search: Search) -> None:
    for number in range(9):
        await add_conversation(store, Conversation(f"c{number}", title=f"Überblick {number}", updated=float(number)))
    await catch_up(search)
    hits, count = await search.titles(Wanted("uberb"), 2)
    assert ([hit.conversation.id for hit in hits], count) == (["c8", "c7"], 9)
    assert hits[0].title.first == "Überb"
    await store.rename("c8", "Another")
    await catch_up(search)
    assert [hit.conversation.id for hit in (await search.titles(Wanted("uberb"), 2))[0]] == ["c7", "c6"]
    assert await search.titles(Wanted("…"), 5) == ([], 0)


async def test_a_store_from_before_is_indexed_in_slices_that_may_be_broken_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = next(n for n, steps in enumerate(schema.MIGRATIONS) if "search_text" in "".join(steps))
    with monkeypatch.context() as before:
        before.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:number])
        _write(tmp_path / FILE, [answer(f"word{n} in all", f"a{n}") for n in range(300)])
    store = Store.open(tmp_path)
    assert await Search(store).step()
    store.close()
    store = Store.open(tmp_path)
    search = Search(store)
    [first] = sql(store, "SELECT min(position) FROM search_messages")
    assert first > 300 // 2  # the newest come first
    assert await catch_up(search) >= 2
    assert [hit.message for hit in await everything(search, "all")] == [f"a{n}" for n in range(299, -1, -1)]
    store.close()


async def test_an_index_in_the_order_of_arrival_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    number = next(n for n, steps in enumerate(schema.MIGRATIONS) if "place INTEGER" in "".join(steps))
    with monkeypatch.context() as before:
        before.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:number])
        _write(tmp_path / FILE, [question("word", "newer", created=2.0), question("word", "older", created=1.0)])
        db = schema.connect(tmp_path / FILE)
        for position in (1, 2):
            db.execute("INSERT INTO search_text (rowid, said, pictures) VALUES (?, 'word', '')", (position,))
            db.execute("INSERT INTO search_messages (position, digest, model) VALUES (?, 0, '')", (position,))
        db.execute("DELETE FROM search_queue")
        db.close()
    store = Store.open(tmp_path)
    assert await ids(Search(store), "word") == ["newer", "older"]
    assert sql(store, "SELECT count(*) FROM search_text WHERE search_text MATCH 'word'") == (2,)
    store.close()


def _write(path: Path, messages: Sequence[Message]) -> None:
    db = schema.connect(path)
    with schema.transaction(db):
        db.execute(
            """INSERT INTO conversations
            (id, title, model, system, created, updated, pictures, cost, thumbnail, practice)
            VALUES ('c', '', '', '', 0, 0, 0, '', '', 0)"""
        )
        for message in messages:
            db.execute(rows.SAVE_MESSAGE, (*rows.message_row("c", message), ""))
    db.close()


async def test_an_index_that_does_not_fit_is_made_anew(store: Store, search: Search) -> None:
    await add_conversation(store, Conversation("c"))
    await store.add_message("c", question("some words", "q1"))
    await store.add_message("c", question("other words", "q2"))
    assert await ids(search, "words") == ["q2", "q1"]
    sql(store, "UPDATE search_messages SET digest = 1")
    await store.remove_message("q2")
    assert await ids(search, "words") == ["q1"]


async def test_a_damaged_index_is_made_anew(store: Store, search: Search) -> None:
    await add_conversation(store, Conversation("c"))
    await store.add_message("c", question("some words", "q1"))
    await catch_up(search)
    sql(store, "UPDATE search_text_data SET block = x'ffff' WHERE id > 10")
    await search.find(Wanted("words"))
    assert await ids(search, "words") == ["q1"]


async def test_a_damaged_message_says_nothing_and_harms_nothing(store: Store, search: Search) -> None:
    await add_conversation(store, Conversation("c"))
    await store.add_message("c", question("some words", "q1"))
    await store.add_message("c", question("more words", "q2"))
    await catch_up(search)
    for damaged in ("[1]", "{", '[{"image": 5}]', '[{"text": [1]}]', "null"):
        await store.run(partial(_damage, content=damaged))
        assert await ids(search, "words") == ["q2"]


def _damage(db: sqlite3.Connection, content: str) -> None:
    db.execute("UPDATE messages SET content = ? WHERE id = 'q1'", (content,))


_TEXTS = st.lists(st.text(alphabet="ab é图片\n*", max_size=12), min_size=1, max_size=6)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=_TEXTS, then=_TEXTS, query=st.text(alphabet="ab é图片", min_size=1, max_size=4))
def test_the_index_finds_what_reading_all_finds(tmp_path: Path, first: list[str], then: list[str], query: str) -> None:
    async def work() -> None:
        store = Store.open(tmp_path)
        sql(store, "DELETE FROM conversations")
        search = Search(store)
        await add_conversation(store, Conversation("c"))
        for number, text in enumerate(first):
            await store.add_message("c", question(text, str(number)))
        await catch_up(search)
        now = dict(enumerate(first)) | dict(enumerate(then))
        for number, text in enumerate(then):
            await store.add_message("c", question(text, str(number)))
        wanted = terms(query)
        there = [n for n, text in now.items() if wanted and all(marked(text, (term,)).marks for term in wanted)]
        expected = [str(number) for number in sorted(there, reverse=True)]
        assert await ids(search, query) == expected
        store.close()

    asyncio.run(work())
