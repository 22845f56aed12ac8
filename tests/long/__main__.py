"""What takes too long for the suite: `python -m tests.long [NAME [ARGUMENT…]]`; all of it where no name is given.

Each tells its arguments with --help, prints a table, and ends with 1 where a goal is missed or anything was found.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from importlib import import_module
from typing import Final

RUNS: Final = {
    "hostile": "mutated files and bombs before the decoder",
    "search": "words looked for in a million messages",
    "kills": "the app killed at 500 random instants",
    "quits": "the app ended 200 times while an answer comes",
    "starts": "100 starts at once, and after kills",
    "states": "starts with a data folder that cannot be used as it is",
    "flips": "2,000 bit flips in what is stored",
    "faults": "every system call that writes failing once, and the app killed at it",
    "power": "10,000 power cuts, rebuilt from the app's system calls",
}


def main(arguments: Sequence[str]) -> int:
    """Returns 0 where all went well, 1 where something was found, 2 where a name is none."""
    name, *others = arguments or [""]
    if name in RUNS:
        return _run(name, others)
    if name:
        sys.stderr.write(f"{__doc__}\n" + "".join(f"  {each:10}{what}\n" for each, what in RUNS.items()))
        return 0 if name in {"-h", "--help"} else 2
    # All of them, also where one finds something.
    return max([_run(each, []) for each in RUNS])


def _run(name: str, arguments: Sequence[str]) -> int:
    began = time.monotonic()
    sys.stderr.write(f"{name}: {RUNS[name]}\n")
    found: int = import_module(f"tests.long.{name}").main(arguments)
    sys.stderr.write(f"{name}: {time.monotonic() - began:.0f} s\n")
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
