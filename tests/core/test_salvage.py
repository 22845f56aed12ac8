"""Another database in the place of a damaged one: what can be read comes along, and what was there is kept."""

from __future__ import annotations

import random
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from app.core import backup, private, salvage, schema
from app.core.errors import StoreDamaged, StoreError, StoreTooNew
from app.core.message import Message, TextBlock
from app.core.salvage import Salvaged
from app.core.store import FILE, Conversation, Store
from tests.core.test_backup import NOW, make
from tests.core.test_store import answer, picture, sql
from tests.stored import add_conversation, conversations_of

PAGE = 4096


def question(number: int) -> Message:
    return Message(
        "user", (TextBlock(f"{number} " + "How does it look? " * 30),), id=f"q{number}", created=float(number)
    )


async def talked(folder: Path, messages: int = 60) -> Path:
    """A store with two conversations, closed; where its file is."""
    store = Store.open(folder)
    await add_conversation(store, Conversation("c", title="Harbours", updated=2.0))
    await add_conversation(store, Conversation("d", title="Roofs", updated=1.0))
    for number in range(messages):
        await store.add_message("cd"[number % 2], question(number))
    await store.save_draft("c", {"text": "half a thought"})
    store.close()
    return folder / FILE


def root_of(path: Path, name: str) -> int:
    with sqlite3.connect(path) as db:
        [page] = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()
    db.close()
    return int(page)


def leaves_of(path: Path, name: str) -> list[int]:
    """The pages below the root of a table, by their numbers."""
    data, root = path.read_bytes(), root_of(path, name)
    page = data[(root - 1) * PAGE : root * PAGE]
    assert page[0] == 5  # an inner page of a table
    cells = int.from_bytes(page[3:5], "big")
    places = [int.from_bytes(page[12 + 2 * n : 14 + 2 * n], "big") for n in range(cells)]
    return [int.from_bytes(page[at : at + 4], "big") for at in places]


def spoil(path: Path, page: int) -> None:
    with path.open("r+b") as file:
        file.seek((page - 1) * PAGE)
        file.write(b"\xa5" * PAGE)


async def texts(store: Store) -> dict[str, list[str]]:
    found = conversations_of(store)
    return {each.title: [message.id for message in await store.messages(each.id)] for each in found}


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def aside(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.name.startswith("damaged-"))


async def test_a_whole_store_is_salvaged_whole(tmp_path: Path) -> None:
    path = await talked(tmp_path)
    assert salvage.salvage(path) == Salvaged(conversations=2, messages=60, damaged=0)
    store = Store.open(tmp_path)
    found = await texts(store)
    assert {title: len(ids) for title, ids in found.items()} == {"Harbours": 30, "Roofs": 30}
    assert await store.drafts() == {"c": {"text": "half a thought"}}
    assert sql(store, "SELECT count(*) FROM search_queue") == (60,)
    await store.check()
    store.close()
    assert len(backup.backups(tmp_path / backup.FOLDER)) == 1


async def test_past_a_spoiled_page_all_others_are_salvaged_and_the_damaged_file_is_kept(tmp_path: Path) -> None:
    path = await talked(tmp_path)
    leaves = leaves_of(path, "messages")
    spoil(path, leaves[1])
    before = path.read_bytes()
    found = salvage.salvage(path)
    assert path.read_bytes() == before
    assert found.conversations == 2
    assert 60 - 10 <= found.messages < 60
    store = Store.open(tmp_path)
    await store.check()
    kept = [id_ for ids in (await texts(store)).values() for id_ in ids]
    assert len(kept) == found.messages
    assert {"q0", "q59"} <= set(kept)
    store.close()
    [put_aside] = aside(tmp_path)
    assert (put_aside / FILE).read_bytes() == before
    assert backup.backups(tmp_path / backup.FOLDER) == []


