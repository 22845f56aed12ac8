"""Markdown in a QTextDocument as LOOK.md wants it, with nothing in it that could reach out of the window.

RELIABILITY.md, findings 2 to 4 and section 3.2: no HTML, no picture is loaded, only three kinds of link can be clicked.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qs

from PySide6.QtCore import QUrl
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrameFormat,
    QTextLength,
    QTextTable,
    QTextTableCellFormat,
)

from app.ui.theme import Theme

_FEATURES: Final = QTextDocument.MarkdownFeature.MarkdownDialectGitHub | QTextDocument.MarkdownFeature.MarkdownNoHTML
_SCHEMES: Final = {"http", "https", "mailto"}
PICTURE_SCHEME: Final = "picture"
"""Of the links that "Image 2" in a text becomes: `picture:2`."""
_NAMED_PICTURE: Final = re.compile(
    r"(?<!\w)(?:image|picture|bild|imagen|immagine|imagem)\s?#?(\d{1,3})(?!\w)"
    r"|(?:画像|图片|圖片|图像|圖像|이미지)\s?(\d{1,3})(?!\d)",
    re.IGNORECASE,
)
"""A picture by its label, as the models write it in the languages they are asked in most."""
_PICTURE: Final = "￼"
"""What stands for a picture in Qt's text."""
CODE_PADDING: Final = 12
"""Pixels between code and the edge of its box."""
_INDENT: Final = 24
"""Pixels of one level of a list."""
QUOTE_INDENT: Final = 16
"""Pixels of one level of a quote."""
_DEEPEST_QUOTE: Final = 8
_GAP: Final = 12
"""Pixels between paragraphs, lists and quotes."""
_LIST_GAP: Final = 4
_BOLD: Final = 600
"""The heaviest weight in use."""
_AT_LEAST: Final = QTextBlockFormat.LineHeightTypes.MinimumHeight.value


def safe_link(target: str) -> QUrl | None:
    """The address of a link that may be clicked: web pages and mail without attachments. None for any other."""
    url = QUrl(target, QUrl.ParsingMode.StrictMode)
    if not url.isValid() or url.scheme().lower() not in _SCHEMES:
        return None
    if url.scheme().lower() == "mailto":
        return None if any(key.lower().startswith("attach") for key in parse_qs(url.query())) else url
    return url if url.host() else None


def written(url: QUrl) -> str:
    """An address as it is, look-alike letters in the host spelled out and everything else escaped."""
    return bytes(url.toEncoded().data()).decode("ascii", "replace")


def fill(document: QTextDocument, text: str, theme: Theme, *, pictures: int = 0) -> None:
    """Show a Markdown text; "Image 2" in it is a link where there are so many `pictures`."""
    document.setIndentWidth(theme.px(_INDENT))
    document.setMarkdown(text, _FEATURES)
    edit = QTextCursor(document)
    edit.beginEditBlock()  # laid out once and not after every change
    _spread(document, theme)
    block = document.begin()
    while block.isValid():
        _style_block(block, theme)
        _name_pictures(block)
        _style_words(block, theme)
        block = block.next()
    for frame in document.rootFrame().childFrames():
        if isinstance(frame, QTextTable):
            _style_table(frame, theme)
    if pictures:
        _link_all_pictures(document, pictures, theme)
    _trim(document, theme)
    edit.endEditBlock()


def code_font(theme: Theme) -> QFont:
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPixelSize(theme.px(13))
    return font


def is_code(block: QTextBlock) -> bool:
    return block.blockFormat().hasProperty(QTextFormat.Property.BlockCodeFence) or (
        block.blockFormat().nonBreakableLines()
    )


def _spread(document: QTextDocument, theme: Theme) -> None:
    """Give all lines the same height."""
    lines = QTextBlockFormat()
    lines.setLineHeight(theme.line("body"), _AT_LEAST)
    cursor = QTextCursor(document)
    cursor.select(QTextCursor.SelectionType.Document)
    cursor.mergeBlockFormat(lines)


def quote_level(block: QTextBlock) -> int:
    """How deep in quotes a block is; 0 outside of them."""
    return min(block.blockFormat().intProperty(QTextFormat.Property.BlockQuoteLevel), _DEEPEST_QUOTE)


