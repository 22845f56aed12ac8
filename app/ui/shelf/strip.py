"""The list of the shelf's pictures: several can be chosen, by mouse and by keys."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QItemSelectionModel, QObject, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QListView, QWidget

from app.conversation.gallery import Gallery
from app.core.shelf import Row
from app.ui.shelf.tiles import ShelfDelegate, ShelfModel
from app.ui.theme import Theme

_SHARE: Final = 0.3
"""Of the window's height that the pictures may take; one row of them always shows."""


class ShelfStrip(QListView):
    """Signals:
    chosen(): other pictures are.
    opened(int): the number of one that is to be shown large.
    left_out(): those chosen are to be.
    undone(): the last change is to be.
    """

    chosen = Signal()
    opened = Signal(int)
    left_out = Signal()
    undone = Signal()

    def __init__(self, theme: Theme, gallery: Gallery, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: Final = ShelfModel(self)
        self._tiles = ShelfDelegate(theme, gallery, self)
        self.setAccessibleName(self.tr("Earlier pictures"))
        self.setAccessibleDescription(
            self.tr("Enter opens, Delete leaves out, Ctrl+Z takes the last change back, Ctrl and Shift choose several")
        )
        self.setModel(self.rows)
        self.setItemDelegate(self._tiles)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)
        self.selectionModel().selectionChanged.connect(lambda *_: self.chosen.emit())
        self.rows.modelReset.connect(self._on_reset)
        self.doubleClicked.connect(lambda index: self.opened.emit(self.rows.row(index).number))
        gallery.thumbnail_ready.connect(self._on_thumbnail)
        theme.changed.connect(self._dress)
        self._dress()

    @property
    def selected(self) -> list[Row]:
        """Those that are chosen, by their numbers."""
        return [self.rows.row(index) for index in sorted(self.selectedIndexes(), key=lambda index: index.row())]

    def _dress(self) -> None:
        self._tiles.dress()
        self.setGridSize(self._tiles.cell)
        self._fit_height()
        self.viewport().update()

    def _on_thumbnail(self, key: str) -> None:
        self._tiles.refresh(key)
        self.viewport().update()

    def _on_reset(self) -> None:
        self._fit_height()
        self.chosen.emit()

    def _fit_height(self) -> None:
        """As many whole rows as there are, within its share of the window."""
        cell = self._tiles.cell
        columns = max(1, (self.width() - self.verticalScrollBar().sizeHint().width()) // cell.width())
        rows = max(1, -(-self.rows.rowCount() // columns))
        height = min(rows, max(1, int(self.window().height() * _SHARE) // cell.height())) * cell.height()
        if height != self.height() or height != self.minimumHeight():
            self.setFixedHeight(height)

    # --- Qt ---

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, current = event.key(), self.currentIndex()
        if event.matches(QKeySequence.StandardKey.Undo):
            self.undone.emit()
        elif key in {Qt.Key.Key_Delete, Qt.Key.Key_Backspace}:
            self.left_out.emit()
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and current.isValid():
            self.opened.emit(self.rows.row(current).number)
        elif key == Qt.Key.Key_Escape or _types(event):
            event.ignore()  # the panel's; what is typed here is meant for the message
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The keys begin at the first picture, which is not chosen by that."""
        if not self.currentIndex().isValid() and self.rows.rowCount():
            self.selectionModel().setCurrentIndex(self.rows.index(0), QItemSelectionModel.SelectionFlag.NoUpdate)
        super().focusInEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_height()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.window().installEventFilter(self)
        self._fit_height()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self.window():
            self._fit_height()
        return super().eventFilter(watched, event)


def _types(event: QKeyEvent) -> bool:
    """Whether the key writes something."""
    command = event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    return not command and event.text().isprintable() and bool(event.text().strip())
