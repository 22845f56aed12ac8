"""The data folder moved elsewhere: planned while the app runs, done by the next start before anything is used.

    move.json     in the old folder, until it is done: {"to": the new folder, "id": …}
    former.json   in the new one: {"from": the old folders, "id": of the move, "done": whether it is}

Nothing of the old folder is changed. Everything is copied, synced, read back and compared; then the note of
`app.core.place` names the new folder. A start that is cut off before that finds the plan, and goes on with it; one that
is cut off after it finds the new folder. What was in the old one stays there until the person puts it away.

Functions block on the disk: call them on a worker thread. They raise StoreFull where a note cannot be written.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from app.core import backup, carrying, place, private
from app.core.errors import StoreError, StoreFull, VisavisError
from app.core.export.target import free
from app.core.lock import DataFolderLock
from app.core.store import FILE

PLAN: Final = "move.json"
FORMER: Final = "former.json"
SPARE: Final = 64 << 20
"""Bytes that are to be free in the new folder besides what comes there."""
_STAYS: Final = frozenset({PLAN, FORMER, place.NOTE, "lock", "socket"})
"""Of one folder, whatever is in it."""
_NOTHING: Final = _STAYS | {"lost+found", ".DS_Store", "Thumbs.db", "desktop.ini", "System Volume Information"}
"""What a folder may hold that counts as empty: our own notes, and what systems put into every folder or disk."""

Reason = Literal["same", "inside", "not_empty", "not_a_folder", "denied", "no_room", "gone", "unreadable", "changed"]
"""gone: it is not what it was when the move was planned. changed: what arrived is not what was sent off."""


@dataclass
class MoveRefused(VisavisError):
    """It cannot be moved there; nothing has changed."""

    reason: Reason
    path: str
    needed_bytes: int = 0
    free_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    source: Path
    target: Path
    id: str


def plan(source: Path, target: Path, needed: int) -> Plan:
    """Let the next start move everything there; `needed` bytes. The folder is made and tried.

    Raises MoveRefused and StoreError.
    """
    _refuse_place(source, target)
    _refuse_room(target, needed)
    planned = Plan(source, target, uuid.uuid4().hex)
    was_there = target.exists()
    try:
        _try(target)
        _put(target / FORMER, _arriving(planned, done=False))
        _put(source / PLAN, {"to": str(target), "id": planned.id})
    except BaseException as error:
        _clear(target, FORMER, "lock")
        if not was_there:
            with suppress(OSError):
                target.rmdir()
        if isinstance(error, StoreError):
            raise MoveRefused("denied", str(target)) from error
        raise
    return planned


def planned(source: Path) -> Plan | None:
    """What was planned and is not done."""
    found = _read(source / PLAN)
    try:
        return Plan(source, Path(found["to"]), str(found["id"]))
    except (LookupError, TypeError):
        return None


def stay(plan: Plan) -> None:
    """Move nothing after all: what has arrived already goes again. Raises StoreFull."""
    try:
        (plan.source / PLAN).unlink(missing_ok=True)
        private.sync_folder(plan.source)
    except OSError as error:
        raise StoreFull(str(plan.source)) from error
    if _is_of(plan):
        carrying.take_back(plan.source, plan.target, _NOTHING)
        _clear(plan.target, FORMER, "lock")
        with suppress(OSError):  # not empty: it was there before, with what systems put there
            plan.target.rmdir()


def move(plan: Plan, usual: Path, progress: Callable[[int, int], None]) -> None:
    """Do it. The store of the old folder is closed, whole, and its lock held.

    `progress` is told of so many bytes of so many, and may raise to end it. What has arrived by then stays, for the
    next try or `stay`. Raises MoveRefused, StoreLocked, StoreDamaged and StoreFull.
    """
    if not _is_of(plan):  # its disk is not connected, say
        raise MoveRefused("gone", str(plan.target))
    with DataFolderLock.acquire(plan.target):
        try:
            carrying.carry(plan.source, plan.target, _NOTHING, progress)
        except carrying.Unlike as error:
            raise MoveRefused("changed", error.path) from error
        except carrying.Unreadable as error:
            raise MoveRefused("unreadable", error.path) from error
        except OSError as error:
            raise StoreFull(str(plan.target)) from error
        backup.verified(plan.target / FILE)
        _put(plan.target / FORMER, _arriving(plan, done=True))
    progress(1, 1)  # the last chance to end it
    place.note(usual, plan.target)
    with suppress(OSError):  # nobody asks for it any more
        (plan.source / PLAN).unlink(missing_ok=True)


def former(folder: Path) -> list[Path]:
    """The folders from which everything was moved to this one, as far as it is still there."""
    found = _read(folder / FORMER)
    if not found.get("done"):
        return []
    return [each for each in _paths(found) if each != folder and place.is_ours(each)]


def gathered(folder: Path, now: float) -> Path:
    """Put what is in a former folder into one of its own in there, to be thrown away as a whole. Returns which.

    The lock and the note that says where the data folder is stay. Raises StoreLocked, and StoreFull.
    """
    with DataFolderLock.acquire(folder):
        try:
            heap = free(folder / f"Visavis {datetime.fromtimestamp(now, UTC):%Y-%m-%d}")
            heap.mkdir(mode=0o700)
            for entry in list(folder.iterdir()):
                if entry != heap and entry.name not in {place.NOTE, "lock", "socket"}:
                    entry.rename(heap / entry.name)
        except OSError as error:
            raise StoreFull(str(folder)) from error
    return heap


def leave(folder: Path) -> None:
    """Remove a former folder in which nothing is left but its lock."""
    if not (folder / place.NOTE).exists():
        _clear(folder, "lock", "socket")
        with suppress(OSError):
            folder.rmdir()


# --- what is refused ----------------------------------------------------------------------------


def _refuse_place(source: Path, target: Path) -> None:
    try:
        here, there = source.resolve(), target.resolve()
        if here == there:
            raise MoveRefused("same", str(target))
        if here in there.parents:
            raise MoveRefused("inside", str(target))
        if not target.exists():
            return
        if not target.is_dir():
            raise MoveRefused("not_a_folder", str(target))
        if not _is_half_way(source, target) and any(entry.name not in _NOTHING for entry in target.iterdir()):
            raise MoveRefused("not_empty", str(target))
    except OSError as error:
        raise MoveRefused("denied", str(target)) from error


def _refuse_room(target: Path, needed: int) -> None:
    there = next((each for each in (target, *target.parents) if each.is_dir()), target)
    try:
        total, _, left = shutil.disk_usage(there)
    except OSError as error:
        raise MoveRefused("denied", str(target)) from error
    if total and left < needed + SPARE:  # what is no disk has none at all
        raise MoveRefused("no_room", str(target), needed + SPARE, left)


def _is_half_way(source: Path, target: Path) -> bool:
    """Whether what is there is what a move from here, which was cut off, has left."""
    found = _read(target / FORMER)
    return found.get("done") is False and source in _paths(found)


def _is_of(plan: Plan) -> bool:
    return _read(plan.target / FORMER).get("id") == plan.id


def _try(target: Path) -> None:
    """Whether it can be written and owned. Raises StoreError."""
    DataFolderLock.acquire(target).close()
    trial = target / f".tmp-{uuid.uuid4().hex}"
    try:
        private.touch(trial)
        private.touch(trial)  # where it is there already it is made private, which not every disk allows
        trial.unlink()
    except OSError as error:
        with suppress(OSError):
            trial.unlink(missing_ok=True)
        raise StoreFull(str(target)) from error


# --- notes --------------------------------------------------------------------------------------


def _arriving(plan: Plan, *, done: bool) -> dict[str, Any]:
    before = [str(each) for each in former(plan.source)]
    return {"from": [*before, str(plan.source)], "id": plan.id, "done": done}


def _paths(found: dict[str, Any]) -> Sequence[Path]:
    named = found.get("from")
    return [Path(each) for each in named if isinstance(each, str)] if isinstance(named, list) else []


def _put(path: Path, said: dict[str, Any]) -> None:
    try:
        private.replace(path, json.dumps(said).encode("ascii"))
    except OSError as error:
        raise StoreFull(str(path)) from error


def _read(path: Path) -> dict[str, Any]:
    """Nothing where there is no such note, or none that can be read."""
    try:
        said = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _clear(folder: Path, *names: str) -> None:
    for name in names:
        with suppress(OSError):  # it does no harm
            (folder / name).unlink(missing_ok=True)
