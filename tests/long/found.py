"""What is in a data folder that a process has left, read from a copy so that the folder stays as it was left."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from app.core import placing, rows
from app.core.message import ImageBlock, Message
from app.core.store import FILE

_TOLD: Final = 3
"""Lines of the log that are told at most."""


@dataclass
class Found:
    """Messages as the next start will have them: with all events that were kept."""

    faults: list[str] = field(default_factory=list)
    """What must not be, whatever was done before."""
    messages: dict[str, Message] = field(default_factory=dict)
    """All there are, deleted ones too, by id."""
    streaming: set[str] = field(default_factory=set)
    """Ids of those whose answer was still coming."""
    hidden: set[str] = field(default_factory=set)
    """Ids of those that are deleted."""
    paths: dict[str, list[str]] = field(default_factory=dict)
    """Ids of the messages shown, in order, by conversation; the deleted conversations left out."""
    drafts: dict[str, dict[str, Any]] = field(default_factory=dict)

    def words_of(self, conversation: str) -> str | None:
        """A word that is seen where the conversation is open; None where there is no such conversation."""
        if conversation in self.paths:
            texts = [self.messages[each].text for each in self.paths[conversation] if each in self.messages]
        elif conversation in self.drafts:
            texts = [self.drafts[conversation].get("text", "")]
        else:
            return None
        return next((words[-1] for text in reversed(texts) if (words := text.split())), "")


class Folder:
    """A data folder that is looked at again and again. Files that were right once are not read a second time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._intact: set[str] = set()
        self._logged = 0
        """Lines of the log that were told."""

    def look(self) -> Found:
        found = Found()
        log = self.path / "visavis.log"
        if log.exists():
            lines = log.read_text("utf-8").splitlines()
            found.faults += [f"log: {line}" for line in lines[self._logged :] if "unexpected" in line][:_TOLD]
            self._logged = len(lines)
        if not (self.path / FILE).exists():
            return found
        with TemporaryDirectory() as folder:
            copy = Path(folder, FILE)
            for end in ("", "-wal"):
                with_end = self.path / f"{FILE}{end}"
                if with_end.exists():
                    shutil.copyfile(with_end, copy.with_name(with_end.name))
            try:
                with closing(sqlite3.connect(copy, isolation_level=None)) as db:
                    self._read(db, found)
            except sqlite3.DatabaseError as error:
                found.faults.append(f"corrupt: {error}")
        found.faults += self._missing(found)
        return found

    def _read(self, db: sqlite3.Connection, found: Found) -> None:
        for query in ("PRAGMA integrity_check", "PRAGMA foreign_key_check"):
            answer = db.execute(query).fetchall()
            if answer not in ([("ok",)], []):
                found.faults.append(f"corrupt: {query}: {answer[:3]}")
        if not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return
        for row in db.execute(rows.SELECT_MESSAGES):
            if not rows.is_intact(row):
                found.faults.append(f"corrupt: the checksum of message {row[0]}")
            message = rows.message_from_row(row, "")
            if message.state == "streaming":
                found.streaming.add(message.id)
                message = rows.rebuilt(message, _batches(db, message.id))
            found.messages[message.id] = message
        found.hidden = {id_ for (id_,) in db.execute("SELECT id FROM messages WHERE deleted_at IS NOT NULL")}
        for (id_,) in db.execute("SELECT id FROM conversations WHERE deleted_at IS NULL").fetchall():
            found.paths[id_] = list(placing.branches(db, id_).path)
        for id_, draft in db.execute("SELECT conversation_id, draft FROM drafts"):
            found.drafts[id_] = json.loads(draft)

    def _missing(self, found: Found) -> Iterator[str]:
        """Pictures that are spoken of and not there, or not what they were."""
        wanted = {hash_ for message in found.messages.values() for image in message.images for hash_ in _files(image)}
        for draft in found.drafts.values():
            for each in (draft, draft.get("aside") or {}):
                wanted |= {picture["kept"] for picture in each.get("pictures", ()) if picture.get("kept")}
        for hash_ in wanted - self._intact:
            path = self.path / "pictures" / hash_[:2] / hash_
            if not path.exists():
                yield f"missing: picture {hash_}"
            elif hashlib.sha256(path.read_bytes()).hexdigest() != hash_:
                yield f"corrupt: picture {hash_}"
            else:
                self._intact.add(hash_)


def _batches(db: sqlite3.Connection, message_id: str) -> list[str]:
    query = "SELECT events FROM events WHERE message_id = ? ORDER BY position"
    return [events for (events,) in db.execute(query, (message_id,))]


def _files(image: ImageBlock) -> Iterator[str]:
    yield from filter(None, (image.original, image.sent))
