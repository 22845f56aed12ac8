"""The person's settings while the app runs: one value, and a signal when it is another."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.core import settings
from app.core.settings import Settings


class Preferences(QObject):
    """Signals:
    changed(): `settings` is another value.
    failed(StoreFull): it could not be saved.
    """

    changed = Signal()
    failed = Signal(object)

    def __init__(self, folder: Path, value: Settings, thread: Executor, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = folder
        self._settings = value
        self._thread = thread

    @property
    def settings(self) -> Settings:
        return self._settings

    def update(self, **changes: Any) -> None:
        """Change fields of the settings and save them. The file follows in a thread: a disk may take its time."""
        changed = replace(self._settings, **changes)
        if changed != self._settings:
            self._settings = changed
            self._thread.submit(settings.save, changed, self._folder).add_done_callback(self._saved)
            self.changed.emit()

    def _saved(self, saving: Future[None]) -> None:
        """In the thread that has saved: the signal finds its way to the window's."""
        if not saving.cancelled() and (error := saving.exception()) is not None:
            self.failed.emit(error)
