"""A data folder with something of everything in it, for deeds that are to be disturbed: `prepare`.

FOLDER/data/       the data folder: three conversations, one of them in the trash, a draft, backups, a file too many
FOLDER/incoming/   pictures to add, and an archive to import
FOLDER/out/        where exports go, with a file that is there already
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Final

from app.core import backup, private, reserve, schema
from app.core.export.archive import Archive
from app.core.export.asked import Wanted
from app.core.export.files import Files
from app.core.filing import Filing
from app.core.pictures import Pictures
from app.core.store import FILE, Store
from tests.pictures import encoded, photo
from tests.talks import picture, store_whole, talk

TALK: Final = "c0ffee"
"""The conversation with a draft, in which is spoken and deleted."""
OTHER: Final = "decade"
"""The one that goes to the trash."""
TRASHED: Final = "facade"
"""The one that is in the trash."""
IMPORTED: Final = ("abacus", "accede")
"""Those of the archive."""
OVER: Final = "over.visavis"
"""A file that is among the exports already …"""
OLD: Final = b"old"
"""… and what is in it."""
ADDED: Final = ("roof.jpg", "lake.png")

_DAY: Final = 86_400
_OLDEST: Final = 86_400 * 2
"""Seconds: so old is every picture file, and may be collected."""
_BACKUPS: Final = (50 * _DAY, 49 * _DAY, 3 * _DAY)
"""How long ago they were made, in seconds: the first two go when another is made."""


def prepare(folder: Path, version: int = 0) -> None:
    """Build it in a folder that has none of it yet. `version`: the schema that the database is in; 0 for the newest."""
    data = folder / "data"
    (folder / "out").mkdir(parents=True)
    (folder / "out" / OVER).write_bytes(OLD)
    _put_incoming(folder / "incoming")
    asyncio.run(_fill(data))
    if version:
        _make_older(data / FILE, version)
        shutil.rmtree(data / backup.FOLDER)
    reserve.keep(data)
    aged = time.time() - _OLDEST
    for path in (data / "pictures").glob("??/*"):
        os.utime(path, (aged, aged))


def _put_incoming(folder: Path) -> None:
    folder.mkdir()
    (folder / ADDED[0]).write_bytes(encoded(photo(320, 200, 7), "JPEG"))
    (folder / ADDED[1]).write_bytes(encoded(photo(200, 300, 8), "PNG"))
    with tempfile.TemporaryDirectory() as elsewhere:
        pictures = Pictures(Path(elsewhere))
        files = Files(pictures, Wanted(originals=True))
        with Archive(folder / "talks.visavis", files, len(IMPORTED)) as archive:
            for number, chat in enumerate(IMPORTED):
                archive.add(talk(picture(pictures, 20 + number), title=f"Imported {number}", chat=chat))


async def _fill(data: Path) -> None:
    private.make_folder(data)
    store, pictures = Store.open(data), Pictures(data / "pictures")
    try:
        shown = [picture(pictures, number) for number in (1, 2)]
        await store_whole(store, talk(*shown, chat=TALK))
        await store_whole(store, talk(picture(pictures, 5), chat=OTHER, title="Roofs"))
        for image in shown:
            await store.put_thumbnail(image.thumbnail, b"small")
        kept = pictures.add_bytes(encoded(photo(240, 160, 9), "PNG"), "draft.png").sha256
        await store.save_draft(TALK, {"text": "And this one?", "pictures": [{"kept": kept, "name": "draft.png"}]})
        now = time.time()
        for ago in _BACKUPS:
            copy = backup.unfinished(data / backup.FOLDER)
            backup.keep(copy, backup.verified(copy, await store.copy_to(copy)), now - ago)
        # No backup has this one, so that its files go with it.
        await store_whole(store, talk(picture(pictures, 6), chat=TRASHED, title="Old"))
        await Filing(store).discard((TRASHED,))
        pictures.add_bytes(encoded(photo(40, 30, 10), "PNG"), "nobody's.png")
    finally:
        store.close()


def _make_older(path: Path, version: int) -> None:
    """Put what is in the database into one of an older schema, as far as that has places for it."""
    newest = path.with_name("newest.db")
    path.rename(newest)
    private.touch(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for statements in schema.MIGRATIONS[:version]:
            for statement in statements:
                db.execute(statement)
        db.execute("ATTACH ? AS newest", (str(newest),))
        for table in ("conversations", "messages", "thumbnails", "drafts"):
            names = [row[1] for row in db.execute(f"PRAGMA main.table_info({table})")]
            columns = ", ".join(names)
            db.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM newest.{table}")  # noqa: S608
        db.execute("DETACH newest")
        db.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {version}")
        db.execute("PRAGMA journal_mode = WAL")
    newest.unlink()
