"""Text of a row as it is read: formulas are their TeX, items of lists have their bullets and numbers."""

from __future__ import annotations

from typing import Final

from PySide6.QtGui import QTextBlock, QTextCursor, QTextDocument
from PySide6.QtGui import QTextListFormat as Lists

from app.core.utf16 import part
from app.ui.transcript import markup
from app.ui.transcript.formulas_in import sources_between

_AS_TYPED: Final = {0x2028: "\n", 0xA0: " "}
_LEVEL: Final = "  "
"""Before an item of a list within a list."""


def plain(document: QTextDocument, start: int, end: int) -> str:
    """What is to be read between two positions of a document."""
    if document.rootFrame().childFrames():
        return _cells(document, start, end)
    lines = []
    block = document.findBlock(start)
    while block.isValid() and block.position() <= end:
        first = max(0, start - block.position())
        words = part(block.text(), first, end - block.position()).translate(_AS_TYPED)
        mark = mark_of(block) if not first and block.position() < end else ""
        lines.append(mark + words)
        block = block.next()
    text = "\n".join(lines)
    return _with_sources(text, document, start, end) if markup.PICTURE in text else text


def mark_of(block: QTextBlock) -> str:
    """What stands before an item of a list: its number or a bullet, further in where it is within another."""
    if block.textList() is None:
        return ""
    form = block.textList().format()
    inset = _LEVEL * max(0, form.indent() - 1)
    if form.style() == Lists.Style.ListStyleUndefined:
        return inset
    number = block.textList().itemText(block)
    return f"{inset}{number} " if number[:1].isalnum() else f"{inset}• "


def _cells(document: QTextDocument, start: int, end: int) -> str:
    """Of a table Qt selects all cells between two corners, which are not all that stand between two places."""
    cursor = QTextCursor(document)
    cursor.setPosition(start)
    cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
    selected = cursor.selection()
    text = selected.toPlainText()
    if markup.PICTURE not in text:
        return text
    copy = QTextDocument()
    QTextCursor(copy).insertFragment(selected)
    return _with_sources(text, copy, 0, copy.characterCount())


def _with_sources(text: str, document: QTextDocument, start: int, end: int) -> str:
    sources = iter(sources_between(document, start, end))
    return "".join(next(sources, markup.PICTURE) if c == markup.PICTURE else c for c in text)
