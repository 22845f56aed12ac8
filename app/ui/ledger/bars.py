"""The bars of the ledger's chart: cost by day, month or year, stacked by model, and the lines behind them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Final, Literal, NamedTuple

from app.core.ledger import Group

MOST: Final = 60
"""Bars."""
OTHERS: Final = "\0others"
"""Stands for the models that have no colour of their own."""
SERIES: Final = 6
"""Models that have."""

Step = Literal["day", "month", "year"]


class Bar(NamedTuple):
    begins: date
    parts: tuple[Decimal, ...]
    """USD of each series, the one at the foot first."""
    exact: bool

    @property
    def whole(self) -> Decimal:
        return sum(self.parts, Decimal(0))


class Bars(NamedTuple):
    step: Step
    series: tuple[str, ...]
    """Ids of models, the dearest first; the last may be OTHERS."""
    bars: tuple[Bar, ...]

    @property
    def top(self) -> Decimal:
        return max((bar.whole for bar in self.bars), default=Decimal(0))


def stacked(groups: Sequence[Group], first: date | None, last: date | None) -> Bars:
    """Bars from groups by day and model. Days without requests are bars too, from `first` to `last` where given."""
    found = [date.fromisoformat(group.key) for group in groups]
    begins = min([*found, *([first] if first else [])], default=None)
    ends = max([*found, *([last] if last else [])], default=None)
    if begins is None or ends is None:
        return Bars("day", (), ())
    step = _step(begins, ends)
    series = _series(groups)
    sums: dict[tuple[date, str], Decimal] = defaultdict(Decimal)
    inexact = set()
    for group, day in zip(groups, found, strict=True):
        place = _opening(day, step)
        sums[place, group.model if group.model in series else OTHERS] += group.cost
        if not group.exact:
            inexact.add(place)
    bars = tuple(
        Bar(place, tuple(sums[place, model] for model in series), place not in inexact)
        for place in _places(begins, ends, step)
    )
    return Bars(step, series, bars)


def _step(begins: date, ends: date) -> Step:
    if (ends - begins).days < MOST:
        return "day"
    return "month" if (ends.year - begins.year) * 12 + ends.month - begins.month < MOST else "year"


def _series(groups: Iterable[Group]) -> tuple[str, ...]:
    costs: dict[str, Decimal] = defaultdict(Decimal)
    for group in groups:
        costs[group.model] += group.cost
    dearest = sorted((model for model in costs if costs[model]), key=lambda model: (-costs[model], model))
    return (*dearest[:SERIES], *([OTHERS] if len(dearest) > SERIES else []))


def _opening(day: date, step: Step) -> date:
    match step:
        case "day":
            return day
        case "month":
            return day.replace(day=1)
        case "year":
            return day.replace(month=1, day=1)


def _places(begins: date, ends: date, step: Step) -> Iterable[date]:
    place = _opening(begins, step)
    while place <= ends:
        yield place
        match step:
            case "day":
                place += timedelta(1)
            case "month":
                place = (place + timedelta(32)).replace(day=1)
            case "year":
                place = place.replace(year=place.year + 1)


def scale(top: Decimal, lines: int = 3) -> list[Decimal]:
    """Round amounts for the lines behind the bars, from the lowest above 0 to one that no bar passes."""
    if not top:
        return []
    rough = top / lines
    unit = Decimal(1).scaleb(rough.adjusted())
    step = next(unit * factor for factor in (1, 2, Decimal("2.5"), 5, 10) if unit * factor >= rough)
    count = int((top / step).to_integral_value(ROUND_CEILING))
    return [step * number for number in range(1, count + 1)]
