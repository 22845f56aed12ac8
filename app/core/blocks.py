"""Markdown text → its top-level blocks, incrementally: what is finished never changes, however the text goes on.

Only the open end of a text is read again when more comes, and a part of a block is finished as soon as it is full: the
cost of new text does not grow with what is there already. What is finished is decided by whole lines alone, and only
when no line behind them can make another thing of them. Therefore the blocks are the same whether a text comes at once
or letter by letter.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from app.core import blocks_parts as cutting
from app.core.blocks_grammar import DEFINITION, Top, is_blank, read, warm
from app.core.blocks_parts import Line
from app.core.blocks_plan import Context, Left, plan
from app.core.blocks_tail import shown

__all__ = ["Block", "Blocks", "Kind", "joined", "split", "warm"]

Kind = Literal["prose", "code", "table", "definition"]
"""A definition of links shows nothing."""

_WINDOW: Final = 16_000
"""Weight of the lines read at once of a text that comes at once."""
_BLANKS: Final = 100
"""So many blank lines end whatever is open, except a fence."""
_KNOWN: Final = 16_000
"""Characters of link definitions that are handed on."""

_FENCE: Final = re.compile(r"( {0,3})(`{3,}|~{3,})(.*)")


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a text, or a part of one that is too long to be laid out at once."""

    kind: Kind
    text: str
    """Prose and tables: Markdown that means the same by itself. Code: its lines, without the fence."""
    info: str = ""
    """Code: the words behind the opening fence."""
    number: int = 0
    """Which block of the text it is, from 0; the parts of one share it."""
    start: int = 0
    """Where it begins in the text, in characters."""
    end: int = 0
    """Where what belongs to it ends."""
    plain: bool = False
    """Its text is shown as it is and not read as Markdown."""
    first: bool = True
    """Whether its block begins with it."""
    last: bool = True
    """Whether its block ends with it."""


def split(text: str) -> list[Block]:
    """The blocks of a text that is whole."""
    blocks = Blocks()
    blocks.feed(text)
    blocks.finish()
    return blocks.finished


def joined(parts: Sequence[Block]) -> str:
    """The text of a block of code from all its parts. A part that begins right where the one before ends goes on within
    the same line."""
    text = ""
    for index, part in enumerate(parts):
        if index:
            text += "" if part.start == parts[index - 1].end else "\n"
        text += part.text
    return text


@dataclass(slots=True)
class _Code:
    """An open fence."""

    mark: str
    columns: int
    info: str
    start: int
    end: int
    lines: list[Line] = field(default_factory=list)
    size: int = 0


@dataclass(slots=True)
class _Open:
    """What is not finished."""

    queue: list[Line] = field(default_factory=list)
    """Complete lines."""
    queued: int = 0
    """Weight of those that came since they were read."""
    rest: str = ""
    """The incomplete line behind them."""
    at: int = 0
    """Where that begins in the text."""
    is_cut: bool = False
    """Parts of it are finished."""
    is_sliced: bool = False
    """It is too heavy, and shown as it is."""
    number: int = 0
    is_begun: bool = False
    """Parts of the block `number` are finished."""
    context: Context | None = None
    code: _Code | None = None
    """An open fence: the queue is empty then."""
    blanks: int = 0
    """Blank lines at the end of the queue."""


