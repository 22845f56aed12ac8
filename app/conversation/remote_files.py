"""The files that the server keeps, as a Qt model: what is there, how long still, and gone when the person says so."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, Qt, Signal

from app.conversation.account import Account
from app.conversation.messages import Index
from app.conversation.tasks import Tasks
from app.core.errors import ApiError, VisavisError

if TYPE_CHECKING:
    from app.core.client import Client
    from app.core.files import StoredFile

_GONE: Final = 404


class RemoteFiles(QAbstractListModel):
    """One row a file, newest first. Empty until `refresh`, and again when the server or the key is another.

    It must outlive the requests under way: its parent is the window, not a dialog.

    Signals:
        loading_changed(bool): the list is being asked for, or no longer.
        failed(VisavisError): the list could not be had, or a file could not be deleted and is back in its row.
        server_changed(): `takes_files` may be another.
    """

    FileRole: Final = int(Qt.ItemDataRole.UserRole)
    """The `StoredFile`."""

    loading_changed = Signal(bool)
    failed = Signal(object)
    server_changed = Signal()

    def __init__(self, account: Account, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._account = account
        self._tasks = tasks
        self._rows: list[StoredFile] = []
        self._client: Client | None = None
        """Whose files these are."""
        self._places: dict[str, int] = {}
        """Of each file by its id, in the server's order."""
        self._deleting: set[str] = set()
        self._loading = False
        account.changed.connect(self._on_account_changed)
        account.changed.connect(self.server_changed)

    @property
    def takes_files(self) -> bool:
        """Whether pictures can be kept on the server; True also before it is known which one that is."""
        return self._account.access is None or "file" in self._account.sources

    @property
    def files(self) -> list[StoredFile]:
        return self._rows

    @property
    def loading(self) -> bool:
        return self._loading

    def refresh(self) -> None:
        """Ask for the list. Does nothing while it is asked for already."""
        if not self._loading:
            self._set_loading(True)
            self._tasks.start(self._refresh(), "list files")

    def delete(self, row: int) -> None:
        """Take a file from the list, and from the server. Where the server refuses, it comes back."""
        if self._client is None or not 0 <= row < len(self._rows):
            return
        file = self._rows[row]
        self._deleting.add(file.id)
        self.beginRemoveRows(QModelIndex(), row, row)
        del self._rows[row]
        self.endRemoveRows()
        self._tasks.start(self._delete(self._client, file), "delete file")

    async def _refresh(self) -> None:
        try:
            await self._account.ready()
            client = self._account.client()
            files = await client.files()
        except VisavisError as error:
            self.failed.emit(error)
        else:
            if client is self._current_client():
                self._show(client, files)
        finally:
            self._set_loading(False)

    async def _delete(self, client: Client, file: StoredFile) -> None:
        try:
            await client.delete_file(file.id)
        except VisavisError as error:
            if not (isinstance(error, ApiError) and error.status == _GONE):
                self._bring_back(client, file)
                self.failed.emit(error)
                return
        finally:
            self._deleting.discard(file.id)
        self._account.file_deleted.emit(file.id)

    def _show(self, client: Client | None, files: list[StoredFile]) -> None:
        self._client = client
        self.beginResetModel()
        self._places = {file.id: place for place, file in enumerate(files)}
        self._rows = [file for file in files if file.id not in self._deleting]
        self.endResetModel()

    def _bring_back(self, client: Client, file: StoredFile) -> None:
        if client is not self._client or file.id not in self._places:
            return
        row = bisect_left(self._rows, self._places[file.id], key=lambda other: self._places[other.id])
        self.beginInsertRows(QModelIndex(), row, row)
        self._rows.insert(row, file)
        self.endInsertRows()

    def _on_account_changed(self) -> None:
        if self._client is not None and self._client is not self._current_client():
            self._show(None, [])

    def _current_client(self) -> Client | None:
        try:
            return self._account.client()
        except VisavisError:
            return None

    def _set_loading(self, loading: bool) -> None:
        self._loading = loading
        self.loading_changed.emit(loading)

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not self.checkIndex(index, QAbstractListModel.CheckIndexOption.IndexIsValid):
            return None
        file = self._rows[index.row()]
        if role == self.FileRole:
            return file
        return file.name if role == Qt.ItemDataRole.DisplayRole else None
