"""What is done for the data folder while the app runs."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.conversation import upkeep as module
from app.conversation.backups import Backups
from app.conversation.chat import Tools
from app.conversation.upkeep import Upkeep
from app.core import backup, private
from app.core.errors import StoreDamaged, StoreError, StoreFull, StoreLow
from app.core.store import Conversation, Store
from tests.conftest import destroy, finish

HOUR = 3600


@pytest.fixture
def told() -> list[StoreError]:
    return []


@pytest.fixture
def upkeep(tools: Tools, told: list[StoreError]) -> Iterator[Upkeep]:
    upkeep = Upkeep(tools.store, tools.threads, tools.tasks)
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
    finish(tools.store.create(Conversation("c")))
    finish(upkeep.look_after(now))
    assert len(backup.backups(folder(tools))) == 1
    finish(tools.store.create(Conversation("d")))
    finish(upkeep.look_after(now + 60))
    assert len(backup.backups(folder(tools))) == 1
    finish(upkeep.look_after(now + HOUR + 60))
    assert len(backup.backups(folder(tools))) == 2
    finish(upkeep.look_after(now + 3 * HOUR))
    assert len(backup.backups(folder(tools))) == 2


def test_a_start_makes_none_of_what_has_not_changed_since_the_last(tools: Tools, upkeep: Upkeep) -> None:
    finish(tools.store.create(Conversation("c")))
    finish(tools.store.tidy())
    finish(upkeep.look_after(time.time()))
    later = Upkeep(tools.store, tools.threads, tools.tasks)
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
    finish(tools.store.create(Conversation("c")))
    for _ in range(2):
        finish(upkeep.look_after(time.time()))
    assert [type(error) for error in told] == [StoreFull]


def test_a_damaged_store_is_told_and_gives_no_backup(
    tools: Tools, upkeep: Upkeep, told: list[StoreError], backups: Backups
) -> None:
    store = tools.store
    finish(store.create(Conversation("c")))
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


def test_a_chosen_backup_is_there_after_the_next_opening(tools: Tools, backups: Backups, tmp_path: Path) -> None:
    finish(tools.store.create(Conversation("c")))
    finish(backups.make(time.time()))
    finish(tools.store.create(Conversation("d")))
    assert [each.whole for each in backups.there] == [True]
    finish(backups.choose(backups.there[0]))
    assert [each.id for each in tools.store.conversations_now()] == ["d", "c"]
    tools.store.close()
    reopened = Store.open(tmp_path / "data")
    assert [each.id for each in reopened.conversations_now()] == ["c"]
    reopened.close()