class Blocks:
    """The blocks of one text. It may grow; what is finished never changes."""

    def __init__(self, _open: _Open | None = None) -> None:
        self.finished: list[Block] = []
        self._open = _open or _Open()
        self._definitions: list[str] = []
        self._known = 0
        self._tail: list[Block] | None = None

    @property
    def definitions(self) -> tuple[str, ...]:
        """The link definitions met so far, each as Markdown; of very many the first."""
        return tuple(self._definitions)

    def feed(self, new: str) -> None:
        """Take what comes behind what was given before."""
        if not new:
            return
        self._tail = None
        *lines, self._open.rest = (self._open.rest + new).split("\n") if "\n" in new else [self._open.rest + new]
        for line in lines:
            self._take(line)
        if lines:
            self._advance(final=False)
        if len(self._open.rest) > cutting.CODE or cutting.is_heavy(self._open.rest):
            self._shorten()

    def tail(self) -> list[Block]:
        """What is not finished, as it may be shown now. What may still become another thing is left out."""
        if self._tail is None:
            self._tail = self._open_end()
        return self._tail

    def finish(self) -> None:
        """Nothing more comes."""
        self._tail = None
        if self._open.rest:
            rest, self._open.rest = self._open.rest, ""
            self._take(rest)
        self._conclude()

    def _open_end(self) -> list[Block]:
        end = replace(self._open, queue=list(self._open.queue))
        if end.code is not None:
            end.code = replace(end.code, lines=list(end.code.lines))
            is_shown = not set(end.rest.strip(" \t\r")) <= {end.code.mark[0]}
        elif end.is_sliced:
            is_shown = True
        else:
            head = end.context.lines if end.context and end.context.sort == "table" else []
            count, is_shown = shown([*head, *(line.text for line in end.queue)], end.rest.removesuffix("\r"))
            del end.queue[max(count - len(head), 0) :]
        if not is_shown:
            end.rest = ""
        blocks = Blocks(end)
        blocks.finish()
        return blocks.finished

    def _take(self, raw: str) -> None:
        """Take a complete line."""
        text = raw.removesuffix("\r").replace("\r", " ")
        line = Line(text, self._open.at, self._open.at + len(text), self._open.is_cut)
        self._open.at += len(raw) + 1
        self._open.is_cut = False
        if self._open.is_sliced:
            self._put_slices(line)
        elif self._is_code(text):
            self._add_code(line)
        elif cutting.is_heavy(text):
            self._conclude()
            self._put_slices(line)
        else:
            self._enqueue(line)

    def _is_code(self, text: str) -> bool:
        """Whether a line belongs to an open fence. A heavy one is not read with others, so it asks before."""
        if self._open.code is None and cutting.is_heavy(text):
            self._advance(final=False)
        return self._open.code is not None

    def _enqueue(self, line: Line) -> None:
        self._open.queue.append(line)
        self._open.queued += cutting.weight(line.text)
        self._open.blanks = self._open.blanks + 1 if is_blank(line.text) else 0
        if self._open.queued > _WINDOW or self._open.blanks == _BLANKS:
            self._advance(final=False)
        if self._open.blanks == _BLANKS and self._open.code is None:
            self._conclude()

    def _shorten(self) -> None:
        """Finish what can be of an incomplete line that is very long already."""
        self._advance(final=False)
        if self._open.code is None and not self._open.is_sliced:
            if not cutting.is_heavy(self._open.rest):
                return
            self._conclude()
            self._open.is_sliced = True
        text = self._open.rest.replace("\r", " ")
        line = Line(text, self._open.at, self._open.at + len(text), self._open.is_cut)
        *pieces, last = self._pieces(line)
        for piece in pieces:
            if self._open.code is not None:
                self._add_piece(self._open.code, piece)
            else:
                self._put("prose", piece.text, piece.start, piece.end, is_last=False, plain=True)
        if pieces:
            self._open.at += len(text) - len(last.text)
            self._open.rest = self._open.rest[len(text) - len(last.text) :]
            self._open.is_cut = True

    def _pieces(self, line: Line) -> list[Line]:
        if self._open.code is None:
            return list(cutting.cut_line(line, cutting.SLICE, between_words=True))
        if not line.cut:
            line = line._replace(text=cutting.dedented(line.text, self._open.code.columns))
        return list(cutting.cut_line(line, cutting.CODE, between_words=False))

    def _put_slices(self, line: Line) -> None:
        *pieces, last = cutting.cut_line(line, cutting.SLICE, between_words=True)
        for piece in pieces:
            self._put("prose", piece.text, piece.start, piece.end, is_last=False, plain=True)
        self._put("prose", last.text, last.start, last.end, is_last=True, plain=True)
        self._open.is_sliced = False

    def _conclude(self) -> None:
        """End what is open, as if the text ended here."""
        self._advance(final=True)
        if self._open.code is not None:
            self._end_code(self._open.code)
        self._open.queue = []
        self._end_block()

    def _end_block(self) -> None:
        self._open.context = None
        if self._open.is_begun:
            self._open.is_begun = False
            self._open.number += 1

    def _advance(self, *, final: bool) -> None:
        """Finish what is sure of the lines in the queue."""
        while True:
            if self._open.context is None:
                while self._open.queue and is_blank(self._open.queue[0].text):
                    del self._open.queue[0]
            if not self._open.queue or not self._settle(final=final):
                break
        self._open.queued = 0

    def _settle(self, *, final: bool) -> bool:
        """One reading of the queue. Returns whether another is needed, because a unit had to be broken."""
        before = self._open.context.lines if self._open.context else []
        known = len(before)
        # What goes on from within a line begins nothing, whatever it looks like.
        texts = [*before, *(before[-1] if line.cut else line.text for line in self._open.queue)]
        tops, undecided = read(texts)
        sure = len(texts) if final else min(len(texts) - 1, undecided)
        for index, top in enumerate(tops):
            if self._open.context is not None and (top.end <= known or top.first >= known):
                self._end_block()
            if top.end <= known:
                continue
            behind = tops[index + 1].first if index + 1 < len(tops) else len(texts)
            is_whole = final or (index + 1 < len(tops) and behind <= sure and _is_over(tops, index, texts))
            left = self._put_block(top, known, behind, sure, is_whole=is_whole)
            if left is not None:
                del self._open.queue[: left.at]
                if left.line is not None:
                    self._open.queue[0] = left.line
                is_new, self._open.context = left.context is not self._open.context, left.context
                return is_new and left.context is not None and left.context.is_broken
        self._open.queue = []
        return False

    def _put_block(self, top: Top, known: int, behind: int, sure: int, *, is_whole: bool) -> Left | None:
        """Finish what is sure of a block. Returns what is left of it."""
        if top.sort == "fence":
            return self._put_fence(top.first - known, behind - known, is_whole=is_whole)
        parts, left = plan(top, self._open.queue, known, sure, self._open.context, is_whole=is_whole)
        for index, part in enumerate(parts):
            is_last = left is None and index == len(parts) - 1
            kind: Kind = "definition" if top.sort == "definition" else part.kind
            self._put(kind, part.text, part.start, part.end, is_last=is_last, plain=part.plain)
        if left is None:
            self._open.context = None
        if top.sort == "definition" and parts and self._known < _KNOWN:
            self._known += len(parts[0].text)
            self._definitions.append(parts[0].text)
        return left

    def _put(
        self, kind: Kind, text: str, start: int, end: int, *, is_last: bool, plain: bool = False, info: str = ""
    ) -> None:
        self.finished.append(
            Block(kind, text, info, self._open.number, start, end, plain, not self._open.is_begun, is_last)
        )
        self._open.is_begun = not is_last
        self._open.number += is_last

    def _put_fence(self, at: int, behind: int, *, is_whole: bool) -> Left | None:
        opening = self._open.queue[at]
        match = _FENCE.fullmatch(opening.text)
        indent, mark, info = match.groups() if match else ("", "```", "")
        self._open.code = _Code(mark, len(indent), info.strip(), opening.start, opening.end)
        at += 1
        while at < behind and self._open.code is not None:
            self._add_code(self._open.queue[at])
            at += 1
        if not is_whole:
            return Left(at, None, None)
        if self._open.code is not None:
            self._end_code(self._open.code)
        return None

    def _add_code(self, line: Line) -> None:
        code = self._open.code
        if code is None:
            return
        if not line.cut and _closes(line.text, code.mark):
            code.end = line.end
            self._end_code(code)
            return
        for piece in self._pieces(line):
            self._add_piece(code, piece)
        code.end = line.end

    def _add_piece(self, code: _Code, piece: Line) -> None:
        is_full = len(code.lines) == cutting.CODE_LINES or code.size + len(piece.text) > cutting.CODE
        if code.lines and (is_full or piece.cut):
            self._put_code(code, code.lines[-1].end, is_last=False)
            code.lines, code.size = [], 0
        code.lines.append(piece)
        code.size += len(piece.text) + 1

    def _end_code(self, code: _Code) -> None:
        self._put_code(code, code.end, is_last=True)
        self._open.code = None
        self._open.blanks = 0

    def _put_code(self, code: _Code, end: int, *, is_last: bool) -> None:
        start = code.lines[0].start if self._open.is_begun else code.start
        text = "\n".join(line.text for line in code.lines)
        self._put("code", text, start, end, is_last=is_last, info=code.info)


def _closes(line: str, mark: str) -> bool:
    """Whether the line ends the code that `mark` opened (CommonMark, 4.5)."""
    body = line.lstrip(" ")
    return len(line) - len(body) < 4 and body.startswith(mark) and not body.lstrip(mark[0]).strip(" \t")


def _is_over(tops: Sequence[Top], index: int, lines: Sequence[str]) -> bool:
    """Whether a definition has all of its title: the lines behind it may turn out to belong to it."""
    top, behind = tops[index], tops[index + 1]
    if top.sort != "definition" or behind.sort != "paragraph" or any(is_blank(line) for line in lines[top.first :]):
        return True
    return sum(len(line) + 1 for line in lines[top.first :]) > DEFINITION
