"""From a file to its badge: what it says of itself, the size it will be sent in, its tokens and its price."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from app.core import image
from app.core.catalog import Catalog
from app.core.cost import picture_cost
from app.core.cuts import cuts
from app.core.fit import Size
from tests.benchmarks.data import BIG_CAMERA, CAMERA, MODEL, SMALL, camera_file
from tests.benchmarks.row import Row
from tests.benchmarks.timed import in_turn

_ROUNDS, _CALLS = 21, 200
_GOAL = 12
_GROWTH_GOAL = 1.5
"""The size to be sent is searched for among all that are smaller: one step for each doubling."""


def measure() -> list[Row]:
    with TemporaryDirectory() as folder:
        small, usual, big = (Path(folder, f"{size.width}.jpg") for size in (SMALL, CAMERA, BIG_CAMERA))
        for path, size in ((small, SMALL), (usual, CAMERA), (big, BIG_CAMERA)):
            path.write_bytes(camera_file(size))
        works = [lambda: _begin(usual), *(lambda path=path: _badge(path) for path in (usual, small, big))]
        taken = [tuple(1000 * one for one in round_) for round_ in in_turn(*works, rounds=_ROUNDS, calls=_CALLS)]
    return [
        Row.of_pairs("badge of 12 MP, to open + read 64 bytes", [(b, a) for a, b, _, _ in taken], "µs", _GOAL),
        Row.of_pairs("badge of 12 MP, to one of 1 MP", [(b, c) for _, b, c, _ in taken], "µs", _GROWTH_GOAL),
        Row.of_pairs("badge of 48 MP, to one of 1 MP", [(d, c) for _, _, c, d in taken], "µs", _GROWTH_GOAL),
    ]


_MODEL = Catalog.load().get(MODEL)


def _badge(path: Path) -> None:
    probe = image.probe(path, path.name)
    tokens = sum(cut.tokens() for cut in cuts(Size(probe.width, probe.height), "auto", _MODEL.tier))
    prices = _MODEL.prices_for(tokens)
    assert prices is not None
    picture_cost(tokens, prices)


def _begin(path: Path) -> None:
    with path.open("rb", buffering=0) as file:
        file.read(64)
