"""Picture files as containers: the format, size, orientation and parts of a file, without decoding a pixel.

Everything here reads bytes of strangers. Each walk is bounded in steps and goes forward only; what does not parse
raises ValueError or EOFError, which `app.core.image` turns into one error for the person.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO, Final, NamedTuple

from app.core.mpo import MPF, has_views

MEDIA_TYPES: Final = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WebP": "image/webp"}
"""The formats the API takes (API.md, section 1.5), as people call them."""

MAX_PARTS: Final = 100_000
"""Parts of one file; 64 MB in chunks of 1 KB are fewer."""
MAX_SUB_BLOCKS: Final = 400_000
"""Sub-blocks of one GIF image; 64 MB in blocks of 255 bytes are fewer."""
PNG_TAIL: Final = 1 << 16
"""Bytes at the end of a PNG in which an eXIf chunk is looked for."""
GIF_WINDOW: Final = 1 << 15
"""Bytes at the start of a GIF in which its images are looked for: sub-blocks are slow to walk."""


class Part(NamedTuple):
    """One part of a file, by its offsets in bytes."""

    kind: bytes
    """PNG and WebP: the four letters. JPEG: the marker's second byte. GIF: see `gif_blocks`."""
    start: int
    body: int
    """Where its own head ends and what it carries begins."""
    end: int
    """The first byte after it, checksum and padding included."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of its picture."""

    format: str
    """As people call it; of the four common formats, a key of `MEDIA_TYPES`."""
    width: int
    """Pixels as stored, before it is turned upright."""
    height: int
    orientation: int = 1
    """EXIF orientation, 1 to 8."""
    animated: bool = False
    progressive: bool = False
    """JPEG: the decoder keeps all coefficients in memory."""
    views: bool = False
    """JPEG: the file holds further pictures of the same scene (MPO); previews do not count."""
    common: bool = True
    """False for what some decoders refuse: CMYK, 16 bits a channel, arithmetic or lossless JPEG."""

    @property
    def name(self) -> str:
        """The format as it is told to people."""
        return "MPO" if self.views else self.format

    @property
    def sideways(self) -> bool:
        """Width and height change places when it is turned upright."""
        return self.orientation >= 5


def read_header(file: BinaryIO, format: str) -> Header:  # noqa: A002 - the word of this domain
    """Read the header of a file of one of our four formats, from its start.

    Costs a few reads, however large the picture is. Raises ValueError or EOFError for a header that is broken.
    """
    try:
        header = _READERS[format](file)
    except (struct.error, IndexError) as error:
        raise ValueError("a header that is too short") from error
    if min(header.width, header.height) < 1:
        raise ValueError("a picture without pixels")
    return header


# --- JPEG ---------------------------------------------------------------------------------------

SOI, EOI, SOS = b"\xd8", b"\xd9", b"\xda"
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_MAX_STEPS: Final = 2000


def jpeg_segments(file: BinaryIO, offset: int = 2) -> Iterator[Part]:
    """Segments from `offset` to the next start of scan, or the end of the image, that one included."""
    for _ in range(_MAX_STEPS):
        file.seek(offset)
        head = file.read(4)
        if len(head) < 2:
            raise EOFError("the JPEG ends between segments")
        marker = head[1]
        if head[0] != 0xFF or marker in (0x00, 0xFF):  # stray bytes and fill bytes: decoders pass over them
            offset += 1
        elif marker in _ALONE:
            offset += 2
        elif head[1:2] == EOI:
            yield Part(EOI, offset, offset + 2, offset + 2)
            return
        else:
            end = offset + 2 + _jpeg_length(head)
            yield Part(head[1:2], offset, offset + 4, end)
            if head[1:2] == SOS:
                return
            offset = end
    raise ValueError("a JPEG without a scan")


def _jpeg_length(head: bytes) -> int:
    length = int.from_bytes(head[2:4], "big")
    if len(head) < 4 or length < 2:
        raise ValueError("a JPEG segment without a length")
    return length


