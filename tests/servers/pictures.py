"""Pictures as the API sees them: kind and size by the first bytes, and visual tokens (API.md, section 1)."""

from __future__ import annotations

import math
import struct
from typing import NamedTuple

PATCH = 28
"""Pixels: the edge of one visual token."""


class Picture(NamedTuple):
    media_type: str
    width: int
    height: int


def read(data: bytes) -> Picture | None:
    """The picture `data` is by its own header, in pixels as stored; None for what the API refuses (section 1.5)."""
    try:
        if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR":
            return Picture("image/png", *struct.unpack(">II", data[16:24]))
        if data[:6] in {b"GIF87a", b"GIF89a"}:
            return Picture("image/gif", *struct.unpack("<HH", data[6:10]))
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return Picture("image/webp", *_webp_size(data))
        if data[:3] == b"\xff\xd8\xff":
            return Picture("image/jpeg", *_jpeg_size(data))
    except (struct.error, IndexError, ValueError):
        pass
    return None


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """Width and height out of the frame header (ITU T.81, B.2.2), found by stepping over the segments before it."""
    at = 2
    while data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    raise ValueError


def _webp_size(data: bytes) -> tuple[int, int]:
    """Width and height by the kind of the first chunk (WebP container specification)."""
    kind = data[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", data[26:30])
        return width & 0x3FFF, height & 0x3FFF
    raise ValueError


def patches(width: int, height: int) -> int:
    """Visual tokens of a picture that is not resized any more."""
    return math.ceil(width / PATCH) * math.ceil(height / PATCH)


def resized(width: int, height: int, max_edge: int, max_tokens: int) -> tuple[int, int]:
    """The size in pixels that the service brings a picture to (API.md, section 1.2): a scan from the largest down."""

    def fits(w: int, h: int) -> bool:
        padded = math.ceil(max(w, h) / PATCH) * PATCH
        return padded <= max_edge and patches(w, h) <= max_tokens

    if fits(width, height):
        return width, height
    aspect = max(width, height) / min(width, height)
    for long in range(min(max(width, height) - 1, max_edge), 0, -1):
        short = max(1, round(long / aspect))
        if fits(long, short):
            return (long, short) if width >= height else (short, long)
    raise ValueError((width, height))
