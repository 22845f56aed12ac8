"""The Claude models we know and the limits of a request (`resources/models.toml`), joined with what a server offers."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from app.core.fit import Tier
from app.core.resources import resource

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from app.core.own_prices import OwnPrice

STALE: Final = timedelta(days=90)
"""An older table may no longer hold, and says so."""

SOON = timedelta(days=90)
"""How long before a guarantee runs out the person is told."""

# "claude-opus-4-1-20250805", "claude-3-5-sonnet-latest", "anthropic/claude-sonnet-4.5": a version is one or two
# numbers, before or after the line's name; eight digits are a date.
_VERSION = re.compile(r"claude-(?:[a-z]+-)?(\d{1,2})(?:[-.](\d{1,2})(?!\d))?")


def version_of(model_id: str) -> tuple[int, int] | None:
    """Major and minor number of a Claude model's version; None where its id tells none."""
    found = _VERSION.search(model_id)
    return None if found is None else (int(found[1]), int(found[2] or 0))


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
    """Pictures of one request, those of earlier turns included; 0 for a model that takes none."""
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
    own: bool = False
    """Its prices are the person's, not those of our table."""
    derived: tuple[str, ...] = ()
    """Kinds of price that the person did not state: they follow from the input price as they usually do."""

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

    @property
    def picture_bytes(self) -> int:
        """Bytes of one picture, before they become base64."""
        return self.picture_chars // 4 * 3


class ListedModel(NamedTuple):
    """One entry of `GET /v1/models`; everything but the id may be missing (API.md, section 2.1)."""

    id: str
    name: str = ""
    context_window: int | None = None
    max_output: int | None = None
    lifecycle: str = ""
    retires: date | None = None
    takes_pictures: bool = True


class Difference(NamedTuple):
    """A limit that a server names otherwise than we had it. The server's holds."""

    model: str
    """Id."""
    figure: Literal["context_window", "max_output"]
    ours: int
    """Tokens."""
    theirs: int


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
        version = version_of(model_id)
        old = version is not None and version <= self.old_up_to
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

    def listed(self, model: Model, entry: ListedModel) -> Model:
        """Such a model with what a server says of it."""
        name = entry.name if entry.name and model.name == model.id else model.name
        return _with_facts(self.limited(replace(model, name=name), entry.context_window), entry)

    def limited(self, model: Model, context_window: int | None) -> Model:
        """With a window so small it takes fewer pictures."""
        short = context_window is not None and context_window <= self.short_context
        return replace(model, max_images=self.short_context_images) if short else model


class _CacheFactors(NamedTuple):
    """By how much the prices of the cache usually differ from the input price (API.md, section 7)."""

    cache_write_5m: Decimal
    cache_write_1h: Decimal
    cache_read: Decimal


class _Rules(NamedTuple):
    """What the table says of models beside those it lists."""

    tiers: Mapping[str, Tier]
    unknown: _Unknown
    factors: _CacheFactors

    def priced(self, model: Model, own: OwnPrice) -> Model:
        """The model with what the person says of it."""
        stated = {kind: getattr(own, kind) for kind in Prices._fields}
        derived = {kind: own.input * factor for kind, factor in self.factors._asdict().items() if stated[kind] is None}
        prices = Prices(**(stated | derived))
        model = replace(
            model,
            name=own.name or model.name,
            tier=self.tiers[own.tier] if own.tier else model.tier,
            context_window=own.context_window or model.context_window,
            max_output=own.max_output or model.max_output,
            prices=prices,
            long_prompt=_long_prompt(model, prices),
            own=True,
            derived=tuple(derived),
        )
        return model if model.known else self.unknown.limited(model, own.context_window)


