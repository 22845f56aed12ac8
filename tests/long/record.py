"""What was judged already, a line each, so that a long run can be broken off and gone on with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

_ROOT: Final = Path(__file__).parents[2]
_LIBRARIES: Final = ("Pillow", "pi-heif", "pypdfium2", "resvg-py")
_CODE: Final = ("app/core/*.py", "tests/*.py", "tests/long/worker.py")


@dataclass
class Result:
    """A verdict of `tests.trial`, as it comes from a worker."""

    number: int
    what: str
    outcome: str
    format: str = ""
    question: str = ""
    seconds: float = 0.0
    ours: int = 0
    """Bytes by which the process of the app grew at most."""
    theirs: int = 0
    """Bytes that the process which decodes had at most."""
    deaths: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


class Record:
    """Results of one kind, kept in a file that counts only for the code and the libraries it was made with."""

    def __init__(self, path: Path, *, anew: bool) -> None:
        self._path = path
        self._of = _fingerprint()
        self.results: dict[int, Result] = {}
        if not anew:
            self.results = {result.number: result for result in self._kept()}
        if not self.results:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({"of": self._of}) + "\n", encoding="utf-8")

    def add(self, result: Result) -> None:
        self.results[result.number] = result
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(result)) + "\n")

    def _kept(self) -> Iterator[Result]:
        try:
            first, *lines = self._path.read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError):
            return
        if json.loads(first) != {"of": self._of}:
            return
        for line in lines:
            if line.endswith("}"):  # the last one may have been broken off
                yield Result(**json.loads(line))


def _fingerprint() -> str:
    files = sorted(path for pattern in _CODE for path in _ROOT.glob(pattern))
    parts: list[Any] = [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]
    parts += [version(library) for library in _LIBRARIES]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
