"""The long run of hostile files: it tells of processes that end or hang, and goes on where it was broken off."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.long import hostile
from tests.long.__main__ import RUNS, main
from tests.long.record import Record, Result
from tests.long.table import findings, table
from tests.long.workers import Worker, judge_all


def command(script: str) -> list[str]:
    return [sys.executable, "-c", f"import os, sys, threading; sys.stdin.readline(); {script}"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize(
    ("script", "outcome", "complaint"),
    [
        ("os.abort()", "crashed", "ended our process: SIGABRT"),
        ("os.kill(os.getpid(), 11)", "crashed", "ended our process: SIGSEGV"),
        ("sys.exit(3)", "crashed", "ended our process: exit 3"),
        ("threading.Event().wait()", "hung", "gave no answer for 1 s"),
    ],
)
def test_a_process_that_ends_or_hangs_is_a_finding(script: str, outcome: str, complaint: str) -> None:
    worker = Worker(command(script), seconds=1)
    result = worker.judge("mutants", 17)
    worker.close()
    assert (result.number, result.outcome, result.complaints) == (17, outcome, [complaint])
    assert not worker.alive


def test_processes_judge_files_by_number() -> None:
    told: list[Result] = []
    judge_all("mutants", [1, 2, 3, 7], 2, told.append)
    assert sorted(result.number for result in told) == [1, 2, 3, 7]
    assert all(result.format == "JPEG" or result.number == 7 for result in told)
    assert [result.complaints for result in told] == [[]] * 4


def test_a_run_goes_on_where_it_was_broken_off(tmp_path: Path) -> None:
    path = tmp_path / "of" / "mutants.jsonl"
    record = Record(path, anew=False)
    record.add(Result(1, "one", "decoded", deaths=["show: SIGABRT"]))
    record.add(Result(4, "four", "PictureDamaged"))
    path.write_text(path.read_text()[:-9])  # broken off in the middle of a line
    assert list(Record(path, anew=False).results.values()) == [Result(1, "one", "decoded", deaths=["show: SIGABRT"])]
    assert Record(path, anew=True).results == {}


def test_results_of_other_code_do_not_count(tmp_path: Path) -> None:
    path = tmp_path / "mutants.jsonl"
    Record(path, anew=False).add(Result(1, "one", "decoded"))
    first, *lines = path.read_text().splitlines()
    path.write_text("\n".join([json.dumps({"of": "other"}), *lines]) + "\n")
    assert Record(path, anew=False).results == {}
    assert path.read_text() == first + "\n"


def test_the_table_has_a_row_for_each_format_and_the_findings_follow() -> None:
    results = [
        Result(1, "a", "decoded", "PNG", seconds=0.5, ours=3 << 20),
        Result(2, "b", "PictureTooSlow", "SVG", seconds=1.75, theirs=9 << 20, deaths=["show: SIGABRT"]),
        Result(3, "c", "crashed", complaints=["ended our process: SIGSEGV"]),
    ]
    assert [line.split() for line in table(results).splitlines()] == [
        ["format", "files", "picture", "too", "slow", "CRASHED", "deaths", "worst", "s", "worst", "MB", "complaints"],
        ["?", "1", "0", "0", "1", "0", "0.00", "0", "1"],
        ["PNG", "1", "1", "0", "0", "0", "0.50", "3", "0"],
        ["SVG", "1", "0", "1", "0", "1", "1.75", "9", "0"],
        ["all", "3", "1", "1", "1", "1", "1.75", "9", "1"],
    ]
    assert list(findings("mutants", results)) == [
        "FOUND mutants 3 (c): ended our process: SIGSEGV",
        "a process that decodes ended: SVG, show: SIGABRT, 1 times",
    ]


def test_one_file_can_be_judged_again_and_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(hostile, "_FOLDER", tmp_path / "long")
    assert hostile.main(["mutants", "7"]) == 0
    assert "number=7" in capsys.readouterr().out
    assert (tmp_path / "long" / "mutants-7").stat().st_size > 0


@pytest.mark.parametrize("name", RUNS)
def test_every_run_tells_its_arguments(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: {name} ")


def test_a_name_that_is_none_is_answered_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kill"]) == 2
    assert "kills" in capsys.readouterr().err
