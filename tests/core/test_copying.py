"""Conversations copied, in a real store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.core import copying, whole
from app.core.copying import numbered
from app.core.message import Message, TextBlock
from app.core.rows import Conversation
from app.core.store import Store
from app.core.whole import Whole
from tests.core.test_store import answer, picture


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path)
    yield opened
    opened.close()


def said(id_: str) -> Message:
    number = int(id_[1])
    return Message("user", (picture(number, f"{number}" * 64), TextBlock(f"Question {id_}")), id=id_)


def replied(id_: str) -> Message:
    return replace(answer(), id=id_, state="complete", cost="0.01")


async def talk(store: Store) -> None:
    """q1 a1 q2 a2 q3 a3, with b2 as another answer to q2, which is the one shown."""
    await store.create(Conversation("c", "Roof", "m", system="Be brief.", practice=True))
    parent = ""
    for message in (said("q1"), replied("a1"), said("q2"), replied("a2"), said("q3"), replied("a3")):
        await store.add_message("c", message, parent)
        parent = message.id
    await store.add_message("c", replied("b2"), "q2")
    await store.save_draft("c", {"text": "unsent"})


async def copied(store: Store, until: str = "") -> Conversation | None:
    return await store.run(lambda db: copying.copy(db, str(store.path), "c", until))


async def read(store: Store, conversation_id: str) -> Whole:
    found = await store.run(lambda db: whole.read(db, "", conversation_id))
    assert found is not None
    return found


def contents(messages: list[Message]) -> list[object]:
    return [(message.role, message.content, message.cost) for message in messages]


async def test_a_copy_has_all_branches_and_pictures_and_shows_the_same(store: Store) -> None:
    await talk(store)
    copy = await copied(store)
    assert copy is not None
    assert (copy.title, copy.model, copy.system, copy.practice) == ("Roof (2)", "m", "Be brief.", True)
    assert (copy.pictures, copy.thumbnail) == (3, picture(1, "1" * 64).thumbnail)
    assert contents(await store.messages(copy.id)) == contents(await store.messages("c"))
    before, after = await read(store, "c"), await read(store, copy.id)
    assert contents([p.message for p in after.messages]) == contents([p.message for p in before.messages])
    assert not {p.message.id for p in after.messages} & {p.message.id for p in before.messages}
    assert (before.draft, after.draft) == ({"text": "unsent"}, None)


async def test_what_was_spent_is_not_counted_twice(store: Store) -> None:
    await talk(store)
    copy = await copied(store)
    assert copy is not None
    assert {each.id: each.cost for each in store.conversations_now()} == {copy.id: "", "c": "0.04"}
    now = await store.add_message(copy.id, replied("new"))
    assert now.cost == "0.01"


@pytest.mark.parametrize(
    ("until", "way"),
    [
        ("q1", ["q1"]),
        ("a2", ["q1", "a1", "q2", "a2"]),
        ("a3", ["q1", "a1", "q2", "a2", "q3", "a3"]),
        ("b2", ["q1", "a1", "q2", "b2"]),
    ],
)
async def test_a_fork_has_what_led_to_the_message_and_nothing_else(store: Store, until: str, way: list[str]) -> None:
    await talk(store)
    copy = await copied(store, until)
    assert copy is not None
    shown = await store.messages("c", way)
    assert contents(await store.messages(copy.id)) == contents(shown)
    assert len((await store.branches(copy.id)).path) == len(way)
    assert copy.pictures == sum(message.role == "user" for message in shown)


async def test_deleted_messages_are_not_copied(store: Store) -> None:
    await talk(store)
    await store.delete_messages("c", ["q1", "a1"], "b2")
    copy = await copied(store, "b2")
    assert copy is not None
    assert len(await store.messages(copy.id)) == 2


async def test_nothing_comes_of_what_is_not_there(store: Store) -> None:
    assert await copied(store) is None
    await talk(store)
    assert await copied(store, "nowhere") is None
    assert [each.id for each in store.conversations_now()] == ["c"]


@pytest.mark.parametrize(
    ("title", "again"),
    [
        ("Roof", "Roof (2)"),
        ("Roof (2)", "Roof (3)"),
        ("Roof (x)", "Roof (x) (2)"),
        ("", " (2)"),
        ("a\nb (9)", "a\nb (10)"),
    ],
)
def test_a_copy_is_numbered(title: str, again: str) -> None:
    assert numbered(title) == again


def test_a_copy_counts_on_to_a_number_that_is_free() -> None:
    taken = {"Roof", "Roof (2)", "Roof (4)"}
    assert numbered("Roof", taken) == "Roof (3)"
    assert numbered("Roof (2)", taken) == "Roof (3)"
    assert numbered("Roof (4)", taken) == "Roof (5)"