def _jpeg_header(file: BinaryIO) -> Header:
    orientation, frame, blocks, views = 0, None, list[Part](), False
    for part in jpeg_segments(file):
        marker = part.kind[0]
        if marker == _APP1:
            blocks.append(part)
            orientation = orientation or exif_orientation(_body(file, part), prefixed=True)
        elif marker == _APP2:
            views = views or _has_views(file, part, blocks)
        elif marker in _FRAMES:
            if frame is not None:
                raise ValueError("a JPEG of several frames")
            file.seek(part.body)
            frame = marker, struct.unpack(">BHHB", file.read(6))
    if frame is None:
        raise ValueError("a JPEG without a frame")
    marker, (depth, height, width, channels) = frame
    return Header(
        "JPEG",
        width,
        height,
        orientation or 1,
        progressive=marker == 0xC2,
        views=views,
        common=marker in (0xC0, 0xC1, 0xC2) and depth == 8 and channels in (1, 3),
    )


def _body(file: BinaryIO, part: Part) -> bytes:
    file.seek(part.body)
    return file.read(part.end - part.body)


_APP1, _APP2 = 0xE1, 0xE2


def _has_views(file: BinaryIO, part: Part, blocks: list[Part]) -> bool:
    """Whether a segment is an index of further pictures, and those are no gain map that a block tells of."""
    file.seek(part.body)
    if file.read(len(MPF)) != MPF:
        return False
    return has_views(_body(file, part), lambda: [_body(file, block) for block in blocks])


# --- PNG ----------------------------------------------------------------------------------------


def png_chunks(file: BinaryIO) -> Iterator[Part]:
    """All chunks, the end chunk included; raises EOFError where that is missing."""
    offset = 8
    for _ in range(MAX_PARTS):
        file.seek(offset)
        head = file.read(8)
        if len(head) < 8:
            raise EOFError("the PNG ends between chunks")
        length, kind = struct.unpack(">I4s", head)
        end = offset + 12 + length
        yield Part(kind, offset, offset + 8, end)
        if kind == b"IEND":
            return
        offset = end
    raise ValueError("too many PNG chunks")


def _png_header(file: BinaryIO) -> Header:
    width, height, depth, orientation, animated = 0, 0, 8, 0, False
    for part in png_chunks(file):
        if part.kind == b"IDAT":
            break
        if part.kind in (b"IHDR", b"acTL", b"eXIf"):
            file.seek(part.body)
            body = file.read(part.end - part.body - 4)
            if part.kind == b"IHDR":
                width, height, depth = struct.unpack_from(">IIB", body)
            elif part.kind == b"acTL":
                animated = int.from_bytes(body[:4], "big") > 1
            else:
                orientation = exif_orientation(body)
    orientation = orientation or _late_orientation(file)
    return Header("PNG", width, height, orientation or 1, animated=animated, common=depth <= 8)


def _late_orientation(file: BinaryIO) -> int:
    """The orientation of an eXIf chunk behind the pixels, where some programs write it; 0 when there is none.

    Looked for from the end, so that the cost does not grow with the pixels.
    """
    size = file.seek(0, 2)
    file.seek(max(0, size - PNG_TAIL))
    tail = file.read()
    at = tail.rfind(b"eXIf")
    if at < 4:
        return 0
    length = int.from_bytes(tail[at - 4 : at], "big")
    chunk, checksum = tail[at : at + 4 + length], tail[at + 4 + length : at + 8 + length]
    return exif_orientation(chunk[4:]) if zlib.crc32(chunk) == int.from_bytes(checksum, "big") else 0


# --- GIF ----------------------------------------------------------------------------------------


def gif_blocks(file: BinaryIO) -> Iterator[Part]:
    """The head (kind `GIF`), extensions (`!` and the label), and each image as two: `,` and its `data`.

    Ends with the trailer (`;`) or where the file does, if that is after an image's data: many files have no trailer.
    """
    file.seek(0)
    screen = _exactly(file, 13)
    offset = 13 + _colours(screen[10])
    yield Part(b"GIF", 0, 13, offset)
    for _ in range(MAX_PARTS):
        file.seek(offset)
        kind = file.read(1)
        if kind == b"!":
            kind += _exactly(file, 1)
            end = _skip_sub_blocks(file, offset + 2)
            yield Part(kind, offset, offset + 2, end)
        elif kind == b",":
            descriptor = _exactly(file, 9)
            data = offset + 10 + _colours(descriptor[8])
            yield Part(kind, offset, offset + 1, data)
            end = _skip_sub_blocks(file, data + 1)
            yield Part(b"data", data, data, end)
        else:
            return
        offset = end
    raise ValueError("too many GIF blocks")


