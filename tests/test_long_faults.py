"""The long run of faults: it strikes the app, says what came of it, and finds what is wrong where something is."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from app.core.pictures import Pictures
from app.core.store import FILE, Store
from tests.long import faults
from tests.long.faults import points
from tests.long.scene import OTHER, TALK, prepare
from tests.long.state import Held, before, complaints
from tests.long.struck import KILL, Point

CARELESS = """
import contextlib
from app.core.export import target

@contextlib.contextmanager
def new_file(path, *, over=False):
    yield path

target.new_file = new_file
from tests.long.struck import main
main()
"""
"""An app that writes exports where they are to be."""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scene") / "base"
    prepare(folder)
    return folder


@pytest.fixture
def folder(scene: Path, tmp_path: Path) -> Path:
    """One of its own for each test."""
    return shutil.copytree(scene, tmp_path / "scene")


@pytest.fixture
def was(scene: Path) -> Held:
    return before(scene)


def test_nothing_is_wrong_where_nothing_was_done(folder: Path, was: Held) -> None:
    assert complaints(folder, was, []) == []


def test_what_is_lost_is_found(folder: Path, was: Held) -> None:
    store = Store.open(folder / "data")
    store.run_now(lambda db: db.execute("DELETE FROM messages WHERE id = ?", (f"{TALK}-a",)))
    store.run_now(lambda db: db.execute("UPDATE messages SET state = 'failed' WHERE id = ?", (f"{OTHER}-b",)))
    store.close()
    kept = was.drafts[TALK]["pictures"][0]["kept"]
    Pictures(folder / "data" / "pictures").path(kept).unlink()
    path = folder / "out" / "page.html"
    path.write_text("<!doctype html>")
    lines: list[dict[str, Any]] = [{"begin": "export", "path": path.name}, {"done": "trash", "conversations": [OTHER]}]
    found = "\n".join(complaints(folder, was, lines))
    for words in (
        f"message {TALK}-a is lost",
        f"checksum of message {OTHER}-b",
        f"missing picture {kept[:8]}",
        f"conversation {OTHER} is not in the trash",
        f"export {path.name} is not whole",
    ):
        assert words in found


def test_a_database_that_does_not_open_is_found(folder: Path, was: Held) -> None:
    (folder / "data" / FILE).write_bytes(b"Dear diary")
    assert complaints(folder, was, []) == ["it does not open: StoreDamaged"]


def test_an_error_that_stays_is_tried_now_and_then() -> None:
    calls = [Point("send", "open", "store_0", "pwrite64", number, "") for number in range(1, 22)]
    found = list(points(calls, (KILL, "ENOSPC+")))
    assert [point.number for point in found if point.fault == "ENOSPC+"] == [1, 11, 21]
    assert len([point for point in found if point.fault == KILL]) == 21
    assert Point.from_text(str(found[0])) == found[0]


@pytest.mark.skipif(bool(faults.obstacle()), reason="needs strace")
def test_an_app_that_writes_exports_in_place_is_found_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(faults, "STRUCK", (sys.executable, "-c", CARELESS))
    arguments = ["trash", "export-archive", "--call", "write", "--call", "fdatasync", "--fault", KILL, "--fault", "EIO"]
    assert faults.main([*arguments, "--every", "5", "--workers", "1"]) == 1
    told = capsys.readouterr()
    rows = {line.split(":")[0]: line for line in told.out.splitlines()}
    assert rows["trash"].endswith("holds")
    assert rows["export-archive"].endswith("short")
    assert rows["told as"].startswith("told as: {'StoreFull':")
    assert "SIGKILL: export archive.visavis is not whole" in told.err
    assert "EIO: crash: OSError(5" in told.err
