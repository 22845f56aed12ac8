"""The list of the conversations: a view on the HistoryModel, grouped by day."""

from __future__ import annotations

from PySide6.QtCore import QDate, QDateTime, QModelIndex, QPersistentModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListView

from app.conversation.gallery import Gallery
from app.conversation.history import HistoryModel
from app.conversation.messages import Index
from app.core.rows import Conversation
from app.ui.conversation_row import ConversationRow
from app.ui.periods import headings
from app.ui.theme import Theme


class ConversationList(QListView):
    """Arrows move, Enter or a click opens, F2 renames in place, Delete deletes.

    Signals:
        opened(str), delete_requested(str): a conversation's id.
        renamed(str, str): a conversation's id, and its title from now on.
    """

    opened = Signal(str)
    renamed = Signal(str, str)
    delete_requested = Signal(str)

    def __init__(self, theme: Theme, history: HistoryModel, gallery: Gallery) -> None:
        super().__init__()
        self._history = history
        self._row = ConversationRow(theme, gallery, self)
        self._renamed = QPersistentModelIndex()
        self._midnight = QTimer(self)
        self._midnight.setSingleShot(True)
        self.setObjectName("conversations")
        self.setAccessibleName("Conversations")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
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
        self.clicked.connect(self.open_row)
        theme.changed.connect(self.scheduleDelayedItemsLayout)

    def show_opened(self, conversation_id: str) -> None:
        """Mark a conversation as the open one; one that is not stored yet is marked as soon as it is listed."""
        self._row.opened = conversation_id
        row = self._history.row_of(conversation_id)
        self.setCurrentIndex(self._history.index(row) if row >= 0 else QModelIndex())
        self._repaint()

    def set_busy(self, conversation_id: str, *, busy: bool) -> None:
        """Mark a conversation in which an answer is under way."""
        (self._row.busy.add if busy else self._row.busy.discard)(conversation_id)
        self._repaint()

    def open_row(self, index: Index) -> None:
        if (conversation := _conversation(index)) is not None:
            self.opened.emit(conversation.id)

    def rename_row(self, index: Index) -> None:
        """Let the title be edited where it stands; a draft is called what is written."""
        if index.isValid() and not index.data(HistoryModel.UnsentRole):
            self._renamed = QPersistentModelIndex(index)
            self.openPersistentEditor(index)  # `edit` would ask the model, which is not to be written to
            editor = self.indexWidget(index)
            if isinstance(editor, QLineEdit):
                editor.setFocus()
                editor.setSelection(len(editor.text()), -len(editor.text()))  # so that its beginning is in view

    def _end_rename(self) -> None:
        self.closePersistentEditor(self._renamed)

    def delete_row(self, index: Index) -> None:
        """Ask for it to be deleted, and go on with the next one."""
        row = index.row()
        if (conversation := _conversation(index)) is not None:
            self.delete_requested.emit(conversation.id)
            self.setCurrentIndex(self._history.index(min(row, self._history.rowCount() - 1)))

    def _repaint(self) -> None:
        # Before the first paint there is nothing to renew. And for the first widget that Qt made itself, as a viewport,
        # PySide loads all its widget classes: half the time that this sidebar takes.
        if self.isVisible():
            self.viewport().update()

    def _group(self) -> None:
        """Find the rows that open a group, now and at the next midnight."""
        today = QDate.currentDate()
        found = headings(self._history.conversations, today)
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
                self.delete_row(self.currentIndex())
            case _ if event.text().isprintable() and event.text().strip():
                event.ignore()  # what is typed here is meant for the message
            case _:
                super().keyPressEvent(event)


def _conversation(index: Index) -> Conversation | None:
    found = index.data(HistoryModel.ConversationRole)
    return found if isinstance(found, Conversation) else None
