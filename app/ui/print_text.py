"""Markdown as small text documents for paper, made of the parser's tokens and never of anyone's markup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrameFormat,
    QTextLength,
    QTextList,
    QTextListFormat,
    QTextTable,
    QTextTableFormat,
)

from app.core.export.parsed import Code, Piece, Plain

if TYPE_CHECKING:
    from markdown_it.token import Token

INK: Final = "#201E1B"
LIGHT_INK: Final = "#6A665E"
_ACCENT: Final = "#4A56CF"
_GROUND: Final = "#F1EFEB"
_LINE: Final = "#E4E1DA"
_SIZES: Final = {"title": 18, "who": 10, "note": 9, "body": 11, "code": 9}
"""Points."""
_WEIGHTS: Final = {"title": 600, "who": 600}
_HEADINGS: Final = {"h1": 15, "h2": 14, "h3": 12}
_BOLD: Final = 600
_INDENT: Final = 18
"""Points of one level of a list or a quote."""
_DEEPEST: Final = 8
_GAP: Final = 6
_LEADING: Final = 130
"""Per cent of the font's own line."""


@dataclass(frozen=True, slots=True)
class Style:
    """The fonts of a print. One unit of a document is a point."""

    family: str

    def font(self, role: str) -> QFont:
        font = QFont(self.family)
        if role == "code":
            font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPixelSize(_SIZES[role])
        font.setWeight(QFont.Weight(_WEIGHTS.get(role, 400)))
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        return font


def plain(text: str, style: Style, role: str = "body") -> QTextDocument:
    """Words as they are."""
    document = _document(style, role)
    cursor = QTextCursor(document)
    cursor.setBlockFormat(_spaced())
    cursor.insertText(text.replace("\r", "").replace("\n", "\u2028"), _ink(LIGHT_INK if role == "note" else INK))
    return document


def written(piece: Piece, style: Style, ink: str = INK) -> QTextDocument:
    """A piece of Markdown."""
    match piece:
        case Plain():
            return plain(piece.text, style)
        case Code():
            document = _document(style, "code")
            _put_code(QTextCursor(document), piece.text, style)
            return document
    document = _document(style, "body")
    _Composing(document, style, ink).put(piece.tokens)
    return document


def _document(style: Style, role: str) -> QTextDocument:
    document = QTextDocument()
    document.setUndoRedoEnabled(False)
    document.setDocumentMargin(0)
    document.setUseDesignMetrics(True)
    document.setDefaultFont(style.font(role))
    document.setIndentWidth(_INDENT)
    return document


