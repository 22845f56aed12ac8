"""Markdown in a QTextDocument as LOOK.md wants it, with nothing in it that could reach out of the window.

RELIABILITY.md, findings 2 to 4 and section 3.2: no HTML, no picture is loaded, only three kinds of link can be clicked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
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
    QTextFragment,
    QTextTable,
)

from app.ui.theme import TextRole, Theme
from app.ui.transcript import line_breaks
from app.ui.transcript.block_kinds import CODE, QUOTE, RULE, is_below_table, is_code, is_of_code, quote_level
from app.ui.transcript.directions import direct, may_run_left
from app.ui.transcript.inner_table import style_table
from app.ui.transcript.picture_names import link_pictures
from app.ui.transcript.task_lists import put_boxes

_DIALECT: Final = QTextDocument.MarkdownFeature.MarkdownDialectGitHub | QTextDocument.MarkdownFeature.MarkdownNoHTML
_UNDERLINES: Final = 0x4000
"""Of Qt's dialect what GitHub does not have (md4c's MD_FLAG_UNDERLINE): `_word_` underlined, and `__word__` too."""
_FEATURES: Final = QTextDocument.MarkdownFeature(_DIALECT.value & ~_UNDERLINES)
_SCHEMES: Final = {"http", "https", "mailto"}
PICTURE: Final = "￼"
"""What stands for a picture in Qt's text."""
CODE_PADDING: Final = 12
"""Pixels between code and the edge of its box."""
_INDENT: Final = 24
"""Pixels of one level of a list."""
QUOTE_INDENT: Final = 16
"""Pixels of one level of a quote."""
_GAP: Final = 12
"""Pixels between paragraphs, lists and quotes."""
_LIST_GAP: Final = 4
_SECONDARY_LINE: Final = 20
"""Pixels of a line of thoughts, which are read and not only looked at: more than the role has."""
_BOLD: Final = 600
"""The heaviest weight in use."""
_TASK: Final = re.compile(r"\[[ xX]\]\s")
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


@dataclass(frozen=True, slots=True)
class Filled:
    """What a text has in it that must be painted around its words."""

    code: bool = False
    quotes: bool = False


def fill(
    document: QTextDocument,
    text: str,
    theme: Theme,
    *,
    pictures: int = 0,
    role: TextRole = "body",
    color: str = "",
    put: Callable[[], None] | None = None,
    has_head: bool = True,
) -> Filled:
    """Show a Markdown text; "Image 2" in it is a link where there are so many `pictures`.

    `role` and `color` are those of its words; `put` is called when the words are there and not styled yet, and may take
    away the heads of tables, which then have none: `has_head` tells. The text is laid out when its size is asked for,
    and not before.
    """
    document.setLayoutEnabled(False)
    document.setIndentWidth(theme.px(_INDENT))
    marked = line_breaks.mark(text)
    document.setMarkdown(marked, _FEATURES)
    edit = QTextCursor(document)
    edit.beginEditBlock()
    if marked is not text:
        line_breaks.put(document)
    if "![" in text:
        _name_all_pictures(document)
    if put is not None:
        put()
    if _TASK.search(text):
        put_boxes(document)
    filled = _Styling(document, theme, role, color, has_head=has_head).style()
    if pictures:
        link_pictures(document, pictures, theme)
    edit.endEditBlock()
    document.setLayoutEnabled(True)
    return filled


def code_font(theme: Theme) -> QFont:
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPixelSize(theme.px(13))
    return font


def set_lines(form: QTextBlockFormat, theme: Theme, role: TextRole) -> None:
    """Give the lines of a block the height of a role's."""
    form.setLineHeight(line_height(theme, role), _AT_LEAST)


def line_height(theme: Theme, role: TextRole) -> int:
    """Pixels from one line of a role's text to the next."""
    return theme.px(_SECONDARY_LINE) if role == "secondary" else theme.line(role)


