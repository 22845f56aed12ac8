"""Takes out of a picture file what is not picture, without touching a pixel: the compressed data stay as they are.

EXIF with its place and time, XMP, IPTC, comments, text, colour profiles, embedded thumbnails, further frames and
everything behind the picture's end go. What stays is what a decoder needs, by name, so that an unknown kind of
metadata goes too.
"""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO, Final, NamedTuple

from app.core.container import (
    EOI,
    SOS,
    WEBP_ALPHA,
    WEBP_ANIMATION,
    Part,
    gif_blocks,
    jpeg_segments,
    png_chunks,
    webp_chunks,
)


@dataclass(frozen=True, slots=True)
class Stripped:
    data: bytes
    """The same picture in the same format. An animation is its first frame; a WebP one is still marked as such."""
    icc: bytes = b""
    """The colour profile that was in it; empty when there was none or it is broken."""
    scans: int = 1
    """JPEG: how often the decoder passes over the whole picture."""
    several_frames: bool = False


MAX_PROFILE: Final = 4 << 20
"""Bytes of a colour profile; larger ones count as broken."""


def strip(data: bytes, format: str) -> Stripped:  # noqa: A002 - the word of this domain
    """Remove all metadata from a file of one of our four formats. Raises ValueError or EOFError for a broken one."""
    return _STRIPPERS[format](data)


def _whole(data: bytes, part: Part) -> bytes:
    if part.end > len(data):
        raise EOFError("the file ends too early")
    return data[part.start : part.end]


# --- JPEG ---------------------------------------------------------------------------------------

_APP0, _APP2, _APP14 = 0xE0, 0xE2, 0xEE
_JPEG_KEPT: Final = frozenset({*range(0xC0, 0xD0), 0xD9, 0xDA, 0xDB, 0xDD})
"""Frames, tables, scans, restarts and the end. Not DNL: decoders pass over it, whatever is in it."""
_ICC_PREFIX: Final = b"ICC_PROFILE\0"
_MAX_SCANS: Final = 1000
_SEARCHED: Final = 1 << 18
"""Bytes searched at a time."""
# A marker inside a scan: FF and neither a stuffed zero, nor a restart, nor another fill byte.
_NEXT_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def _strip_jpeg(data: bytes) -> Stripped:
    file = BytesIO(data)
    kept, profiles, scans, offset = [memoryview(data)[:2]], list[bytes](), 0, 2
    while True:
        last, segments = _jpeg_head(file, offset, profiles)
        kept.append(memoryview(segments))
        if last.kind == EOI:
            return Stripped(b"".join(kept), icc=_joined(profiles), scans=scans)
        scans += 1
        if scans > _MAX_SCANS:
            raise ValueError("a JPEG of too many scans")
        offset = _end_of_scan(data, last.end)
        kept.append(memoryview(data)[last.end : offset])


def _end_of_scan(data: bytes, start: int) -> int:
    """Where the marker behind a scan is. Looked for in pieces: the window would wait for a search of megabytes."""
    for at in range(start, len(data), _SEARCHED):
        if marker := _NEXT_MARKER.search(data, at, at + _SEARCHED + 1):
            return marker.start()
    raise EOFError("the JPEG ends inside a scan")


def _jpeg_head(file: BinaryIO, offset: int, profiles: list[bytes]) -> tuple[Part, bytes]:
    """What is kept of the segments up to a start of scan or the end of the image, and that last one itself.

    Pieces of a colour profile are added to `profiles`.
    """
    kept = bytearray()
    for part in jpeg_segments(file, offset):
        file.seek(part.start)
        segment = file.read(part.end - part.start)
        if len(segment) < part.end - part.start:
            raise EOFError("the file ends too early")
        if part.kind[0] == _APP2 and segment[4:].startswith(_ICC_PREFIX):
            profiles.append(segment[4 + len(_ICC_PREFIX) :])
        kept += _jpeg_segment(part.kind[0], segment)
    return part, bytes(kept)


class OnlyScan(NamedTuple):
    """A JPEG whose decoder passes once over the picture and reads nothing behind it."""

    head: bytes
    """The file without its metadata, up to the compressed data."""
    start: int
    """Where in the file these begin."""
    icc: bytes


def only_scan(file: BinaryIO) -> OnlyScan | None:
    """The head of a JPEG that has all its channels in one scan; None for any other. Raises as `strip` does.

    The compressed data are not looked at.
    """
    profiles = list[bytes]()
    last, head = _jpeg_head(file, 2, profiles)
    frames = [part for part in jpeg_segments(file) if part.kind in (b"\xc0", b"\xc1")]
    if last.kind != SOS or len(frames) != 1:
        return None
    channels = []
    for part, skipped in ((frames[0], 5), (last, 0)):  # depth, height and width come before a frame's
        file.seek(part.body + skipped)
        channels.append(file.read(1))
    return OnlyScan(b"\xff\xd8" + head, last.end, _joined(profiles)) if channels[0] == channels[1] else None


