"""Which way words run: by the first letter that tells, without the code between them; all cells of a table the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QTextBlock, QTextBlockFormat, QTextCursor, QTextFormat, QTextTable

_TO_THE_LEFT: Final = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdcf\ufdf0-\ufdfd\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
"""What may be a letter of a script that is read from right to left."""
_DIRECTION: Final = QTextFormat.Property.LayoutDirection


def may_run_left(text: str) -> bool:
    """Whether anything in a text is read from right to left; of most there is nothing more to be asked."""
    return not text.isascii() and _TO_THE_LEFT.search(text) is not None


def direct(form: QTextBlockFormat, block: QTextBlock) -> None:
    """Let a block run as its words do, where Qt would go by a piece of code."""
    told = _told(_words(block)) if may_run_left(block.text()) else None
    if told is not None and told != block.textDirection():
        form.setLayoutDirection(told)


def direct_table(table: QTextTable) -> None:
    """Let all cells run one way, and with them the sides of their columns. It is done once, head and all."""
    if table.format().hasProperty(_DIRECTION):
        return
    blocks = list(_blocks(table))
    if not any(may_run_left(block.text()) for block in blocks):
        return
    told = _told(words for block in blocks for words in _words(block)) or Qt.LayoutDirection.LeftToRight
    known = table.format()
    known.setLayoutDirection(told)
    table.setFormat(known)
    for block in blocks:
        form = block.blockFormat()
        form.setLayoutDirection(told)
        if form.alignment() & Qt.AlignmentFlag.AlignRight:
            form.setAlignment(form.alignment() | Qt.AlignmentFlag.AlignAbsolute)  # as it was written
        QTextCursor(block).setBlockFormat(form)


def _told(texts: Iterable[str]) -> Qt.LayoutDirection | None:
    """By the first letter that tells; None where none does."""
    for text in texts:
        for letter in text:
            kind = unicodedata.bidirectional(letter)
            if kind in {"R", "AL"}:
                return Qt.LayoutDirection.RightToLeft
            if kind == "L":
                return Qt.LayoutDirection.LeftToRight
    return None


def _words(block: QTextBlock) -> Iterator[str]:
    """The text of a block without what is code."""
    fragments = block.begin()
    while not fragments.atEnd():
        fragment = fragments.fragment()
        if not fragment.charFormat().fontFixedPitch():
            yield fragment.text()
        fragments += 1


def _blocks(table: QTextTable) -> Iterator[QTextBlock]:
    """The paragraphs of all cells, row by row."""
    block, last = table.firstCursorPosition().block(), table.lastCursorPosition().block()
    while block.isValid():
        yield block
        if block == last:
            return
        block = block.next()
