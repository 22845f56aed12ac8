"""Visavis in a process of its own, watched from inside (`tests.benchmarks.watches`).

Arguments: what to watch for, then the app's own. The app runs as it does for a person, its imports in their order; only
its window is of a class that begins the watch when it is shown.
"""

from __future__ import annotations

import os
import sys

from app import __main__ as command_line


def main() -> None:
    command_line.load_core()
    from PySide6.QtGui import QShowEvent

    from app import window
    from app.core import resize
    from app.ui.main_window import MainWindow
    from tests.benchmarks.watches import WATCHES

    watch = WATCHES[sys.argv[1]]

    class Watched(MainWindow):
        def showEvent(self, event: QShowEvent) -> None:
            super().showEvent(event)
            watch(self)

    window.MainWindow = Watched  # type: ignore[attr-defined]  # the one seam: what the app calls its window
    if threads := os.environ.get("BENCHMARK_THREADS"):
        window._PICTURE_THREADS = int(threads)  # type: ignore[misc]
        resize.helped = threads != "1"
    sys.exit(command_line.main(sys.argv[2:]))
