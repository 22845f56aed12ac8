"""Pictures as bytes: the best encoding that keeps within a limit, and thumbnails."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final, NamedTuple

from PIL import Image, ImageChops, ImageStat
from PIL import WebPImagePlugin as _  # noqa: F401 - registers itself; else Pillow loads all its 43 plug-ins

from app.core.container import MEDIA_TYPES
from app.core.fit import Size

THUMBNAIL: Final = Size(336, 200)
"""Pixels that a thumbnail covers, unless the picture is smaller or very long."""
THUMBNAIL_EDGE: Final = 1024

_LOSSLESS_BYTES, _LOSSLESS_BYTES_PER_PIXEL = 60_000, 0.35
_SMALLEST_EDGE: Final = 28


_PHOTOS: Final = frozenset({"JPEG", "HEIC", "AVIF"})
"""Formats that cameras write: what comes in them compresses best as JPEG (IMAGES.md, section 3)."""


class Encoded(NamedTuple):
    data: bytes
    media_type: str
    size: Size
    ground: str = ""
    """What its transparency was filled with, by name; empty where that was kept."""


def encode(image: Image.Image, origin: str, max_bytes: int, *, resized: bool) -> Encoded:
    """The best encoding of at most `max_bytes`: first at lower quality, then of fewer pixels.

    `origin` is the format it comes from; `resized`: its pixels are not those of the original.
    """
    while True:
        for encoded in _encodings(image, origin, resized=resized):
            if len(encoded.data) <= max_bytes:
                return encoded
        width, height = image.size
        if max(width, height) <= _SMALLEST_EDGE:
            return encoded
        image, resized = image.resize((-(-width * 4 // 5), -(-height * 4 // 5)), Image.Resampling.LANCZOS), True


def _encodings(image: Image.Image, origin: str, *, resized: bool) -> Iterator[Encoded]:
    """Encodings from the best to the smallest (IMAGES.md, section 9, step 4)."""
    transparent = image.mode == "RGBA"
    if origin in _PHOTOS and not transparent:
        yield from _jpegs(image, (90, "4:4:4"), (85, "4:2:0"), (75, "4:2:0"))
        return
    if not resized:  # resizing turns flat colours into ramps, which lossless coding does not shrink
        exact = _webp(image, lossless=True, method=1, quality=20)
        if len(exact.data) <= max(_LOSSLESS_BYTES, _LOSSLESS_BYTES_PER_PIXEL * image.width * image.height):
            yield exact
    for quality in (90, 80, 65):
        yield _webp(image, quality=quality, method=0, use_sharp_yuv=True)
    if transparent:  # WebP keeps transparency without loss, however large it is
        flat, ground = flattened(image)
        for encoded in _jpegs(flat, (85, "4:2:0"), (75, "4:2:0")):
            yield encoded._replace(ground=ground)


def _jpegs(image: Image.Image, *steps: tuple[int, str]) -> Iterator[Encoded]:
    for quality, subsampling in steps:
        data = _saved(image, "JPEG", quality=quality, subsampling=subsampling)
        yield Encoded(data, MEDIA_TYPES["JPEG"], Size(*image.size))


def _webp(image: Image.Image, **options: Any) -> Encoded:
    return Encoded(_saved(image, "WEBP", **options), MEDIA_TYPES["WebP"], Size(*image.size))


_GROUNDS: Final = {
    "white": (255, 255, 255), "black": (28, 28, 30), "grey": (128, 128, 128), "magenta": (255, 0, 255),
}  # fmt: skip
_SAMPLE: Final = (96, 96)
_APART: Final = 48
"""Levels of luminance or of a channel that keep a pixel apart from the ground."""


def flattened(image: Image.Image) -> tuple[Image.Image, str]:
    """An RGBA picture on the ground that most of its visible pixels stand out from; white where that does. With the
    ground's name."""
    sample = image.resize(_SAMPLE, Image.Resampling.NEAREST) if image.width * image.height > 9216 else image
    alpha = sample.getchannel("A")
    best, most = "white", -1
    for ground, colour in _GROUNDS.items():
        difference = ImageChops.difference(sample.convert("RGB"), Image.new("RGB", sample.size, colour))
        red, green, blue = (channel.point(_STANDS_OUT) for channel in difference.split())
        seen = ImageChops.multiply(ImageChops.lighter(ImageChops.lighter(red, green), blue), alpha)
        apart = round(ImageStat.Stat(seen).sum[0])
        if apart > most * 1.02:  # a later ground must be better by more than a trace
            best, most = ground, apart
    flat = Image.new("RGB", image.size, _GROUNDS[best])
    flat.paste(image, mask=image.getchannel("A"))
    return flat, best


_STANDS_OUT: Final = [255 if level >= _APART else 0 for level in range(256)]


def thumbnail(image: Image.Image) -> bytes:
    size = thumbnail_size(Size(*image.size))
    # Averaged to less than twice the size first, which at this size nobody sees and takes a third of the time.
    small = image.resize(size, Image.Resampling.HAMMING, reducing_gap=1.0) if size != image.size else image
    if small.mode == "RGBA":
        return _saved(small, "PNG", compress_level=3)
    return _saved(small, "JPEG", quality=85, subsampling="4:4:4")


def thumbnail_size(whole: Size) -> Size:
    """Pixels of the thumbnail of a picture of `whole` pixels."""
    scale = min(1.0, max(THUMBNAIL.width / whole.width, THUMBNAIL.height / whole.height))
    scale = min(scale, THUMBNAIL_EDGE / max(whole))
    return Size(max(1, round(whole.width * scale)), max(1, round(whole.height * scale)))


def _saved(image: Image.Image, encoder: str, **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, encoder, **options)
    return file.getvalue()
