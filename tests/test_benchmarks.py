"""What the benchmarks say of a figure."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

from tests.benchmarks.row import Row, table
from tests.benchmarks.timed import in_turn

PACKAGING = Path(__file__).resolve().parent.parent / "packaging"
LOCK, BENCH_LOCK = (
    (PACKAGING / name).read_text(encoding="utf-8") for name in ("requirements.txt", "requirements-bench.txt")
)
GROUPS = tomllib.loads((PACKAGING.parent / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]


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


def test_a_goal_may_be_the_least_that_is_wanted() -> None:
    assert Row.of("exactness", 50, 57, "dB", 50, absolute=True, least=True).verdict == "holds"
    short = Row.of("exactness", 49.9, 57, "dB", 50, absolute=True, least=True)
    assert (short.verdict, short.goal_in_words) == ("short", "≥ 50 dB")


def test_without_a_goal_there_is_no_verdict() -> None:
    row = Row.of("prepare", 300, 100, "ms", None)
    assert (row.verdict, row.goal_in_words) == ("", "–")
    assert row.to_json()["goal"] is None


def test_what_is_compared_takes_turns_forwards_and_backwards() -> None:
    called: list[str] = []
    taken = in_turn(lambda: called.append("a"), lambda: called.append("b"), rounds=2, calls=2)
    assert "".join(called) == "ab" + "aabb" + "bbaa"
    assert [len(round_) for round_ in taken] == [2, 2]


# --- the references -----------------------------------------------------------------------------


def test_the_references_have_a_lock_of_their_own_with_hashes_and_no_address() -> None:
    pins = re.split(r"\n(?=\S)", re.sub(r"^ *#.*\n", "", BENCH_LOCK, flags=re.MULTILINE).strip())
    assert [pin for pin in pins if not re.match(r"[a-z0-9-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", pin, re.DOTALL)] == []
    assert re.findall(r"://|--(?:extra-)?index|--find-links|^-", BENCH_LOCK, flags=re.MULTILINE) == []


def test_the_lock_holds_every_reference_in_a_version_that_the_project_takes() -> None:
    for wanted in map(Requirement, GROUPS["bench"]):
        versions = _locked(BENCH_LOCK).get(wanted.name, set())
        assert versions
        assert all(version in wanted.specifier for version in versions)


def test_what_both_locks_name_is_of_one_version_and_the_app_needs_no_reference() -> None:
    app, bench = _locked(LOCK), _locked(BENCH_LOCK)
    assert {name: app[name] for name in app.keys() & bench} == {name: bench[name] for name in app.keys() & bench}
    assert not app.keys() & {Requirement(text).name for text in GROUPS["bench"]}


def _locked(lock: str) -> dict[str, set[str]]:
    versions: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9-]+)==(\S+)", lock, flags=re.MULTILINE):
        versions.setdefault(name, set()).add(version)
    return versions