class _Styling:
    """One pass over a document. What does not depend on the block is found out once."""

    def __init__(self, document: QTextDocument, theme: Theme, role: TextRole, color: str, *, has_head: bool) -> None:
        self._document = document
        self._has_head = has_head
        self._may_run_left = may_run_left(document.toRawText())
        self._theme = theme
        self._color = color
        self._role = role
        self._gap, self._list_gap = theme.px(_GAP), theme.px(_LIST_GAP)
        self._forms: dict[int, QTextCharFormat | None] = {}
        self._code = self._quotes = False
        self._cursor = QTextCursor(document)

    def style(self) -> Filled:
        if self._color:
            self._cursor.select(QTextCursor.SelectionType.Document)
            self._cursor.mergeCharFormat(_colored(self._color))
            self._cursor.mergeBlockCharFormat(_colored(self._color))
        has_tables = bool(self._document.rootFrame().childFrames())
        block = self._document.begin()
        while block.isValid():
            following = block.next()
            self._cursor.setPosition(block.position())
            if not has_tables or self._cursor.currentTable() is None:
                self._style_block(block, following)
            else:
                lines = QTextBlockFormat()
                set_lines(lines, self._theme, self._role)
                self._cursor.mergeBlockFormat(lines)
            if not self._code or not is_code(block):
                self._style_words(block)
            block = following
        if has_tables:
            for frame in self._document.rootFrame().childFrames():
                if isinstance(frame, QTextTable):
                    style_table(frame, self._theme, has_head=self._has_head)
        self._trim()
        return Filled(self._code, self._quotes)

    def _style_block(self, block: QTextBlock, following: QTextBlock) -> None:
        form = block.blockFormat()
        if is_of_code(form):
            self._code = True
            _style_code(self._cursor, block, self._theme)
        elif form.hasProperty(RULE):
            form.setBackground(QColor(self._theme.tokens.line))
            set_lines(form, self._theme, self._role)
            self._cursor.setBlockFormat(form)
        else:
            self._give_room(form, block, following)
            if self._may_run_left:
                direct(form, block)
            self._cursor.setBlockFormat(form)
            if form.hasProperty(QUOTE):
                self._quotes = True
                _merge(self._cursor, _colored(self._theme.tokens.text2))

    def _give_room(self, form: QTextBlockFormat, block: QTextBlock, following: QTextBlock) -> None:
        """Above, below and beside the words of a block."""
        first, last = block == self._document.firstBlock(), not following.isValid()
        heading = form.headingLevel()
        set_lines(form, self._theme, "heading" if heading else self._role)
        form.setTopMargin(self._theme.px(16) if heading and not first else 0)
        form.setBottomMargin(0 if last else self._below(form, block, following))
        if level := quote_level(block):
            form.setLeftMargin(self._theme.px(QUOTE_INDENT) * level)
            form.setRightMargin(0)

    def _below(self, form: QTextBlockFormat, block: QTextBlock, following: QTextBlock) -> int:
        if form.headingLevel():
            return self._theme.px(4)
        if form.objectIndex() >= 0 and following.blockFormat().objectIndex() >= 0:
            return self._list_gap
        return 0 if is_below_table(block) else self._gap

    def _style_words(self, block: QTextBlock) -> None:
        """Links, code between words, headings and bold words."""
        is_heading = bool(block.blockFormat().headingLevel())
        wanted = []
        fragments = block.begin()
        while not fragments.atEnd():
            fragment = fragments.fragment()
            form = self._wanted(fragment, is_heading=is_heading)
            if form is not None:
                wanted.append((fragment.position(), fragment.length(), form))
            fragments += 1
        for position, length, form in wanted:
            self._cursor.setPosition(position)
            self._cursor.setPosition(position + length, QTextCursor.MoveMode.KeepAnchor)
            self._cursor.setCharFormat(form)

    def _wanted(self, fragment: QTextFragment, *, is_heading: bool) -> QTextCharFormat | None:
        """What the words of a fragment are to look like; None where that is what they are."""
        key = 2 * fragment.charFormatIndex() + is_heading
        if key not in self._forms:
            self._forms[key] = self._styled(fragment.charFormat(), is_heading=is_heading)
        return self._forms[key]

    def _styled(self, form: QTextCharFormat, *, is_heading: bool) -> QTextCharFormat | None:
        if form.isImageFormat():
            if not form.isAnchor() or safe_link(form.anchorHref()) is not None:
                return None
            _link(form, self._theme)
            return form
        is_bold = form.fontWeight() > _BOLD
        if not (is_heading or is_bold or form.isAnchor() or form.fontFixedPitch()):
            return None
        if form.isAnchor():
            _link(form, self._theme)
        elif form.fontFixedPitch():
            _inline_code(form, self._theme)
        if is_heading:
            # As long as it is there, Qt takes the size from it alone.
            form.clearProperty(QTextFormat.Property.FontSizeAdjustment)
            form.setProperty(QTextFormat.Property.FontPixelSize, self._theme.font("heading").pixelSize())
        if is_heading or is_bold:
            form.setFontWeight(_BOLD)
        return form

    def _trim(self) -> None:
        """No room above the first block and below the last, which is the layout's to give; but all of a box of code."""
        first, last = self._document.firstBlock(), self._document.lastBlock()
        frame = self._document.rootFrame().frameFormat()
        padding = self._theme.px(CODE_PADDING)
        top, bottom = (padding if self._code and is_code(block) else 0 for block in (first, last))
        for block in {first.blockNumber(): first, last.blockNumber(): last}.values():
            form = block.blockFormat()
            if block == first:
                form.setTopMargin(0)
            if block == last:
                form.setBottomMargin(0)
            if form != block.blockFormat():
                QTextCursor(block).setBlockFormat(form)
        if (frame.topMargin(), frame.bottomMargin()) != (top, bottom):
            frame.setTopMargin(top)
            frame.setBottomMargin(bottom)
            self._document.rootFrame().setFrameFormat(frame)


