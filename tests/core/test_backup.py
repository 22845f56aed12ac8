"""Backups: made beside running work, counted only when they are whole, thinned with time, there before a migration."""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from app.core import backup, private, rows, schema
from app.core.backup import Backup, Kind
from app.core.errors import StoreDamaged, StoreError, StoreFull, StoreTooNew
from app.core.message import Message, TextBlock
from app.core.store import FILE, Conversation, Store
from tests.core.test_store import answer, picture, sql
from tests.stored import add_conversation

NOW = 1_800_000_000.0
HOUR = 3600
DAY = 24 * HOUR


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / backup.FOLDER


async def fill(store: Store, messages: int = 3, words: str = "") -> None:
    await add_conversation(store, Conversation("c", title="Harbours"))
    await store.add_message("c", Message("user", (picture(1, "a" * 64), TextBlock(words)), id="q"))
    for number in range(messages - 1):
        await store.add_message("c", replace(answer(), id=str(number)))


async def make(store: Store, folder: Path, now: float = NOW) -> Path:
    path = backup.unfinished(folder)
    contents = backup.verified(path, await store.copy_to(path))
    return backup.keep(path, contents, now)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def said_in(path: Path) -> list[tuple[object, ...]]:
    with closing(schema.read_only(path)) as db:
        return db.execute(rows.SELECT_MESSAGES).fetchall()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def broken(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as db:
        db.execute(statement)
    db.close()


async def test_a_backup_has_all_there_is_and_is_private(store: Store, folder: Path) -> None:
    await fill(store)
    before = os.umask(0)
    try:
        path = await make(store, folder)
    finally:
        os.umask(before)
    assert backup.backups(folder) == [Backup(path, NOW, path.stat().st_size, whole=True)]
    contents = backup.verified(path)
    assert contents.counts == {"conversations": 1, "messages": 3, "drafts": 0, "requests": 0}
    assert contents.damaged == 0
    assert contents.pictures == {"a" * 64, "5" * 64}
    assert backup.pictures_of(folder) == contents.pictures
    assert names(folder) == {"2027-01-15T08-00-00Z.db", "2027-01-15T08-00-00Z.pictures"}
    assert [mode(each) for each in (folder, path, path.with_suffix(".pictures"))] == [0o700, 0o600, 0o600]


class Reluctant(sqlite3.Connection):
    """SQLite where the header of a file cannot be written: it tells so, and raises nothing."""

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        return super().execute("SELECT 'off'" if statement == "PRAGMA journal_mode = DELETE" else statement, *values)


async def test_a_copy_that_cannot_be_ended_does_not_count(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(store)
    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Reluctant))
    with pytest.raises(StoreFull):
        await make(store, folder)
    assert names(folder) == set()


async def test_what_is_written_meanwhile_has_its_turn_and_is_in_it(store: Store, folder: Path) -> None:
    await fill(store, words="x" * 8_000_000)
    path = backup.unfinished(folder)
    copying = asyncio.ensure_future(store.copy_to(path))
    await asyncio.sleep(0)
    order: list[bool] = []
    while not copying.done():
        await store.add_message("c", Message("user", (TextBlock("And?"),), id=f"m{len(order)}"))
        order.append(copying.done())
    assert order.count(False) >= 3
    counts = await copying
    assert counts["messages"] >= 3 + order.count(False)
    assert backup.verified(path, counts).damaged == 0


async def test_closing_does_not_wait_for_a_backup(tmp_path: Path, folder: Path) -> None:
    store = Store.open(tmp_path)
    await fill(store, words="x" * 8_000_000)
    copying = asyncio.ensure_future(store.copy_to(backup.unfinished(folder)))
    await asyncio.sleep(0)
    store.close()
    with pytest.raises(backup.Abandoned):
        await copying
    assert names(folder) == set()


async def test_a_copy_that_is_not_whole_does_not_count(store: Store, folder: Path) -> None:
    await fill(store, 40)
    path = backup.unfinished(folder)
    counts = await store.copy_to(path)
    whole = path.read_bytes()
    for faulty in (whole[:-4096], whole[:8192] + b"\xff" * 4096 + whole[12288:], b"", b"Dear diary"):
        path.write_bytes(faulty)
        with pytest.raises(StoreDamaged):
            backup.verified(path, counts)
    path.write_bytes(whole)
    with pytest.raises(StoreDamaged):
        backup.verified(path, counts | {"messages": 41})
    broken(path, "PRAGMA user_version = 999")
    with pytest.raises(StoreTooNew):
        backup.verified(path)
    path.unlink()
    with pytest.raises(StoreFull):
        backup.verified(path)
    assert backup.backups(folder) == []


async def test_a_damaged_message_is_counted_and_told_by_the_name(store: Store, folder: Path) -> None:
    await fill(store)
    sql(store, "UPDATE messages SET content = replace(content, 'deep', 'beep') WHERE id = '0'")
    path = await make(store, folder)
    assert path.name == "2027-01-15T08-00-00Z.partly.db"
    assert [each.whole for each in backup.backups(folder)] == [False]
    assert backup.verified(path).damaged == 1


