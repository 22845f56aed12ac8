"""Kills the app 500 times while somebody works with it: `python -m tests.long.kills [COUNT] [--seed NUMBER]`.

The real app, in its window, with a server of ours; one data folder that is never tidied, so that each start finds what
the kill before has left. What the app had acknowledged has to be there: in the folder, and on screen after the start.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

import psutil

from tests.benchmarks.data import numbered
from tests.benchmarks.row import Row, table
from tests.long.driver import Plan
from tests.long.found import Folder, Found
from tests.long.paced import PacedServer
from tests.long.process import HARMLESS, App, environ, gone
from tests.long.truth import Truth, shown_otherwise
from tests.pictures import encoded, photo

_KILLS: Final = 500
_FIRST, _LAST = 0.05, 2.5
"""Seconds after the start is done between which the kill comes."""
_EARLY: Final = 0.1
"""Of the kills come while the app starts."""
_START: Final = 1.5
"""Seconds that a start takes, or nearly."""
_PICTURES: Final = 6
"""That there are to drop in a run."""
_FAREWELL: Final = 5.0
"""Seconds in which the processes of a killed app have to end."""
_LOST: Final = 250.0
_RESTART: Final = 2000.0
"""Milliseconds."""
_KINDS: Final = {
    "corrupt": "database or picture corrupt",
    "missing": "picture missing",
    "question": "sent message lost",
    "answer": "finished answer lost or changed",
    "draft": "draft older than 1 s lost",
    "deleted": "deleted message gone for good",
    "start": "start that did not show what there was",
    "log": "error in the log",
    "left": "process left behind",
}


@dataclass
class Tally:
    """What came of all the runs so far."""

    rounds: int = 0
    faults: list[str] = field(default_factory=list)
    restarts: list[float] = field(default_factory=list)
    """Milliseconds."""
    work: list[float] = field(default_factory=list)
    """Milliseconds that a processor worked for each of these starts: what they take on a machine with nothing else."""
    lost_shown: list[float] = field(default_factory=list)
    lost_sent: list[float] = field(default_factory=list)
    answers: int = 0

    def rows(self) -> list[Row]:
        counts = Counter(kind for _, kind in {tuple(fault.split(": ", 2)[:2]) for fault in self.faults})
        rows = [
            Row.of(f"kills after which: {words}", 100 * counts[kind] / self.rounds, 100, "%", 0, absolute=True)
            for kind, words in _KINDS.items()
        ]
        for what, lost, goal in (
            (f"text shown and lost, {self.answers} answers, most (and median)", self.lost_shown, _LOST),
            ("text sent by the server and lost, most (and median)", self.lost_sent, None),
        ):
            if lost:
                figures = sorted(1000 * each for each in lost)
                rows.append(Row.of(what, figures[-1], median(figures), "ms", goal, absolute=True))
        if self.restarts:
            what = f"start until painted, {len(self.restarts)} starts, most (and median)"
            rows.append(Row.of(what, max(self.restarts), median(self.restarts), "ms", _RESTART, absolute=True))
            rows.append(Row.of("  of which a processor worked", max(self.work), median(self.work), "ms", None))
        return rows


class Killing:
    """Round after round on one data folder."""

    def __init__(
        self, folder: Path, server: PacedServer, seed: int, broken: str = "", *, latest: float = _LAST
    ) -> None:
        """`latest`: seconds after the start is done in which the kill comes at the latest."""
        self.tally = Tally()
        self._folder = Folder(folder / "data")
        self._pictures = folder / "desktop"
        self._pictures.mkdir()
        self._server = server
        self._random = random.Random(seed)  # noqa: S311
        self._broken = broken
        self._latest = latest
        self._truth = Truth()
        self._found = Found()
        self._photo = encoded(photo(320, 240), "JPEG")
        self._errors = (folder / "errors").open("w+b")

    def close(self) -> None:
        self._errors.close()

    def round(self) -> list[str]:
        """One start, one kill. Returns what was wrong."""
        number = self.tally.rounds
        plan = Plan(
            seed=self._random.randrange(1 << 30),
            round=number,
            pictures=self._new_pictures(number),
            expected=self._truth.expected(self._found),
            broken=self._broken,
        )
        early = self._random.random() < _EARLY and number > 0
        pause = self._random.uniform(0, _START) if early else self._random.uniform(_FIRST, self._latest)
        faults: list[str] = []
        with App(plan.to_json(), self._folder.path, environ(self._server.url), self._errors) as app:
            if early:
                app.listen(app.began + pause)
            elif there := app.hear("there"):
                self.tally.restarts.append(1000 * (there["at"] - app.began))
                self.tally.work.append(1000 * app.processor_seconds())
                if plan.expected:
                    faults += shown_otherwise(there, self._found)
                app.listen(there["at"] + pause)
            else:
                faults.append(f"start: nothing of {plan.expected} is shown; said: {app.reports[-3:]}")
            if app.has_ended:
                faults.append("start: the app has ended by itself")
            children = app.children()
            killed = app.kill()
            self._judge(app, killed, faults)
        faults += _left(children)
        faults += self._said()
        self.tally.rounds += 1
        told = [f"round {number}: {fault}" for fault in faults]
        self.tally.faults += told
        return told

    def _judge(self, app: App, killed: float, faults: list[str]) -> None:
        self._found = self._folder.look()
        asked = [marks for at, marks in self._server.asked if at <= killed]
        verdict = self._truth.judge(app.reports, self._server.sent, asked, killed, self._found)
        self._server.forget()
        faults += verdict.faults
        self.tally.lost_shown += verdict.lost_shown
        self.tally.lost_sent += verdict.lost_sent
        self.tally.answers += verdict.answers

    def _new_pictures(self, number: int) -> list[str]:
        """Photographs that no round before had, on the desktop. They stay: a draft may know one by its path alone."""
        paths = [self._pictures / f"p{number}-{each}.jpg" for each in range(_PICTURES)]
        for each, path in enumerate(paths):
            path.write_bytes(numbered(self._photo, number * _PICTURES + each))
        return [str(path) for path in paths]

    def _said(self) -> list[str]:
        """What the app has printed for its developers."""
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").splitlines()
        said = "\n".join(line for line in lines if line not in HARMLESS)
        self._errors.seek(0)
        self._errors.truncate()
        return [f"log: printed {said[-600:]!r}"] if said else []


def _left(children: Sequence[psutil.Process]) -> list[str]:
    """Processes of a dead app that do not end."""
    return [] if gone(children, _FAREWELL) else [f"left: {len(children)} processes"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="kills", description="Kill the app while somebody works with it.")
    parser.add_argument("count", nargs="?", type=int, default=_KILLS, help=f"kills (default: {_KILLS})")
    parser.add_argument("--seed", type=int, default=1, help="for another run (default: 1)")
    parser.add_argument("--broken", default="", help="break the app on purpose (tests.long.broken), to see it found")
    options = parser.parse_args(arguments)
    with TemporaryDirectory() as folder, PacedServer(options.seed) as server:
        killing = Killing(Path(folder), server, options.seed, options.broken)
        try:
            for _ in range(options.count):
                for fault in killing.round():
                    sys.stderr.write(f"{fault}\n")
        finally:
            killing.close()
        rows = killing.tally.rows()
    sys.stdout.write(table(rows) + "\n")
    return int(any(row.verdict == "short" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
