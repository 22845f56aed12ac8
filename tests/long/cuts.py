"""Recorded deeds, cut off by a loss of power: what is left on the disk then, and whether the app makes do with it.

PLACE/start/       the folder as the deeds found it
PLACE/record       what they did to it (`tests.long.recording`)
PLACE/record.said  what they told meanwhile
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final

from app.core import backup, settings
from tests.long import recording
from tests.long.deeds import build
from tests.long.disk import Disk
from tests.long.recording import Event, Said
from tests.long.state import Held, before, verdict

_ROOT: Final = Path(__file__).parents[2]
_MEMORY: Final = Path("/dev/shm")  # noqa: S108  # a folder of our own in it


@dataclass(frozen=True, slots=True)
class Cut:
    """One loss of power."""

    number: int
    """All that is left to chance follows from it."""
    place: Path
    """Where the record is."""
    instant: int
    """How many events had happened."""
    strict: bool = False
    """See `tests.long.disk`."""


@dataclass(frozen=True, slots=True)
class Result:
    cut: Cut
    complaints: list[str]


@dataclass(frozen=True, slots=True)
class Recorded:
    start: Path
    was: Held
    events: list[Event]

    @property
    def told(self) -> int:
        """How many events had happened when something was told to be done for the first time."""
        lines = ((number, json.loads(event.line)) for number, event in enumerate(self.events, 1) if type(event) is Said)
        return next((number for number, line in lines if "done" in line), 0)


def record(deeds: Sequence[str], place: Path, care: str = "careful", after: Cut | None = None) -> None:
    """Do deeds, as carefully as `tests.long.careless` has it, and record them.

    They begin with the folder that the first of them needs, or with what that cut has left. Raises CalledProcessError
    or ValueError where they fail, OSError without strace.
    """
    shutil.rmtree(place, ignore_errors=True)
    recorded.cache_clear()
    place.mkdir(parents=True)
    folder = _folder(place)
    if after is None:
        build(deeds[0], folder)
    else:
        folder.mkdir()
        rebuild(after, folder)
    shutil.copytree(folder, place / "start")
    command = [sys.executable, "-m", "tests.long.careless", care, str(folder), *deeds]
    recording.record(command, place / "record", _ROOT)
    shutil.rmtree(folder)
    for line in (event.line for event in recorded(place).events if isinstance(event, Said)):
        if json.loads(line).keys() & {"error", "crash"}:
            raise ValueError(line)


@cache
def recorded(place: Path) -> Recorded:
    """Read a record. Raises OSError where there is none."""
    start = place / "start"
    return Recorded(start, before(start), recording.events(place / "record", _folder(place)))


def judge(cuts: Iterable[Cut]) -> list[Result]:
    """Rebuild what is left and open it. All are of one record and one strictness."""
    results = []
    with in_memory() as memory:
        for cut, disk, lines in _replayed(sorted(cuts, key=lambda cut: cut.instant)):
            folder = memory / str(cut.number)
            folder.mkdir()
            disk.cut(_chance(cut), folder)
            results.append(Result(cut, _complaints(folder, recorded(cut.place).was, lines)))
            shutil.rmtree(folder)
    return results


def rebuild(cut: Cut, folder: Path) -> None:
    """Leave what is left in an empty folder."""
    for _, disk, _ in _replayed([cut]):
        disk.cut(_chance(cut), folder)


@contextmanager
def in_memory() -> Iterator[Path]:
    """A folder that is in memory where the system has such folders; also for what others put into temporary ones."""
    was = tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="power-", dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        tempfile.tempdir = folder
        try:
            yield Path(folder)
        finally:
            tempfile.tempdir = was


def _chance(cut: Cut) -> Random:
    return Random(f"what {cut.number} leaves")  # noqa: S311


def _folder(place: Path) -> Path:
    """Where the deeds were done: nothing is there any more."""
    return place / "folder"


def _replayed(cuts: Iterable[Cut]) -> Iterator[tuple[Cut, Disk, list[Mapping[str, Any]]]]:
    """Each cut, in order of instants, with the disk at that instant and what had been told by then."""
    disk, lines, happened = None, [], 0
    for cut in cuts:
        known = recorded(cut.place)
        disk = disk or Disk(known.start, strict=cut.strict)
        for event in known.events[happened : cut.instant]:
            disk.happen(event)
            if isinstance(event, Said):
                lines.append(json.loads(event.line))
        happened = cut.instant
        yield cut, disk, lines


def _complaints(folder: Path, was: Held, lines: list[Mapping[str, Any]]) -> list[str]:
    try:
        return [*_beside(folder / "data"), *verdict(folder, was, lines).complaints]
    except Exception as error:  # noqa: BLE001  # whatever the damage does to who looks at it
        return [f"{type(error).__name__}: {error}"]


def _beside(data: Path) -> Iterator[str]:
    """What is wrong with files that no deed tells of: each is as it was or as it was to be, too."""
    if settings.load(data, put_aside=False)[1]:
        yield "the settings are no JSON"
    for each in backup.backups(data / backup.FOLDER):
        listed = each.path.with_suffix(".pictures")
        # Without a list it is looked at itself (`backup.pictures_of`).
        if listed.exists() and not backup.verified(each.path).pictures <= set(listed.read_text("ascii").split()):
            yield f"backup {each.path.name} lists not all of its pictures"
