"""Hard line breaks of Markdown, which Qt makes paragraphs of: marked before it reads a text, and put in afterwards.

In a list Qt would even give the second line a bullet of its own.
"""

from __future__ import annotations

import re
from typing import Final

from PySide6.QtGui import QTextCursor, QTextDocument

from app.core.utf16 import units
from app.ui.transcript.block_kinds import is_code

_SPACES: Final = "\ufdde"
_BACKSLASH: Final = "\ufddf"
"""These are no characters by Unicode's own rule: a line broke here by two spaces, or by a backslash."""
_NONE: Final = {ord(_SPACES): None, ord(_BACKSLASH): None}
_MARK: Final = re.compile(f" ?[{_SPACES}{_BACKSLASH}] ?")
_OTHER: Final = re.compile(
    r"(?:[ \t>]|[-*+][ \t]|\d{1,9}[.)][ \t])*(?:#{1,6}(?=\s)|`{3}|~{3}|\[[^\]]*\]:|[-+*_=:\s]*$|\d{1,9}[.)]\s*$)|.*\|"
)
"""Lines that are no words to be broken: headings, fences, definitions, rules, empty items, rows of tables."""


def mark(text: str) -> str:
    """The text with a mark at the end of every line that is broken there."""
    if "  \n" not in text and "\\\n" not in text:
        return text
    *lines, last = text.translate(_NONE).split("\n")
    return "\n".join([*map(_marked, lines), last])


def put(document: QTextDocument) -> None:
    """Break the lines where the marks are. What turns out to be code, or the end of a paragraph, is as it was."""
    raw = document.toRawText()
    for found in reversed(list(_MARK.finditer(raw))):
        cursor = QTextCursor(document)
        cursor.setPosition(units(raw, found.start()))
        cursor.setPosition(units(raw, found.end()), QTextCursor.MoveMode.KeepAnchor)
        was = "\\" if _BACKSLASH in found[0] else "  "
        if is_code(cursor.block()) or cursor.charFormat().fontFixedPitch():
            cursor.insertText(was + " " * found[0].endswith(" "), cursor.charFormat())
        elif found.end() - found.start() == len(f" {_SPACES} "):
            cursor.insertText("\u2028", cursor.charFormat())
        else:
            cursor.insertText(was.strip(), cursor.charFormat())


def _marked(line: str) -> str:
    if _OTHER.match(line):
        return line
    bare = line.rstrip(" ")
    if len(line) - len(bare) > 1:
        return f"{bare} {_SPACES}"
    if bare == line and (len(line) - len(line.rstrip("\\"))) % 2:
        return f"{line[:-1]} {_BACKSLASH}"  # the space lets a word in italics end before it
    return line
