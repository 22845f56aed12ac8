"""A process that does deeds of `tests.long.deeds` again and again, in forks of itself, while strace makes a call of the
system fail: reads points from its input, a line of JSON each, and prints what came of them.

    python -m tests.long.struck FOLDER URL      FOLDER holds what each deed begins with, by its name
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from select import select
from typing import Any, Final

import app.core.client
import app.core.image  # noqa: F401  # a fork has them then
from app.core.message import JSON
from tests.long import deeds
from tests.long.deeds import do
from tests.long.state import Held, before, tidied, verdict

CALLS: Final = (
    *("write", "pwrite64", "ftruncate", "fallocate", "sendfile", "copy_file_range", "fsync", "fdatasync"),
    *("rename", "renameat2", "link", "linkat", "unlink", "unlinkat", "rmdir", "mkdir", "mkdirat", "openat"),
    *("chmod", "fchmod", "utimensat"),
)
KILL: Final = "SIGKILL"
EVERY_THREAD: Final = "*"
"""Of a point: it is not known before which thread will do it."""
_SECONDS: Final = 30.0
"""For one deed; above it, it hangs."""
_FILES_OF_A_PICTURE: Final = 2
"""The original and what was sent of it: both are there before anything refers to them."""
_SHOWN: Final = 200
"""Characters of a line of the deeds."""
_LINE: Final = re.compile(r"^(?:(\d+) +)?(\w+)\((.*)$")
_CREATES: Final = re.compile(r"O_CREAT|O_WRONLY|O_RDWR")
_OWN_ERRORS: Final = {"StoreFull", "StoreDamaged", "StoreLocked", "NotBackedUp"}


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """One call of the system in one deed, and what it comes to."""

    deed: str
    stage: str
    thread: str
    call: str
    number: int
    """Counts the calls of that name in that thread from 1, beginning with the stage."""
    fault: str
    """SIGKILL before it is done, or the name of an error; with a "+", of this and all that follow."""

    def __str__(self) -> str:
        return "/".join(map(str, (self.deed, self.stage, self.thread, self.call, self.number, self.fault)))

    @classmethod
    def from_text(cls, text: str) -> Point:
        deed, stage, thread, call, number, fault = text.split("/")
        return cls(deed, stage, thread, call, int(number), fault)


@dataclass(slots=True)
class Outcome:
    point: str
    hit: bool = False
    """Whether it came so far."""
    errors: list[str] = field(default_factory=list)
    orphans: int = 0
    leftovers: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    """What the deed said, and its last word on standard error, where there is anything to complain of."""


@dataclass(slots=True)
class _Run:
    """What a deed has told."""

    lines: list[dict[str, Any]]
    code: int
    words: str
    """On its standard error."""
    log: str
    """Of strace."""


class Struck:
    """Deeds, each in a folder and a fork of its own."""

    def __init__(self, bases: Path, url: str) -> None:
        self._bases = bases
        self._url = url
        self._before: dict[str, Held] = {}

    def stages(self, deed: str) -> dict[str, list[str]]:
        """The stages of a deed, and the threads that work there."""
        if deed in deeds.IN_CLOSED_APP:
            return {"begin": ["MainThread"], "opening": [EVERY_THREAD], "opened": ["MainThread"]}
        return {"open": ["MainThread", "store_0", "picture_0"]}

    def calls(self, deed: str) -> list[Point]:
        """Every call of a deed that writes to its folder, without a fault."""
        found: list[Point] = []
        for stage, threads in self.stages(deed).items():
            for thread in threads:
                with self._place(deed) as place:
                    run = self._run(deed, place, stage, thread, ["-e", f"trace={','.join(CALLS)}"])
                    if run.code:
                        raise RuntimeError(f"{deed} without a fault: {run.words or run.code}")
                    found += (Point(deed, stage, thread, *call, "") for call in _counted(run.log, str(place)))
        return found

    def outcome(self, point: Point) -> Outcome:
        deed, found = point.deed, Outcome(str(point))
        if deed not in self._before:
            self._before[deed] = before(self._bases / deed)
        with self._place(deed) as place:
            what = f"signal={KILL}" if point.fault == KILL else f"error={point.fault.removesuffix('+')}"
            when = f"{point.number}{'+' * point.fault.endswith('+')}"
            options = ["-e", f"trace={point.call}", "-e", f"inject={point.call}:{what}:when={when}"]
            run = self._run(deed, place, point.stage, point.thread, options)
            found.hit = "INJECTED" in run.log or run.code == -signal.SIGKILL
            found.errors = [line["error"] for line in run.lines if "error" in line]
            found.complaints += self._ended(point, run)
            judged = verdict(place, self._before[deed], run.lines)
            found.complaints += judged.complaints
            found.orphans, found.leftovers = judged.orphans, judged.leftovers
            if judged.orphans > _FILES_OF_A_PICTURE:
                found.complaints.append(f"{judged.orphans} picture files that nothing refers to")
            found.complaints += (f"a start leaves {each}" for each in tidied(place))
            if point.fault != KILL and not point.call.startswith(("unlink", "rmdir")):
                found.complaints += (f"an error leaves {each}" for each in found.leftovers)
            if found.complaints:
                found.told = [*(json.dumps(line)[:_SHOWN] for line in run.lines), run.words]
        return found

    def _ended(self, point: Point, run: _Run) -> Iterator[str]:
        """What is wrong with how a process went on after a fault."""
        if point.fault == KILL:
            if run.code not in (0, -signal.SIGKILL):
                yield f"exit {run.code}: {_last(run.words)}"
            return
        if run.code:
            yield f"exit {run.code}: {_last(run.words)}"
        yield from (
            f"told as {line['error']}" for line in run.lines if line.get("error", "StoreFull") not in _OWN_ERRORS
        )
        later = any("done" in line and line.get("conversation") in deeds.LATER for line in run.lines)
        if point.stage == "open" and not later and not point.fault.endswith("+") and not run.code:
            yield "nothing can be kept afterwards"
        told = any("error" in line for line in run.lines)
        done = {line["done"] for line in run.lines if "done" in line}
        if not told and any(line["begin"] not in done | {"add", "send"} for line in run.lines if "begin" in line):
            yield "an error that nobody was told"

    @contextmanager
    def _place(self, deed: str) -> Iterator[Path]:
        place = Path(tempfile.mkdtemp(dir=self._bases))
        try:
            shutil.copytree(self._bases / deed, place, dirs_exist_ok=True)
            yield place
        finally:
            shutil.rmtree(place)

    def _run(self, deed: str, place: Path, stage: str, thread: str, options: list[str]) -> _Run:
        """Do a deed in a fork, with strace from one of its stages on."""
        (told, tell), (said, say), (going, go) = os.pipe(), os.pipe(), os.pipe()
        words, log = place.with_name(f"{place.name}.words"), place.with_name(f"{place.name}.log")
        child = os.fork()
        if not child:
            for end in (told, said, go):
                os.close(end)
            _child(deed, place, stage, self._url, tell, say, going, words)
        for end in (tell, say, going):
            os.close(end)
        tracer: subprocess.Popen[str] | None = None
        try:
            reached = _line(told)
            if not reached:
                raise RuntimeError(f"it ends before the stage: {_last(words.read_text(errors='replace'))}")
            threads = json.loads(reached)
            who = ["-f", "-p", str(child)] if thread == EVERY_THREAD else ["-p", str(threads[thread])]
            command = ["strace", *options, "-y", "-s", "0", "-o", str(log), *who]
            tracer = subprocess.Popen(command, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
            attached = tracer.stderr.readline() if tracer.stderr else ""
            if "attached" not in attached:
                raise RuntimeError(attached)
            os.write(go, b".")
            output = _all(said, child)
            _, status = os.waitpid(child, 0)
            child = 0
            tracer.communicate(timeout=_SECONDS)
            lines = [json.loads(line) for line in output.splitlines() if line.endswith("}")]
            text = words.read_text(errors="replace") if words.exists() else ""
            return _Run(lines, os.waitstatus_to_exitcode(status), text, log.read_text(errors="replace"))
        finally:
            if child:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
            if tracer is not None and tracer.poll() is None:
                tracer.kill()
                tracer.communicate()
            for end in (told, said, go):
                os.close(end)
            for path in (words, log):
                path.unlink(missing_ok=True)


def _child(deed: str, place: Path, stage: str, url: str, tell: int, say: int, going: int, words: Path) -> None:
    """Do the deed and end; at the stage, tell of the threads and wait."""
    code = 1
    try:
        os.dup2(say, 1)
        os.close(say)
        os.dup2(os.open(words, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), 2)

        def reached(name: str) -> None:
            if name == stage:
                # After a fork, Python has another number for the first thread.
                threads = {each.name: each.native_id for each in threading.enumerate()} | {"MainThread": os.getpid()}
                os.write(tell, json.dumps(threads).encode() + b"\n")
                os.read(going, 1)

        def say_(line: JSON) -> None:
            os.writev(1, [json.dumps(line).encode(), b"\n"])  # no call that is struck

        do([deed], place, url, say_, reached)
        code = 0
    except BaseException:  # noqa: BLE001  # whatever it is, it is told
        os.write(2, traceback.format_exc().encode(errors="replace"))
    finally:
        os._exit(code)


def _line(end: int) -> bytes:
    if not select([end], [], [], _SECONDS)[0]:
        raise TimeoutError("it does not come to the stage")
    return os.read(end, 1 << 16)


def _all(end: int, child: int) -> str:
    """All that comes until the process ends, which it has to."""
    pieces, deadline = list[bytes](), time.monotonic() + _SECONDS
    while True:
        if not select([end], [], [], max(0.0, deadline - time.monotonic()))[0]:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGABRT)
            deadline = time.monotonic() + _SECONDS
            continue
        piece = os.read(end, 1 << 16)
        if not piece:
            return b"".join(pieces).decode()
        pieces.append(piece)


def _counted(log: str, folder: str) -> Iterator[tuple[str, int]]:
    """The calls that write to a folder: their names, and their numbers among all of that name in their thread."""
    counts = Counter[tuple[str, str]]()
    seen = set[tuple[str, int]]()
    for line in log.splitlines():
        match = _LINE.match(line)
        if match is None or "resumed>" in line[:60]:
            continue
        thread, call, arguments = match.groups()
        counts[thread or "", call] += 1
        number = counts[thread or "", call]
        wanted = folder in arguments and (call != "openat" or _CREATES.search(arguments))
        if wanted and (call, number) not in seen:
            seen.add((call, number))
            yield call, number


def _last(words: str) -> str:
    lines = [line for line in words.splitlines() if line.strip()]
    return lines[-1] if lines else "no word"


def main() -> None:
    """Lines of input are {"deed": …}, of which the calls are wanted, or {"point": …}."""
    struck = Struck(Path(sys.argv[1]), sys.argv[2])
    for line in sys.stdin:
        wanted = json.loads(line)
        try:
            if "deed" in wanted:
                answer: Any = [str(point) for point in struck.calls(wanted["deed"])]
            else:
                answer = asdict(struck.outcome(Point.from_text(wanted["point"])))
        except Exception as error:  # noqa: BLE001  # a finding, of the app or of this
            traceback.print_exc()
            answer = asdict(Outcome(wanted.get("point", ""), complaints=[f"{type(error).__name__}: {error}"]))
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
