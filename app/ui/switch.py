"""A switch: a check box in another dress, for what is on or off at once."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox

from app.ui.theme import HIT, Theme

_TRACK: Final = QSize(36, 20)
_KNOB: Final = 14


class Switch(QCheckBox):
    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        theme.changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        return QSize(_TRACK.width() + 4, HIT)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def hitButton(self, position: QPoint) -> bool:  # noqa: N802  # Qt's name
        return self.rect().contains(position)

    def paintEvent(self, _: QPaintEvent) -> None:
        tokens, on = self._theme.tokens, self.isChecked()
        track = QRectF(2, (self.height() - _TRACK.height()) / 2, _TRACK.width(), _TRACK.height())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        ground = tokens.accent if on else tokens.text2
        painter.setBrush(QColor(ground if self.isEnabled() else tokens.line))
        painter.drawRoundedRect(track, track.height() / 2, track.height() / 2)
        gap = (track.height() - _KNOB) / 2
        # The side is the reading direction's end: right, or left in a right-to-left window.
        right = on != (self.layoutDirection() == Qt.LayoutDirection.RightToLeft)
        x = track.right() - gap - _KNOB if right else track.left() + gap
        painter.setBrush(QColor(tokens.on_accent if on else tokens.surface))
        painter.drawEllipse(QRectF(x, track.top() + gap, _KNOB, _KNOB))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(tokens.accent), 1))
            radius = track.height() / 2 + 1.5
            painter.drawRoundedRect(track.adjusted(-1.5, -1.5, 1.5, 1.5), radius, radius)
