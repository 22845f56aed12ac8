"""`visavis ask` where the data folder was moved: it goes by the note, and never begins another one by itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.core.place import NOTE, note
from app.core.store import FILE, Store

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.skipif(
    sys.platform in {"win32", "darwin"}, reason="the place is named by XDG_DATA_HOME elsewhere"
)


def ask(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "app", "ask", "Hello", "--practice", *arguments],
        env=kept | {"HOME": str(home), "XDG_DATA_HOME": str(home / "share"), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


def test_it_goes_by_the_note_and_says_where_nothing_is_there(tmp_path: Path) -> None:
    usual, disk = tmp_path / "share" / "Visavis", tmp_path / "disk"
    disk.mkdir()
    note(usual, disk)
    done = ask(tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"The data folder {disk} is not there. Connect its disk")
    assert list(disk.iterdir()) == []
    assert [path.name for path in usual.iterdir()] == [NOTE]
    Store.open(disk).close()
    before = (disk / FILE).read_bytes()
    done = ask(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert (disk / FILE).read_bytes() != before
    assert [path.name for path in usual.iterdir()] == [NOTE]
