"""The blocks of one picture, made in a thread for what is to be sent of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.conversation.attachment import Aim, DraftPicture
from app.core.container import MEDIA_TYPES
from app.core.cuts import Cut
from app.core.decoder import Decoder
from app.core.fit import image_tokens
from app.core.message import ImageBlock
from app.core.pictures import Pictures

if TYPE_CHECKING:
    from app.core.image import Prepared
    from app.core.legibility import Findings


@dataclass(frozen=True, slots=True)
class Made:
    images: tuple[ImageBlock, ...]
    thumbnail: bytes
    findings: Findings | None


def prepared(folder: Pictures, decoder: Decoder, picture: DraftPicture, aim: Aim, patch: int) -> Made:
    """The picture as it will be sent, kept in the folder. Raises PictureError, StoreError.

    A link goes as it is: what was seen there says its size and its tokens, and only the thumbnail is made of it.
    """
    path = folder.path(picture.original)
    made = decoder.prepare(path, picture.name, aim.cuts, page=picture.page, max_bytes=aim.max_bytes)
    if picture.source.url:
        images: tuple[ImageBlock, ...] = (_as_seen(picture, aim.cuts[0].tokens(patch)),)
    else:
        parts = zip(aim.cuts, made.parts, strict=True)
        images = tuple(_block(folder, picture, cut, part, patch) for cut, part in parts)
    return Made(images, made.thumbnail, made.findings)


def numbered(picture: DraftPicture, number: int) -> Iterator[ImageBlock]:
    """The blocks of a ready picture as they stand in a message."""
    source = picture.source
    for image in picture.images:
        yield replace(
            image,
            number=number,
            tokens=picture.tokens if picture.same_as or picture.unseen else image.tokens,
            preset=source.preset,
            same_as=picture.same_as,
            sharper_than=source.sharper_than,
        )


def _as_seen(picture: DraftPicture, tokens: int) -> ImageBlock:
    return replace(
        picture.blank,
        sent=picture.original,
        media_type=MEDIA_TYPES[picture.format],
        width=picture.width,
        height=picture.height,
        sent_bytes=picture.file_bytes,
        tokens=tokens,
        url=picture.source.url,
    )


def _block(folder: Pictures, picture: DraftPicture, cut: Cut, part: Prepared, patch: int) -> ImageBlock:
    stored = folder.add_bytes(part.data, picture.name)
    return replace(
        picture.blank,
        sent=stored.sha256,
        media_type=part.media_type,
        width=part.width,
        height=part.height,
        sent_bytes=stored.size,
        tokens=image_tokens(part.width, part.height, patch),
        notes=part.notes,
        page=picture.page,
        preset=picture.preset,
        kind=cut.kind,
        box=cut.box,
        part=cut.part,
        parts=cut.parts,
        sharper_than=picture.source.sharper_than,
    )
