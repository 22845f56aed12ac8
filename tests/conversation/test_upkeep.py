"""What is done for the data folder while the app runs."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.conversation import upkeep as module
from app.conversation.backups import Backups
from app.conversation.chat import Tools
from app.conversation.upkeep import Upkeep
from app.core import backup, private, salvage
from app.core.errors import StoreDamaged, StoreError, StoreFull, StoreLow
from app.core.message import ImageBlock, Message, TextBlock
from app.core.store import Conversation, Store
from tests.conftest import destroy, finish
from tests.core.test_store import picture
from tests.stored import add_conversation, conversations_of

HOUR = 3600


@pytest.fixture
def told() -> list[StoreError]:
    return []


@pytest.fixture
def upkeep(tools: Tools, told: list[StoreError]) -> Iterator[Upkeep]:
    upkeep = Upkeep(tools.store, tools.pictures, tools.threads, tools.tasks)
    upkeep.met.connect(told.append)
    yield upkeep
    destroy(upkeep)


@pytest.fixture
def backups(tools: Tools) -> Iterator[Backups]:
    backups = Backups(tools.store, tools.threads)
    yield backups
    destroy(backups)


def folder(tools: Tools) -> Path:
    return tools.store.path.parent / backup.FOLDER


def test_a_backup_is_made_where_something_has_changed_and_none_is_of_this_hour(tools: Tools, upkeep: Upkeep) -> None:
    now = time.time()
    finish(add_conversation(tools.store, Conversation("c")))
    finish(upkeep.look_after(now))
    assert len(backup.backups(folder(tools))) == 1
    finish(add_conversation(tools.store, Conversation("d")))
    finish(upkeep.look_after(now + 60))
    assert len(backup.backups(folder(tools))) == 1
    finish(upkeep.look_after(now + HOUR + 60))
    assert len(backup.backups(folder(tools))) == 2
    finish(upkeep.look_after(now + 3 * HOUR))
    assert len(backup.backups(folder(tools))) == 2


def test_a_start_makes_none_of_what_has_not_changed_since_the_last(tools: Tools, upkeep: Upkeep) -> None:
    finish(add_conversation(tools.store, Conversation("c")))
    finish(tools.store.tidy())
    finish(upkeep.look_after(time.time()))
    later = Upkeep(tools.store, tools.pictures, tools.threads, tools.tasks)
    finish(later.look_after(time.time() + 2 * HOUR))
    assert len(backup.backups(folder(tools))) == 1
    os.utime(tools.store.path, (time.time() + 5,) * 2)
    finish(later.look_after(time.time() + 2 * HOUR))
    assert len(backup.backups(folder(tools))) == 2
    destroy(later)


def test_little_room_is_told_once_and_again_after_there_was_some(
    upkeep: Upkeep, told: list[StoreError], monkeypatch: pytest.MonkeyPatch
) -> None:
    for low in (1 << 60, 1 << 60, 0, 1 << 60):
        monkeypatch.setattr(module, "LOW", low)
        finish(upkeep.look_after(time.time()))
    assert [type(error) for error in told] == [StoreLow, StoreLow]


def test_that_no_backup_can_be_made_is_told_once(tools: Tools, upkeep: Upkeep, told: list[StoreError]) -> None:
    private.touch(folder(tools))
    finish(add_conversation(tools.store, Conversation("c")))
    for _ in range(2):
        finish(upkeep.look_after(time.time()))
    assert [type(error) for error in told] == [StoreFull]


def test_a_damaged_store_is_told_and_gives_no_backup(
    tools: Tools, upkeep: Upkeep, told: list[StoreError], backups: Backups
) -> None:
    store = tools.store
    finish(add_conversation(store, Conversation("c")))
    finish(backups.make(time.time()))
    page = finish(
        store.run(lambda db: db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'drafts'").fetchone())
    )
    finish(store.tidy())
    with store.path.open("r+b") as file:
        file.seek((page[0] - 1) * 4096)
        file.write(b"\xa5" * 4096)
    finish(store.run(lambda db: db.execute("PRAGMA shrink_memory").fetchone()))
    os.utime(store.path, (time.time() + 5,) * 2)
    finish(upkeep.look_after(time.time() + 2 * HOUR))
    assert [type(error) for error in told] == [StoreDamaged]
    assert len(backup.backups(folder(tools))) == 1
    assert len(list(folder(tools).iterdir())) == 2
    finish(backups.choose(backup.backups(folder(tools))[0]))


def test_a_start_looks_at_every_page(tools: Tools, upkeep: Upkeep, told: list[StoreError], qtbot: QtBot) -> None:
    store = tools.store
    finish(add_conversation(store, Conversation("c")))
    query = "SELECT rootpage FROM sqlite_master WHERE name = 'messages_of'"
    [page] = finish(store.run(lambda db: db.execute(query).fetchone()))
    finish(store.tidy())
    with store.path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xa5" * 4096)
    finish(store.run(lambda db: db.execute("PRAGMA shrink_memory").fetchone()))
    upkeep.start()
    qtbot.waitUntil(lambda: [type(error) for error in told] == [StoreDamaged])


def test_a_chosen_backup_is_there_after_the_next_opening(tools: Tools, backups: Backups, tmp_path: Path) -> None:
    finish(add_conversation(tools.store, Conversation("c")))
    finish(backups.make(time.time()))
    finish(add_conversation(tools.store, Conversation("d")))
    assert [each.whole for each in backups.there] == [True]
    finish(backups.choose(backups.there[0]))
    assert [each.id for each in conversations_of(tools.store)] == ["d", "c"]
    tools.store.close()
    reopened = Store.open(tmp_path / "data")
    assert [each.id for each in conversations_of(reopened)] == ["c"]
    reopened.close()


# --- what nothing refers to -------------------------------------------------------------------------


def kept(tools: Tools, number: int) -> ImageBlock:
    """A picture whose file lies there since long ago."""
    stored = tools.pictures.add_bytes(f"picture {number}".encode(), "roof.png")
    os.utime(tools.pictures.path(stored.sha256), (1000, 1000))
    finish(tools.store.put_thumbnail(stored.sha256, b"small"))
    return replace(picture(number, stored.sha256), sent=stored.sha256)


def there(tools: Tools, *blocks: ImageBlock) -> list[bool]:
    thumbnails = finish(tools.store.thumbnails(block.original for block in blocks))
    files = [tools.pictures.path(block.original).exists() for block in blocks]
    assert files == [block.original in thumbnails for block in blocks]
    return files


def test_a_file_that_anything_refers_to_stays(tools: Tools, upkeep: Upkeep, backups: Backups) -> None:
    store = tools.store
    blocks = [kept(tools, number) for number in range(7)]
    finish(add_conversation(store, Conversation("c")))
    finish(store.add_message("c", Message("user", (blocks[4],), id="in a backup")))
    finish(backups.make(time.time()))
    finish(store.remove_message("in a backup"))
    finish(store.add_message("c", Message("user", (blocks[0],), id="shown")))
    finish(store.add_message("c", Message("user", (blocks[1],), id="other branch"), ""))
    finish(store.add_message("c", Message("user", (blocks[2],), id="deleted")))
    finish(store.delete_messages("c", ["deleted"], "shown"))
    finish(store.save_draft("d", {"pictures": [{"kept": blocks[3].original}]}))
    put = "INSERT INTO request_pictures VALUES ('r', 1, ?, 0, 5, NULL)"
    finish(store.run(lambda db: db.execute("PRAGMA foreign_keys = OFF")))
    finish(store.run(lambda db: db.execute(put, (blocks[5].original,))))
    finish(upkeep.collect(time.time()))
    assert there(tools, *blocks) == [True] * 6 + [False]


def test_a_file_of_today_stays(tools: Tools, upkeep: Upkeep) -> None:
    old, young = kept(tools, 1), kept(tools, 2)
    os.utime(tools.pictures.path(young.original))
    again = tools.pictures.add_bytes(b"picture 1", "roof.png")  # it is wanted again, and not stored yet
    assert again.sha256 == old.original
    finish(upkeep.collect(time.time()))
    assert there(tools, old, young) == [True, True]
    finish(upkeep.collect(time.time() + 2 * 86_400))
    assert there(tools, old, young) == [False, False]


def test_a_file_that_a_draft_had_at_the_start_stays_for_an_undo(tools: Tools, upkeep: Upkeep, qtbot: QtBot) -> None:
    block = kept(tools, 1)
    finish(tools.store.save_draft("d", {"pictures": [{"kept": block.original}]}))
    upkeep.start()
    qtbot.waitUntil(lambda: not tools.tasks._running)
    finish(tools.store.save_draft("d", {}))
    finish(upkeep.collect(time.time()))
    assert there(tools, block) == [True]


def test_a_file_that_is_asked_for_again_is_young(tools: Tools, upkeep: Upkeep) -> None:
    block = kept(tools, 1)
    assert tools.pictures.renew(block.original)
    finish(upkeep.collect(time.time()))
    assert there(tools, block) == [True]
    assert not tools.pictures.renew("0" * 64)


def test_where_a_message_is_damaged_nothing_is_removed(tools: Tools, upkeep: Upkeep) -> None:
    block = kept(tools, 1)
    finish(add_conversation(tools.store, Conversation("c")))
    finish(tools.store.add_message("c", Message("user", (kept(tools, 2),), id="q")))
    finish(tools.store.run(lambda db: db.execute("UPDATE messages SET content = '[]'")))
    finish(upkeep.collect(time.time()))
    assert there(tools, block) == [True]


def test_where_a_backup_cannot_be_read_nothing_is_removed(tools: Tools, upkeep: Upkeep, backups: Backups) -> None:
    block = kept(tools, 1)
    finish(backups.make(time.time()))
    backups.there[0].path.write_bytes(b"Dear diary")
    backups.there[0].path.with_suffix(".pictures").unlink()
    finish(upkeep.collect(time.time()))
    assert there(tools, block) == [True]


def test_a_message_deleted_for_long_is_gone_and_what_followed_it_stays(tools: Tools, upkeep: Upkeep) -> None:
    store = tools.store
    finish(add_conversation(store, Conversation("c")))
    for name in "abc":
        finish(store.add_message("c", Message("user", (kept(tools, ord(name)), TextBlock(name)), id=name)))
    facts = finish(store.delete_messages("c", ["b"], "c"))
    finish(upkeep.collect(time.time()))
    finish(store.restore_messages("c", ["b"], "c"))
    assert [message.id for message in finish(store.messages("c"))] == ["a", "b", "c"]
    assert finish(store.delete_messages("c", ["b"], "c")) == facts
    finish(upkeep.collect(time.time() + 31 * 86_400))
    assert finish(store.message("b")) is None
    assert [message.id for message in finish(store.messages("c"))] == ["a", "c"]
    assert conversations_of(store) == [facts]
    assert facts.pictures == 2


def test_a_start_that_has_gone_back_to_a_backup_says_so(
    tools: Tools, upkeep: Upkeep, backups: Backups, qtbot: QtBot
) -> None:
    finish(backups.make(1_795_287_720.0))
    finish(backups.look())
    finish(backups.choose(backups.there[0]))
    salvage.next_of(tools.store.path).unlink()  # as where it has taken its place
    with qtbot.waitSignal(upkeep.returned) as told_of:
        upkeep.start()
    assert told_of.args == [1_795_287_720.0]


def test_nothing_is_swept_out_of_a_conversation_that_is_open(tools: Tools, told: list[StoreError]) -> None:
    store = tools.store
    for id_ in "cd":
        finish(add_conversation(store, Conversation(id_)))
        finish(store.add_message(id_, Message("user", (TextBlock("x"),), id=f"{id_}1")))
        finish(store.delete_messages(id_, [f"{id_}1"], ""))
    upkeep = Upkeep(store, tools.pictures, tools.threads, tools.tasks, tools.account, in_use=lambda: ["c"])
    finish(upkeep.collect(time.time() + 31 * 86_400))
    assert finish(store.message("c1")) is not None
    assert finish(store.message("d1")) is None
    assert told == []
