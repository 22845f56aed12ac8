"""Formulas in the text of a row: each one character of it, a picture, that knows its TeX."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import (
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextImageFormat,
    QTextLength,
    QTextTable,
)

from app.core.formulas import Formula, marks
from app.core.utf16 import part, units
from app.ui.theme import Theme
from app.ui.transcript import markup
from app.ui.transcript.block_kinds import is_code, quote_level
from app.ui.transcript.formula_pictures import Drawn, FormulaPictures, Look, anchor_font

_SOURCE: Final = int(QTextFormat.Property.UserProperty.value) + 1
_SMALLEST: Final = 0.1
"""A formula is not shrunk further, however narrow the row is."""


@dataclass(slots=True)
class _Inserted:
    formula: Formula
    look: Look
    drawn: Drawn
    scale: float = 1
    natural: float = 0
    """Pixels it is wide where there is room."""


class FormulasIn:
    """The formulas of one document, from its beginning on."""

    def __init__(self, document: QTextDocument, theme: Theme, pictures: FormulaPictures) -> None:
        self._document = document
        self._theme = theme
        self._pictures = pictures
        self._inserted: list[_Inserted] = []
        self._number = 0
        self._width = 0

    def __bool__(self) -> bool:
        return bool(self._inserted)

    @property
    def is_waiting(self) -> bool:
        """Whether any is not drawn yet."""
        return any(not place.drawn.is_final for place in self._inserted)

    def clear(self) -> None:
        """The document is to have another text."""
        self._inserted.clear()
        self._width = self._number = 0

    def put(self, formulas: Sequence[Formula], look: Look, *, has_head: bool = True) -> None:
        """Put formulas where their marks are; the document is not styled yet. `has_head`: as in `markup.fill`."""
        raw = self._document.toRawText()
        for start, end, number in reversed(marks(raw)):
            cursor = QTextCursor(self._document)
            cursor.setPosition(units(raw, start))
            cursor.setPosition(units(raw, end), QTextCursor.MoveMode.KeepAnchor)
            if number < len(formulas):
                self._put_one(cursor, formulas[number], look, has_head=has_head)
        self._inserted.reverse()

    def _put_one(self, cursor: QTextCursor, formula: Formula, look: Look, *, has_head: bool) -> None:
        form, block = cursor.charFormat(), cursor.block()
        if is_code(block) or form.fontFixedPitch():
            cursor.insertText(formula.source, form)
            return
        if block.blockFormat().headingLevel():
            look = replace(look, size=self._theme.font("heading").pixelSize(), line=self._theme.line("heading"))
        elif quote_level(block) or (has_head and _is_in_head(cursor)):
            look = replace(look, color=self._theme.tokens.text2)
        if formula.kind == "display":
            look = replace(look, line=0)
        drawn = self._pictures.draw(formula, look)
        if drawn is None:
            _insert_source(cursor, formula, form, self._theme)
            return
        if formula.kind == "display":
            _set_apart(cursor)
        place = _Inserted(formula, look, drawn, natural=drawn.width)
        cursor.insertImage(self._format(place, form))
        self._inserted.append(place)

    def refresh(self) -> bool:
        """Show what is drawn by now. Returns whether anything has changed."""
        changed = False
        edit = QTextCursor(self._document)
        edit.beginEditBlock()  # laid out once and not after every change
        for place, cursor in reversed(list(zip(self._inserted, _cursors(self._document), strict=True))):
            if place.drawn.is_final or not self._pictures.is_known(place.formula):
                continue
            drawn = self._pictures.draw(place.formula, place.look)
            if drawn is None:
                _insert_source(cursor, place.formula, cursor.charFormat(), self._theme)
                if place.formula.kind == "display" and cursor.currentTable() is None:
                    _let_flow(cursor)
                self._inserted.remove(place)
            else:
                place.drawn, place.scale, place.natural = drawn, 1, drawn.width
                cursor.setCharFormat(self._format(place, cursor.charFormat()))
            changed = True
        edit.endEditBlock()
        self._width = 0 if changed else self._width
        return changed

    def fit(self, width: int) -> bool:
        """Shrink what is wider than a row of so many pixels, or than its column. Returns whether anything changed."""
        if width == self._width or not self._inserted:
            return False
        self._width = width
        changed, cursors = False, _cursors(self._document)
        edit = QTextCursor(self._document)
        edit.beginEditBlock()
        for index, place in enumerate(self._inserted):
            room = _room(cursors[index], width)
            scale = max(_SMALLEST, min(1, room / place.natural)) if place.natural else 1
            if scale != place.scale:
                self._scale(place, cursors[index], scale)
                changed = True
        edit.endEditBlock()
        return changed

    def _scale(self, place: _Inserted, cursor: QTextCursor, scale: float) -> None:
        drawn = self._pictures.draw(place.formula, place.look, scale)
        if drawn is not None:
            place.drawn, place.scale = drawn, scale
            cursor.setCharFormat(self._format(place, cursor.charFormat()))

    def _format(self, place: _Inserted, known: QTextCharFormat) -> QTextImageFormat:
        name = f"formula:{self._number}"
        self._number += 1
        kind = int(QTextDocument.ResourceType.ImageResource.value)
        self._document.addResource(kind, QUrl(name), place.drawn.image)
        form = QTextImageFormat()
        form.setName(name)
        form.setWidth(place.drawn.width)
        form.setHeight(place.drawn.height)
        form.setFont(anchor_font(place.drawn.anchor))
        form.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignBaseline)
        form.setProperty(_SOURCE, place.formula.source)
        if known.isAnchor():
            form.setAnchor(True)
            form.setAnchorHref(known.anchorHref())
        return form


def _cursors(document: QTextDocument) -> list[QTextCursor]:
    """A cursor with each formula selected."""
    return [cursor for cursor in _pictures(document) if source_of(cursor.charFormat())]


def _pictures(document: QTextDocument) -> list[QTextCursor]:
    """A cursor with each picture selected, and with each character that looks like one."""
    found, raw = [], document.toRawText()
    index = raw.find(markup.PICTURE)
    while index >= 0:
        cursor = QTextCursor(document)
        cursor.setPosition(units(raw, index))
        cursor.setPosition(cursor.position() + 1, QTextCursor.MoveMode.KeepAnchor)
        found.append(cursor)
        index = raw.find(markup.PICTURE, index + 1)
    return found


def sources_between(document: QTextDocument, start: int, end: int) -> list[str]:
    """What is to be read in the place of each picture between two positions: of formulas their TeX, with its marks."""
    found = [each.charFormat() for each in _pictures(document) if start < each.position() <= end]
    return [source_of(form) or markup.PICTURE for form in found]


def source_of(form: QTextCharFormat) -> str:
    """The TeX of a formula with its marks; empty for any other character."""
    return str(form.stringProperty(_SOURCE))


def _insert_source(cursor: QTextCursor, formula: Formula, known: QTextCharFormat, theme: Theme) -> None:
    form = QTextCharFormat()
    form.setFont(markup.code_font(theme), QTextCharFormat.FontPropertiesInheritanceBehavior.FontPropertiesSpecifiedOnly)
    form.setForeground(known.foreground())
    cursor.insertText(formula.source, form)


def _room(cursor: QTextCursor, width: int) -> float:
    """Pixels for what stands at the cursor, in a row or in a column of a width that is set."""
    table = cursor.currentFrame()
    if isinstance(table, QTextTable) and (columns := table.format().columnWidthConstraints()):
        cell = table.cellAt(cursor)
        length = columns[min(cell.column(), len(columns) - 1)]
        if length.type() == QTextLength.Type.FixedLength:
            width = round(length.rawValue() - cell.format().toTableCellFormat().rightPadding())
    return width - _left(cursor.block())


def _left(block: QTextBlock) -> int:
    """Pixels left of a block's words."""
    form = block.blockFormat()
    within = block.textList().format().indent() if block.textList() is not None else 0
    return round(form.leftMargin() + (form.indent() + within) * block.document().indentWidth())


