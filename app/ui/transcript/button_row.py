"""Buttons in a row that goes on below where there is no room for all of them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QStyle, QWidget

from app.ui.theme import HIT, SPACE

_GAP = 2 * SPACE


class ButtonRow(QWidget):
    """As wide as all its buttons, where it may be."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._buttons: list[QAbstractButton] = []
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def add(self, button: QAbstractButton) -> None:
        button.setParent(self)
        self._buttons.append(button)
        self._place()
        self.updateGeometry()

    def _places(self, width: int) -> list[QRect]:
        places: list[QRect] = []
        x = y = 0
        sizes = [button.sizeHint().expandedTo(QSize(0, HIT)) for button in self._buttons]
        line = max((size.height() for size in sizes), default=0)
        for size in sizes:
            size.setWidth(min(size.width(), width))
            if x and x + size.width() > width:
                x, y = 0, y + line + _GAP
            places.append(QRect(QPoint(x, y + (line - size.height()) // 2), size))
            x += size.width() + _GAP
        return places

    def _place(self) -> None:
        for button, place in zip(self._buttons, self._places(self.width()), strict=True):
            button.setGeometry(QStyle.visualRect(self.layoutDirection(), self.rect(), place))

    # --- overrides of Qt ---

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return max((place.bottom() + 1 for place in self._places(width)), default=0)

    def sizeHint(self) -> QSize:
        widths = [button.sizeHint().width() for button in self._buttons]
        width = sum(widths) + _GAP * max(0, len(widths) - 1)
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(max((button.sizeHint().width() for button in self._buttons), default=0), 0)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._place()
            self.updateGeometry()
        return super().event(event)

    def resizeEvent(self, _event: QResizeEvent) -> None:
        self._place()
