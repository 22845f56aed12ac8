"""Pictures as bytes: the best encoding that keeps within a limit, and thumbnails."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final

from PIL import Image
from PIL import WebPImagePlugin as _  # noqa: F401 - registers itself; else Pillow loads all its 43 plug-ins

from app.core.container import MEDIA_TYPES
from app.core.fit import Size

THUMBNAIL: Final = Size(336, 200)
"""Pixels that a thumbnail covers, unless the picture is smaller or very long."""
THUMBNAIL_EDGE: Final = 1024

_LOSSLESS_BYTES, _LOSSLESS_BYTES_PER_PIXEL = 60_000, 0.35
_SMALLEST_EDGE: Final = 28


def encode(image: Image.Image, origin: str, whole: Size, max_bytes: int) -> tuple[bytes, str, Size]:
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


def thumbnail(image: Image.Image) -> bytes:
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
