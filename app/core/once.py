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
        self._known: dict[int, _Known[V, T]] = {}

    def __call__(self, value: V) -> T:
        key = id(value)
        known = self._known.get(key)
        if known is not None and known() is value:
            return known.found
        found = self._work(value)
        known = self._known[key] = _Known(value, self._forget)
        known.key, known.found = key, found
        return found

    def _forget(self, known: weakref.ref[V]) -> None:
        if isinstance(known, _Known):
            self._known.pop(known.key, None)


class _Known(weakref.ref[V], Generic[V, T]):
    """The value and what was found of it, in one object: the garbage collector goes through all that there are."""

    __slots__ = ("found", "key")

    key: int
    found: T
