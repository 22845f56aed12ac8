"""Tables of Markdown as cells, and cells as a spreadsheet takes them."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final, Literal

Cells = list[list[str]]
Alignment = Literal["", "left", "right", "center"]

_FORMULA: Final = frozenset("=+-@\t\r\n＝＋－＠")
"""What a formula begins with, here or there (OWASP, "CSV Injection")."""
_NUMBER: Final = re.compile(r"[+-]?(?:\d+(?:[.,  ']\d+)*|[.,]\d+)(?:[eE][+-]?\d+)?\s?%?")

_CODE: Final = re.compile(r"(?<![\\`])(`+)(?!`)(.{1,1000}?)(?<!`)\1(?!`)")
_LINK: Final = re.compile(
    r"!?\[((?:[^\[\]\\]|\\.)*)\]"
    r"(?:\((?:<[^<>]*>|[^\s()<>]*)(?:\s+(?:\"[^\"]*\"|'[^']*'))?\s*\)|\[[^\[\]]*\])"
)
_AUTOLINK: Final = re.compile(r"<((?:https?://|mailto:)[^\s<>]*|[\w.+-]+@[\w.-]+)>")
_MARKS: Final = (
    re.compile(r"(?<!\\)(\*{1,3}|~~?)(?=\S)(.{1,500}?)(?<=[^\s\\])\1"),
    re.compile(r"(?<![\w\\])(_{1,3})(?=\S)(.{1,500}?)(?<=[^\s\\])\1(?!\w)"),
)
_ESCAPED: Final = re.compile(r"\\([!-/:-@\[-`{-~])")
_KEPT: Final = "\ue000"
"""Stands for a code span while the other marks are removed: nothing in it is one."""


def cells(markdown: str) -> tuple[list[str], Cells, list[Alignment]]:
    """Head, rows and alignments of one GFM table; its cells as Markdown, as many in each row as the head has.

    Raises ValueError where there are no two lines.
    """
    lines = [line for line in markdown.splitlines() if line.strip()]
    if len(lines) < 2:
        raise ValueError("a table has a head and a line below it")
    head = _split(lines[0])
    alignments = [_alignment(cell) for cell in _split(lines[1])]
    count = len(head)
    rows = [(_split(line) + [""] * count)[:count] for line in lines[2:]]
    return head, rows, (alignments + [_alignment("")] * count)[:count]


def weights(text: str) -> tuple[int, ...]:
    """Characters of the widest cell of each column of a table in Markdown; wide ones count twice, marks do not."""
    head, rows, _ = cells(text)
    return tuple(max(_width(plain_cell(cell)) for cell in column) for column in zip(head, *rows, strict=True))


def plain_cell(markdown: str) -> str:
    """The words of a cell without the marks for bold, italic, struck out, code and links."""
    kept: list[str] = []

    def keep(text: str) -> str:
        kept.append(text)
        return _KEPT

    text = markdown.replace(_KEPT, "�")
    text = _CODE.sub(lambda match: keep(_code(match[2])), text)
    text = _AUTOLINK.sub(lambda match: keep(match[1]), text)
    text = _ESCAPED.sub(lambda match: keep(match[1]), text)
    text = _LINK.sub(r"\1", text)
    for pattern in _MARKS:
        # A mark may stand in another: ***both***, **bold *and italic***.
        for _ in range(3):
            text = pattern.sub(r"\2", text)
    taken = iter(kept)
    return re.sub(_KEPT, lambda _: next(taken), text).strip()


def to_tsv(rows: Iterable[Sequence[str]]) -> str:
    """Cells as plain text for the clipboard, with a tab between two; tabs and newlines within a cell become blanks."""
    return "\n".join("\t".join(re.sub(r"[\t\r\n]+", " ", cell) for cell in row) for row in rows)


def to_csv(rows: Iterable[Sequence[str]]) -> str:
    """Cells as RFC 4180 has them, without a byte order mark.

    What a spreadsheet would run as a formula gets an apostrophe in front.
    """
    target = io.StringIO()
    csv.writer(target).writerows([harmless(cell) for cell in row] for row in rows)
    return target.getvalue()


def harmless(cell: str) -> str:
    """A cell with an apostrophe in front where a spreadsheet would run it as a formula.

    Numbers are none, nor is what has neither a letter nor a digit, as the "-" of an empty cell.
    """
    runs = cell[:1] in _FORMULA and any(map(str.isalnum, cell)) and not _NUMBER.fullmatch(cell)
    return "'" + cell if runs else cell


def _split(line: str) -> list[str]:
    """The cells of a row. A pipe behind a backslash separates nothing, in code as well (GFM, 4.10)."""
    text = line.strip()
    found = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", text)]
    if found and text.startswith("|"):
        del found[0]
    if found and not found[-1]:
        del found[-1]
    return found


def _alignment(delimiter: str) -> Alignment:
    if delimiter.endswith(":"):
        return "center" if delimiter.startswith(":") else "right"
    return "left" if delimiter.startswith(":") else ""


def _code(inner: str) -> str:
    """One blank is taken from both ends, where there is one at both (CommonMark, 6.1)."""
    return inner[1:-1] if inner[:1] == inner[-1:] == " " and inner.strip() else inner


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )
