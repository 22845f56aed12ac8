"""The long run of the search, with a few messages: it runs to its end and says what it found."""

from __future__ import annotations

import pytest

from tests.long import search


def test_the_run_tells_a_figure_for_every_kind_of_word(capsys: pytest.CaptureFixture[str]) -> None:
    search.main(["300"])
    lines = capsys.readouterr().out.splitlines()
    assert len([line for line in lines if line.startswith("first 50 hits in 300 messages")]) == 5
    assert [line for line in lines if line.startswith("writing while that is indexed")]
