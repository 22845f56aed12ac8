"""Which parts of a block are finished, and where what is left of it begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from app.core import blocks_parts as cutting
from app.core.blocks_grammar import Sort, Top, is_blank
from app.core.blocks_parts import Fence, Limits, Line, Unit, unit

_ANY: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Context:
    """What an open block was before the lines that are left of it: enough to read them as what they are."""

    sort: Sort
    lines: Sequence[str]
    """Read before them."""
    ordinal: int | None = None
    """The number of the next item of an ordered list."""
    columns: int = 0
    """By which the lines are indented within a broken unit."""
    fence: str = ""
    """The fence that is open there."""
    is_broken: bool = False
    """The lines go on within an item or a quote that was too heavy."""


class Part(NamedTuple):
    kind: Literal["prose", "code", "table"]
    text: str
    start: int
    end: int
    plain: bool = False


class Left(NamedTuple):
    """The rest of a block that is still open."""

    at: int
    """Which of the open lines it begins with."""
    line: Line | None
    """What is left of that line, where it was cut."""
    context: Context | None
    """None where nothing of the block is finished."""


class Plan(NamedTuple):
    parts: list[Part]
    left: Left | None
    """None where the block is finished."""


def plan(top: Top, queue: Sequence[Line], known: int, sure: int, context: Context | None, *, is_whole: bool) -> Plan:
    """The parts of a block, all if it is whole, else those that stay as they are whatever comes.

    `top` counts its lines from the `known` first ones, which come from `context`; of the others, the `queue`, nothing
    from line `sure` on is certain.
    """
    return _Planned(top, queue, known, context).plan(sure - known, is_whole=is_whole)


class _Planned:
    def __init__(self, top: Top, queue: Sequence[Line], known: int, context: Context | None) -> None:
        self._top = top
        self._queue = queue
        self._known = known
        self._context = context
        self._first = max(top.first - known, 0)
        self._end = top.end - known
        self._borders = {border - known for border in top.borders}
        self._is_within = context is not None and top.sort in ("list", "quote") and self._first not in self._borders
        self._ordinal = top.start if context is None else context.ordinal
        self._head: Sequence[str] = ()
        if top.sort == "table":
            self._head = context.lines if context else [line.text for line in queue[self._first : self._first + 2]]
        # A row has as many cells as the head, however few are written.
        self._row = cutting.weight("|" * self._head[0].count("|")) if self._head else 0
        # A table so wide is not laid out as one.
        self._is_plain = sum(map(cutting.weight, self._head)) > cutting.HARD // 2

    def plan(self, sure: int, *, is_whole: bool) -> Plan:
        units = list(self._units())
        settled = units if is_whole else units[: self._settled(units, sure)]
        groups = list(cutting.groups(settled, self._limits()))
        parts: list[Part] = []
        for group in groups if is_whole else groups[:-1]:
            if self._is_too_heavy(group[0]):
                return self._broken(parts, group[0])
            parts.append(self._part(group, is_first=not parts))
        if is_whole:
            return Plan(parts or [self._part([], is_first=True)], None)
        last = groups[-1] if groups else []
        if last and self._is_too_heavy(last[0]):
            return self._broken(parts, last[0])
        if len(settled) < len(units) and (begun := self._begun(units[len(settled)], sure)):
            if last:
                parts.append(self._part(last, is_first=not parts))
            return self._broken(parts, begun)
        if not parts:
            return Plan([], Left(self._first, None, self._context))
        line = last[0].lines[0]
        return Plan(parts, Left(last[0].at, line if line.cut else None, self._following(last[0].at)))

    def _units(self) -> Iterator[Unit]:
        top, queue = self._top, self._queue
        if top.sort in ("paragraph", "code"):
            for at in range(self._first, self._end):
                for piece in self._pieces(queue[at]):
                    yield unit(at, [piece])
            return
        if top.sort == "table":
            skipped = 0 if self._context or self._is_plain else 2
            starts = list(range(self._first + skipped, self._end))
        else:
            starts = sorted({self._first, *(border for border in self._borders if border > self._first)})
        deep = [line - self._known for line in top.deep]
        for at, end in zip(starts, [*starts, self._end][1:], strict=True):
            is_deep = any(at <= line < end for line in deep)
            one = unit(at, queue[at:end], alone=is_deep or (self._is_within and at == self._first))
            yield one._replace(weight=max(one.weight, self._row))

    def _pieces(self, line: Line) -> Iterator[Line]:
        if self._top.sort == "paragraph":
            return cutting.cut_line(line, cutting.CHARACTERS, between_words=True)
        text = line.text if line.cut else cutting.dedented(line.text, 4)
        return cutting.cut_line(line._replace(text=text), cutting.CODE, between_words=False)

    def _limits(self) -> Limits:
        if self._top.sort == "code":
            return Limits(_ANY, cutting.CODE + 1, cutting.CODE_LINES)
        if self._top.sort == "table" and not self._is_plain:
            return Limits(cutting.HARD - sum(map(cutting.weight, self._head)), cutting.HARD, cutting.ROWS)
        return Limits(cutting.PROSE, cutting.CHARACTERS, _ANY)

    def _settled(self, units: Sequence[Unit], sure: int) -> int:
        """How many of the units are as they are for good."""
        if self._top.sort in ("single", "definition"):
            return 0
        # An item ends only where the next one begins.
        last = len(units) - (self._top.sort in ("list", "quote"))
        count = 0
        while count < last and units[count].at + len(units[count].lines) <= sure:
            count += 1
        return count

    def _is_too_heavy(self, one: Unit) -> bool:
        return self._top.sort in ("list", "quote") and one.weight > cutting.HARD and len(one.lines) > 1

    def _begun(self, one: Unit, sure: int) -> Unit | None:
        """Of a unit that is still open what is sure, where that is too heavy already."""
        begun = unit(one.at, self._queue[one.at : min(one.at + len(one.lines), sure)])
        return begun if self._is_too_heavy(begun) else None

    def _broken(self, parts: list[Part], one: Unit) -> Plan:
        """What of a unit that is too heavy makes a part. The rest is to be read anew."""
        total = count = 0
        while count == 0 or total + cutting.weight(one.lines[count].text) <= cutting.HARD:
            total += cutting.weight(one.lines[count].text)
            count += 1
        begun = one._replace(lines=one.lines[:count])
        parts.append(self._part([begun], is_first=not parts))
        return Plan(parts, Left(one.at + count, None, self._inside(begun)))

    def _is_rest(self, one: Unit) -> bool:
        return self._is_within and one.at == self._first

    def _inside(self, begun: Unit) -> Context:
        """To go on within a unit that was broken."""
        context = self._context if self._is_rest(begun) else None
        fence = Fence(context.fence if context else "")
        for line in begun.lines:
            fence.add(line.text)
        if self._top.sort == "quote":
            lines = ["> x", *(["> " + fence.opening] if fence.opening else [])]
            return Context("quote", lines, fence=fence.opening, is_broken=True)
        columns = context.columns if context else cutting.content_column(begun.lines[0].text)
        lines = [self._item(), *([" " * columns + fence.opening] if fence.opening else [])]
        return Context("list", lines, self._number(begun.at + 1), columns, fence.opening, is_broken=True)

    def _following(self, at: int) -> Context:
        """To go on between two units."""
        sort = self._top.sort
        if sort == "list":
            return Context(sort, [self._item()], self._number(at))
        lines = {"paragraph": ["x"], "code": ["    x"], "quote": ["> x", ">"], "table": self._head}
        return Context(sort, lines[sort])

    def _item(self) -> str:
        marker = self._top.marker
        return f"1{marker} x" if self._ordinal is not None else f"{marker} x"

    def _number(self, at: int) -> int | None:
        """Which number an item has that begins there."""
        return None if self._ordinal is None else self._ordinal + sum(0 <= border < at for border in self._borders)

    def _part(self, group: Sequence[Unit], *, is_first: bool) -> Part:
        lines = [line for one in group for line in one.lines]
        is_begin = is_first and self._context is None
        if self._top.sort == "code":
            return Part("code", "\n".join(line.text for line in lines), lines[0].start, lines[-1].end)
        while len(lines) > 1 and is_blank(lines[-1].text):
            del lines[-1]
        start = self._queue[self._first].start if is_begin else lines[0].start
        end = lines[-1].end if lines else self._queue[self._end - 1].end
        texts = [line.text for line in lines]
        if self._top.sort == "table" and not self._is_plain:
            return Part("table", "\n".join([*self._head, *texts]), start, end)
        is_plain = self._is_plain or self._is_deep(group)
        if not is_plain:
            texts = self._readable(group[0], texts, is_begin=is_begin)
        return Part("prose", "\n".join(texts), start, end, is_plain)

    def _is_deep(self, group: Sequence[Unit]) -> bool:
        first, end = group[0].at, group[-1].at + len(group[-1].lines)
        return self._top.sort in ("list", "quote") and any(first <= line - self._known < end for line in self._top.deep)

    def _readable(self, one: Unit, texts: list[str], *, is_begin: bool) -> list[str]:
        """The lines so that they mean by themselves what they mean behind those before."""
        if is_begin:
            return texts
        if self._top.sort == "paragraph":
            return [cutting.continued(texts[0]), *texts[1:]]
        if self._is_rest(one):
            context = self._context
            columns, fence = (context.columns, context.fence) if context else (0, "")
            if self._top.sort == "quote":
                return ["> " + fence, *texts] if fence else texts
            return [*([fence] if fence else []), *(cutting.dedented(text, columns) for text in texts)]
        number = self._number(one.at)
        return texts if number is None else cutting.numbered("\n".join(texts), number).split("\n")
