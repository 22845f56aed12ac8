"""The place of the data folder: one named for this start, or the usual one, which a note may say is elsewhere.

    elsewhere.json    in the system's place for it: {"folder": "/media/disk/Visavis"}, once everything was moved there

The note is all that a move changes at last (`app.core.moving`): it names the old folder or the new one, never none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.core import private
from app.core.errors import StoreFull, StoreGone

NOTE: Final = "elsewhere.json"
_OURS: Final = ("conversations.db", "backups")
"""Of which every data folder has one at any time once the app has run there."""


@dataclass(frozen=True, slots=True)
class Place:
    folder: Path
    """Where everything the app writes is kept."""
    usual: Path | None = None
    """The system's place for it, where the note is; None where the folder was named for this start alone."""

    def check(self) -> None:
        """Raises StoreGone where the folder that the note names is not there, or holds nothing of ours.

        A disk that is not connected must not look like a first start.
        """
        if self.usual is not None and self.folder != self.usual and not is_ours(self.folder):
            raise StoreGone(str(self.folder))

    def elsewhere(self, folder: Path) -> Place:
        """Another folder: the usual one where the note names it by now, else one for this start alone."""
        if self.usual is not None and folder == (_noted(self.usual) or self.usual):
            return Place(folder, self.usual)
        return Place(folder)


def data_place(argument: str | None, environ: Mapping[str, str]) -> Place:
    """The command line's word, VISAVIS_DATA_DIR, or the system's place and what the note in it says."""
    named = argument or environ.get("VISAVIS_DATA_DIR")
    if named:
        return Place(Path(named).expanduser().absolute())
    import platformdirs

    usual = platformdirs.user_data_path("Visavis", appauthor=False)
    return Place(_noted(usual) or usual, usual)


def is_ours(folder: Path) -> bool:
    """Whether it is a data folder in which something is kept."""
    try:
        return any((folder / name).exists() for name in _OURS)
    except OSError:
        return False


def note(usual: Path, folder: Path) -> None:
    """Let the data folder be that one from the next start on, durably: before, it is the old one. Raises StoreFull."""
    path = usual / NOTE
    try:
        if folder == usual:
            path.unlink(missing_ok=True)
            private.sync_folder(usual)
        else:
            private.make_folder(usual)
            private.replace(path, json.dumps({"folder": str(folder)}).encode("ascii"))
    except OSError as error:
        raise StoreFull(str(path)) from error


def _noted(usual: Path) -> Path | None:
    """What the note says; its own path where that cannot be read, which `Place.check` then finds to be no folder."""
    path = usual / NOTE
    try:
        said = json.loads(path.read_bytes())
        folder = Path(said["folder"])
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, LookupError, TypeError):
        return path
    return folder if folder.is_absolute() else path
