"""The Claude models we know and the limits of a request (`resources/models.toml`), joined with what a server offers."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from app.core.fit import Tier
from app.core.resources import resource

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

SOON = timedelta(days=90)
"""How long before a guarantee runs out the person is told."""

# "claude-opus-4-1-20250805", "claude-3-5-sonnet-latest", "anthropic/claude-sonnet-4.5": a version is one or two
# numbers, before or after the line's name; eight digits are a date.
_VERSION = re.compile(r"claude-(?:[a-z]+-)?(\d{1,2})(?:[-.](\d{1,2})(?!\d))?")


class Prices(NamedTuple):
    """US dollars per million tokens."""

    input: Decimal
    output: Decimal
    """Thinking is part of the output."""
    cache_write_5m: Decimal
    cache_write_1h: Decimal
    cache_read: Decimal


class LongPrompt(NamedTuple):
    """The prices of a whole request, output included, whose prompt is longer than `over_tokens` (API.md, section 2)."""

    over_tokens: int
    prices: Prices


class Retirement(NamedTuple):
    """What is known of a model's end.

    "retired": it answers no more, since `day` where that is known. "announced": it stops on `day`.
    "possible": it is guaranteed until `day` only, which is near or past; nothing is announced.
    """

    kind: Literal["retired", "announced", "possible"]
    day: date | None


@dataclass(frozen=True, slots=True)
class Model:
    """One model: what it takes, what it costs, how long it stays."""

    id: str
    name: str
    """As people call it; the id where no better is known."""
    tier: Tier
    max_images: int
    """Pictures of one request, those of earlier turns included."""
    min_cacheable: int
    """Tokens; a shorter prompt is not cached and is billed at the input price."""
    context_window: int | None = None
    """Tokens of prompt and answer together."""
    max_output: int | None = None
    """The largest `max_tokens`."""
    prices: Prices | None = None
    """None: unknown, and never guessed."""
    long_prompt: LongPrompt | None = None
    lifecycle: str = "active"
    """"active", "deprecated", "retired", or the server's own word."""
    released: date | None = None
    retires: date | None = None
    """The announced day."""
    guaranteed_until: date | None = None
    """It is not retired sooner than this."""
    thinking: Literal["always", "on", "off"] | None = None
    """What happens when a request says nothing about thinking."""
    efforts: tuple[str, ...] = ()
    default_effort: str | None = None
    line: str = ""
    """"opus", "sonnet", …"""
    aliases: tuple[str, ...] = ()
    known: bool = True
    """It is in our table."""
    offered: bool = True
    """False when the server's list lacks it."""

    def prices_for(self, prompt_tokens: int) -> Prices | None:
        """The prices of a request whose whole prompt (input, cache write and cache read) is that long."""
        if self.long_prompt is not None and prompt_tokens > self.long_prompt.over_tokens:
            return self.long_prompt.prices
        return self.prices

    def retirement(self, today: date) -> Retirement | None:
        """None while there is nothing to tell: no end announced, and no guarantee that runs out `SOON`."""
        if self.lifecycle == "retired" or (self.retires is not None and self.retires <= today):
            return Retirement("retired", self.retires)
        if self.retires is not None:
            return Retirement("announced", self.retires)
        if self.guaranteed_until is not None and self.guaranteed_until - today <= SOON:
            return Retirement("possible", self.guaranteed_until)
        return None


class Limits(NamedTuple):
    """What the API refuses, whatever the model (API.md, section 1.5)."""

    max_edge: int
    """Pixels, either side of a picture."""
    many_images: int
    """With more pictures than this in a request, `many_edge` holds for each."""
    many_edge: int
    """Pixels, either side."""
    picture_chars: int
    """Base64 characters of one picture."""
    request_bytes: int
    """Bytes of the whole body."""


class ListedModel(NamedTuple):
    """One entry of `GET /v1/models`; everything but the id may be missing (API.md, section 2.1)."""

    id: str
    name: str = ""
    context_window: int | None = None
    max_output: int | None = None
    lifecycle: str = ""
    retires: date | None = None


class _Unknown(NamedTuple):
    """What is assumed of a model that is not in the table."""

    tier: Tier
    old_tier: Tier
    old_up_to: tuple[int, int]
    """The last version, major and minor, of the old tier."""
    max_images: int
    short_context: int
    short_context_images: int
    min_cacheable: int
    retired: tuple[tuple[str, date | None], ...]
    """Ids that answer no more, `*` for any ending, each with its day."""

    def model(self, model_id: str) -> Model:
        version = _VERSION.search(model_id)
        old = version is not None and (int(version[1]), int(version[2] or 0)) <= self.old_up_to
        model = Model(
            model_id,
            name=model_id,
            tier=self.old_tier if old else self.tier,
            max_images=self.max_images,
            min_cacheable=self.min_cacheable,
            known=False,
        )
        for pattern, day in self.retired:
            if fnmatchcase(model_id, pattern):
                return replace(model, lifecycle="retired", retires=day)
        return model

    def listed(self, entry: ListedModel) -> Model:
        model = self.model(entry.id)
        if entry.context_window is not None and entry.context_window <= self.short_context:
            model = replace(model, max_images=self.short_context_images)
        return _with_facts(replace(model, name=entry.name or entry.id), entry)


