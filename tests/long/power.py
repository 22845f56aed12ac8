"""Cuts the power while the app works, and opens what is left: `python -m tests.long.power [NUMBER…] [OPTION…]`.

The deeds (`tests.long.deeds`) are done once by the real app, and its system calls are written down. From these the disk
is made again as it may look after a loss of power at any instant (`tests.long.disk`). What the app had told to be done
has to be there when it is opened, and all else as it was or as it was to be (RELIABILITY, section 5, D2).

That proves something only if carelessness is found: the same is done where commits or pictures are not synced. Every
cut follows from its number and from the record, which is kept in `build/long/power`. Numbers that are named are judged
with the last record, and what is left is put there, too.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import re
import shutil
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from random import Random
from typing import Final

from tests.benchmarks.row import Row, table
from tests.long.cuts import Cut, Result, judge, rebuild, record, recorded
from tests.long.deeds import DEEDS, IN_CLOSED_APP, IN_OPEN_APP

_PLACE: Final = Path(__file__).parents[2] / "build" / "long" / "power"
_CUTS: Final = 10_000
_STRICT: Final = 2_000
_CANARIES: Final = 300
_BATCH: Final = 50
"""Cuts of one record that a process makes on one way through it."""
_TALK: Final = ("add", "send", "send", "hide", "trash", "erase", "import")
_RECORDS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "talk": ("careful", _TALK),
    "long-talk": ("often-checkpointed", _TALK),
    "backup": ("careful", ("backup",)),
    "exports": ("careful", tuple(deed for deed in IN_OPEN_APP if deed.startswith("export"))),
    **{deed: ("careful", (deed,)) for deed in IN_CLOSED_APP},
}
"""What is recorded: the care that is taken, and the deeds."""
_INDEX: Final = "records.json"
_AGAIN: Final = 4
"""Starts after a cut that are recorded too, to be cut off themselves."""
_CANARY: Final = {"commits-unsynced": (90, False), "pictures-unsynced": (50, False), "folders-unsynced": (25, True)}
"""By carelessness: percent of the cuts that are found broken at least, where something had been told to be done; and
whether these are strict."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 1 where anything is broken, or where carelessness is not found, 2 where nothing can be recorded here."""
    parser = argparse.ArgumentParser(prog="power", description="Cut the power while the app works.")
    parser.add_argument("numbers", nargs="*", type=int, metavar="NUMBER", help="these cuts alone, of the last record")
    parser.add_argument("--count", type=int, default=_CUTS, help=f"cuts, from number 0 (default: {_CUTS:,})")
    parser.add_argument("--strict", type=int, default=_STRICT, help=f"strict ones besides (default: {_STRICT:,})")
    parser.add_argument("--canaries", type=int, default=_CANARIES, help=f"of each kind (default: {_CANARIES})")
    parser.add_argument("--again", type=int, default=_AGAIN, help=f"recorded starts after a cut (default: {_AGAIN})")
    choices = list(dict.fromkeys((*_RECORDS, *DEEDS)))
    parser.add_argument("--records", nargs="+", choices=choices, default=list(_RECORDS), help="also single deeds")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("--place", type=Path, default=_PLACE, help="where records are kept")
    options = parser.parse_args(arguments)
    if shutil.which("strace") is None:
        sys.stderr.write("The system calls are recorded with strace, which is not here.\n")
        return 2
    if options.numbers:
        names = json.loads((options.place / _INDEX).read_text("utf-8"))
        return _some(options.numbers, [options.place / name for name in names])
    began = time.monotonic()
    places = _recorded(options.place, options.records, options.again)
    canaries = _canaries(options.place) if options.canaries else []
    instants = _instants(places)
    _say(f"{len(places) + len(canaries)} records in {time.monotonic() - began:.0f} s, {len(instants):,} instants")
    judged = {
        "cuts of power": _judged(_drawn(range(options.count), instants), options.workers),
        "strict cuts": _judged(_drawn(range(options.strict), instants, strict=True), options.workers),
    }
    rows = [
        Row.of(f"broken by {len(of)} {what}", _broken(of), 100, "%", 0, absolute=True) for what, of in judged.items()
    ]
    for place in canaries:
        least, strict = _CANARY[place.name]
        cuts = _drawn(range(options.canaries), _instants([place], told=True), strict=strict)
        judged[place.name] = _judged(cuts, options.workers)
        what = f"broken by {options.canaries}, {place.name}"
        rows.append(Row.of(what, _broken(judged[place.name]), 100, "%", least, absolute=True, least=True))
    sys.stdout.write(f"{table(rows)}\n")
    for what, results in judged.items():
        sys.stdout.write("".join(f"  {line}\n" for line in _kinds(what, results)))
    return int(any(row.verdict == "short" for row in rows))


