"""The messages of one conversation as a Qt model: one row a message."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.core.message import ImageBlock, Message

Index = QModelIndex | QPersistentModelIndex


class MessageModel(QAbstractListModel):
    """A thin adapter over a list of messages. Only the worker changes it."""

    MessageRole: Final = int(Qt.ItemDataRole.UserRole)
    """The `Message` itself."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._messages: list[Message] = []

    @property
    def messages(self) -> list[Message]:
        """All messages, oldest first. Not to be changed."""
        return self._messages

    @property
    def pictures(self) -> int:
        """The highest picture number so far: numbers run on through the conversation."""
        return max((image.number for message in self._messages for image in message.images), default=0)

    def message_of(self, number: int) -> Message | None:
        """The message that holds the picture of this number."""
        return next((m for m in self._messages if any(image.number == number for image in m.images)), None)

    def blocks_of(self, number: int) -> tuple[ImageBlock, ...]:
        """The picture of this number: several blocks where it goes in parts, none where there is no such picture."""
        message = self.message_of(number)
        return tuple(image for image in message.images if image.number == number) if message else ()

    def reset(self, messages: Iterable[Message]) -> None:
        self.beginResetModel()
        self._messages = list(messages)
        self.endResetModel()

    def append(self, message: Message) -> None:
        row = len(self._messages)
        self.beginInsertRows(QModelIndex(), row, row)
        self._messages.append(message)
        self.endInsertRows()

    def replace_last(self, message: Message) -> None:
        self._replace(len(self._messages) - 1, message)

    def replace(self, message: Message) -> None:
        """Show another form of a message, known by its id."""
        self._replace(next(row for row, known in enumerate(self._messages) if known.id == message.id), message)

    def _replace(self, row: int, message: Message) -> None:
        self._messages[row] = message
        index = self.index(row)
        self.dataChanged.emit(index, index)

    def remove_last(self) -> Message:
        row = len(self._messages) - 1
        self.beginRemoveRows(QModelIndex(), row, row)
        message = self._messages.pop()
        self.endRemoveRows()
        return message

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._messages)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not self.checkIndex(index, QAbstractListModel.CheckIndexOption.IndexIsValid):
            return None
        message = self._messages[index.row()]
        if role == self.MessageRole:
            return message
        if role == Qt.ItemDataRole.DisplayRole:
            return message.text
        return None
