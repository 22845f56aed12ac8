"""The data folder moved in real folders: cut off at every step, refused, called off, and cleared up after."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import stat
from pathlib import Path
from typing import Any, Final

import pytest

from app.core import backup, carrying, moving
from app.core.errors import StoreError, StoreLocked
from app.core.lock import DataFolderLock
from app.core.message import Message, TextBlock
from app.core.moving import FORMER, PLAN, MoveRefused, Plan
from app.core.pictures import Pictures
from app.core.place import NOTE, Place, is_ours, note
from app.core.store import FILE, Conversation, Store
from tests.stored import add_conversation, conversations_of

NOW: Final = 1_795_287_720.0


class CutOff(BaseException):
    """As when the process ends here and now: nothing is put in order."""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A data folder with a bit of everything."""
    folder = tmp_path / "old"

    async def fill() -> None:
        store = Store.open(folder)
        await add_conversation(store, Conversation("c", title="Roof"))
        await store.add_message("c", Message("user", (TextBlock("How old?"),), id="m"))
        copy = backup.unfinished(folder / backup.FOLDER)
        counts = await store.copy_to(copy)
        backup.keep(copy, backup.verified(copy, counts), NOW)
        store.close()

    asyncio.run(fill())
    pictures = Pictures(folder / "pictures")
    pictures.add_bytes(b"x" * 3_000_000, "large.png")
    pictures.add_bytes(b"small", "small.png")
    (folder / "settings.json").write_text("{}")
    (folder / "pictures" / ".tmp-left").write_bytes(b"half")
    DataFolderLock.acquire(folder).close()
    return folder


@pytest.fixture
def new(tmp_path: Path) -> Path:
    return tmp_path / "disk" / "new"


@pytest.fixture
def usual(tmp_path: Path) -> Path:
    return tmp_path / "usual"


