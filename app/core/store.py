"""The conversations on disk: one SQLite file, one connection, one thread (RELIABILITY, section 1.4).

Every operation that writes is committed and synced when it is awaited. One that was asked for happens even if the
task that asked is cancelled: Stop must not lose what has come. All raise StoreError in its kinds.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from app.core import backup, placing, private, reserve, rows, salvage, schema
from app.core.branches import Branches
from app.core.errors import StoreDamaged
from app.core.message import JSON, Message, well_formed
from app.core.rows import Conversation

__all__ = ["Conversation", "Store"]

FILE: Final = "conversations.db"
_MEMORY: Final = ":memory:"
"""What SQLite calls a database that is in no file."""
_LOOKED_AT: Final = 64 << 20
"""Bytes of a database that can be looked at in a tenth of a second; a larger one is while the window is there."""

_FIRST: Final = 120
"""Conversations read by the opening: what is damaged of them a person can be asked about there, and not later."""

T = TypeVar("T")


class Store:
    """Made by `open`, given back by `close`. The data folder's lock is the caller's affair (`app.core.lock`)."""

    def __init__(self, path: Path, thread: ThreadPoolExecutor, db: sqlite3.Connection, *, unclean: bool) -> None:
        self.path = path
        self.unclean: Final = unclean
        """Whether whoever had it open before did not close it: a crash, a power cut."""
        self._thread = thread
        self._db = db
        self._closed = False
        self._waiting: deque[tuple[Future[Any], Callable[[sqlite3.Connection], Any]]] = deque()

    @classmethod
    def open(cls, folder: Path) -> Store:
        """Open or create the store of a data folder, and end the answers that a crash left open.

        Every answer that was still streaming is rebuilt from its events and becomes "interrupted". Before it is
        migrated, a backup is made. Blocks for some milliseconds, on those two days for longer. Raises StoreLocked,
        StoreTooNew, StoreDamaged, StoreFull.
        """
        path = folder / FILE
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        try:
            unclean = schema.log_of(path).exists()
            return cls(path, thread, thread.submit(_opened, path).result(), unclean=unclean)
        except BaseException:
            thread.shutdown()
            raise

    @classmethod
    def in_memory(cls) -> Store:
        """A store of its own that is never on a disk, and gone when it is closed."""
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="temporary store")
        try:
            return cls(Path(_MEMORY), thread, thread.submit(_in_memory).result(), unclean=False)
        except BaseException:
            thread.shutdown()
            raise

    def close(self) -> None:
        """Finish every operation asked for, move all into the one file and let it go. May be called again."""
        if not self._closed:
            self._closed = True
            self._thread.submit(self._db.close)
            self._thread.shutdown()

    # --- conversations --------------------------------------------------------------------------

    async def rename(self, conversation_id: str, title: str) -> None:
        await self._write("UPDATE conversations SET title = ? WHERE id = ?", well_formed(title), conversation_id)

    async def set_model(self, conversation_id: str, model: str) -> None:
        await self._write("UPDATE conversations SET model = ? WHERE id = ?", model, conversation_id)

    async def set_system(self, conversation_id: str, system: str) -> None:
        await self._write("UPDATE conversations SET system = ? WHERE id = ?", well_formed(system), conversation_id)

    # --- messages -------------------------------------------------------------------------------

    async def branches(self, conversation_id: str) -> Branches:
        """Where every message of a conversation stands, deleted ones included, and which are shown: no message is read.

        It is the caller's from then on, who keeps it in step with what is stored.
        """
        return await self.run(lambda db: placing.branches(db, conversation_id))

    async def messages(self, conversation_id: str, ids: Sequence[str] | None = None) -> list[Message]:
        """Those of the branch shown, in order, or those asked for, in that order, as far as they are there.

        One that the disk has damaged keeps its place as a failed one (see `rows.message_from_row`).
        """
        return await self.run(lambda db: placing.messages(db, str(self.path), conversation_id, ids))

    async def answers_since(self, conversation_id: str, moment: float) -> list[Message]:
        """The answers asked for since then, in seconds since the epoch, on all branches, deleted ones included."""
        return await self.run(lambda db: placing.answers_since(db, str(self.path), conversation_id, moment))

    async def message(self, message_id: str) -> Message | None:
        return await self.run(lambda db: placing.find(db, str(self.path), message_id))

    async def add_message(self, conversation_id: str, message: Message, parent: str | None = None) -> Conversation:
        """Add a message and show its branch; its id is the caller's to choose. Returns the conversation as it is now.

        `parent` is the id of the message before it, empty for a first one; None stands for the last one shown.
        """
        return await self.run(lambda db: placing.put(db, conversation_id, message, str(self.path), parent))

    async def begin(
        self, conversation: Conversation, message: Message, parent: str | None = None, draft: JSON | None = None
    ) -> Conversation:
        """Add a question, make its conversation where that is new, and forget the draft it was: all or nothing.

        `parent` as in `add_message`; `draft` is what is being written besides, and takes the place of the one it was.
        Returns the conversation as it is now.
        """
        return await self.run(lambda db: placing.begin(db, conversation, message, str(self.path), parent, draft))

    async def append_events(self, message_id: str, events: Sequence[JSON]) -> None:
        """Keep stream events of an answer that was added in state "streaming"."""
        batch = rows.to_json(events)
        await self._write("INSERT INTO events (message_id, events) VALUES (?, ?)", message_id, batch)

    async def finish(self, conversation_id: str, message: Message) -> Conversation:
        """Replace the streaming answer by its final form. Returns the conversation as it is now."""
        path = str(self.path)
        return await self.run(lambda db: placing.put(db, conversation_id, message, path, None), vital=True)

    async def replace_messages(self, conversation_id: str, messages: Sequence[Message]) -> Conversation:
        """Replace stored messages by other forms of themselves: all or none. Returns the conversation as it is now."""
        return await self.run(lambda db: placing.put_all(db, conversation_id, messages, str(self.path)))

    async def remove_message(self, message_id: str) -> None:
        """Take a message out for good. What it has cost stays in its conversation's sum: it was spent."""
        await self.run(lambda db: placing.remove(db, message_id, str(self.path)), vital=True)

    async def set_leaf(self, conversation_id: str, message_id: str) -> None:
        """Show the branch that ends with this message."""
        await self._write("UPDATE conversations SET leaf = ? WHERE id = ?", message_id, conversation_id)

    async def delete_messages(self, conversation_id: str, ids: Sequence[str], leaf: str) -> Conversation:
        """Hide messages and show the branch that ends with `leaf`; `restore_messages` brings them back whole.

        Their pictures count no more, their cost does: it was spent. Returns the conversation as it is now.
        """
        moment, path = time.time(), str(self.path)
        return await self.run(lambda db: placing.mark(db, conversation_id, ids, leaf, moment, path), vital=True)

    async def restore_messages(self, conversation_id: str, ids: Sequence[str], leaf: str) -> Conversation:
        """Bring deleted messages back, and show the branch that ends with `leaf`. Returns the conversation."""
        return await self.run(lambda db: placing.mark(db, conversation_id, ids, leaf, None, str(self.path)))

    # --- thumbnails and drafts ------------------------------------------------------------------

    async def put_thumbnail(self, sha256: str, data: bytes) -> None:
        """Keep a small picture under the SHA-256 (hex) of the original it shows."""
        await self._write("INSERT OR REPLACE INTO thumbnails (sha256, data) VALUES (?, ?)", sha256, data)

    async def thumbnails(self, hashes: Iterable[str]) -> dict[str, bytes]:
        """Those of the thumbnails asked for that there are."""
        query = "SELECT sha256, data FROM thumbnails WHERE sha256 IN (SELECT value FROM json_each(?))"
        wanted = json.dumps(list(hashes))
        return await self.run(lambda db: dict(db.execute(query, (wanted,)).fetchall()))

    async def save_draft(self, conversation_id: str, draft: JSON, *, vital: bool = False) -> None:
        """Keep what is being written, by its conversation, stored or not yet; an empty draft is forgotten.

        It is `vital` where no later moment comes (see `run`).
        """
        await self.run(lambda db: placing.save_draft(db, conversation_id, draft), vital=vital)

    async def draft(self, conversation_id: str) -> JSON:
        """What is being written there; empty where that is nothing, or cannot be read."""
        return await self.run(lambda db: placing.draft(db, conversation_id) or {})

    async def drafts(self) -> dict[str, JSON]:
        """By conversation, stored or not yet. That of a deleted one waits with it, also where it was kept later."""
        return await self.run(_drafts)

    # --- the file -------------------------------------------------------------------------------

    async def check(self) -> None:
        """Let SQLite look at every page, a table at a time so that others get their turn. Raises StoreDamaged."""
        for table in await self.run(_tables):
            await self.run(partial(_check, table=table, path=str(self.path)))

    async def copy_to(self, path: Path) -> dict[str, int]:
        """Copy the database into an empty file while others use it (`app.core.backup.copy`)."""
        return await self.run_in_turns(lambda db, pause: backup.copy(db, path, pause))

    async def changes(self) -> int:
        """How many rows were written since it was opened."""
        return await self.run(lambda db: db.total_changes)

    async def tidy(self) -> None:
        """Move all from the log into the file: what was deleted is in neither then."""
        await self.run(lambda db: db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone())

    # --- the thread -----------------------------------------------------------------------------

    async def _write(self, statement: str, *values: Any) -> None:
        def work(db: sqlite3.Connection) -> None:
            db.execute(statement, values)

        await self.run(work)

    async def run(self, work: Callable[[sqlite3.Connection], T], *, vital: bool = False) -> T:
        """Do `work` with the database on the store's thread.

        What is `vital` is done on a full disk too, at the cost of the reserve (`app.core.reserve`): what makes room,
        and what was paid for. It has to leave nothing behind where it fails.
        """
        if vital:
            work = partial(self._from_reserve, work)
        # wrap_future and not run_in_executor: qasync has its own idea of that. shield: see the module's docstring.
        return await asyncio.shield(asyncio.wrap_future(self._submit(work)))

    async def run_in_turns(self, work: Callable[[sqlite3.Connection, Callable[[], None]], T]) -> T:
        """The same for what takes long: `work` gets a function, too, that lets others have their turn.

        That is to be called every hundredth of a second or so, and in no transaction: others may write then.
        """
        return await self.run(lambda db: work(db, self._pause))

    def run_now(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """The same, blocking: it belongs to the first paint."""
        return self._submit(work).result()

    def _submit(self, work: Callable[[sqlite3.Connection], T]) -> Future[T]:
        done: Future[T] = Future()
        self._waiting.append((done, work))
        self._thread.submit(self._next)
        return done

    def _next(self) -> None:
        """Do what has waited longest; nothing, where it had its turn in the pause of something longer."""
        if not self._waiting:
            return
        done, work = self._waiting.popleft()
        try:
            if done.set_running_or_notify_cancel():
                done.set_result(self._translated(work))
        except BaseException as error:  # noqa: BLE001  # whoever asked gets it
            done.set_exception(error)
        finally:
            del done  # the error knows this frame

    def _pause(self) -> None:
        """Let others have their turn while something long goes on."""
        if self._closed:
            raise backup.Abandoned
        while self._waiting:
            self._next()

    def _from_reserve(self, work: Callable[[sqlite3.Connection], T], db: sqlite3.Connection) -> T:
        try:
            return work(db)
        except sqlite3.Error as error:
            if not (schema.is_full(error) and reserve.release(self.path.parent)):
                raise
        return work(db)

    def _translated(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            with schema.translated(self.path):
                try:
                    return work(self._db)
                except sqlite3.OperationalError as error:
                    # A name that is not known, say; a full disk is not the schema's fault.
                    if error.sqlite_errorcode != sqlite3.SQLITE_ERROR or schema.is_as_made(self._db):
                        raise
                    raise StoreDamaged(str(self.path)) from error
        except StoreDamaged:
            with suppress(OSError):  # then the next opening does not know
                private.touch(_suspected(self.path))
            raise


def _in_memory() -> sqlite3.Connection:
    db = schema.connect(Path(_MEMORY))
    db.execute("PRAGMA temp_store = MEMORY")  # a large sort must not come to the disk either
    return db


def _opened(path: Path) -> sqlite3.Connection:
    with schema.translated(path):
        private.make_folder(path.parent)
        private.tidy(path.parent)
        salvage.swap(path, time.time())
        unclean = schema.log_of(path).exists()
        if schema.is_cut_short(path) or (not _holds_any(path) and backup.backups(path.parent / backup.FOLDER)):
            raise StoreDamaged(str(path))
        private.touch(path)
        suspected = _suspected(path)
        if suspected.exists() or (unclean and path.stat().st_size <= _LOOKED_AT):
            _look(path)
            suspected.unlink(missing_ok=True)
        db = schema.connect(path, partial(_back_up, path))
        try:
            _end_streaming(db, str(path))
            if unclean:
                placing.tidy(db)
            db.execute(f"{rows.SELECT_CONVERSATIONS} WHERE deleted_at IS NULL ORDER BY updated DESC").fetchmany(_FIRST)
        except BaseException as error:
            changed = isinstance(error, sqlite3.OperationalError) and not schema.is_as_made(db)
            db.close()
            if changed:
                raise StoreDamaged(str(path)) from error
            raise
        return db


def _holds_any(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:
        return False


def _suspected(path: Path) -> Path:
    """A file that says that SQLite found the database damaged: the next opening looks at all of it first."""
    return path.with_name(f"{path.name}.damaged")


def _look(path: Path) -> None:
    """Find damage before anything is written. Raises StoreDamaged and StoreTooNew."""
    shared = path.with_name(f"{path.name}-shm")
    was_there = shared.exists()
    try:
        with closing(schema.read_only(path)) as db:
            if schema.version(db, path) and db.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                raise StoreDamaged(str(path))
    except sqlite3.OperationalError:
        pass  # it cannot be looked at without being changed; opening will tell
    finally:
        if not was_there:
            shared.unlink(missing_ok=True)


def _back_up(path: Path, db: sqlite3.Connection) -> None:
    """Keep what there was before it is migrated. Raises StoreError."""
    folder = path.parent / backup.FOLDER
    copy = backup.unfinished(folder)
    try:
        backup.keep(copy, backup.verified(copy, backup.copy(db, copy, lambda: None)), time.time(), "update")
    except BaseException:
        backup.discard(copy)
        raise


def _end_streaming(db: sqlite3.Connection, path: str) -> None:
    # A transaction even when there is nothing to do: a file we cannot write to shows itself here.
    with schema.transaction(db):
        for conversation_id, message in _streaming(db, path):
            batches = db.execute("SELECT events FROM events WHERE message_id = ? ORDER BY position", (message.id,))
            ended = replace(rows.rebuilt(message, [batch for (batch,) in batches]), state="interrupted")
            placing.save(db, conversation_id, ended)
            db.execute("DELETE FROM events WHERE message_id = ?", (message.id,))


def _streaming(db: sqlite3.Connection, path: str) -> list[tuple[str, Message]]:
    query = rows.SELECT_MESSAGES + "WHERE state = 'streaming'"
    found = [(row[1], rows.message_from_row(row, path)) for row in db.execute(query)]
    return [(conversation_id, message) for conversation_id, message in found if message.state == "streaming"]


def _tables(db: sqlite3.Connection) -> list[str]:
    # Virtual ones have no page of their own.
    return [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0")]


def _check(db: sqlite3.Connection, table: str, path: str) -> None:
    if db.execute(f'PRAGMA integrity_check("{table}")').fetchall() != [("ok",)]:
        raise StoreDamaged(path)


def _drafts(db: sqlite3.Connection) -> dict[str, JSON]:
    """Those that can be read: a damaged draft must not keep the others away."""
    query = """SELECT conversation_id, draft FROM drafts
        WHERE conversation_id NOT IN (SELECT id FROM conversations WHERE deleted_at IS NOT NULL)"""
    drafts = {}
    for conversation_id, text in db.execute(query):
        try:
            drafts[conversation_id] = json.loads(text)
        except ValueError:
            continue
    return drafts