def _style_block(block: QTextBlock, theme: Theme) -> None:
    known = block.blockFormat()
    cursor = QTextCursor(block)
    if is_code(block):
        _style_code(cursor, block, theme)
    elif known.hasProperty(QTextFormat.Property.BlockTrailingHorizontalRulerWidth):
        rule = QTextBlockFormat()
        rule.setBackground(QColor(theme.tokens.line))
        cursor.mergeBlockFormat(rule)
    elif cursor.currentTable() is None:
        cursor.mergeBlockFormat(_room(block, theme))
        if quote_level(block):
            _merge(cursor, _colored(theme.tokens.text2))


def _room(block: QTextBlock, theme: Theme) -> QTextBlockFormat:
    """Above, below and beside the words of a block."""
    room = QTextBlockFormat()
    room.setTopMargin(0)
    room.setBottomMargin(0 if is_below_table(block) else theme.px(_LIST_GAP if _continues_list(block) else _GAP))
    if block.blockFormat().headingLevel():
        room.setTopMargin(theme.px(16))
        room.setBottomMargin(theme.px(4))
        room.setLineHeight(theme.line("heading"), _AT_LEAST)
    if level := quote_level(block):
        room.setLeftMargin(theme.px(QUOTE_INDENT) * level)
        room.setRightMargin(0)
    return room


def is_below_table(block: QTextBlock) -> bool:
    """Whether it is the empty block, without a height, that Qt has below every table."""
    return not block.text() and QTextCursor(block.previous()).currentTable() is not None


def _continues_list(block: QTextBlock) -> bool:
    return block.textList() is not None and block.next().isValid() and block.next().textList() is not None


def _style_code(cursor: QTextCursor, block: QTextBlock, theme: Theme) -> None:
    """Room for the box that the view paints behind the lines."""
    padding = theme.px(CODE_PADDING)
    lines = QTextBlockFormat()
    lines.setNonBreakableLines(False)
    lines.setProperty(QTextFormat.Property.BlockCodeFence, block.blockFormat().stringProperty(_CODE) or "`")
    lines.setLeftMargin(padding)
    lines.setRightMargin(padding)
    lines.setLineHeight(theme.px(20), _AT_LEAST)
    lines.setTopMargin(0 if block.previous().isValid() and is_code(block.previous()) else 2 * padding)
    lines.setBottomMargin(0 if block.next().isValid() and is_code(block.next()) else 2 * padding)
    cursor.mergeBlockFormat(lines)
    font = QTextCharFormat()
    font.setFont(code_font(theme))
    _merge(cursor, font)


_CODE: Final = int(QTextFormat.Property.BlockCodeFence.value)


def _name_pictures(block: QTextBlock) -> None:
    """Put a picture's words and address where the picture would be."""
    if _PICTURE not in block.text():
        return
    for offset in reversed([i for i, c in enumerate(block.text()) if c == _PICTURE]):
        cursor = QTextCursor(block)
        cursor.setPosition(block.position() + offset)
        cursor.setPosition(block.position() + offset + 1, QTextCursor.MoveMode.KeepAnchor)
        form = cursor.charFormat()
        if form.isImageFormat():
            words = form.stringProperty(QTextFormat.Property.ImageAltText.value)
            cursor.insertText(f"[{words} {form.toImageFormat().name()}]".replace("[ ", "["), QTextCharFormat())


def _style_words(block: QTextBlock, theme: Theme) -> None:
    """Links, code between words, headings and bold words."""
    is_heading = bool(block.blockFormat().headingLevel())
    for position, length, form in _fragments(block):
        if form.isAnchor():
            _link(form, theme)
        elif form.fontFixedPitch() and not is_code(block):
            _inline_code(form, theme)
        if is_heading:
            # As long as it is there, Qt takes the size from it alone.
            form.clearProperty(QTextFormat.Property.FontSizeAdjustment)
            form.setProperty(QTextFormat.Property.FontPixelSize, theme.font("heading").pixelSize())
        if is_heading or form.fontWeight() > _BOLD:
            form.setFontWeight(_BOLD)
        cursor = QTextCursor(block)
        cursor.setPosition(position)
        cursor.setPosition(position + length, QTextCursor.MoveMode.KeepAnchor)
        cursor.setCharFormat(form)


def _fragments(block: QTextBlock) -> list[tuple[int, int, QTextCharFormat]]:
    """Position, length and format of each run of one format."""
    found = []
    fragments = block.begin()
    while not fragments.atEnd():
        fragment = fragments.fragment()
        found.append((fragment.position(), fragment.length(), fragment.charFormat()))
        fragments += 1
    return found


def _link(form: QTextCharFormat, theme: Theme) -> None:
    if safe_link(form.anchorHref()) is None:
        form.setAnchor(False)
        form.setAnchorHref("")
        form.setFontUnderline(False)
        form.clearForeground()
    else:
        form.setForeground(QColor(theme.tokens.accent))
        form.setFontUnderline(True)


