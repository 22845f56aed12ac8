"""Pictures that a text names, as in "Image 2": links that show them."""

from __future__ import annotations

import re
from typing import Final

from PySide6.QtGui import QColor, QTextBlock, QTextCharFormat, QTextCursor, QTextDocument, QTextFormat

from app.core.utf16 import units
from app.ui.theme import Theme
from app.ui.transcript.block_kinds import is_code

_NAMED: Final = re.compile(
    r"(?<!\w)(?:image|picture|bild|imagen|immagine|imagem)\s?#?(\d{1,3})(?!\w)"
    r"|(?:画像|图片|圖片|图像|圖像|이미지)\s?(\d{1,3})(?!\d)",
    re.IGNORECASE,
)
"""A picture by its label, as the models write it in the languages they are asked in most."""
PICTURE_MEANT: Final = int(QTextFormat.Property.UserProperty.value) + 2
"""The number of the picture that a link of ours shows. Markdown can write any address, but no property."""


def named_pictures(text: str) -> set[int]:
    """The numbers of the pictures that a text names."""
    return {int(found[1] or found[2]) for found in _NAMED.finditer(text)}


def link_pictures(document: QTextDocument, pictures: int, theme: Theme) -> None:
    """Make links of the names of so many pictures, except in code."""
    if _NAMED.search(document.toRawText()) is None:
        return
    block = document.begin()
    while block.isValid():
        if not is_code(block):
            _link(block, pictures, theme)
        block = block.next()


def picture_meant(document: QTextDocument, address: str) -> int:
    """The number of the picture that a link in a document shows; 0 where it is no link of ours."""
    block = document.begin()
    while block.isValid():
        fragments = block.begin()
        while not fragments.atEnd():
            form = fragments.fragment().charFormat()
            if form.hasProperty(PICTURE_MEANT) and form.anchorHref() == address:
                return form.intProperty(PICTURE_MEANT)
            fragments += 1
        block = block.next()
    return 0


def _link(block: QTextBlock, pictures: int, theme: Theme) -> None:
    text = block.text()
    for found in _NAMED.finditer(text):
        number = int(found[1] or found[2])
        cursor = QTextCursor(block)
        cursor.setPosition(block.position() + units(text, found.start()) + 1)
        if not 1 <= number <= pictures or cursor.charFormat().isAnchor() or cursor.charFormat().fontFixedPitch():
            continue
        cursor.setPosition(block.position() + units(text, found.start()))
        cursor.setPosition(block.position() + units(text, found.end()), QTextCursor.MoveMode.KeepAnchor)
        link = QTextCharFormat()
        link.setForeground(QColor(theme.tokens.accent))
        link.setAnchor(True)
        link.setAnchorHref(f"picture:{number}")
        link.setProperty(PICTURE_MEANT, number)
        cursor.mergeCharFormat(link)