def _colours(flags: int) -> int:
    """Bytes of the colour table that the flags announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _skip_sub_blocks(file: BinaryIO, offset: int) -> int:
    for _ in range(MAX_SUB_BLOCKS):
        file.seek(offset)
        length = _exactly(file, 1)[0]
        offset += 1 + length
        if not length:
            return offset
    raise ValueError("too many GIF sub-blocks")


def _exactly(file: BinaryIO, count: int) -> bytes:
    data = file.read(count)
    if len(data) < count:
        raise EOFError("the file ends too early")
    return data


def _gif_header(file: BinaryIO) -> Header:
    """`animated` goes by the loop mark where a second image begins further on than `GIF_WINDOW`."""
    file.seek(0)
    window = file.read(GIF_WINDOW)
    header = _gif_start(window)
    if header is None and len(window) == GIF_WINDOW:  # a long comment stands before the first image
        header = _gif_start(window + file.read())
    if header is None:
        raise EOFError("a GIF without an image")
    return header


def _gif_start(data: bytes) -> Header | None:
    width, height, images, loops = 0, 0, 0, False
    try:
        for part in gif_blocks(BytesIO(data)):
            body = data[part.body : part.end]
            if part.kind == b"GIF":
                width, height = struct.unpack_from("<HH", data, 6)
            elif part.kind == b"!\xff":
                loops = loops or body[1:12] in (b"NETSCAPE2.0", b"ANIMEXTS1.0")
            elif part.kind == b",":
                images += 1
                if images > 1:
                    break
                left, top, across, down = struct.unpack_from("<HHHH", body)
                width, height = max(width, left + across), max(height, top + down)
    except EOFError:
        return Header("GIF", width, height, animated=loops) if images else None
    return Header("GIF", width, height, animated=images > 1) if images else None


# --- WebP ---------------------------------------------------------------------------------------


def webp_chunks(file: BinaryIO) -> Iterator[Part]:
    """The chunks inside the RIFF frame; what follows the frame is not part of the picture."""
    file.seek(0)
    size = 8 + struct.unpack_from("<I", _exactly(file, 12), 4)[0]
    offset = 12
    for _ in range(MAX_PARTS):
        if offset + 8 > size:
            return
        file.seek(offset)
        kind, length = struct.unpack("<4sI", _exactly(file, 8))
        end = offset + 8 + length + (length & 1)
        yield Part(kind, offset, offset + 8, end)
        offset = end
    raise ValueError("too many WebP chunks")


def _webp_header(file: BinaryIO) -> Header:
    file.seek(12)
    head = _exactly(file, 18)
    kind, body = head[:4], head[8:]
    if kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", body, 6)
        return Header("WebP", width & 0x3FFF, height & 0x3FFF)
    if kind == b"VP8L" and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        return Header("WebP", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind != b"VP8X":
        raise ValueError("a WebP that begins with no picture")
    width, height = (int.from_bytes(body[at : at + 3], "little") + 1 for at in (4, 7))
    orientation = _webp_orientation(file) if body[0] & WEBP_EXIF else 1
    return Header("WebP", width, height, orientation or 1, animated=bool(body[0] & WEBP_ANIMATION))


WEBP_ANIMATION, WEBP_EXIF, WEBP_ALPHA = 0x02, 0x08, 0x10
"""Flags of a VP8X chunk."""


def _webp_orientation(file: BinaryIO) -> int:
    for part in webp_chunks(file):
        if part.kind == b"EXIF":
            file.seek(part.body)
            return exif_orientation(file.read(part.end - part.body))
    return 0


# --- EXIF ---------------------------------------------------------------------------------------

_EXIF_PREFIX: Final = b"Exif\0\0"
_ORIENTATION: Final = 0x0112
_SHORT: Final = 3


def exif_orientation(block: bytes, *, prefixed: bool = False) -> int:
    """Orientation 1 to 8 in an EXIF block; 0 when it has none or is broken. `prefixed`: only with EXIF's own prefix."""
    if prefixed and not block.startswith(_EXIF_PREFIX):
        return 0
    tiff = block.removeprefix(_EXIF_PREFIX)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return 0
    try:
        (directory,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, directory)
        for at in range(directory + 2, directory + 2 + 12 * count, 12):
            tag, kind, _, value = struct.unpack_from(order + "HHIH", tiff, at)
            if tag == _ORIENTATION:
                return value if kind == _SHORT and 1 <= value <= 8 else 0
    except struct.error:
        pass
    return 0


_READERS: Final = {"JPEG": _jpeg_header, "PNG": _png_header, "GIF": _gif_header, "WebP": _webp_header}
