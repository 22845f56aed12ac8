"""Opens and decodes picture files behind guards: what strangers made never gets past here but as upright pixels."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from threading import Lock
from typing import Any, BinaryIO, Final

from PIL import Image, ImageCms

from app.core.colour import eight_bits, in_srgb, srgb_transform
from app.core.container import MEDIA_TYPES, Header, read_header
from app.core.errors import (
    FormatUnsupported,
    NotAPicture,
    PictureDamaged,
    PictureError,
    PictureTooBig,
    PictureUnreadable,
)
from app.core.fit import Size
from app.core.metadata import Stripped, strip
from app.core.resize import resized
from app.core.sniff import SNIFFED, sniff

MAX_PIXELS: Final = 240_000_000
"""Pixels of a picture as stored: phones of 200 megapixels pass."""
MAX_DECODED_BYTES: Final = 512 << 20
"""Memory of one decoding."""

_GIANT: Final = 128 << 20
_one_giant = Lock()
_SCANS, _SCAN_MEGAPIXELS = 10, 2000
_PNG_ROW_BYTES: Final = 256 << 20
"""Bytes of a PNG's rows, which are unpacked in some two seconds; the file may have a thousandth of them."""

# Our own limit is checked before Pillow opens a file. Pillow's would warn above this one, through a global state.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS


_BITS_PER_SAMPLE: Final = 258
"""A tag of TIFF."""

Draw = Callable[[Size], Image.Image]
"""Draws a picture without pixels of its own: upright, in sRGB, with exactly these pixels."""


@dataclass(frozen=True, slots=True)
class Source:
    """A picture file, opened and not yet decoded."""

    header: Header
    stripped: Stripped
    image: Image.Image | Draw
    """Opened, not decoded."""
    to_srgb: ImageCms.ImageCmsTransform | None
    """None when the colours are sRGB already, or nobody knows."""
    turned: bool = False
    """The decoder turns the picture upright by itself."""
    pages: int = 0
    """Pages of a document; 0 for a picture file."""

    @property
    def drawing(self) -> bool:
        """It has no pixels of its own."""
        return not isinstance(self.image, Image.Image)

    @property
    def converts(self) -> bool:
        """Its colours are another space's than the screen's."""
        return self.to_srgb is not None or (isinstance(self.image, Image.Image) and self.image.mode in ("CMYK", "LAB"))

    @property
    def deep(self) -> bool:
        """It has 16 bits a channel."""
        if not isinstance(self.image, Image.Image):
            return False
        bits: Any = getattr(self.image, "tag_v2", {}).get(_BITS_PER_SAMPLE, ())
        is_png = self.header.format == "PNG" and not self.header.common
        return is_png or self.image.mode.startswith("I;16") or 16 in (bits if isinstance(bits, tuple) else (bits,))

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
def boundary(name: str) -> Iterator[None]:
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


def picture_header(file: BinaryIO, name: str) -> Header:
    """What the file says of its picture. Raises as `app.core.image.probe` does."""
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


def upright(header: Header) -> Size:
    """Pixels of the picture turned upright."""
    size = Size(header.width, header.height)
    return Size(size.height, size.width) if header.sideways else size


def open_source(data: bytes, name: str) -> Source:
    """Open a file of one of the four common formats. Its pixels are decoded by `decode`."""
    header = picture_header(BytesIO(data), name)
    stripped = strip(data, header.format)
    # Each scan of a progressive JPEG passes over all pixels: a small file can take minutes, and nothing can stop it.
    if stripped.scans > _SCANS and stripped.scans * header.width * header.height > _SCAN_MEGAPIXELS * 1_000_000:
        raise PictureTooBig(name, header.width, header.height)
    image = Image.open(BytesIO(stripped.data), formats=(header.format.upper(),))
    if image.size != (header.width, header.height):
        raise ValueError("the decoder sees another size")
    if header.format == "PNG" and _row_bytes(header, image) > _PNG_ROW_BYTES:
        raise PictureTooBig(name, header.width, header.height)
    return Source(header, stripped, image, srgb_transform(stripped.icc, image.mode))


def _row_bytes(header: Header, image: Image.Image) -> int:
    return header.width * header.height * len(image.getbands()) * (1 if header.common else 2)


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
_BOTTOM_UP: Final = frozenset({3, 4, 7, 8})
"""Orientations whose last stored row, or column, is the upper edge."""
_BAND_ROWS: Final = 256


Look = Callable[[Image.Image], None]
"""Is shown the picture upright, in mode L, RGB or RGBA, and before it is made smaller where that can be."""


