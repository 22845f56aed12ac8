"""One attached picture, from what was dropped to a content block: values, and the work that is done in threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from app.core.catalog import Limits, Model
from app.core.fit import Size, image_tokens
from app.core.message import ImageBlock
from app.core.pictures import Pictures


@dataclass(frozen=True, slots=True)
class Source:
    """Something dropped, pasted or picked: a path, or bytes in memory, or an original that is kept already."""

    path: str = ""
    data: bytes | Callable[[], bytes] = b""
    """Or what makes the bytes, called in a thread: pixels of the clipboard are no file yet."""
    name: str = ""
    """What the person calls it; empty for a pasted bitmap."""
    kept: str = ""
    """SHA-256 of an original in the picture folder."""


@dataclass(frozen=True, slots=True)
class DraftPicture:
    """One attached picture on its way. Sizes are pixels of the picture turned upright, 0 until measured."""

    key: int
    name: str
    state: Literal["copying", "measured", "ready"] = "copying"
    width: int = 0
    height: int = 0
    sent: Size | None = None
    """The size it will be sent in, to the present model."""
    tokens: int = 0
    format: str = ""
    source: Source = field(default_factory=Source, repr=False)
    """Where it came from, as long as there is no original in the folder."""
    original: str = ""
    file_bytes: int = 0
    image: ImageBlock | None = None
    """Once prepared; its number is given when the message is sent."""
    prepared_for: Size | None = None
    """The size that `image` was asked in; it may have come out smaller, to keep within the byte limit."""
    thumbnail: bytes = field(default=b"", repr=False)
    """A small JPEG or PNG of our own making, upright."""


def name_of(source: Source) -> str:
    return source.name or Path(source.path).name


def copy_and_measure(folder: Pictures, key: int, source: Source) -> DraftPicture:
    """Copy the source into the picture folder, so that it may vanish, and read its header. Raises PictureError."""
    from app.core.image import probe  # Pillow: after the first paint

    name = name_of(source)
    if source.kept:
        original = source.kept
    elif source.path:
        original = folder.add_file(Path(source.path), name).sha256
    else:
        data = source.data() if callable(source.data) else source.data
        original = folder.add_bytes(data, name).sha256
    found = probe(folder.path(original), name)
    return DraftPicture(
        key,
        name,
        source=Source(name=name, kept=original),
        width=found.width,
        height=found.height,
        format=found.format,
        original=original,
        file_bytes=found.file_bytes,
    )


def prepared_image(
    folder: Pictures, picture: DraftPicture, model: Model, edge_cap: int | None, limits: Limits
) -> tuple[ImageBlock, bytes]:
    """The picture as it will be sent, kept in the folder, and its thumbnail. Raises PictureError."""
    from app.core.image import prepare

    prepared = prepare(
        folder.path(picture.original),
        picture.name,
        model.tier,
        edge_cap=edge_cap,
        max_bytes=limits.picture_chars // 4 * 3,
    )
    stored = folder.add_bytes(prepared.data, picture.name)
    image = ImageBlock(
        number=0,
        name=picture.name,
        sent=stored.sha256,
        media_type=prepared.media_type,
        width=prepared.width,
        height=prepared.height,
        sent_bytes=stored.size,
        tokens=image_tokens(prepared.width, prepared.height, model.tier.patch),
        original=picture.original,
        original_width=picture.width,
        original_height=picture.height,
        original_bytes=picture.file_bytes,
        original_format=picture.format,
        notes=prepared.notes,
    )
    return image, prepared.thumbnail
