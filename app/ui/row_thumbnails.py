"""Small pictures for the rows of a list: cut to one size, and kept while they are likely to be painted again."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QPixmap

from app.conversation.gallery import Gallery

_KEPT: Final = 300


class RowThumbnails:
    def __init__(self, gallery: Gallery, size: QSize) -> None:
        """`size`: logical pixels that each of them fills."""
        self._gallery = gallery
        self._size = size
        self._known: dict[str, QPixmap] = {}
        """The one made longest ago comes first."""

    def get(self, original: str, ratio: float) -> QPixmap:
        """The middle of a picture on a screen of this ratio of pixels; nothing as long as it has no thumbnail."""
        key = f"{original}@{ratio}"
        if key in self._known:
            return self._known[key]
        pixmap = QPixmap()
        if (data := self._gallery.thumbnail(original)) and pixmap.loadFromData(data):
            wanted = self._size * ratio
            pixmap = pixmap.scaled(
                wanted, Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
            )
            surplus = pixmap.size() - wanted
            pixmap = pixmap.copy(QRect(QPoint(surplus.width() // 2, 0), wanted))
            while len(self._known) >= _KEPT:
                del self._known[next(iter(self._known))]
            self._known[key] = pixmap
        return pixmap
