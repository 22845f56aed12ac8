"""The folder of picture files, and what it makes of paths that are no files."""

from __future__ import annotations

import hashlib
import os
import socket
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.core.errors import PictureDamaged, PictureTooBig, PictureUnreadable, StoreFull
from app.core.pictures import MAX_FILE_BYTES, Pictures, Stored, read_picture

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX file types and modes")


@pytest.fixture
def pictures(tmp_path: Path) -> Pictures:
    return Pictures(tmp_path / "data" / "pictures")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "roof.png"
    path.write_bytes(b"any bytes at all" * 99)
    return path


def files(pictures: Pictures) -> list[Path]:
    return [path for path in pictures.path("0" * 64).parents[1].rglob("*") if path.is_file()]


def test_a_file_is_copied_under_its_hash(pictures: Pictures, source: Path) -> None:
    stored = pictures.add_file(source, "roof.png")
    assert stored == Stored(hashlib.sha256(source.read_bytes()).hexdigest(), source.stat().st_size)
    assert pictures.path(stored.sha256).read_bytes() == source.read_bytes()
    assert pictures.path(stored.sha256).parent.name == stored.sha256[:2]
    source.unlink()
    assert pictures.read(stored.sha256) == b"any bytes at all" * 99


def test_the_same_bytes_are_kept_once_wherever_they_come_from(pictures: Pictures, source: Path) -> None:
    first = pictures.add_file(source, "roof.png")
    kept = pictures.path(first.sha256)
    before = kept.stat()
    assert pictures.add_bytes(source.read_bytes(), "") == first
    assert files(pictures) == [kept]
    assert kept.stat().st_ino == before.st_ino


def test_a_file_that_is_wanted_again_is_young_again(pictures: Pictures, source: Path) -> None:
    kept = pictures.path(pictures.add_file(source, "roof.png").sha256)
    os.utime(kept, (1000, 1000))
    pictures.add_file(source, "roof.png")
    assert kept.stat().st_mtime > 1_000_000_000


def test_what_a_crash_left_half_way_in_is_removed_by_the_next_owner(tmp_path: Path, source: Path) -> None:
    folder = tmp_path / "data" / "pictures"
    Pictures.of_our_own(folder)
    assert not folder.exists()
    kept = Pictures(folder).add_file(source, "roof.png").sha256
    (folder / ".tmp-0123456789abcdef").write_bytes(b"half a pic")
    (folder / ".tmp-folder").mkdir()
    (folder / "notes.txt").write_text("not ours")
    pictures = Pictures.of_our_own(folder)
    assert sorted(path.name for path in folder.iterdir()) == sorted([".tmp-folder", kept[:2], "notes.txt"])
    assert pictures.read(kept) == source.read_bytes()


@posix
def test_only_the_owner_may_read(pictures: Pictures, source: Path) -> None:
    path = pictures.path(pictures.add_file(source, "roof.png").sha256)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in path.parents[:2]} == {0o700}


