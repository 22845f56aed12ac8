"""What stands in the way of a start, met by a person who is not root, on file systems that refuse."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.errors import StoreDamaged, StoreFull, StoreTooNew
from app.core.lock import DataFolderLock
from app.core.obstacle import obstacle
from app.core.store import FILE, Store

ROOT = Path(__file__).parents[2]
START = """
import os, sys
from pathlib import Path
from app.core.errors import StoreError
from app.core.lock import DataFolderLock
from app.core.obstacle import obstacle
from app.core.store import Store
if os.getuid() == 0:
    os.setgid(65534); os.setuid(65534)
folder = Path(sys.argv[1])
try:
    with DataFolderLock.acquire(folder):
        Store.open(folder).close()
except StoreError as error:
    print(type(error).__name__, obstacle(error))
else:
    print("opened")
"""


def start(folder: Path) -> str:
    """What a start meets there, of somebody who is not root."""
    return subprocess.check_output([sys.executable, "-c", START, str(folder)], cwd=ROOT, text=True).strip()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder in which everybody may write, with a store that was closed."""
    if os.getuid() == 0:
        for parent in (tmp_path, *tmp_path.parents[:2]):
            parent.chmod(0o755)
    folder = tmp_path / "data"
    Store.open(folder).close()
    folder.chmod(0o777)
    (folder / FILE).chmod(0o666)
    if os.getuid() == 0:
        for path in (folder, *folder.iterdir()):
            os.chown(path, 65534, 65534)
    return folder


def readable_only(folder: Path) -> None:
    (folder / "lock").touch()
    for path in folder.iterdir():
        path.chmod(0o444)
    folder.chmod(0o555)


def a_folder_in_its_place(folder: Path) -> None:
    (folder / FILE).unlink()
    (folder / FILE).mkdir()


def a_link_to_nowhere(folder: Path) -> None:
    (folder / FILE).unlink()
    (folder / FILE).symlink_to(folder / "nowhere")


def all_denied(folder: Path) -> None:
    folder.chmod(0o000)


def nothing(_folder: Path) -> None:
    """It is as it should be."""


@pytest.mark.skipif(os.name == "nt", reason="POSIX rights")
@pytest.mark.parametrize(
    ("hinder", "met"),
    [
        (nothing, "opened"),
        (readable_only, "StoreFull denied"),
        (all_denied, "StoreFull denied"),
        (a_folder_in_its_place, "StoreFull not_a_file"),
        (a_link_to_nowhere, "StoreFull not_a_file"),
    ],
)
def test_what_hinders_a_start_is_told(folder: Path, hinder: Callable[[Path], None], met: str) -> None:
    hinder(folder)
    try:
        assert start(folder) == met
    finally:
        folder.chmod(0o777)


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(StoreFull) as raised:
        DataFolderLock.acquire(tmp_path / "data")
    assert obstacle(raised.value) == "not_a_folder"


@pytest.mark.parametrize(("size", "met"), [("64k", "StoreFull no_space"), ("8m", "opened")])
def test_a_full_disk_is_told(tmp_path: Path, size: str, met: str) -> None:
    """On a real file system of that size, where one can be mounted in a namespace of its own."""
    mount = f'mount -t tmpfs -o size={size},mode=777 none "$1" && exec "$2" -c "$3" "$1"'
    command = ["unshare", "-rm", "sh", "-c", mount, "sh", str(tmp_path), sys.executable, START.replace("65534", "0")]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("no unshare here")
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip("no namespaces here")
    assert done.stdout.strip() == met


def test_a_disk_that_can_only_be_read_is_told(folder: Path) -> None:
    command = ["unshare", "-rm", "sh", "-c"]
    mount = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && exec "$2" -c "$3" "$1"'
    arguments = ["sh", str(folder), sys.executable, START.replace("65534", "0")]
    try:
        done = subprocess.run([*command, mount, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("no unshare here")
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip("no namespaces here")
    assert done.stdout.strip() == "StoreFull read_only"


@pytest.mark.parametrize("kind", [StoreDamaged, StoreTooNew])
def test_what_has_no_cause_has_no_obstacle(kind: type[StoreDamaged | StoreTooNew], tmp_path: Path) -> None:
    assert obstacle(kind(str(tmp_path / FILE))) == "failed"
