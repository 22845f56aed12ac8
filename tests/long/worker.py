"""A process that judges hostile files: reads what to judge from its input, a line each, and prints verdicts as JSON."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from app.core.decoder import Decoder
from tests import hostile
from tests.bombs import BOMBS
from tests.trial import Court


def made(kind: str, number: int) -> tuple[str, str, bytes]:
    """A file of the corpus: its format, what it is, and its bytes."""
    if kind == "bombs":
        name, make = list(BOMBS.items())[number]
        return name.partition(" ")[0].rstrip(","), name, make()
    mutant = hostile.mutant(number)
    return mutant.format, f"{mutant.seed}: {mutant.change}", mutant.data


def main() -> None:
    """Lines of input are a kind of file and a number: "mutants 17"."""
    decoder = Decoder()
    with tempfile.TemporaryDirectory() as folder:
        court = Court(decoder, Path(folder))
        for line in sys.stdin:
            kind, number = line.split()
            form, what, data = made(kind, int(number))
            verdict = court.judge(int(number), what, data)
            sys.stdout.write(json.dumps(verdict.to_json() | {"format": form}) + "\n")
            sys.stdout.flush()
    decoder.close()


if __name__ == "__main__":
    main()
