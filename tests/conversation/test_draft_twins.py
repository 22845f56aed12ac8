"""Two rows of a draft that come to send the same are one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app.conversation.attachment import Source
from app.core.cuts import Box
from app.core.errors import AlreadyAttached
from tests.conversation.conftest import Bench


@pytest.mark.parametrize("row", [0, 1])
def test_a_region_given_up_beside_the_same_picture_leaves_one(
    bench: Bench, picture: Callable[..., Path], row: int
) -> None:
    source = Source(path=str(picture("a.png", size=(3000, 2000))))
    bench.attach(source)
    bench.draft.set_preset(0, "region", Box(0, 0, 500, 500))
    bench.attach(source)
    assert bench.names == ["a.png", "a.png"]
    if row:
        bench.draft.set_preset(1, "region", Box(500, 0, 500, 500))
        bench.draft.set_preset(0, "auto")
        assert len(bench.names) == 2
    bench.draft.set_preset(row, "auto")
    bench.settle()
    assert [(p.name, p.preset, p.source.region) for p in bench.draft.pictures] == [("a.png", "auto", None)]
    assert len(bench.draft.numbered()) == 1
    assert bench.refused == [AlreadyAttached("a.png", 1)]
