"""What is worked out of a value once, and kept for as long as the value lives."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Generic, TypeVar

V = TypeVar("V")
T = TypeVar("T")


class Once(Generic[V, T]):
    """A function that remembers, for values that never change and yet cannot be hashed, as those that hold JSON.

    A value is known by being the same object; nothing is kept alive here.
    """

    def __init__(self, work: Callable[[V], T]) -> None:
        self._work = work
        self._known: dict[int, tuple[weakref.ref[V], T]] = {}

    def __call__(self, value: V) -> T:
        key = id(value)
        known = self._known.get(key)
        if known is not None and known[0]() is value:
            return known[1]
        found = self._work(value)
        self._known[key] = weakref.ref(value, lambda _: self._known.pop(key, None)), found
        return found
