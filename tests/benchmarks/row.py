"""One figure of a benchmark, beside its reference and its goal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal, Self

Unit = Literal["ms", "µs", "MB", "dB", "%"]
"""MB are 10⁶ bytes."""


@dataclass(frozen=True, slots=True)
class Row:
    what: str
    figure: float
    reference: float
    """What the figure is held against, measured in the same run."""
    unit: Unit
    """Of figure and reference."""
    goal: float | None
    """The most allowed, or where `least` the least: of the ratio, or where `absolute` of the figure. None: no goal."""
    ratio: float
    """Figure to reference; of several pairs the median of their ratios."""
    absolute: bool = False
    least: bool = False

    @classmethod
    def of(
        cls,
        what: str,
        figure: float,
        reference: float,
        unit: Unit,
        goal: float | None,
        *,
        absolute: bool = False,
        least: bool = False,
    ) -> Self:
        """A row of a single measurement."""
        ratio = figure / reference if reference else 0.0
        return cls(what, figure, reference, unit, goal, ratio, absolute, least)

    @classmethod
    def of_pairs(cls, what: str, pairs: Sequence[Sequence[float]], unit: Unit, goal: float | None) -> Self:
        """A row of figures measured in turn with their references: medians, also of the ratios pair by pair."""
        figure, reference = (median(column) for column in zip(*pairs, strict=True))
        return cls(what, figure, reference, unit, goal, median(one / other for one, other in pairs))

    @property
    def verdict(self) -> Literal["holds", "short", ""]:
        if self.goal is None:
            return ""
        judged = self.figure if self.absolute else self.ratio
        return "holds" if (judged >= self.goal if self.least else judged <= self.goal) else "short"

    @property
    def goal_in_words(self) -> str:
        if self.goal is None:
            return "–"
        bound = "≥" if self.least else "≤"
        return f"{bound} {self.goal:.3g} {self.unit}" if self.absolute else f"{bound} {self.goal:.2f}"

    def to_json(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "figure": round(self.figure, 3),
            "reference": round(self.reference, 3),
            "unit": self.unit,
            "ratio": round(self.ratio, 3),
            "goal": self.goal,
            "goal_of": "figure" if self.absolute else "ratio",
            "verdict": self.verdict,
        }


def table(rows: Sequence[Row]) -> str:
    """The rows as text, a line each under a heading."""
    cells = [("what", "figure", "reference", "ratio", "goal", "")]
    for row in rows:
        figures = f"{_short(row.figure)} {row.unit}", f"{_short(row.reference)} {row.unit}", f"{row.ratio:.2f}"
        cells.append((row.what, *figures, row.goal_in_words, row.verdict))
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    return "\n".join(
        "  ".join(
            text.ljust(width) if column in {0, 5} else text.rjust(width)
            for column, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    )


def _short(value: float) -> str:
    """With as many decimals as tell something."""
    if abs(value) >= 100 or value == round(value):
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 1 else f"{value:.2f}"
