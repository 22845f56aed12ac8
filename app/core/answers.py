"""What a process that decodes finds out, as messages to the app, and read from them with nothing taken on trust."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple
from typing import Any, Final

from PIL import Image

from app.core.container import MEDIA_TYPES
from app.core.exchange import Head
from app.core.image import Pixels, Preparation, Prepared, Probe
from app.core.legibility import Findings

Message = tuple[Head, Iterable[bytes], int]
"""A head, the body in pieces, and the bytes of the body."""

_BAND_ROWS: Final = 256


def packed_probe(probe: Probe) -> Message:
    return {"probe": astuple(probe)}, (), 0


def read_probe(head: Head, _: bytes) -> Probe:
    """Raises ValueError, TypeError or LookupError for what is no such message, as all that read here do."""
    kind, width, height, orientation, animated, file_bytes, pages = head["probe"]
    _numbers(width, height, orientation, file_bytes, pages)
    return Probe(_text(kind), width, height, orientation, bool(animated), file_bytes, pages)


def packed_preparation(made: Preparation) -> Message:
    blobs = [*(part.data for part in made.parts), made.thumbnail]
    lengths = [len(blob) for blob in blobs]
    head = {
        "parts": [[part.media_type, part.width, part.height, part.notes] for part in made.parts],
        "lengths": lengths,
        "findings": astuple(made.findings),
    }
    return head, blobs, sum(lengths)


def read_preparation(head: Head, body: bytes) -> Preparation:
    *blobs, thumbnail = _pieces(body, head["lengths"])
    parts = []
    for data, (media_type, width, height, notes) in zip(blobs, head["parts"], strict=True):
        if media_type not in MEDIA_TYPES.values():
            raise ValueError("a media type that is not sent")
        _numbers(width, height)
        parts.append(Prepared(data, media_type, width, height, tuple(_text(note) for note in notes)))
    text_height, blurred, dark = head["findings"]
    return Preparation(tuple(parts), thumbnail, Findings(float(text_height), bool(blurred), bool(dark)))


def packed_pixels(image: Image.Image) -> Message:
    head = {"size": [image.width, image.height]}
    return head, _rows(image), image.width * image.height * 4


def read_pixels(head: Head, body: bytes) -> Pixels:
    width, height = _numbers(*head["size"])
    if width * height * 4 != len(body):
        raise ValueError("pixels that are not the picture's")
    return Pixels(width, height, body)


def _rows(image: Image.Image) -> Iterator[bytes]:
    """RGBA, a band at a time: a second copy of the whole would not fit beside the first."""
    for top in range(0, image.height, _BAND_ROWS):
        band = image.crop((0, top, image.width, min(image.height, top + _BAND_ROWS)))
        yield band.convert("RGBA").tobytes()


def _pieces(body: bytes, lengths: Sequence[int]) -> list[bytes]:
    if sum(_numbers(*lengths)) != len(body):
        raise ValueError("lengths that are not the body's")
    found, at = [], 0
    for length in lengths:
        found.append(body[at : at + length])
        at += length
    return found


def _numbers(*values: Any) -> list[int]:
    if any(type(value) is not int or value < 0 for value in values):
        raise TypeError("not a number")
    return list(values)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value
