"""The button below an answer that sends a picture of its question again, sharper."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QSizePolicy, QWidget


class SharperButton(QPushButton):
    """Tells the only offer in full where its row has room for it, else opens a menu of all.

    Signals:
        wanted(int): the picture of that number.
    """

    wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._offers: list[tuple[int, str]] = []
        self._row: QHBoxLayout | None = None
        self.setProperty("kind", "link")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)  # to be hit all over the row
        self.clicked.connect(self._choose)

    def join(self, row: QHBoxLayout) -> None:
        """Stand in a row, and follow what room it leaves."""
        row.addWidget(self)
        self._row = row
        if (widget := row.parentWidget()) is not None:
            widget.installEventFilter(self)

    def set_offers(self, offers: Sequence[tuple[int, str]]) -> None:
        """Numbers, and the words that offer each."""
        if list(offers) == self._offers:
            return
        self._offers = list(offers)
        self.setText(self._whole)
        self.setAccessibleName(self._whole)
        self._fit()

    def fit(self, room: int, most: int) -> None:
        """Tell the whole offer where `room` pixels are enough for it, the short one where `most` are for that; else
        give way.
        """
        words = self._whole if self._width(self._whole) <= room else self._several
        self.setVisible(bool(self._offers) and self._width(words) <= most)
        if words != self.text():
            self.setText(words)

    @property
    def _whole(self) -> str:
        return self._offers[0][1] if len(self._offers) == 1 else self._several

    @property
    def _several(self) -> str:
        return self.tr("Resend sharper…")

    def _fit(self) -> None:
        """The other words of the row go before the whole offer, which the menu tells too."""
        widget = self._row.parentWidget() if self._row is not None else None
        if self._row is None or widget is None or self.isHidden():
            return
        others = self._row.sizeHint().width() - self.sizeHint().width()
        words = self._whole if others + self._width(self._whole) <= widget.width() else self._several
        if words != self.text():
            self.setText(words)

    def _width(self, words: str) -> int:
        """What the button needs for these words."""
        metrics = self.fontMetrics()
        return self.sizeHint().width() + metrics.horizontalAdvance(words) - metrics.horizontalAdvance(self.text())

    def _choose(self) -> None:
        if len(self._offers) == 1 and self.text() == self._whole:
            self.wanted.emit(self._offers[0][0])
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for number, words in self._offers:
            menu.addAction(words, partial(self.wanted.emit, number))
        menu.popup(self.mapToGlobal(self.rect().bottomLeft()))

    # --- overrides of Qt ---

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in {QEvent.Type.Resize, QEvent.Type.LayoutRequest}:
            self._fit()
        return super().eventFilter(watched, event)
