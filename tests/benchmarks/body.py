"""The body of a conversation with 30 MB of pictures: streamed as the app does, against httpx's own `json=`."""

from __future__ import annotations

import json

from tests.benchmarks.child import Child
from tests.benchmarks.row import Row, Unit

_TIME_GOAL, _STALL_GOAL, _MEMORY_GOAL = 0.15, 5, 5


def measure() -> list[Row]:
    with Child("sink") as server:
        address = server.hear("listening")
        with Child("sender", address) as child:
            took = json.loads(child.hear("sent"))
    what = f"body of {took['megabytes']:.0f} MB, streamed"
    rows = [
        Row.of_pairs(f"{what}, to json=", took["pairs"], "ms", _TIME_GOAL),
        _absolute(f"{what}: longest stall, to json='s", took["stalls"], "ms", _STALL_GOAL),
    ]
    if "peaks" in took:  # Linux
        rows.append(_absolute(f"{what}: peak memory, to json='s", took["peaks"], "MB", _MEMORY_GOAL))
    return rows


def _absolute(what: str, figures: list[float], unit: Unit, goal: float) -> Row:
    ours, theirs = figures
    return Row.of(what, ours, theirs, unit, goal, absolute=True)
