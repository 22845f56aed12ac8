"""What the person says models cost, and models that they add: kept in the settings, apart from our table.

The file's form, by model id; prices are USD per million tokens, as text so that they stay exact:

    {"my-model": {"input": "1.5", "output": "7.5", "cache_write_5m": "1.9", "cache_write_1h": "3", "cache_read": "0.2",
                  "name": "My model", "context_window": 200000, "max_output": 64000, "tier": "standard"}}

All but `input` and `output` may be missing.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any, Final, Literal

from app.core.message import JSON

_log = logging.getLogger(__name__)

CACHE_KINDS: Final = ("cache_write_5m", "cache_write_1h", "cache_read")
"""Prices that follow from the input price where they are missing."""

_PRICES: Final = ("input", "output", *CACHE_KINDS)
_PRICE: Final = re.compile(r"\d{1,6}(\.\d{1,12})?", re.ASCII)
_COUNTS: Final = ("context_window", "max_output")
_MOST_TOKENS: Final = 1_000_000_000
_TIERS: Final = frozenset({"high", "standard"})
_LONGEST_ID: Final = 200
"""Characters."""
_LONGEST_NAME: Final = 100


@dataclass(frozen=True, slots=True)
class OwnPrice:
    """One model's prices in USD per million tokens, and for a model that we do not know what else is to be known."""

    input: Decimal
    output: Decimal
    cache_write_5m: Decimal | None = None
    """None: it follows from the input price. The same for the two after it."""
    cache_write_1h: Decimal | None = None
    cache_read: Decimal | None = None
    name: str = ""
    """Empty: as we or the server call it."""
    context_window: int | None = None
    """Tokens; None: not known. What a server says of itself comes before it, as before our table."""
    max_output: int | None = None
    """Tokens."""
    tier: Literal["", "high", "standard"] = ""
    """In what size pictures are looked at; empty: as we assume."""


def read(stored: JSON) -> dict[str, OwnPrice]:
    """The prices of the settings, by model id. Never raises: what cannot be used is left out and logged, one by one."""
    found = {}
    for model_id, entry in stored.items():
        if not model_id.strip() or len(model_id) > _LONGEST_ID or not model_id.isprintable():
            _log.warning("own price: %.60r is no model's id", model_id)
        elif not isinstance(entry, dict):
            _log.warning("own price of %r: not an object", model_id)
        elif (price := _read(model_id, entry)) is not None:
            found[model_id] = price
    return found


def write(prices: Mapping[str, OwnPrice]) -> JSON:
    """What `read` reads."""
    return {model_id: _written(price) for model_id, price in prices.items()}


def _read(model_id: str, entry: Mapping[str, Any]) -> OwnPrice | None:
    """None where a price that has to be there is not, or is not usable."""
    known: dict[str, Any] = {}
    for key, value in entry.items():
        if not _fits(key, value):
            _log.warning("own price of %r: %.60r cannot be %.60r", model_id, key, value)
        else:
            known[key] = Decimal(value) if key in _PRICES else value
    if lacking := [key for key in ("input", "output") if key not in known]:
        _log.warning("own price of %r is left out: no usable %s", model_id, " and ".join(lacking))
        return None
    return OwnPrice(**known)


def _fits(key: str, value: object) -> bool:
    if key in _PRICES:
        return isinstance(value, str) and _PRICE.fullmatch(value) is not None
    if key in _COUNTS:
        return type(value) is int and 0 < value <= _MOST_TOKENS  # JSON's true would pass for the number 1
    if key == "name":
        return isinstance(value, str) and len(value) <= _LONGEST_NAME
    return key == "tier" and isinstance(value, str) and value in _TIERS


def _written(price: OwnPrice) -> JSON:
    facts = {field.name: getattr(price, field.name) for field in fields(OwnPrice)}
    stated = {key: value for key, value in facts.items() if value not in (None, "")}
    return {key: f"{value:f}" if isinstance(value, Decimal) else value for key, value in stated.items()}