def _set_apart(cursor: QTextCursor) -> None:
    """Give what comes at the cursor a line of its own, in the middle; within a list it stays with its item."""
    cursor.removeSelectedText()
    before, after = _around(cursor)
    while after[:1].isspace():
        cursor.deleteChar()
        before, after = _around(cursor)
    while before[-1:].isspace():
        cursor.deletePreviousChar()
        before, after = _around(cursor)
    block = cursor.block()
    if block.textList() is not None or cursor.currentTable() is not None:
        if after:
            cursor.insertText("\u2028")
            cursor.movePosition(QTextCursor.MoveOperation.PreviousCharacter)
        if before:
            cursor.insertText("\u2028")
        return
    if after:
        cursor.insertBlock()
        cursor.movePosition(QTextCursor.MoveOperation.PreviousBlock)
        cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock)
    if before:
        cursor.insertBlock()
    middle = QTextBlockFormat()
    middle.setAlignment(Qt.AlignmentFlag.AlignHCenter)
    cursor.mergeBlockFormat(middle)


def _is_in_head(cursor: QTextCursor) -> bool:
    table = cursor.currentFrame()
    return isinstance(table, QTextTable) and not table.cellAt(cursor).row()


def _let_flow(cursor: QTextCursor) -> None:
    """TeX that stays TeX begins where words do."""
    form = cursor.blockFormat()
    form.clearProperty(QTextFormat.Property.BlockAlignment)
    cursor.setBlockFormat(form)


def _around(cursor: QTextCursor) -> tuple[str, str]:
    """The text of its block before the cursor, and behind it."""
    text, place = cursor.block().text(), cursor.positionInBlock()
    return part(text, 0, place), part(text, place)
