"""Folders that are dropped: every picture by its bytes, in order, and nothing that waits, loops or has no end."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.core import folder as module
from app.core.errors import PictureUnreadable
from app.core.folder import MAX_DEPTH, pictures_in

PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)
Put = Callable[..., Path]


@pytest.fixture
def put(tmp_path: Path) -> Put:
    def put(name: str, data: bytes = PNG) -> Path:
        path = tmp_path / "album" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    return put


def names(tmp_path: Path) -> list[str]:
    album = tmp_path / "album"
    return [path.relative_to(album).as_posix() for path in pictures_in(album, "album").paths]


def test_pictures_are_told_by_their_bytes(put: Put, tmp_path: Path) -> None:
    put("photo.jpeg", b"\xff\xd8\xff\xe0" + bytes(40))
    put("no extension")
    put("notes.png", b"only words")
    put("empty.png", b"")
    put("lease.pdf", b"%PDF-1.7 ...")
    assert names(tmp_path) == ["no extension", "photo.jpeg"]


def test_in_the_order_of_a_file_manager_own_pictures_before_those_of_folders(put: Put, tmp_path: Path) -> None:
    for name in ("a/1.png", "shot 10.png", "Shot 9.png", "b.png", "a/deeper/2.png", "B/3.png"):
        put(name)
    assert names(tmp_path) == ["b.png", "Shot 9.png", "shot 10.png", "a/1.png", "B/3.png", "a/deeper/2.png"]


def test_hidden_files_and_folders_are_left_alone(put: Put, tmp_path: Path) -> None:
    put(".thumb.png")
    put(".cache/1.png")
    put("seen.png")
    assert names(tmp_path) == ["seen.png"]


def test_it_goes_no_deeper_than_anyone_means(put: Put, tmp_path: Path) -> None:
    put("/".join(["d"] * MAX_DEPTH) + "/last.png")
    put("/".join(["d"] * (MAX_DEPTH + 1)) + "/beyond.png")
    assert names(tmp_path) == ["/".join(["d"] * MAX_DEPTH) + "/last.png"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_link_leads_nowhere_neither_to_a_picture_nor_to_a_folder(put: Put, tmp_path: Path) -> None:
    put("one.png")
    put("../private/passport.png")
    (tmp_path / "album" / "beach.png").symlink_to("../private/passport.png")
    (tmp_path / "album" / "elsewhere").symlink_to("../private")
    (tmp_path / "album" / "loop").symlink_to(tmp_path / "album")
    (tmp_path / "album" / "itself").symlink_to(tmp_path / "album" / "itself")
    assert names(tmp_path) == ["one.png"]


@pytest.mark.skipif(sys.platform == "win32", reason="no such files there")
def test_what_is_no_regular_file_is_not_opened(put: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put("one.png")
    monkeypatch.chdir(tmp_path / "album")  # a socket's path is short
    os.mkfifo("pipe.png")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.png")
        (tmp_path / "album" / "zero.png").symlink_to("/dev/zero")
        assert names(tmp_path) == ["one.png"]


def test_what_cannot_be_read_is_left_out(put: Put, tmp_path: Path) -> None:
    put("one.png")
    put("locked/2.png").parent.chmod(0)
    try:
        found = names(tmp_path)
    finally:
        (tmp_path / "album" / "locked").chmod(0o700)
    assert found[0] == "one.png"


@pytest.mark.parametrize(("limit", "count"), [("MAX_PICTURES", 5), ("MAX_ENTRIES", 5)])
def test_a_whole_disk_ends_at_the_limit_and_says_so(
    put: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, count: int
) -> None:
    for n in range(8):
        put(f"{n}.png")
    monkeypatch.setattr(module, limit, count)
    found = pictures_in(tmp_path / "album", "album")
    assert (len(found.paths), found.more) == (count, True)


def test_a_folder_that_holds_all_that_was_found_says_nothing(put: Put, tmp_path: Path) -> None:
    put("one.png")
    assert not pictures_in(tmp_path / "album", "album").more


def test_a_folder_that_is_gone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PictureUnreadable) as error:
        pictures_in(tmp_path / "album", "album")
    assert (error.value.name, error.value.reason) == ("album", "missing")
