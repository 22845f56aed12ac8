"""Server-sent events: bytes in, events out, no I/O (HTML standard, section 9.2, "Server-sent events").

Lines end at CR, LF or CRLF and nowhere else: `str.splitlines` also splits at U+2028 and others, which JSON may hold.
`id` and `retry` are for browsers that reconnect; a Messages stream cannot be resumed, so both are ignored.
"""

from __future__ import annotations

import codecs
import re
from typing import Final, NamedTuple

MAX_LINE: Final = 1 << 20
"""Bytes of one line, its end not counted. An event of the API is a few hundred bytes, a signature some thousand."""
MAX_EVENT: Final = 4 << 20
"""Bytes of the data of one event, over all its lines."""

_LINE_END: Final = re.compile(rb"\r\n|\r|\n")


class TooLarge(ValueError):
    """A line over `MAX_LINE` or an event over `MAX_EVENT`. The stream cannot be read on."""


class Event(NamedTuple):
    name: str
    """The `event` field; empty where the stream names none."""
    data: str
    """The `data` lines, joined with LF."""


class Decoder:
    """Takes a stream in pieces of any size and gives each event as soon as its blank line is there.

    What is left without a blank line when the stream ends was never an event, as the standard has it.
    """

    def __init__(self) -> None:
        self._partial = bytearray()
        self._after_cr = False
        self._first_line = True
        self._name = b""
        self._data: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> list[Event]:
        """The events that `data` completes. Raises TooLarge; events before the fault in the same piece are lost."""
        if self._after_cr and data:
            data = data.removeprefix(b"\n")
            self._after_cr = False
        if not data:
            return []
        # A CR ends its line at once; should its LF come with the next piece, that is dropped then.
        self._after_cr = data.endswith(b"\r")
        first, *others = _LINE_END.split(data)
        self._partial += first
        if len(self._partial) > MAX_LINE:
            raise TooLarge
        if not others:
            return []
        lines = [bytes(self._partial), *others]
        self._partial = bytearray(lines.pop())
        events = [event for line in lines if (event := self._line(line)) is not None]
        if len(self._partial) > MAX_LINE:
            raise TooLarge
        return events

    def _line(self, line: bytes) -> Event | None:
        if len(line) > MAX_LINE:
            raise TooLarge
        if self._first_line:
            self._first_line = False
            line = line.removeprefix(codecs.BOM_UTF8)
        if not line:
            return self._dispatch()
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._size += len(value) + 1
            if self._size > MAX_EVENT:
                raise TooLarge
            self._data.append(value)
        elif field == b"event":
            self._name = value
        return None

    def _dispatch(self) -> Event | None:
        name, data = self._name, self._data
        self._name, self._data, self._size = b"", [], 0
        if not data:
            return None
        # UTF-8 never holds CR or LF inside a character: decoding whole lines equals decoding the stream.
        return Event(name.decode("utf-8", "replace"), b"\n".join(data).decode("utf-8", "replace"))
