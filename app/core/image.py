"""Turns a picture file into what the model gets: upright, fitted, sRGB, without metadata; and into its thumbnail.

A file that needs none of that goes as it is, less its metadata. What Pillow decodes is always the stripped file, so
that text, EXIF and the like of strangers never reach its parsers, and what is sent has been decoded once, as a whole.
The measurements behind the choices of codec, filter and limits are in IMAGES.md, sections 3, 6 and 9.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from itertools import product
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO, Final, NamedTuple

from PIL import Image, ImageCms
from PIL import WebPImagePlugin as _  # noqa: F401 - registers itself; else Pillow loads all its 43 plug-ins

from app.core.container import MEDIA_TYPES, Header, read_header
from app.core.errors import (
    FormatUnsupported,
    NotAPicture,
    PictureDamaged,
    PictureError,
    PictureTooBig,
    PictureUnreadable,
)
from app.core.fit import Size, Tier, fit
from app.core.metadata import Stripped, strip
from app.core.pictures import open_picture, read_picture
from app.core.sniff import SNIFFED, sniff

MAX_PIXELS: Final = 240_000_000
"""Pixels of a picture as stored: phones of 200 megapixels pass."""
MAX_DECODED_BYTES: Final = 512 << 20
"""Memory of one decoding."""
THUMBNAIL: Final = Size(336, 200)
"""Pixels that a thumbnail covers, unless the picture is smaller or very long."""
THUMBNAIL_EDGE: Final = 1024

_GIANT: Final = 128 << 20
_one_giant = Lock()
_SCANS, _SCAN_MEGAPIXELS = 10, 4000
_LOSSLESS_BYTES, _LOSSLESS_BYTES_PER_PIXEL = 60_000, 0.35
_SMALLEST_EDGE: Final = 28

# Our own limit is checked before Pillow opens a file. Pillow's would warn above this one, through a global state.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS


@dataclass(frozen=True, slots=True)
class Probe:
    """What a file says of itself; nothing was decoded."""

    format: str
    """"JPEG", "PNG", "GIF" or "WebP"."""
    media_type: str
    width: int
    """Pixels of the picture turned upright."""
    height: int
    orientation: int
    """EXIF orientation, 1 to 8."""
    animated: bool
    """A guess for long GIFs; the note "first_frame" of `Prepared` is certain."""
    file_bytes: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture as it is sent."""

    data: bytes
    media_type: str
    width: int
    """Pixels of `data`, upright; exactly `fit` of the original unless `max_bytes` asked for fewer."""
    height: int
    notes: tuple[str, ...]
    """What was done, in this order: "turned", "resized", "first_frame", "srgb", "reencoded"."""
    thumbnail: bytes
    """A small JPEG, or a PNG where the picture has transparency. Upright, without metadata."""


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
    with _boundary(name), open_picture(path, name) as file:
        header = _header(file, name)
        size = _upright(header)
        file_bytes = os.fstat(file.fileno()).st_size
    return Probe(
        header.format,
        MEDIA_TYPES[header.format],
        *size,
        orientation=header.orientation,
        animated=header.animated,
        file_bytes=file_bytes,
    )


def prepare(path: Path, name: str, tier: Tier, *, edge_cap: int | None = None, max_bytes: int = 7_400_000) -> Prepared:
    """Make the bytes to send: the size of `fit`, so that the server never resizes them, and at most `max_bytes`.

    The same file and limits give the same bytes. Where quality alone does not reach `max_bytes`, the picture becomes
    smaller than `fit`. Raises as `probe` does, and PictureDamaged for a file that does not decode to its end.
    """
    data = read_picture(path, name)
    with _boundary(name):
        source = _open(data, name)
        whole = _upright(source.header)
        size = fit(*whole, tier, edge_cap)
        image = _decode(source, size, name)
        thumbnail = _thumbnail(image)
        if size == whole and source.sendable and len(source.stripped.data) <= max_bytes:
            data, media_type, sent = source.stripped.data, MEDIA_TYPES[source.header.format], size
        else:
            data, media_type, sent = _encode(image, source.header.format, whole, max_bytes)
    done = {
        "turned": source.header.orientation != 1,
        "resized": sent != whole,
        "first_frame": source.stripped.several_frames,
        "srgb": source.to_srgb is not None,
        "reencoded": data is not source.stripped.data,
    }
    return Prepared(data, media_type, *sent, tuple(note for note, is_so in done.items() if is_so), thumbnail)


