"""Finding words in everything that was said, in titles and in names of pictures: the index, and what it finds.

The index lies in the store's database. It holds words only: texts stay where they are, once. The database itself notes
down (`search_queue`, by triggers) which messages came, changed or went, in the transaction in which they did so; `step`
brings the index up to date with that, a slice at a time, and can be ended and begun again anywhere. Answers come in
when they have ended. Deleted messages are not in it; those of other branches are. FTS5 takes words out by noting that
they are gone: of what went for good nothing is left in the file when all parts of the index have been put together.

FTS5 is quick from its last row to its first alone. A message's row in the index is therefore its time (`_place`), not
its place among the messages: what is imported is older than what was there before it.

Titles are few enough for a plain table of their words (`search_titles`; no words: still to be done).
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar
from zlib import crc32

from app.core import rows, schema
from app.core.message import thumbnail_key
from app.core.rows import Conversation
from app.core.search_words import NOTHING, Snippet, Term, indexed, marked, match, snippet, terms

if TYPE_CHECKING:
    from app.core.store import Store

T = TypeVar("T")

PAGE: Final = 50
"""Hits that are asked for at a time."""
_AT_ONCE: Final = 128
"""Messages of a slice of indexing, at most."""
_SLICE: Final = 0.01
"""Seconds after which a slice of indexing takes no more messages."""
_PATIENCE: Final = 0.03
"""Seconds after which a search lets others have the store's thread, with what it has found by then."""
_MERGED: Final = 64
"""Pages of the index that are put together after each slice."""
_NEWEST: Final = 1 << 62
_STEPS: Final = 16
"""Rows of the index to a millisecond: the fewer, the smaller the index is."""
_LAST_MOMENT: Final = 1 << 51
"""Milliseconds since the epoch; a later time is none."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; whatever is empty is not asked for."""

    text: str = ""
    """Words that all have to be there, "several in this order"; the last one may be the beginning of one."""
    pictures: bool = False
    """Conversations with pictures alone."""
    model: str = ""
    """Answers of this model, by its id; of questions and titles, conversations that ask it now."""
    since: float = 0.0
    until: float = float("inf")
    """Seconds since the epoch."""
    at_least: float = 0.0
    """USD that the conversation has cost."""

    @property
    def filtered(self) -> bool:
        return replace(self, text="") != Wanted()


@dataclass(frozen=True, slots=True)
class Hit:
    """A message in which all that was looked for stands, or a conversation that is called so."""

    conversation: Conversation
    title: Snippet
    message: str = ""
    """Id of the message; empty where the conversation itself is found."""
    role: str = ""
    created: float = 0.0
    """Seconds since the epoch: of the message, or of the last activity."""
    model: str = ""
    """The model that answered; empty for a question."""
    thumbnail: str = ""
    """The key of the first picture of the message, else of the conversation; empty where there is none."""
    snippet: Snippet = NOTHING
    in_text: bool = False
    """Whether the snippet is of what was said, and not the name of a picture."""
    query: str = ""
    """What was looked for, as it was typed."""


class Page(NamedTuple):
    """Some hits, the newest first."""

    hits: list[Hit]
    before: int
    """Where to go on; 0 where that is all. There may be more hits than these even where they are few."""


