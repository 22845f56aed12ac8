"""Worker processes that judge hostile files; one that dies or hangs is a finding, and another takes its place."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock, Timer
from typing import IO, Final

from tests.long.record import Result

SECONDS: Final = 300
"""For one file with all questions, on a busy machine; above it the worker hangs."""
WORKER: Final = (sys.executable, "-m", "tests.long.worker")


class Worker:
    """One process, asked for one file at a time."""

    def __init__(self, command: Iterable[str] = WORKER, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._process = subprocess.Popen(
            list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
        )

    def judge(self, kind: str, number: int) -> Result:
        """A process that ends meanwhile is the result; nothing more may be asked of it then."""
        hung = Timer(self._seconds, self._process.kill)
        hung.start()
        try:
            print(kind, number, file=self._pipe(self._process.stdin), flush=True)
            line = self._pipe(self._process.stdout).readline()
        except BrokenPipeError:
            line = ""
        finally:
            hung.cancel()
        if line:
            return Result(**json.loads(line))
        code = self._process.wait()
        if code == -getattr(signal, "SIGKILL", 9):
            return Result(number, "", "hung", complaints=[f"gave no answer for {self._seconds:.0f} s"])
        return Result(number, "", "crashed", complaints=[f"ended our process: {_cause(code)}"])

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def close(self) -> None:
        self._pipe(self._process.stdin).close()
        self._process.wait()
        self._pipe(self._process.stdout).close()

    def _pipe(self, pipe: IO[str] | None) -> IO[str]:
        if pipe is None:
            raise TypeError("the process has pipes")
        return pipe


def _cause(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit {code}"


def judge_all(kind: str, numbers: Iterable[int], workers: int, tell: Callable[[Result], None]) -> None:
    """Have files judged by that many processes; `tell` is called in turn, in whatever order they come."""
    waiting: SimpleQueue[int] = SimpleQueue()
    for number in numbers:
        waiting.put(number)
    told = Lock()

    def work() -> None:
        worker = Worker()
        try:
            while True:
                if not worker.alive:
                    worker.close()
                    worker = Worker()
                result = worker.judge(kind, waiting.get_nowait())
                with told:
                    tell(result)
        except Empty:
            pass
        finally:
            worker.close()

    with ThreadPoolExecutor(workers) as threads:
        for done in [threads.submit(work) for _ in range(workers)]:
            done.result()
