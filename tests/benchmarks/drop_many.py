"""A drop of 100 JPEGs of 12 megapixels at once: two threads against one, first thumbnail, stalls and memory."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.child import APP, Child
from tests.benchmarks.data import MODEL, STANDARD_MODEL, photos
from tests.benchmarks.row import Row

_COUNT = 100
_THREADS_GOAL = 0.60
_THUMBNAIL_GOAL = 3.5
_STALL_GOAL = 50
_MEMORY_GOALS = {STANDARD_MODEL: 80, MODEL: 200}


def measure() -> list[Row]:
    with TemporaryDirectory() as folder:
        paths = [str(path) for path in photos(Path(folder), _COUNT)]
        one = _drop(paths, STANDARD_MODEL, "1")
        return [*_rows(_drop(paths, STANDARD_MODEL), STANDARD_MODEL, one), *_rows(_drop(paths, MODEL), MODEL)]


def _drop(paths: list[str], model: str, threads: str = "") -> dict[str, float]:
    environ = {"BENCHMARK_DROP": json.dumps(paths), "BENCHMARK_THREADS": threads}
    with TemporaryDirectory() as data, Child(APP, "drop", "--data-dir", data, "--model", model, environ=environ) as app:
        taken: dict[str, float] = json.loads(app.hear("prepared"))
    return taken


def _rows(took: dict[str, float], model: str, by_one: dict[str, float] | None = None) -> list[Row]:
    what = f"drop of {_COUNT} photos, {'high' if model == MODEL else 'standard'} tier"
    decode = took["decode"]
    rows = [
        Row.of(f"{what}: first thumbnail, to one decode", took["thumbnail"], decode, "ms", _THUMBNAIL_GOAL),
        Row.of(f"{what}: longest stall", took["stall"], decode, "ms", _STALL_GOAL, absolute=True),
    ]
    if by_one:
        rows.insert(0, Row.of(f"{what}: two threads, to one", took["ready"], by_one["ready"], "ms", _THREADS_GOAL))
    if "peak" in took:  # Linux
        goal = _MEMORY_GOALS[model]
        rows.append(Row.of(f"{what}: peak memory, to before", took["peak"], took["before"], "MB", goal, absolute=True))
    return rows
