"""The attached pictures: a strip of thumbnails with number, tokens and price, to be looked at, sorted and removed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

from PySide6.QtCore import (
    QIdentityProxyModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QMenu, QWidget

from app.conversation.attachment import DraftPicture
from app.conversation.chat import Chat
from app.conversation.draft import Draft
from app.ui import picture_facts
from app.ui.carrying import Carried
from app.ui.preset_menu import add_presets
from app.ui.theme import HIT, SPACE, Theme
from app.ui.tile import TileDelegate

Index = QModelIndex | QPersistentModelIndex

_SIDE: Final = 2
"""Pixels at either side, so that the tiles begin where the text below them does."""
_PATIENCE: Final = 300
"""Milliseconds before a picture that takes its time says so (LOOK.md: no spinner before)."""


class SpokenDraft(QIdentityProxyModel):
    """The draft's rows with the words that stand for them: as tooltips and for screen readers."""

    def picture(self, row: int) -> DraftPicture:
        return cast("DraftPicture", self.index(row, 0).data(Draft.PictureRole))

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.AccessibleTextRole:
            picture, number = super().data(index, Draft.PictureRole), super().data(index, Draft.NumberRole)
            return picture_facts.spoken(number, picture, super().data(index, Draft.NextCostRole))
        if role == Qt.ItemDataRole.ToolTipRole:
            return picture_facts.tooltip(super().data(index, Draft.PictureRole), super().data(index, Draft.CostRole))
        return super().data(index, role)


