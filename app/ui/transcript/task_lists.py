"""Lists of tasks: a box before each, as text. Qt draws a task that is done as a box with a cross, which reads as no."""

from __future__ import annotations

from typing import Final

from PySide6.QtGui import QFontMetricsF, QTextBlock, QTextBlockFormat, QTextCharFormat, QTextCursor, QTextDocument
from PySide6.QtGui import QTextListFormat as Lists

_MARKERS: Final = QTextBlockFormat.MarkerType
_BOXES: Final = {_MARKERS.Checked: "☑ ", _MARKERS.Unchecked: "☐ "}
_BULLETS: Final = {Lists.Style.ListDisc, Lists.Style.ListCircle, Lists.Style.ListSquare}


def put_boxes(document: QTextDocument) -> None:
    """Put a box before the words of every task. Where a list has nothing else, its bullets go."""
    metrics = QFontMetricsF(document.defaultFont())
    block = document.begin()
    while block.isValid():
        box = _BOXES.get(block.blockFormat().marker(), "")
        if box and block.textList() is not None:
            if not block.textList().itemNumber(block):
                _take_bullets(block)
            cursor = QTextCursor(block)
            form = block.blockFormat()
            form.setMarker(_MARKERS.NoMarker)
            if block.textList().format().style() == Lists.Style.ListStyleUndefined:
                form.setTextIndent(-metrics.horizontalAdvance(box))  # in the bullet's place
            cursor.setBlockFormat(form)
            cursor.insertText(box, QTextCharFormat())
        block = block.next()


def _take_bullets(first: QTextBlock) -> None:
    tasks = first.textList()
    form = tasks.format()
    is_plain = form.style() in _BULLETS
    if is_plain and all(tasks.item(n).blockFormat().marker() in _BOXES for n in range(tasks.count())):
        form.setStyle(Lists.Style.ListStyleUndefined)
        tasks.setFormat(form)
