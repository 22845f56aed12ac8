"""An answer as it comes: the cost of one delta, a steady stream, the first pixels, and 60 KB at full speed.

Reference of a delta: the whole text set as Markdown anew, as a plain text browser has to. Another app for the same,
PyGPT, was measured apart from this: 150 ms to the first pixels, 0.72 s for 60 KB with 22 blocks of code.
"""

from __future__ import annotations

from statistics import median

from tests.benchmarks.row import Row
from tests.benchmarks.transcript import absolute, scene

_SIZES = (15, 60, 240)
"""Kilobytes that have come before."""
_ROUNDS = 3
_EQUAL, _TO_WHOLE, _SHARE, _P99, _GAP, _FIRST, _BURST = 1.15, 0.25, 12, 8, 50, 50, 600


def measure() -> list[Row]:
    whole = scene("whole", _SIZES[0])["took"]
    took = {size: median(scene("update", size)["took"] for _ in range(_ROUNDS)) for size in _SIZES}
    least = min(took.values())
    rows = [Row.of(f"one delta after {_SIZES[0]} KB, to the whole text", took[_SIZES[0]], whole, "ms", _TO_WHOLE)]
    rows += [Row.of(f"one delta after {size} KB, to the cheapest", took[size], least, "ms", _EQUAL) for size in _SIZES]
    steady, anew = scene("steady", 60), scene("steady", 0)
    what = "100 deltas a second after 60 KB"
    first, burst = scene("first"), scene("burst")
    return [
        *rows,
        Row.of(f"{what}: of one core, to a new answer", steady["share"], anew["share"], "%", _SHARE, absolute=True),
        absolute(f"{what}: gap, 99 of 100", steady["p99"], "ms", _P99),
        absolute(f"{what}: longest gap", steady["gap"], "ms", _GAP),
        absolute("first delta to pixels", first["took"], "ms", _FIRST),
        absolute("60 KB with 22 blocks of code: to its end painted", burst["took"], "ms", _BURST),
        absolute("60 KB with 22 blocks of code: longest gap", burst["gap"], "ms", _GAP),
    ]
