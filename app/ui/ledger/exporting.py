"""Asks where the ledger's CSV is to be saved, and says what came of it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import date
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QStandardPaths, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from app.conversation.tasks import Tasks
from app.core.errors import StoreError, StoreFull
from app.ui.errors import sentence
from app.ui.foreign_text import one_line

Save = Callable[[Path], Coroutine[Any, Any, None]]


class Exporting(QObject):
    """Signals:
    said(str, str): what came of it, and the file where there is one.
    """

    said = Signal(str, str)

    def __init__(self, tasks: Tasks, parent: QWidget) -> None:
        super().__init__(parent)
        self._parent = parent
        self._tasks = tasks

    def ask(self, part: str, save: Save) -> None:
        """Ask for a file; `part` is a word for what is saved, for its name."""
        dialog = QFileDialog(self._parent, self.tr("Export as CSV"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setDirectory(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        # The dialog does not ask itself about a file that is there: its question would hold up the event loop.
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
        dialog.setNameFilters([self.tr("Table (%1)").replace("%1", "*.csv")])
        dialog.setDefaultSuffix("csv")
        dialog.selectFile(f"visavis-{part}-{date.today().isoformat()}.csv")  # noqa: DTZ011  # the person's own day
        dialog.fileSelected.connect(lambda path: self.save(Path(path), save))
        dialog.open()

    def save(self, path: Path, save: Save) -> None:
        """Save there; asks before another file is replaced."""
        if not path.exists():
            self._start(path, save)
            return
        question = QMessageBox(self._parent)
        question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        question.setTextFormat(Qt.TextFormat.PlainText)
        question.setText(self.tr("%1 exists already.").replace("%1", one_line(path.name)))
        question.setInformativeText(self.tr("Replace it?"))
        replace = question.addButton(self.tr("Replace"), QMessageBox.ButtonRole.AcceptRole)
        question.setDefaultButton(question.addButton(QMessageBox.StandardButton.Cancel))
        replace.clicked.connect(lambda: self._start(path, save))
        question.open()

    def _start(self, path: Path, save: Save) -> None:
        self._tasks.start(self._save(path, save), "export")

    async def _save(self, path: Path, save: Save) -> None:
        try:
            await save(path)
        except StoreFull:
            name = one_line(path.name)
            self.said.emit(self.tr("%1 could not be written there. Choose another folder.").replace("%1", name), "")
        except StoreError as error:
            self.said.emit(sentence(error), "")
        else:
            self.said.emit(self.tr("Saved as %1").replace("%1", one_line(str(path))), str(path))


def show_folder(path: str) -> None:
    """Open the folder of a file in the file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(path).parent)))
