"""From the start of the process to the first window that is painted, shows the sidebar's rows and takes a typed key."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.child import APP, EMPTY, Child
from tests.benchmarks.data import fill
from tests.benchmarks.row import Row

_PAIRS = 9
_CONVERSATIONS = 200
_GOAL = 2.0


def measure() -> list[Row]:
    with TemporaryDirectory() as folder:
        data = Path(folder, "data")
        asyncio.run(fill(data, _CONVERSATIONS))
        _pair(data)  # for the caches of the disk and for the bytecode
        pairs = [_pair(data) for _ in range(_PAIRS)]
    return [Row.of_pairs(f"start, {_CONVERSATIONS} conversations", pairs, "ms", _GOAL)]


def _pair(data: Path) -> tuple[float, float]:
    """Milliseconds of the app and of an empty window, one right after the other."""
    return _start(APP, "start", "--data-dir", str(data)), _start(EMPTY)


def _start(module: str, *arguments: str) -> float:
    with Child(module, *arguments) as child:
        child.hear("ready")
        return child.milliseconds