class Thumbnails(QListView):
    """The mouse leaves the focus where it is, in the text; only Tab and a click with Ctrl bring it here.

    Signals:
        picture_opened(int): the row of a picture to be shown large.
        region_wanted(int): the row of a picture of which a region is to be marked.
        resized(): it wants another height.
        removed(int): so many pictures were taken out at once.
    """

    picture_opened = Signal(int)
    region_wanted = Signal(int)
    resized = Signal()
    removed = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._chat: Chat | None = None
        self._draft: Draft | None = None
        self._rows = SpokenDraft(self)
        self._tiles = TileDelegate(theme, self)
        self._limit = 10_000
        self._pressed_cross, self._pressed_badge = -1, -1
        self._carried = Carried(self)
        self._carried.scrolled.connect(self._show_gap)
        self._gap = -1
        self._patience = QTimer(self, singleShot=True, interval=_PATIENCE)
        self._patience.timeout.connect(self._tell_slow)
        self.setAccessibleName(self.tr("Attached pictures"))
        keys = self.tr("Enter opens, P chooses how it is sent, Delete removes, Alt with an arrow key moves")
        self.setAccessibleDescription(keys)
        self.setModel(self._rows)
        self.setItemDelegate(self._tiles)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QListView.SelectionMode.SingleSelection)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setViewportMargins(_SIDE, 0, _SIDE, 0)
        self.viewport().setAutoFillBackground(False)
        for signal in (self._rows.rowsInserted, self._rows.rowsRemoved, self._rows.modelReset):
            signal.connect(self._count_changed)
        theme.changed.connect(self._dress)
        self._dress()

    def set_chat(self, chat: Chat) -> None:
        """Show the pictures of its next message."""
        self._chat, self._draft = chat, chat.draft
        self._tiles.slow.clear()
        self._rows.setSourceModel(chat.draft)

    def set_height_limit(self, pixels: int) -> None:
        """Scroll what does not fit into so many pixels, in whole rows as long as one fits."""
        self._limit = pixels
        self._fit_height()

    def remove(self, row: int) -> None:
        if self._draft is not None and 0 <= row < self._rows.rowCount():
            self._draft.remove(row)
            self._point_at(min(row, self._rows.rowCount() - 1))

    def show_details(self, row: int) -> None:
        cost = self._rows.index(row, 0).data(Draft.CostRole)
        picture_facts.PictureDetails(self._theme, self._rows.picture(row), cost, self).show()

    # --- size and state ---

    def _dress(self) -> None:
        self._tiles.dress()
        self.setGridSize(self._tiles.cell)
        self._fit_height()
        self.viewport().update()

    def _count_changed(self) -> None:
        self._fit_height()
        self._watch(0, self._rows.rowCount() - 1)

    def _fit_height(self) -> None:
        """As high as all rows of tiles, or as many whole ones as keep within the limit; of the only one what fits."""
        count, cell = self._rows.rowCount(), self._tiles.cell
        self.setVisible(count > 0)
        room = self.width() - 2 * _SIDE - self.verticalScrollBar().sizeHint().width()
        columns = max(1, room // cell.width())
        rows = min(-(-count // columns), self._limit // cell.height())
        height = rows * cell.height() if rows > 0 else max(HIT, min(self._limit, cell.height()))
        if height != self.height() or height != self.minimumHeight():
            self.setFixedHeight(height)
            self.resized.emit()

    def _watch(self, first: int, last: int) -> None:
        """Tell in a while which pictures take their time, if any of these rows may."""
        if self._draft is not None and not self._patience.isActive():
            rows = self._draft.pictures[first : last + 1]
            if any(picture.state != "ready" and picture.key not in self._tiles.slow for picture in rows):
                self._patience.start()

    def _tell_slow(self) -> None:
        if self._draft is not None:
            self._tiles.slow = {picture.key for picture in self._draft.pictures if picture.state != "ready"}
            self.viewport().update()

    def _point_at(self, row: int) -> None:
        if row >= 0:
            self.setCurrentIndex(self._rows.index(row, 0))

    # --- what the person does ---

    def _move(self, to: int) -> None:
        row = self.currentIndex().row()
        if self._draft is not None and row >= 0 and 0 <= to < self._rows.rowCount():
            self._draft.move(row, to)
            self._point_at(to)
            self.scrollTo(self.currentIndex())  # the current row went along: Qt does not take that for a change

    def _shift(self, row: int, by: int) -> None:
        self._point_at(row)
        self._move(row + by)

    def _remove_all(self) -> None:
        if self._draft is not None:
            count = self._rows.rowCount()
            self._draft.remove_all()
            self.removed.emit(count)

    def _undo(self) -> None:
        if self._draft is not None:
            self._draft.undo_remove()

    def open_presets(self, row: int) -> None:
        """Let the person choose how the picture is sent, below its badge."""
        if self._chat is None or not 0 <= row < self._rows.rowCount():
            return
        index = self._rows.index(row, 0)
        self._point_at(row)
        menu = self._menu()
        add_presets(menu, self._chat, row, self.region_wanted.emit)
        if menu.isEmpty():
            menu.deleteLater()
            return
        corner = self._tiles.badge(self.visualRect(index), index).bottomLeft()
        menu.popup(self.viewport().mapToGlobal(corner + QPoint(0, SPACE)))

    def _open_menu(self, at: QPoint, row: int) -> None:
        menu = self._menu()
        if row >= 0 and self._chat is not None:
            menu.addAction(self.tr("Open") + "\tEnter", lambda: self.picture_opened.emit(row))
            menu.addAction(self.tr("Details"), lambda: self.show_details(row))
            menu.addSeparator()
            add_presets(menu, self._chat, row, self.region_wanted.emit)
            menu.addSeparator()
            step = -1 if self.isRightToLeft() else 1
            left = menu.addAction(self.tr("Move left") + "\tAlt+Left", lambda: self._shift(row, -step))
            right = menu.addAction(self.tr("Move right") + "\tAlt+Right", lambda: self._shift(row, step))
            for action, to in ((left, row - step), (right, row + step)):
                action.setEnabled(0 <= to < self._rows.rowCount())
            menu.addSeparator()
            menu.addAction(self.tr("Remove") + "\tDel", lambda: self.remove(row))
        menu.addAction(self.tr("Remove all"), self._remove_all)
        if self._draft is not None and self._draft.can_undo:
            menu.addAction(self.tr("Undo remove") + "\tCtrl+Z", self._undo)
        menu.popup(at)

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    def _show_gap(self) -> None:
        at = self._carried.at
        self._gap = -1 if at is None else self._gap_at(at)
        self.viewport().update()

    def _gap_at(self, at: QPoint) -> int:
        """Between which rows the pointer is: 0 is before the first."""
        index = self.indexAt(at)
        if index.isValid():
            before = at.x() < self._tiles.tile(self.visualRect(index)).center().x()
            return index.row() + (before == self.isRightToLeft())
        # Behind the last of a line, or below all.
        tops = (self.visualRect(self._rows.index(row, 0)).top() for row in range(self._rows.rowCount()))
        return sum(top <= at.y() for top in tops)

    def _on_cross(self, at: QPoint) -> int:
        index = self.indexAt(at)
        return index.row() if index.isValid() and self._tiles.cross(self.visualRect(index)).contains(at) else -1

    def _on_badge(self, at: QPoint) -> int:
        index = self.indexAt(at)
        return index.row() if index.isValid() and self._tiles.badge(self.visualRect(index), index).contains(at) else -1

    def _on_tile(self, at: QPoint) -> int:
        index = self.indexAt(at)
        return index.row() if index.isValid() and self._tiles.tile(self.visualRect(index)).contains(at) else -1

    # --- Qt ---

    def dataChanged(self, first: Index, last: Index, roles: Sequence[int] = ()) -> None:  # noqa: N802  # Qt's
        # A QListView would lay out and paint all its rows anew, five hundred times for five hundred pictures.
        QAbstractItemView.dataChanged(self, first, last, roles)
        self._watch(first.row(), last.row())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self.currentIndex().row()
        key, alt = event.key(), event.modifiers() == Qt.KeyboardModifier.AltModifier
        step = -1 if self.isRightToLeft() else 1
        if event.matches(QKeySequence.StandardKey.Undo):
            self._undo()
        elif key in {Qt.Key.Key_Delete, Qt.Key.Key_Backspace}:
            self.remove(row)
        elif alt and key in {Qt.Key.Key_Left, Qt.Key.Key_Right}:
            self._move(row + (step if key == Qt.Key.Key_Right else -step))
        elif row >= 0 and key in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space}:
            self.picture_opened.emit(row)
        elif row >= 0 and key == Qt.Key.Key_P and not event.modifiers():
            self.open_presets(row)
        elif event.text().isprintable() and event.text().strip():
            event.ignore()  # what is typed here is meant for the message
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        if not self.currentIndex().isValid() and event.reason() != Qt.FocusReason.MouseFocusReason:
            self._point_at(0)
        super().focusInEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        if event.button() == Qt.MouseButton.LeftButton:
            self._carried.press(self.indexAt(at).row(), at)
            self._pressed_cross, self._pressed_badge = self._on_cross(at), self._on_badge(at)
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at, row = event.position().toPoint(), self._carried.row
        if event.buttons() & Qt.MouseButton.LeftButton and row >= 0 and self._pressed_cross < 0:
            self._carried.move(at, self._tiles.tile(self.visualRect(self._rows.index(row, 0))))
            self._show_gap()
            return
        self._tiles.pointer = at
        self.viewport().update()
        pointed = max(self._on_cross(at), self._on_badge(at), self._on_tile(at)) >= 0
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if pointed else Qt.CursorShape.ArrowCursor)
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        row, gap, carried = self._carried.row, self._gap, self._carried.on
        self._carried.end()
        self._gap = -1
        self.viewport().update()
        super().mouseReleaseEvent(event)
        if row < 0 or event.button() != Qt.MouseButton.LeftButton:
            return
        if carried:
            self._put_down(row, gap)
        else:
            self._click(row, event.position().toPoint(), event.modifiers())

    def _put_down(self, row: int, gap: int) -> None:
        if gap >= 0:
            self._point_at(row)
            self._move(gap - 1 if gap > row else gap)

    def _click(self, row: int, at: QPoint, keys: Qt.KeyboardModifier) -> None:
        if self._pressed_cross >= 0:
            if self._pressed_cross == self._on_cross(at):
                self.remove(row)
        elif self._pressed_badge >= 0:
            if self._pressed_badge == self._on_badge(at):
                self.open_presets(row)
        elif keys & Qt.KeyboardModifier.ControlModifier:
            self.setFocus(Qt.FocusReason.OtherFocusReason)
        elif row == self._on_tile(at):
            self.picture_opened.emit(row)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        if max(self._on_cross(at), self._on_badge(at)) >= 0:
            self.mousePressEvent(event)  # two quick removals; a picture was opened by the first click already

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            index = self.currentIndex()
            self._open_menu(self.viewport().mapToGlobal(self.visualRect(index).center()), index.row())
        else:
            self._open_menu(event.globalPos(), self.indexAt(event.pos()).row())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_height()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._carried.on:
            return
        painter = QPainter(self.viewport())
        self._carried.paint(painter)
        if self._gap >= 0:
            after = self._gap == self._rows.rowCount()
            rect = self.visualRect(self._rows.index(self._gap - 1 if after else self._gap, 0))
            self._tiles.paint_gap(painter, rect, after=after != self.isRightToLeft())
        painter.end()
