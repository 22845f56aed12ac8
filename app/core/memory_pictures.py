"""The pictures of a conversation that is not kept: files that are in memory alone, and gone when they are closed.

Where the system has no such files (it is Linux that has), they lie in a folder of their own that is removed instead.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Final

from app.core.errors import PictureUnreadable, StoreFull
from app.core.pictures import Pictures, Stored

_DESCRIPTORS: Final = Path("/proc/self/fd")


class MemoryPictures(Pictures):
    """Given back by `close`."""

    def __init__(self) -> None:
        self.in_memory: Final = hasattr(os, "memfd_create") and _DESCRIPTORS.is_dir()
        """Whether nothing of them is ever on a disk."""
        super().__init__(_DESCRIPTORS if self.in_memory else Path(tempfile.mkdtemp(prefix="visavis-")))
        self._files: dict[str, int] = {}
        """File descriptors by SHA-256."""
        self._lock = Lock()

    def __contains__(self, sha256: str) -> bool:
        return sha256 in self._files if self.in_memory else self.path(sha256).exists()

    def path(self, sha256: str) -> Path:
        usual = super().path(sha256)
        return _DESCRIPTORS / str(self._files.get(sha256, "none")) if self.in_memory else usual

    def close(self) -> None:
        """Forget them all. May be called again."""
        if not self.in_memory:
            shutil.rmtree(self._folder, ignore_errors=True)
        with self._lock:
            files, self._files = self._files, {}
        for descriptor in files.values():
            with suppress(OSError):
                os.close(descriptor)

    def _add(self, pieces: Iterable[bytes], name: str) -> Stored:
        if not self.in_memory:
            return super()._add(pieces, name)
        try:
            descriptor = os.memfd_create("picture", os.MFD_CLOEXEC)
        except OSError as error:
            raise StoreFull("") from error
        try:
            stored = _written(descriptor, pieces)
        except BaseException:
            os.close(descriptor)
            raise
        if not stored.size:
            os.close(descriptor)
            raise PictureUnreadable(name, "empty")
        with self._lock:
            kept = self._files.setdefault(stored.sha256, descriptor)
        if kept != descriptor:
            os.close(descriptor)
        return stored


def _written(descriptor: int, pieces: Iterable[bytes]) -> Stored:
    digest, size = hashlib.sha256(), 0
    with os.fdopen(descriptor, "wb", closefd=False) as file:
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
            file.write(piece)
    return Stored(digest.hexdigest(), size)
