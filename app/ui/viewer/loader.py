"""Decoded pictures for the viewer: asked of the gallery, made ready to be drawn in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from app.conversation.gallery import Gallery
from app.conversation.tools import Tools
from app.core.errors import PictureError
from app.core.message import thumbnail_key
from app.ui.viewer.levels import Levels

if TYPE_CHECKING:
    from app.core.image import Pixels


class Loader(QObject):
    """Signals:
    changed(): another picture can be drawn, or turned out not to.
    """

    changed = Signal()

    def __init__(self, gallery: Gallery, tools: Tools, parent: QObject) -> None:
        super().__init__(parent)
        self._gallery = gallery
        self._tools = tools
        self._asked: set[str] = set()
        self._levels: dict[str, Levels] = {}
        self._errors: dict[str, PictureError] = {}
        gallery.opened.connect(self._on_opened)
        gallery.failed.connect(self._on_failed)

    def levels(self, sha256: str, page: int = 0) -> Levels | None:
        """The picture if it is there; if not, it is asked for."""
        key = thumbnail_key(sha256, page)
        if key not in self._asked:
            self._asked.add(key)
            self._gallery.open(sha256, lambda: isValid(self) and key in self._asked, page)
        return self._levels.get(key)

    def error(self, sha256: str, page: int = 0) -> PictureError | None:
        """Why it cannot be shown."""
        return self._errors.get(thumbnail_key(sha256, page))

    def keep_only(self, keys: Iterable[str]) -> None:
        """Let go of all others; keys as of the gallery."""
        self._asked &= set(keys)
        for known in (self._levels, self._errors):
            for key in known.keys() - self._asked:
                del known[key]

    def _on_opened(self, key: str, pixels: Pixels) -> None:
        if key in self._asked:
            self._tools.tasks.start(self._make_ready(key, pixels), "halve picture")

    async def _make_ready(self, key: str, pixels: Pixels) -> None:
        levels = await asyncio.get_running_loop().run_in_executor(self._tools.threads, Levels, pixels)
        if isValid(self) and key in self._asked:
            self._levels[key] = levels
            self.changed.emit()

    def _on_failed(self, key: str, error: PictureError) -> None:
        if key in self._asked:
            self._errors[key] = error
            self.changed.emit()
