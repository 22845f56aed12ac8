"""Folders and files that only their owner may read, whatever the umask (RELIABILITY, section 3.7)."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

UNFINISHED: Final = ".tmp-"
"""How the names of files begin that are on their way in, everywhere in the data folder."""


def make_folder(folder: Path) -> None:
    """Create the folder and its missing parents, mode 0700.

    A folder that exists keeps its mode: it may be one the person shares on purpose. Raises OSError.
    """
    missing = [path for path in (folder, *folder.parents) if not path.is_dir()]
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)
        with suppress(OSError):  # a folder above may be one that we cannot read
            sync_folder(path.parent)


def touch(path: Path) -> None:
    """Make sure the file exists and has mode 0600. Raises OSError.

    An existing file is not opened: closing it again would drop the locks SQLite holds on it in this process.
    """
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        path.chmod(0o600)


def replace(path: Path, data: bytes) -> None:
    """Write the file as a whole, mode 0600: after a crash it holds the old bytes or the new ones. Raises OSError."""
    draft = path.with_name(f"{UNFINISHED}{os.urandom(8).hex()}")
    try:
        # O_BINARY exists on Windows only, where it keeps line ends as they are.
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        with suppress(OSError):
            draft.unlink()
        raise
    sync_folder(path.parent)


def tidy(folder: Path) -> None:
    """Remove the files that a crash left half-way into the folder. For the process that owns it, as it begins."""
    for left in folder.glob(f"{UNFINISHED}*"):
        with suppress(OSError):  # it does no harm
            left.unlink()


def sync_folder(folder: Path) -> None:
    """Make a rename durable. Windows cannot open a folder; there the rename is all there is."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
