"""Measures the app: `python -m tests.benchmarks [NAME…] [--json]`, every benchmark where none is named.

Each figure is of real processes and stands beside a reference measured in the same run, so that another machine, or a
busy one, changes the figures more than the ratios.
"""

from __future__ import annotations

import argparse
import json
import sys

from tests.benchmarks import (
    answered,
    body,
    calibration,
    drop,
    drop_many,
    idle,
    prepare,
    probe,
    reading,
    search,
    start,
    thumbnails,
    transcript,
    transcript_bombs,
    transcript_streaming,
)
from tests.benchmarks.row import table

_BENCHMARKS = {
    "start": start.measure,
    "idle": idle.measure,
    "answered": answered.measure,
    "probe": probe.measure,
    "thumbnails": thumbnails.measure,
    "prepare": prepare.measure,
    "reading": reading.measure,
    "drop": drop.measure,
    "drop_many": drop_many.measure,
    "body": body.measure,
    "calibration": calibration.measure,
    "transcript": transcript.measure,
    "scrolling": transcript.scrolling,
    "streaming": transcript_streaming.measure,
    "bombs": transcript_bombs.measure,
    "search": search.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description="Measure the app against its goals.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(_BENCHMARKS)}")
    parser.add_argument("--json", action="store_true", help="print a list of objects")
    options = parser.parse_args()
    unknown = set(options.names) - set(_BENCHMARKS)
    if unknown:
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    rows = []
    for name in options.names or _BENCHMARKS:
        print(f"{name} …", file=sys.stderr, flush=True)
        rows += _BENCHMARKS[name]()
    print(json.dumps([row.to_json() for row in rows], indent=2) if options.json else table(rows))


if __name__ == "__main__":
    main()
