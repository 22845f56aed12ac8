"""The life of a process that decodes the rarer formats: it limits itself, then answers one question after another.

It ends when its input does. It is told no key, opens no file but fonts, and what libraries print goes nowhere.
"""

from __future__ import annotations

import os
import sys
import time
import warnings
from dataclasses import replace
from typing import BinaryIO, Final

from app.core import exchange
from app.core.answers import Message, packed_pixels, packed_preparation, packed_probe
from app.core.errors import PictureError, PictureTooBig
from app.core.exchange import Head
from app.core.image import prepared, probed
from app.core.rare import open_rare
from app.core.source import Source, boundary, decode, upright

MEMORY: Final = 480 << 20
"""Bytes that a process may allocate; with its libraries it stays below 512 MB."""

_CPU_SECONDS: Final = 60
"""For one question; the app ends it long before, unless the app itself has ended."""
_FILES: Final = 64


def main() -> None:
    """Answer until the input ends."""
    with os.fdopen(os.dup(0), "rb") as questions, os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        warnings.simplefilter("ignore")
        _limit_memory_and_files()
        try:
            exchange.send(answers, {"ready": True})
            while True:
                question, data = exchange.receive(questions)
                _limit_time()
                exchange.send(answers, *_answer(answers, question, data))
        except (EOFError, BrokenPipeError):
            return


def _answer(answers: BinaryIO, question: Head, data: bytes) -> Message:
    name, width, height, shaken = question["name"], 0, 0, False
    try:
        with boundary(name):
            try:
                source = open_rare(data, name, question["kind"], question["page"])
                width, height = upright(source.header)
                exchange.send(answers, {"opened": [width, height]})
                return _found(source, question, len(data))
            except MemoryError:
                shaken = True
                raise
    except PictureTooBig as error:
        if not error.file_bytes:
            error.width, error.height = error.width or width, error.height or height
        return exchange.packed_error(error) | {"shaken": shaken}, (), 0
    except PictureError as error:
        return exchange.packed_error(error), (), 0


def _found(source: Source, question: Head, file_bytes: int) -> Message:
    """What was asked of a picture that is open."""
    name = question["name"]
    match question["what"]:
        case "prepare":
            cuts = exchange.unpacked_cuts(question["cuts"])
            return packed_preparation(prepared(source, name, cuts, question["max_bytes"]))
        case "pixels":
            return packed_pixels(decode(source, upright(source.header), name))
    pages = 0 if question["page"] else source.pages
    return packed_probe(replace(probed(source.header, file_bytes), pages=pages))


# --- limits -------------------------------------------------------------------------------------


def _limit_memory_and_files() -> None:
    """Where the system can: what is allocated, written and opened. No trace of a crash is kept."""
    sys.dont_write_bytecode = True
    if sys.platform == "win32":
        return
    import resource

    for what, limit in (
        (resource.RLIMIT_DATA, MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _FILES),
    ):
        resource.setrlimit(what, (limit, limit))


def _limit_time() -> None:
    if sys.platform == "win32":
        return
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + _CPU_SECONDS, most))


if __name__ == "__main__":
    main()
