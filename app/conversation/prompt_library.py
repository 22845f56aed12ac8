"""The prompts a person has saved, as a Qt model, and those the app comes with."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, Qt, Signal

from app.conversation.messages import Index
from app.conversation.tasks import Tasks
from app.core.errors import StoreFull
from app.core.export.target import Taken, new_file
from app.core.prompts import MOST_BYTES, NoPrompts, Prompt, Prompts, from_json, new_id, starters, to_json


class PromptLibrary(QAbstractListModel):
    """One row a saved prompt, in the order the person gave them; every change is kept at once, and by itself.

    So a change that comes before the saved ones are there, or where they cannot be read, does none of them any harm.

    Signals:
        imported(int): so many prompts have come from a file, those known already not counted.
        refused(str): the file at that path could not be read or written, or holds no prompts.
    """

    imported = Signal(int)
    refused = Signal(str)
    PromptRole: Final = int(Qt.ItemDataRole.UserRole)

    def __init__(self, prompts: Prompts, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._prompts = prompts
        self._tasks = tasks
        self._rows: list[Prompt] = []
        self._removed: set[str] = set()
        """Ids of prompts that were removed."""
        self._starters: list[Prompt] | None = None

    @property
    def saved(self) -> list[Prompt]:
        return list(self._rows)

    @property
    def starters(self) -> list[Prompt]:
        """Those the app comes with; they cannot be changed."""
        if self._starters is None:
            self._starters = starters()
        return self._starters

    async def load(self) -> None:
        """Read the saved ones; what was changed meanwhile counts. Raises StoreError."""
        found = [each for each in await self._prompts.all() if each.id not in self._removed]
        mine = {each.id: each for each in self._rows}
        self.beginResetModel()
        self._rows = [mine.pop(each.id, each) for each in found] + list(mine.values())
        self.endResetModel()

    def put(self, prompt: Prompt) -> str:
        """Change a prompt, or add one that has no id. Returns its id."""
        row = next((row for row, each in enumerate(self._rows) if each.id == prompt.id), len(self._rows))
        if row == len(self._rows):
            prompt = replace(prompt, id=prompt.id or new_id())
            self._add([prompt])
        elif prompt != self._rows[row]:
            self._rows[row] = prompt
            self.dataChanged.emit(self.index(row), self.index(row))
            self._keep(self._prompts.put([prompt]))
        return prompt.id

    def add_all(self, prompts: Sequence[Prompt]) -> None:
        """Add prompts of another library, but those that are there already, word for word."""
        known = {(each.name, each.text, each.system) for each in self._rows}
        fresh = [each for each in prompts if (each.name, each.text, each.system) not in known]
        if fresh:
            self._add([replace(each, id=new_id()) for each in fresh])

    def export(self, path: str) -> None:
        """Write the saved prompts into a file; `refused` tells where it cannot be."""
        self._tasks.start(self._export(path, to_json(self.saved)), "export prompts")

    def bring_in(self, path: str) -> None:
        """Add the prompts of a file; `imported` or `refused` tells."""
        self._tasks.start(self._bring_in(path), "import prompts")

    def remove(self, row: int) -> None:
        if 0 <= row < len(self._rows):
            self.beginRemoveRows(QModelIndex(), row, row)
            removed = self._rows.pop(row).id
            self.endRemoveRows()
            self._removed.add(removed)
            self._keep(self._prompts.remove(removed))

    def move(self, row: int, step: int) -> None:
        """Let a prompt stand so many places further down, or up."""
        to = max(0, min(len(self._rows) - 1, row + step))
        if row == to or not 0 <= row < len(self._rows):
            return
        self.beginMoveRows(QModelIndex(), row, row, QModelIndex(), to + 1 if to > row else to)
        self._rows.insert(to, self._rows.pop(row))
        self.endMoveRows()
        self._keep(self._prompts.arrange([each.id for each in self._rows]))

    async def _export(self, path: str, text: str) -> None:
        try:
            await asyncio.to_thread(_write, Path(path), text)
        except (OSError, StoreFull, Taken):
            self.refused.emit(path)

    async def _bring_in(self, path: str) -> None:
        before = len(self._rows)
        try:
            self.add_all(await asyncio.to_thread(_read, path))
        except (OSError, NoPrompts):
            self.refused.emit(path)
        else:
            self.imported.emit(len(self._rows) - before)

    def _add(self, prompts: Sequence[Prompt]) -> None:
        self.beginInsertRows(QModelIndex(), len(self._rows), len(self._rows) + len(prompts) - 1)
        self._rows += prompts
        self.endInsertRows()
        self._keep(self._prompts.put(prompts))

    def _keep(self, change: Coroutine[Any, Any, None]) -> None:
        self._tasks.start(change, "keep prompts")

    # --- Qt ---

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not self.checkIndex(index, QAbstractListModel.CheckIndexOption.IndexIsValid):
            return None
        if role == self.PromptRole:
            return self._rows[index.row()]
        return self._rows[index.row()].name if role == Qt.ItemDataRole.DisplayRole else None


def _write(path: Path, text: str) -> None:
    """The person was asked about a file that is there."""
    with new_file(path, over=True) as draft:
        draft.write_text(text, "utf-8", "backslashreplace")  # half a character becomes JSON's escape for it


def _read(path: str) -> list[Prompt]:
    with open(path, "rb") as file:  # noqa: PTH123  # so that no more is read than a library can be
        return from_json(file.read(MOST_BYTES).decode("utf-8", "replace"))


def found(prompts: Sequence[Prompt], words: str) -> list[Prompt]:
    """Those in which all the words stand, those called so first."""
    wanted = words.casefold().split()
    by_name = [each for each in prompts if all(word in each.name.casefold() for word in wanted)]
    by_text = [
        each
        for each in prompts
        if each not in by_name and all(w in f"{each.name}\n{each.text}\n{each.system}".casefold() for w in wanted)
    ]
    return by_name + by_text
