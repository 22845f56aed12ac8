"""A file that only takes up room, so that a full disk has some left for what makes more: deleting.

In WAL mode deleting writes first, and fails on a full disk like everything else (RELIABILITY, finding 14).
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from app.core import private

FILE: Final = "reserve"
SIZE: Final = 4 << 20
"""Bytes: the log of the largest conversation that anybody deletes at once."""


def keep(folder: Path) -> bool:
    """Make sure it is there and really takes up its room. Blocks for some milliseconds. Whether there was room."""
    path = folder / FILE
    try:
        if path.stat().st_size == SIZE:
            return True
    except FileNotFoundError:
        pass
    try:
        # Not zeros, which some file systems keep for nothing.
        private.replace(path, os.urandom(SIZE))
    except OSError:
        return False
    return True


def release(folder: Path) -> bool:
    """Give the room back; whether there was any."""
    with suppress(OSError):
        (folder / FILE).unlink()
        return True
    return False
