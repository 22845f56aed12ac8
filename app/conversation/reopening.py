"""Which conversation is open, kept on disk: the window opens where it was cut off, or left with something unsent."""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor
from contextlib import suppress
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject

from app.conversation.chat import Chat
from app.conversation.desk import Desk
from app.conversation.tasks import Tasks
from app.conversation.threads import in_thread
from app.conversation.unsent import untouched
from app.core import private
from app.core.store import Conversation

_FILE: Final = "open"
_LONGEST: Final = 100
"""Characters of an id, and more than it has."""


class Reopening(QObject):
    """Follows the desk from when it is made. Reads a hundred bytes then: what is opened next takes their place."""

    def __init__(
        self, desk: Desk, folder: Path, threads: Executor, tasks: Tasks, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._desk = desk
        self._path = folder / _FILE
        self._threads = threads
        self._tasks = tasks
        self._last = self._read()
        self._kept = ""
        self._writing: asyncio.Task[None] | None = None
        self._first = desk.current
        desk.opened.connect(self._on_opened)
        self._links = [
            desk.current.stored.connect(self._keep),
            desk.current.changed.connect(self._keep_written),
            desk.current.draft.changed.connect(self._keep_written),
        ]

    def reopen(self, *, cut_off: bool) -> None:
        """Open what was open last, if the app was cut off there, or something is written there. Then drafts are there.

        Else the chat stays that the window began with: an empty one, in which a question takes nothing along.
        """
        if self._desk.current is not self._first or not untouched(self._first):
            return  # the person has begun something meanwhile
        if self._last and (cut_off or self._desk.is_writing_in(self._last)):
            self._desk.open(self._last)

    def _on_opened(self, chat: Chat) -> None:
        for link in self._links:
            QObject.disconnect(link)
        self._links = [chat.stored.connect(self._keep)]
        self._keep(chat.facts)

    def _keep_written(self) -> None:
        """The chat that the window began with is what is open as soon as there is something in it."""
        if not self._first.draft.empty or self._first.facts.system:
            self._keep(self._first.facts)

    def _keep(self, facts: Conversation) -> None:
        if facts.id != self._kept and not self._desk.is_temporary:  # of that one, not even an id
            self._kept = facts.id
            if self._writing is None or self._writing.done():
                self._writing = self._tasks.start(self._write_on(), "keep what is open")

    async def _write_on(self) -> None:
        """One after the other, until what is open is what is written: else the first could end last."""
        written = ""
        while written != self._kept:
            written = self._kept
            await in_thread(self._threads, self._write, written)

    def _read(self) -> str:
        try:
            return self._path.read_text("ascii")[:_LONGEST]
        except (OSError, ValueError):
            return ""

    def _write(self, opened: str) -> None:
        with suppress(OSError):  # it is no more than a convenience
            private.replace(self._path, opened.encode("ascii"))
