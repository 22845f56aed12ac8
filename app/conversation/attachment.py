"""One attached picture, from what was dropped to content blocks: values, and the work that is done in threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from app.core.cuts import Box, Cut, Offer, Preset
from app.core.decoder import Decoder
from app.core.fit import Size, image_tokens
from app.core.message import ImageBlock
from app.core.pictures import Pictures

if TYPE_CHECKING:
    from app.core.image import Findings, Preparation


@dataclass(frozen=True, slots=True)
class Source:
    """Something dropped, pasted or picked: a path, bytes in memory, an original that is kept already, or a link."""

    path: str = ""
    data: bytes | Callable[[], bytes] = b""
    """Or what makes the bytes, called in a thread: pixels of the clipboard are no file yet."""
    name: str = ""
    """What the person calls it; empty for a pasted bitmap."""
    kept: str = ""
    """SHA-256 of an original in the picture folder."""
    page: int = 0
    """The page wanted of a document, from 1; 0 asks which, or stands for a picture file."""
    preset: Preset = "auto"
    region: Box | None = None
    """For the preset "region": the part marked, in upright pixels of the original."""
    again: bool = False
    """Send it even where an earlier turn has the same picture."""
    sharper_than: int = 0
    """Number of the picture that this shows again, sharper."""
    url: str = ""
    """A link that goes as a link; `data` or `kept` is then what was seen there, if anything was."""


@dataclass(frozen=True, slots=True)
class Aim:
    """What a picture is prepared for: two that are equal give the same bytes."""

    cuts: tuple[Cut, ...]
    max_bytes: int
    """Of each cut."""


@dataclass(frozen=True, slots=True)
class DraftPicture:
    """One attached picture on its way. Sizes are pixels of the picture turned upright, 0 until measured."""

    key: int
    name: str
    state: Literal["copying", "measured", "ready"] = "copying"
    width: int = 0
    height: int = 0
    aim: Aim | None = None
    """What will be sent of it, to the present model; None until it is measured."""
    tokens: int = 0
    """Of all its blocks together; 0 where a sentence goes in its place. Of an unseen link the most it can be."""
    format: str = ""
    source: Source = field(default_factory=Source, repr=False)
    """Where it came from and how it is to be sent; by its kept original once that is in the folder."""
    original: str = ""
    file_bytes: int = 0
    offers: tuple[Offer, ...] = ()
    """The presets that differ for it, "auto" first."""
    images: tuple[ImageBlock, ...] = ()
    """Once prepared, a block for each cut; their number is given when the message is sent."""
    prepared_for: Aim | None = None
    """What `images` was asked for; some may have come out smaller, to keep within the byte limit."""
    same_as: int = 0
    """Number of an earlier picture of the same content, which goes in its place unless `source.again`."""
    findings: Findings | None = None
    thumbnail: bytes = field(default=b"", repr=False)
    """A small JPEG or PNG of our own making, upright."""

    @property
    def preset(self) -> Preset:
        return self.source.preset

    @property
    def sent(self) -> Size | None:
        """Pixels of the picture as a whole, or of its overview, as it will be sent; None until that is known."""
        if self.state == "ready" and self.images:
            return Size(self.images[0].width, self.images[0].height)
        return self.aim.cuts[0].size if self.aim else None


def name_of(source: Source) -> str:
    return source.name or Path(source.path).name


def copy_and_measure(folder: Pictures, decoder: Decoder, key: int, source: Source) -> DraftPicture:
    """Copy the source into the picture folder, so that it may vanish, and read its header. Raises PictureError."""
    name = name_of(source)
    if source.kept:
        original = source.kept
    elif source.path:
        original = folder.add_file(Path(source.path), name).sha256
    else:
        data = source.data() if callable(source.data) else source.data
        original = folder.add_bytes(data, name).sha256
    found = decoder.probe(folder.path(original), name, page=source.page)
    return DraftPicture(
        key,
        name,
        source=replace(source, path="", data=b"", name=name, kept=original),
        width=found.width,
        height=found.height,
        format=found.format,
        original=original,
        file_bytes=found.file_bytes,
    )


def prepared_images(
    folder: Pictures, decoder: Decoder, picture: DraftPicture, aim: Aim, patch: int
) -> tuple[tuple[ImageBlock, ...], Preparation]:
    """The picture as it will be sent, kept in the folder. Raises PictureError."""
    source = picture.source
    path = folder.path(picture.original)
    made = decoder.prepare(path, picture.name, aim.cuts, page=source.page, max_bytes=aim.max_bytes)
    images = []
    for cut, part in zip(aim.cuts, made.parts, strict=True):
        stored = folder.add_bytes(part.data, picture.name)
        images.append(
            ImageBlock(
                number=0,
                name=picture.name,
                sent=stored.sha256,
                media_type=part.media_type,
                width=part.width,
                height=part.height,
                sent_bytes=stored.size,
                tokens=image_tokens(part.width, part.height, patch),
                original=picture.original,
                original_width=picture.width,
                original_height=picture.height,
                original_bytes=picture.file_bytes,
                original_format=picture.format,
                notes=part.notes,
                page=source.page,
                preset=source.preset,
                kind=cut.kind,
                box=cut.box,
                part=cut.part,
                parts=cut.parts,
                sharper_than=source.sharper_than,
                url=source.url,
            )
        )
    return tuple(images), made
