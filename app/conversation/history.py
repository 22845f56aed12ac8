"""The conversations as a Qt model, for the sidebar: the one with the last activity first, unsent drafts among them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, Qt

from app.conversation.messages import Index
from app.core.filing import LOOSE, Filed, Trashed
from app.core.store import Conversation

CHATS: Final = ""
"""The view of all conversations that are not archived; any id of a folder is the view of that folder."""
ARCHIVE: Final = "archive"
TRASH: Final = "trash"
_SHOWN: Final = 200
"""Rows that a view gets at a time: it asks each of them for its height."""
_SPOKEN: Final = frozenset({int(Qt.ItemDataRole.AccessibleTextRole), int(Qt.ItemDataRole.AccessibleDescriptionRole)})
_FEW: Final = 50
"""Conversations that are moved one by one when they are filed; with more of them, all is shown anew."""


class HistoryModel(QAbstractListModel):
    """One row a conversation of the view, pinned ones first. The desk keeps it in step with the store.

    However many there are, only those scrolled to become rows (`canFetchMore`).
    """

    ConversationRole: Final = int(Qt.ItemDataRole.UserRole)
    """The `Conversation`."""
    UnsentRole: Final = ConversationRole + 1
    """Whether it is a draft, in which nothing was said yet: its title is made of what is written."""
    FiledRole: Final = ConversationRole + 2
    """Where it is put: `Filed`."""
    DaysLeftRole: Final = ConversationRole + 3
    """Days until it is deleted for good; None outside the trash."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.view = CHATS
        """What is shown: CHATS, ARCHIVE, TRASH or the id of a folder."""
        self.speak: Callable[[Index, int], str] | None = None
        """What screen readers are told of a row, by the role of Qt that asks: the words are the window's."""
        self._known: dict[str, Conversation] = {}
        self._filed: dict[str, Filed] = {}
        self._unsent: set[str] = set()
        self._trash: dict[str, Trashed] = {}
        self._rows: list[Conversation] = []
        """All of the view, of which the first `_shown` are rows."""
        self._shown = 0

    @property
    def conversations(self) -> list[Conversation]:
        """Those that are rows, in their order."""
        return self._rows[: self._shown]

    @property
    def pinned(self) -> int:
        """How many of the rows are pinned: the first ones."""
        if self.view == TRASH:
            return 0
        return bisect_left(self._rows, (1, float("-inf")), hi=self._shown, key=self._place)

    def find(self, conversation_id: str) -> Conversation | None:
        """A conversation, whether it is in the view or not; None for one that is deleted."""
        return self._known.get(conversation_id)

    def trashed(self, conversation_id: str) -> Conversation | None:
        """A conversation of the trash, as that was read last."""
        found = self._trash.get(conversation_id)
        return found.conversation if found is not None else None

    def filed(self, conversation_id: str) -> Filed:
        return self._filed.get(conversation_id, LOOSE)

    def is_unsent(self, conversation_id: str) -> bool:
        return conversation_id in self._unsent

    def row_of(self, conversation_id: str) -> int:
        """The row of a conversation, -1 where there is none."""
        row = self._row(conversation_id)
        return row if row < self._shown else -1

    def reach(self, conversation_id: str) -> int:
        """The same, where it is made a row if the view has it."""
        row = self._row(conversation_id)
        self._expose(row + 1)
        return row

    def reset(self, conversations: Iterable[Conversation], filed: Mapping[str, Filed] | None = None) -> None:
        self._known = {conversation.id: conversation for conversation in conversations}
        self._filed = dict(filed or {})
        self._unsent.clear()
        self._show_anew()

    def extend(self, conversations: Iterable[Conversation]) -> None:
        """Take more of them, older ones; what is known already stays as it is."""
        fresh = [conversation for conversation in conversations if conversation.id not in self._known]
        self._known |= {conversation.id: conversation for conversation in fresh}
        if self.view == TRASH:
            return
        coming = [conversation for conversation in fresh if self._belongs(conversation.id, self.view)]
        if not self._rows or not coming or self._place(coming[0]) >= self._place(self._rows[-1]):
            self._rows += coming
            self._expose(min(_SHOWN, len(self._rows)))
            return
        for conversation in coming:
            self._insert(bisect_left(self._rows, self._place(conversation), key=self._place), conversation)

    def show_view(self, view: str) -> None:
        """Show CHATS, ARCHIVE, TRASH or a folder, by its id."""
        self.view = view
        self._show_anew()

    def set_trash(self, trash: Iterable[Trashed]) -> None:
        """What is in the trash, the one deleted last first."""
        self._trash = {each.conversation.id: each for each in trash}
        if self.view == TRASH:
            self._show_anew()

    def put(self, conversation: Conversation, *, unsent: bool = False) -> None:
        """Add a conversation or show it anew, where its last activity places it."""
        (self._unsent.add if unsent else self._unsent.discard)(conversation.id)
        self._known[conversation.id] = conversation
        self._put(conversation.id)

    def put_all(self, conversations: Iterable[Conversation]) -> None:
        """The same for many at once."""
        conversations = list(conversations)
        if len(conversations) <= _FEW:
            for conversation in conversations:
                self.put(conversation)
            return
        self._known |= {conversation.id: conversation for conversation in conversations}
        self._unsent.difference_update(conversation.id for conversation in conversations)
        if self.view != TRASH:
            self._show_anew()

    def file(self, filed: Mapping[str, Filed]) -> None:
        """Put conversations elsewhere, by their ids."""
        if len(filed) > _FEW:
            self._filed |= filed
            self._show_anew()
            return
        for conversation_id, now in filed.items():  # one by one: a row finds its place among rows that stand in theirs
            self._filed[conversation_id] = now
            self._put(conversation_id)

    def empty_folder(self, folder_id: str) -> None:
        """Put what is in a folder in none."""
        self.file({id_: replace(was, folder="") for id_, was in self._filed.items() if was.folder == folder_id})

    def remove(self, conversation_id: str) -> None:
        """Take a conversation that is deleted out of all views; how it was filed is remembered."""
        self._known.pop(conversation_id, None)
        self._unsent.discard(conversation_id)
        if self.view != TRASH:
            self._put(conversation_id)

    def remove_all(self, ids: Iterable[str]) -> None:
        """The same for many at once."""
        ids = list(ids)
        if len(ids) <= _FEW:
            for conversation_id in ids:
                self.remove(conversation_id)
            return
        for conversation_id in ids:
            self._known.pop(conversation_id, None)
            self._unsent.discard(conversation_id)
        self._show_anew()

    def retell(self, conversation_id: str) -> None:
        """What `speak` says of a conversation is something else now."""
        if (row := self.row_of(conversation_id)) >= 0:
            self.dataChanged.emit(self.index(row), self.index(row), list(_SPOKEN))

    def show_all(self) -> None:
        """Make everything of the view a row."""
        self._expose(len(self._rows))

    # --- what is a row ---

    def _belongs(self, conversation_id: str, view: str) -> bool:
        filed = self.filed(conversation_id)
        if conversation_id not in self._known:
            return False
        if view in {CHATS, ARCHIVE}:
            return filed.archived == (view == ARCHIVE)
        return filed.folder == view and not filed.archived

    def _place(self, conversation: Conversation) -> tuple[int, float]:
        return 0 if self.filed(conversation.id).pinned else 1, -conversation.updated

    def _row(self, conversation_id: str) -> int:
        return next((row for row, c in enumerate(self._rows) if c.id == conversation_id), -1)

    def _show_anew(self) -> None:
        self.beginResetModel()
        if self.view == TRASH:
            self._rows = [each.conversation for each in self._trash.values()]
        else:
            found = (each for id_, each in self._known.items() if self._belongs(id_, self.view))
            self._rows = sorted(found, key=self._place)
        self._shown = min(_SHOWN, len(self._rows))
        self.endResetModel()

    def _put(self, conversation_id: str) -> None:
        """Bring the row of a conversation up to date: take it away, add it, move it or show it anew."""
        if self.view == TRASH:
            return
        row = self._row(conversation_id)
        if not self._belongs(conversation_id, self.view):
            if row >= 0:
                self._take(row)
            return
        conversation = self._known[conversation_id]
        others = self._rows if row < 0 else self._rows[:row] + self._rows[row + 1 :]
        to = bisect_left(others, self._place(conversation), key=self._place)
        if row >= 0 and max(row, to) >= self._shown:
            self._take(row)
            row = -1
        if row < 0:
            self._insert(to, conversation)
            return
        if row != to:
            self.beginMoveRows(QModelIndex(), row, row, QModelIndex(), to + 1 if to > row else to)
            self._rows.insert(to, self._rows.pop(row))
            self.endMoveRows()
        self._rows[to] = conversation
        self.dataChanged.emit(self.index(to), self.index(to))

    def _insert(self, to: int, conversation: Conversation) -> None:
        if to >= self._shown and (self._shown < len(self._rows) or self._shown >= _SHOWN):
            self._rows.insert(to, conversation)
            return
        self.beginInsertRows(QModelIndex(), to, to)
        self._rows.insert(to, conversation)
        self._shown += 1
        self.endInsertRows()

    def _take(self, row: int) -> None:
        if row >= self._shown:
            del self._rows[row]
            return
        self.beginRemoveRows(QModelIndex(), row, row)
        del self._rows[row]
        self._shown -= 1
        self.endRemoveRows()

    def _expose(self, until: int) -> None:
        if until > self._shown:
            self.beginInsertRows(QModelIndex(), self._shown, until - 1)
            self._shown = until
            self.endInsertRows()

    # --- Qt ---

    def canFetchMore(self, parent: Index) -> bool:  # noqa: N802  # Qt's name
        return not parent.isValid() and self._shown < len(self._rows)

    def fetchMore(self, parent: Index) -> None:  # noqa: N802  # Qt's name
        if not parent.isValid():
            self._expose(min(self._shown + _SHOWN, len(self._rows)))

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else self._shown

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not self.checkIndex(index, QAbstractListModel.CheckIndexOption.IndexIsValid):
            return None
        conversation = self._rows[index.row()]
        if role == self.ConversationRole:
            return conversation
        if role == self.UnsentRole:
            return conversation.id in self._unsent
        if role == self.FiledRole:
            return self.filed(conversation.id)
        if role == self.DaysLeftRole:
            return self._trash[conversation.id].days_left if self.view == TRASH else None
        if role in _SPOKEN and self.speak is not None:
            return self.speak(index, role)
        if role == Qt.ItemDataRole.DisplayRole:
            return conversation.title
        return None
