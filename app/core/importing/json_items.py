"""JSON of a stranger: one item of a long array after another, each within limits of size, depth and number."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Iterator
from math import isfinite
from typing import Any, Final, NoReturn

from app.core.export.archive import CONVERSATION

LONGEST: Final = CONVERSATION
"""Bytes of one item."""
_DEEPEST: Final = 64
_VALUES: Final = 3_000_000
"""Commas and brackets of one item: each may be an object of a hundred bytes."""
_ARRAYS: Final = 160_000
"""Of one item: many more than messages have, and made without a turn for others."""

_OUTSIDE: Final = re.compile(rb'["{}\[\],]')
_INSIDE: Final = re.compile(rb'["\\]')
_BLANKS: Final = b" \t\r\n"


class Malformed(ValueError):
    """It is not the JSON that it should be."""


class TooLong(ValueError):
    """It is beyond a limit."""


def items(pieces: Iterable[bytes]) -> Iterator[Any]:
    """The items of a top-level array, or the one object that stands there instead. Raises Malformed, TooLong."""
    splitter = _Splitter()
    for piece in pieces:
        yield from map(parse, splitter.feed(piece))
    splitter.end()


def parse(text: bytes) -> Any:
    """A JSON text in UTF-8 whose depth was looked at. Numbers are finite. Raises Malformed.

    With every object and every number Python is asked, and other threads have their turn: the window waits for none.
    """
    try:
        words = text.decode("utf-8")
        return json.loads(
            words, object_hook=_same, parse_int=_whole_number, parse_float=_finite, parse_constant=_refuse
        )
    except (ValueError, RecursionError) as error:
        raise Malformed(str(error)) from None


def whole(data: bytes) -> Any:
    """One small object. Raises Malformed, TooLong."""
    found = list(items([data]))
    if len(found) != 1:
        raise Malformed
    return found[0]


class _Splitter:
    """Finds where items begin and end, and looks at nothing else of them."""

    def __init__(self) -> None:
        self._item = bytearray()
        self._closing = b""
        """What ends all of it; empty before anything has come."""
        self._depth = 0
        self._values = self._arrays = 0
        self._in_string = False
        self._skips = False
        """The next byte stands behind a backslash."""
        self._ended = False

    def feed(self, piece: bytes) -> Iterator[bytes]:
        if not self._closing:
            piece = self._begun(piece)
        start, at = 0, int(self._skips and bool(piece))
        self._skips = self._skips and not piece
        while (found := (_INSIDE if self._in_string else _OUTSIDE).search(piece, at)) is not None:
            at = found.end()
            mark = found[0]
            if mark == b"\\":
                self._skips = at == len(piece)
                at += 1
            elif mark == b'"':
                self._in_string = not self._in_string
            elif self._ends_item(mark):
                behind = at if self._closing == b"}" else at - 1
                self._take(piece[start:behind])
                if item := bytes(self._item).strip(_BLANKS):
                    yield item
                elif not self._ended:
                    raise Malformed
                self._item.clear()
                self._values, self._arrays, start = 0, 0, at
        if not self._ended:
            self._take(piece[start:])
        elif piece[start:].strip(_BLANKS):
            raise Malformed

    def end(self) -> None:
        if not self._ended:
            raise Malformed

    def _begun(self, piece: bytes) -> bytes:
        piece = piece.removeprefix(codecs.BOM_UTF8).lstrip(_BLANKS)
        if piece:
            self._closing = {b"[": b"]", b"{": b"}"}.get(piece[:1], b"")
            if not self._closing:
                raise Malformed
            if self._closing == b"]":
                self._depth = 1
                return piece[1:]
        return piece

    def _ends_item(self, mark: bytes) -> bool:
        """Count a comma or a bracket; whether an item ends with it."""
        if self._ended:
            raise Malformed
        self._values += 1
        self._arrays += mark == b"["
        if self._values > _VALUES or self._arrays > _ARRAYS:
            raise TooLong
        if mark in b"[{":
            self._depth += 1
            if self._depth > _DEEPEST:
                raise TooLong
            return False
        if mark == b",":
            return self._depth == 1 and self._closing == b"]"
        self._depth -= 1
        self._ended = self._depth == 0
        if self._ended and mark != self._closing:
            raise Malformed
        return self._ended

    def _take(self, part: bytes) -> None:
        self._item += part
        if len(self._item) > LONGEST:
            raise TooLong


def _same(value: dict[str, Any]) -> dict[str, Any]:
    return value


def _whole_number(text: str) -> int:
    return int(text)


def _finite(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise Malformed
    return value


def _refuse(constant: str) -> NoReturn:
    raise Malformed(constant)
