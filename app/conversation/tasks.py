"""Running tasks with an owner: none is lost, none outlives the window, no error stays unseen."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.core.errors import VisavisError


class Tasks(QObject):
    """Starts coroutines and keeps them until they end.

    Signals:
        failed(VisavisError): a task ended with an error that a person may meet.
        crashed(BaseException): a task ended with any other: a fault of ours.
    """

    failed = Signal(object)
    crashed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._running: set[asyncio.Task[Any]] = set()
        self._closed = False

    def start(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run a coroutine. After `close` it is cancelled before its first step: a late timer must not wake the app."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._ended)
        if self._closed:
            task.cancel()
        return task

    async def close(self) -> None:
        """Cancel what still runs and wait until it has ended."""
        self._closed = True
        while self._running:
            running = list(self._running)
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            self._running.difference_update(running)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if task.cancelled() or (error := task.exception()) is None:
            return
        (self.failed if isinstance(error, VisavisError) else self.crashed).emit(error)
