"""A process that makes a small thumbnail, then a big one, and says "peak" with what that took and the file.

Arguments: the two files. Both figures are in MB: peak memory, size of the file.
"""

from __future__ import annotations

import sys
from pathlib import Path

from app.core.glimpse import glimpse
from tests.benchmarks.memory import Peak


def main() -> None:
    small, big = (Path(argument) for argument in sys.argv[1:])
    glimpse(small, small.name)
    peak = Peak()
    glimpse(big, big.name)
    print("peak", peak.megabytes, big.stat().st_size / 1e6, flush=True)
