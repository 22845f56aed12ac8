"""Folders and files that only their owner may read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core import private


@pytest.fixture(autouse=True)
def no_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_every_folder_that_was_missing_is_private(tmp_path: Path) -> None:
    private.make_folder(tmp_path / "a" / "b")
    private.make_folder(tmp_path / "a" / "b")
    assert [mode(tmp_path / "a"), mode(tmp_path / "a" / "b")] == [0o700, 0o700]


def test_a_folder_that_exists_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir(mode=0o755)
    private.make_folder(tmp_path / "shared")
    assert mode(tmp_path / "shared") == 0o755


def test_a_file_is_replaced_whole_and_privately(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    private.replace(path, b"new\n")
    assert (path.read_bytes(), mode(path)) == (b"new\n", 0o600)
    assert list(tmp_path.iterdir()) == [path]


def test_a_replacement_that_fails_leaves_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "a folder stands here"
    (path / "with a file").mkdir(parents=True)
    with pytest.raises(OSError, match="directory"):
        private.replace(path, b"new")
    assert list(tmp_path.iterdir()) == [path]


def test_touching_keeps_the_content_and_takes_others_rights(tmp_path: Path) -> None:
    path = tmp_path / "file"
    private.touch(path)
    assert mode(path) == 0o600
    path.write_text("content")
    path.chmod(0o644)
    private.touch(path)
    assert (path.read_text(), mode(path)) == ("content", 0o600)
