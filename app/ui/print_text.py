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
    QTextOption,
    QTextTable,
    QTextTableCellFormat,
    QTextTableFormat,
)

from app.core.export.drawn import Drawn, key
from app.core.export.parsed import Code, Piece, Plain, Prose
from app.core.toning import LIGHT, Run
from app.ui.print_formulas import Formulas
from app.ui.print_tables import clean, fitted, table_rows

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
_PADDING: Final = 8
"""Points around code."""
_CELL: Final = 3
"""Points around what stands in a cell."""
_DEEPEST: Final = 8
_GAP: Final = 6
_LEADING: Final = 130
"""Per cent of the font's own line."""


@dataclass(frozen=True, slots=True)
class Style:
    """The fonts of a print. One unit of a document is a point."""

    family: str
    width: float = 480
    """Points of a line."""

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


def written(piece: Piece, style: Style, drawn: Drawn, ink: str = INK) -> QTextDocument:
    """A piece of Markdown, with what of it is drawn already."""
    match piece:
        case Plain():
            return plain(piece.text, style)
        case Code():
            document = _document(style, "code")
            _put_code(QTextCursor(document), drawn.code[piece.text], style)
            return document
    document = _document(style, "body")
    _Composing(document, style, drawn, ink).put(piece.tokens)
    return document


def is_heading(piece: Piece) -> bool:
    """Whether it says what follows it: it does not end a page."""
    return isinstance(piece, Prose) and len(piece.tokens) > 0 and piece.tokens[-1].type == "heading_close"


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


def _put_code(cursor: QTextCursor, lines: Sequence[Sequence[Run]], style: Style, depth: int = 0) -> None:
    """Code on a ground that goes beyond it, `depth` levels from the edge. The cursor ends within."""
    ground = QTextTableFormat()
    ground.setBorder(0)
    ground.setCellSpacing(0)
    ground.setCellPadding(_PADDING)
    ground.setLeftMargin(depth * _INDENT)
    ground.setWidth(QTextLength(QTextLength.Type.FixedLength, style.width - depth * _INDENT))
    cell = QTextTableCellFormat()
    cell.setBackground(QColor(_GROUND))
    cell.setBottomPadding(_PADDING * 0.6)  # the last line has its leading below it
    cursor.insertTable(1, 1, ground).cellAt(0, 0).setFormat(cell)
    form = _spaced()
    form.setNonBreakableLines(False)
    cursor.setBlockFormat(form)
    last = max((row for row, line in enumerate(lines) if line), default=0)
    for row, line in enumerate(lines[: last + 1]):
        for text, tone in line:
            ink = _ink(LIGHT[tone] if tone else INK)
            ink.setFont(style.font("code"), QTextCharFormat.FontPropertiesInheritanceBehavior.FontPropertiesAll)
            cursor.insertText(clean(text.replace("\r", "").replace("\t", "    ")), ink)
        cursor.insertText("\u2028" if row < last else "")


