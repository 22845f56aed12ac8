"""The long runs that flip bits and start on bad folders: what they take for a fault, and that they can find one."""

from __future__ import annotations

import asyncio
import re
import shutil
from pathlib import Path

import pytest

from app.core import rows
from app.core.store import FILE
from tests.long import flips, states
from tests.long.flips import Cells, Verdict


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("flips") / "made"
    asyncio.run(flips.make(folder, 24))
    return folder


@pytest.fixture(scope="module")
def truth(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Cells:
    cells, told = asyncio.run(flips.seen(shutil.copytree(made, tmp_path_factory.mktemp("truth") / "data")))
    assert told == ""
    return cells


def in_a_text(made: Path) -> int:
    """The number of a flip in a place where answers stand."""
    data = (made / FILE).read_bytes()
    for number in range(2000):
        at, _ = flips.place(number, len(data))
        words = re.fullmatch(rb"[a-z ]{40}", data[at - 20 : at + 20])
        if number % 10 < 8 and words and b"reply" in data[at - 300 : at]:
            return number
    raise LookupError


def test_what_a_person_sees_is_all_there(truth: Cells) -> None:
    kinds = {key[0] for key in truth}
    expected = "conversation draft filed folder message order picture prompts shown spent trash"
    assert kinds == set(expected.split())


def test_one_number_is_one_flip(made: Path, tmp_path: Path) -> None:
    copies = [shutil.copytree(made, tmp_path / name) for name in ("a", "b")]
    assert len({flips.spoil(copy, 4) for copy in copies}) == 1
    once, again = ((copy / FILE).read_bytes() for copy in copies)
    assert once == again != (made / FILE).read_bytes()


def test_a_flip_in_a_text_is_told_in_its_place_and_all_others_are_salvaged(made: Path, truth: Cells) -> None:
    verdict = flips.judge(made, truth, in_a_text(made))
    assert (verdict.altered, verdict.told, verdict.unseen, verdict.crash) == (True, "in place", [], "")
    assert verdict.salvaged >= 95


def test_where_checksums_are_not_looked_at_the_run_finds_it(
    made: Path, truth: Cells, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "is_intact", lambda _row: True)
    verdict = flips.judge(made, truth, in_a_text(made))
    assert verdict.crash or verdict.unseen


def test_a_picture_that_was_changed_is_told(made: Path, truth: Cells) -> None:
    verdict = flips.judge(made, truth, 8)
    assert (verdict.altered, verdict.told, verdict.unseen, verdict.crash) == (True, "in place", [], "")


def test_the_goals_are_judged() -> None:
    good = [Verdict(number, "", told="in place", altered=True) for number in range(8)]
    assert [row.verdict for row in flips.figures(good)] == ["holds"] * 4 + [""]
    bad = [*good, Verdict(10, "", altered=True, unseen=["title"], crash="Traceback", salvaged=90.0)]
    assert [row.verdict for row in flips.figures(bad)] == ["short", "short", "short", "short", ""]


def test_the_app_is_started_on_a_bad_folder_and_its_choices_are_taken(capsys: pytest.CaptureFixture[str]) -> None:
    states.main(["a newer database", "--first"])  # what it returns hangs on how busy the machine is
    assert "as it should be" in capsys.readouterr().out
