"""A table within a list or a quote, which is part of a text: rules between its rows, its head in text 2."""

from __future__ import annotations

from PySide6.QtGui import (
    QColor,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextFrameFormat,
    QTextLength,
    QTextTable,
    QTextTableCellFormat,
)

from app.ui.theme import Theme
from app.ui.transcript.directions import direct_table


def style_table(table: QTextTable, theme: Theme, *, has_head: bool = True) -> None:
    """Rules between rows only, the head in text 2, and one direction for all cells."""
    direct_table(table)
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
    head = QTextCharFormat()
    head.setForeground(QColor(theme.tokens.text2))
    head.setFontWeight(500)
    for row in range(table.rows()):
        for column in range(table.columns()):
            cell = table.cellAt(row, column)
            known = cell.format()
            known.merge(rule)
            cell.setFormat(known)
            if row == 0 and has_head:
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