def _recorded(place: Path, names: Sequence[str], again: int) -> list[Path]:
    """Make the records, and those of starts after a cut of the first two. Returns where they are."""
    places = [place / name for name in names]
    for each in places:
        care, deeds = _RECORDS.get(each.name, ("careful", (each.name,)))
        record(deeds, each, care)
    for cut in _drawn(range(again), _instants(places[:2], told=True)):
        places.append(place / f"after-{cut.number}")
        record(["start"], places[-1], after=cut)
    (place / _INDEX).write_text(json.dumps([each.name for each in places]), "utf-8")
    return places


def _canaries(place: Path) -> list[Path]:
    places = [place / care for care in _CANARY]
    for each in places:
        record(_TALK, each, each.name)
    return places


def _instants(places: Sequence[Path], *, told: bool = False) -> list[tuple[Path, int]]:
    """Every instant of some records, or only those when something had been `told` to be done."""
    found = []
    for place in places:
        known = recorded(place)
        found += [(place, instant) for instant in range(known.told if told else 0, len(known.events) + 1)]
    return found


def _drawn(numbers: Iterable[int], instants: Sequence[tuple[Path, int]], *, strict: bool = False) -> list[Cut]:
    """The cut of each number: at any of the instants."""
    return [Cut(number, *Random(number).choice(instants), strict) for number in numbers]  # noqa: S311


def _judged(cuts: Sequence[Cut], workers: int) -> list[Result]:
    """The cuts with what is wrong after them, in order of numbers."""
    if len(cuts) <= _BATCH:  # done before a process is there
        return [result for batch in _batches(cuts) for result in judge(batch)]
    began, results = time.monotonic(), list[Result]()
    # Not forked: no thread and no Qt of ours is in a worker.
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        for done in as_completed([pool.submit(judge, batch) for batch in _batches(cuts)]):
            results += done.result()
    _say(f"{len(results):,} cuts in {time.monotonic() - began:.0f} s, {workers} processes")
    return sorted(results, key=lambda result: result.cut.number)


def _batches(cuts: Sequence[Cut]) -> Iterator[list[Cut]]:
    """A batch has cuts of one record."""
    by_place: dict[Path, list[Cut]] = defaultdict(list)
    for cut in cuts:
        by_place[cut.place].append(cut)
    for of_one in by_place.values():
        yield from (of_one[first : first + _BATCH] for first in range(0, len(of_one), _BATCH))


def _some(numbers: Sequence[int], places: Sequence[Path]) -> int:
    """Judge these, both ways, keep what they leave for a look at it, and print all that is known."""
    found = 0
    instants = _instants(places)
    for cut in (each for strict in (False, True) for each in _drawn(numbers, instants, strict=strict)):
        folder = cut.place.parent / f"left-by-{cut.number}{'-strict' * cut.strict}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        rebuild(cut, folder)
        [result] = judge([cut])
        found += len(result.complaints)
        last = f"{recorded(cut.place).events[cut.instant - 1]!s:.200}" if cut.instant else "nothing"
        sys.stdout.write(f"{result}\nafter {last}\n{folder}\n")
    return int(bool(found))


def _broken(results: Sequence[Result]) -> float:
    """Percent."""
    return 100 * sum(bool(result.complaints) for result in results) / max(1, len(results))


def _kinds(what: str, results: Sequence[Result]) -> Iterator[str]:
    """What is wrong, the most frequent first, with some of the numbers."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for result in results:
        for kind in {_VARYING.sub("…", complaint) for complaint in result.complaints}:
            numbers[kind].append(result.cut.number)
    for kind, of_kind in sorted(numbers.items(), key=lambda item: -len(item[1])):
        yield f"{what}: {len(of_kind):,} × {kind} ({', '.join(map(str, of_kind[:5]))})"


_VARYING: Final = re.compile(r"'.*'|\{.*\}|[0-9a-f-]{6,}|\d+")


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
