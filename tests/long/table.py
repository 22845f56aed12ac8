"""What came of hostile files, as a table of formats and outcomes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from tests.long.record import Result

_OUTCOMES: Final = {
    "decoded": "picture",
    "PictureDamaged": "damaged",
    "PictureTooBig": "too big",
    "PictureTooSlow": "too slow",
    "NotAPicture": "no picture",
    "FormatUnsupported": "other kind",
    "PictureUnreadable": "unreadable",
    "hung": "HUNG",
    "crashed": "CRASHED",
}


def table(results: Sequence[Result]) -> str:
    """A row for each format, and one for all."""
    outcomes = [*_OUTCOMES, *sorted({result.outcome for result in results} - set(_OUTCOMES))]
    outcomes = [outcome for outcome in outcomes if any(result.outcome == outcome for result in results)]
    head = ["format", "files", *(_OUTCOMES.get(outcome, outcome) for outcome in outcomes)]
    head += ["deaths", "worst s", "worst MB", "complaints"]
    formats = dict.fromkeys(result.format for result in sorted(results, key=lambda each: each.format))
    rows = [_row(name or "?", [r for r in results if r.format == name], outcomes) for name in formats]
    rows.append(_row("all", results, outcomes))
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    return "\n".join(_line(row, widths) for row in (head, *rows))


def _row(name: str, results: Sequence[Result], outcomes: Sequence[str]) -> list[str]:
    counts = Counter(result.outcome for result in results)
    return [
        name,
        f"{len(results):,}",
        *(f"{counts[outcome]:,}" for outcome in outcomes),
        f"{sum(bool(result.deaths) for result in results):,}",
        f"{max((result.seconds for result in results), default=0):.2f}",
        f"{max((max(result.ours, result.theirs) for result in results), default=0) >> 20:,}",
        f"{sum(len(result.complaints) for result in results):,}",
    ]


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (cell.ljust(width) if not at else cell.rjust(width) for at, (cell, width) in _cells(row, widths))
    return "  ".join((first, *others))


def _cells(row: Sequence[str], widths: Sequence[int]) -> Iterator[tuple[int, tuple[str, int]]]:
    return enumerate(zip(row, widths, strict=True))


def findings(kind: str, results: Sequence[Result]) -> Iterator[str]:
    """What must not be, and the processes of the decoder that died of a file and were answered for."""
    for result in results:
        for complaint in result.complaints:
            yield f"FOUND {kind} {result.number} ({result.what}): {complaint}"
    deaths = Counter((result.format, death) for result in results for death in result.deaths)
    for (name, death), count in sorted(deaths.items()):
        yield f"a process that decodes ended: {name}, {death}, {count:,} times"
