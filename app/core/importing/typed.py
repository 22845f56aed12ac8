"""Values of strangers made into ours: every fact is of the type that the class says, or it is left out and counted."""

from __future__ import annotations

import types
from collections import Counter
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from math import isfinite
from typing import Any, Final, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from app.core.message import well_formed

T = TypeVar("T")

Counts = Counter[str]
"""What could not be taken, by kind: see `app.core.importing.reading`."""

_WHOLE: Final = 1 << 53
_LATEST: Final = 253_402_300_799.0
"""Seconds since the epoch: the end of the year 9999, after which no calendar here goes on."""
_ZEROS: Final[dict[Any, Any]] = {str: "", int: 0, float: 0.0, bool: False}


class Unfit(ValueError):
    """It is not of the type."""


def made(kind: type[T], facts: Mapping[str, Any], left_out: Counts, *, ignored: frozenset[str] = frozenset()) -> T:
    """An object of a dataclass: a fact that is missing or unfit gets its usual value, and what is unfit or unknown is
    counted as a "fact". The `ignored` are known to whoever asks.
    """
    hints = _hints(cast(Any, kind))
    values = {}
    for field in fields(kind):  # type: ignore[arg-type]  # a dataclass, which has no type of its own
        if field.name in facts and field.name not in ignored:
            try:
                values[field.name] = fit(facts[field.name], hints[field.name])
                continue
            except Unfit:
                left_out["fact"] += 1
        if field.default is MISSING and field.default_factory is MISSING:
            values[field.name] = _ZEROS.get(hints[field.name])
    left_out["fact"] += sum(name not in hints and name not in ignored for name in facts)
    return kind(**values)


def fit(value: Any, hint: Any) -> Any:
    """The value as the type has it. Numbers are not negative, whole ones below 2^53. Raises Unfit."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return None if value is None else fit(value, next(a for a in arguments if a is not type(None)))
    if origin is Literal:
        return _require(value, isinstance(value, str | int) and value in arguments)
    if origin is tuple:
        return _tuple(value, arguments)
    if origin is dict:
        return _require(value, isinstance(value, dict))
    if hint is str:
        return well_formed(_require(value, isinstance(value, str)))
    if hint is bool:
        return _require(value, isinstance(value, bool))
    if hint is int:
        return _require(value, isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _WHOLE)
    if hint is float:
        known = isinstance(value, int | float) and not isinstance(value, bool)
        return float(_require(value, known and 0 <= value <= _LATEST and isfinite(value)))
    if is_dataclass(hint):
        return _strict(hint, value)
    if isinstance(hint, type) and issubclass(hint, tuple):
        return hint(*_tuple(value, tuple(_hints(hint).values())))
    raise Unfit


def _strict(hint: Any, value: Any) -> Any:
    """An object of a dataclass of which every fact fits. What it does not know is nothing to it."""
    hints = _hints(hint)
    known = {name: each for name, each in _require(value, isinstance(value, dict)).items() if name in hints}
    try:
        return hint(**{name: fit(each, hints[name]) for name, each in known.items()})
    except TypeError as error:
        raise Unfit from error


def _tuple(value: Any, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    _require(value, isinstance(value, list))
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return tuple(fit(each, arguments[0]) for each in value)
    _require(value, len(value) == len(arguments))
    return tuple(fit(each, hint) for each, hint in zip(value, arguments, strict=True))


def _require(value: Any, holds: bool) -> Any:
    if not holds:
        raise Unfit
    return value


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)