class _Composing:
    """Writes tokens into a document, block after block."""

    def __init__(self, document: QTextDocument, style: Style, drawn: Drawn, ink: str) -> None:
        self._cursor = QTextCursor(document)
        self._style = style
        self._drawn = drawn
        self._formulas = Formulas(document) if drawn.formulas else None
        self._size = _SIZES["body"]
        """Points of the letters."""
        self._base = _ink(ink)
        self._lists: list[tuple[QTextListFormat, QTextList | None]] = []
        self._quotes = 0
        self._is_item = False
        """The next block begins an item."""
        self._is_task = False
        """A box is its bullet."""
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
                self._put_paragraph(token.children or ())
            case "bullet_list_open":
                self._open_list(QTextListFormat.Style.ListDisc, 1)
            case "ordered_list_open":
                self._open_list(QTextListFormat.Style.ListDecimal, int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
            case "list_item_open":
                self._is_item = True
                self._is_task = bool(token.meta.get("task"))
            case "blockquote_open":
                self._quotes += 1
            case "blockquote_close":
                self._quotes -= 1
            case "fence" | "code_block":
                self._put_code(token.content)
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
        form.setIndent(self._depth)
        if self._is_item and self._is_task:
            form.setTextIndent(-_INDENT)
            form.setTabPositions([QTextOption.Tab(_INDENT, QTextOption.TabType.LeftTab)])
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
        if self._quotes:
            base.setForeground(QColor(LIGHT_INK))
        self._size = _HEADINGS.get(heading, _SIZES["body"])
        if heading:
            base.setProperty(QTextFormat.Property.FontPixelSize, self._size)
            base.setFontWeight(_BOLD)
        self._forms = [base]
        self._cursor.setBlockCharFormat(base)  # of the bullet
        if self._is_item and not self._is_task:
            self._add_item()
        self._is_item = False

    @property
    def _depth(self) -> int:
        """Levels from the edge. The list says it of its items."""
        return 0 if self._is_item and not self._is_task else min(self._quotes + len(self._lists), _DEEPEST)

    def _put_code(self, text: str) -> None:
        lines = self._drawn.code.get(text) or [[(line, None)] for line in text.split("\n")]
        if self._is_item:
            self._begin()
        elif not self._is_fresh:
            self._cursor.insertBlock(QTextBlockFormat(), self._base)
        _put_code(self._cursor, lines, self._style, min(self._quotes + len(self._lists), _DEEPEST))
        self._leave_table()

    def _leave_table(self) -> None:
        self._cursor.movePosition(QTextCursor.MoveOperation.End)
        self._is_fresh = True

    def _add_item(self) -> None:
        form, known = self._lists[-1]
        if known is None:
            self._lists[-1] = (form, self._cursor.createList(form))
        else:
            known.add(self._cursor.block())

    def _put_table(self, tokens: Sequence[Token]) -> None:
        rows = table_rows(tokens)
        columns = max(map(len, rows), default=0)
        if not columns:
            return
        room = self._style.width - columns * (2 * _CELL + 1) - 1
        self._size, widths = fitted(rows, columns, self._style.font("body"), room, _CELL)
        form = QTextTableFormat()
        form.setColumnWidthConstraints([QTextLength(QTextLength.Type.FixedLength, width) for width in widths])
        form.setCellPadding(_CELL)
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
        self._size = _SIZES["body"]
        self._leave_table()

    def _put_cell(self, table: QTextTable, row: int, column: int, opening: Token, inline: Sequence[Token]) -> None:
        self._cursor = table.cellAt(row, column).firstCursorPosition()
        form = QTextBlockFormat()
        style = str(opening.attrs.get("style", ""))
        if style.endswith(("right", "center")):
            form.setAlignment(Qt.AlignmentFlag.AlignRight if style.endswith("right") else Qt.AlignmentFlag.AlignHCenter)
        self._cursor.setBlockFormat(form)
        base = QTextCharFormat(self._base)
        base.setFontWeight(_BOLD if opening.tag == "th" else 400)
        base.setProperty(QTextFormat.Property.FontPixelSize, self._size)
        self._forms = [base]
        self._put_inline(inline)

    # --- words ---

    def _put_paragraph(self, tokens: Sequence[Token]) -> None:
        """Words; or a formula that stands by itself, in the middle."""
        self._put_inline(tokens)
        if [each.meta.get("display") for each in tokens] == [True]:
            form = self._cursor.blockFormat()
            form.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            self._cursor.setBlockFormat(form)

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
            case "formula" if self._formulas is not None and key(token) in self._drawn.formulas:
                room = self._style.width - self._depth * _INDENT
                self._formulas.put(self._cursor, self._drawn.formulas[key(token)], form, self._size, room)
            case "code_inline" | "formula":
                self._cursor.insertText(clean(token.content), _code(form, self._style, self._size))
            case "task":
                self._cursor.insertText(f"{token.content}\t", form)
            case "image":
                self._cursor.insertText(clean(f"[{token.content}]({token.attrs.get('src', '')})"), form)
            case _:
                self._cursor.insertText(clean(token.content), form)


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


def _code(form: QTextCharFormat, style: Style, size: int) -> QTextCharFormat:
    code = QTextCharFormat(form)
    code.setFont(style.font("code"), QTextCharFormat.FontPropertiesInheritanceBehavior.FontPropertiesSpecifiedOnly)
    code.setProperty(QTextFormat.Property.FontPixelSize, min(size, _SIZES["code"]))
    code.setBackground(QColor(_GROUND))
    return code
