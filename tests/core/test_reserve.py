"""A full disk: what makes room is still done, the rest is told, and all goes on once there is room again."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from app.core import reserve

ROOT = Path(__file__).parents[2]
ON_A_FULL_DISK = """
    import asyncio, sys
    from pathlib import Path
    from app.core import reserve
    from app.core.errors import StoreFull
    from app.core.filing import Filing
    from app.core.message import Message, TextBlock
    from app.core.store import Conversation, Store
    from tests.stored import add_conversation, conversations_of

    folder = Path(sys.argv[1])
    long = Message("user", (TextBlock("x" * 300_000),), id="q2")

    async def fails(work):
        try:
            await work
        except StoreFull:
            return True
        return False

    async def main():
        store = Store.open(folder)
        for name in "cde":
            await add_conversation(store, Conversation(name))
        await store.add_message("c", Message("user", (TextBlock("Hello"),), id="q"))
        await store.add_message("c", Message("assistant", id="a", state="streaming"))
        kept = reserve.keep(folder)
        try:
            with (folder / "filler").open("wb", buffering=0) as filler:
                while filler.write(b"x" * 4096):
                    pass
        except OSError:
            pass
        if sys.argv[2:] == ["leaving"]:
            print("refused", await fails(store.save_draft("c", {"text": "y" * 300_000})))
            print("refused", await fails(store.save_draft("c", {"text": "y" * 300_000}, vital=True)))
            print("there", len((await store.draft("c"))["text"]))
            store.close()
            return
        if len(sys.argv) > 2:
            reserve.release(folder)
            with (folder / "filler2").open("wb", buffering=0) as filler:
                try:
                    while filler.write(b"x" * 4096):
                        pass
                except OSError:
                    pass
        print("kept", kept)
        print("question refused", await fails(store.add_message("c", long)))
        print("draft refused", await fails(store.save_draft("c", {"text": "y" * 300_000})))
        print("reserve there", (folder / "reserve").exists())
        print("delete refused", await fails(Filing(store).discard(["d"])))
        answer = Message("assistant", (TextBlock("Hi " * 20_000),), id="a")
        print("answer refused", await fails(store.finish("c", answer)))
        print("reserve there", (folder / "reserve").exists())
        print("readable", len(await store.messages("c")), sorted(c.id for c in conversations_of(store)))
        (folder / "filler").unlink()
        print("question refused", await fails(store.add_message("c", long)))
        print("readable", len(await store.messages("c")))
        store.close()

    asyncio.run(main())
"""


def on_a_full_disk(tmp_path: Path, *arguments: str) -> list[str]:
    """What the script says on a real file system of 12 MB, mounted in a namespace of its own."""
    mount = 'mount -t tmpfs -o size=12m,mode=700 none "$1" && shift && exec "$@"'
    script = [sys.executable, "-c", textwrap.dedent(ON_A_FULL_DISK), str(tmp_path), *arguments]
    command = ["unshare", "-rm", "sh", "-c", mount, "sh", str(tmp_path), *script]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("no unshare here")
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip("no namespaces here")
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_on_a_full_disk_deleting_works_and_a_paid_answer_is_kept(tmp_path: Path) -> None:
    said = on_a_full_disk(tmp_path)
    assert said == [
        "kept True",
        "question refused True",
        "draft refused True",
        "reserve there True",
        "delete refused False",
        "answer refused False",
        "reserve there False",
        "readable 2 ['c', 'e']",
        "question refused False",
        "readable 3",
    ]


def test_what_is_being_written_when_the_app_closes_is_kept_on_a_full_disk(tmp_path: Path) -> None:
    assert on_a_full_disk(tmp_path, "leaving") == ["refused True", "refused False", "there 300000"]


def test_without_the_reserve_even_deleting_fails_and_nothing_is_lost(tmp_path: Path) -> None:
    """It is what the reserve is for."""
    said = on_a_full_disk(tmp_path, "without")
    assert "delete refused True" in said
    assert "answer refused True" in said
    assert said[-3:] == ["readable 2 ['c', 'd', 'e']", "question refused False", "readable 3"]


def test_the_reserve_takes_up_its_room_and_is_private(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        assert reserve.keep(tmp_path)
    finally:
        os.umask(before)
    status = (tmp_path / reserve.FILE).stat()
    assert (status.st_size, stat.S_IMODE(status.st_mode)) == (reserve.SIZE, 0o600)
    assert status.st_blocks * 512 >= reserve.SIZE
    assert reserve.keep(tmp_path)
    assert (tmp_path / reserve.FILE).stat().st_mtime_ns == status.st_mtime_ns
    assert reserve.release(tmp_path)
    assert not reserve.release(tmp_path)


def test_one_that_was_cut_off_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / reserve.FILE).write_bytes(b"short")
    assert reserve.keep(tmp_path)
    assert (tmp_path / reserve.FILE).stat().st_size == reserve.SIZE
    assert not reserve.keep(tmp_path / "nowhere")
