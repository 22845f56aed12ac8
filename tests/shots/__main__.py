"""Makes the screenshots.

python -m tests.shots                      the pictures of the README, anew
python -m tests.shots FOLDER [STATE…]      all states, or those named, light and dark, at scale 1 and 2
python -m tests.shots --one FOLDER THEME SCALE WIDTHxHEIGHT STATE…    in this process
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
README: Final = ("conversation", "next-message", "streaming")
_LOOKS: Final = (("light", "1", "1366x768"), ("dark", "1", "1366x768"), ("light", "2", "1366x768"))
"""Theme, scale, and the window's size in points."""


def main(arguments: Sequence[str]) -> int:
    if arguments[:1] == ["--one"]:
        from tests.shots.stage import shoot

        target, theme, scale, size, *names = arguments[1:]
        return shoot(Path(target), theme, scale, size, names)
    if not arguments:
        return _run(ROOT / "resources" / "readme", "light", "2", "1180x820", README)
    folder = Path(arguments[0])
    return max(_run(folder / f"{look[0]}@{look[1]}", *look, arguments[1:]) for look in _LOOKS)


def _run(folder: Path, theme: str, scale: str, size: str, names: Sequence[str]) -> int:
    """In a process of its own: Qt takes its scale from the environment, once."""
    environ = os.environ | {"QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": scale}
    command = [sys.executable, "-m", "tests.shots", "--one", str(folder), theme, scale, size, *names]
    return subprocess.call(command, env=environ, cwd=ROOT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