class Catalog:
    """Models by id. A catalog is never changed; `with_own` and `joined`, in this order, make the next one."""

    def __init__(
        self,
        models: Iterable[Model],
        limits: Limits,
        as_of: date,
        default_id: str,
        rules: _Rules,
        differences: Iterable[Difference] = (),
    ) -> None:
        self.models = tuple(models)
        """Known models first, newest first; then those the person added; then those only the server knows."""
        self.differences = tuple(differences)
        """Where the server's limits are not those of the table."""
        self.limits = limits
        self.as_of = as_of
        """The day the table was read together."""
        self.default_id = default_id
        self._loaded = self._table = self.models
        self._rules = rules
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
            rules=_Rules(
                tiers,
                _unknown(table["unknown"], tiers, table["retired"]),
                _CacheFactors(*(Decimal(table["cache_factors"][kind]) for kind in _CacheFactors._fields)),
            ),
        )

    def get(self, model_id: str) -> Model:
        """The model of that id or alias; one we do not know has no prices and `known=False`."""
        return self._by_id.get(model_id) or self._rules.unknown.model(model_id)

    @property
    def tiers(self) -> Mapping[str, Tier]:
        """By the names that the table and the person's own prices give them."""
        return self._rules.tiers

    def usual(self, kind: str, input_price: Decimal) -> Decimal:
        """What the cache usually costs at an input price; both in USD per million tokens."""
        factor: Decimal = getattr(self._rules.factors, kind)
        return input_price * factor

    def is_stale(self, today: date) -> bool:
        """Whether prices may have changed since the table was read together."""
        return today - self.as_of > STALE

    def offered(self, today: date) -> tuple[Model, ...]:
        """The models to choose from: offered by the server and not retired."""
        return tuple(m for m in self.models if m.offered and not _is_retired(m, today))

    def with_own(self, own: Mapping[str, OwnPrice]) -> Catalog:
        """The table with the person's prices in place of its own, and the models that they added.

        Nothing is left of what they said earlier, nor of a server's list.
        """
        table = {model.id: model for model in self._loaded}
        names = {name: model.id for model in self._loaded for name in model.aliases}
        for name, price in own.items():
            model_id = names.get(name, name)
            model = table.get(model_id) or self._rules.unknown.model(model_id)
            table[model.id] = self._rules.priced(model, price)
        return self._with(table.values(), table.values())

    def joined(self, listed: Iterable[ListedModel]) -> Catalog:
        """The table with what a server says: its limits and dates win, prices stay ours, unknown models are added.

        Models the server does not list stay, not offered, unless the person added them; a server that lists nothing
        tells nothing. Nothing is left of an earlier server's list.
        """
        entries = {self.get(entry.id).id: entry for entry in listed}
        if not entries:
            return self._with(self._table, self._table)
        unknown = self._rules.unknown
        models, differences = [], []
        for model in self._table:
            if (entry := entries.pop(model.id, None)) is not None:
                differences += _differences(model, entry)
                models.append(_with_facts(model, entry) if model.known else unknown.listed(model, entry))
            else:
                models.append(replace(model, offered=not model.known))
        models += [unknown.listed(unknown.model(entry.id), entry) for entry in entries.values()]
        return self._with(models, self._table, differences)

    def _with(self, models: Iterable[Model], table: Iterable[Model], differences: Iterable[Difference] = ()) -> Catalog:
        catalog = Catalog(models, self.limits, self.as_of, self.default_id, self._rules, differences)
        catalog._loaded, catalog._table = self._loaded, tuple(table)
        return catalog


def _is_retired(model: Model, today: date) -> bool:
    retirement = model.retirement(today)
    return retirement is not None and retirement.kind == "retired"


def _with_facts(model: Model, entry: ListedModel) -> Model:
    """The model with the limits and dates the server gave; what it left out stays."""
    return replace(
        model,
        context_window=entry.context_window or model.context_window,
        max_images=model.max_images if entry.takes_pictures else 0,
        max_output=entry.max_output or model.max_output,
        lifecycle="retired" if model.lifecycle == "retired" else entry.lifecycle or model.lifecycle,
        retires=entry.retires or (None if entry.lifecycle == "active" else model.retires),
    )


def _differences(model: Model, entry: ListedModel) -> list[Difference]:
    figures: tuple[tuple[Literal["context_window", "max_output"], int | None, int | None], ...] = (
        ("context_window", model.context_window, entry.context_window),
        ("max_output", model.max_output, entry.max_output),
    )
    return [
        Difference(model.id, name, ours, theirs) for name, ours, theirs in figures if ours and theirs and ours != theirs
    ]


def _long_prompt(model: Model, prices: Prices) -> LongPrompt | None:
    """The person's prices for long prompts: as much dearer as the table's are."""
    if model.long_prompt is None or model.prices is None:
        return None
    pairs = zip(prices, model.long_prompt.prices, model.prices, strict=True)
    return LongPrompt(model.long_prompt.over_tokens, Prices(*(own * long / usual for own, long, usual in pairs)))


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
