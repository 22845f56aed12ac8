"""The line that shows where the keyboard is: around the conversation, or around a text in it that has no edge."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from app.ui.theme import RADIUS, SPACE, Theme
from app.ui.transcript.flow import Flow
from app.ui.transcript.prose_row import ProseRow
from app.ui.transcript.table_row import TableRow

_BY_KEY: Final = {
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
}
_INSET: Final = 1.5
"""Pixels from the edge to the middle of the line."""
_BESIDE: Final = 2 * SPACE
_OVER: Final = SPACE
"""Pixels around a row: the letters begin where it does."""


def paint(painter: QPainter, flow: Flow, theme: Theme) -> None:
    """Paint it, behind the rows, around the one that a key has brought the focus to."""
    for placed in flow.on_screen:
        if isinstance(placed.widget, ProseRow | TableRow) and placed.widget.ringed:
            painter.setPen(QColor(theme.tokens.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            line = QRectF(placed.widget.geometry()).adjusted(-_BESIDE, -_OVER, _BESIDE, _OVER)
            painter.drawRoundedRect(line.adjusted(0.5, 0.5, -0.5, -0.5), SPACE, SPACE)


class Ring(QWidget):
    """Lies over the viewport and lets the mouse through; it is there only as long as it shows."""

    def __init__(self, theme: Theme, area: QAbstractScrollArea) -> None:
        super().__init__(area)
        self._theme = theme
        self._area = area
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def show_for(self, reason: Qt.FocusReason) -> None:
        """The conversation has the focus: show it, if a key has brought it there."""
        if reason in _BY_KEY:
            self.fit()
            self.show()
            self.raise_()

    def fit(self) -> None:
        """The conversation has another size."""
        self.setGeometry(self._area.viewport().geometry())

    # --- overrides of Qt ---

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(self._theme.tokens.accent))
        line = QRectF(self.rect()).adjusted(_INSET, _INSET, -_INSET, -_INSET)
        painter.drawRoundedRect(line, RADIUS["control"], RADIUS["control"])
        painter.end()
