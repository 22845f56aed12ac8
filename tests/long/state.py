"""Looks at the folder of `tests.long.scene` after deeds that were disturbed: what was told done is there, all else is
as it was before or as it was to be, and nothing is half done: `python -m tests.long.state FOLDER BEFORE` prints what is
wrong; BEFORE is a folder as `prepare` left it, and the lines of the deeds come on standard input.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from app.core import backup, rows, schema
from app.core.errors import StoreError
from app.core.garbage import wanted_by_messages, wanted_by_others
from app.core.message import JSON, Message, blocks_to_json
from app.core.pictures import Pictures
from app.core.placing import counted
from app.core.store import FILE, Store
from tests.long.remains import backup_faults, export_faults, leftovers, version_of

_ENDED: Final = {"complete", "stopped", "interrupted", "failed"}


@dataclass
class Held:
    """What a database holds."""

    conversations: dict[str, bool] = field(default_factory=dict)
    """By id: whether it is in the trash."""
    messages: dict[str, tuple[str, str, bool]] = field(default_factory=dict)
    """By id: its conversation, its digest, and whether it is deleted."""
    drafts: dict[str, JSON] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)
    """Of pictures, by their SHA-256."""
    backups: list[str] = field(default_factory=list)
    version: int = 0
    """Of its schema."""
    found: dict[str, Message] = field(default_factory=dict)


@dataclass
class Verdict:
    complaints: list[str]
    orphans: int
    """Picture files that nothing refers to and that were not there before."""
    leftovers: list[str]
    """Files on their way in that are left, until the next start or for good."""


def digest(message: Message) -> str:
    """Of what was said in it, and how it ended."""
    text = json.dumps([message.role, message.state, blocks_to_json(message.content)])
    return hashlib.sha256(text.encode()).hexdigest()


def held_by(path: Path) -> JSON:
    """What a database file of any schema holds, as JSON; it stays as it is."""
    with tempfile.TemporaryDirectory() as elsewhere:
        for part in (path, schema.log_of(path)):
            if part.exists():
                shutil.copyfile(part, Path(elsewhere, FILE + part.name.removeprefix(path.name)))
        store = Store.open(Path(elsewhere))
        try:
            held = store.run_now(lambda db: _held(db, str(path)))
        finally:
            store.close()
    return {"conversations": held.conversations, "messages": held.messages, "drafts": held.drafts}


def before(folder: Path) -> Held:
    """What there is before the deeds; the folder stays as it is."""
    data = folder / "data"
    if not (data / FILE).exists():
        return Held()
    held = _from_json(held_by(data / FILE))
    held.files = {each.name for each in (data / "pictures").glob("??/*")}
    held.backups = [each.path.name for each in backup.backups(data / backup.FOLDER)]
    held.version = version_of(data / FILE)
    return held


def verdict(folder: Path, was: Held, lines: Iterable[Mapping[str, Any]]) -> Verdict:
    """Open the data folder as a start does, and hold what is there against what was and what the deeds told."""
    lines, data = list(lines), folder / "data"
    complaints = [f"crash: {line['crash']}" for line in lines if "crash" in line]
    left = leftovers(folder)
    version = version_of(data / FILE)
    try:
        store = Store.open(data)
    except StoreError as error:
        return Verdict([*complaints, f"it does not open: {type(error).__name__}"], 0, left)
    try:
        held = store.run_now(lambda db: _held(db, str(data / FILE)))
        complaints += store.run_now(_faults)
        complaints += _missing(held, data)
        orphans = _orphans(store, data) - was.files
    finally:
        store.close()
    complaints += _compared(held, was, lines)
    complaints += backup_faults(data, was.backups, (was.version, version), lines)
    complaints += export_faults(folder / "out", lines)
    return Verdict(complaints, len(orphans), left)


def tidied(folder: Path) -> list[str]:
    """What a start leaves lying about."""
    data = folder / "data"
    Pictures.of_our_own(data / "pictures")
    backup.tidy(data / backup.FOLDER)
    return [each for each in leftovers(folder) if each.startswith("data/")]


def complaints(folder: Path, was: Held, lines: Iterable[Mapping[str, Any]]) -> list[str]:
    """What is wrong."""
    return verdict(folder, was, lines).complaints


# --- what is in a database ------------------------------------------------------------------------


def _held(db: sqlite3.Connection, path: str) -> Held:
    held = Held()
    for id_, gone in db.execute("SELECT id, deleted_at IS NOT NULL FROM conversations"):
        held.conversations[id_] = bool(gone)
    hidden = dict(db.execute("SELECT id, deleted_at IS NOT NULL FROM messages"))
    for row in db.execute(rows.SELECT_MESSAGES).fetchall():
        message = rows.message_from_row(row, path)
        held.messages[message.id] = (row[1], digest(message), bool(hidden[message.id]))
        held.found[message.id] = message
    held.drafts = {id_: json.loads(draft) for id_, draft in db.execute("SELECT conversation_id, draft FROM drafts")}
    return held


def _from_json(told: JSON) -> Held:
    messages = {id_: (facts[0], facts[1], bool(facts[2])) for id_, facts in told["messages"].items()}
    return Held(dict(told["conversations"]), messages, dict(told["drafts"]))


def _faults(db: sqlite3.Connection) -> list[str]:
    """What SQLite and the checksums say, and rows that do not agree with each other."""
    found = [f"integrity: {row[0]}" for row in db.execute("PRAGMA integrity_check") if row != ("ok",)]
    found += [f"a row without the one it belongs to: {row}" for row in db.execute("PRAGMA foreign_key_check")]
    messages = db.execute(rows.SELECT_MESSAGES).fetchall()
    found += [f"checksum of message {row[0]}" for row in messages if not rows.is_intact(row)]
    found += [f"message {row[0]} is {row[3]}" for row in messages if row[3] not in _ENDED]
    found += [f"{left} events are left" for (left,) in db.execute("SELECT count(*) FROM events") if left]
    shown = "SELECT id FROM messages WHERE conversation_id = ? AND deleted_at IS NULL AND role = 'user'"
    by_id = {row[0]: rows.message_from_row(row, "") for row in messages}
    for row in db.execute(rows.SELECT_CONVERSATIONS).fetchall():
        facts = rows.conversation_from_row(row)
        asked = [by_id[id_] for (id_,) in db.execute(shown, (facts.id,))]
        if facts.pictures != len(counted(asked)):
            found.append(f"conversation {facts.id} counts {facts.pictures} pictures of {len(counted(asked))}")
    parents = "SELECT id FROM messages WHERE parent <> '' AND parent NOT IN (SELECT id FROM messages)"
    found += [f"message {id_} follows none" for (id_,) in db.execute(parents)]
    return found


def _missing(held: Held, data: Path) -> Iterator[str]:
    """Pictures that messages and drafts refer to, and that are not there as they were."""
    wanted = {sha for message in held.found.values() for i in message.images for sha in (i.sent, i.original) if sha}
    for draft in held.drafts.values():
        wanted |= {picture["kept"] for picture in draft["pictures"] if "kept" in picture}
    for sha256 in sorted(wanted):
        path = Pictures(data / "pictures").path(sha256)
        if not path.exists():
            yield f"missing picture {sha256[:8]}"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
            yield f"damaged picture {sha256[:8]}"


def _orphans(store: Store, data: Path) -> set[str]:
    """None where nobody knows what is referred to."""
    path, wanted, after = str(data / FILE), store.run_now(wanted_by_others), 0
    try:
        while True:
            more, following = store.run_now(partial(wanted_by_messages, path=path, after=after))
            wanted |= more
            if following is None:
                break
            after = following
        wanted |= backup.pictures_of(data / backup.FOLDER)
    except StoreError:  # told besides
        return set()
    return {each.name for each in (data / "pictures").glob("??/*")} - wanted


# --- what was, and what was to be -----------------------------------------------------------------


def _compared(held: Held, was: Held, lines: Sequence[Mapping[str, Any]]) -> list[str]:
    worlds = [_World(was)]
    for line in lines:
        if line.get("begin") == "replace":
            worlds.append(_World(_from_json(line["holds"])))
        elif line.get("done") == "replace":
            worlds = worlds[-1:]
        else:
            for world in worlds:
                world.follow(line)
    found = [list(world.differences(held)) for world in worlds]
    return min(found, key=len)


class _World:
    """What has to be there and what may be, as the lines tell it one by one."""

    def __init__(self, was: Held) -> None:
        self._conversations = {id_: {gone} for id_, gone in was.conversations.items()}
        """By id, whether it may be in the trash; None where it may be gone."""
        self._messages = {id_: (owner, told, {hidden}) for id_, (owner, told, hidden) in was.messages.items()}
        self._drafts: dict[str, list[JSON | None]] = {id_: [draft] for id_, draft in was.drafts.items()}
        self._erased: set[str] = set()
        self._sent: list[tuple[str, str, str]] = []
        self._coming: dict[str, dict[str, str]] = {}

    def follow(self, line: Mapping[str, Any]) -> None:
        done = "done" in line
        match line.get("begin") or line.get("done"):
            case "send":
                self._sent.append((line["conversation"], line["text"], line["answer"]))
                self._drafts.setdefault(line["conversation"], []).append(None)
            case "message":
                self._messages[line["id"]] = (line["conversation"], line["digest"], {False})
                self._drafts[line["conversation"]] = [None]
            case "hide":
                for id_ in line["messages"]:
                    self._messages[id_] = (*self._messages[id_][:2], {True} if done else {False, True})
            case "trash":
                for id_ in line["conversations"]:
                    self._conversations[id_] = {True} if done else {False, True}
            case "erase":
                for id_ in line["conversations"]:
                    self._erase(id_, done=done)
            case "draft":
                known = [] if done else self._drafts.get(line["conversation"], [None])
                self._drafts[line["conversation"]] = [*known, line["draft"]]
            case "import" if done:
                id_ = line["conversation"]
                self._conversations[id_] = {False}
                self._messages |= {each: (id_, told, {False}) for each, told in self._coming.pop(id_).items()}
            case "import":
                self._coming |= line["conversations"]

    def _erase(self, id_: str, *, done: bool) -> None:
        self._erased.add(id_)
        if done:
            self._conversations.pop(id_, None)
            self._messages = {each: facts for each, facts in self._messages.items() if facts[0] != id_}

    def differences(self, held: Held) -> Iterator[str]:
        yield from self._other_conversations(held)
        yield from self._other_messages(held)
        for id_ in self._drafts.keys() | held.drafts.keys():
            if held.drafts.get(id_) not in self._drafts.get(id_, [None]):
                yield f"the draft of {id_} is {held.drafts.get(id_)}"

    def _other_conversations(self, held: Held) -> Iterator[str]:
        for id_, gone in self._conversations.items():
            if id_ not in held.conversations:
                if id_ not in self._erased:
                    yield f"conversation {id_} is lost"
            elif held.conversations[id_] not in gone:
                yield f"conversation {id_} is {'' if held.conversations[id_] else 'not '}in the trash"
        for id_ in held.conversations.keys() - self._conversations.keys() - self._coming.keys():
            yield f"conversation {id_} is there"

    def _other_messages(self, held: Held) -> Iterator[str]:
        for id_, (owner, told, hidden) in self._messages.items():
            if id_ not in held.messages:
                if not (owner in self._erased and owner not in held.conversations):
                    yield f"message {id_} is lost"
            elif held.messages[id_][:2] != (owner, told):
                yield f"message {id_} is another: {held.found[id_].state}, {held.found[id_].text[:40]!r}"
            elif held.messages[id_][2] not in hidden:
                yield f"message {id_} is {'' if held.messages[id_][2] else 'not '}deleted"
        for owner in self._coming.keys() & held.conversations.keys():
            came = {id_: facts[1] for id_, facts in held.messages.items() if facts[0] == owner}
            if came != self._coming[owner]:
                yield f"of conversation {owner} {len(came)} messages of {len(self._coming[owner])} have come"
        for id_ in held.messages.keys() - self._messages.keys():
            owner, message = held.messages[id_][0], held.found[id_]
            if owner not in self._coming and not self._may_be(owner, message):
                yield f"message {id_} is there: {message.role}, {message.state}, {message.text[:40]!r}"

    def _may_be(self, owner: str, message: Message) -> bool:
        for conversation, text, answer in self._sent:
            if owner != conversation:
                continue
            if message.role == "user":
                if message.text == text:
                    return True
            elif answer.startswith(message.text) and (message.state != "complete" or message.text == answer):
                return True
        return False


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 1 where anything is wrong."""
    parser = argparse.ArgumentParser(prog="state", description="Look at a folder after deeds that were disturbed.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("before", type=Path)
    options = parser.parse_args(arguments)
    lines = [json.loads(line) for line in sys.stdin if line.endswith("}\n")]
    found = verdict(options.folder, before(options.before), lines)
    sys.stdout.write("\n".join([*found.complaints, f"{found.orphans} orphans", *found.leftovers, ""]))
    return int(bool(found.complaints))


if __name__ == "__main__":
    sys.exit(main())
