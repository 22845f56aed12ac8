"""Copies of the database: made while it is in use, looked at before they count, fewer the older they are.

    backups/2026-11-21T20-29-00Z.db          a copy, named by its time in UTC
    backups/2026-11-21T20-29-00Z.import.db   one that was made for a reason (`Kind`), not because an hour had gone by
    backups/2026-11-21T20-29-00Z.partly.db   one in which messages were damaged already
    backups/….pictures                       the picture files that the copy beside it refers to: they are kept with it
    backups/.tmp-…                           one on its way in

Pictures are not copied: their files never change. Functions block on the disk: call them on a worker thread.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, cast, get_args

from app.core import private, rows, schema
from app.core.errors import StoreDamaged, StoreFull

FOLDER: Final = "backups"

Kind = Literal["", "hand", "import", "erase", "return", "update"]
"""Why one was made: by the hour, by the person, or before an import, an erasing, another database in the place of this
one, or a migration.
"""

_SLICE: Final = 256
"""Pages of 4 KB that are copied before others get their turn."""
_KINDS: Final = "|".join(filter(None, get_args(Kind)))
_NAME: Final = re.compile(rf"(\d{{4}}-\d\d-\d\dT\d\d-\d\d-\d\dZ)(\.\d+)?(?:\.({_KINDS}))?(\.partly)?\.db")
_TIME: Final = "%Y-%m-%dT%H-%M-%SZ"
_COUNTED: Final = ("conversations", "messages", "drafts", "requests")
_HOUR: Final = 3600
_DAY: Final = 86_400
_SURE_DAYS: Final = 7
"""In which none goes that was made for a reason."""
_SURE: Final = 10
"""How many of those stay for as long as any of the others."""
_LONGEST: Final = 37 * _DAY
_SHA256: Final = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


@dataclass(frozen=True, slots=True)
class Backup:
    path: Path
    made: float
    """Seconds since the epoch."""
    size: int
    """Bytes."""
    whole: bool
    """False where messages in it were damaged when it was made."""
    kind: Kind = ""


@dataclass(frozen=True, slots=True)
class Contents:
    """What was found in a copy."""

    counts: Mapping[str, int]
    """Rows by table."""
    damaged: int
    """Messages that are not what was written."""
    pictures: frozenset[str]
    """SHA-256 (hex) of the files it may refer to; some may be none of ours."""


class Abandoned(Exception):
    """The store is being closed: the copy was not finished."""


def unfinished(folder: Path) -> Path:
    """Where a copy for that folder of backups is to be made. Raises OSError."""
    private.make_folder(folder)
    path = folder / f"{private.UNFINISHED}{os.urandom(8).hex()}"
    private.touch(path)
    return path


def copy(db: sqlite3.Connection, path: Path, pause: Callable[[], None]) -> dict[str, int]:
    """Copy the database into an empty file, with a pause every megabyte in which `db` may be used, also to write.

    Returns how many rows its tables have. It is in no way safe on the disk yet: see `keep`. What `pause` raises ends
    it, and nothing is left then. Raises StoreFull, sqlite3.Error and OSError too.
    """
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as target:
            target.execute("PRAGMA synchronous = OFF")
            target.execute("PRAGMA journal_mode = OFF")
            # Once all is copied, what is written goes into it no more.
            db.backup(target, pages=_SLICE, progress=lambda _status, left, _all: pause() if left else None)
            end_log(target, path)
        return _counts(db)
    except BaseException:
        discard(path)
        raise


def end_log(target: sqlite3.Connection, path: Path) -> None:
    """Let the copy have no log, else whoever opens it makes two files beside it. Raises StoreFull, sqlite3.Error."""
    if target.execute("PRAGMA journal_mode = DELETE").fetchone() != ("delete",):  # SQLite does not always raise
        raise StoreFull(str(path))


def verified(path: Path, expected: Mapping[str, int] | None = None) -> Contents:
    """Look at every page and every message of a copy.

    Raises StoreDamaged where SQLite finds a fault in it or rows are missing that are `expected`, StoreTooNew, and
    StoreFull where it cannot be read.
    """
    with schema.translated(path), closing(schema.read_only(path)) as db:
        if db.execute("PRAGMA integrity_check").fetchall() != [("ok",)] or not schema.version(db, path):
            raise StoreDamaged(str(path))
        counts = _counts(db)
        if expected is not None and counts != expected:
            raise StoreDamaged(str(path))
        damaged, pictures = 0, set[str]()
        for row in db.execute(rows.SELECT_MESSAGES):
            damaged += not rows.is_intact(row)
            pictures |= referred_to(row[5])
        for (draft,) in db.execute("SELECT draft FROM drafts"):
            pictures |= referred_to(draft)
        return Contents(counts, damaged, frozenset(pictures))


def referred_to(text: str) -> set[str]:
    """Every SHA-256 (hex) in it, be it one of ours or not: a file too many that is kept does no harm."""
    return set(_SHA256.findall(text))


def keep(path: Path, contents: Contents, now: float, kind: Kind = "") -> Path:
    """Let a verified copy count: from here on it is among those that `backups` finds. Returns where it is.

    Raises OSError.
    """
    stem = datetime.fromtimestamp(now, UTC).strftime(_TIME)
    end = (f".{kind}" if kind else "") + (".partly.db" if contents.damaged else ".db")
    target, number = path.with_name(stem + end), 1
    while target.exists():
        target, number = path.with_name(f"{stem}.{number}{end}"), number + 1
    private.replace(target.with_suffix(".pictures"), "\n".join(sorted(contents.pictures)).encode())
    with path.open("rb") as file:
        os.fsync(file.fileno())
    path.replace(target)
    private.sync_folder(target.parent)
    return target


def discard(path: Path) -> None:
    """Remove a copy that is not to count, and what SQLite has made beside it."""
    for end in ("", "-journal", "-wal", "-shm"):
        with suppress(OSError):  # it does no harm
            path.with_name(path.name + end).unlink()


def tidy(folder: Path) -> None:
    """Remove what a crash left half-way in. For the process that owns the data folder, as it begins."""
    private.tidy(folder)


def backups(folder: Path) -> list[Backup]:
    """All there are, the newest first."""
    try:
        names = [(path, match) for path in folder.iterdir() if (match := _NAME.fullmatch(path.name))]
        found = [_backup(path, match) for path, match in names]
    except OSError:
        return []
    return sorted(found, key=lambda backup: (backup.made, backup.path.name), reverse=True)


def thin(folder: Path, now: float) -> None:
    """Remove those that are not among `wanted`."""
    there = backups(folder)
    for backup in {*there} - wanted(there, now):
        with suppress(OSError):  # next time
            backup.path.with_suffix(".pictures").unlink(missing_ok=True)
            backup.path.unlink()


def wanted(there: Iterable[Backup], now: float) -> set[Backup]:
    """The newest of each hour for two days, of each day for a week more, and of each week for four more (RELIABILITY).

    Damaged ones take no whole one's place, and the newest whole one is kept however old. Those that were made for a
    reason are beside these: all of a week, and the newest ten as long as any.
    """
    kept: dict[tuple[bool, str, int], Backup] = {}
    oldest_first = sorted(there, key=lambda backup: (backup.made, backup.path.name))
    for backup in oldest_first:
        age = now - backup.made
        for span, unit in ((2 * _DAY, _HOUR), (9 * _DAY, _DAY), (_LONGEST, 7 * _DAY)):
            if age < span and not backup.kind:
                kept[backup.whole, str(unit), int(backup.made // unit)] = backup
                break
    newest = [backup for backup in oldest_first if backup.whole][-1:]
    with_reason = [backup for backup in oldest_first if backup.kind and now - backup.made < _LONGEST]
    sure = [backup for backup in with_reason if now - backup.made < _SURE_DAYS * _DAY]
    return {*kept.values(), *newest, *sure, *with_reason[-_SURE:]}


def pictures_of(folder: Path) -> set[str]:
    """SHA-256 (hex) of the picture files that the backups refer to. Raises StoreError where one cannot be read."""
    found: set[str] = set()
    for backup in backups(folder):
        try:
            found |= referred_to(backup.path.with_suffix(".pictures").read_text("ascii"))
        except (OSError, ValueError):
            found |= verified(backup.path).pictures
    return found


def _backup(path: Path, match: re.Match[str]) -> Backup:
    made = datetime.strptime(match[1], _TIME).replace(tzinfo=UTC).timestamp()
    return Backup(path, made, path.stat().st_size, match[4] is None, cast(Kind, match[3] or ""))


def _counts(db: sqlite3.Connection) -> dict[str, int]:
    there = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    names = [name for name in _COUNTED if name in there]  # an older version has fewer
    return {name: db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}  # noqa: S608
