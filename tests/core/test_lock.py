"""The data folder's lock, across real processes."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from app.core.errors import StoreFull, StoreLocked
from app.core.lock import DataFolderLock

OWNER = """
import sys
from pathlib import Path
from app.core.lock import DataFolderLock
lock = DataFolderLock.acquire(Path(sys.argv[1]))
print("mine", flush=True)
sys.stdin.read()
"""


def owner(folder: Path) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, "-c", OWNER, str(folder)], stdin=pipe, stdout=pipe, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "mine\n"
    return process


def test_a_folder_owned_by_another_process_is_refused_until_that_ends(tmp_path: Path) -> None:
    with owner(tmp_path) as process:
        with pytest.raises(StoreLocked) as raised:
            DataFolderLock.acquire(tmp_path)
        assert raised.value.path == str(tmp_path)
        process.send_signal(signal.SIGKILL)
        process.wait()
        DataFolderLock.acquire(tmp_path).close()


def test_a_closed_lock_is_free_and_closing_it_again_frees_no_other(tmp_path: Path) -> None:
    first = DataFolderLock.acquire(tmp_path)
    first.close()
    with DataFolderLock.acquire(tmp_path):  # under the descriptor the first one had
        first.close()
        with pytest.raises(StoreLocked):
            DataFolderLock.acquire(tmp_path)
    DataFolderLock.acquire(tmp_path).close()


def test_the_lock_and_its_folder_are_private(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        DataFolderLock.acquire(tmp_path / "data").close()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "data" / "lock").stat().st_mode) == 0o600


def test_a_folder_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreFull):
        DataFolderLock.acquire(tmp_path / "file" / "data")
