"""The conversation on screen: opened, made narrower, wheeled through; and opened from the sidebar, as it is stored.

References: the longest gap of an idle window, and the same with a tenth of the messages.
"""

from __future__ import annotations

import asyncio
import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.benchmarks.child import APP, Child
from tests.benchmarks.data import fill, fill_long
from tests.benchmarks.row import Row, Unit

_FEW, _MANY = 1_000, 10_000
_OPEN, _MEMORY, _GROWTH, _WIDTH, _CLICK = 60, 15, 1.3, 30, 150
_P99, _GAP = 8, 50


def measure() -> list[Row]:
    rows = []
    found = {count: scene("opening", count) for count in (_FEW, _MANY)}
    for count, opened in found.items():
        what = f"open {count:,} messages"
        rows += [
            absolute(f"{what}: to the first paint", opened["took"], "ms", _OPEN),
            absolute(f"{what}: memory", opened["memory"], "MB", _MEMORY),
            absolute(f"{what}: memory when all is calm", opened["later"], "MB", _MEMORY),
            absolute(f"{what}: longest gap", opened["gap"], "ms", _GAP),
        ]
    what = f"open {_MANY:,} messages, to {_FEW:,}"
    rows.append(Row.of(what, found[_MANY]["took"], found[_FEW]["took"], "ms", _GROWTH))
    narrowed = scene("width", _MANY)
    rows.append(absolute(f"another width at {_MANY:,} messages", narrowed["took"], "ms", _WIDTH))
    return rows + _clicks()


def scrolling() -> list[Row]:
    """The wheel, two and a half seconds up and as long down, then jumps of the scroll bar."""
    found = scene("scrolling", _MANY)
    what = f"wheel at {_MANY:,} messages"
    return [
        absolute(f"{what}: gap, 99 of 100", found["p99"], "ms", _P99),
        absolute(f"{what}: longest gap", found["gap"], "ms", _GAP),
        absolute(f"jump at {_MANY:,} messages", found["jump"], "ms", None),
        absolute("memory after wheel and jumps", found["memory"], "MB", None),
    ]


def scene(name: str, *numbers: int) -> Any:
    """What a scene of `transcript_scenes` found out, in a process of its own."""
    with Child("transcript_window", name, *map(str, numbers)) as child:
        return json.loads(child.hear("measured"))


@cache
def empty() -> float:
    """The longest gap of a window in which nothing happens, in milliseconds."""
    return float(scene("idle")["gap"])


def absolute(what: str, figure: float, unit: Unit, goal: float | None) -> Row:
    """A figure with a goal of its own, beside the longest gap of an idle window."""
    return Row.of(what, figure, empty(), unit, goal, absolute=True)


def _clicks() -> list[Row]:
    """On a stored conversation, in the app's own window: the first one that is opened, and a later one."""
    rows = []
    with TemporaryDirectory() as folder:
        data = Path(folder, "data")
        asyncio.run(fill(data, 20))
        asyncio.run(fill_long(data, _MANY))
        for watch, which in (("click", "a later one"), ("first_click", "the first one")):
            with Child(APP, watch, "--data-dir", str(data)) as child:
                took = json.loads(child.hear("opened"))
            what = f"sidebar click, {_MANY:,} stored messages, {which}"
            rows += [
                absolute(f"{what}: to its end painted", took["took"], "ms", _CLICK),
                absolute(f"{what}: longest gap until all is there", took["gap"], "ms", _GAP),
            ]
    return rows