def pixels(data: bytes, name: str = "") -> Pixels:
    """Decode a picture or a thumbnail for the screen: the interface's own decoders must not see bytes of strangers.

    Raises as `prepare` does.
    """
    if not data:
        raise PictureUnreadable(name, "empty")
    with _boundary(name):
        source = _open(data, name)
        image = _decode(source, _upright(source.header), name).convert("RGBA")
        return Pixels(image.width, image.height, image.tobytes())


# --- reading ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Source:
    header: Header
    stripped: Stripped
    image: Image.Image
    """Opened, not decoded."""
    to_srgb: ImageCms.ImageCmsTransform | None
    """None when the colours are sRGB already, or nobody knows."""

    @property
    def sendable(self) -> bool:
        """As a file, it shows everyone the same picture."""
        moving = self.header.animated and self.header.format == "WebP"  # the others end after their first frame
        return self.header.common and self.header.orientation == 1 and self.to_srgb is None and not moving


_BROKEN: Final = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    RuntimeError,
    LookupError,
    TypeError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    struct.error,
    zlib.error,
)
"""What decoders have been seen to raise for broken files."""


@contextmanager
def _boundary(name: str) -> Iterator[None]:
    """The one place where what decoders raise becomes an error of ours."""
    try:
        yield
    except PictureError:
        raise
    except (MemoryError, Image.DecompressionBombError) as error:
        raise PictureTooBig(name) from error
    except _BROKEN as error:
        if isinstance(error, OSError) and error.errno:  # the disk's, not a decoder's
            raise PictureUnreadable(name, "failed") from error
        raise PictureDamaged(name) from error


def _header(file: BinaryIO, name: str) -> Header:
    head = file.read(SNIFFED)
    if not head:
        raise PictureUnreadable(name, "empty")
    kind = sniff(head)
    if not kind:
        raise NotAPicture(name)
    if kind not in MEDIA_TYPES:
        raise FormatUnsupported(name, kind)
    header = read_header(file, kind)
    if header.width * header.height > MAX_PIXELS:
        raise PictureTooBig(name, header.width, header.height)
    return header


def _upright(header: Header) -> Size:
    size = Size(header.width, header.height)
    return Size(size.height, size.width) if header.sideways else size


def _open(data: bytes, name: str) -> _Source:
    header = _header(BytesIO(data), name)
    stripped = strip(data, header.format)
    # Each scan of a progressive JPEG passes over all pixels: a small file can take minutes, and nothing can stop it.
    if stripped.scans > _SCANS and stripped.scans * header.width * header.height > _SCAN_MEGAPIXELS * 1_000_000:
        raise PictureTooBig(name, header.width, header.height)
    image = Image.open(BytesIO(stripped.data), formats=(header.format.upper(),))
    if image.size != (header.width, header.height):
        raise ValueError("the decoder sees another size")
    return _Source(header, stripped, image, _srgb_transform(stripped.icc, image.mode))


# --- decoding -----------------------------------------------------------------------------------

