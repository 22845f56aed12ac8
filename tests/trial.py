"""Puts a file before the decoder as the app does, and says how that ended, how long it took and what memory it cost."""

from __future__ import annotations

import ctypes
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, Final, TypeVar

import psutil
from PIL import Image

from app.core.children import Child
from app.core.cuts import Box, Cut, cuts
from app.core.decoder import Decoder
from app.core.errors import PictureError
from app.core.fit import Size, Tier
from app.core.image import Pixels, Preparation, Prepared
from app.ui import errors
from tests import rare_pictures

SECONDS: Final = 2.0
MEMORY: Final = 512 << 20
"""Bytes: of a process that decodes, and of what answering adds to ours."""

_HUNG: Final = 20.0
"""Seconds that no machine is busy for."""

NAME: Final = "holiday.jpg"

STANDARD: Final = Tier(max_edge=1568, max_tokens=1568)
SMALL: Final = Tier(max_edge=32, max_tokens=1)

Answer = TypeVar("Answer")


@dataclass
class Verdict:
    """How one file ended."""

    number: int
    what: str
    """The file's format, and what it is."""
    outcome: str = "decoded"
    """That, or the type of the one error."""
    question: str = ""
    """What was asked when it took longest."""
    seconds: float = 0.0
    """Of the question that took longest; above `SECONDS`, those that the processor worked on it."""
    ours: int = 0
    """Bytes by which our process grew at most."""
    theirs: int = 0
    """Bytes that the process which decodes had at most."""
    deaths: list[str] = field(default_factory=list)
    """Signals that ended a process that decodes, other than our own."""
    complaints: list[str] = field(default_factory=list)
    """What must not be."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class Court:
    """A decoder, a place for the file, and the limits; one file after another."""

    def __init__(self, decoder: Decoder, folder: Path) -> None:
        self._decoder = decoder
        self._path = folder / "picture"
        self._warm = folder / "warm"
        self._warm.write_bytes(rare_pictures.bare_bmp(2, 2))

    def judge(self, number: int, what: str, data: bytes) -> Verdict:
        """Ask everything of a file; a question that took too long is asked twice more, for machines are shared."""
        verdict = self._judge(number, what, data)
        for _ in range(2):
            if verdict.seconds <= SECONDS:
                break
            again = self._judge(number, what, data)
            verdict = min(verdict, again, key=lambda each: each.seconds)
        if verdict.seconds > SECONDS:
            verdict.complaints.append(f"took {verdict.seconds:.2f} s to {verdict.question}")
        if max(verdict.ours, verdict.theirs) > MEMORY:
            verdict.complaints.append(f"took {max(verdict.ours, verdict.theirs) >> 20} MB")
        return verdict

    def _judge(self, number: int, what: str, data: bytes) -> Verdict:
        verdict = Verdict(number, what)
        self._path.write_bytes(data)
        found = self._answer(verdict, "probe", lambda: self._decoder.probe(self._path, NAME))
        whole, page = Size(64, 64), 0
        if found is not None:
            whole, page = Size(found.width, found.height), min(1, found.pages)
        sent = None
        for name, wanted in _wanted(whole).items():
            made = self._answer(verdict, name, partial(self._decoder.prepare, self._path, NAME, wanted, page=page))
            if made is not None:
                verdict.complaints += _wrong(made, wanted)
                sent = made.parts[0] if name == "prepare" else sent
        shown = self._answer(verdict, "show", lambda: self._decoder.pixels(self._path, NAME, page=page))
        if shown is not None:
            verdict.complaints += _otherwise(shown, whole, sent)
        return verdict

    def _answer(self, verdict: Verdict, question: str, ask: Callable[[], Answer]) -> Answer | None:
        """Ask one question; of errors, the first is the outcome."""
        self._ready()
        children = list(self._decoder._children._idle)
        with peaks(verdict, [child.pid for child in children]):
            began, worked = time.perf_counter(), _worked(children)
            try:
                return ask()
            except PictureError as error:
                verdict.complaints += unclear(error)
                if verdict.outcome == "decoded":
                    verdict.outcome = type(error).__name__
                return None
            finally:
                spent = time.perf_counter() - began
                if SECONDS < spent < _HUNG and all(child.alive for child in children):
                    spent = min(spent, _worked(children) - worked)
                if spent > verdict.seconds:
                    verdict.seconds, verdict.question = spent, question
                for child in children:
                    code = child._process.poll()
                    if code is not None and code not in (0, -getattr(signal, "SIGKILL", 9)):
                        verdict.deaths.append(f"{question}: {_signal(code)}")

    def _ready(self) -> None:
        """A process waits for work, so that its start is not counted."""
        if not self._decoder._children.pids():
            self._decoder.probe(self._warm, NAME)


def _worked(children: Sequence[Child]) -> float:
    """Seconds of processor time that our process and these have had: a busy machine does not count."""
    theirs = [psutil.Process(child.pid).cpu_times() for child in children if child.alive]
    return time.process_time() + sum(times.user + times.system for times in theirs)


def _signal(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit {code}"


def _wanted(whole: Size) -> dict[str, Sequence[Cut]]:
    """What is asked for of a picture of this size."""
    width, height = whole
    region = Box(width // 4, height // 4, max(1, width // 2), max(1, height // 2))
    return {
        "prepare": cuts(whole, "auto", STANDARD),
        "shrink": cuts(whole, "auto", SMALL),
        "cut": [*cuts(whole, "region", STANDARD, region=region), Cut("tile", Size(1, 1), Box(0, 0, 1, 1), 1, 2)],
    }


_FORMATS: Final = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WEBP"}


def _wrong(made: Preparation, wanted: Sequence[Cut]) -> Iterator[str]:
    """What is wrong with pictures that were made."""
    for part, cut in zip(made.parts, wanted, strict=True):
        if (part.width, part.height) != cut.size:
            yield "made in another size"
        yield from _broken(part.data, part.media_type, (part.width, part.height))
    yield from _broken(made.thumbnail, "", None)


_SIDE, _APART = 8, 24
"""Pixels that two pictures are compared in, and levels of 255 by which lossy coding may take them apart there."""


def _otherwise(shown: Pixels, whole: Size, sent: Prepared | None) -> Iterator[str]:
    """Where what is shown is not the picture that is sent."""
    if (shown.width, shown.height) != whole or len(shown.rgba) != 4 * shown.width * shown.height:
        yield "shown in another size"
    elif sent is not None:
        image = Image.frombuffer("RGBA", whole, shown.rgba)
        with Image.open(BytesIO(sent.data)) as other:
            levels = [abs(a - b) for a, b in zip(_seen(image), _seen(other), strict=True)]
        if sum(levels) > _APART * len(levels) and "flattened" not in sent.notes:
            yield f"shown otherwise than sent, by {sum(levels) / len(levels):.0f} levels"


def _seen(image: Image.Image) -> bytes:
    """A few pixels of a picture, its alpha multiplied in: what cannot be seen does not count."""
    small = image.convert("RGBA").resize((_SIDE, _SIDE), Image.Resampling.BOX)
    return small.convert("RGBa").tobytes()


def _broken(data: bytes, media_type: str, size: tuple[int, int] | None) -> Iterator[str]:
    try:
        with Image.open(BytesIO(data)) as image:
            image.load()
            if (size and image.size != size) or (media_type and image.format != _FORMATS[media_type]):
                yield "is not what it says"
    except (OSError, ValueError, SyntaxError) as error:
        yield f"cannot be opened: {error}"


_WORDS: Final = re.compile(r"[A-Z“a-z][^\n<>{}%]*\.( [A-Z][^\n<>{}%]*\.){1,2}")
_JARGON: Final = re.compile(r"Error|Exception|Traceback|None|errno|object at", re.IGNORECASE)


def unclear(error: PictureError) -> Iterator[str]:
    """What is wrong with the words for an error: they are what happened, then what to do, in one short line."""
    said = errors.sentence(error)
    if not _WORDS.fullmatch(said) or _JARGON.search(said) or len(said) > 200 or NAME not in said:
        yield f"no clear sentence: {said!r}"


# --- memory -------------------------------------------------------------------------------------


@contextmanager
def peaks(verdict: Verdict, pids: Sequence[int]) -> Iterator[None]:
    """Note the most memory that our process grew by, and that the others had; nothing where the system cannot tell."""
    if sys.platform != "linux":
        yield
        return
    ctypes.CDLL(None).malloc_trim(0)  # what is kept for later would hide what is taken
    for pid in ("self", *pids):
        with suppress(OSError):
            Path(f"/proc/{pid}/clear_refs").write_text("5")
    before = psutil.Process().memory_info().rss
    try:
        yield
    finally:
        verdict.ours = max(verdict.ours, _peak("self") - before)
        verdict.theirs = max([verdict.theirs, *map(_peak, pids)])


def _peak(pid: int | str) -> int:
    """Bytes; 0 where the process has ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) << 10
    return 0
