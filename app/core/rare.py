"""Opens pictures of the rarer formats, in a process that can be killed: see `app.core.decoding`.

What is opened here obeys the same contracts as `app.core.source`: decoded later, upright, in sRGB, and nothing else.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Final

from PIL import Image

from app.core.colour import srgb_transform
from app.core.container import Header
from app.core.errors import FormatUnsupported, PictureTooBig
from app.core.metadata import MAX_PROFILE, Stripped
from app.core.source import MAX_PIXELS, Source

if TYPE_CHECKING:
    from PIL.TiffImagePlugin import TiffImageFile


def open_rare(data: bytes, name: str, kind: str, page: int) -> Source:
    """Open a file of one of the formats `app.core.decoder.RARE`. Its pixels are decoded by `app.core.source.decode`.

    `page` is a page of a PDF or a TIFF from 1; 0 is the first. Raises what `app.core.source.boundary` turns into errors
    of ours.
    """
    if kind == "SVG":
        from app.core import svg

        return svg.open_source(data, name)
    if kind == "PDF":
        from app.core import pdf

        return pdf.open_source(data, name, page)
    if kind == "TIFF":
        return _tiff(data, name, page)
    return _OPENERS[kind](data, name)


def _heic(data: bytes, name: str) -> Source:
    from pi_heif import register_heif_opener

    register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
    image = Image.open(BytesIO(data), formats=("HEIF",))
    # libheif turns it as the container says, and EXIF does not count there.
    return _source(image, "HEIC", name, orientation=_container_turn(data), turned=True)


def _container_turn(data: bytes) -> int:
    """How a HEIC's container has its picture turned, as EXIF would say it; 1 where it does not.

    The boxes of its properties are looked through for the quarter turns to the left ("irot") and the axis of a mirror
    ("imir"); ISO/IEC 23008-12, sections 6.5.10 and 6.5.12.
    """
    at = data.find(b"ipco") + 4
    if at < 8:
        return 1
    end = min(len(data), at - 8 + int.from_bytes(data[at - 8 : at - 4]))
    quarters, mirrored = 0, False
    while at + 9 <= end:
        size, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        if kind == b"irot":
            quarters = data[at + 8] & 3
        mirrored = mirrored or kind == b"imir"
        at += max(8, size)
    return _MIRRORED[quarters] if mirrored else _TURNED[quarters]


_TURNED: Final = (1, 8, 3, 6)
_MIRRORED: Final = (2, 5, 4, 7)
"""EXIF orientation by quarter turns to the left."""


def _avif(data: bytes, name: str) -> Source:
    from PIL import AvifImagePlugin as _  # noqa: F401 - registers itself

    image = Image.open(BytesIO(data), formats=("AVIF",))
    # Pillow leaves the turn that the container asks for to us, and tells it as an EXIF orientation.
    return _source(image, "AVIF", name, orientation=image.getexif().get(_ORIENTATION, 1))


def _tiff(data: bytes, name: str, page: int) -> Source:
    from PIL import TiffImagePlugin

    image = Image.open(BytesIO(data), formats=("TIFF",))
    if not isinstance(image, TiffImagePlugin.TiffImageFile):
        raise TypeError("not a TIFF")
    tags = image.tag_v2
    if _DNG_VERSION in tags:
        raise FormatUnsupported(name, "DNG")
    if _SUB_FILES in tags and tags.get(_SUBFILE_TYPE, 0) & 1:  # a camera's raw picture, its thumbnail first
        raise FormatUnsupported(name, "RAW")
    pages, whole = _pages(image)
    image.seek(pages[max(0, page - 1)])
    if _ICC not in image.tag_v2:
        image.info.pop("icc_profile", None)  # another page's
    several = not page and (len(pages) > 1 or not whole)
    orientation = image.tag_v2.get(_ORIENTATION, 1)
    opened = _source(image, "TIFF", name, orientation=orientation, turned=True, several=several)
    return replace(opened, pages=len(pages) if len(pages) > 1 else 0)


def _pages(image: TiffImageFile) -> tuple[list[int], bool]:
    """The frames that are pages, and not a smaller copy or a mask of one; and whether they could be followed to the
    end."""
    pages = [0]
    for frame in range(1, _MAX_PAGES):
        try:
            image.seek(frame)
        except EOFError:
            return pages, True
        except SyntaxError:  # a page in a form that is not known: it says so when it is wanted
            pages.append(frame)
            continue
        except (OSError, ValueError, LookupError, TypeError, struct.error):
            return pages, False
        if not image.tag_v2.get(_SUBFILE_TYPE, 0) & _NO_PAGE:
            pages.append(frame)
    return pages, False


def _bmp(data: bytes, name: str) -> Source:
    from PIL import BmpImagePlugin as _  # noqa: F401 - registers itself

    return _source(Image.open(BytesIO(data), formats=("BMP",)), "BMP", name)


def _icon(data: bytes, name: str, kind: str = "ICO") -> Source:
    from PIL import IcoImagePlugin as _  # noqa: F401 - registers itself

    for width, height in _sizes_within(data):
        if width * height > _LARGEST_ICON:  # Pillow decodes an icon when it opens it
            raise PictureTooBig(name, width, height)
    return _source(Image.open(BytesIO(data), formats=("ICO",)), kind, name)


def _sizes_within(data: bytes) -> Iterator[tuple[int, int]]:
    """The size that each picture of an icon says it has; the icon's own list may say another."""
    for entry in _entries(data):
        at = int.from_bytes(data[entry + 12 : entry + 16], "little")
        if data[at : at + 8] == _PNG:
            yield struct.unpack_from(">II", data, at + 16)
        else:
            width, height = struct.unpack_from("<ii", data, at + 4)
            yield abs(width), abs(height)


