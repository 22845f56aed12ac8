"""The row of one line that unfolds the rows below it."""

from __future__ import annotations

import time
from typing import Final

from PySide6.QtCore import QRect, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QStyle, QWidget

from app.ui.figures import count
from app.ui.theme import HIT, SPACE, Theme
from app.ui.transcript.content import Fold
from app.ui.transcript.host import Host
from app.ui.transcript.text import SafeTextView

_ARROW: Final = 16
_WRAPPED: Final = Qt.TextFlag.TextWordWrap | Qt.TextFlag.TextShowMnemonic
"""Two of the sign that would make a shortcut of the letter behind it are one to be read."""
_TICK: Final = 250
"""Milliseconds."""


class FoldRow(QAbstractButton):
    """Words behind an arrow; without anything to unfold they stand alone. They wrap where the row is narrow."""

    def __init__(self, host: Host, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme: Theme = host.theme
        self._fold: Fold | None = None
        self._ring = False
        self.setFont(self._theme.font("secondary", 500))
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.clicked.connect(lambda: host.folded.emit(self))
        self._tick = QTimer(self, interval=_TICK)
        self._tick.timeout.connect(self._count)

    @property
    def view(self) -> SafeTextView | None:
        return None

    def show_content(self, content: Fold) -> None:
        if content == self._fold:
            return
        self._fold = content
        self.setAccessibleName(content.line)
        words = (self.tr("Unfolded") if content.open else self.tr("Folded")) if content.has_body else ""
        self.setAccessibleDescription(words)
        self.setEnabled(content.has_body)
        # A click leaves the focus in the text, where writing goes on.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if content.has_body else Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor if content.has_body else Qt.CursorShape.ArrowCursor)
        if content.pace is not None:
            self._tick.start()
        else:
            self._tick.stop()
        self._count()
        self.update()

    def height_for(self, width: int) -> int:
        room = QRect(0, 0, max(1, width - self._indent), 1)
        words = self.fontMetrics().boundingRect(room, _WRAPPED, self.text())
        return max(self._theme.grown(HIT), words.height() + 2 * SPACE)

    def shift(self, pixels: int) -> None:
        """It wraps instead."""

    def let_go(self) -> None:
        self._tick.stop()
        self._fold = None

    def _count(self) -> None:
        """The line, with the seconds so far where it goes on. Its name leaves them out: nobody wants them read out."""
        fold = self._fold
        if fold is None:
            return
        words = fold.line
        if fold.pace is not None and fold.pace.since:
            passed = count(int(time.monotonic() - fold.pace.since))
            words = self.tr("%1 %2 s").replace("%2", passed).replace("%1", fold.line)
        words = words.replace("&", "&&")
        if words != self.text():
            self.setText(words)

    @property
    def _indent(self) -> int:
        """Pixels before the words."""
        return self._theme.grown(_ARROW) + SPACE if self._fold is not None and self._fold.has_body else 0

    # --- overrides of Qt ---

    def sizeHint(self) -> QSize:
        return QSize(
            self._indent + self.fontMetrics().size(Qt.TextFlag.TextShowMnemonic, self.text()).width(),
            self._theme.grown(HIT),
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and not event.isAutoRepeat():
            self.click()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._ring = event.reason() in {Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason}

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._fold is None:
            return
        tokens = self._theme.tokens
        lively = self._fold.has_body and (self.underMouse() or self.hasFocus())
        colour = tokens.text if lively else tokens.text2
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._fold.has_body:
            side = self._theme.grown(_ARROW)
            box = QRect(0, (self._theme.grown(HIT) - side) // 2, side, side)
            arrow = self._theme.icon("chevron-down" if self._fold.open else "chevron-right", colour, _ARROW)
            arrow.paint(painter, QStyle.visualRect(self.layoutDirection(), self.rect(), box))
        words = QStyle.visualRect(self.layoutDirection(), self.rect(), self.rect().adjusted(self._indent, 0, 0, 0))
        painter.setPen(QColor(colour))
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | _WRAPPED, self.text())
        if self.hasFocus() and self._ring:
            painter.setPen(QColor(tokens.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), SPACE, SPACE)
        painter.end()
