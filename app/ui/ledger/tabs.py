"""The tabs over a table: words, the chosen one underlined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QTabBar

from app.ui.theme import RADIUS, Theme

_PAD: Final = 12
_UNDERLINE: Final = 2


class Tabs(QTabBar):
    def __init__(self, theme: Theme, words: Sequence[str]) -> None:
        super().__init__()
        self._theme = theme
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setUsesScrollButtons(True)
        self.setElideMode(Qt.TextElideMode.ElideNone)
        for text in words:
            self.addTab(text)
        theme.changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        self.setFont(self._theme.font("secondary", 500))
        self.updateGeometry()
        self.update()

    def tabSizeHint(self, index: int) -> QSize:  # noqa: N802  # Qt's name
        wide = self.fontMetrics().horizontalAdvance(self.tabText(index)) + 2 * _PAD
        return QSize(wide, self._theme.grown(36))

    def minimumTabSizeHint(self, index: int) -> QSize:  # noqa: N802  # Qt's name
        return self.tabSizeHint(index)

    def paintEvent(self, _event: QPaintEvent) -> None:
        tokens = self._theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.font())
        for index in range(self.count()):
            place, chosen = self.tabRect(index), index == self.currentIndex()
            painter.setPen(QColor(tokens.text if chosen else tokens.text2))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, self.tabText(index))
            if chosen:
                line = QRect(place.left() + _PAD, place.bottom() - _UNDERLINE, place.width() - 2 * _PAD, _UNDERLINE)
                painter.fillRect(line, QColor(tokens.accent))
                if self.hasFocus():
                    painter.setPen(QColor(tokens.accent))
                    painter.drawRoundedRect(place.adjusted(3, 3, -3, -5), RADIUS["badge"], RADIUS["badge"])
        painter.end()