async def test_no_flipped_bit_of_a_message_gets_past(store: Store, folder: Path) -> None:
    await fill(store, 12)
    path = backup.unfinished(folder)
    counts = await store.copy_to(path)
    whole, rng = path.read_bytes(), random.Random(6)  # noqa: S311  # no secret is made of it
    written = said_in(path)
    found = 0
    for _ in range(60):
        data = bytearray(whole)
        data[rng.randrange(100, len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(bytes(data))
        try:
            passed = backup.verified(path, counts).damaged == 0
        except StoreError:
            passed = False
        found += not passed
        assert not passed or said_in(path) == written
    assert found > 5


async def test_two_of_one_second_are_two(store: Store, folder: Path) -> None:
    assert await make(store, folder) != await make(store, folder)
    assert len(backup.backups(folder)) == 2


async def test_what_a_crash_left_is_removed_and_what_is_no_backup_stays(store: Store, folder: Path) -> None:
    kept = await make(store, folder)
    (folder / "notes.txt").touch()
    for end in ("", "-journal"):
        (folder / f".tmp-0123{end}").touch()
    backup.tidy(folder)
    assert names(folder) == {kept.name, kept.with_suffix(".pictures").name, "notes.txt"}
    assert [each.path for each in backup.backups(folder)] == [kept]
    assert backup.backups(folder / "none") == []


async def test_the_pictures_of_a_backup_whose_list_is_lost_are_read_from_it(store: Store, folder: Path) -> None:
    await fill(store)
    (await make(store, folder)).with_suffix(".pictures").unlink()
    assert backup.pictures_of(folder) == {"a" * 64, "5" * 64}


# --- thinning ---------------------------------------------------------------------------------------


def made(moment: float, *, whole: bool = True, kind: Kind = "") -> Backup:
    return Backup(Path(f"/{moment}{whole}{kind}"), moment, 1, whole, kind)


def test_hourly_backups_of_months_become_those_of_two_days_a_week_and_a_month() -> None:
    there: set[Backup] = set()
    for hour in range(24 * 90):
        now = NOW + hour * HOUR
        there = backup.wanted({*there, made(now)}, now)
    ages = sorted((now - each.made) / DAY for each in there)
    assert len([age for age in ages if age < 2]) == 48
    assert len([age for age in ages if 2 <= age < 9]) in range(6, 9)
    assert len([age for age in ages if age >= 9]) in range(3, 6)
    assert ages[-1] > 28
    assert max(b - a for a, b in pairwise(ages)) <= 8


def test_the_newest_whole_one_stays_however_old_and_whatever_comes_after() -> None:
    old = made(NOW - 400 * DAY)
    faulty = {made(NOW - hour * HOUR, whole=False) for hour in range(100)}
    assert old in backup.wanted({old, made(NOW - 500 * DAY), *faulty}, NOW)
    assert made(NOW - 500 * DAY) not in backup.wanted({old, made(NOW - 500 * DAY)}, NOW)


def test_a_damaged_one_takes_no_whole_ones_place() -> None:
    whole, faulty = made(NOW - 60), made(NOW - 30, whole=False)
    assert backup.wanted({whole, faulty}, NOW) == {whole, faulty}


def test_one_with_a_reason_is_not_thinned_by_the_hour_and_takes_no_others_place() -> None:
    hourly = made(NOW - 60)
    by_hand = {made(NOW - 30 + second, kind="hand") for second in range(20)}
    before = {made(NOW - 20 + second, kind="import", whole=False) for second in range(20)}
    assert backup.wanted({hourly, *by_hand, *before}, NOW) == {hourly, *by_hand, *before}


def test_of_those_with_a_reason_the_newest_ten_outlive_a_week_and_none_the_longest() -> None:
    old = [made(NOW - 8 * DAY + minute, kind="hand") for minute in range(12)]
    fresh = [made(NOW - 6 * DAY + minute, kind="erase") for minute in range(4)]
    assert backup.wanted({*old, *fresh}, NOW) == {*old[-6:], *fresh}
    assert backup.wanted({*old, *fresh, made(NOW)}, NOW + 40 * DAY) == {made(NOW)}


async def test_the_reason_is_in_the_name(store: Store, folder: Path) -> None:
    path = backup.unfinished(folder)
    contents = replace(backup.verified(path, await store.copy_to(path)), damaged=1)
    kept = backup.keep(path, contents, NOW, "import")
    assert kept.name == "2027-01-15T08-00-00Z.import.partly.db"
    assert [(each.kind, each.whole) for each in backup.backups(folder)] == [("import", False)]
    assert kept.with_suffix(".pictures").exists()


async def test_what_is_not_wanted_goes_with_its_list(store: Store, folder: Path) -> None:
    await make(store, folder, NOW - 100 * DAY)
    kept = await make(store, folder)
    backup.thin(folder, NOW)
    assert names(folder) == {kept.name, kept.with_suffix(".pictures").name}


# --- before a migration -----------------------------------------------------------------------------


async def test_an_older_store_is_kept_before_it_is_migrated(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store.open(tmp_path)
    await fill(store)
    store.close()
    assert backup.FOLDER not in names(tmp_path)
    monkeypatch.setattr(schema, "MIGRATIONS", [*schema.MIGRATIONS, ("ALTER TABLE drafts ADD COLUMN extra TEXT",)])
    Store.open(tmp_path).close()
    [kept] = backup.backups(folder)
    assert kept.kind == "update"
    assert backup.verified(kept.path).counts["messages"] == 3
    db = schema.read_only(kept.path)
    assert schema.version(db, kept.path) == len(schema.MIGRATIONS) - 1
    db.close()
    Store.open(tmp_path).close()
    assert len(backup.backups(folder)) == 1


async def test_without_a_backup_there_is_no_migration(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store.open(tmp_path)
    await fill(store)
    store.close()
    private.touch(folder)  # so that no folder can be made there
    before = (tmp_path / FILE).read_bytes()
    monkeypatch.setattr(schema, "MIGRATIONS", [*schema.MIGRATIONS, ("ALTER TABLE drafts ADD COLUMN extra TEXT",)])
    with pytest.raises(StoreFull):
        Store.open(tmp_path)
    assert (tmp_path / FILE).read_bytes() == before
