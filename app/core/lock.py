"""The lock that says which process owns a data folder.

The kernel holds the lock and frees it however the process ends. Lock files that name a process guess, and were seen
to refuse for ever after the machine was renamed (RELIABILITY, section 3.9).
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from app.core import private
from app.core.errors import StoreFull, StoreLocked

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

FILE: Final = "lock"


class DataFolderLock:
    """Owns the data folder until `close()`; also a context manager."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def acquire(cls, folder: Path) -> Self:
        """Take the folder, created where it is missing. Returns at once.

        Raises StoreLocked where another owner lives, StoreFull where the folder cannot be written.
        """
        path = folder / FILE
        try:
            private.make_folder(folder)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StoreFull(str(folder)) from error
        try:
            _lock(descriptor)
        except OSError as error:
            os.close(descriptor)
            if isinstance(error, BlockingIOError | PermissionError):
                raise StoreLocked(str(folder)) from error
            raise StoreFull(str(folder)) from error
        return cls(descriptor)

    def close(self) -> None:
        """Give the folder free. The file stays: removing it would let two processes lock two files."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            with suppress(OSError):
                os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
