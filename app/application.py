"""The Qt application, which hears what the desktop asks the running app to open."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication

_GATHERED_MILLISECONDS = 100


class Application(QApplication):
    """On a Mac, "Open with" sends an event for each file and no argument; files opened together are told together.

    Signals:
        called(list[str]): these files are to be opened; their paths.
    """

    called = Signal(list)

    def __init__(self, arguments: Sequence[str]) -> None:
        super().__init__(list(arguments))
        self._to_open: list[str] = []
        self._heard = False
        self._gathering = QTimer(self, singleShot=True, interval=_GATHERED_MILLISECONDS)
        self._gathering.timeout.connect(self._tell)

    def hear(self) -> None:
        """From now on `called` has a listener; files that came before are told too."""
        self._heard = True
        self._tell()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QFileOpenEvent) and event.file():
            self._to_open.append(event.file())
            self._gathering.start()
            return True
        return super().event(event)

    def _tell(self) -> None:
        if self._heard and self._to_open:
            paths, self._to_open = self._to_open, []
            self.called.emit(paths)
