"""A file to import, open: what it is, and one conversation of it after another."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, NamedTuple, Self

from app.core.export.archive import FORMAT, HEADER, VERSION
from app.core.importing import claude, ours
from app.core.importing.json_items import Malformed, TooLong, items, whole
from app.core.importing.refused import ImportRefused
from app.core.importing.typed import Counts
from app.core.importing.unpacking import Unpacking, open_file
from app.core.whole import Whole, no_pause

Kind = Literal["visavis", "claude"]

_OURS: Final = re.compile(r"conversations/\d{1,6}\.json", re.ASCII)
_PICTURES: Final = re.compile(r"pictures/[0-9a-f]{64}")
_THEIRS: Final = re.compile(r"(?:[^/\\]{1,200}/)?conversations\.json")
_EXPORT: Final = 4 << 30
"""Bytes of an export of claude.ai, which is read item by item."""
_HEADER: Final = 1 << 16
_PIECE: Final = 1 << 18


class Found(NamedTuple):
    """A conversation of the file."""

    whole: Whole
    left_out: Counts
    """How much of it could not be taken: "message", "block", "step" (of a tool), "file" (named and not there),
    "citation", "fact"."""
    ours: bool
    """Whether an archive of ours says so, and not claude.ai."""


@dataclass(slots=True)
class Preview:
    """What would come."""

    kind: Kind
    conversations: int = 0
    messages: int = 0
    pictures: int = 0
    picture_bytes: int = 0
    ids: list[str] = field(default_factory=list)
    """Of the conversations, as the file has them."""
    left_out: Counts = field(default_factory=Counts)
    """As of `Found`; besides "conversation" (what is none) and "entry" (other files in it)."""


class Reading:
    """A file of a stranger, opened by what is in it; a context manager. Methods block; all raise ImportRefused."""

    def __init__(self, path: Path, name: str, go_on: Callable[[], None] = no_pause) -> None:
        """`name` is what the person calls it. `go_on` is called every now and then and may raise to end it."""
        self._name = name
        self._go_on = go_on
        self._path = path
        self._stack = ExitStack()
        self._zip: Unpacking | None = None
        self._skipped = 0
        """What was no conversation."""
        with open_file(path, name) as file:
            head = file.read(4)
        if head[:2] == b"PK":
            self._zip = self._stack.enter_context(Unpacking(path, name))
        elif head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] not in (b"[", b"{"):
            raise ImportRefused(name, "unknown")
        try:
            self._files = self._told()
        except BaseException:
            self._stack.close()
            raise

    def preview(self) -> Preview:
        """Go through all of it. Raises ImportRefused, too, where there is no conversation in it."""
        kind: Kind | None = None
        preview = Preview("visavis")
        for found in self.conversations():
            kind = kind or ("visavis" if found.ours else "claude")
            preview.conversations += 1
            preview.messages += len(found.whole.messages)
            preview.ids.append(found.whole.conversation.id)
            preview.left_out += found.left_out
        if kind is None:
            raise ImportRefused(self._name, "unknown" if self._skipped else "empty")
        preview.kind = kind
        preview.left_out["conversation"] += self._skipped
        if self._zip is not None:
            pictures = self._zip.matching(_PICTURES)
            preview.pictures = len(pictures)
            preview.picture_bytes = sum(map(self._zip.size, pictures))
            preview.left_out["entry"] += len(set(self._zip.names) - {*self._files, *pictures, HEADER})
        return preview

    def conversations(self) -> Iterator[Found]:
        """One after another: nothing of the others is in memory."""
        self._skipped = 0
        try:
            for item in self._items():
                left_out = Counts()
                is_ours = isinstance(item, dict) and "chat_messages" not in item
                found = (ours if is_ours else claude).conversation(item, left_out, self._go_on)
                if found is None:
                    self._skipped += 1
                else:
                    yield Found(found, left_out, is_ours)
        except TooLong as error:
            raise ImportRefused(self._name, "too_large") from error
        except Malformed as error:
            raise ImportRefused(self._name, "damaged") from error

    def picture(self, sha256: str) -> bytes:
        """The bytes under this name, not looked at; none where it has none."""
        entry = f"pictures/{sha256}"
        if self._zip is None or not _PICTURES.fullmatch(entry) or not self._zip.size(entry):
            return b""
        return self._zip.read(entry)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._stack.close()

    def _told(self) -> list[str]:
        """The entries that hold conversations."""
        if self._zip is None:
            return []
        if HEADER in self._zip.names:
            self._check_header(self._zip)
            return self._zip.matching(_OURS)
        if found := self._zip.matching(_THEIRS):
            return sorted(found, key=len)[:1]
        raise ImportRefused(self._name, "unknown")

    def _check_header(self, archive: Unpacking) -> None:
        try:
            header = whole(archive.read(HEADER, _HEADER))
        except (Malformed, TooLong) as error:
            raise ImportRefused(self._name, "damaged") from error
        if not isinstance(header, dict) or header.get("format") != FORMAT:
            raise ImportRefused(self._name, "unknown")
        version = header.get("version")
        if not isinstance(version, int) or isinstance(version, bool) or version < 1:
            raise ImportRefused(self._name, "damaged")
        if version > VERSION:
            raise ImportRefused(self._name, "too_new")

    def _items(self) -> Iterator[Any]:
        if self._zip is None:
            with open_file(self._path, self._name) as file:
                yield from items(self._watched(iter(lambda: file.read(_PIECE), b"")))
            return
        for name in self._files:
            yield from items(self._watched(self._zip.pieces(name, _EXPORT)))

    def _watched(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self._go_on()
            yield piece
