"""Big JSON and big base64 read in short steps, so that a worker thread never holds the interpreter for long.

`json.loads` and `binascii.a2b_base64` hold the interpreter's lock from start to end: 30 and 90 ms with 32 MB, during
which the event loop stands still although the work is done in another thread.
"""

from __future__ import annotations

import binascii
import json
import re
from typing import Any, Final

_DATA: Final = re.compile(rb'"data"\s{0,16}:\s{0,16}"')
_SMALL: Final = 4_096
"""Bytes; a shorter string is left to `json.loads`."""
_STEP: Final = 262_144
"""Base64 characters decoded at once: under a millisecond. A multiple of four."""


class Base64Damaged(ValueError):
    """Text that is not base64 (RFC 4648, section 4, padding required)."""


def parse(body: bytes) -> Any:
    """The JSON value of `body`, in which the long strings named "data" are views into `body` and not text.

    Raises ValueError when it is not JSON of the standard: NaN and Infinity, which Python takes, are not.
    """
    skeleton: list[memoryview] = []
    carved: list[memoryview] = []
    whole = memoryview(body)
    kept, at = 0, body.find(b'"data"')
    while at >= 0:
        # Within a string every quote is escaped; `"data"` therefore ends or is a string, and `:` makes it a key.
        opening = _DATA.match(body, at)
        end = body.find(b'"', opening.end()) if opening else -1
        if opening and end - opening.end() >= _SMALL and body.find(b"\\", opening.end(), end) < 0:
            carved.append(whole[opening.end() : end])
            skeleton += [whole[kept : opening.end() - 1], memoryview(b"NaN")]
            kept = end + 1
        at = body.find(b'"data"', max(at + 6, kept))
    skeleton.append(whole[kept:])
    values = iter(carved)

    def restored(_: str) -> memoryview:
        # A NaN or Infinity of the body's own asks for one value more than was carved.
        value = next(values, None)
        if value is None:
            raise ValueError("NaN and Infinity are not JSON")
        return value

    try:
        return json.loads(b"".join(skeleton).decode("utf-8"), parse_constant=restored)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def decode_base64(text: str | memoryview) -> bytes:
    """The bytes of a base64 text. Raises `Base64Damaged`."""
    try:
        view = memoryview(text.encode("ascii")) if isinstance(text, str) else text
        parts = [binascii.a2b_base64(view[at : at + _STEP], strict_mode=True) for at in range(0, len(view), _STEP)]
    except (binascii.Error, UnicodeEncodeError) as error:
        raise Base64Damaged from error
    if len(view) % 4 or any(len(part) != _STEP // 4 * 3 for part in parts[:-1]):
        raise Base64Damaged
    return b"".join(parts)
