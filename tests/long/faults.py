"""Makes every call of the system fail with which the app writes: `python -m tests.long.faults [DEED…] [OPTION…]`.

Of each deed (`tests.long.deeds`), every write, sync, rename, link, unlink and new folder or file within the data folder
and the exports is killed at, or comes back as an error, one at a time. Afterwards the old state is there or the new
one (`tests.long.state`), no picture is missing, and errors are the app's own. It needs Linux and strace.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, Any, Final

from tests.benchmarks.row import Row, table
from tests.long.deeds import DEEDS, answering, build
from tests.long.struck import CALLS, KILL, Outcome, Point

FAULTS: Final = (KILL, "ENOSPC", "EIO", "EACCES", "ENOSPC+")
STRUCK: Final = (sys.executable, "-m", "tests.long.struck")
_ROOT: Final = Path(__file__).parents[2]
_FAST: Final = Path("/dev/shm")  # noqa: S108
"""Memory: what is synced here need not come to a disk."""


class Worker:
    """A process that strikes, asked for one thing at a time."""

    def __init__(self, bases: Path, url: str) -> None:
        command = [*STRUCK, str(bases), url]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_ROOT)

    def calls(self, deed: str) -> list[Point]:
        """Raises RuntimeError where the deed fails without a fault."""
        answer = self._ask({"deed": deed})
        if isinstance(answer, dict):
            raise RuntimeError(f"{deed}: {answer['complaints']}")  # noqa: TRY004  # the worker's words
        return [Point.from_text(each) for each in answer]

    def outcome(self, point: Point) -> Outcome:
        return Outcome(**self._ask({"point": str(point)}))

    def close(self) -> None:
        self._pipe(self._process.stdin).close()
        self._process.wait()
        self._pipe(self._process.stdout).close()

    def _ask(self, question: Any) -> Any:
        print(json.dumps(question), file=self._pipe(self._process.stdin), flush=True)
        line = self._pipe(self._process.stdout).readline()
        if not line:
            raise RuntimeError(f"the process that strikes has ended: {self._process.wait()}")
        return json.loads(line)

    def _pipe(self, pipe: IO[str] | None) -> IO[str]:
        if pipe is None:
            raise TypeError("the process has pipes")
        return pipe


def points(calls: Iterable[Point], faults: Sequence[str]) -> Iterator[Point]:
    """What can come to these calls; of an error that lasts, once for every tenth of them.

    Opening is left out where a process is killed, as the next call shows the same, and where an error lasts: it would
    be met by all that is only read, too.
    """
    counts = Counter[tuple[str, ...]]()
    for call in calls:
        counts[call.deed, call.stage, call.thread, call.call] += 1
        for fault in faults:
            lasts, nth = fault.endswith("+"), counts[call.deed, call.stage, call.thread, call.call]
            left_out = call.call == "openat" and (fault == KILL or lasts)
            if not left_out and not (lasts and nth % 10 != 1):
                yield replace(call, fault=fault)


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 1 where anything was found, 2 where it cannot be done here."""
    parser = argparse.ArgumentParser(prog="faults", description="Make every call of the system fail.")
    parser.add_argument("deeds", nargs="*", metavar="DEED", help=f"all where none is named: {', '.join(DEEDS)}")
    parser.add_argument("--fault", action="append", choices=FAULTS, help="all where none is named")
    parser.add_argument("--call", action="append", choices=CALLS, help="all where none is named")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="one point in N")
    parser.add_argument("--point", action="append", default=[], help="this one alone, as a line of this names it")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: 2)")
    options = parser.parse_args(arguments)
    if unknown := set(options.deeds) - set(DEEDS):
        parser.error(f"no such deed: {', '.join(sorted(unknown))}")
    if sentence := obstacle():
        sys.stderr.write(f"{sentence}\n")
        return 2
    with _workers(options.workers) as (bases, workers):
        if options.point:
            return _some(bases, workers[0], [Point.from_text(each) for each in options.point])
        wanted: list[Point] = []
        for deed in options.deeds or DEEDS:
            build(deed, bases / deed)
            calls = [call for call in workers[0].calls(deed) if not options.call or call.call in options.call]
            wanted += points(calls, options.fault or FAULTS)
        return _run(workers, wanted[:: options.every])


def obstacle() -> str:
    """Why it cannot be done here; empty where it can."""
    if sys.platform != "linux" or shutil.which("strace") is None:
        return "Faults are made by strace, which is not here."
    command = ["strace", "-e", "inject=sync:error=EIO", "true"]
    tried = subprocess.run(command, check=False, capture_output=True, text=True)
    return f"strace may not follow a process here: {tried.stderr.strip()}" if tried.returncode else ""


@contextmanager
def _workers(count: int) -> Iterator[tuple[Path, list[Worker]]]:
    with answering() as server, tempfile.TemporaryDirectory(dir=_FAST if _FAST.is_dir() else None) as folder:
        workers: list[Worker] = []
        try:
            workers += (Worker(Path(folder), server.url) for _ in range(count))
            yield Path(folder), workers
        finally:
            for worker in workers:
                worker.close()


def _some(bases: Path, worker: Worker, wanted: Sequence[Point]) -> int:
    found = 0
    for point in wanted:
        if not (bases / point.deed).exists():
            build(point.deed, bases / point.deed)
        outcome = worker.outcome(point)
        found += len(outcome.complaints)
        sys.stdout.write(f"{outcome}\n")
    return int(bool(found))


def _run(workers: Sequence[Worker], wanted: Sequence[Point]) -> int:
    began = time.monotonic()
    waiting: SimpleQueue[Point] = SimpleQueue()
    for point in wanted:
        waiting.put(point)
    outcomes: dict[Point, Outcome] = {}

    def work(worker: Worker) -> None:
        while True:
            try:
                point = waiting.get_nowait()
            except Empty:
                return
            outcome = outcomes[point] = worker.outcome(point)
            for complaint in outcome.complaints:
                _say(f"{point}: {complaint}")
            if len(outcomes) % 500 == 0:
                _say(f"{len(outcomes):,} of {len(wanted):,} points, {time.monotonic() - began:.0f} s")

    with ThreadPoolExecutor(len(workers)) as threads:
        for done in [threads.submit(work, worker) for worker in workers]:
            done.result()
    hit = sum(outcome.hit for outcome in outcomes.values())
    found = sum(bool(outcome.complaints) for outcome in outcomes.values())
    seconds = time.monotonic() - began
    sys.stdout.write(f"{len(outcomes):,} points, {hit:,} of them met, in {seconds:.0f} s, {len(workers)} processes\n")
    sys.stdout.write(table(list(_rows(outcomes))) + "\n")
    errors = Counter(error for outcome in outcomes.values() for error in set(outcome.errors))
    orphans = Counter(outcome.orphans for outcome in outcomes.values())
    sys.stdout.write(f"told as: {dict(errors)}; points by files that nothing refers to: {dict(orphans)}\n")
    return int(bool(found))


def _rows(outcomes: dict[Point, Outcome]) -> Iterator[Row]:
    """How many of the points that were met ended as they should: by deed, and by fault."""
    for what in ("deed", "fault"):
        for name in dict.fromkeys(getattr(point, what) for point in outcomes):
            met = [outcome for point, outcome in outcomes.items() if getattr(point, what) == name and outcome.hit]
            good = sum(not outcome.complaints for outcome in met)
            share = 100 * good / len(met) if met else 100.0
            yield Row.of(f"{name}: {good:,} of {len(met):,}", share, 100, "%", 100, absolute=True, least=True)


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
