"""What an edited question will leave behind as another version, seen as through a veil."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.ui.theme import Theme

_SHARE = 0.55


class Veil(QWidget):
    """Lies over the rows and lets the mouse through."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def cover(self, place: QRect) -> None:
        """Lie there; nowhere, where it is empty."""
        self.setVisible(not place.isEmpty())
        if not place.isEmpty():
            self.setGeometry(place)
            self.raise_()

    def paintEvent(self, _event: QPaintEvent) -> None:
        colour = QColor(self._theme.tokens.background)
        colour.setAlphaF(_SHARE)
        painter = QPainter(self)
        painter.fillRect(self.rect(), colour)
        painter.end()
