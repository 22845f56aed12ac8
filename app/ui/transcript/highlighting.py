"""The tones of code on screen: found in short slices between events, and kept while the code may come back."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal

from app.core.toning import Tones, lexer

if TYPE_CHECKING:
    from pygments.lexer import Lexer

_SLICE: Final = 0.004
"""Seconds of work between two events."""
_PAUSE: Final = 10
"""Milliseconds until the next slice: no frame is to be missed."""
_KEPT: Final = 48
"""Blocks whose tones are remembered."""
_COMMON: Final = ("python", "bash", "json", "javascript")


class Highlighting(QObject):
    """Finds tones for all code on screen, the code asked for last before the others.

    Signals:
        toned(Tones, range): these lines of it have their tones now.
    """

    toned = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kept: list[Tones] = []
        self._lexers: dict[str, Future[Lexer]] = {}
        self._thread = ThreadPoolExecutor(1, "lexers")
        self._tick = QTimer(self)
        self._tick.setSingleShot(True)
        self._tick.timeout.connect(self._work)

    def warm(self) -> None:
        """Make the most common languages ready, beside whatever else is done."""
        for alias in _COMMON:
            self._ready(alias)

    def tones(self, alias: str, text: str, *, closed: bool) -> Tones:
        """Of a block so far; `closed` says that it does not grow any more. They may be known later: `toned` tells."""
        tones = self._found(alias, text)
        if tones is None:
            tones = Tones(alias)
        else:
            self._kept.remove(tones)
        self._kept.append(tones)
        del self._kept[:-_KEPT]
        if len(text) > len(tones.text) or (closed and not tones.is_closed and text == tones.text):
            tones.grow(text, closed=closed)
        if tones.is_waiting and not self._tick.isActive():
            self._tick.start(0)
        return tones

    def _found(self, alias: str, text: str) -> Tones | None:
        """What is kept of the block: of all its text, or of its beginning."""
        for tones in reversed(self._kept):
            if tones.alias != alias:
                continue
            if tones.text.startswith(text) and tones.text[len(text) : len(text) + 1] in {"", "\n"}:
                return tones
            if not tones.is_closed and text.startswith(tones.text):
                return tones
        return None

    def _work(self) -> None:
        until = time.perf_counter() + _SLICE
        for tones in reversed(self._kept):
            if not tones.is_waiting or (rules := self._ready(tones.alias)) is None:
                continue
            lines = tones.work(rules, until)
            if lines:
                self.toned.emit(tones, lines)
            if time.perf_counter() >= until:
                break
        if any(tones.is_waiting for tones in self._kept):
            self._tick.start(_PAUSE)

    def _ready(self, alias: str) -> Lexer | None:
        """The rules of a language once they are there; they are made in a thread, which takes nothing but its name."""
        if alias not in self._lexers:
            self._lexers[alias] = self._thread.submit(lexer, alias)
        loading = self._lexers[alias]
        return loading.result() if loading.done() else None
