"""The list of the conversations: a view on the HistoryModel, grouped by day."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import (
    QDate,
    QDateTime,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QFrame, QLineEdit, QListView

from app.conversation.gallery import Gallery
from app.conversation.history import TRASH, HistoryModel
from app.conversation.messages import Index
from app.core.filing import TRASH_DAYS
from app.core.rows import Conversation
from app.ui.conversation_row import ConversationRow
from app.ui.periods import headings
from app.ui.theme import Theme

_CHOOSING: Final = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


class ConversationList(QListView):
    """Arrows move, Enter or a click opens, F2 renames in place, Delete deletes; Ctrl and Shift choose several.

    Signals:
        opened(str): a conversation's id.
        delete_requested(tuple[str, ...]): ids of conversations.
        renamed(str, str): a conversation's id, and its title from now on.
        menu_wanted(QPoint): for what is chosen, at a point of the viewport.
        chosen(): other conversations are.
    """

    opened = Signal(str)
    renamed = Signal(str, str)
    delete_requested = Signal(tuple)
    menu_wanted = Signal(QPoint)
    chosen = Signal()

    def __init__(self, theme: Theme, history: HistoryModel, gallery: Gallery) -> None:
        super().__init__()
        self._history = history
        self._row = ConversationRow(theme, gallery, self)
        history.speak = self._row.spoken
        self._renamed = QPersistentModelIndex()
        self._midnight = QTimer(self)
        self._midnight.setSingleShot(True)
        self.setObjectName("conversations")
        self.setAccessibleName("Chats")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.setItemDelegate(self._row)
        self.setModel(history)
        self._group()
        for changed in (history.modelReset, history.rowsInserted, history.rowsMoved, history.rowsRemoved):
            changed.connect(self._group)
        history.dataChanged.connect(self._group)
        self._midnight.timeout.connect(self._group)
        self._row.renamed.connect(self.renamed)
        self._row.closeEditor.connect(self._end_rename)
        self._row.changed.connect(self._repaint)
        self.clicked.connect(self._on_clicked)
        theme.changed.connect(self.scheduleDelayedItemsLayout)

    @property
    def chosen_ids(self) -> tuple[str, ...]:
        """Ids of the conversations that are chosen, from top to bottom; the current one where none is."""
        rows = sorted(index.row() for index in self.selectedIndexes()) or [self.currentIndex().row()]
        conversations = self._history.conversations
        return tuple(conversations[row].id for row in rows if 0 <= row < len(conversations))

    @property
    def several(self) -> bool:
        """Whether more than one is chosen."""
        return len(self.selectedIndexes()) > 1

    def show_opened(self, conversation_id: str) -> None:
        """Mark a conversation as the open one; one that is not stored yet is marked as soon as it is listed."""
        self._row.opened = conversation_id
        row = self._history.reach(conversation_id)
        self.setCurrentIndex(self._history.index(row) if row >= 0 else QModelIndex())
        self._repaint()

    def setCurrentIndex(self, index: Index) -> None:  # noqa: N802  # Qt's name
        """Choose it and nothing else. For Qt's own, the Ctrl of a Ctrl+Z that is still held means one more."""
        self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def set_busy(self, conversation_id: str, *, busy: bool) -> None:
        """Mark a conversation in which an answer is under way."""
        if busy == (conversation_id in self._row.busy):
            return
        (self._row.busy.add if busy else self._row.busy.discard)(conversation_id)
        self._history.retell(conversation_id)
        self._repaint()

    def open_row(self, index: Index) -> None:
        if (conversation := _conversation(index)) is not None:
            self.opened.emit(conversation.id)

    def _on_clicked(self, index: QModelIndex) -> None:
        if not QGuiApplication.keyboardModifiers() & _CHOOSING:
            self.open_row(index)

    def rename_row(self, index: Index) -> None:
        """Let the title be edited where it stands; a draft is called what is written."""
        if index.isValid() and not index.data(HistoryModel.UnsentRole) and self._history.view != TRASH:
            self._renamed = QPersistentModelIndex(index)
            self.openPersistentEditor(index)  # `edit` would ask the model, which is not to be written to
            editor = self.indexWidget(index)
            if isinstance(editor, QLineEdit):
                editor.setFocus()
                editor.setSelection(len(editor.text()), -len(editor.text()))  # so that its beginning is in view

    def _end_rename(self) -> None:
        self.closePersistentEditor(self._renamed)

    def delete_chosen(self) -> None:
        """Ask for what is chosen to be deleted, and go on with what comes next."""
        if ids := self.chosen_ids:
            row = self._history.row_of(ids[0])
            self.delete_requested.emit(ids)
            if self._history.row_of(ids[0]) < 0:
                self.setCurrentIndex(self._history.index(min(row, self._history.rowCount() - 1)))

    def _repaint(self) -> None:
        # Before the first paint there is nothing to renew. And for the first widget that Qt made itself, as a viewport,
        # PySide loads all its widget classes: half the time that this sidebar takes.
        if self.isVisible():
            self.viewport().update()

    def _group(self) -> None:
        """Find the rows that open a group, now and at the next midnight."""
        today = QDate.currentDate()
        found = headings(self._history.conversations, today, self._history.pinned)
        if self._history.view == TRASH:
            words = self.tr("Deleted for good after %1 days").replace("%1", str(TRASH_DAYS))
            found = {0: words} if self._history.rowCount() else {}
        if found != self._row.headings:
            self._row.headings = found
            self.scheduleDelayedItemsLayout()
        left = QDateTime.currentDateTime().msecsTo(today.addDays(1).startOfDay())
        self._midnight.start(max(1000, left + 1000))

    def indexAt(self, point: QPoint) -> QModelIndex:  # noqa: N802  # Qt's name
        """A heading belongs to no conversation."""
        index = super().indexAt(point)
        if index.isValid() and point.y() < self._row.card(self.visualRect(index), index.row()).top():
            return QModelIndex()
        return index

    def selectAll(self) -> None:  # noqa: N802  # Qt's name
        self._history.show_all()
        super().selectAll()

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:  # noqa: N802
        super().selectionChanged(selected, deselected)
        self._row.marks_chosen = self.several or self._history.view == TRASH  # there, one is chosen and not open
        self._repaint()
        self.chosen.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # Qt's name
        if event.reason() == QContextMenuEvent.Reason.Mouse:
            at = event.pos()
            if not self.indexAt(at).isValid():
                return
        else:
            at = self.visualRect(self.currentIndex()).center()
        if self.chosen_ids:
            self.menu_wanted.emit(at)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if not self.currentIndex().isValid() and self._history.rowCount():
            self.setCurrentIndex(self._history.index(0))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.open_row(self.currentIndex())
            case Qt.Key.Key_F2:
                self.rename_row(self.currentIndex())
            case Qt.Key.Key_Delete:
                self.delete_chosen()
            case Qt.Key.Key_Escape if self.several:
                self.setCurrentIndex(self.currentIndex())
            case _ if event.matches(QKeySequence.StandardKey.SelectAll):
                self.selectAll()
            case Qt.Key.Key_End:
                self._history.show_all()
                super().keyPressEvent(event)
            case _ if event.text().isprintable() and event.text().strip():
                event.ignore()  # what is typed here is meant for the message
            case _:
                super().keyPressEvent(event)


def _conversation(index: Index) -> Conversation | None:
    found = index.data(HistoryModel.ConversationRole)
    return found if isinstance(found, Conversation) else None
