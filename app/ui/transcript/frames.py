"""A growing answer, shown frame by frame: many changes are one, and no frame takes more than a share of the time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer

_FRAME: Final = 0.04
"""Seconds between two frames at the least."""
_SHARE: Final = 3
"""So many times as long as a frame took nothing is shown again; where text is waiting, only as long."""


class Frames(QObject):
    def __init__(self, show: Callable[[], bool], parent: QObject) -> None:
        """`show` shows what has come since, or a slice of it; it returns whether more is waiting."""
        super().__init__(parent)
        self._show = show
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._run)
        self._next = 0.0
        """When the next frame may begin, by the monotonic clock."""

    def ask(self) -> None:
        """Something has changed: show it with the next frame."""
        if not self._timer.isActive():
            self._timer.start(max(0, round((self._next - time.monotonic()) * 1000)))

    def cancel(self) -> None:
        self._timer.stop()

    def _run(self) -> None:
        began = time.monotonic()
        waiting = self._show()
        ended = time.monotonic()
        took = ended - began
        self._next = ended + (took if waiting else max(_FRAME - took, _SHARE * took))
        if waiting:
            self.ask()
