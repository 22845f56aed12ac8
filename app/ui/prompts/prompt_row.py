"""One row of the list of prompts: its name, and the beginning of what it says; above it may be a heading."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.conversation.messages import Index
from app.core.prompts import Prompt
from app.ui.foreign_text import one_line
from app.ui.theme import RADIUS, Theme

_ROW: Final = 48
_HEADING: Final = 28
_INSET: Final = 8
_SHOWN: Final = 200
"""Characters of a prompt that are laid out at most."""


class PromptRow(QStyledItemDelegate):
    PROMPT: Final = int(Qt.ItemDataRole.UserRole)
    HEADING: Final = PROMPT + 1

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens, prompt = self._theme.tokens, index.data(self.PROMPT)
        row = QRect(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if heading := index.data(self.HEADING):
            painter.setFont(self._theme.font("caption", 500))
            painter.setPen(QColor(tokens.text2))
            above = QRect(row.left() + _INSET, row.top(), row.width() - 2 * _INSET, self._theme.px(_HEADING))
            painter.drawText(above, int(Qt.AlignmentFlag.AlignVCenter), heading)
            row.setTop(above.bottom() + 1)
        if option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            chosen = option.state & QStyle.StateFlag.State_Selected
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.soft if chosen else tokens.hover))
            painter.drawRoundedRect(row.adjusted(0, 1, 0, -1), RADIUS["control"], RADIUS["control"])
        half = row.height() // 2
        upper, lower = row.adjusted(_INSET, 4, -_INSET, -half), row.adjusted(_INSET, half, -_INSET, -4)
        self._line(painter, upper, index.data(), tokens.text, "body")
        self._line(painter, lower, summary(prompt) if isinstance(prompt, Prompt) else "", tokens.text2, "caption")
        painter.restore()

    def _line(self, painter: QPainter, place: QRect, words: str, colour: str, role: str) -> None:
        painter.setFont(self._theme.font("body", 500) if role == "body" else self._theme.font("caption"))
        painter.setPen(QColor(colour))
        shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, place.width())
        painter.drawText(place, int(Qt.AlignmentFlag.AlignVCenter), shown)

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, self._theme.px(_ROW + (_HEADING if index.data(self.HEADING) else 0)))


def summary(prompt: Prompt) -> str:
    """What it says, in a line: its text, else its system prompt."""
    return one_line((prompt.text or prompt.system)[:_SHOWN])
