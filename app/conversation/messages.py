"""The messages of one conversation as a Qt model: one row a message of the branch that is shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.core.message import ImageBlock, Message

Index = QModelIndex | QPersistentModelIndex


class MessageModel(QAbstractListModel):
    """A thin adapter over a list of messages. Only the worker changes it, and what loads it."""

    MessageRole: Final = int(Qt.ItemDataRole.UserRole)
    """The `Message` itself."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._messages: list[Message] = []
        self._rows: dict[str, int] | None = None
        """By the id of a message its row; None where that is to be worked out anew."""
        self._others: dict[str, Message] = {}
        self._holders: dict[int, Message] | None = None
        """By the number of a picture, what holds it; None where that is to be worked out anew."""

    @property
    def messages(self) -> list[Message]:
        """All messages, oldest first. Not to be changed."""
        return self._messages

    @property
    def others(self) -> list[Message]:
        """Answers that were here, or are on other branches: a server may still have in its cache what they were asked
        with."""
        return list(self._others.values())

    @property
    def pictures(self) -> int:
        """The highest picture number so far: numbers run on through the conversation."""
        holders = (message.images for message in reversed(self._messages) if message.images)
        return max((image.number for image in next(holders, ())), default=0)

    def message_of(self, number: int) -> Message | None:
        """The message that holds the picture of this number."""
        return self._held.get(number)

    def blocks_of(self, number: int) -> tuple[ImageBlock, ...]:
        """The picture of this number: several blocks where it goes in parts, none where there is no such picture."""
        message = self.message_of(number)
        return tuple(image for image in message.images if image.number == number) if message else ()

    def row_of(self, message_id: str) -> int:
        """The row of a message; -1 where it is not shown."""
        if self._rows is None:
            self._rows = {message.id: row for row, message in enumerate(self._messages)}
        return self._rows.get(message_id, -1)

    @property
    def last_question(self) -> Message | None:
        """What was asked last, of what is shown."""
        return next((message for message in reversed(self._messages) if message.role == "user"), None)

    def reset(self, messages: Iterable[Message]) -> None:
        self.beginResetModel()
        self._messages = list(messages)
        self._rows, self._others, self._holders = None, {}, None
        self.endResetModel()

    def remember(self, answers: Iterable[Message]) -> None:
        """Take note of answers on other branches (see `others`)."""
        elsewhere = (answer for answer in answers if answer.usage is not None and self.row_of(answer.id) < 0)
        self._others |= {answer.id: answer for answer in elsewhere}

    def append(self, message: Message) -> None:
        self.insert(len(self._messages), [message])

    def prepend(self, messages: Sequence[Message]) -> None:
        """Put earlier messages before the first."""
        self.insert(0, messages)

    def insert(self, row: int, messages: Sequence[Message]) -> None:
        """Put messages before the one in that row."""
        if not messages:
            return
        self.beginInsertRows(QModelIndex(), row, row + len(messages) - 1)
        self._messages[row:row] = messages
        self._rows = None
        for message in messages:
            self._others.pop(message.id, None)
            self._hold(message)
        self.endInsertRows()

    def remove(self, first: int, last: int) -> list[Message]:
        """Take the rows from `first` to `last` out, both included, and return what they were."""
        if last < first:
            return []
        self.beginRemoveRows(QModelIndex(), first, last)
        gone = self._messages[first : last + 1]
        del self._messages[first : last + 1]
        self._rows = None
        self._others |= {message.id: message for message in gone if message.usage is not None}
        if any(message.images for message in gone):
            self._holders = None
        self.endRemoveRows()
        return gone

    def remove_last(self) -> Message:
        row = len(self._messages) - 1
        return self.remove(row, row)[0]

    def replace_last(self, message: Message) -> None:
        self._replace(len(self._messages) - 1, message)

    def replace(self, message: Message) -> None:
        """Show another form of a message, known by its id."""
        row = self.row_of(message.id)
        if row < 0:
            raise LookupError(message.id)
        self._replace(row, message)

    def _replace(self, row: int, message: Message) -> None:
        was = self._messages[row]
        if message.images or was.images:
            self._holders = None
        if message.id != was.id:
            self._rows = None
        self._messages[row] = message
        index = self.index(row)
        self.dataChanged.emit(index, index)

    @property
    def _held(self) -> dict[int, Message]:
        if self._holders is None:
            self._holders = {}
            for message in self._messages:
                self._hold(message)
        return self._holders

    def _hold(self, message: Message) -> None:
        if self._holders is not None and message.role == "user":
            for image in message.images:
                self._holders.setdefault(image.number, message)

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
