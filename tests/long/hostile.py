"""Puts hostile files before the app's decoder: `python -m tests.long hostile [mutants|bombs] [NUMBER…] [OPTION…]`.

Every file is made again from its number alone. A run that is broken off goes on where it was, as long as the code is
the same; results are kept in `build/long`. Files that are named by number are judged anew and written there, too.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.bombs import BOMBS
from tests.long.record import Record, Result
from tests.long.table import findings, table
from tests.long.worker import made
from tests.long.workers import judge_all

_FOLDER: Final = Path(__file__).parents[2] / "build" / "long"
_MUTANTS: Final = 20_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 1 where anything was found."""
    parser = argparse.ArgumentParser(prog="hostile", description="Put hostile files before the decoder.")
    parser.add_argument("kind", nargs="?", choices=("mutants", "bombs"), help="both where none is named")
    parser.add_argument("numbers", nargs="*", type=int, metavar="NUMBER", help="these files alone, with all details")
    parser.add_argument("--count", type=int, default=_MUTANTS, help=f"mutants, from number 0 (default: {_MUTANTS:,})")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("--anew", action="store_true", help="forget what was judged before")
    options = parser.parse_args(arguments)
    if options.numbers:
        return _some(options.kind, options.numbers)
    counts = {"mutants": options.count, "bombs": len(BOMBS)}
    found = 0
    for kind in [options.kind] if options.kind else counts:
        found += _run(kind, counts[kind], options.workers, anew=options.anew)
    return 1 if found else 0


def _run(kind: str, count: int, workers: int, *, anew: bool) -> int:
    """Judge what is not yet judged, and print a table; how many complaints there are."""
    record = Record(_FOLDER / f"{kind}.jsonl", anew=anew)
    left = [number for number in range(count) if number not in record.results]
    began = time.monotonic()
    _say(f"{kind}: {len(left):,} of {count:,} files to judge")

    def tell(result: Result) -> None:
        record.add(result)
        for complaint in result.complaints:
            _say(f"{kind} {result.number} ({result.what}): {complaint}")
        if len(record.results) % 1000 == 0:
            _say(f"{kind}: {len(record.results):,} judged, {time.monotonic() - began:.0f} s")

    judge_all(kind, left, workers, tell)
    results = [record.results[number] for number in range(count)]
    heading = f"\n{kind}: {len(left):,} files in {time.monotonic() - began:.0f} s, {workers} processes"
    sys.stdout.write("\n".join([heading, table(results), *findings(kind, results), ""]))
    return sum(len(result.complaints) for result in results)


def _some(kind: str, numbers: Sequence[int]) -> int:
    """Judge these anew, keep the files for a look at them, and print all that is known."""
    found = 0
    _FOLDER.mkdir(parents=True, exist_ok=True)

    def tell(result: Result) -> None:
        nonlocal found
        found += len(result.complaints)
        path = _FOLDER / f"{kind}-{result.number}"
        path.write_bytes(made(kind, result.number)[2])
        sys.stdout.write(f"{result}\n{path}\n")

    judge_all(kind, numbers, 1, tell)
    return 1 if found else 0


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
