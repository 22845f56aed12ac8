"""The database file: its settings, its rights, its versions, and what is refused."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from app.core import backup, salvage, schema
from app.core.errors import StoreDamaged, StoreFull, StoreTooNew
from app.core.filing import Filing, Folder
from app.core.ledger import Call, Caps, Filter, Ledger, Outcome, PictureShare
from app.core.message import Message, TextBlock
from app.core.prompts import Prompt, Prompts
from app.core.store import FILE, Conversation, Store
from tests.core.test_store import answer, sql
from tests.stored import add_conversation, conversations_of


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path)
    yield opened
    opened.close()


def test_the_database_is_set_up_as_the_design_says(store: Store) -> None:
    expected = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "trusted_schema": 0,
        "mmap_size": 0,
        "busy_timeout": 0,
        "locking_mode": "exclusive",
        "secure_delete": 1,
        "application_id": schema.APPLICATION_ID,
        "user_version": len(schema.MIGRATIONS),
    }

    assert {name: sql(store, f"PRAGMA {name}")[0] for name in expected} == expected


def test_all_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = Store.open(tmp_path / "new" / "deeper")
    finally:
        os.umask(before)
    sql(store, "INSERT INTO drafts VALUES ('', '{}')")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new").rglob("*")}
    store.close()
    assert modes == {"deeper": 0o700, FILE: 0o600, f"{FILE}-wal": 0o600}
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_a_file_that_was_left_readable_becomes_private(tmp_path: Path) -> None:
    Store.open(tmp_path).close()
    (tmp_path / FILE).chmod(0o644)
    Store.open(tmp_path).close()
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_an_empty_file_becomes_a_store(tmp_path: Path) -> None:
    (tmp_path / FILE).touch()
    store = Store.open(tmp_path)
    assert conversations_of(store) == []
    store.close()


def test_a_newer_store_is_refused_unchanged(tmp_path: Path) -> None:
    Store.open(tmp_path).close()
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    db.close()
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(StoreTooNew) as raised:
        Store.open(tmp_path)
    assert raised.value.path == str(tmp_path / FILE)
    assert (tmp_path / FILE).read_bytes() == before


@pytest.mark.parametrize("content", [b"Dear diary, " * 500, b"SQLite format 3\x00" + b"\xff" * 4080])
def test_a_file_that_is_no_database_is_refused_unchanged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(StoreDamaged):
        Store.open(tmp_path)
    assert (tmp_path / FILE).read_bytes() == content


async def test_a_file_that_was_cut_short_is_refused_unchanged(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    await add_conversation(store, Conversation("c"))
    store.close()
    whole = (tmp_path / FILE).read_bytes()
    for kept in (len(whole) - 4096, len(whole) - 1, 4096):
        (tmp_path / FILE).write_bytes(whole[:kept])
        with pytest.raises(StoreDamaged):
            Store.open(tmp_path)
        assert (tmp_path / FILE).read_bytes() == whole[:kept]


async def test_the_log_of_another_database_is_not_played_in(tmp_path: Path) -> None:
    other = Store.open(tmp_path / "other")
    await add_conversation(other, Conversation("foreign"))
    store = Store.open(tmp_path)
    await add_conversation(store, Conversation("c"))
    store.close()
    log = (tmp_path / "other" / f"{FILE}-wal").read_bytes()
    other.close()
    (tmp_path / f"{FILE}-wal").write_bytes(log[:32] + bytes(len(log) - 32))
    reopened = Store.open(tmp_path)
    assert [each.id for each in conversations_of(reopened)] == ["c"]
    reopened.close()


async def test_where_there_are_backups_an_empty_file_is_no_fresh_start(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    await add_conversation(store, Conversation("c"))
    folder = tmp_path / backup.FOLDER
    copy = backup.unfinished(folder)
    backup.keep(copy, backup.verified(copy, await store.copy_to(copy)), 5.0)
    store.close()
    (tmp_path / FILE).write_bytes(b"")
    for _ in range(2):
        with pytest.raises(StoreDamaged):
            Store.open(tmp_path)
        (tmp_path / FILE).unlink(missing_ok=True)
    salvage.start_empty(tmp_path / FILE)
    started = Store.open(tmp_path)
    assert conversations_of(started) == []
    started.close()


def test_the_database_of_another_program_is_refused_unchanged(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute("CREATE TABLE recipes (name)")
    db.close()
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(StoreDamaged):
        Store.open(tmp_path)
    assert (tmp_path / FILE).read_bytes() == before


def test_a_folder_that_cannot_be_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreFull):
        Store.open(tmp_path / "file")
    (tmp_path / "folder" / FILE).mkdir(parents=True)
    with pytest.raises(StoreFull):
        Store.open(tmp_path / "folder")


async def test_a_full_disk_is_reported_and_what_was_there_stays(store: Store) -> None:
    await add_conversation(store, Conversation("c"))
    await store.add_message("c", answer())
    # SQLite's own limit gives the same SQLITE_FULL as the file system's.
    sql(store, "PRAGMA max_page_count = 1")
    with pytest.raises(StoreFull):
        await store.add_message("c", Message("user", (TextBlock("x" * 1_000_000),), id="q"))
    assert await store.messages("c") == [answer()]
    sql(store, "PRAGMA max_page_count = 100000")
    await store.add_message("c", Message("user", (TextBlock("x" * 1_000_000),), id="q"))


def _facts(**changed: object) -> str:
    usage = dict.fromkeys(("input_tokens", "cache_write_5m", "cache_write_1h", "cache_read", "output_tokens"), 1)
    whole = {"seconds": 2.5, "server": "api.example", "model": "m", "estimate": "0.3", "cost": "0.1"}
    return json.dumps(whole | {"usage": usage | {"thinking_tokens": 0}} | changed)


@pytest.mark.parametrize(
    ("facts", "spent"),
    [
        (_facts(), "0.1"),
        (_facts().replace('"seconds"', '"seconxs"'), "0.1"),
        (_facts(seconds="soon", server=None, model=[]), "0.1"),
        (_facts(server="practice"), "0"),
        (_facts().replace("cache_write_1h", "cache_wrjte_1h"), "0.1"),
        (_facts(usage=5), "0.1"),
        (_facts(usage={"output_tokens": "many"}), "0.1"),
        *((_facts(cost=cost), "0") for cost in ("0.q", "0..1", ".", "1e5", "NaN", "-1", "", None, [1])),
        (_facts(cost=0.1, estimate="0.q"), "0.1"),
        (_facts()[:-1], None),
        ("[]", None),
    ],
)
async def test_what_was_answered_before_there_was_a_ledger_comes_into_it_however_damaged(
    tmp_path: Path, facts: str, spent: str | None
) -> None:
    db = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    for statement in schema.MIGRATIONS[0]:
        db.execute(statement)
    db.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    db.execute("PRAGMA user_version = 1")
    db.execute("INSERT INTO conversations VALUES ('c', 't', 'm', '', 1, 1, 0, '', '', 0, NULL)")
    message = "INSERT INTO messages VALUES (NULL, ?, 'c', 'assistant', ?, 10, '[]', ?, 0)"
    db.executemany(message, [("damaged", "comqlete", facts), ("whole", "complete", _facts(cost="0.02"))])
    db.close()
    store = Store.open(tmp_path)
    ledger = Ledger(store)
    try:
        entries = [*await ledger.entries(Filter()), *await ledger.entries(Filter(practice=True))]
        states = {entry.call.message: entry.outcome.state for entry in entries}
        assert states == {"whole": "complete"} | ({"damaged": "interrupted"} if spent else {})
        assert await ledger.spent("month", now=10.0) == Decimal("0.02") + Decimal(spent or 0)
        groups = [g for practice in (False, True) for g in await ledger.grouped("model", Filter(practice=practice))]
        assert sum(group.requests for group in groups) == len(entries)
    finally:
        store.close()


async def test_a_step_that_fails_leaves_the_old_version_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store.open(tmp_path)
    await add_conversation(store, Conversation("c"))
    store.close()
    steps = [
        *schema.MIGRATIONS,
        ("ALTER TABLE conversations ADD COLUMN folder TEXT", "ALTER TABLE nowhere ADD COLUMN x"),
    ]
    monkeypatch.setattr(schema, "MIGRATIONS", steps)
    with pytest.raises(sqlite3.OperationalError):
        Store.open(tmp_path)
    monkeypatch.setattr(schema, "MIGRATIONS", [*steps[:-1], steps[-1][:1]])
    migrated = Store.open(tmp_path)
    assert [c.id for c in conversations_of(migrated)] == ["c"]
    assert sql(migrated, "PRAGMA user_version") == (len(steps),)
    migrated.close()


@pytest.mark.parametrize(
    "written", [b"Harbours", b"sonnet", b"half a thought", b"Lake", b"Describe", b"12.345", b"0.0625"]
)
async def test_what_has_no_checksum_stands_twice_and_the_check_compares(tmp_path: Path, written: bytes) -> None:
    store, pictures = Store.open(tmp_path), (PictureShare(1, "a", 5, Decimal("0.0625")),)
    await add_conversation(store, Conversation("c", title="Harbours", model="sonnet"))
    await store.save_draft("c", {"text": "half a thought"})
    await Filing(store).put_folder(Folder("f", "Lake"))
    await Prompts(store).put([Prompt("n", "Describe", id="p")])
    await Ledger(store).enter("r", Call("message"), Caps())
    await Ledger(store).settle("r", Outcome("complete", cost=Decimal("12.345"), pictures=pictures))
    await store.check()
    store.close()
    path = tmp_path / FILE
    whole = path.read_bytes()
    for place in range(whole.count(written)):
        parts = whole.split(written)
        changed = written.join(parts[: place + 1]) + written.swapcase()[:-1] + b"#" + written.join(parts[place + 1 :])
        path.write_bytes(changed)
        store = Store.open(tmp_path)
        with pytest.raises(StoreDamaged):
            await store.check()
        store.close()
        path.with_name(f"{FILE}.damaged").unlink()
    assert whole.count(written) == 2


def test_a_changed_name_in_the_schema_is_damage_and_no_error_of_ours(tmp_path: Path) -> None:
    Store.open(tmp_path).close()
    path = tmp_path / FILE
    whole = path.read_bytes()
    assert whole.count(b"content TEXT NOT NULL,") == 1
    path.write_bytes(whole.replace(b"content TEXT NOT NULL,", b"cnntent TEXT NOT NULL,"))
    with pytest.raises(StoreDamaged):
        Store.open(tmp_path)


async def test_a_list_that_cannot_be_read_is_found_by_the_opening(tmp_path: Path) -> None:
    """Where a person can be asked what to do about it: at the first paint it is too late."""
    store = Store.open(tmp_path)
    await add_conversation(store, Conversation("c"))
    page = sql(store, "SELECT rootpage FROM sqlite_master WHERE name = 'conversations'")[0]
    store.close()
    with (tmp_path / FILE).open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(bytes(4096))
    with pytest.raises(StoreDamaged):
        Store.open(tmp_path)
