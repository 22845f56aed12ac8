"""What the app and a process that decodes say to each other: a head in JSON, its length before it, and raw bytes.

Nothing here trusts the other side: whatever comes is checked, and what does not hold raises ValueError.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Sequence
from typing import Any, BinaryIO, Final

from app.core.cuts import Box, Cut
from app.core.errors import (
    FormatUnsupported,
    NotAPicture,
    PictureDamaged,
    PictureError,
    PictureTooBig,
    PictureUnreadable,
)
from app.core.fit import Size

Head = dict[str, Any]

MAX_HEAD: Final = 1 << 20
MAX_BODY: Final = 1 << 30
"""Bytes; pixels of 240 megapixels in four channels are fewer."""

_LENGTHS: Final = struct.Struct(">IQ")
_ERRORS: Final = {
    error.__name__: error
    for error in (FormatUnsupported, NotAPicture, PictureDamaged, PictureTooBig, PictureUnreadable)
}
_MALFORMED: Final = (LookupError, TypeError, AttributeError)


def send(file: BinaryIO, head: Head, body: Iterable[bytes] = (), length: int = 0) -> None:
    """Write one message whose body has `length` bytes."""
    text = json.dumps(head).encode()
    file.write(_LENGTHS.pack(len(text), length) + text)
    file.writelines(body)
    file.flush()


def receive(file: BinaryIO) -> tuple[Head, bytes]:
    """Read one message. Raises EOFError where the other side has ended, ValueError for what is no message."""
    sizes = file.read(_LENGTHS.size)
    if len(sizes) < _LENGTHS.size:
        raise EOFError("no further message")
    head_length, body_length = _LENGTHS.unpack(sizes)
    if head_length > MAX_HEAD or body_length > MAX_BODY:
        raise ValueError("a message that is too long")
    text, body = file.read(head_length), file.read(body_length)
    if (len(text), len(body)) != (head_length, body_length):
        raise EOFError("a message that breaks off")
    head = json.loads(text)
    if not isinstance(head, dict):
        raise ValueError("a message without a head")  # noqa: TRY004 - one error for what is no message
    return head, body


def packed_cuts(cuts: Sequence[Cut]) -> list[list[Any]]:
    return [[cut.kind, *cut.size, cut.box, cut.part, cut.parts] for cut in cuts]


def unpacked_cuts(cuts: Any) -> list[Cut]:
    return [
        Cut(kind, Size(width, height), Box(*box) if box else None, part, parts)
        for kind, width, height, box, part, parts in cuts
    ]


def packed_error(error: PictureError) -> Head:
    """An error as a head."""
    return {"error": type(error).__name__, "facts": {k: v for k, v in vars(error).items() if k != "name"}}


def unpacked_error(head: Head, name: str) -> PictureError:
    """The error that a head tells of, about the picture `name`. Raises ValueError for one that cannot be."""
    try:
        error = _ERRORS[head["error"]](name, **head["facts"])
    except _MALFORMED as problem:
        raise ValueError("an error that does not exist") from problem
    return error
