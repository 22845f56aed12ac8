"""The conversations as a Qt model, for the sidebar: the one with the last activity first, unsent drafts among them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, Qt

from app.conversation.messages import Index
from app.core.store import Conversation


class HistoryModel(QAbstractListModel):
    """One row a conversation. The desk keeps it in step with the store."""

    ConversationRole: Final = int(Qt.ItemDataRole.UserRole)
    """The `Conversation`."""
    UnsentRole: Final = ConversationRole + 1
    """Whether it is a draft, in which nothing was said yet: its title is made of what is written."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Conversation] = []
        self._unsent: set[str] = set()

    @property
    def conversations(self) -> list[Conversation]:
        return self._rows

    def row_of(self, conversation_id: str) -> int:
        """The row of a conversation, -1 where there is none."""
        return next((row for row, c in enumerate(self._rows) if c.id == conversation_id), -1)

    def reset(self, conversations: Iterable[Conversation]) -> None:
        self.beginResetModel()
        self._rows = list(conversations)
        self._unsent.clear()
        self.endResetModel()

    def put(self, conversation: Conversation, *, unsent: bool = False) -> None:
        """Add a conversation or show it anew, where its last activity places it."""
        (self._unsent.add if unsent else self._unsent.discard)(conversation.id)
        row = self.row_of(conversation.id)
        others = [c for c in self._rows if c.id != conversation.id]
        to = sum(1 for c in others if c.updated > conversation.updated)
        if row < 0:
            self.beginInsertRows(QModelIndex(), to, to)
            self._rows.insert(to, conversation)
            self.endInsertRows()
            return
        if row != to:
            self.beginMoveRows(QModelIndex(), row, row, QModelIndex(), to + 1 if to > row else to)
            self._rows.insert(to, self._rows.pop(row))
            self.endMoveRows()
        self._rows[to] = conversation
        self.dataChanged.emit(self.index(to), self.index(to))

    def remove(self, conversation_id: str) -> None:
        row = self.row_of(conversation_id)
        if row >= 0:
            self.beginRemoveRows(QModelIndex(), row, row)
            del self._rows[row]
            self.endRemoveRows()

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not self.checkIndex(index, QAbstractListModel.CheckIndexOption.IndexIsValid):
            return None
        conversation = self._rows[index.row()]
        if role == self.ConversationRole:
            return conversation
        if role == self.UnsentRole:
            return conversation.id in self._unsent
        if role == Qt.ItemDataRole.DisplayRole:
            return conversation.title
        return None
