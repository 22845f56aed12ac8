"""A thumbnail of a JPEG: time against libjpeg-turbo's scaled decode, and memory."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from app.core.fit import Size
from app.core.glimpse import glimpse
from tests.benchmarks.child import Child
from tests.benchmarks.data import BIG_CAMERA, CAMERA, SMALL, camera_file, megapixels
from tests.benchmarks.row import Row
from tests.benchmarks.timed import in_turn

_ROUNDS = 9
_SIZE = Size(336, 252)
_GOAL, _MEMORY_GOAL = 1.2, 10


def measure() -> list[Row]:
    from tests.benchmarks.references import turbo_decode

    rows = []
    with TemporaryDirectory() as folder:
        small, usual, big = (Path(folder, f"{size.width}.jpg") for size in (SMALL, CAMERA, BIG_CAMERA))
        for path, size in ((small, SMALL), (usual, CAMERA), (big, BIG_CAMERA)):
            path.write_bytes(camera_file(size))
        for path, size in ((usual, CAMERA), (big, BIG_CAMERA)):
            ours = partial(glimpse, path, path.name)
            theirs = lambda path=path: turbo_decode(path.read_bytes(), _SIZE)  # noqa: E731
            what = f"thumbnail of a JPEG of {megapixels(size)}, to turbo's scaled decode"
            rows.append(Row.of_pairs(what, in_turn(ours, theirs, rounds=_ROUNDS), "ms", _GOAL))
        if sys.platform == "linux":
            with Child("thumbnail_memory", str(small), str(big)) as child:
                taken, file = (float(word) for word in child.hear("peak").split())
            what = f"thumbnail of a JPEG of {megapixels(BIG_CAMERA)}: peak memory, to the file's bytes"
            rows.append(Row.of(what, taken, file, "MB", _MEMORY_GOAL, absolute=True))
    return rows
