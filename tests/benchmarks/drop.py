"""A drop of 20 JPEGs of 12 megapixels: to all badges, to all ready, and the longest stall of the event loop.

So many are taken without asking; `drop_many` drops more.
"""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.child import APP, Child
from tests.benchmarks.data import photos
from tests.benchmarks.row import Row

_COUNT = 20
_BADGES_GOAL = 0.1
_READY_GOAL = 0.75
"""One picture after the other takes 1. Two threads on two cores come to 0.6, and each file is copied and synced."""
_STALL_GOAL = 50


def measure() -> list[Row]:
    with TemporaryDirectory() as folder:
        paths = [str(path) for path in photos(Path(folder), _COUNT)]
        environ = {"BENCHMARK_DROP": json.dumps(paths)}
        with Child(APP, "drop", "--data-dir", str(Path(folder, "data")), environ=environ) as child:
            took = json.loads(child.hear("prepared"))
    one = took["one"]
    return [
        Row.of(f"drop of {_COUNT} photos: to all badges", took["badges"], one * _COUNT, "ms", _BADGES_GOAL),
        Row.of(f"drop of {_COUNT} photos: to all ready", took["ready"], one * _COUNT, "ms", _READY_GOAL),
        Row.of(f"drop of {_COUNT} photos: longest stall", took["stall"], one, "ms", _STALL_GOAL, absolute=True),
    ]
