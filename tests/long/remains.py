"""What lies beside the database after deeds that were disturbed: backups, exports, and files on their way in."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from app.core import backup, schema
from app.core.errors import StoreError
from app.core.importing.reading import Reading
from app.core.importing.refused import ImportRefused
from app.core.store import FILE
from tests.long.scene import OLD, OVER

_KNOWN: Final = {FILE, "pictures", backup.FOLDER, "reserve", "lock", "settings.json", "prices.json", "open"}


def digest_below(path: Path) -> str:
    """Of a file, or of all files in a folder and their names."""
    files = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
    told = hashlib.sha256()
    for each in files:
        told.update(f"{each.relative_to(path)}\n".encode() + hashlib.sha256(each.read_bytes()).digest())
    return told.hexdigest()


def backup_faults(
    data: Path, was: Sequence[str], versions: tuple[int, int], lines: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    """What is wrong with the backups. `was` are their names before, `versions` those of the schema before and now."""
    there = backup.backups(data / backup.FOLDER)
    names = [each.path.name for each in there]
    for each in there:
        try:
            contents = backup.verified(each.path)
        except StoreError as error:
            yield f"backup {each.path.name}: {type(error).__name__}"
            continue
        if bool(contents.damaged) is each.whole:
            yield f"backup {each.path.name} has {contents.damaged} damaged messages"
    thinned = any(line.get("begin") in ("backup", "import") for line in lines)
    for name in was if not thinned else was[:1]:
        if name not in names:
            yield f"backup {name} is gone"
    for line in lines:
        if line.get("done") == "backup" and line["name"] not in names:
            yield f"backup {line['name']} is not there"
    if 0 < versions[0] < versions[1] and not there:
        yield "it was migrated without a backup"
    new = set(names) - {*was, *(line["name"] for line in lines if line.get("done") == "backup")}
    if any(line.get("done") == "replace" for line in lines) and not new and not list(data.glob("damaged-*")):
        yield "what was replaced is not kept"


def version_of(path: Path) -> int:
    """The schema of a database as it lies there, its log included; 0 for none."""
    if not path.exists() or not path.stat().st_size:
        return 0
    with tempfile.TemporaryDirectory() as elsewhere:
        for part in (path, schema.log_of(path)):
            if part.exists():
                shutil.copyfile(part, Path(elsewhere, part.name))
        with closing(sqlite3.connect(Path(elsewhere, path.name))) as db:
            try:
                return int(db.execute("PRAGMA user_version").fetchone()[0])
            except sqlite3.DatabaseError:
                return 0


def export_faults(out: Path, lines: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What is wrong with the exports: each is absent or whole, and what was there stays until it is."""
    done = {line["path"]: line["digest"] for line in lines if line.get("done") == "export"}
    begun = {line["path"] for line in lines if line.get("begin") == "export"}
    there = {each.name for each in out.iterdir() if not each.name.startswith(".visavis-")}
    yield from (f"{name} lies in the folder of exports" for name in there - begun - {OVER})
    for name in sorted(begun):
        path = out / name
        if name in done:
            if not path.exists() or digest_below(path) != done[name]:
                yield f"export {name} is not what it was"
        elif path.exists() and not _is_whole(path) and not _is_old(path):
            yield f"export {name} is not whole"
        elif name == OVER and not path.exists():
            yield f"{name} is gone"


def _is_old(path: Path) -> bool:
    return path.name == OVER and path.read_bytes() == OLD


def _is_whole(path: Path) -> bool:
    match path.suffix:
        case ".html":
            text = path.read_text("utf-8")
            return text.startswith("<!doctype html>") and text.endswith("</html>\n") and text.count("<img ") == 2
        case ".pdf":
            data = path.read_bytes()
            return data.startswith(b"%PDF") and b"%%EOF" in data[-32:]
        case ".visavis":
            try:
                with Reading(path, path.name) as reading:
                    preview = reading.preview()
                with zipfile.ZipFile(path) as opened:
                    return (preview.conversations, preview.pictures) == (2, 3) and opened.testzip() is None
            except ImportRefused:
                return False
    texts = [each.read_text("utf-8") for each in path.glob("*.md")]
    named = [unquote(link.partition(")")[0]) for text in texts for link in text.split("](pictures/")[1:]]
    images = [path / "pictures" / name for name in named]
    return len(texts) == 1 and len(images) == 2 and all(each.is_file() and each.stat().st_size for each in images)


def leftovers(folder: Path) -> list[str]:
    """What is on its way in, or what nobody knows."""
    found = [f"out/{each.name}" for each in (folder / "out").glob(".visavis-*")]
    data = folder / "data"
    if data.is_dir():
        found += [str(each.relative_to(folder)) for each in data.rglob(".tmp-*")]
        names = {each.name for each in data.iterdir()} - _KNOWN
        known = {FILE + end for end in ("-wal", "-shm", ".next", ".next-made")}
        found += [f"data/{name}" for name in names - known if not name.startswith((".tmp-", "damaged-"))]
    return sorted(found)