def _jpeg_segment(marker: int, segment: bytes) -> bytes:
    """The segment as it is kept; empty when it is metadata."""
    if marker == _APP0 and segment[4:9] == b"JFIF\0":
        return _shortened(segment[:16] + b"\0\0") if len(segment) >= 18 else b""  # a thumbnail of 0 × 0
    if marker == _APP14 and segment[4:9] == b"Adobe":
        return _shortened(segment[:16])  # says how the channels are to be read
    return segment if marker in _JPEG_KEPT else b""


def _shortened(segment: bytes) -> bytes:
    return segment[:2] + struct.pack(">H", len(segment) - 2) + segment[4:]


def _joined(profiles: list[bytes]) -> bytes:
    """A profile from its pieces: each begins with its number, from 1, and the count of all."""
    pieces = {piece[0]: piece[2:] for piece in profiles if len(piece) > 2 and piece[1] == len(profiles)}
    profile = b"".join(pieces[number] for number in sorted(pieces)) if len(pieces) == len(profiles) else b""
    return profile if len(profile) <= MAX_PROFILE else b""


# --- PNG ----------------------------------------------------------------------------------------

_PNG_KEPT: Final = {
    b"IHDR": 13, b"PLTE": 768, b"tRNS": 256, b"IDAT": 1 << 31, b"IEND": 0,
    b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"cICP": 4, b"sBIT": 4,
}  # fmt: skip
"""Bytes that each may have: decoders pass over what comes behind."""


def _strip_png(data: bytes) -> Stripped:
    kept, icc, frames = [data[:8]], b"", 0
    for part in png_chunks(BytesIO(data)):
        chunk = _whole(data, part)
        if part.kind == b"IHDR" and len(kept) > 1:
            raise ValueError("a PNG of two headers")
        if part.kind.isupper() and part.end - part.body - 4 > _PNG_KEPT.get(part.kind, 0):
            raise ValueError("a PNG chunk that is too long")
        if part.end - part.body - 4 <= _PNG_KEPT.get(part.kind, -1):
            if zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:], "big"):
                raise ValueError("a PNG chunk whose checksum is wrong")
            kept.append(chunk)
        elif part.kind == b"iCCP":
            icc = _inflated(chunk[8:-4])
        elif part.kind == b"acTL":
            frames = int.from_bytes(chunk[8:12], "big")
    return Stripped(b"".join(kept), icc=icc, several_frames=frames > 1)


def _inflated(chunk: bytes) -> bytes:
    """The profile of an iCCP chunk: a name, a zero, the method, compressed data."""
    _, _, packed = chunk.partition(b"\0")
    try:
        inflater = zlib.decompressobj()
        profile = inflater.decompress(packed[1:], MAX_PROFILE)
    except zlib.error:
        return b""
    return profile if inflater.eof else b""


# --- GIF ----------------------------------------------------------------------------------------

_GRAPHIC_CONTROL: Final = b"!\xf9"


def _strip_gif(data: bytes) -> Stripped:
    kept: list[bytes] = []
    control, image_complete = b"", False
    for part in gif_blocks(BytesIO(data)):
        if part.kind == b"," and image_complete:
            return Stripped(b"".join(kept) + b";", several_frames=True)
        if part.kind == _GRAPHIC_CONTROL:
            control = _whole(data, part)
        elif part.kind == b",":
            kept += [control, _whole(data, part)]  # the control belongs to the image that follows
        elif part.kind in (b"GIF", b"data"):
            kept.append(_whole(data, part))
            image_complete = image_complete or part.kind == b"data"
    if not image_complete:
        raise EOFError("a GIF without an image")
    return Stripped(b"".join(kept) + b";")


# --- WebP ---------------------------------------------------------------------------------------

_WEBP_KEPT: Final = frozenset({b"ALPH", b"VP8 ", b"VP8L", b"ANIM", b"ANMF"})


def _strip_webp(data: bytes) -> Stripped:
    kept: list[bytes] = []
    icc, frames = b"", 0
    for part in webp_chunks(BytesIO(data)):
        chunk = _whole(data, part)
        frames += part.kind == b"ANMF"
        if part.kind == b"ICCP" and len(chunk) <= MAX_PROFILE:
            icc = data[part.body : part.body + int.from_bytes(chunk[4:8], "little")]
        elif part.kind == b"VP8X":
            kept.append(chunk[:8] + bytes([chunk[8] & (WEBP_ALPHA | WEBP_ANIMATION)]) + chunk[9:18])
        elif part.kind in _WEBP_KEPT and not (part.kind == b"ANMF" and frames > 1):
            kept.append(chunk)
    body = b"WEBP" + b"".join(kept)
    return Stripped(b"RIFF" + struct.pack("<I", len(body)) + body, icc=icc, several_frames=frames > 1)


_STRIPPERS: Final = {"JPEG": _strip_jpeg, "PNG": _strip_png, "GIF": _strip_gif, "WebP": _strip_webp}