def _entries(data: bytes) -> range:
    """Where the entries of an icon's list begin."""
    return range(6, 6 + 16 * int.from_bytes(data[4:6], "little"), 16)


def _cursor(data: bytes, name: str) -> Source:
    """A cursor is an icon whose entries hold a hot spot where an icon's hold planes and depth."""
    icon = bytearray(data)
    icon[2] = 1
    for entry in _entries(data):
        depth_at = int.from_bytes(icon[entry + 12 : entry + 16], "little") + _DEPTH_IN_BITMAP
        icon[entry + 4 : entry + 8] = b"\1\0" + bytes(icon[depth_at : depth_at + 2]).ljust(2, b"\0")
    return _icon(bytes(icon), name, "CUR")


_ORIENTATION, _SUBFILE_TYPE, _SUB_FILES, _DNG_VERSION, _ICC = 0x0112, 0x00FE, 0x014A, 0xC612, 0x8773
"""Tags of TIFF and EXIF."""
_NO_PAGE: Final = 0b101
"""Bits of a TIFF's frame that is a smaller copy of another, or a mask."""
_MAX_PAGES: Final = 1000
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_LARGEST_ICON: Final = 4096 * 4096
"""Pixels; icons have 256 × 256, rarely 1024 × 1024."""
_DEPTH_IN_BITMAP: Final = 14
"""Where a bitmap's header tells its bits per pixel."""

_OPENERS: Final[dict[str, Callable[[bytes, str], Source]]] = {
    "HEIC": _heic, "AVIF": _avif, "BMP": _bmp, "ICO": _icon, "CUR": _cursor,
}  # fmt: skip


def _source(
    image: Image.Image, kind: str, name: str, *, orientation: int = 1, turned: bool = False, several: bool = False
) -> Source:
    width, height = image.size
    orientation = orientation if orientation in range(1, 9) else 1
    if turned and orientation >= 5:
        width, height = height, width
    if width * height > MAX_PIXELS:
        raise PictureTooBig(name, width, height)
    several = several or (kind in ("HEIC", "AVIF") and getattr(image, "is_animated", False))
    icc = image.info.get("icc_profile") or b""
    icc = icc if len(icc) <= MAX_PROFILE else b""
    header = Header(kind, width, height, orientation, animated=several, common=False)
    stripped = Stripped(b"", icc=icc, several_frames=several)
    return Source(header, stripped, image, srgb_transform(icc, image.mode), turned=turned)
