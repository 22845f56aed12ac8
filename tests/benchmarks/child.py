"""A process that is measured from outside: started, listened to, weighed and ended."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Self

import psutil

_ROOT = Path(__file__).parents[2]
APP, EMPTY = "app_window", "empty_window"


class Child:
    """Runs `main` of a module of this package with the arguments; what it prints on stdout are its words to us."""

    def __init__(self, module: str, *arguments: str, environ: Mapping[str, str] | None = None) -> None:
        own = {name: value for name, value in os.environ.items() if not name.startswith(("ANTHROPIC_", "VISAVIS_"))}
        own.pop("PYTHONDONTWRITEBYTECODE", None)  # whoever runs an app twice has its bytecode
        own.setdefault("QT_QPA_PLATFORM", "offscreen")
        call = f"from tests.benchmarks.{module} import main; main()"
        self._began = perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-c", call, *arguments],
            stdout=subprocess.PIPE,
            cwd=_ROOT,
            env={**own, **(environ or {})},
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def hear(self, word: str) -> str:
        """Wait for a line that begins with the word and return its rest. Raises RuntimeError when the child ends."""
        for line in self._process.stdout or ():
            if line.split()[0] == word:
                return line.removeprefix(word).strip()
        raise RuntimeError(f"the process ended before it said {word!r}")

    @property
    def milliseconds(self) -> float:
        """Since it was started."""
        return (perf_counter() - self._began) * 1000

    @property
    def megabytes(self) -> float:
        """The memory it occupies now: all its pages in RAM (RSS), those shared with others included."""
        return psutil.Process(self._process.pid).memory_info().rss / 1e6
