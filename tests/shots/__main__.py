"""Makes the screenshots.

python -m tests.shots                      the pictures of the README, anew
python -m tests.shots FOLDER [STATE…]      all states, or those named, in every look
python -m tests.shots --one FOLDER THEME SCALE WIDTHxHEIGHT STATE…    in this process
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
README: Final = ("conversation", "next-message", "streaming")
_LOOKS: Final = (
    ("light", "1", "1366x768"),
    ("dark", "1", "1366x768"),
    ("light", "2", "1366x768"),
    ("dark", "1", "720x480"),
    ("light", "1", "1920x1200"),
)
"""Theme, scale, and the window's size in points."""
_SCREEN: Final = {"name": "stage", "x": 0, "y": 0, "width": 3840, "height": 2400, "logicalDpi": 96, "dpr": 1}
"""Large enough for every look: Qt's own screen without a display would push menus and dialogs out of their places."""


def main(arguments: Sequence[str]) -> int:
    if arguments[:1] == ["--one"]:
        from tests.shots.stage import shoot

        target, theme, scale, size, *names = arguments[1:]
        return shoot(Path(target), theme, scale, size, names)
    if not arguments:
        return _run(ROOT / "resources" / "readme", "light", "2", "1180x820", README)
    folder = Path(arguments[0])
    return max(_run(folder / f"{look[0]}@{look[1]} {look[2]}", *look, arguments[1:]) for look in _LOOKS)


def _run(folder: Path, theme: str, scale: str, size: str, names: Sequence[str]) -> int:
    """In a process of its own: Qt takes its scale from the environment, once."""
    with tempfile.TemporaryDirectory() as own:
        screens = Path(own, "screens.json")
        screens.write_text(json.dumps({"screens": [_SCREEN]}), "utf-8")
        environ = {"QT_QPA_PLATFORM": f"offscreen:configfile={screens}", "QT_SCALE_FACTOR": scale}
        command = [sys.executable, "-m", "tests.shots", "--one", str(folder), theme, scale, size, *names]
        return subprocess.call(command, env=os.environ | environ, cwd=ROOT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
