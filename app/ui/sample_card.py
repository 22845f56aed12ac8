"""A sample on the welcome page: pictures that came with the app, and a question about them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

from PySide6.QtCore import QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPixmap
from PySide6.QtWidgets import QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.ui.label import Label
from app.ui.theme import COLUMN, RADIUS, Theme

_PREVIEW: Final = 104
"""Height in pixels."""
_WIDEST: Final = COLUMN // 3


class SampleCard(QPushButton):
    """Signals:
    chosen(list[str], str): paths of the pictures, and the question.
    """

    chosen = Signal(list, str)

    def __init__(self, theme: Theme, title: str, question: str, paths: Sequence[str]) -> None:
        super().__init__()
        self.setObjectName("sample")
        self.setAccessibleName(title)
        self.setAccessibleDescription(question)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        words = QVBoxLayout()
        words.setContentsMargins(12, 12, 12, 10)
        words.setSpacing(4)
        words.addWidget(Label(theme, title, weight=600, wraps=True))
        words.addWidget(Label(theme, question, role="secondary", tone="secondary", wraps=True))
        words.addStretch(1)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.setSpacing(0)
        inside.addWidget(_Preview(theme, paths))
        inside.addLayout(words)
        for part in self.findChildren(QWidget):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.clicked.connect(lambda: self.chosen.emit(list(paths), question))

    def sizeHint(self) -> QSize:
        layout = self.layout()
        return layout.totalSizeHint() if layout else QSize()

    def minimumSizeHint(self) -> QSize:
        layout = self.layout()
        return layout.totalMinimumSize() if layout else QSize()


class _Preview(QWidget):
    """The pictures side by side, each cut to its share. Small copies are read, one at a time, after the first paint."""

    def __init__(self, theme: Theme, paths: Sequence[str]) -> None:
        super().__init__()
        self._theme = theme
        self._unread = [Path(path).parent / "previews" / Path(path).name for path in paths]
        self._count = len(paths)
        self._pixmaps: list[QPixmap] = []
        self._is_reading = False
        self.setFixedHeight(_PREVIEW)
        theme.changed.connect(self.update)

    def _read_next(self) -> None:
        ratio = self.devicePixelRatioF()
        share = QSize(round(_WIDEST / self._count * ratio), round(_PREVIEW * ratio))
        pixmap = QPixmap(str(self._unread.pop(0))).scaled(
            share, Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
        )
        pixmap.setDevicePixelRatio(ratio)
        self._pixmaps.append(pixmap)
        self.update()
        if self._unread:
            QTimer.singleShot(0, self, self._read_next)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self._is_reading:
            self._is_reading = True
            QTimer.singleShot(0, self, self._read_next)
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        radius = RADIUS["card"] - 1
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(0, 0, self.width(), self.height() + radius), radius, radius)
        painter.setClipPath(shape)
        for place, pixmap in zip(self._places(), self._pixmaps, strict=False):
            painter.drawPixmap(QRectF(place), pixmap, _cut(pixmap, place))
        painter.setPen(QColor(self._theme.tokens.line))
        for place in self._places()[1:]:
            painter.drawLine(place.topLeft(), place.bottomLeft())
        painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)
        painter.end()

    def _places(self) -> list[QRect]:
        edges = [round(self.width() * number / self._count) for number in range(self._count + 1)]
        return [QRect(left, 0, right - left, self.height()) for left, right in pairwise(edges)]


def _cut(pixmap: QPixmap, place: QRect) -> QRectF:
    """The part of a picture, in its own pixels, that fills the place: its upper left, where screens begin."""
    scale = min(pixmap.width() / place.width(), pixmap.height() / place.height())
    return QRectF(0, 0, place.width() * scale, place.height() * scale)
