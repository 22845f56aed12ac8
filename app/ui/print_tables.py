"""Tables on paper: what stands in their cells, and how wide their columns are, so that no word is broken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtGui import QFont, QFontMetricsF

if TYPE_CHECKING:
    from markdown_it.token import Token

Cell = tuple["Token", Sequence["Token"]]
"""What opens it, and its words."""

_SMALLEST: Final = 6
"""Points of letters that can still be read."""
_BOLD: Final = QFont.Weight.DemiBold


def table_rows(tokens: Sequence[Token]) -> list[list[Cell]]:
    """The cells of a table, row by row."""
    rows: list[list[Cell]] = []
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and before is not None and rows:
            rows[-1].append((before, token.children or ()))
    return rows


def fitted(
    rows: Sequence[Sequence[Cell]], columns: int, font: QFont, room: float, padding: float
) -> tuple[int, list[float]]:
    """Points of the letters with which no word of a table is broken, if they can be read, and of its columns.

    `room` is for words; `padding` is on each side of them. Where the table fits into one line a row there are no
    widths: a text document finds them itself, though it breaks words where they do not fit.
    """
    size = font.pixelSize()
    words, lines = _widths(rows, columns, font)
    if sum(lines) <= room:
        return size, []
    smaller = max(_SMALLEST, min(size, int(size * room / sum(words))))
    least = [width * smaller / size for width in words]
    fits, rest = min(1.0, room / sum(least)), max(0.0, room - sum(least)) / sum(lines)
    return smaller, [width * fits + line * rest + 2 * padding for width, line in zip(least, lines, strict=True)]


def _widths(rows: Sequence[Sequence[Cell]], columns: int, font: QFont) -> tuple[list[float], list[float]]:
    """Points of the longest word and of the longest text of each column."""
    font = QFont(font)
    font.setWeight(_BOLD)
    metrics = QFontMetricsF(font)
    words, lines = [1.0] * columns, [1.0] * columns
    for cells in rows:
        for column, (_, inline) in enumerate(cells):
            text = "".join(clean(token.content) or " " for token in inline)
            lines[column] = max(lines[column], metrics.horizontalAdvance(text))
            words[column] = max([words[column], *map(metrics.horizontalAdvance, text.split())])
    return words, lines


def clean(text: str) -> str:
    """Without what stands for pictures and blocks in Qt's text."""
    return text.replace("\ufffc", " ").replace("\n", " ").replace("\u2029", " ")