def _style_code(cursor: QTextCursor, block: QTextBlock, theme: Theme) -> None:
    """Room for the box that the view paints behind the lines."""
    padding = theme.px(CODE_PADDING)
    lines = QTextBlockFormat()
    lines.setNonBreakableLines(False)
    lines.setProperty(QTextFormat.Property.BlockCodeFence, block.blockFormat().stringProperty(CODE) or "`")
    lines.setLeftMargin(padding)
    lines.setRightMargin(padding)
    lines.setLineHeight(theme.px(20), _AT_LEAST)
    lines.setTopMargin(0 if block.previous().isValid() and is_code(block.previous()) else 2 * padding)
    lines.setBottomMargin(0 if block.next().isValid() and is_code(block.next()) else 2 * padding)
    cursor.mergeBlockFormat(lines)
    font = QTextCharFormat()
    font.setFont(code_font(theme))
    _merge(cursor, font)


def _name_all_pictures(document: QTextDocument) -> None:
    block = document.begin()
    while block.isValid():
        _name_pictures(block)
        block = block.next()


def _name_pictures(block: QTextBlock) -> None:
    """Put a picture's words and address where the picture would be."""
    if PICTURE not in block.text():
        return
    for offset in reversed([i for i, c in enumerate(block.text()) if c == PICTURE]):
        cursor = QTextCursor(block)
        cursor.setPosition(block.position() + offset)
        cursor.setPosition(block.position() + offset + 1, QTextCursor.MoveMode.KeepAnchor)
        form = cursor.charFormat()
        if form.isImageFormat():
            words = form.stringProperty(QTextFormat.Property.ImageAltText.value)
            cursor.insertText(f"[{words} {form.toImageFormat().name()}]".replace("[ ", "["), QTextCharFormat())


def _link(form: QTextCharFormat, theme: Theme) -> None:
    if safe_link(form.anchorHref()) is None:
        form.setAnchor(False)
        form.setAnchorHref("")
        form.setFontUnderline(False)
        form.clearForeground()
    else:
        form.setForeground(QColor(theme.tokens.accent))
        form.setFontUnderline(True)


def _inline_code(form: QTextCharFormat, theme: Theme) -> None:
    form.setFont(code_font(theme), QTextCharFormat.FontPropertiesInheritanceBehavior.FontPropertiesSpecifiedOnly)
    form.setBackground(QColor(theme.tokens.hover))


def _colored(color: str) -> QTextCharFormat:
    form = QTextCharFormat()
    form.setForeground(QColor(color))
    return form


def _merge(cursor: QTextCursor, form: QTextCharFormat) -> None:
    cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
    cursor.mergeCharFormat(form)