def contents(folder: Path, *but: str) -> dict[str, str]:
    """SHA-256 of every file by its name."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in but and not path.name.startswith(".tmp-")
    }


def kept(folder: Path) -> dict[str, str]:
    return contents(folder, PLAN, FORMER, NOTE, "lock")


def said(folder: Path) -> list[str]:
    """The titles and texts in a store, opened well."""

    async def read() -> list[str]:
        store = Store.open(folder)
        titles = [each.title for each in conversations_of(store)]
        texts = [message.text for message in await store.messages("c")]
        store.close()
        return titles + texts

    return asyncio.run(read())


def silent(_done: int, _of: int) -> None:
    pass


def noted(usual: Path) -> Path | None:
    try:
        return Path(json.loads((usual / NOTE).read_bytes())["folder"])
    except FileNotFoundError:
        return None


def test_everything_is_there_and_the_old_folder_stays(old: Path, new: Path, usual: Path) -> None:
    before = kept(old)
    plan = moving.plan(old, new, 5_000_000)
    assert moving.planned(old) == plan
    told: list[tuple[int, int]] = []
    moving.move(plan, usual, lambda done, of: told.append((done, of)))
    assert kept(new) == kept(old) == before
    assert noted(usual) == new
    assert moving.planned(old) is None
    assert moving.former(new) == [old]
    whole = 2 * sum(
        path.stat().st_size for path in new.rglob("*") if path.is_file() and path.name not in {FORMER, "lock"}
    )
    assert told[-2] == (whole, whole)
    assert [done for done, _ in told[:-1]] == sorted(done for done, _ in told[:-1])
    assert said(new) == ["Roof", "How old?"]
    assert not list(new.rglob(".tmp-*"))


def test_what_is_moved_is_private_and_keeps_its_time(old: Path, new: Path, usual: Path) -> None:
    [small] = [path for path in (old / "pictures").rglob("*") if path.is_file() and path.stat().st_size == 5]
    os.utime(small, (1_000_000_000, 1_000_000_000))
    before = os.umask(0)
    try:
        moving.move(moving.plan(old, new, 0), usual, silent)
    finally:
        os.umask(before)
    for path in (new, *new.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert (new / small.relative_to(old)).stat().st_mtime == 1_000_000_000


def cut_off_at(step: int, plan: Plan, usual: Path) -> bool:
    """Move, and end as a kill would at that step; whether it was reached."""
    left = step

    def progress(_done: int, _of: int) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise CutOff

    try:
        moving.move(plan, usual, progress)
    except CutOff:
        return True
    return False


def test_cut_off_at_any_step_the_old_folder_counts_and_the_next_start_ends_it(
    old: Path, new: Path, usual: Path
) -> None:
    before = kept(old)
    plan = moving.plan(old, new, 0)
    step = 0
    while cut_off_at(step, plan, usual):
        assert noted(usual) is None
        assert kept(old) == before
        assert moving.planned(old) == plan
        step += 1
    assert step > 20
    assert noted(usual) == new
    assert kept(new) == kept(old) == before


@pytest.mark.parametrize("step", [0, 3, 9, 17])
def test_called_off_nothing_is_left_of_it(old: Path, new: Path, usual: Path, step: int) -> None:
    before = kept(old)
    plan = moving.plan(old, new, 0)
    assert cut_off_at(step, plan, usual)
    moving.stay(plan)
    assert kept(old) == before
    assert not new.exists()
    assert moving.planned(old) is None
    assert said(old) == ["Roof", "How old?"]


def test_called_off_a_folder_that_was_there_stays(old: Path, new: Path, usual: Path) -> None:
    (new / "lost+found").mkdir(parents=True)
    plan = moving.plan(old, new, 0)
    assert cut_off_at(9, plan, usual)
    moving.stay(plan)
    assert [path.name for path in new.iterdir()] == ["lost+found"]


def test_what_the_person_put_there_meanwhile_is_not_touched(old: Path, new: Path, usual: Path) -> None:
    plan = moving.plan(old, new, 0)
    (new / "diary.txt").write_text("Dear diary")
    assert cut_off_at(12, plan, usual)
    moving.stay(plan)
    assert [path.name for path in new.iterdir()] == ["diary.txt"]


def test_between_the_note_and_the_end_the_new_folder_counts(old: Path, new: Path, usual: Path) -> None:
    plan = moving.plan(old, new, 0)
    left = (old / PLAN).read_bytes()
    moving.move(plan, usual, silent)
    (old / PLAN).write_bytes(left)  # as if it had been cut off before this was removed
    place = Place(new, usual)
    place.check()
    assert moving.planned(place.folder) is None
    assert said(new) == ["Roof", "How old?"]


def test_what_changed_between_two_tries_is_brought_anew(old: Path, new: Path, usual: Path) -> None:
    plan = moving.plan(old, new, 0)
    assert cut_off_at(20, plan, usual)

    async def go_on() -> None:
        store = Store.open(old)
        await store.rename("c", "Attic")
        store.close()

    (new / f"{FILE}-wal").write_bytes(b"of another one")
    asyncio.run(go_on())
    moving.move(plan, usual, silent)
    assert kept(new) == kept(old)
    assert said(new) == ["Attic", "How old?"]


def test_a_disk_that_changes_what_it_is_given_is_found_out(old: Path, new: Path, usual: Path) -> None:
    plan = moving.plan(old, new, 0)
    before = kept(old)
    whole = sum(path.stat().st_size for path in old.rglob("*"))

    def progress(done: int, _of: int) -> None:
        target = new / FILE
        if done > whole and target.exists():
            with target.open("r+b") as file:
                file.seek(8192)
                file.write(b"rotten")

    with pytest.raises(MoveRefused) as raised:
        moving.move(plan, usual, progress)
    assert (raised.value.reason, noted(usual), kept(old)) == ("changed", None, before)
    moving.move(plan, usual, silent)
    assert kept(new) == before


def test_a_damaged_store_is_not_moved(old: Path, new: Path, usual: Path) -> None:
    path = old / FILE
    data = bytearray(path.read_bytes())
    data[4096:4104] = b"\xff" * 8
    path.write_bytes(data)
    plan = moving.plan(old, new, 0)
    with pytest.raises(StoreError):
        moving.move(plan, usual, silent)
    assert noted(usual) is None


def test_a_disk_that_is_not_connected_at_the_start_is_not_made_up(old: Path, new: Path, usual: Path) -> None:
    plan = moving.plan(old, new, 0)
    new.rename(new.with_name("away"))
    with pytest.raises(MoveRefused) as raised:
        moving.move(plan, usual, silent)
    assert (raised.value.reason, new.exists(), noted(usual)) == ("gone", False, None)
    moving.stay(plan)
    assert moving.planned(old) is None


def test_what_cannot_be_read_ends_it(old: Path, new: Path, usual: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = moving.plan(old, new, 0)
    real = Path.open

    def broken(path: Path, *arguments: Any, **named: Any) -> Any:
        if path == old / "settings.json":
            raise PermissionError(13, "denied", str(path))
        return real(path, *arguments, **named)

    monkeypatch.setattr(Path, "open", broken)
    with pytest.raises(MoveRefused) as raised:
        moving.move(plan, usual, silent)
    assert (raised.value.reason, raised.value.path) == ("unreadable", str(old / "settings.json"))


def test_links_are_followed_and_circles_left(old: Path, new: Path, usual: Path, tmp_path: Path) -> None:
    (tmp_path / "besides").mkdir()
    (tmp_path / "besides" / "a").write_text("a")
    (old / "linked").symlink_to(tmp_path / "besides")
    (old / "round").symlink_to(old)
    (old / "nowhere").symlink_to(tmp_path / "nowhere")
    os.mkfifo(old / "pipe")
    moving.move(moving.plan(old, new, 0), usual, silent)
    assert (new / "linked" / "a").read_text() == "a"
    assert not (new / "linked").is_symlink()
    assert not {"round", "nowhere", "pipe"} & {path.name for path in new.iterdir()}


# --- what is refused ----------------------------------------------------------------------------


def refused(source: Path, target: Path, needed: int = 0) -> str:
    with pytest.raises(MoveRefused) as raised:
        moving.plan(source, target, needed)
    assert moving.planned(source) is None
    return raised.value.reason


def test_a_place_that_will_not_do_is_refused_and_nothing_is_left_there(old: Path, new: Path, tmp_path: Path) -> None:
    before = contents(tmp_path)
    assert refused(old, old) == "same"
    (tmp_path / "link").symlink_to(old)
    assert refused(old, tmp_path / "link") == "same"
    assert refused(old, old / "pictures" / "new") == "inside"
    assert refused(old, tmp_path / "link" / "new") == "inside"
    assert refused(old, tmp_path) == "not_empty"
    assert refused(old, old / FILE / "new") == "inside"
    (tmp_path / "file").touch()
    assert refused(old, tmp_path / "file") == "not_a_folder"
    assert refused(old, tmp_path / "file" / "new") == "denied"
    assert refused(old, new, 1 << 60) == "no_room"
    (tmp_path / "file").unlink()
    (tmp_path / "link").unlink()
    assert contents(tmp_path) == before
    assert not new.exists()


def test_a_folder_that_cannot_be_written_is_refused(old: Path) -> None:
    assert refused(old, Path("/proc/visavis")) == "denied"
    assert refused(old, Path("/sys")) in {"denied", "not_empty"}


def test_a_folder_in_use_is_refused(old: Path, new: Path) -> None:
    with DataFolderLock.acquire(new):
        assert refused(old, new) == "denied"


def test_the_folder_of_a_move_that_is_done_is_not_taken_for_half_of_one(old: Path, new: Path, usual: Path) -> None:
    moving.move(moving.plan(old, new, 0), usual, silent)
    note(usual, usual)
    assert refused(old, new) == "not_empty"


def test_what_a_cut_off_move_has_left_may_be_moved_to_again(old: Path, new: Path, usual: Path) -> None:
    plan = moving.plan(old, new, 0)
    assert cut_off_at(9, plan, usual)
    (old / PLAN).unlink()
    moving.move(moving.plan(old, new, 0), usual, silent)
    assert kept(new) == kept(old)


# --- what is left -------------------------------------------------------------------------------


def test_what_is_left_is_put_together_for_the_trash(old: Path, new: Path, usual: Path) -> None:
    before = contents(old, "lock")
    moving.move(moving.plan(old, new, 0), usual, silent)
    heap = moving.gathered(old, NOW)
    assert heap == old / "Visavis 2026-11-21"
    assert contents(heap) == before
    assert {path.name for path in old.iterdir()} == {heap.name, "lock"}
    assert moving.former(new) == []
    (old / FILE).touch()
    assert moving.gathered(old, NOW) == old / "Visavis 2026-11-21 (2)"


def test_a_folder_in_use_is_not_thrown_away(old: Path) -> None:
    with DataFolderLock.acquire(old), pytest.raises(StoreLocked):
        moving.gathered(old, NOW)
    assert is_ours(old)


def test_back_to_the_usual_folder_and_on_to_a_third(tmp_path: Path, old: Path, new: Path) -> None:
    """The system's place keeps the note, and takes everything back once what was in it is away."""
    third = tmp_path / "third"
    before = kept(old)
    moving.move(moving.plan(old, new, 0), old, silent)
    heap = moving.gathered(old, NOW)
    assert {path.name for path in old.iterdir()} == {heap.name, "lock", NOTE}
    heap.rename(tmp_path / "trash")
    moving.leave(old)
    assert {path.name for path in old.iterdir()} == {"lock", NOTE}
    moving.move(moving.plan(new, old, 0), old, silent)
    assert kept(old) == before
    assert noted(old) is None
    moving.move(moving.plan(old, third, 0), old, silent)
    assert kept(third) == before
    assert moving.former(third) == [new, old]


def test_a_former_folder_that_is_not_the_usual_one_goes_whole(old: Path, new: Path, usual: Path) -> None:
    moving.move(moving.plan(old, new, 0), usual, silent)
    heap = moving.gathered(old, NOW)
    heap.rename(usual / "trash")
    moving.leave(old)
    assert not old.exists()


def test_what_is_carried_is_read_back(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "file").write_bytes(b"12345")
    told: list[tuple[int, int]] = []
    carrying.carry(tmp_path / "a", tmp_path / "b", (), lambda done, of: told.append((done, of)))
    assert told[-1] == (10, 10)
