"""Looks for words in a million messages: `python -m tests.long search [COUNT]`.

The benchmark of the same name with ten times as many messages, in as many conversations. It takes some minutes, and a
gigabyte of the folder for temporary files.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from tests.benchmarks.row import table
from tests.benchmarks.search import measure

_MESSAGES: Final = 1_000_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="search", description="Look for words in a million messages.")
    parser.add_argument("count", nargs="?", type=int, default=_MESSAGES, help=f"messages (default: {_MESSAGES:,})")
    rows = measure(parser.parse_args(arguments).count)
    sys.stdout.write(table(rows) + "\n")
    return int(any(row.verdict == "short" for row in rows))
