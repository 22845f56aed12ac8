"""Some deeds of an app that is perhaps made careless: `python -m tests.long.careless CARE FOLDER DEED…`.

What is careless is found by `tests.long.power`, or that is worth nothing. The app has no such switches: its parts are
changed here, in this process alone.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Final

from app.core import pictures, private, schema
from tests.long import deeds


def _without_commits() -> None:
    """SQLite asks for no sync."""
    careful = schema._PRAGMAS
    careless = tuple(pragma.replace("synchronous = FULL", "synchronous = OFF") for pragma in careful)
    if careless == careful:
        raise LookupError("no pragma of that kind")
    vars(schema)["_PRAGMAS"] = careless


def _without_pictures() -> None:
    """Picture files have their names before they are synced."""
    vars(pictures)["os"] = SimpleNamespace(**{**vars(os), "fsync": lambda _: None})


def _without_folders() -> None:
    """New names, and names that are taken away, are left to the system."""
    vars(private)["sync_folder"] = lambda _: None


def _often_checkpointed() -> None:
    """What is as ever after hours of use: the log is moved into the file and written anew, many times."""
    vars(schema)["_PRAGMAS"] = (*schema._PRAGMAS, "PRAGMA wal_autocheckpoint = 40")


CARES: Final[dict[str, Callable[[], None]]] = {
    "careful": lambda: None,
    "often-checkpointed": _often_checkpointed,
    "commits-unsynced": _without_commits,
    "pictures-unsynced": _without_pictures,
    "folders-unsynced": _without_folders,
}


def main(arguments: Sequence[str]) -> int:
    care, folder, *names = arguments
    # The kernel would copy by itself then, and what it writes would be in no call.
    vars(shutil)["_USE_CP_SENDFILE"] = False
    CARES[care]()
    with deeds.answering() as server:
        deeds.do(names, Path(folder), server.url, deeds.say)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
