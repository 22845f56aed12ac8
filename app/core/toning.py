"""The tones of code: found by Pygments, a line at a time.

Pygments knows code by rules that look ahead as far as they like. Therefore it is given no line of more than `LONGEST`
characters and no text of more than `MOST`, and a block whose code takes too long even so is left in one tone.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from app.core.utf16 import part, units

if TYPE_CHECKING:
    from pygments.lexer import Lexer

Tone = Literal["keyword", "name", "string", "number", "comment", "deleted"]

LIGHT: Final[dict[Tone, str]] = {
    "keyword": "#8A3A9E",
    "name": "#2C5FAE",
    "string": "#2F6F42",
    "number": "#93580A",
    "comment": "#6A665E",
    "deleted": "#B93A34",
}
DARK: Final[dict[Tone, str]] = {
    "keyword": "#CBA3E6",
    "name": "#93B8F2",
    "string": "#9CCB9F",
    "number": "#E2B579",
    "comment": "#A19D96",
    "deleted": "#F08A84",
}

_TONES: Final[dict[str, Tone | None]] = {
    "Token.Keyword": "keyword",
    "Token.Keyword.Constant": "number",
    "Token.Keyword.Type": "name",
    "Token.Operator.Word": "keyword",
    "Token.Name.Tag": "keyword",
    "Token.Name.Function": "name",
    "Token.Name.Class": "name",
    "Token.Name.Exception": "name",
    "Token.Name.Builtin": "name",
    "Token.Name.Builtin.Pseudo": None,
    "Token.Name.Decorator": "name",
    "Token.Name.Attribute": "name",
    "Token.Literal.String": "string",
    "Token.Literal.String.Interpol": None,
    "Token.Literal.Number": "number",
    "Token.Comment": "comment",
    "Token.Comment.Preproc": "keyword",
    "Token.Generic.Heading": "keyword",
    "Token.Generic.Subheading": "name",
    "Token.Generic.Prompt": "comment",
    "Token.Generic.Inserted": "string",
    "Token.Generic.Deleted": "deleted",
}
"""Of Pygments' kinds of words; one that is not here is like the kind it belongs to."""

LONGEST: Final = 1_000
"""Characters of a line that is still looked at."""
MOST: Final = 60_000
"""Characters of a block that is still looked at; Pygments reads some 250 in a millisecond."""
_TOO_LONG: Final = 0.05
"""Seconds that a line may take."""
_WINDOW: Final = 2_000
"""Characters of code being written that are read again at most, to know what its next line belongs to."""
_LABEL: Final = 40
"""Characters of a language's name."""
_WORD: Final = re.compile(r"[^\s,{}=]+")
_NAMES: Final = {
    "Bash": "Shell",
    "Bash Session": "Shell",
    "Docker": "Dockerfile",
    "LessCss": "Less",
    "PostgreSQL SQL dialect": "PostgreSQL",
    "S": "R",
    "Text only": "Text",
    "VimL": "Vim script",
    "systemverilog": "SystemVerilog",
    "verilog": "Verilog",
    "vhdl": "VHDL",
}
"""Where people say it otherwise than Pygments."""
_TRIED: Final = (
    "Ada|AppleScript|Awk|Bash|Bash Session|Batchfile|C|C#|C++|CMake|COBOL|CSS|CUDA|Clojure|CoffeeScript|Common Lisp|"
    "Crystal|Cython|D|Dart|Delphi|Diff|Django/Jinja|Docker|Elixir|Elm|Erlang|F#|Fish|Fortran|GLSL|Gherkin|Go|GraphQL|"
    "Groovy|HTML|HTTP|Haskell|JSON|JSX|Java|JavaScript|Julia|Kotlin|LessCss|Lua|Makefile|Markdown|Matlab|MySQL|NASM|"
    "Nginx configuration file|Nix|OCaml|Objective-C|PHP|PL/pgSQL|Perl|PostgreSQL SQL dialect|PowerShell|Prolog|"
    "Properties|Protocol Buffer|Python|Python console session|Racket|Ruby|Rust|S|SCSS|SQL|Sass|Scala|Scheme|Solidity|"
    "Swift|TOML|TSX|Tcl|TeX|Terraform|Transact-SQL|TypeScript|VB.net|VimL|Vue|XML|YAML|Zig|reStructuredText|"
    "systemverilog|verilog|vhdl"
)
"""Languages whose rules were tried on hostile code. Others take seconds for some lines, and nothing can stop them."""
TRIED: Final = frozenset(_TRIED.split("|"))
_BROKEN: Final = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What rules that do not hold for some code may raise."""


class Span(NamedTuple):
    """A run of one tone in a line, in characters as Qt counts them: those beyond the basic plane are two."""

    start: int
    length: int
    tone: Tone


Line = tuple[Span, ...]
Run = tuple[str, Tone | None]
"""A part of a line, and its tone."""


def language(info: str) -> tuple[str, str]:
    """What a language is called by people, and by Pygments where code of it is looked at; from what follows a fence."""
    word = _WORD.search(info)
    if word is None:
        return "", ""
    alias = word[0].lower().lstrip(".")
    known = languages().get(alias)
    if known is None:
        return word[0][:_LABEL], ""
    return _NAMES.get(known, known)[:_LABEL], alias if known in TRIED else ""


@lru_cache(maxsize=1)
def languages() -> dict[str, str]:
    """Pygments' names by what its languages are called behind a fence."""
    from pygments.lexers import get_all_lexers

    return {alias: name for name, aliases, _, _ in get_all_lexers(plugins=False) for alias in aliases}


