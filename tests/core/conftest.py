"""Fixtures for pictures in core."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.core import image
from app.core.cuts import cuts
from app.core.fit import Size, Tier
from app.core.image import Prepared, probe

Write = Callable[[bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(data: bytes) -> Path:
        path = tmp_path / "picture"
        path.write_bytes(data)
        return path

    return write


@dataclass(frozen=True)
class Sent(Prepared):
    """A picture prepared whole, with what belongs to all of it."""

    thumbnail: bytes = b""


def prepare(path: Path, name: str, tier: Tier, *, edge_cap: int | None = None, max_bytes: int = 7_400_000) -> Sent:
    """Prepare a whole picture for a tier, as the draft does."""
    found = probe(path, name)
    wanted = cuts(Size(found.width, found.height), "auto", tier, edge_cap=edge_cap)
    made = image.prepare(path, name, wanted, max_bytes=max_bytes)
    part = made.parts[0]
    return Sent(part.data, part.media_type, part.width, part.height, part.notes, made.thumbnail)
