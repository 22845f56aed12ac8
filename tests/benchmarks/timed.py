"""Work timed side by side, so that a busy moment of the machine meets what is compared alike."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter


def in_turn(*works: Callable[[], object], rounds: int, calls: int = 1) -> list[tuple[float, ...]]:
    """Milliseconds of each work in each round: one after the other, in turn forwards and backwards, after a warm-up.

    Each figure is the mean of so many calls.
    """
    for work in works:
        work()
    taken = []
    for count in range(rounds):
        order = range(len(works)) if count % 2 == 0 else range(len(works) - 1, -1, -1)
        took = {index: _took(works[index], calls) for index in order}
        taken.append(tuple(took[index] for index in range(len(works))))
    return taken


def _took(work: Callable[[], object], calls: int) -> float:
    began = perf_counter()
    for _ in range(calls):
        work()
    return (perf_counter() - began) * 1000 / calls