@lru_cache(maxsize=64)
def lexer(alias: str) -> Lexer:
    """The rules of a language that `language` has named.

    Takes up to 50 ms the first time: there are many to be made ready.
    """
    from pygments.lexers import get_lexer_by_name

    found: Lexer = get_lexer_by_name(alias)
    for _ in found.get_tokens_unprocessed("x = 1\n"):
        pass
    return found


@lru_cache(maxsize=512)
def _tone(kind: Any) -> Tone | None:
    """Of a kind of Pygments: its own, or that of the kind it belongs to."""
    name = str(kind)
    while name:
        if name in _TONES:
            return _TONES[name]
        name = name.rpartition(".")[0]
    return None


class Tones:
    """The tones of the lines of one block, as far as they are known. Its text may grow at its end."""

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self.text = ""
        self.lines: list[Line] = []
        self.is_closed = False
        self.given_up = False
        self._known = 0
        """So far the text has been read, in characters."""
        self._safe = 0
        """From here on it is read again when it has grown: a line that begins within nothing."""
        self._grew = False
        self._reading: _Reading | None = None

    def grow(self, text: str, *, closed: bool) -> None:
        """Take the whole text, which begins with what it was. What came in pieces is read once more when it closes."""
        self._grew |= len(text) > len(self.text) > 0
        self.text, self.is_closed = text, closed
        if len(text) > MOST:
            self.given_up = True
        elif closed and self._grew:
            self._grew = False
            self._known = self._safe = 0
            self._reading = None

    @property
    def is_waiting(self) -> bool:
        """Whether there is more to be read."""
        return not self.given_up and self._known < self._end

    @property
    def _end(self) -> int:
        """So far the text can be read: the last line of one that grows may not be complete."""
        return len(self.text) if self.is_closed else self.text.rfind("\n") + 1

    def work(self, lexer: Lexer, until: float) -> range:
        """Read on until that time of the performance counter. Returns the lines that have their tones now."""
        first = last = -1
        now = time.perf_counter()
        while self.is_waiting and now < until:
            if self._reading is None:
                self._reading = _Reading(lexer, self.text, self._safe, self._end)
            number = self._step(self._reading)
            first, last = (number if first < 0 else first), max(last, number)
            began, now = now, time.perf_counter()
            self.given_up |= now - began > _TOO_LONG
        return range(max(0, first), last + 1)

    def _step(self, reading: _Reading) -> int:
        """Take the next line; returns its number, or -1 at the end."""
        try:
            read = next(reading.lines, None)
        except _BROKEN:
            self.given_up = True
            return -1
        if read is None:
            self._known, self._reading = reading.end, None
            if self._known - self._safe > _WINDOW:
                self._safe = self._known
            return -1
        line, is_safe = read
        number, start = reading.advance()
        if is_safe and start < reading.end:
            self._safe = start
        self.lines[number : number + 1] = [line]
        return number


class _Reading:
    """One pass over a part of a text, from the beginning of a line on."""

    def __init__(self, lexer: Lexer, text: str, start: int, end: int) -> None:
        self.end = end
        self._number = text.count("\n", 0, start)
        self._start = start
        rows = text[start:end].split("\n")
        self._lengths = iter([len(row) + 1 for row in rows])
        # A long line can take for ever; without it the others still are what they are.
        self.lines = _read(lexer, "\n".join("" if len(row) > LONGEST else row for row in rows))

    def advance(self) -> tuple[int, int]:
        """The number of the line that was read, and where in the text it begins."""
        number, start = self._number, self._start
        self._number += 1
        self._start += next(self._lengths, 0)
        return number, start


def _read(lexer: Lexer, text: str) -> Iterator[tuple[Line, bool]]:
    """The lines one by one, each with whether it begins outside of strings, comments and indented code."""
    spans: list[Span] = []
    column = 0
    is_safe, is_within = True, False
    for _, kind, value in lexer.get_tokens_unprocessed(text):
        tone = _tone(kind)
        if not column:
            is_safe = not is_within and tone not in {"string", "comment"} and not value[:1].isspace()
        for index, run in enumerate(value.split("\n")):
            if index:
                yield tuple(spans), is_safe
                spans, column, is_safe = [], 0, False
            length = units(run)
            if tone is not None and run and not run.isspace():
                _add(spans, Span(column, length, tone))
            column += length
        is_within = tone in {"string", "comment"} or (is_within and value.isspace())
    yield tuple(spans), is_safe and bool(column)


def _add(spans: list[Span], span: Span) -> None:
    """What is of one tone without a gap is one run."""
    if spans and spans[-1].tone == span.tone and spans[-1].start + spans[-1].length == span.start:
        span = Span(spans[-1].start, spans.pop().length + span.length, span.tone)
    spans.append(span)


def toned(text: str, info: str) -> list[list[Run]]:
    """The lines of a block that is whole, from what follows its fence. Takes up to a second; works in any thread."""
    _, alias = language(info)
    known = Tones(alias)
    if alias:
        known.grow(text, closed=True)
    while alias and known.is_waiting:
        known.work(lexer(alias), time.perf_counter() + 1)
    lines = [] if known.given_up else known.lines
    rows = text.split("\n")
    return [_runs(row, line) for row, line in zip(rows, [*lines, *[()] * len(rows)], strict=False)]


def _runs(row: str, line: Line) -> list[Run]:
    found: list[Run] = []
    at = 0
    for span in line:
        end = span.start + span.length
        found += [(part(row, at, span.start), None), (part(row, span.start, end), span.tone)]
        at = end
    return [run for run in (*found, (part(row, at, units(row)), None)) if run[0]]
