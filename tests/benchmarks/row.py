"""One figure of a benchmark, beside its reference and its goal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal, Self


@dataclass(frozen=True, slots=True)
class Row:
    what: str
    figure: float
    reference: float
    """What the figure is held against, measured in the same run."""
    unit: Literal["ms", "MB"]
    """Of figure and reference; MB are 10⁶ bytes."""
    goal: float
    """The most allowed: of the ratio, or where `absolute` of the figure."""
    ratio: float
    """Figure to reference; of several pairs the median of their ratios."""
    absolute: bool = False

    @classmethod
    def of(
        cls,
        what: str,
        figure: float,
        reference: float,
        unit: Literal["ms", "MB"],
        goal: float,
        *,
        absolute: bool = False,
    ) -> Self:
        """A row of a single measurement."""
        return cls(what, figure, reference, unit, goal, figure / reference, absolute)

    @classmethod
    def of_pairs(cls, what: str, pairs: Sequence[tuple[float, float]], unit: Literal["ms", "MB"], goal: float) -> Self:
        """A row of figures measured in turn with their references: medians, also of the ratios pair by pair."""
        figure, reference = (median(column) for column in zip(*pairs, strict=True))
        return cls(what, figure, reference, unit, goal, median(one / other for one, other in pairs))

    @property
    def verdict(self) -> Literal["holds", "short"]:
        return "holds" if (self.figure if self.absolute else self.ratio) <= self.goal else "short"

    def to_json(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "figure": round(self.figure, 1),
            "reference": round(self.reference, 1),
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
        goal = f"≤ {row.goal:g} {row.unit}" if row.absolute else f"≤ {row.goal:.2f}"
        figures = f"{row.figure:.0f} {row.unit}", f"{row.reference:.0f} {row.unit}", f"{row.ratio:.2f}"
        cells.append((row.what, *figures, goal, row.verdict))
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    return "\n".join(
        "  ".join(
            text.ljust(width) if column in {0, 5} else text.rjust(width)
            for column, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    )