_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What turns a picture of each EXIF orientation upright."""


def _decode(source: _Source, size: Size, name: str) -> Image.Image:
    """The picture upright, in sRGB, with `size` pixels; mode L, RGB or RGBA, and nothing in its info."""
    header, image, box = source.header, source.image, None
    stored = Size(size.height, size.width) if header.sideways else size
    if stored != image.size and (drafted := image.draft(None, stored)):
        box = drafted[1]  # the decoder makes it up to 8 times smaller, rounded up
    with _turn_of(_memory(header, Size(*image.size), name)):
        image.load()
        image = _true_colour(image, header)
        if image.size != stored:
            image = image.resize(stored, Image.Resampling.LANCZOS, box=box)
    image = _in_srgb(image, source.to_srgb)
    if header.orientation in _TURNS:
        image = image.transpose(_TURNS[header.orientation])
    if image.mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255):
        image = image.convert("RGB")
    image.info = {}
    return image


def _memory(header: Header, decoded: Size, name: str) -> int:
    """Bytes that decoding takes at its peak. Raises PictureTooBig above `MAX_DECODED_BYTES`."""
    # WebP's decoder keeps two canvases and hands out a third, Pillow makes the fourth.
    needed = decoded.width * decoded.height * (16 if header.format == "WebP" else 4)
    if header.progressive:
        needed += header.width * header.height * 6  # all coefficients, whatever the draft
    if needed > MAX_DECODED_BYTES:
        raise PictureTooBig(name, header.width, header.height)
    return needed


def _turn_of(memory: int) -> AbstractContextManager[Any]:
    """Two giants are not decoded at the same time."""
    return _one_giant if memory > _GIANT else nullcontext()


def _true_colour(image: Image.Image, header: Header) -> Image.Image:
    """Eight bits a channel and no palette, so that it can be resized and encoded."""
    if image.mode.startswith("I"):  # 16-bit grey; converting would clip it to white
        return image.point(lambda value: value * (1 / 256)).convert("L")
    if not header.common:
        image.info.pop("transparency", None)  # one colour in 16 bits a channel, while the pixels have 8 now
    if image.mode != "RGBA" and image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode == "1":
        return image.convert("L")
    return image.convert("RGB") if image.mode in ("P", "RGBX") else image


# --- colour -------------------------------------------------------------------------------------

_PROFILE_MODES: Final = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
_SAME: Final = 2
"""Levels of 255 by which a profile may differ from sRGB and count as sRGB."""
_BROKEN_PROFILE: Final = (ImageCms.PyCMSError, OSError, ValueError, TypeError)


@lru_cache(maxsize=16)
def _srgb_transform(icc: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """From a profile to sRGB; None when it is sRGB by what it does, is broken, or is for other pixels."""
    pixel_mode = {"1": "L", "L": "L", "I;16": "L", "CMYK": "CMYK"}.get(mode, "RGB")
    if not icc:
        return None
    try:
        profile = ImageCms.ImageCmsProfile(BytesIO(icc))
        if _PROFILE_MODES.get(profile.profile.xcolor_space.strip()) != pixel_mode:
            return None
        transform = ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), pixel_mode, "RGB")
        if pixel_mode == "CMYK":
            return transform
        swatches = _swatches(pixel_mode)
        shown = ImageCms.applyTransform(swatches, transform)
    except _BROKEN_PROFILE:
        return None
    if shown is None:
        return None
    pairs = zip(swatches.convert("RGB").tobytes(), shown.tobytes(), strict=True)
    return transform if any(abs(a - b) > _SAME for a, b in pairs) else None


def _swatches(mode: str) -> Image.Image:
    """Colours all over the space, in a row."""
    if mode == "L":
        return Image.frombytes("L", (256, 1), bytes(range(256)))
    levels = range(0, 256, 51)
    return Image.frombytes("RGB", (len(levels) ** 3, 1), bytes(v for rgb in product(levels, repeat=3) for v in rgb))


def _in_srgb(image: Image.Image, transform: ImageCms.ImageCmsTransform | None) -> Image.Image:
    if transform is None:
        return image.convert("RGB") if image.mode == "CMYK" else image
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    colours = image.convert("RGB") if alpha else image
    converted = ImageCms.applyTransform(colours, transform)
    if converted is None:
        raise ValueError("the colours could not be converted")
    if alpha:
        converted.putalpha(alpha)
    return converted


# --- encoding -----------------------------------------------------------------------------------


def _encode(image: Image.Image, origin: str, whole: Size, max_bytes: int) -> tuple[bytes, str, Size]:
    """The best encoding of at most `max_bytes`: first at lower quality, then of fewer pixels."""
    while True:
        size = Size(*image.size)
        for kind, data in _encodings(image, photo=origin == "JPEG", resized=size != whole):
            if len(data) <= max_bytes:
                return data, MEDIA_TYPES[kind], size
        if max(size) <= _SMALLEST_EDGE:
            return data, MEDIA_TYPES[kind], size
        image = image.resize((-(-size.width * 4 // 5), -(-size.height * 4 // 5)), Image.Resampling.LANCZOS)


def _encodings(image: Image.Image, *, photo: bool, resized: bool) -> Iterator[tuple[str, bytes]]:
    """Encodings from the best to the smallest (IMAGES.md, section 9, step 4)."""
    if photo:
        for quality, subsampling in ((90, "4:4:4"), (85, "4:2:0"), (75, "4:2:0")):
            yield "JPEG", _saved(image, "JPEG", quality=quality, subsampling=subsampling)
        return
    if not resized:  # resizing turns flat colours into ramps, which lossless coding does not shrink
        exact = _saved(image, "WEBP", lossless=True, method=1, quality=20)
        if len(exact) <= max(_LOSSLESS_BYTES, _LOSSLESS_BYTES_PER_PIXEL * image.width * image.height):
            yield "WebP", exact
    for quality in (90, 80, 65):
        yield "WebP", _saved(image, "WEBP", quality=quality, method=0, use_sharp_yuv=True)


def _thumbnail(image: Image.Image) -> bytes:
    scale = min(1.0, max(THUMBNAIL.width / image.width, THUMBNAIL.height / image.height))
    scale = min(scale, THUMBNAIL_EDGE / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    small = image.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0) if size != image.size else image
    if small.mode == "RGBA":
        return _saved(small, "PNG", compress_level=3)
    return _saved(small, "JPEG", quality=85, subsampling="4:4:4")


def _saved(image: Image.Image, encoder: str, **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, encoder, **options)
    return file.getvalue()
