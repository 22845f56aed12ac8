"""Pictures of the four common formats: what a file says of itself, the bytes to send, and pixels for the screen.

The rarer formats reach the same functions in a process of their own: see `app.core.decoder`, which all others call.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final, NamedTuple

from PIL import Image

from app.core.container import MEDIA_TYPES, Header
from app.core.cuts import Cut
from app.core.encode import Encoded, encode, thumbnail
from app.core.errors import PictureTooBig, PictureUnreadable
from app.core.fit import Size
from app.core.legibility import Findings, find
from app.core.pictures import open_picture, read_picture
from app.core.resize import at_work
from app.core.source import Source, bands, boundary, decode, open_source, picture_header, upright


@dataclass(frozen=True, slots=True)
class Probe:
    """What a file says of itself; nothing was decoded."""

    format: str
    """As people call it: "JPEG", "HEIC", "PDF"."""
    width: int
    """Pixels of the picture turned upright; of a drawing without pixels, those it is drawn in."""
    height: int
    orientation: int
    """EXIF orientation, 1 to 8."""
    animated: bool
    """A guess for long GIFs; the note "first_frame" of `Preparation` is certain."""
    file_bytes: int
    pages: int = 0
    """Pages of a document; 0 for a picture file."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """One cut of a picture as it is sent."""

    data: bytes
    media_type: str
    width: int
    """Pixels of `data`, upright; exactly the cut's size unless `max_bytes` asked for fewer."""
    height: int
    notes: tuple[str, ...]
    """What was done, in this order: "turned", "resized", "first_frame", "drawn", "srgb", "eight_bits", "flattened" with
    "on_white" or another ground, "reencoded". "drawn": it had no pixels of its own. "eight_bits": its channels had 16.
    "flattened": its transparency was given up."""


_NOTHING: Final = Findings()


@dataclass(frozen=True, slots=True)
class Preparation:
    """A picture made ready to be sent."""

    parts: tuple[Prepared, ...]
    """One for each cut, in their order."""
    thumbnail: bytes
    """A small JPEG, or a PNG where the picture has transparency. Upright, without metadata."""
    findings: Findings = _NOTHING


MAX_SHOWN_PIXELS: Final = 64_000_000
"""Pixels of a picture that is shown whole: what was decoded and what is handed out take four bytes each."""


class Pixels(NamedTuple):
    """A picture decoded for the screen."""

    width: int
    height: int
    rgba: bytes
    """Rows of 8 bits a channel, sRGB, upright; alpha is not multiplied in."""


def probe(path: Path, name: str) -> Probe:
    """Read what a picture file says of itself, in a few reads.

    Raises PictureUnreadable, NotAPicture, FormatUnsupported, PictureTooBig, or PictureDamaged for a broken header.
    """
    with boundary(name), open_picture(path, name) as file:
        return probed(picture_header(file, name), os.fstat(file.fileno()).st_size)


def probed(header: Header, file_bytes: int) -> Probe:
    size = upright(header)
    return Probe(header.name, *size, orientation=header.orientation, animated=header.animated, file_bytes=file_bytes)


def prepare(path: Path, name: str, cuts: Sequence[Cut], *, max_bytes: int = 7_400_000) -> Preparation:
    """Make the bytes to send of each cut: in its size, so that the server never resizes it, and at most `max_bytes`.

    The same file, cuts and limit give the same bytes. Where quality alone does not reach `max_bytes`, a part becomes
    smaller than its cut. Raises as `probe` does, and PictureDamaged for a file that does not decode to its end.
    """
    with at_work(), boundary(name):
        return prepared(open_source(read_picture(path, name), name), name, cuts, max_bytes)


def prepared(source: Source, name: str, cuts: Sequence[Cut], max_bytes: int) -> Preparation:
    """What `prepare` does, of a picture that is open; raises what decoders raise."""
    whole = upright(source.header)
    alone = len(cuts) == 1 and cuts[0].box is None
    findings = Findings()

    def look(image: Image.Image) -> None:
        nonlocal findings
        findings = find(image, whole.width / image.width)

    image = decode(source, cuts[0].size if alone else whole, name, look)
    parts = tuple(_part(source, image if alone else _cut_out(image, cut), cut, whole, max_bytes) for cut in cuts)
    return Preparation(parts, thumbnail(image), findings)


def pixels(data: bytes, name: str = "") -> Pixels:
    """Decode a picture or a thumbnail for the screen: the interface's own decoders must not see bytes of strangers.

    Raises as `prepare` does.
    """
    if not data:
        raise PictureUnreadable(name, "empty")
    with boundary(name):
        source = open_source(data, name)
        whole = upright(source.header)
        if whole.width * whole.height > MAX_SHOWN_PIXELS:
            raise PictureTooBig(name, *whole)
        rgba = BytesIO(bytes(4 * whole.width * whole.height))  # takes and hands out without another copy
        for band in bands(source, name):
            rgba.write(band.convert("RGBA").tobytes())
        return Pixels(*whole, rgba.getvalue())


def _cut_out(image: Image.Image, cut: Cut) -> Image.Image:
    box = (0, 0, *image.size)
    if cut.box is not None:
        left, top, width, height = cut.box
        box = (left, top, left + width, top + height)
    if box[2:] == (box[0] + cut.size.width, box[1] + cut.size.height):
        return image.crop(box)
    return image.resize(cut.size, Image.Resampling.LANCZOS, box=box)


def _part(source: Source, image: Image.Image, cut: Cut, whole: Size, max_bytes: int) -> Prepared:
    """One cut, of its pixels `image`."""
    shown = Size(cut.box.width, cut.box.height) if cut.box else whole
    if cut.box is None and cut.size == whole and source.sendable and len(source.stripped.data) <= max_bytes:
        sent = Encoded(source.stripped.data, MEDIA_TYPES[source.header.format], cut.size)
    else:
        resized = cut.size != shown and not source.drawing
        sent = encode(image, source.header.format, max_bytes, resized=resized)
    done = {
        "turned": source.header.orientation != 1,
        "resized": sent.size != shown,
        "first_frame": source.stripped.several_frames or source.header.views,
        "drawn": source.drawing,
        "srgb": source.converts,
        "eight_bits": source.deep,
        "flattened": bool(sent.ground),
        f"on_{sent.ground}": bool(sent.ground),
        "reencoded": sent.data is not source.stripped.data,
    }
    return Prepared(sent.data, sent.media_type, *sent.size, tuple(note for note, is_so in done.items() if is_so))
