"""Conversations copied, in a real store."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from sqlite3 import Connection

import pytest

from app.core import copying, filing, placing, whole
from app.core.backup import Abandoned
from app.core.copying import numbered
from app.core.filing import Filing
from app.core.message import Message, TextBlock
from app.core.rows import Conversation
from app.core.schema import log_of
from app.core.store import Store
from app.core.whole import Whole
from tests.core.test_store import answer, picture
from tests.stored import add_conversation, conversations_of


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
    await add_conversation(store, Conversation("c", "Roof", "m", system="Be brief.", practice=True))
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
    assert {each.id: each.cost for each in conversations_of(store)} == {copy.id: "", "c": "0.04"}
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
    assert [each.id for each in conversations_of(store)] == ["c"]


class TestALongOne:
    """Copied in parts, between which others have their turn."""

    @pytest.fixture(autouse=True)
    def small_parts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(whole, "_BATCH", 1)
        monkeypatch.setattr(whole, "_PART", 2)

    async def copied(self, store: Store, pause: Callable[[Connection], None]) -> Conversation:
        def work(db: Connection) -> Conversation | None:
            return copying.copy(db, str(store.path), "c", pause=lambda: pause(db))

        copy = await store.run(work)
        assert copy is not None
        return copy

    async def test_it_is_nowhere_before_all_of_it_is_there(self, store: Store) -> None:
        await talk(store)
        there: list[int] = []

        def look(db: Connection) -> None:
            there.append(rows_of(db, "messages"))
            shown = "SELECT id FROM conversations WHERE deleted_at IS NULL"
            assert (db.execute(shown).fetchall(), filing._trash(db)) == ([("c",)], [])

        copy = await self.copied(store, look)
        assert len(set(there)) > 2
        assert contents(await store.messages(copy.id)) == contents(await store.messages("c"))
        assert await Filing(store).trash() == []

    async def test_what_goes_meanwhile_leaves_the_rest_in_its_place(self, store: Store) -> None:
        await talk(store)
        goes = iter(["q2"])

        def remove(db: Connection) -> None:
            placing.remove(db, next(goes, ""), "")

        copy = await self.copied(store, remove)
        wanted = await store.messages("c", ["q1", "a1", "b2"])
        assert contents(await store.messages(copy.id)) == contents(wanted)

    async def test_nothing_is_left_of_one_that_fails(self, store: Store) -> None:
        await talk(store)
        pauses = 0

        def fail(db: Connection) -> None:
            nonlocal pauses
            pauses += rows_of(db, "messages") > 7
            if pauses == 2:
                raise Abandoned

        with pytest.raises(Abandoned):
            await self.copied(store, fail)
        assert await store.run(lambda db: (rows_of(db, "conversations"), rows_of(db, "messages"))) == (1, 7)

    async def test_nothing_is_left_after_a_crash(self, store: Store, tmp_path: Path) -> None:
        await talk(store)
        crashed = tmp_path / "crashed"

        def crash(db: Connection) -> None:
            if rows_of(db, "messages") > 9 and not crashed.exists():
                crashed.mkdir()
                for name in (store.path.name, log_of(store.path).name):
                    shutil.copy(tmp_path / name, crashed)

        await self.copied(store, crash)
        again = Store.open(crashed)
        try:
            assert await again.run(lambda db: (rows_of(db, "conversations"), rows_of(db, "messages"))) == (1, 7)
        finally:
            again.close()


def rows_of(db: Connection, table: str) -> int:
    [count] = db.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
    return int(count)


@pytest.mark.parametrize(
    ("title", "again"),
    [
        ("Roof", "Roof (2)"),
        ("Roof (2)", "Roof (3)"),
        ("Roof (x)", "Roof (x) (2)"),
        ("", " (2)"),
        ("a\nb (9)", "a\nb (10)"),
        ("Invoice (2024)", "Invoice (2024) (2)"),
        ("Roof (1)", "Roof (1) (2)"),
    ],
)
def test_a_copy_is_numbered(title: str, again: str) -> None:
    assert numbered(title) == again


def test_a_copy_counts_on_to_a_number_that_is_free() -> None:
    taken = {"Roof", "Roof (2)", "Roof (4)"}
    assert numbered("Roof", taken) == "Roof (3)"
    assert numbered("Roof (2)", taken) == "Roof (3)"
    assert numbered("Roof (4)", taken) == "Roof (5)"
