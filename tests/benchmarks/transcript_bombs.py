"""Very long answers and layout bombs: how long the window is held up while they are shown and looked through."""

from __future__ import annotations

from tests.benchmarks.row import Row
from tests.benchmarks.transcript import absolute, scene
from tests.layout_bombs import BOMBS

_GAP = 100
_TOGETHER = 20
"""Bombs shown by one process."""
_WORST = 10


def measure() -> list[Row]:
    """The giants, each, and of the bombs the worst ten."""
    rows = [absolute(f"{name}: longest gap", gap, "ms", _GAP) for name, gap in scene("giants").items()]
    found = [one for first in range(0, len(BOMBS), _TOGETHER) for one in scene("bombs", first, _TOGETHER)]
    gaps = [
        (gap, f"{name}, {how}") for name, *both in found for how, gap in zip(("whole", "streamed"), both, strict=True)
    ]
    held = sum(gap <= _GAP for gap, _ in gaps)
    worst = sorted(gaps, reverse=True)[:_WORST]
    return [
        *rows,
        *(absolute(f"bomb: {name}: longest gap", gap, "ms", _GAP) for gap, name in worst),
        Row.of(f"layout bombs within {_GAP} ms", 100 * held / len(gaps), 100, "%", 100, absolute=True, least=True),
    ]