class Search:
    """Looks into a store, on the store's own thread. All raise StoreError in its kinds."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.reads = False
        """Whether the last slice of indexing has taken words in, or out."""

    async def step(self) -> bool:
        """Bring the index up to date by a slice of a few milliseconds. Returns whether there is more to do."""
        self.reads = await self._store.run(lambda db: _sound(db, lambda: _step(db), True))
        if not self.reads:
            return await self._store.run(lambda db: _sound(db, lambda: _put_together(db), True))
        await self._store.run(lambda db: _sound(db, lambda: _merge(db), None))
        return True

    async def titles(self, wanted: Wanted, most: int) -> tuple[list[Hit], int]:
        """The conversations that are called so, the one with the last activity first, and how many there are.

        Where no words are looked for: all conversations that the filter lets pass.
        """
        return await self._store.run(partial(_titles, wanted, most))

    async def models(self) -> list[str]:
        """Ids of the models that conversations ask now, or have asked."""
        return await self._store.run(_models)

    async def find(self, wanted: Wanted, before: int = _NEWEST, count: int = PAGE) -> Page:
        """Messages in which all words stand, those before a place that an earlier page has told."""
        return await self._store.run(partial(_find, wanted, before, count))


def _titles(wanted: Wanted, most: int, db: sqlite3.Connection) -> tuple[list[Hit], int]:
    words = terms(wanted.text)
    if wanted.text.strip() and not words:
        return [], 0
    source = "search_titles CROSS JOIN conversations ON id = conversation_id" if words else "conversations"
    named = " AND instr(words, ?)" * len(words)
    query = f"""SELECT {_CONVERSATION}, count(*) OVER () FROM {source}
        WHERE deleted_at IS NULL AND pictures >= ? AND ? IN ('', model) AND updated >= ? AND updated < ?
        AND CAST(cost AS REAL) >= ?{named} ORDER BY updated DESC, conversations.rowid DESC LIMIT ?"""  # noqa: S608
    asked = wanted.pictures, wanted.model, wanted.since, wanted.until, wanted.at_least
    found = db.execute(query, (*asked, *map(_within, words), most)).fetchall()
    hits = [_title_hit(rows.conversation_from_row(row[:-1]), words) for row in found]
    return hits, found[0][-1] if found else 0


def _find(wanted: Wanted, before: int, count: int, db: sqlite3.Connection) -> Page:
    words = terms(wanted.text)
    if not words:
        return Page([], 0)
    return _sound(db, lambda: _page(wanted, words, before, count, db), Page([], 0))


def _page(wanted: Wanted, words: tuple[Term, ...], before: int, count: int, db: sqlite3.Connection) -> Page:
    until, hits = time.perf_counter() + _PATIENCE, []
    known: dict[str, Conversation | None] = {}
    for place, position, id_, owner, role, created, model in db.execute(_FIND, (match(words), before - 1)):
        if owner not in known:
            row = db.execute(_OWNER, (owner, wanted.pictures, wanted.at_least)).fetchone()
            known[owner] = rows.conversation_from_row(row) if row else None
        conversation, moment = known[owner], created if isinstance(created, float) else 0.0
        if conversation is not None and _passes(wanted, conversation, moment, model):
            [content] = db.execute("SELECT content FROM messages WHERE position = ?", (position,)).fetchone()
            hits.append(_message_hit(conversation, wanted, words, content, id_, role, moment, model))
        if len(hits) == count or time.perf_counter() > until:
            return Page(hits, place)
    return Page(hits, 0)


_CONVERSATION: Final = rows.SELECT_CONVERSATIONS.split("SELECT")[1].split("FROM")[0]
_OWNER: Final = (
    rows.SELECT_CONVERSATIONS + "WHERE id = ? AND deleted_at IS NULL AND pictures >= ? AND CAST(cost AS REAL) >= ?"
)
# CROSS JOIN keeps the order: the index tells the newest first, and nobody asks for the rest.
_FIND: Final = """SELECT place, messages.position, id, conversation_id, role, created, model
    FROM search_text CROSS JOIN search_messages ON place = search_text.rowid
    CROSS JOIN messages ON messages.position = search_messages.position
    WHERE search_text MATCH ? AND search_text.rowid <= ? ORDER BY search_text.rowid DESC"""


def _within(term: Term) -> str:
    """What the words of a title hold where the term is in it."""
    return f" {' '.join(term.words)}" + ("" if term.begun else " ")


def _passes(wanted: Wanted, conversation: Conversation, moment: float, model: str) -> bool:
    answered_by = model or conversation.model
    return wanted.since <= moment < wanted.until and (not wanted.model or answered_by == wanted.model)


def _title_hit(conversation: Conversation, words: tuple[Term, ...]) -> Hit:
    return Hit(
        conversation,
        marked(conversation.title, words),
        created=conversation.updated,
        thumbnail=conversation.thumbnail,
    )


def _message_hit(
    conversation: Conversation,
    wanted: Wanted,
    words: tuple[Term, ...],
    content: str,
    message: str,
    role: str,
    created: float,
    model: str,
) -> Hit:
    said = _said(content)
    part = snippet(said.text, words)
    in_text = bool(part.marks) or not said.names
    return Hit(
        conversation,
        Snippet(conversation.title),
        message=message,
        role=role,
        created=created,
        model=model,
        thumbnail=said.thumbnail or conversation.thumbnail,
        snippet=part if in_text else snippet(", ".join(said.names), words),
        in_text=in_text,
        query=wanted.text,
    )


def _models(db: sqlite3.Connection) -> list[str]:
    return [model for (model,) in db.execute(_MODELS)]


# Of the ledger, a step of its index for each model and not for each request.
_MODELS: Final = """WITH RECURSIVE asked (model) AS (
        SELECT min(model) FROM requests UNION ALL
        SELECT (SELECT min(model) FROM requests WHERE model > asked.model) FROM asked WHERE model IS NOT NULL)
    SELECT model FROM asked WHERE model <> '' UNION
    SELECT DISTINCT model FROM conversations WHERE deleted_at IS NULL AND model <> ''"""


# --- the index ----------------------------------------------------------------------------------


class _Said(NamedTuple):
    """What of a message can be found."""

    text: str = ""
    names: tuple[str, ...] = ()
    """Of its pictures."""
    thumbnail: str = ""

    @property
    def words(self) -> tuple[str, str]:
        """As the index takes them, text and names."""
        return indexed(self.text), indexed(" ".join(self.names))


def _said(content: str) -> _Said:
    """What a stored message says (`app.core.message.blocks_to_json`). A damaged one says nothing."""
    try:
        return _read(json.loads(content))
    except (ValueError, TypeError, AttributeError, KeyError):
        return _Said()


def _read(blocks: list[dict[str, Any]]) -> _Said:
    texts: list[str] = []
    names: dict[str, None] = {}
    thumbnail = ""
    for block in blocks:
        if image := block.get("image"):
            names[image["name"]] = None
            thumbnail = thumbnail or thumbnail_key(image["original"], image.get("page", 0))
        elif reply := block.get("reply"):
            if reply.get("type") == "text":
                texts.append(reply.get("text") or "")
        else:
            texts.append(block["text"] + "\n\n")
    return _Said("".join(texts), tuple(filter(None, names)), thumbnail)


def _sound(db: sqlite3.Connection, work: Callable[[], T], otherwise: T) -> T:
    """Do something with the index. Where it is damaged, it is begun anew instead: all in it can be had again."""
    try:
        return work()
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) != sqlite3.SQLITE_CORRUPT_VTAB:
            raise
        with schema.transaction(db):
            _begin_anew(db)
        return otherwise


def _step(db: sqlite3.Connection) -> bool:
    query = """SELECT position, created FROM (SELECT DISTINCT position FROM search_queue ORDER BY position DESC LIMIT ?)
        LEFT JOIN messages USING (position)"""
    waiting = sorted((_place(created, position), position) for position, created in db.execute(query, (_AT_ONCE,)))
    if not waiting:
        return _renew_titles(db)
    until = time.perf_counter() + _SLICE
    with schema.transaction(db):
        # Upwards: the index would be written anew for every one that stands before the one before it.
        for place, position in waiting:
            if not _renew(db, position, place):
                _begin_anew(db)
                break
            if time.perf_counter() > until:
                break
    return True


def _place(created: Any, position: int) -> int:
    """The row of the index for a message: by its time, and of the same time by the order in which they came.

    Of two of nearly the same time, the one that came later may stand later: a second, where 16,000 came between them.
    """
    moment = created * 1000 if isinstance(created, float) else 0.0
    return int(moment if 0 < moment < _LAST_MOMENT else 0) * _STEPS + position


def _free_place(db: sqlite3.Connection, place: int, position: int) -> int:
    """That row, or one near it where it is taken; however many want the same, few are tried."""
    room, found = 1, place
    while db.execute("SELECT 1 FROM search_messages WHERE place = ?", (found,)).fetchone():
        room *= 2
        found = place + crc32(position.to_bytes(8)) % room
    return found


def _merge(db: sqlite3.Connection) -> None:
    with schema.transaction(db):
        db.execute("INSERT INTO search_text (search_text, rank) VALUES ('merge', ?)", (_MERGED,))


def _put_together(db: sqlite3.Connection) -> bool:
    """Go on putting all parts of the index together where something went for good. Returns whether there is more."""
    if not db.execute("SELECT EXISTS (SELECT 1 FROM search_erased)").fetchone()[0]:
        return False
    before = db.total_changes
    with schema.transaction(db):
        # Below 0: of all parts, be they as few as two (SQLite's FTS5, section 6.8).
        db.execute("INSERT INTO search_text (search_text, rank) VALUES ('merge', ?)", (-_MERGED,))
    if db.total_changes - before > 1:
        return True
    with schema.transaction(db):
        db.execute("DELETE FROM search_erased")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()  # nor in the log
    return False


def _renew_titles(db: sqlite3.Connection) -> bool:
    query = """SELECT id, title FROM search_titles JOIN conversations ON id = conversation_id
        WHERE words IS NULL LIMIT ?"""
    waiting = db.execute(query, (_AT_ONCE,)).fetchall()
    if waiting:
        renewed = [(f" {indexed(str(title))} ", id_) for id_, title in waiting]
        with schema.transaction(db):
            db.executemany("UPDATE search_titles SET words = ? WHERE conversation_id = ?", renewed)
    return bool(waiting)


def _renew(db: sqlite3.Connection, position: int, place: int) -> bool:
    """Bring the index up to date with one message. Returns whether it could be taken out as it had been put in."""
    queued = db.execute("SELECT content FROM search_queue WHERE position = ?", (position,)).fetchall()
    query = "SELECT content, facts, state <> 'streaming' AND deleted_at IS NULL FROM messages WHERE position = ?"
    stored = db.execute(query, (position,)).fetchone()
    content, facts, is_found = stored or ("", "", False)
    if stored is None and any(any(_said(old).words) for (old,) in queued if old):
        db.execute("INSERT OR IGNORE INTO search_erased (position) VALUES (?)", (position,))
    now = _said(content).words if is_found else ("", "")
    found = db.execute("SELECT digest, place FROM search_messages WHERE position = ?", (position,)).fetchone()
    if found is None or found[0] != _digest(now):
        if found is not None:
            before = [_said(old).words for (old,) in [*queued, (content,)] if old]
            words = next((each for each in before if _digest(each) == found[0]), None)
            if words is None:
                return False
            db.execute(_TAKE_OUT, (found[1], *words))
            db.execute("DELETE FROM search_messages WHERE position = ?", (position,))
        if any(now):
            place = _free_place(db, place, position)
            db.execute("INSERT INTO search_text (rowid, said, pictures) VALUES (?, ?, ?)", (place, *now))
            insert = "INSERT INTO search_messages (place, position, digest, model) VALUES (?, ?, ?, ?)"
            db.execute(insert, (place, position, _digest(now), _model(facts)))
    db.execute("DELETE FROM search_queue WHERE position = ?", (position,))
    return True


_TAKE_OUT: Final = "INSERT INTO search_text (search_text, rowid, said, pictures) VALUES ('delete', ?, ?, ?)"


def _begin_anew(db: sqlite3.Connection) -> None:
    """What is in the index is not what it should be: the disk has changed something. All messages are queued."""
    db.execute("INSERT INTO search_text (search_text) VALUES ('delete-all')")
    db.execute("DELETE FROM search_messages")
    db.execute("DELETE FROM search_queue")
    db.execute("INSERT INTO search_queue (position) SELECT position FROM messages")


def _digest(words: tuple[str, str]) -> int:
    return crc32("\0".join(words).encode("utf-8", "replace"))


def _model(facts: str) -> str:
    try:
        return str(json.loads(facts)["model"])
    except (ValueError, TypeError, KeyError):
        return ""