class Catalog:
    """Models by id. A catalog is never changed; `joined` makes the next one."""

    def __init__(
        self, models: Iterable[Model], limits: Limits, as_of: date, default_id: str, unknown: _Unknown
    ) -> None:
        self.models = tuple(models)
        """Known models first, newest first; then those only the server knows, in its order."""
        self.limits = limits
        self.as_of = as_of
        """The day the table was read together."""
        self.default_id = default_id
        self._table = self.models
        self._unknown = unknown
        self._by_id = {name: model for model in self.models for name in (model.id, *model.aliases)}

    @classmethod
    def load(cls, path: Path | None = None) -> Catalog:
        """Read the table of `path`, or the one that came with the app."""
        table = tomllib.loads((path or resource("models.toml")).read_text("utf-8"))
        tiers = {name: Tier(**numbers) for name, numbers in table["tiers"].items()}
        return cls(
            (_model(row, tiers) for row in table["models"]),
            Limits(**table["limits"]),
            as_of=table["as_of"],
            default_id=table["default"],
            unknown=_unknown(table["unknown"], tiers, table["retired"]),
        )

    def get(self, model_id: str) -> Model:
        """The model of that id or alias; one we do not know has no prices and `known=False`."""
        return self._by_id.get(model_id) or self._unknown.model(model_id)

    def offered(self, today: date) -> tuple[Model, ...]:
        """The models to choose from: offered by the server and not retired."""
        return tuple(m for m in self.models if m.offered and not _is_retired(m, today))

    def joined(self, listed: Iterable[ListedModel]) -> Catalog:
        """The table with what a server says: its limits and dates win, prices stay ours, unknown models are added.

        Models the server does not list stay, not offered; a server that lists nothing tells nothing. Nothing is left of
        an earlier server's list.
        """
        entries = {self.get(entry.id).id: entry for entry in listed}
        if not entries:
            return self._with(self._table)
        models = [
            _with_facts(model, entries.pop(model.id)) if model.id in entries else replace(model, offered=False)
            for model in self._table
        ]
        models += [self._unknown.listed(entry) for entry in entries.values()]
        return self._with(models)

    def _with(self, models: Iterable[Model]) -> Catalog:
        catalog = Catalog(models, self.limits, self.as_of, self.default_id, self._unknown)
        catalog._table = self._table
        return catalog


def _is_retired(model: Model, today: date) -> bool:
    retirement = model.retirement(today)
    return retirement is not None and retirement.kind == "retired"


def _with_facts(model: Model, entry: ListedModel) -> Model:
    """The model with the limits and dates the server gave; what it left out stays."""
    return replace(
        model,
        context_window=entry.context_window or model.context_window,
        max_output=entry.max_output or model.max_output,
        lifecycle="retired" if model.lifecycle == "retired" else entry.lifecycle or model.lifecycle,
        retires=entry.retires or (None if entry.lifecycle == "active" else model.retires),
    )


def _model(row: Mapping[str, Any], tiers: Mapping[str, Tier]) -> Model:
    # `notes`, `uncertain` and `sources` are for those who keep the table.
    facts = {key: value for key, value in row.items() if key not in {"notes", "uncertain", "sources"}}
    facts["tier"] = tiers[row["tier"]]
    facts["prices"] = _prices(row["prices"])
    if band := row.get("long_prompt"):
        facts["long_prompt"] = LongPrompt(band["over_tokens"], _prices(band))
    for key in ("aliases", "efforts"):
        facts[key] = tuple(row.get(key, ()))
    return Model(**facts)


def _prices(row: Mapping[str, Any]) -> Prices:
    return Prices(
        *(Decimal(row[kind]) for kind in ("input", "output", "cache_write_5m", "cache_write_1h", "cache_read"))
    )


def _unknown(row: Mapping[str, Any], tiers: Mapping[str, Tier], retired: Iterable[Mapping[str, Any]]) -> _Unknown:
    major, minor = row["old_up_to"]
    return _Unknown(
        tier=tiers[row["tier"]],
        old_tier=tiers[row["old_tier"]],
        old_up_to=(major, minor),
        max_images=row["max_images"],
        short_context=row["short_context"],
        short_context_images=row["short_context_images"],
        min_cacheable=row["min_cacheable"],
        retired=tuple((entry["id"], entry.get("retires")) for entry in retired),
    )
