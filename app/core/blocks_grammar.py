"""Which blocks lines of Markdown make, by the block rules of markdown-it: CommonMark, tables and display formulas."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.token import Token

    _Rule = Callable[[StateBlock, int, int, bool], bool]

Sort = Literal["paragraph", "list", "quote", "table", "code", "fence", "definition", "single"]

DEPTH: Final = 20
"""Quotes and lists within each other; what is deeper is not read."""
DEFINITION: Final = 2_000
"""Characters of a link definition. Without a bound every `[` would have all that follows read again and again."""
FORMULA: Final = 4_000
"""Characters of a display formula."""
_STEP: Final = 8
"""Lines a quote is looked for at first, and by how much that grows."""

_SIMPLE: Final = re.compile(r"""\*{0,3}["'(“„«]?[^\W\d_][^|]*""")
"""A line that can be nothing but words of a paragraph, whatever stands before or behind it."""
_SORTS: Final[dict[str, Sort]] = {
    "paragraph_open": "paragraph",
    "bullet_list_open": "list",
    "ordered_list_open": "list",
    "blockquote_open": "quote",
    "table_open": "table",
    "code_block": "code",
    "fence": "fence",
}


class Top(NamedTuple):
    """A block at the top level: lines `first` to before `end`, of which the last is not blank."""

    sort: Sort
    first: int
    end: int
    borders: tuple[int, ...] = ()
    """First lines of the items of a list, or of the blocks in a quote."""
    marker: str = ""
    """Of a list: `-`, `*`, `+`, `.` or `)`."""
    start: int | None = None
    """The number of an ordered list's first item."""
    deep: tuple[int, ...] = ()
    """Lines nested too deeply to be read."""


class Reading(NamedTuple):
    tops: list[Top]
    undecided: int
    """The first line with a formula that is open at the end, so that nothing from there on is sure; else how many lines
    there are."""


def read(lines: Sequence[str]) -> Reading:
    """The blocks that the lines make as they stand. Every line that is not blank belongs to one of them."""
    if all(_SIMPLE.fullmatch(line) or is_blank(line) for line in lines):
        return Reading(_paragraphs(lines), len(lines))
    env: dict[str, Any] = {"lines": len(lines), "undecided": len(lines), "depth": 0, "definitions": [], "searched": {}}
    tokens: list[Token] = []
    parser = _parser()
    parser.block.parse("\n".join(lines) + "\n", parser, env, tokens)
    return Reading(_tops(tokens, env["definitions"], lines), env["undecided"])


def is_blank(line: str) -> bool:
    """Spaces and tabs alone, as CommonMark has it: other white space is text."""
    return not line.strip(" \t")


def _paragraphs(lines: Sequence[str]) -> list[Top]:
    tops, first = [], -1
    for number, line in enumerate([*lines, ""]):
        if first < 0 and not is_blank(line):
            first = number
        elif first >= 0 and is_blank(line):
            tops.append(Top("paragraph", first, number))
            first = -1
    return tops


def _tops(tokens: list[Token], definitions: list[tuple[int, int]], lines: Sequence[str]) -> list[Top]:
    found = [Top("definition", first, end) for first, end in definitions]
    opened: list[int] = []
    for index, token in enumerate(tokens):
        if token.level == 0 and token.nesting >= 0:
            opened.append(index)
    for index, behind in zip(opened, [*opened, len(tokens)][1:], strict=True):
        found.append(_top(tokens[index:behind]))
    found.sort(key=lambda top: top.first)
    return [
        top._replace(end=_last_line(lines, top.first, behind.first if behind else len(lines)))
        for top, behind in zip(found, [*found, None][1:], strict=True)
    ]


def _last_line(lines: Sequence[str], first: int, end: int) -> int:
    while end > first + 1 and is_blank(lines[end - 1]):
        end -= 1
    return end


def _top(tokens: list[Token]) -> Top:
    opening = tokens[0]
    first, end = opening.map or (0, 0)
    sort = _SORTS.get(opening.type, "single")
    if opening.type == "heading_open" and opening.markup[:1] in "=-":
        sort = "paragraph"
    deep = tuple(token.map[0] for token in tokens if token.type == "deep" and token.map)
    if sort not in ("list", "quote"):
        return Top(sort, first, end, deep=deep)
    borders = tuple(token.map[0] for token in tokens if token.level == 1 and token.nesting >= 0 and token.map)
    start = int(opening.attrs.get("start", 1)) if opening.type == "ordered_list_open" else None
    return Top(sort, first, end, borders, opening.markup if sort == "list" else "", start, deep)


