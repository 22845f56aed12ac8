"""A decoded picture in its own size and in halves of it, so that drawing costs what is seen and not what there is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QImage, QPainter

if TYPE_CHECKING:
    from app.core.image import Pixels

_SMALLEST: Final = 256
"""Pixels of the long edge below which halving is not worth it."""
_SMOOTH_BELOW: Final = 2.0
"""Pixels of the screen for one of the picture, from which on the single pixels are shown."""
_PIECE: Final = 1 << 20
_SOLID: Final = b"\xff" * (_PIECE // 4)
_MARGIN: Final = 2
"""Pixels around what is seen that smoothing looks at."""


class Levels:
    """To be made in a thread: it takes some 50 ms for 12 MP. The halves add a third to the picture's memory."""

    def __init__(self, pixels: Pixels) -> None:
        form = QImage.Format.Format_RGBA8888
        whole = QImage(pixels.rgba, pixels.width, pixels.height, 4 * pixels.width, form)
        if _is_opaque(pixels.rgba):  # the painter's own format: drawn three times as fast
            whole = whole.convertToFormat(QImage.Format.Format_RGB32)
        self._images = [whole]
        half = whole
        while max(half.width(), half.height()) > _SMALLEST:
            size = half.size() / 2
            half = half.scaled(
                max(1, size.width()),
                max(1, size.height()),
                Qt.AspectRatioMode.IgnoreAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
            if whole.hasAlphaChannel():
                half = half.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
            self._images.append(half)

    @property
    def image(self) -> QImage:
        """The picture as it was decoded, pixel for pixel."""
        return self._images[0]

    def draw(self, painter: QPainter, target: QRectF, visible: QRectF) -> None:
        """Draw the picture into `target`, as far as it lies in `visible`; both in pixels of the screen.

        Where a pixel of the picture is one of the screen, or at least two each way, it is drawn as it is. Between
        them single pixels would be of two widths, and a text would look worse than it is.
        """
        seen = target & visible
        if seen.isEmpty():
            return
        whole = self._images[0]
        if abs(target.width() - whole.width()) < 1 and abs(target.height() - whole.height()) < 1:
            target = QRectF(round(target.left()), round(target.top()), whole.width(), whole.height())
        zoom = target.width() / whole.width()
        image = self._images[max(0, min(len(self._images) - 1, math.floor(-math.log2(zoom) + 1e-9)))]
        across, down = target.width() / image.width(), target.height() / image.height()
        part = QRect()
        part.setLeft(math.floor((seen.left() - target.left()) / across) - _MARGIN)
        part.setTop(math.floor((seen.top() - target.top()) / down) - _MARGIN)
        part.setRight(math.ceil((seen.right() - target.left()) / across) + _MARGIN)
        part.setBottom(math.ceil((seen.bottom() - target.top()) / down) + _MARGIN)
        part &= image.rect()
        place = QRectF(
            target.left() + part.left() * across,
            target.top() + part.top() * down,
            part.width() * across,
            part.height() * down,
        )
        smooth = zoom != 1 and zoom < _SMOOTH_BELOW
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(place, image, QRectF(part))


def _is_opaque(rgba: bytes) -> bool:
    """In pieces, so that other threads get their turn."""
    return all(
        rgba[at + 3 : at + _PIECE : 4] == _SOLID[: (min(len(rgba), at + _PIECE) - at) // 4]
        for at in range(0, len(rgba), _PIECE)
    )
