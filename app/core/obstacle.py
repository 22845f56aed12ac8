"""What stands in the way where a data folder cannot be written to."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path
from typing import Final, Literal

from app.core.errors import StoreError

Obstacle = Literal["no_space", "read_only", "denied", "not_a_folder", "not_a_file", "failed"]

_BY_ERRNO: Final[dict[int, Obstacle]] = {
    errno.ENOSPC: "no_space",
    errno.EDQUOT: "no_space",
    errno.EFBIG: "no_space",
    errno.EROFS: "read_only",
    errno.EACCES: "denied",
    errno.EPERM: "denied",
    errno.EEXIST: "not_a_folder",
    errno.ENOTDIR: "not_a_folder",
    errno.EISDIR: "not_a_file",
    errno.ENOENT: "not_a_file",
    errno.ELOOP: "not_a_file",
}


def obstacle(error: StoreError) -> Obstacle:
    """Why a start met StoreFull: told by what the system or SQLite raised, and by what is at the path."""
    cause, path = error.__cause__, Path(error.path)
    if isinstance(cause, OSError):
        return _BY_ERRNO.get(cause.errno or 0, "failed")
    code = (getattr(cause, "sqlite_errorcode", None) or 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return "no_space"
    if path.is_dir():
        return "not_a_file"
    # What the file system says, and not who may: root may all, and yet cannot write to what is mounted to be read.
    if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR}:
        if _is_read_only(path.parent):
            return "read_only"
        if not os.access(path.parent, os.W_OK) or not os.access(path, os.R_OK | os.W_OK):
            return "denied"
    return "failed"


def _is_read_only(folder: Path) -> bool:
    if os.name == "nt":
        return False
    try:
        return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except OSError:
        return False