@cache
def _parser() -> MarkdownIt:
    """Made when it is first needed: its import takes a tenth of a second."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"maxNesting": 1_000}).enable("table").disable("html_block")
    ruler = parser.block.ruler
    rules = {rule.name: rule.fn for rule in ruler.__rules__}
    interrupting = ["paragraph", "reference", "blockquote"]
    ruler.at("table", _table(rules["table"]), {"alt": ["paragraph", "reference"]})
    ruler.at("blockquote", _nested(_quote(rules["blockquote"])), {"alt": [*interrupting, "list"]})
    ruler.at("list", _nested(rules["list"]), {"alt": interrupting})
    ruler.at("reference", _definition(rules["reference"]), {"alt": []})
    ruler.before("table", "formula", _formula, {"alt": interrupting})
    ruler.before("formula", "deep", _deep, {"alt": []})
    return parser


def warm() -> None:
    """Get the parser ready, which takes a tenth of a second the first time."""
    _parser()


def _nested(rule: _Rule) -> _Rule:
    def counted(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        state.env["depth"] += 1
        found = rule(state, start, end, silent)
        state.env["depth"] -= 1
        return found

    return counted


def _deep(state: StateBlock, start: int, _end: int, silent: bool) -> bool:
    """Beyond the last level every line is a block of its own, unread."""
    if state.env["depth"] <= DEPTH or silent:
        return False
    token = state.push("deep", "", 0)
    token.map = [start, start + 1]
    state.line = start + 1
    return True


def _quote(rule: _Rule) -> _Rule:
    """A quote is looked for in few lines first: the rule goes over all that might belong to it although little does."""

    def bounded(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        reach, tokens, definitions = _STEP, len(state.tokens), len(state.env["definitions"])
        while not silent and start + reach < end:
            saved = state.lineMax
            state.lineMax = start + reach
            found = rule(state, start, start + reach, silent)
            state.lineMax = saved
            # Whether a line goes on may depend on the one behind it: a quote that ends close to the bound is not sure.
            if not found or state.line < start + reach - 1:
                return found
            del state.tokens[tokens:], state.env["definitions"][definitions:]
            reach *= _STEP
        return rule(state, start, end, silent)

    return bounded


def _table(rule: _Rule) -> _Rule:
    """Its rows are not read cell by cell: short rows below a wide head make tens of thousands of them."""

    def headed(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        if not rule(state, start, min(start + 2, end), silent):
            return False
        if silent:
            return True
        parent, state.parentType = state.parentType, "table"
        line = start + 2
        while line < end and not _ends_table(state, line, end):
            line += 1
        state.parentType = parent
        state.line = line
        return True

    return headed


def _ends_table(state: StateBlock, line: int, end: int) -> bool:
    if state.sCount[line] < state.blkIndent or state.is_code_block(line):
        return True
    if not state.src[state.bMarks[line] : state.eMarks[line]].strip():
        return True
    return any(rule(state, line, end, True) for rule in state.md.block.ruler.getRules("blockquote"))


def _definition(rule: _Rule) -> _Rule:
    """Definitions leave no token: they are noted where they stand at the top."""

    def noted(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        if not state.src.startswith("[", state.bMarks[start] + state.tShift[start]):
            return False
        last, saved = start + 1, state.lineMax
        while last < saved and state.eMarks[last] - state.bMarks[start] <= DEFINITION:
            last += 1
        state.lineMax = last
        found = rule(state, start, end, silent)
        state.lineMax = saved
        if found and state.level == 0:
            state.env["definitions"].append((start, state.line))
        return found

    return noted


def _formula(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    r"""Lines from `$$` or `\[` to the first that ends with `$$` or `\]`, with no blank line between."""
    if state.is_code_block(start):
        return False
    begin = state.bMarks[start] + state.tShift[start]
    mark = state.src[begin : begin + 2]
    if mark not in ("$$", "\\["):
        return False
    closing = "$$" if mark == "$$" else "\\]"
    inner = state.src[begin + 2 : state.eMarks[start]].rstrip(" \t")
    at = inner.find(closing)
    line = start if at >= 0 else _closing_line(state, start, end, closing)
    if line is None or (at >= 0 and (at != len(inner) - 2 or not inner[:at].strip(" \t"))):
        return False
    if not silent:
        token = state.push("formula", "", 0)
        token.map = [start, line + 1]
        state.line = line + 1
    return True


def _closing_line(state: StateBlock, start: int, end: int, closing: str) -> int | None:
    """The line that closes the formula opened at `start`; notes where there is none yet."""
    env = state.env
    # A search that found nothing is not made again by the lines it went over.
    key = (closing, state.blkIndent, end)
    begun, reached = env["searched"].get(key, (0, 0))
    line = max(start + 1, reached) if begun <= start else start + 1
    while line < end and not state.isEmpty(line) and state.sCount[line] >= state.blkIndent:
        if state.eMarks[line] - state.bMarks[start] > FORMULA:
            break
        if state.src[state.bMarks[line] : state.eMarks[line]].rstrip(" \t").endswith(closing):
            return line
        line += 1
    env["searched"][key] = (start, line)
    if line >= env["lines"]:
        env["undecided"] = min(env["undecided"], start)
    return None
