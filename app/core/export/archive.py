"""Conversations in a file of our own, with all their branches, to be read back by `app.core.importing`.

The file is a zip, usually called `….visavis`. Version 1 has in it, in this order:

    visavis.json               {"format": "visavis", "version": 1, "conversations": <how many>, "costs": <bool>,
                               "thinking": <bool>, "originals": <bool>}: what was put in and what was left out
    conversations/00001.json   one conversation each, numbered from 1
    pictures/<SHA-256>         files, each named by the SHA-256 (64 hexadecimal digits) of what is in it

A conversation is an object. Times are seconds since the epoch, amounts of money exact decimals in US dollars, as text:

    "conversation"   its facts by the names of `app.core.rows.Conversation`: "id", "title", "model", "system" …
    "leaf"           id of the last message of the branch shown; the newest message where it is empty
    "draft"          {"text": what was being written, "pictures": an array of the facts of
                     `app.core.export.drafts.DraftedPicture` by their names}, or null
    "filed"          {"pinned": <bool>, "archived": <bool>, "folder": name of its folder, or empty}
    "messages"       an array in the order in which they came, deleted ones left out. Each is an object of the facts
                     of `app.core.message.Message` by their names, and "parent": the id of the message before it, empty
                     for one that begins the conversation. Two of the same parent are versions of each other.

A message's "content" is an array of {"text": …} and {"image": {…}} in a question, the image with the facts of
`ImageBlock`, of which "sent" and "original" name files of pictures/; and of {"reply": {…}} in an answer, each exactly
the block that the API sent. "usage" has the counts of `Usage`, the API's own object as "raw".

Who reads it ignores facts that they do not know and takes the usual value for one that is missing. A version that they
do not know may mean anything. JSON is in ASCII: half a surrogate pair, which an answer may hold, survives as it is.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import asdict, fields
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from app.core.export import drafts
from app.core.export.asked import stripped
from app.core.export.files import Files
from app.core.message import JSON, Message, blocks_to_json
from app.core.whole import Placed, Whole

FORMAT: Final = "visavis"
VERSION: Final = 1
SUFFIX: Final = ".visavis"
HEADER: Final = "visavis.json"

ENTRIES: Final = 100_000
"""Files of an archive, at most, that are taken in again at once; a zip's list of them is read whole."""
UNPACKED: Final = 8 << 30
"""Bytes of all of them."""
CONVERSATION: Final = 48 << 20
"""Bytes of one conversation: one of 10,000 messages has some 20 MB."""

_DATE: Final = (1980, 1, 1, 0, 0, 0)
"""Of every entry: an archive tells nothing of when it was made, and the same conversations make the same bytes."""
_PRIVATE: Final = 0o100600 << 16


class Archive:
    """An archive on its way; a context manager. Methods block on the disk and raise OSError, or Cancelled."""

    def __init__(self, path: Path, files: Files, conversations: int) -> None:
        self._files = files
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
        self._written: set[str] = set()
        self._count = self._entries = self._bytes = self._longest = 0
        wanted = files.wanted
        left_out = {"costs": wanted.costs, "thinking": wanted.thinking, "originals": wanted.originals}
        self._put(HEADER, _json({"format": FORMAT, "version": VERSION, "conversations": conversations, **left_out}))

    def add(self, whole: Whole, did: Callable[[], None] = lambda: None) -> None:
        """Put a conversation in, and the files of its pictures; `did` is called after each picture."""
        self._files.go_on()
        whole = stripped(whole, self._files.wanted)
        self._count += 1
        self._put(f"conversations/{self._count:05d}.json", _json(to_json(whole)))
        for message, _ in whole.messages:
            for blocks in message.pictures:
                originals = self._files.wanted.originals
                # Of a link, what the server was led to is a file as it was found.
                self._add_files(image.sent for image in blocks if originals or not image.url)
                if originals:
                    self._add_files(image.original for image in blocks)
                did()
        for picture in (whole.draft or {}).get("pictures") or ():
            self._add_files(filter(None, (picture.get("kept"), picture.get("sent"))))

    @property
    def can_come_back(self) -> bool:
        """Whether `app.core.importing` takes it, as far as it is written."""
        return self._entries <= ENTRIES and self._bytes <= UNPACKED and self._longest <= CONVERSATION

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._zip.close()

    def _add_files(self, hashes: Iterable[str]) -> None:
        for sha256 in hashes:
            if sha256 not in self._written and (data := self._files.read(sha256)):
                self._written.add(sha256)
                self._put(f"pictures/{sha256}", data, zipfile.ZIP_STORED)

    def _put(self, name: str, data: bytes, method: int = zipfile.ZIP_DEFLATED) -> None:
        info = zipfile.ZipInfo(name, _DATE)
        info.compress_type = method
        info.external_attr = _PRIVATE
        info.create_system = 3
        self._zip.writestr(info, data)
        self._entries, self._bytes = self._entries + 1, self._bytes + len(data)
        if method == zipfile.ZIP_DEFLATED:
            self._longest = max(self._longest, len(data))


def to_json(whole: Whole) -> JSON:
    """A conversation as the archive has it."""
    return {
        "conversation": {field.name: getattr(whole.conversation, field.name) for field in fields(whole.conversation)},
        "leaf": whole.leaf,
        "draft": drafts.written(whole.draft),
        "filed": asdict(whole.filed),
        "messages": [_message(placed) for placed in whole.messages],
    }


def _message(placed: Placed) -> JSON:
    message = placed.message
    facts: dict[str, Any] = {field.name: getattr(message, field.name) for field in fields(Message)}
    facts["usage"] = asdict(message.usage) if message.usage else None
    facts["content"] = json.loads(blocks_to_json(message.content))
    return {**facts, "parent": placed.parent}


def _json(value: JSON) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode("ascii")
