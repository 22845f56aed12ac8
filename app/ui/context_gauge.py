"""A small bar: how much of the model's window the next request fills."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QProgressBar, QSizePolicy, QWidget

from app.ui import figures
from app.ui.theme import SPACE, Theme

NEARLY_FULL: Final = 80
"""Per cent from which on the bar is a warning."""
FULL: Final = 95
"""Per cent from which on it is an alarm: the answer needs room, too."""

_SIZE: Final = QSize(48, SPACE)


class ContextGauge(QProgressBar):
    """Hidden while the size of the window is not known. Tooltip and accessible description have the figures."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._percent = 0
        self.setRange(0, 100)
        self.setTextVisible(False)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Context"))
        theme.changed.connect(self.updateGeometry)
        self.hide()

    @property
    def color(self) -> str:
        """Of the bar, as #RRGGBB."""
        tokens = self._theme.tokens
        if self._percent >= FULL:
            return tokens.danger
        return tokens.warn if self._percent >= NEARLY_FULL else tokens.text2

    def tell(self, tokens: int, window: int | None) -> None:
        """Show a request of so many tokens against a window of so many; None where that is not known."""
        self.setVisible(bool(window))
        if not window:
            return
        # Only what is full may say 100, and only what is empty 0.
        self._percent = max(min(100 * tokens // window, 999), 1 if tokens else 0)
        words = self._words(tokens, window)
        self.setValue(min(self._percent, 100))
        if words != self.toolTip():
            self.setToolTip(words)
            self.setAccessibleDescription(words)
        self.update()

    def _words(self, tokens: int, window: int) -> str:
        words = self.tr("%1 of %2 tokens, %3 %")
        if tokens > window:
            words = self.tr("%1 of %2 tokens, %3 %: too long for this model")
        elif self._percent >= FULL:
            words = self.tr("%1 of %2 tokens, %3 %: hardly any room for an answer")
        values = figures.count(tokens), figures.count(window), figures.count(self._percent)
        for number, value in enumerate(values, 1):
            words = words.replace(f"%{number}", value)
        return words

    # --- Qt ---

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        whole = QRectF(self.rect())
        radius = whole.height() / 2
        painter.setBrush(QColor(self._theme.tokens.line))
        painter.drawRoundedRect(whole, radius, radius)
        if self.value():
            filled = max(whole.height(), whole.width() * self.value() / 100)  # no narrower than it is high
            left = whole.right() - filled if self.layoutDirection() == Qt.LayoutDirection.RightToLeft else 0.0
            painter.setBrush(QColor(self.color))
            painter.drawRoundedRect(QRectF(left, 0, filled, whole.height()), radius, radius)

    def sizeHint(self) -> QSize:
        return QSize(self._theme.grown(_SIZE.width()), self._theme.grown(_SIZE.height()))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()