def decode(source: Source, size: Size, name: str, look: Look | None = None) -> Image.Image:
    """The picture upright, in sRGB, with `size` pixels; mode L, RGB or RGBA, and nothing in its info."""
    early = look if _as_it_is(source) else None
    if isinstance(source.image, Image.Image):
        image = _upright(source, _fitted(source.image, source, size, name, early))
    else:
        image = source.image(size)
    if image.mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255):
        image = _instead(image, image.convert("RGB"))
    image.info = {}
    if look and not early:
        look(image)
    return image


def bands(source: Source, name: str) -> Iterator[Image.Image]:
    """The whole picture as `decode` gives it, from the top in pieces: what was decoded is never there twice."""
    whole = upright(source.header)
    if not isinstance(source.image, Image.Image):
        yield source.image(whole)
        return
    image = _fitted(source.image, source, whole, name, None)
    orientation = source.header.orientation if _turns(source) else 1
    for top in range(0, whole.height, _BAND_ROWS):
        first, last = top, min(whole.height, top + _BAND_ROWS)
        if orientation in _BOTTOM_UP:
            first, last = whole.height - last, whole.height - first
        box = (first, 0, last, image.height) if orientation >= 5 else (0, first, image.width, last)
        yield _upright(source, image.crop(box))


def _upright(source: Source, image: Image.Image) -> Image.Image:
    """What was decoded, or a piece of it, in sRGB and turned."""
    image = _instead(image, in_srgb(image, source.to_srgb))
    if not _turns(source):
        return image
    return _instead(image, image.transpose(_TURNS[source.header.orientation]))


def _instead(image: Image.Image, made: Image.Image) -> Image.Image:
    """What was made of a picture, whose memory is given back: a `Source` would keep it to the end."""
    if made is not image:
        image.close()
    return made


def _turns(source: Source) -> bool:
    return source.header.orientation in _TURNS and not source.turned


def _as_it_is(source: Source) -> bool:
    """The decoder gives the picture upright and in colours of the screen."""
    if not isinstance(source.image, Image.Image):
        return False
    return (source.turned or source.header.orientation == 1) and source.image.mode != "CMYK"


def _fitted(image: Image.Image, source: Source, size: Size, name: str, look: Look | None) -> Image.Image:
    """The picture as the decoder gives it, in eight bits a channel, with the pixels that will be `size` upright."""
    header, box = source.header, None
    stored = Size(size.height, size.width) if header.sideways and not source.turned else size
    if stored != image.size and (drafted := image.draft(None, stored)):
        box = drafted[1]  # the decoder makes it up to 8 times smaller, rounded up
    whole = header.format == "JPEG" and image.size == (header.width, header.height)
    with _turn_of(_memory(source, image, stored, name)):
        image.load()
        image = _instead(image, eight_bits(image, deep=header.format == "PNG" and not header.common))
        if image.size == stored:
            if look:
                look(image)
            return image
        # A whole JPEG becomes less than twice smaller here: the shorter filter stays within 50 dB of the longer one.
        how = Image.Resampling.BICUBIC if whole else Image.Resampling.LANCZOS
        return _instead(image, resized(image, stored, how, box, partial(look, image) if look else None))


_BYTES_PER_PIXEL: Final = {"WebP": 17, "HEIC": 8, "AVIF": 10, "TIFF": 5, "BMP": 5}
"""What decoding takes at its peak. WebP's decoder keeps two canvases and hands out a third, Pillow makes the fourth."""
_BYTES_IN_EIGHT_BITS: Final = {"1": 2, "L": 1, "RGB": 4, "CMYK": 4, "P": 5, "I;16": 5}
"""By mode: what decoding and `eight_bits` take together. All others take 8, RGBA because it is premultiplied."""


def _memory(source: Source, image: Image.Image, stored: Size, name: str) -> int:
    """Bytes that making `stored` pixels takes at its peak. Raises PictureTooBig above `MAX_DECODED_BYTES`."""
    header, pixels = source.header, image.width * image.height
    decoding = pixels * _BYTES_PER_PIXEL.get(header.format, 4)
    if header.progressive:
        decoding += header.width * header.height * 6  # all coefficients, whatever the draft
    working = pixels * (8 if "transparency" in image.info else _BYTES_IN_EIGHT_BITS.get(image.mode, 8))
    if stored != image.size:
        working += stored.width * (image.height + stored.height) * 4  # made narrower first, then lower
    elif image.mode == "CMYK" or source.to_srgb is not None or _turns(source):
        working += pixels * 4
    needed = max(decoding, working)
    if needed > MAX_DECODED_BYTES:
        raise PictureTooBig(name, header.width, header.height)
    return needed


def _turn_of(memory: int) -> AbstractContextManager[Any]:
    """Two giants are not decoded at the same time."""
    return _one_giant if memory > _GIANT else nullcontext()
