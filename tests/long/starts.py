"""Starts the app 100 times at once on one folder, then again after each of 100 kills: `python -m tests.long.starts`.

Of those at once one is to own the folder, and 99 are to hand it their pictures. How long that takes on a machine that
starts so many is held against a window's own start among as many processes that only import what a hand-over needs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from tests.benchmarks.data import numbered
from tests.benchmarks.row import Row, table
from tests.long.driver import Plan
from tests.long.found import Folder
from tests.long.process import HARMLESS, ROOT, App, environ
from tests.pictures import encoded, photo

_STARTS: Final = 100
_ALLOWED: Final = 1.0
"""Seconds a hand-over may take beyond what the machine needs to start so many processes."""
_LONGEST: Final = 120.0
"""Seconds that all together may take."""
_SETTLES: Final = 2.0
"""Seconds in which the owner takes what was handed to it."""
_BETWEEN: Final = 0.01
_PAINTED: Final = 2.0
"""Seconds until the window is there after a kill."""
_WAITING: Final = "import sys; sys.stdin.read(); "
"""All wait for one pipe to be closed, so that they begin together."""
_START: Final = f"{_WAITING}from app import __main__ as it; sys.exit(it.main())"
_IMPORT: Final = f"{_WAITING}from app import __main__ as it; it.parser(); import app.core.place, app.core.ear"
_WINDOW: Final = f"{_WAITING}from tests.long import driver; sys.exit(driver.main())"


@dataclass
class Start:
    """One of many processes that begin at once."""

    process: subprocess.Popen[bytes]
    said: Path
    """Its standard output."""
    complained: Path
    """Its standard error."""
    seconds: float = float("inf")
    """From when all began until it ended by itself."""

    @property
    def stays(self) -> bool:
        """Whether it did not end by itself."""
        return self.seconds == float("inf")

    def painted(self, began: float) -> float:
        """Seconds from when all began until its window was there, where it tells (`tests.long.driver`)."""
        reports = [json.loads(line) for line in self.said.read_text("utf-8").splitlines()]
        return min((report["at"] - began for report in reports if report["what"] == "painted"), default=_LONGEST)

    @property
    def words(self) -> str:
        """What it said on its standard error."""
        lines = self.complained.read_text("utf-8", "replace").splitlines()
        return "\n".join(line for line in lines if line not in HARMLESS)

    @property
    def was_refused(self) -> bool:
        """Whether it neither owned the folder nor gave its picture to who did: it says so, and may still ask."""
        return bool(self.words) or self.process.returncode != 0


def at_once(folder: Path, commands: Sequence[Sequence[str]]) -> tuple[list[Start], float]:
    """Begin a process for each, and wait until all but one have ended, or for a long time; then end the others.

    A command is Python's code and its arguments; `folder`, an empty one, gets what they print. Returns when they began,
    too, in seconds of `time.monotonic`.
    """
    read, write = os.pipe()
    starts = [_waiting(folder / str(number), each, read) for number, each in enumerate(commands)]
    os.close(read)
    time.sleep(_settled(len(starts)))
    began = time.monotonic()
    os.close(write)
    left = starts
    while len(left) > 1 and time.monotonic() < began + _LONGEST:
        time.sleep(_BETWEEN)
        now = time.monotonic()
        for each in left:
            if each.process.poll() is not None:
                each.seconds = now - began
        left = [each for each in left if each.stays]
    time.sleep(_SETTLES)
    for each in left:
        each.process.terminate()
    for each in left:
        each.process.wait(_LONGEST)
    return starts, began


def _waiting(out: Path, command: Sequence[str], gate: int) -> Start:
    said, complained = out.with_suffix(".out"), out.with_suffix(".err")
    with said.open("wb") as output, complained.open("wb") as errors:
        whole = [sys.executable, "-c", *command]
        process = subprocess.Popen(whole, stdin=gate, stdout=output, stderr=errors, cwd=ROOT, env=environ(""))
    return Start(process, said, complained)


def _settled(count: int) -> float:
    """Seconds after which so many interpreters are up and wait."""
    return 1 + count / 25


def _wait(process: subprocess.Popen[bytes], began: float, took: dict[int, float]) -> None:
    process.wait()
    took[process.pid] = time.monotonic() - began


def handed_over(folder: Path, count: int) -> tuple[list[Row], list[str]]:
    """So many starts at once: the figures, and what was wrong."""
    paths = _pictures(folder / "desktop", count)
    data = folder / "data"
    starts, _ = at_once(_made(folder / "starts"), [(_START, "--data-dir", str(data), path) for path in paths])
    alone = _WINDOW, Plan("look").to_json(), "--data-dir", str(folder / "alone")
    others, began = at_once(_made(folder / "imports"), [alone, *[(_IMPORT,)] * (count - 1)])
    refused = [each for each in starts if each.was_refused]
    owners = [each for each in starts if each.stays and each not in refused]
    drafts = Folder(data).look().drafts.values()
    arrived = sorted(picture["name"] for draft in drafts for picture in draft["pictures"])
    faults = [f"refused: {words[-300:]}" for words in {each.words for each in refused}]
    if arrived != sorted(Path(path).name for path in paths):
        faults.append(f"handed over: {len(arrived)} pictures, {len(set(arrived))} of them others")
    what = f"{count} starts at once:"
    rows = [
        Row.of(f"{what} owners beyond one", 100 * abs(len(owners) - 1) / count, 100, "%", 0, absolute=True),
        Row.of(f"{what} refused", 100 * len(refused) / count, 100, "%", 0, absolute=True),
        Row.of(f"{what} pictures lost", 100 - 100 * len(set(arrived)) / count, 100, "%", 0, absolute=True),
    ]
    took = [each.seconds for each in starts if not each.stays and each not in refused]
    return rows + _times(took, others[0].painted(began)), faults


def _times(took: Sequence[float], alone: float) -> list[Row]:
    """How long the hand-overs took, held against a window that is to be there among others that begin."""
    if not took:
        return []
    allowed = 1000 * _ALLOWED
    rows = []
    for which, of in (("median", median), ("longest", max)):
        ours, theirs = 1000 * of(took), 1000 * alone
        rows.append(Row.of(f"hand-over, {which}, to a window alone among as many", ours, theirs, "ms", None))
        rows.append(Row.of("  beyond that", max(0.0, ours - theirs), allowed, "ms", allowed, absolute=True))
    return rows


def _pictures(folder: Path, count: int) -> list[str]:
    file = encoded(photo(64, 48), "JPEG")
    paths = [_made(folder) / f"{number}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_bytes(numbered(file, number))
    return [str(path) for path in paths]


def _made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


def after_kills(folder: Path, count: int) -> tuple[list[Row], list[str]]:
    """A start after each of so many kills of the owner: the figures, and what was wrong."""
    faults: list[str] = []
    took: list[float] = []
    plan = Plan("look").to_json()
    with (folder / "errors").open("wb") as errors:
        for number in range(count):
            with App(plan, folder / "data", environ(""), errors, "--practice") as app:
                painted = app.hear("painted")
                if painted is None:
                    faults.append(f"start {number}: refused, or not there")
                else:
                    took.append(1000 * (painted["at"] - app.began))
                app.kill()
    rows = [Row.of(f"{count} starts after kills: refused", 100 * len(faults) / count, 100, "%", 0, absolute=True)]
    if took:
        what = "start after a kill until painted, most (and median)"
        rows.append(Row.of(what, max(took), median(took), "ms", 1000 * _PAINTED, absolute=True))
    return rows, faults


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="starts", description="Start the app many times on one folder.")
    parser.add_argument("count", nargs="?", type=int, default=_STARTS, help=f"starts (default: {_STARTS})")
    count = parser.parse_args(arguments).count
    rows: list[Row] = []
    for measure in (handed_over, after_kills):
        with TemporaryDirectory() as folder:
            more, faults = measure(Path(folder), count)
        rows += more
        for fault in faults:
            sys.stderr.write(f"{fault}\n")
    sys.stdout.write(table(rows) + "\n")
    return int(any(row.verdict == "short" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
