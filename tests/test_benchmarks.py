"""What the benchmarks say of a figure."""

from __future__ import annotations

from tests.benchmarks.row import Row, table


def test_a_ratio_at_its_goal_holds_and_one_above_falls_short() -> None:
    assert Row.of("start", 200, 100, "ms", 2.0).verdict == "holds"
    assert Row.of("start", 201, 100, "ms", 2.0).verdict == "short"


def test_an_absolute_goal_is_held_against_the_figure_itself() -> None:
    assert Row.of("stall", 50, 10, "ms", 50, absolute=True).verdict == "holds"
    assert Row.of("stall", 51, 500, "ms", 50, absolute=True).verdict == "short"


def test_the_table_has_a_line_for_each_row_under_its_heading() -> None:
    lines = table([Row.of("start", 200, 100, "ms", 2.0), Row.of("stall", 60, 30, "ms", 50, absolute=True)]).splitlines()
    assert lines[0].split() == ["what", "figure", "reference", "ratio", "goal"]
    assert lines[1].split() == ["start", "200", "ms", "100", "ms", "2.00", "≤", "2.00", "holds"]
    assert lines[2].split() == ["stall", "60", "ms", "30", "ms", "2.00", "≤", "50", "ms", "short"]


def test_as_json_a_row_says_what_its_goal_is_of() -> None:
    facts = Row.of("stall", 51, 500, "ms", 50, absolute=True).to_json()
    assert (facts["ratio"], facts["goal_of"], facts["verdict"]) == (0.102, "figure", "short")