def _spaced() -> QTextBlockFormat:
    form = QTextBlockFormat()
    form.setLineHeight(_LEADING, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    return form


def _ink(color: str) -> QTextCharFormat:
    form = QTextCharFormat()
    form.setForeground(QColor(color))
    return form


def _put_code(cursor: QTextCursor, text: str, style: Style) -> None:
    form = _spaced()
    form.setBackground(QColor(_GROUND))
    form.setNonBreakableLines(False)
    cursor.setBlockFormat(form)
    ink = _ink(INK)
    ink.setFont(style.font("code"), QTextCharFormat.FontPropertiesInheritanceBehavior.FontPropertiesAll)
    cursor.insertText(text.rstrip("\n").replace("\r", "").replace("\n", "\u2028").replace("\t", "    "), ink)


class _Composing:
    """Writes tokens into a document, block after block."""

    def __init__(self, document: QTextDocument, style: Style, ink: str) -> None:
        self._cursor = QTextCursor(document)
        self._style = style
        self._base = _ink(ink)
        self._lists: list[tuple[QTextListFormat, QTextList | None]] = []
        self._quotes = 0
        self._is_item = False
        """The next block begins an item."""
        self._is_fresh = True
        """The block under the cursor is empty and to be used."""
        self._forms: list[QTextCharFormat] = []

    def put(self, tokens: Sequence[Token]) -> None:
        rows = iter(range(len(tokens)))
        for row in rows:
            token = tokens[row]
            if token.type == "table_open":
                end = next(n for n in range(row, len(tokens)) if tokens[n].type == "table_close")
                self._put_table(tokens[row + 1 : end])
                for _ in range(end - row):
                    next(rows)
            else:
                self._put_token(token)

    def _put_token(self, token: Token) -> None:
        match token.type:
            case "paragraph_open":
                self._begin()
            case "heading_open":
                self._begin(heading=token.tag)
            case "inline":
                self._put_inline(token.children or ())
            case "bullet_list_open":
                self._open_list(QTextListFormat.Style.ListDisc, 1)
            case "ordered_list_open":
                self._open_list(QTextListFormat.Style.ListDecimal, int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
            case "list_item_open":
                self._is_item = True
            case "blockquote_open":
                self._quotes += 1
            case "blockquote_close":
                self._quotes -= 1
            case "fence" | "code_block":
                self._begin()
                _put_code(self._cursor, token.content, self._style)
            case "hr":
                self._begin(rule=True)

    def _open_list(self, kind: QTextListFormat.Style, start: int) -> None:
        form = QTextListFormat()
        form.setStyle(kind)
        form.setStart(min(start, 1 << 30))
        form.setIndent(min(len(self._lists) + 1 + self._quotes, _DEEPEST))
        self._lists.append((form, None))

    def _begin(self, *, heading: str = "", rule: bool = False) -> None:
        form = _spaced()
        form.setBottomMargin(_GAP / 2 if self._lists else _GAP)
        form.setTopMargin(_GAP if heading and not self._is_fresh else 0)
        depth = min(self._quotes + (0 if self._is_item else len(self._lists)), _DEEPEST)
        form.setIndent(depth)
        if rule:
            form.setProperty(
                QTextFormat.Property.BlockTrailingHorizontalRulerWidth,
                QTextLength(QTextLength.Type.PercentageLength, 100),
            )
        if self._is_fresh:
            self._cursor.setBlockFormat(form)
        else:
            self._cursor.insertBlock(form, self._base)
        self._is_fresh = False
        base = QTextCharFormat(self._base)
        if heading:
            base.setProperty(QTextFormat.Property.FontPixelSize, _HEADINGS.get(heading, _SIZES["body"]))
            base.setFontWeight(_BOLD)
        self._forms = [base]
        if self._is_item:
            self._add_item()

    def _add_item(self) -> None:
        self._is_item = False
        form, known = self._lists[-1]
        if known is None:
            self._lists[-1] = (form, self._cursor.createList(form))
        else:
            known.add(self._cursor.block())

    def _put_table(self, tokens: Sequence[Token]) -> None:
        rows = _rows(tokens)
        columns = max(map(len, rows), default=0)
        if not columns:
            return
        form = QTextTableFormat()
        form.setCellPadding(3)
        form.setCellSpacing(0)
        form.setBorder(1)
        form.setBorderBrush(QColor(_LINE))
        form.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
        form.setBorderCollapse(True)
        form.setBottomMargin(_GAP)
        table = self._cursor.insertTable(len(rows), columns, form)
        for row, cells in enumerate(rows):
            for column, (opening, inline) in enumerate(cells):
                self._put_cell(table, row, column, opening, inline)
        self._cursor = QTextCursor(table.document())
        self._cursor.movePosition(QTextCursor.MoveOperation.End)
        self._is_fresh = True

    def _put_cell(self, table: QTextTable, row: int, column: int, opening: Token, inline: Sequence[Token]) -> None:
        self._cursor = table.cellAt(row, column).firstCursorPosition()
        form = QTextBlockFormat()
        style = str(opening.attrs.get("style", ""))
        if style.endswith(("right", "center")):
            form.setAlignment(Qt.AlignmentFlag.AlignRight if style.endswith("right") else Qt.AlignmentFlag.AlignHCenter)
        self._cursor.setBlockFormat(form)
        base = QTextCharFormat(self._base)
        base.setFontWeight(_BOLD if opening.tag == "th" else 400)
        self._forms = [base]
        self._put_inline(inline)

    # --- words ---

    def _put_inline(self, tokens: Sequence[Token]) -> None:
        for token in tokens:
            if token.nesting > 0:
                self._forms.append(_marked(self._forms[-1], token.type))
            elif token.nesting < 0:
                self._forms.pop()
            else:
                self._put_leaf(token)

    def _put_leaf(self, token: Token) -> None:
        form = self._forms[-1]
        match token.type:
            case "softbreak":
                self._cursor.insertText(" ", form)
            case "hardbreak":
                self._cursor.insertText("\u2028", form)
            case "code_inline" | "formula":
                self._cursor.insertText(_clean(token.content), _code(form, self._style))
            case "image":
                self._cursor.insertText(_clean(f"[{token.content}]({token.attrs.get('src', '')})"), form)
            case _:
                self._cursor.insertText(_clean(token.content), form)


def _rows(tokens: Sequence[Token]) -> list[list[tuple[Token, Sequence[Token]]]]:
    rows: list[list[tuple[Token, Sequence[Token]]]] = []
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and before is not None and rows:
            rows[-1].append((before, token.children or ()))
    return rows


def _marked(form: QTextCharFormat, kind: str) -> QTextCharFormat:
    marked = QTextCharFormat(form)
    match kind:
        case "strong_open":
            marked.setFontWeight(_BOLD)
        case "em_open":
            marked.setFontItalic(True)
        case "s_open":
            marked.setFontStrikeOut(True)
        case "link_open":
            marked.setForeground(QColor(_ACCENT))
    return marked


def _code(form: QTextCharFormat, style: Style) -> QTextCharFormat:
    code = QTextCharFormat(form)
    code.setFont(style.font("code"), QTextCharFormat.FontPropertiesInheritanceBehavior.FontPropertiesSpecifiedOnly)
    code.setBackground(QColor(_GROUND))
    return code


def _clean(text: str) -> str:
    """Without what stands for pictures and blocks in Qt's text."""
    return text.replace("\ufffc", " ").replace("\n", " ").replace("\u2029", " ")
