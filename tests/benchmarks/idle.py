"""Memory of the app when it has warmed up and nothing is done with it, against an empty window's."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.child import APP, EMPTY, Child
from tests.benchmarks.data import fill
from tests.benchmarks.row import Row

_CONVERSATIONS = 200
_GOAL = 1.6


def measure() -> list[Row]:
    with TemporaryDirectory() as folder:
        data = Path(folder, "data")
        asyncio.run(fill(data, _CONVERSATIONS))
        pairs = [(_app(data), empty_window()) for _ in range(3)]
    return [Row.of_pairs("memory at idle", pairs, "MB", _GOAL)]


def empty_window() -> float:
    """Megabytes of the reference."""
    with Child(EMPTY) as child:
        child.hear("ready")
        return child.megabytes


def _app(data: Path) -> float:
    with Child(APP, "idle", "--data-dir", str(data)) as child:
        child.hear("idle")
        return child.megabytes
