"""The cabinet: where conversations are put. It keeps the list and the store in step."""

from __future__ import annotations

import uuid
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from PySide6.QtCore import QObject, Signal

from app.conversation.history import CHATS, TRASH, HistoryModel
from app.conversation.tasks import Tasks
from app.core.filing import Filed, Filing, Folder


class Cabinet(QObject):
    """Pins, the archive, folders, and the marks of what was not read. Ids are those of conversations in the list.

    A draft in which nothing was said cannot be put anywhere: it is passed by.

    Signals:
        folders_changed(): `folders` are others.
        view_changed(): the list shows something else (`HistoryModel.view`).
    archived(dict[str, Filed]): conversations are in the archive now, or out of it; `put_back` takes where they were.
    """

    folders_changed = Signal()
    view_changed = Signal()
    archived = Signal(object)

    def __init__(self, filing: Filing, history: HistoryModel, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._filing: Final = filing
        self._history = history
        self._tasks = tasks
        self._folders: dict[str, Folder] = {}

    @property
    def folders(self) -> list[Folder]:
        """In the order of their names."""
        return sorted(self._folders.values(), key=lambda folder: folder.name.casefold())

    def set_folders(self, folders: Iterable[Folder]) -> None:
        """What the store has."""
        self._folders = {folder.id: folder for folder in folders}
        self.folders_changed.emit()

    def take_in(self, filed: Mapping[str, Filed], folders: Iterable[Folder]) -> None:
        """What the store has by now of conversations that come from elsewhere, and of all folders."""
        self.set_folders(folders)
        self._history.file(filed)

    def folder_name(self, folder_id: str) -> str:
        """Empty for one that there is not."""
        return self._folders[folder_id].name if folder_id in self._folders else ""

    def show(self, view: str) -> None:
        """Let the list show CHATS, ARCHIVE, TRASH or a folder, by its id."""
        if view == self._history.view:
            return
        self._history.show_view(view)
        if view == TRASH:
            self.read_trash()
        self.view_changed.emit()

    def read_trash(self) -> None:
        """Show what is in the trash now, where that is what the list shows."""
        if self._history.view == TRASH:
            self._start(self._read_trash(), "read the trash")

    # --- conversations ---

    def pin(self, ids: Iterable[str], *, on: bool = True) -> None:
        """Keep conversations above all others; one of the archive comes out of it."""
        self._file(ids, {"pinned": on} | ({"archived": False} if on else {}))

    def archive(self, ids: Iterable[str], *, on: bool = True) -> None:
        """Keep conversations out of the list, or bring them back. An archived one is not pinned."""
        before = self._file(ids, {"archived": on} | ({"pinned": False} if on else {}))
        if before:
            self.archived.emit(before)

    def put_back(self, before: Mapping[str, Filed]) -> None:
        """Put conversations where they were, by their ids."""
        self._put({each: was for each, was in before.items() if self._history.find(each) is not None})

    def move(self, ids: Iterable[str], folder: str) -> None:
        """Put conversations in a folder, by its id, or in none."""
        self._file(ids, {"folder": folder if folder in self._folders else ""})

    def mark_unread(self, ids: Iterable[str], *, on: bool = True) -> None:
        self._file(ids, {"unread": on})

    # --- folders ---

    def add_folder(self, name: str) -> str:
        """Make a folder, or take the one that is called so. Returns its id; empty where the name is blank."""
        name = " ".join(name.split())
        known = next((each.id for each in self._folders.values() if each.name.casefold() == name.casefold()), "")
        return known or (self._put_folder(Folder(uuid.uuid4().hex, name)) if name else "")

    def rename_folder(self, folder_id: str, name: str) -> None:
        """A blank name changes nothing."""
        name = " ".join(name.split())
        if name and folder_id in self._folders:
            self._put_folder(Folder(folder_id, name))

    def remove_folder(self, folder_id: str) -> None:
        """Take a folder away; the conversations in it stay, in none."""
        if self._folders.pop(folder_id, None) is None:
            return
        self._start(self._filing.remove_folder(folder_id), "remove folder")
        self._history.empty_folder(folder_id)
        self.folders_changed.emit()
        if self._history.view == folder_id:
            self.show(CHATS)

    def _put_folder(self, folder: Folder) -> str:
        self._folders[folder.id] = folder
        self._start(self._filing.put_folder(folder), "keep folder")
        self.folders_changed.emit()
        return folder.id

    def _file(self, ids: Iterable[str], change: dict[str, Any]) -> dict[str, Filed]:
        """Returns where those were that are elsewhere now."""
        history = self._history
        here = {each: history.filed(each) for each in ids if history.find(each) and not history.is_unsent(each)}
        filed = {each: replace(was, **change) for each, was in here.items()}
        changed = {each: now for each, now in filed.items() if now != here[each]}
        self._put(changed)
        return {each: here[each] for each in changed}

    def _put(self, filed: Mapping[str, Filed]) -> None:
        if filed:
            self._history.file(filed)
            self._start(self._filing.file(filed), "file conversations")

    async def _read_trash(self) -> None:
        self._history.set_trash(await self._filing.trash())

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        self._tasks.start(work, name)
