"""Quits the app 200 times while an answer comes: `python -m tests.long.quits [COUNT] [--seed NUMBER]`.

By closing the window, by what a desktop or a Mac's menu sends when all is to end, by SIGTERM, SIGINT and SIGHUP; each
at a random moment of the answer. What had come has to be kept, and nothing may be left open or complain.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Final

from tests.benchmarks.data import numbered
from tests.benchmarks.row import Row, table
from tests.long.driver import Plan
from tests.long.found import Folder, Found
from tests.long.paced import PacedServer
from tests.long.process import HARMLESS, App, environ
from tests.pictures import encoded, photo

_QUITS: Final = 200
_WAYS: Final[dict[str, int]] = {
    "close": 0,
    "quit": 0,
    "SIGTERM": signal.SIGTERM,
    "SIGINT": signal.SIGINT,
    "SIGHUP": signal.SIGHUP,
}
"""How it is left, and the signal that does it, where one does."""
_LONGEST_ANSWER = (200, 400)
"""Words."""
_LATEST: Final = 1.2
"""Seconds after the first words."""
_WITH_PICTURE: Final = 0.3
"""Of the questions have one."""
_ALLOWED: Final = 2.0
_HUNG: Final = 20.0
"""Seconds."""
_ENDED: Final = {"complete", "stopped", "interrupted", "failed"}
_KINDS: Final = {
    "code": "another code than 0",
    "text": "text lost",
    "state": "answer without exactly one end",
    "corrupt": "database or picture corrupt, or missing",
    "log": "a complaint on the standard error or in the log",
}


@dataclass
class Tally:
    """What came of all quits so far."""

    rounds: int = 0
    faults: list[str] = field(default_factory=list)
    took: dict[str, list[float]] = field(default_factory=dict)
    """Milliseconds, by how it was left."""

    def rows(self) -> list[Row]:
        counts = Counter(kind for _, kind in {tuple(fault.split(": ", 2)[:2]) for fault in self.faults})
        rows = [
            Row.of(f"quits with {words}", 100 * counts[kind] / self.rounds, 100, "%", 0, absolute=True)
            for kind, words in _KINDS.items()
        ]
        for way, took in self.took.items():
            what = f"{way}, {len(took)} times, until it has ended: most (and median)"
            rows.append(Row.of(what, max(took), median(took), "ms", 1000 * _ALLOWED, absolute=True))
        return rows


class Quitting:
    """Round after round on one data folder."""

    def __init__(self, folder: Path, server: PacedServer, seed: int) -> None:
        self.tally = Tally()
        self._folder = Folder(folder / "data")
        self._desktop = folder
        self._server = server
        self._random = random.Random(seed)  # noqa: S311
        self._errors = folder / "errors"
        self._photo = encoded(photo(480, 360), "JPEG")

    def round(self, way: str) -> list[str]:
        """One start, one question, one quit. Returns what was wrong."""
        number, after = self.tally.rounds, self._random.uniform(0, _LATEST)
        leave = way if way in {"close", "quit"} else ""
        plan = Plan("stream", number, number, self._new_pictures(number), leave=leave, after=after)
        around = environ(self._server.url)
        with self._errors.open("wb") as errors, App(plan.to_json(), self._folder.path, around, errors) as app:
            faults = self._left(app, way, after)
        faults += self._complaints()
        self.tally.rounds += 1
        told = [f"round {number} ({way}): {fault}" for fault in faults]
        self.tally.faults += told
        return told

    def _left(self, app: App, way: str, after: float) -> list[str]:
        streaming = app.hear("streaming")
        if streaming is None:
            return [f"code: no answer came, said: {app.reports[-3:]}"]
        if number := _WAYS[way]:
            app.listen(streaming["at"] + after)
            began = app.send_signal(number)
        else:
            leaving = app.hear("leaving")
            began = leaving["at"] if leaving else monotonic()
        code = app.end(_HUNG)
        self.tally.took.setdefault(way, []).append(1000 * (monotonic() - began))
        found = self._folder.look()
        self._server.forget()
        faults = [f"code: {code}"] if code != 0 else []
        faults += [fault if fault.startswith("log") else f"corrupt: {fault}" for fault in found.faults]
        return faults + _lost(app, found)

    def _new_pictures(self, number: int) -> list[str]:
        if self._random.random() >= _WITH_PICTURE:
            return []
        path = self._desktop / f"p{number}.jpg"
        path.write_bytes(numbered(self._photo, number))
        return [str(path)]

    def _complaints(self) -> list[str]:
        lines = self._errors.read_text("utf-8", "replace").splitlines()
        said = "\n".join(line for line in lines if line not in HARMLESS)
        return [f"log: printed {said[-600:]!r}"] if said else []


def _lost(app: App, found: Found) -> list[str]:
    """What had come of the answer, and how it has ended."""
    grown = [report for report in app.reports if report["what"] == "grown"]
    if not grown:
        return ["text: nothing of the answer was shown"]
    faults = [f"state: answer {each} is still to come" for each in found.streaming]
    answer = found.messages.get(grown[-1]["id"])
    if answer is None:
        return [*faults, "text: the answer is not there"]
    if len(answer.text) < grown[-1]["length"]:
        faults.append(f"text: {len(answer.text)} of {grown[-1]['length']} characters that were shown are there")
    if answer.state not in _ENDED:
        faults.append(f"state: {answer.state}")
    return faults


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="quits", description="Quit the app while an answer comes.")
    parser.add_argument("count", nargs="?", type=int, default=_QUITS, help=f"quits (default: {_QUITS})")
    parser.add_argument("--seed", type=int, default=1, help="for another run (default: 1)")
    parser.add_argument("--way", choices=_WAYS, help="all in turn where none is named")
    options = parser.parse_args(arguments)
    ways = [options.way] if options.way else list(_WAYS)
    with TemporaryDirectory() as folder, PacedServer(options.seed, words=_LONGEST_ANSWER) as server:
        quitting = Quitting(Path(folder), server, options.seed)
        for number in range(options.count):
            for fault in quitting.round(ways[number % len(ways)]):
                sys.stderr.write(f"{fault}\n")
        rows = quitting.tally.rows()
    sys.stdout.write(table(rows) + "\n")
    return int(any(row.verdict == "short" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