@posix
def test_a_link_to_a_file_is_the_file(pictures: Pictures, source: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.png"
    link.symlink_to(source)
    assert pictures.add_file(link, "link.png").size == source.stat().st_size


def test_bytes_that_changed_on_disk_are_never_given_out(pictures: Pictures, source: Path) -> None:
    stored = pictures.add_file(source, "roof.png")
    path = pictures.path(stored.sha256)
    path.write_bytes(path.read_bytes().replace(b"any", b"ANY", 1))
    with pytest.raises(PictureDamaged) as caught:
        pictures.read(stored.sha256, "roof.png")
    assert caught.value.name == "roof.png"


def test_bytes_that_change_after_they_were_read_are_not_given_out_either(pictures: Pictures, source: Path) -> None:
    stored = pictures.add_file(source, "roof.png")
    assert pictures.read(stored.sha256) == pictures.read(stored.sha256) == source.read_bytes()
    path = pictures.path(stored.sha256)
    path.write_bytes(path.read_bytes().replace(b"any", b"ANY", 1))
    for _ in range(2):
        with pytest.raises(PictureDamaged):
            pictures.read(stored.sha256)
    pictures.add_file(source, "roof.png")
    assert pictures.read(stored.sha256) == source.read_bytes()


def test_a_file_that_takes_the_place_of_another_is_checked_again(pictures: Pictures, source: Path) -> None:
    """Even where it has the same size and says that it is as old."""
    stored = pictures.add_file(source, "roof.png")
    pictures.read(stored.sha256)
    path = pictures.path(stored.sha256)
    status, other = path.stat(), path.with_name("other")
    other.write_bytes(bytes(reversed(path.read_bytes())))
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(path)
    with pytest.raises(PictureDamaged):
        pictures.read(stored.sha256)


def test_adding_a_picture_again_repairs_a_damaged_copy(pictures: Pictures, source: Path) -> None:
    stored = pictures.add_file(source, "roof.png")
    pictures.path(stored.sha256).write_bytes(b"rot")
    pictures.add_file(source, "roof.png")
    assert pictures.read(stored.sha256) == source.read_bytes()


def test_a_hash_that_is_not_there_is_missing(pictures: Pictures) -> None:
    with pytest.raises(PictureUnreadable) as caught:
        pictures.read("a" * 64, "roof.png")
    assert caught.value == PictureUnreadable("roof.png", "missing")


@pytest.mark.parametrize("sha256", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n"])
def test_only_a_hash_names_a_file(pictures: Pictures, sha256: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        pictures.path(sha256)


def refused(pictures: Pictures, path: Path) -> str:
    with pytest.raises(PictureUnreadable) as caught:
        pictures.add_file(path, "what")
    assert caught.value.name == "what"
    assert files(pictures) == []
    return caught.value.reason


def test_what_is_not_there_is_missing(pictures: Pictures, tmp_path: Path, source: Path) -> None:
    assert refused(pictures, tmp_path / "nowhere.png") == "missing"
    assert refused(pictures, source / "below.png") == "missing"
    assert refused(pictures, tmp_path / "nul\0.png") == "failed"


def test_a_folder_is_no_picture(pictures: Pictures, tmp_path: Path) -> None:
    assert refused(pictures, tmp_path) == "folder"


def test_an_empty_file_is_no_picture(pictures: Pictures, tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    assert refused(pictures, tmp_path / "empty.png") == "empty"


@posix
def test_pipes_devices_and_sockets_are_refused_without_waiting(pictures: Pictures, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert refused(pictures, tmp_path / "pipe") == "special"
    assert refused(pictures, Path("/dev/zero")) == "special"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        assert refused(pictures, tmp_path / "s") == "special"


@posix
@pytest.mark.skipif(sys.platform != "win32" and os.geteuid() == 0, reason="root reads everything")
def test_a_file_one_may_not_read_is_denied(pictures: Pictures, source: Path) -> None:
    source.chmod(0)
    assert refused(pictures, source) == "denied"


def test_a_file_above_the_cap_is_refused_unread(pictures: Pictures, tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    with path.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    with pytest.raises(PictureTooBig) as caught:
        pictures.add_file(path, "huge.png")
    assert caught.value == PictureTooBig("huge.png", file_bytes=MAX_FILE_BYTES + 1, limit_bytes=MAX_FILE_BYTES)
    assert files(pictures) == []


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs a /proc")
def test_a_file_that_claims_no_size_is_read_to_its_end() -> None:
    assert Path("/proc/self/maps").stat().st_size == 0
    assert b"[stack]" in read_picture(Path("/proc/self/maps"), "maps")


@posix
def test_a_folder_that_takes_nothing_is_a_full_store(tmp_path: Path, source: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreFull) as caught:
        Pictures(tmp_path / "file" / "pictures").add_file(source, "roof.png")
    assert caught.value.path == str(tmp_path / "file" / "pictures")


def test_several_threads_may_add_the_same_picture(pictures: Pictures, source: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        added = set(pool.map(lambda _: pictures.add_file(source, "roof.png"), range(16)))
    assert len(added) == 1
    assert files(pictures) == [pictures.path(added.pop().sha256)]