async def test_what_has_lost_its_conversation_has_another(tmp_path: Path) -> None:
    path = await talked(tmp_path)
    with sqlite3.connect(path) as db:
        db.execute("DELETE FROM conversations WHERE id = 'd'")
        db.execute("UPDATE messages SET content = '[]' WHERE id = 'q3'")  # whose it is, nobody knows for certain
    db.close()
    assert salvage.salvage(path) == Salvaged(conversations=2, messages=59, damaged=0)
    store = Store.open(tmp_path)
    found = await texts(store)
    store.close()
    [title] = found.keys() - {"Harbours"}
    assert title.startswith("1 How does it look?")
    assert found[title][:3] == ["q1", "q5", "q7"]


async def test_what_has_lost_its_conversation_shows_its_pictures_and_its_model(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    await add_conversation(store, Conversation("c", title="Harbours"))
    two = (picture(1, "a" * 64), picture(2, "b" * 64))
    await store.add_message("c", Message("user", (*two, TextBlock("How deep?")), id="q", created=1.0))
    await store.add_message("c", answer())
    store.close()
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute("DELETE FROM conversations")
    db.close()
    salvage.salvage(tmp_path / FILE)
    store = Store.open(tmp_path)
    [found] = conversations_of(store)
    store.close()
    assert (found.title, found.model) == ("How deep?", answer().model)
    assert (found.pictures, found.thumbnail) == (2, two[0].thumbnail)


async def test_a_damaged_message_of_a_known_conversation_keeps_its_place(tmp_path: Path) -> None:
    path = await talked(tmp_path)
    with sqlite3.connect(path) as db:
        db.execute("UPDATE messages SET content = '[]' WHERE id = 'q3'")
    db.close()
    assert salvage.salvage(path) == Salvaged(conversations=2, messages=60, damaged=1)


@pytest.mark.parametrize("content", [b"", b"Dear diary", b"SQLite format 3\x00" + b"\xff" * 8176])
def test_of_what_is_no_database_nothing_is_salvaged_and_nothing_changes(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / FILE
    path.write_bytes(content)
    with pytest.raises(StoreDamaged):
        salvage.salvage(path)
    assert bytes_of(tmp_path) == {FILE: content}


def test_of_what_is_not_there_nothing_is_salvaged(tmp_path: Path) -> None:
    with pytest.raises(StoreDamaged):
        salvage.salvage(tmp_path / FILE)
    assert bytes_of(tmp_path) == {}


async def test_a_backup_takes_the_place_of_a_store_that_becomes_a_backup(tmp_path: Path) -> None:
    path = await talked(tmp_path, 4)
    store = Store.open(tmp_path)
    chosen = await make(store, tmp_path / backup.FOLDER, NOW - 5000)
    await store.add_message("c", replace(answer(), id="later"))
    salvage.choose(chosen, path, NOW)
    assert "later" in (await texts(store))["Harbours"]  # until it is opened next
    store.close()
    restored = Store.open(tmp_path)
    assert "later" not in (await texts(restored))["Harbours"]
    restored.close()
    there = backup.backups(tmp_path / backup.FOLDER)
    assert sorted(backup.verified(each.path).counts["messages"] for each in there) == [4, 5]
    assert aside(tmp_path) == []
    again = Store.open(tmp_path)
    assert len(backup.backups(tmp_path / backup.FOLDER)) == 2
    again.close()


async def test_a_backup_takes_the_place_of_a_damaged_store_with_its_log(tmp_path: Path) -> None:
    path = await talked(tmp_path, 4)
    store = Store.open(tmp_path)
    chosen = await make(store, tmp_path / backup.FOLDER)
    await store.add_message("c", replace(answer(), id="later"))
    log = schema.log_of(path).read_bytes()
    store.close()
    path.write_bytes(b"Dear diary")
    schema.log_of(path).write_bytes(log)
    salvage.choose(chosen, path, NOW)
    restored = Store.open(tmp_path)
    assert sum(map(len, (await texts(restored)).values())) == 4
    restored.close()
    [put_aside] = aside(tmp_path)
    assert bytes_of(put_aside) == {FILE: b"Dear diary", f"{FILE}-wal": log}


async def test_that_a_backup_has_taken_the_place_is_told_once_and_not_before(tmp_path: Path) -> None:
    path = await talked(tmp_path, 4)
    store = Store.open(tmp_path)
    chosen = await make(store, tmp_path / backup.FOLDER)
    store.close()
    salvage.choose(chosen, path, NOW)
    assert salvage.returned(path) is None
    Store.open(tmp_path).close()
    assert [salvage.returned(path), salvage.returned(path)] == [NOW, None]
    assert [each.kind for each in backup.backups(tmp_path / backup.FOLDER)].count("return") == 1


async def test_nothing_is_told_where_no_backup_took_the_place(tmp_path: Path) -> None:
    path = await talked(tmp_path, 4)
    store = Store.open(tmp_path)
    chosen = await make(store, tmp_path / backup.FOLDER)
    store.close()
    salvage.choose(chosen, path, NOW)
    salvage.stay(path)
    assert salvage.returned(path) is None
    salvage.choose(chosen, path, NOW)
    salvage.start_empty(path)
    Store.open(tmp_path).close()
    assert salvage.returned(path) is None


async def test_a_bad_backup_is_not_taken(tmp_path: Path) -> None:
    path = await talked(tmp_path, 4)
    store = Store.open(tmp_path)
    chosen = await make(store, tmp_path / backup.FOLDER)
    store.close()
    before = bytes_of(tmp_path)
    whole = chosen.read_bytes()
    chosen.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StoreDamaged):
        salvage.choose(chosen, path, NOW)
    with sqlite3.connect(chosen) as db:
        chosen.write_bytes(whole)
        db.execute("PRAGMA user_version = 999")
    db.close()
    with pytest.raises(StoreTooNew):
        salvage.choose(chosen, path, NOW)
    assert bytes_of(tmp_path) == before


@pytest.mark.parametrize("stage", ["a log", "no log", "no file"])
async def test_a_swap_that_a_crash_cut_off_is_ended_by_the_next_opening(tmp_path: Path, stage: str) -> None:
    path = await talked(tmp_path, 4)
    salvage.salvage(path)
    if stage == "a log":
        private.replace(schema.log_of(path), b"left")
    if stage == "no file":
        path.unlink()
    store = Store.open(tmp_path)
    assert sum(map(len, (await texts(store)).values())) == 4
    store.close()
    assert not salvage.next_of(path).exists()
    kept = len(backup.backups(tmp_path / backup.FOLDER)), len(aside(tmp_path))
    assert kept == {"a log": (0, 1), "no log": (1, 0), "no file": (0, 0)}[stage]


@pytest.mark.parametrize("seed", range(12))
async def test_bits_that_flip_lose_no_more_than_they_touch(tmp_path: Path, seed: int) -> None:
    """Either it opens, or it is told as damaged; and what a bit has not touched is there again."""
    path = await talked(tmp_path, 40)
    rng, data = random.Random(seed), bytearray(path.read_bytes())  # noqa: S311  # no secret is made of it
    for _ in range(4):
        data[rng.randrange(PAGE, len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(bytes(data))
    found = salvage.salvage(path)
    assert found.messages >= 20
    assert path.read_bytes() == bytes(data)
    store = Store.open(tmp_path)
    await store.check()
    store.close()


async def test_damage_after_a_crash_is_found_before_anything_is_written(tmp_path: Path) -> None:
    path = await talked(tmp_path)
    spoil(path, root_of(path, "messages_of"))
    schema.log_of(path).write_bytes(b"")
    before = bytes_of(tmp_path)
    with pytest.raises(StoreError):
        Store.open(tmp_path)
    assert bytes_of(tmp_path) == before


# --- what SQLite does not find the way to any more ----------------------------------------------------


@pytest.mark.parametrize("name", ["messages", "conversations", "sqlite_schema"])
async def test_with_the_root_of_a_table_gone_its_rows_are_found_in_their_pages(tmp_path: Path, name: str) -> None:
    path = await used(tmp_path)
    spoil(path, 1 if name == "sqlite_schema" else root_of(path, name))
    assert salvage.salvage(path) == Salvaged(conversations=2, messages=60, damaged=0)
    store = Store.open(tmp_path)
    found = {each.title: len(await store.messages(each.id)) for each in conversations_of(store)}
    assert sum(found.values()) == 60
    if name == "sqlite_schema":  # the only page of conversations is gone in the other case: its index has them
        assert set(found.values()) == {30}
    assert set(found) == {"Harbours", "Roofs"}
    assert await store.drafts() == {HARBOURS: {"text": "half a thought"}}
    store.close()


async def test_messages_are_found_in_a_page_that_no_longer_tells_where_they_are(tmp_path: Path) -> None:
    path = await used(tmp_path)
    with path.open("r+b") as file:
        for page in leaves_of(path, "messages"):
            file.seek((page - 1) * PAGE + 3)
            file.write(b"\0\1")  # how many rows the page has
    assert salvage.salvage(path) == Salvaged(conversations=2, messages=60, damaged=0)


async def test_rows_in_any_order_are_read_in_a_time_that_ends(tmp_path: Path) -> None:
    """A number that stands before a smaller one led the search for the next readable row back to the same gap."""
    path = await used(tmp_path)
    leaves = leaves_of(path, "messages")
    spoil(path, leaves[3])
    data = bytearray(path.read_bytes())
    for page in leaves[:3]:  # each cell begins with its length, in two bytes here, and its number, in one
        start = (page - 1) * PAGE
        [first, last] = (start + int.from_bytes(data[start + at : start + at + 2], "big") for at in (8, 10))
        data[first + 2], data[last + 2] = data[last + 2], data[first + 2]
    path.write_bytes(bytes(data))
    found = salvage.salvage(path)
    assert found.messages >= 50


async def test_a_message_whose_number_is_that_of_another_is_kept_in_its_place(tmp_path: Path) -> None:
    path = await used(tmp_path)
    data, [page, *_] = bytearray(path.read_bytes()), leaves_of(path, "messages")
    start = (page - 1) * PAGE
    cell = start + int.from_bytes(data[start + 8 : start + 10], "big")
    assert data[cell + 2] == 1
    data[cell + 2] = 2
    path.write_bytes(bytes(data))
    assert salvage.salvage(path) == Salvaged(conversations=2, messages=60, damaged=0)
    store = Store.open(tmp_path)
    assert [each.text[:2] for each in await store.messages(HARBOURS)][:3] == ["0 ", "2 ", "4 "]
    store.close()


async def test_what_is_in_the_log_alone_is_found_too(tmp_path: Path) -> None:
    path = await used(tmp_path)
    store = Store.open(tmp_path)
    await store.add_message(HARBOURS, replace(question(60), id=f"{60:032x}"))
    log = schema.log_of(path).read_bytes()
    before = path.read_bytes()
    store.close()
    path.write_bytes(b"\xa5" * PAGE + before[PAGE:])
    schema.log_of(path).write_bytes(log)
    assert salvage.salvage(path).messages == 61


HARBOURS, ROOFS = "c" * 32, "d" * 32


async def used(folder: Path) -> Path:
    """As `talked`, with ids as the app gives them."""
    store = Store.open(folder)
    await add_conversation(store, Conversation(HARBOURS, title="Harbours", updated=2.0))
    await add_conversation(store, Conversation(ROOFS, title="Roofs", updated=1.0))
    for number in range(60):
        await store.add_message((HARBOURS, ROOFS)[number % 2], replace(question(number), id=f"{number:032x}"))
    await store.save_draft(HARBOURS, {"text": "half a thought"})
    store.close()
    return folder / FILE
