"""How conversations are filed, in a real store."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.filing import TRASH_DAYS, Filed, Filing, Folder, Listed, Trashed
from app.core.message import Message, TextBlock
from app.core.rows import Conversation
from app.core.search import Search
from app.core.store import FILE, Store
from tests.core.test_store import answer, sql
from tests.stored import add_conversation

DAY = 86_400.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def filing(store: Store) -> Filing:
    return Filing(store)


async def fill(store: Store, count: int) -> list[str]:
    """Conversations, the newest first; every second one has the same moment as the one before it."""
    ids = [f"{n:04}" for n in range(count)]
    for n in reversed(range(count)):
        await add_conversation(store, Conversation(ids[n], f"Talk {n}", updated=1000.0 - n // 2))
    return ids


async def read_all(filing: Filing, first: Listed) -> list[str]:
    found, last = [each.id for each in first.conversations], first.last
    while last is not None:
        more, last = await filing.following(last)
        found += [each.id for each in more]
    return found


@pytest.mark.parametrize("count", [0, 1, 6, 7, 8])
async def test_the_first_and_all_that_follow_are_all_there_are_once_and_in_order(
    store: Store, filing: Filing, count: int
) -> None:
    ids = await fill(store, count)
    first = filing.first_now(7)
    assert len(first.conversations) == min(7, count)
    assert await read_all(filing, first) == ids


async def test_more_than_one_batch_is_read_in_order(
    store: Store, filing: Filing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.core.filing._BATCH", 3)
    ids = await fill(store, 14)
    assert await read_all(filing, filing.first_now(2)) == ids


async def test_pinned_ones_are_among_the_first_however_old(store: Store, filing: Filing) -> None:
    await fill(store, 9)
    await filing.file({"0008": Filed(pinned=True), "0001": Filed(pinned=True, unread=True)})
    first = filing.first_now(3)
    assert [each.id for each in first.conversations] == ["0000", "0001", "0002", "0008"]
    assert first.filed == {"0008": Filed(pinned=True), "0001": Filed(pinned=True, unread=True)}


async def test_it_is_the_same_after_a_restart(store: Store, filing: Filing, tmp_path: Path) -> None:
    await fill(store, 2)
    await filing.put_folder(Folder("f", "Invoi\ud800ces"))
    await filing.file({"0000": Filed(archived=True, folder="f"), "nowhere": Filed(pinned=True)})
    store.close()
    again = Store.open(tmp_path)
    first = Filing(again).first_now()
    assert first.filed == {"0000": Filed(archived=True, folder="f")}
    assert first.folders == [Folder("f", "Invoi\ufffdces")]
    again.close()


async def test_a_folder_that_goes_leaves_its_conversations(store: Store, filing: Filing) -> None:
    await fill(store, 2)
    for folder in ("f", "g"):
        await filing.put_folder(Folder(folder, folder))
    await filing.file({"0000": Filed(folder="f", pinned=True), "0001": Filed(folder="g")})
    await filing.remove_folder("f")
    first = filing.first_now()
    assert [folder.id for folder in first.folders] == ["g"]
    assert first.filed == {"0000": Filed(pinned=True), "0001": Filed(folder="g")}


async def test_the_trash_has_what_was_deleted_last_first(store: Store, filing: Filing) -> None:
    await fill(store, 3)
    await filing.discard(["0001"])
    await filing.discard(["0000", "0002"])
    assert [each.conversation.id for each in await filing.trash()][-1] == "0001"
    assert filing.first_now().conversations == []
    await filing.restore(["0002", "0001"])
    assert [each.id for each in filing.first_now().conversations] == ["0001", "0002"]


def log_size(folder: Path) -> int:
    return (folder / f"{FILE}-wal").stat().st_size


async def test_what_is_erased_leaves_nothing_but_its_cost(store: Store, filing: Filing, tmp_path: Path) -> None:
    await fill(store, 2)
    secret = Message("user", (TextBlock("a secret of mine"),), id="q")
    await store.add_message("0000", secret)
    await store.add_message("0000", answer())
    await store.append_events("a", [{"type": "ping"}])
    await store.save_draft("0000", {"text": "another secret"})
    await filing.file({"0000": Filed(unread=True)})
    await filing.discard(["0000"])
    await filing.erase(["0000", "0001"])
    assert log_size(tmp_path) == 0
    for table in ("messages", "events", "drafts", "filed"):
        assert sql(store, f"SELECT count(*) FROM {table}") == (0,)  # noqa: S608
    assert [each.id for each in filing.first_now().conversations] == ["0001"], "only what is in the trash goes"
    assert await filing.trash() == []
    while await Search(store).step():  # it notes down what goes
        pass
    await store.tidy()
    store.close()
    assert b"secret" not in (tmp_path / FILE).read_bytes()


async def test_the_trash_is_emptied_of_what_is_old(store: Store, filing: Filing) -> None:
    await fill(store, 3)
    now = time.time()
    await filing.discard(["0000", "0001", "0002"])
    sql(store, f"UPDATE conversations SET deleted_at = {now - 31 * DAY} WHERE id <> '0002'")  # noqa: S608
    assert await filing.erase_before(now - TRASH_DAYS * DAY) == 2
    assert [each.conversation.id for each in await filing.trash()] == ["0002"]
    assert await filing.erase_before(now - TRASH_DAYS * DAY) == 0


@pytest.mark.parametrize(("age", "left"), [(0, 30), (0.9, 30), (1.1, 29), (29.5, 1), (40, 1)])
def test_the_days_left_count_those_begun(age: float, left: int) -> None:
    assert Trashed(Conversation("c"), time.time() - age * DAY).days_left == left


async def test_the_first_ones_are_found_without_reading_the_others(store: Store, filing: Filing) -> None:
    await fill(store, 300)
    asked: list[str] = []
    await store.run(lambda db: db.set_trace_callback(asked.append))
    assert len(filing.first_now(5).conversations) == 5
    await store.run(lambda db: db.set_trace_callback(None))
    [query] = [each for each in asked if "ORDER BY updated DESC, rowid DESC" in each]
    plan = await store.run(
        lambda db: [row[-1] for row in db.execute(f"EXPLAIN QUERY PLAN {query}".replace("Inf", "9e999"))]
    )
    assert plan == ["SEARCH conversations USING INDEX conversations_listed (updated<?)"]
