"""A conversation as a folder: a Markdown text, and its pictures beside it.

The headings of the first level are the title, those of the second who speaks: what was said begins at the third, so
that an outline of the file is one of the conversation (`app.core.export.said`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

from app.core.container import MEDIA_TYPES
from app.core.export import target
from app.core.export.asked import Words, about, stripped, title
from app.core.export.files import Files, Shown
from app.core.export.names import Names, original_name, safe, sent_name
from app.core.export.said import said
from app.core.message import ImageBlock, Message
from app.core.whole import Whole

PICTURES: Final = "pictures"


def write(whole: Whole, folder: Path, files: Files, words: Words, did: Callable[[], None] = lambda: None) -> None:
    """Write the text and the folder of its pictures into a folder that is there; `did` is called after each picture.

    The text is called as the conversation is. Raises OSError, Cancelled.
    """
    whole = stripped(whole, files.wanted)
    text = "".join(_Writer(folder / PICTURES, files, words, did).written(whole))
    target.write(folder / f"{safe(whole.conversation.title)}.md", text.encode("utf-8", "replace"))


class _Writer:
    def __init__(self, folder: Path, files: Files, words: Words, did: Callable[[], None]) -> None:
        self._folder = folder
        self._files = files
        self._words = words
        self._did = did
        self._names = Names()
        self._written: dict[str, str] = {}
        """SHA-256 → the name of the file."""

    def written(self, whole: Whole) -> Iterator[str]:
        facts, words = whole.conversation, self._words
        yield f"# {_inline(title(whole, words))}\n\n"
        known = about(whole, words)
        yield f"{_inline(known)}\n\n" if known else ""
        if facts.system.strip():
            yield f"## {_inline(words.system)}\n\n{said(facts.system.strip(), typed=True)}\n\n"
        for message in whole.shown:
            self._files.go_on()
            yield from self._message(message)

    def _message(self, message: Message) -> Iterator[str]:
        words = self._words
        asked = message.role == "user"
        who = words.you if asked else words.model(message.model) or "Claude"
        yield f"## {_inline(who)}\n\n"
        for blocks in message.pictures:
            yield from self._picture(blocks)
            self._did()
        if message.thinking:
            yield f"> **{_inline(words.thinking)}**\n>\n{_quoted(said(message.thinking))}\n\n"
        if message.text.strip():
            yield f"{said(message.text.strip(), typed=asked)}\n\n"
        notes = [words.ending(message), words.cost(message) if self._files.wanted.costs else ""]
        yield "".join(f"*{_inline(note)}*\n\n" for note in notes if note)

    # --- pictures ---

    def _picture(self, blocks: tuple[ImageBlock, ...]) -> Iterator[str]:
        first = blocks[0]
        label = f"Image {first.number}"
        if first.stands_for or not first.sent:
            yield f"*{_inline(first.stands_for or first.url or label)}*\n\n"
            return
        for shown in self._files.shown(blocks, _is_shown):
            yield self._link(shown, label)
        if self._files.wanted.originals and not _is_shown(first):
            yield self._original(first)

    def _link(self, shown: Shown, label: str) -> str:
        if not shown.data:
            return f"*{_inline(self._words.not_there.replace('%1', label))}*\n\n"
        sha256 = shown.image.original if shown.original else shown.image.sent
        name = self._put(sha256, original_name(shown.image) if shown.original else sent_name(shown.image), shown.data)
        called = _inline(f"{label}: {shown.image.name}" if shown.image.name else label)
        return f"![{called}]({PICTURES}/{quote(name)})\n\n"

    def _original(self, image: ImageBlock) -> str:
        """A link to a file that no reader shows as a picture."""
        data = self._files.read(image.original)
        if not data:
            return ""
        name = self._put(image.original, original_name(image), data)
        return f"[{_inline(image.name or name)}]({PICTURES}/{quote(name)})\n\n"

    def _put(self, sha256: str, name: tuple[str, str], data: bytes) -> str:
        if sha256 not in self._written:
            self._folder.mkdir(exist_ok=True)
            self._written[sha256] = self._names.free(*name)
            target.write(self._folder / self._written[sha256], data)
        return self._written[sha256]


def _is_shown(image: ImageBlock) -> bool:
    """Whether every reader shows its original."""
    return image.original_format in MEDIA_TYPES and not image.page


_MARKS: Final = {ord(mark): f"\\{mark}" for mark in "\\`*_[]<>#|~$!"}


def _inline(text: str) -> str:
    """Words in one line that mean nothing to Markdown."""
    return " ".join(text.split()).translate(_MARKS)


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))
