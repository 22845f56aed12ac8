"""qasync's loop with what asyncio's own has and it lacks, and the one door for the unexpected."""

from __future__ import annotations

import asyncio
import logging
import re
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import qasync
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication

from app.core import private

log = logging.getLogger("visavis")

_LARGEST: Final = 1_000_000
"""Bytes of the log."""

_KEY = re.compile(r"sk-[A-Za-z0-9_-]{6,}|(?i:bearer)\s+\S+")


class EventLoop(qasync.QEventLoop):  # type: ignore[misc]  # qasync has no types
    """asyncio on Qt's loop.

    qasync 0.28 does not install asyncio's hooks for asynchronous generators; without them an error in mid-stream
    leaves httpx's own generators open ("async generator ignored GeneratorExit"). Its default executor is made of
    QThreads, which abort the process when they outlive the loop; plain threads do not.
    """

    def __init__(self, app: QApplication, *, already_running: bool = False) -> None:
        super().__init__(app, already_running=already_running)
        self._threads = ThreadPoolExecutor(thread_name_prefix="loop")
        self.set_default_executor(self._threads)

    def close(self) -> None:
        """A thread that waits for a keyring's prompt may never end; nobody waits for it."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.set_default_executor(None)
        super().close()

    def _before_run_forever(self) -> None:
        super()._before_run_forever()
        self._hooks_before = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(firstiter=self._asyncgen_firstiter_hook, finalizer=self._asyncgen_finalizer_hook)

    def _after_run_forever(self) -> None:
        sys.set_asyncgen_hooks(*self._hooks_before)
        super()._after_run_forever()


class Unexpected(QObject):
    """Whatever nobody caught: written to the log without keys, and told once, so that the app lives on.

    Signals:
        met(str): what happened, for the details of a message.
    """

    met = Signal(str)

    def install(self, loop: asyncio.AbstractEventLoop) -> None:
        sys.excepthook = self._in_main
        threading.excepthook = self._in_thread
        loop.set_exception_handler(self._in_loop)

    def take(self, error: BaseException) -> None:
        """Receive an error that a task ended with."""
        text = "".join(traceback.format_exception(error))
        log.error("unexpected: %s", text)
        self.met.emit(redacted(f"{type(error).__name__}: {error}"))

    def _in_main(self, kind: type[BaseException], error: BaseException, _: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.exit(130)
        self.take(error)

    def _in_thread(self, failure: threading.ExceptHookArgs) -> None:
        if failure.exc_value is not None:
            self.take(failure.exc_value)

    def _in_loop(self, _: asyncio.AbstractEventLoop, facts: dict[str, Any]) -> None:
        error = facts.get("exception")
        if isinstance(error, BaseException):
            self.take(error)
        else:
            log.error("unexpected: %s", facts.get("message"))


class _Redacting(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


class _LogFile(logging.FileHandler):
    """For its owner alone; one that has grown beyond `_LARGEST` makes room when the next run writes its first line."""

    def _open(self) -> TextIOWrapper:
        path = Path(self.baseFilename)
        if path.exists() and path.stat().st_size > _LARGEST:
            path.replace(path.with_name(f"{path.name}.1"))
        private.touch(path)
        return super()._open()


def redacted(text: str) -> str:
    """The text without anything that looks like a key."""
    return _KEY.sub("[key]", text)


def log_to(folder: Path) -> None:
    """Keep warnings and errors in `visavis.log` of the data folder."""
    handler = _LogFile(folder / "visavis.log", encoding="utf-8", delay=True)
    handler.setFormatter(_Redacting("%(asctime)s %(name)s %(levelname)s %(message)s"))
    logging.getLogger().addHandler(handler)
