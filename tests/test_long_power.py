"""The disk that loses its power, and the long run over it, with a few cuts: what is careless is found."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from random import Random

import pytest

from tests.long import power
from tests.long.cuts import Cut, judge, recorded
from tests.long.disk import SECTOR, Disk
from tests.long.recording import (
    Create,
    Event,
    Link,
    MakeFolder,
    Remove,
    Rename,
    Resize,
    Said,
    SyncBegins,
    SyncEnds,
    Unreadable,
    Write,
    events,
)

OLD, NEW = b"old!" * 384, b"new!" * 512


def synced(path: str, *, contents_only: bool = False) -> list[Event]:
    return [SyncBegins(1, path), SyncEnds(1, contents_only)]


def written(path: str, data: bytes) -> list[Event]:
    return [Create(path, emptied=True), Write(path, 0, data), *synced(path)]


def left(happened: Iterable[Event], tmp_path: Path, *, strict: bool = False) -> list[dict[str, bytes]]:
    """What many losses of power leave, each as its files and what is in them."""
    start = tmp_path / "start"
    start.mkdir()
    disk = Disk(start, strict=strict)
    for event in happened:
        disk.happen(event)
    found = []
    for number in range(200):
        folder = tmp_path / str(number)
        folder.mkdir()
        disk.cut(Random(number), folder)  # noqa: S311
        files = (path for path in folder.rglob("*") if path.is_file())
        found.append({str(path.relative_to(folder)): path.read_bytes() for path in files})
    return found


# --- the disk ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("strict", [False, True])
def test_what_was_synced_is_there(tmp_path: Path, strict: bool) -> None:
    made: list[Event] = [MakeFolder("in"), *synced(""), *written("in/it", NEW), *synced("in")]
    assert all(each == {"in/it": NEW} for each in left(made, tmp_path, strict=strict))


def test_of_what_was_not_synced_any_sectors_are_there(tmp_path: Path) -> None:
    found = [each["it"] for each in left([*written("it", OLD), *synced(""), Write("it", 0, NEW)], tmp_path)]

    assert OLD in found
    assert NEW in found
    assert len(set(found)) > 4
    for each in found:
        sectors = [each[start : start + SECTOR] for start in range(0, len(each), SECTOR)]
        assert set(sectors) <= {OLD[:SECTOR], NEW[:SECTOR], bytes(SECTOR)}


def test_writes_come_in_any_order_and_a_size_may_be_the_old_one(tmp_path: Path) -> None:
    later: list[Event] = [Write("it", 0, b"AA"), Write("it", 1, b"BB"), Resize("it", 2)]
    found = {each["it"] for each in left([*written("it", b"old"), *synced(""), *later], tmp_path)}
    assert found == {b"old", b"AAd", b"oBB", b"ABB", b"AAB", b"ol", b"AA", b"oB", b"AB"}


def test_a_file_that_is_opened_anew_may_be_the_old_one_or_empty(tmp_path: Path) -> None:
    happened = [*written("it", b"old"), *synced(""), Create("it", emptied=True)]
    assert {each["it"] for each in left(happened, tmp_path)} == {b"old", b""}


def test_what_is_written_while_a_sync_goes_on_is_not_certain(tmp_path: Path) -> None:
    happened = [*written("it", b"old"), *synced(""), SyncBegins(2, "it"), Write("it", 0, b"new"), SyncEnds(2, False)]
    assert {each["it"] for each in left(happened, tmp_path)} == {b"old", b"new"}


def test_a_file_that_is_moved_before_it_is_synced_may_be_empty(tmp_path: Path) -> None:
    careless = [Create("draft", emptied=False), Write("draft", 0, NEW), Rename("draft", "it"), *synced("")]
    found = [each["it"] for each in left([*written("it", OLD), *synced(""), *careless], tmp_path)]
    assert b"" in found
    assert OLD not in found


def test_a_file_that_is_synced_before_it_is_moved_is_the_old_or_the_new_one(tmp_path: Path) -> None:
    careful = [*written("it", OLD), *synced(""), *written("draft", NEW), Rename("draft", "it")]
    found = left(careful, tmp_path)
    assert {"it": OLD, "draft": NEW} in found
    assert {"it": NEW} in found
    assert {each["it"] for each in found} == {OLD, NEW}


def test_names_change_in_order_and_come_with_the_sync_of_what_changed_later(tmp_path: Path) -> None:
    happened = [*written("a", b"1"), Link("a", "b"), *written("c", b"2"), Remove("a"), Rename("c", "d")]
    names = {frozenset(each) for each in left(happened, tmp_path)}
    assert names == {frozenset("abc"), frozenset("bc"), frozenset("bd")}


def test_contents_that_are_synced_alone_take_names_with_them_where_their_size_changed(tmp_path: Path) -> None:
    first: list[Event] = [*written("log", b"1"), *synced(""), Create("new", emptied=False)]
    for place, (data, certain) in enumerate([(b"2", False), (b"22", True)]):
        folder = tmp_path / str(place)
        folder.mkdir()
        found = left([*first, Write("log", 0, data), *synced("log", contents_only=True)], folder)
        assert all("new" in each for each in found) is certain
        assert all(each["log"] == data for each in found)


def test_strictly_a_name_needs_the_sync_of_its_own_folder(tmp_path: Path) -> None:
    made: list[Event] = [MakeFolder("in"), *written("draft", NEW), *synced(""), Rename("draft", "in/it")]
    old, new, both, none = (frozenset(names.split()) for names in ("draft", "in/it", "in/it draft", ""))
    syncs = {"in": {new, both}, "": {new, none}, "in/it": {old, new, both, none}}
    for place, (sync, names) in enumerate(syncs.items()):
        folder = tmp_path / str(place)
        folder.mkdir()
        assert {frozenset(each) for each in left([*made, *synced(sync)], folder, strict=True)} == names


# --- the record -------------------------------------------------------------------------------------


def hexed(text: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in text.encode())


def told(tmp_path: Path, *lines: str) -> list[Event]:
    """What is read of these lines, where words in ⟨⟩ are printed as strace prints them."""
    place = tmp_path / "record"
    whole = "\n".join(lines).replace("DIR", str(tmp_path / "dir")).replace("SAID", f"{place}.said")
    parts = whole.replace("⟩", "⟨").split("⟨")
    place.write_text("".join(hexed(part) if number % 2 else part for number, part in enumerate(parts)))
    return events(place, tmp_path / "dir")


def test_calls_are_read_as_they_ended(tmp_path: Path) -> None:
    lines = (
        'openat(AT_FDCWD<⟨/⟩>, "⟨DIR/ä⟩", O_WRONLY|O_CREAT|O_EXCL, 0600) = 3<⟨DIR/ä⟩>',
        'write(3<⟨DIR/ä⟩>, "⟨one⟩", 3) = 3',
        'write(3<⟨DIR/ä⟩>, "⟨two⟩", 3) = 2',
        'write(1<⟨SAID⟩>, "⟨{"done": 1}\n{⟩", 13) = 13',
        'fsync(3<⟨DIR/ä⟩> <unfinished ...>',
        'pwrite64(4<⟨DIR/db⟩>, "⟨x⟩", 1, 4096) = -1 ENOSPC (No space left on device)',
        'rename("⟨/elsewhere/a⟩", "⟨/elsewhere/b⟩") = 0',
        'unlinkat(5<⟨DIR⟩>, "⟨b⟩", 0 <unfinished ...>',
    )  # fmt: skip
    resumed = ["8 <... unlinkat resumed>) = 0", "7 <... fsync resumed>) = 0", "7 +++ exited with 0 +++"]
    threads = (8 if "unlinkat" in line else 7 for line in lines)
    assert told(tmp_path, *map("{} {}".format, threads, lines), *resumed) == [
        Create("ä", emptied=False),
        Write("ä", 0, b"one"),
        Write("ä", 3, b"tw"),
        Said('{"done": 1}'),
        SyncBegins(7, "ä"),
        Remove("b"),
        SyncEnds(7, contents_only=False),
    ]


@pytest.mark.parametrize(
    "call",
    [
        'sendfile(3<⟨DIR/a⟩>, 4<⟨DIR/b⟩>, [0], 5) = 5',
        'rename("⟨/elsewhere/a⟩", "⟨DIR/b⟩") = 0',
        'write(9<⟨DIR/never opened⟩>, "⟨x⟩", 1) = 1',
        'pwrite64(4<⟨DIR/db⟩>, "⟨x⟩"..., 70000000, 0) = 70000000',
    ],
)  # fmt: skip
def test_a_call_that_says_not_enough_ends_the_reading(tmp_path: Path, call: str) -> None:
    with pytest.raises(Unreadable):
        told(tmp_path, f"7 {call}")


# --- the run ----------------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("strace") is None, reason="system calls are recorded with strace")
def test_the_app_survives_some_cuts_and_one_that_does_not_sync_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = ["--count", "12", "--strict", "6", "--canaries", "0", "--again", "0", "--place", str(tmp_path)]
    assert power.main(["--records", "add", *few]) == 0
    assert len([line for line in capsys.readouterr().out.splitlines() if line.endswith("holds")]) == 2

    # SQLite syncs contents alone, and all else is synced whole.
    record = tmp_path / "add" / "record"
    careful = record.read_text("ascii").splitlines(keepends=True)
    for call, complaint in (("fdatasync", "the draft of"), ("fsync", "damaged picture")):
        calls = (f" {call}(", f" {call} resumed>")
        record.write_text("".join(line for line in careful if not any(each in line for each in calls)), "ascii")
        recorded.cache_clear()
        cuts = [Cut(number, record.parent, len(recorded(record.parent).events)) for number in range(4)]
        assert any(complaint in each for result in judge(cuts) for each in result.complaints)
