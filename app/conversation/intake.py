"""How pictures come in: folders looked through, files copied and measured, links put down. Functions for threads."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from app.conversation.attachment import Document, DraftPicture, Source, name_of, shown_name
from app.core.container import MEDIA_TYPES
from app.core.decoder import Decoder
from app.core.errors import NotAPicture, PictureError, PictureUnreadable
from app.core.folder import pictures_in
from app.core.pictures import Pictures, open_picture
from app.core.sniff import SNIFFED, sniff


@dataclass(frozen=True, slots=True)
class Found:
    """What a drop holds, its folders looked through."""

    sources: tuple[Source, ...]
    folders: tuple[str, ...]
    refused: tuple[PictureUnreadable, ...]
    """Folders that cannot be read, or have no pictures in them."""
    more: bool
    """Whether the folders hold more than are looked at."""


def looked_through(dropped: Iterable[Source]) -> Found:
    """The pictures of a drop, in its order; those of a folder stand where the folder was."""
    sources: list[Source] = []
    folders: list[str] = []
    refused: list[PictureUnreadable] = []
    more = False
    for source in dropped:
        if not source.path or not os.path.isdir(source.path):  # noqa: PTH112  # Path.is_dir raises for a NUL
            sources.append(source)
            continue
        name = name_of(source) or source.path
        try:
            found = pictures_in(Path(source.path), name)
        except PictureUnreadable as error:
            refused.append(error)
            continue
        folders.append(name)
        sources += [Source(path=str(path)) for path in found.paths]
        more = more or found.more
        if not found.paths:
            refused.append(PictureUnreadable(name, "no_pictures"))
    return Found(tuple(sources), tuple(folders), tuple(refused), more)


def _serves(folder: Pictures, source: Source) -> bool:
    """Whether the original that is kept of it is there, and what it was. Raises PictureError where nothing else is."""
    try:
        folder.read(source.kept)
    except PictureError:
        folder.read(source.sent, shown_name(source))
        return False
    return True


def copied_and_measured(folder: Pictures, decoder: Decoder, key: int, source: Source) -> DraftPicture | Document:
    """Copy the source into the picture folder, so that it may vanish, and read its header.

    A document of several pages comes back as such unless the page is known. Raises PictureError, StoreError.
    """
    name = name_of(source)
    if source.sent and not _serves(folder, source):
        source = replace(source, kept=source.sent, sent="", page=0, preset="auto", region=None)
    original = source.kept or _kept(folder, source, name)
    found = decoder.probe(folder.path(original), shown_name(source), page=source.page)
    if found.format not in MEDIA_TYPES:
        source = replace(source, url="")  # a server that followed the link could not read it; ours is converted
    if found.pages > 1 and not source.page:
        return Document(original, name, found.pages, found.format)
    source = replace(source, path="", data=b"", name=name, kept=original, page=source.page or int(found.pages == 1))
    return DraftPicture(
        key,
        shown_name(source),
        "measured",
        width=found.width,
        height=found.height,
        source=source,
        format=found.format,
        original=original,
        file_bytes=found.file_bytes,
    )


def unseen_link(key: int, source: Source) -> DraftPicture:
    """A link as it goes where nobody could look behind it."""
    picture = DraftPicture(key, name_of(source), "ready", source=source)
    return replace(picture, images=(replace(picture.blank, url=source.url),))


def _kept(folder: Pictures, source: Source, name: str) -> str:
    if not source.path:
        data = source.data() if callable(source.data) else source.data
        return folder.add_bytes(data, name).sha256
    path = Path(source.path)
    head = _head(path, name)
    if not head:
        raise PictureUnreadable(name, "empty")
    if not sniff(head):
        raise NotAPicture(name)  # it is not even copied
    return folder.add_file(path, name).sha256


def _head(path: Path, name: str) -> bytes:
    with open_picture(path, name) as file:
        try:
            return file.read(SNIFFED) or b""
        except OSError as error:
            raise PictureUnreadable(name, "failed") from error
