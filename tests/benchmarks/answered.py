"""Memory of the app 5 s after an answered question about two screenshots, against an empty window's."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.child import APP, Child
from tests.benchmarks.data import screenshots
from tests.benchmarks.idle import empty_window
from tests.benchmarks.row import Row
from tests.servers.api import TEST_KEY, ApiServer

_GOAL = 2.5


def measure() -> list[Row]:
    pairs = [(_app(), empty_window()) for _ in range(3)]
    return [Row.of_pairs("memory after an answer about two pictures", pairs, "MB", _GOAL)]


def _app() -> float:
    with TemporaryDirectory() as folder, ApiServer() as server:
        pictures = [str(path) for path in screenshots(Path(folder))]
        environ = {"ANTHROPIC_BASE_URL": server.url, "ANTHROPIC_API_KEY": TEST_KEY}
        with Child(APP, "answered", "--data-dir", str(Path(folder, "data")), *pictures, environ=environ) as child:
            if child.hear("answered") != "complete":
                raise RuntimeError("the question was not answered")
            child.hear("idle")
            return child.megabytes