def named_pictures(text: str) -> set[int]:
    """The numbers of the pictures that a text names."""
    return {int(found[1] or found[2]) for found in _NAMED_PICTURE.finditer(text)}


def _link_all_pictures(document: QTextDocument, pictures: int, theme: Theme) -> None:
    block = document.begin()
    while block.isValid():
        if not is_code(block):
            _link_pictures(block, pictures, theme)
        block = block.next()


def _link_pictures(block: QTextBlock, pictures: int, theme: Theme) -> None:
    for found in _NAMED_PICTURE.finditer(block.text()):
        number = int(found[1] or found[2])
        cursor = QTextCursor(block)
        cursor.setPosition(block.position() + _utf16(block.text(), found.start()) + 1)
        if not 1 <= number <= pictures or cursor.charFormat().isAnchor() or cursor.charFormat().fontFixedPitch():
            continue
        cursor.setPosition(block.position() + _utf16(block.text(), found.start()))
        cursor.setPosition(block.position() + _utf16(block.text(), found.end()), QTextCursor.MoveMode.KeepAnchor)
        link = _colored(theme.tokens.accent)
        link.setAnchor(True)
        link.setAnchorHref(f"{PICTURE_SCHEME}:{number}")
        cursor.mergeCharFormat(link)


def _utf16(text: str, offset: int) -> int:
    """Qt counts characters beyond the basic plane, emoji among them, as two."""
    return offset + sum(c > "\uffff" for c in text[:offset])


def _inline_code(form: QTextCharFormat, theme: Theme) -> None:
    form.setFont(code_font(theme), QTextCharFormat.FontPropertiesInheritanceBehavior.FontPropertiesSpecifiedOnly)
    form.setBackground(QColor(theme.tokens.hover))


def _style_table(table: QTextTable, theme: Theme) -> None:
    """Rules between rows only, the head in text 2."""
    form = table.format()
    form.setBorder(0)
    form.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_None)
    form.setBorderCollapse(True)
    form.setCellSpacing(0)
    form.setCellPadding(0)
    form.setTopMargin(theme.px(8))
    form.setBottomMargin(theme.px(12))
    form.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100))
    table.setFormat(form)
    rule = QTextTableCellFormat()
    rule.setBottomBorder(1)
    rule.setBottomBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
    rule.setBottomBorderBrush(QColor(theme.tokens.line))
    rule.setTopPadding(theme.px(6))
    rule.setBottomPadding(theme.px(6))
    rule.setRightPadding(theme.px(16))
    head = _colored(theme.tokens.text2)
    head.setFontWeight(500)
    for row in range(table.rows()):
        for column in range(table.columns()):
            cell = table.cellAt(row, column)
            known = cell.format()
            known.merge(rule)
            cell.setFormat(known)
            if row == 0:
                cursor = cell.firstCursorPosition()
                cursor.setPosition(cell.lastPosition(), QTextCursor.MoveMode.KeepAnchor)
                cursor.mergeCharFormat(head)
                cursor.mergeBlockFormat(_alignment(table, column))


def _alignment(table: QTextTable, column: int) -> QTextBlockFormat:
    """A column's, by its first row below the head, to which Qt does not give it."""
    form = QTextBlockFormat()
    below = table.cellAt(1, column)
    if below.isValid():
        form.setAlignment(below.firstCursorPosition().blockFormat().alignment())
    return form


def _trim(document: QTextDocument, theme: Theme) -> None:
    """No room above the first block and below the last, which is the layout's to give; but the whole box of code."""
    top, bottom = QTextBlockFormat(), QTextBlockFormat()
    top.setTopMargin(0)
    bottom.setBottomMargin(0)
    QTextCursor(document.firstBlock()).mergeBlockFormat(top)
    QTextCursor(document.lastBlock()).mergeBlockFormat(bottom)
    padding = theme.px(CODE_PADDING)
    root = document.rootFrame().frameFormat()
    root.setTopMargin(padding if is_code(document.firstBlock()) else 0)
    root.setBottomMargin(padding if is_code(document.lastBlock()) else 0)
    document.rootFrame().setFrameFormat(root)


def _colored(color: str) -> QTextCharFormat:
    form = QTextCharFormat()
    form.setForeground(QColor(color))
    return form


def _merge(cursor: QTextCursor, form: QTextCharFormat) -> None:
    cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
    cursor.mergeCharFormat(form)
