"""JPEG files that hold several pictures (MPO, CIPA DC-007): whether the others are views that are not sent."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Final

MPF: Final = b"MPF\0"
"""What the segment with the index begins with."""

_ENTRIES: Final = 0xB002
_ENTRY: Final = 16
_VIEWS: Final = range(0x020001, 0x020004)
"""A panorama, two for a stereo picture, several angles. Previews have others."""
_UNDEFINED: Final = 0
_GAIN_MAPS: Final = (b"hdrgm", b"HDRGainMap")
"""What a file says in its metadata when a further picture is only a map of how bright the first may shine."""


def has_views(segment: bytes, metadata: Callable[[], Sequence[bytes]]) -> bool:
    """Whether the index names further views of the scene. `metadata`: the file's blocks, read only when in doubt."""
    kinds = _kinds(segment.removeprefix(MPF))[1:]
    if any(kind in _VIEWS for kind in kinds):
        return True
    return _UNDEFINED in kinds and not any(mark in block for block in metadata() for mark in _GAIN_MAPS)


def _kinds(index: bytes) -> list[int]:
    """The kind of each picture; none where the index is broken."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(index[:4])
    if order is None:
        return []
    try:
        (directory,) = struct.unpack_from(order + "I", index, 4)
        (count,) = struct.unpack_from(order + "H", index, directory)
        for at in range(directory + 2, directory + 2 + 12 * count, 12):
            tag, _, length, offset = struct.unpack_from(order + "HHII", index, at)
            if tag == _ENTRIES:
                found = range(offset, min(offset + length, len(index)) - _ENTRY + 1, _ENTRY)
                return [struct.unpack_from(order + "I", index, entry)[0] & 0xFFFFFF for entry in found]
    except struct.error:
        pass
    return []
