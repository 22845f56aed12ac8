"""One figure of a benchmark, beside its reference and its goal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured."""

    what: str
    figure: float
    reference: float
    """What the figure is held against, measured in the same run and the same unit."""
    unit: str
    """"ms" or "MB"."""
    goal: float
    """The most that is allowed: times the reference, or where `absolute`, in the unit."""
    ratio: float
    """Figure to reference; of several pairs the median of their ratios."""
    absolute: bool = False

    @property
    def holds(self) -> bool:
        return (self.figure if self.absolute else self.ratio) <= self.goal

    def to_json(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "figure": round(self.figure, 1),
            "reference": round(self.reference, 1),
            "unit": self.unit,
            "ratio": round(self.ratio, 3),
            "goal": self.goal,
            "goal_is": self.unit if self.absolute else "ratio",
            "verdict": self.verdict,
        }

    @property
    def verdict(self) -> str:
        return "holds" if self.holds else "short"

    @property
    def cells(self) -> tuple[str, ...]:
        """The row of a table, in the order of `HEADINGS`."""
        goal = f"≤ {self.goal:g} {self.unit}" if self.absolute else f"≤ {self.goal:.2f}"
        figure, reference = (f"{value:.1f} {self.unit}" for value in (self.figure, self.reference))
        return self.what, figure, reference, f"{self.ratio:.2f}", goal, self.verdict


HEADINGS = ("what", "figure", "reference", "ratio", "goal", "")
