"""Copying a table so that it pastes as cells, and saving it as CSV."""

from __future__ import annotations

from datetime import date
from html import escape
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QMimeData, QStandardPaths, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from app.core import tables
from app.ui.foreign_text import one_line

_BOM = "\ufeff"
"""Without it, spreadsheets take UTF-8 for the letters of an old code page."""


def copy_table(markdown: str) -> None:
    """Put a table on the clipboard: as HTML and CSV for spreadsheets, as text with tabs for the rest.

    A spreadsheet runs a formula that is pasted, whichever of them it takes: what it would run gets an apostrophe in
    front in all three (OWASP, "CSV Injection").
    """
    cells = [[tables.harmless(cell) for cell in row] for row in _cells(markdown)]
    data = QMimeData()
    data.setText(tables.to_tsv(cells))
    data.setHtml(html(cells))
    data.setData("text/csv", tables.to_csv(cells).encode())
    QGuiApplication.clipboard().setMimeData(data)


def html(cells: list[list[str]]) -> str:
    """A table in HTML, its first row the head, without anything but its text."""
    rows = []
    for row, tag in zip(cells, ["th", *["td"] * (len(cells) - 1)], strict=True):
        inner = "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in row)
        rows.append(f"<tr>{inner}</tr>")
    return f'<meta charset="utf-8"><table>{"".join(rows)}</table>'


def save_table(window: QWidget, markdown: str) -> None:
    """Ask for a file over a window, and write the table there."""
    dialog = QFileDialog(window, _tr("Save as CSV"))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setDirectory(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setFileMode(QFileDialog.FileMode.AnyFile)
    # The dialog does not ask itself about a file that is there: its question would hold up the event loop.
    dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
    dialog.setNameFilters([_tr("Table (%1)").replace("%1", "*.csv")])
    dialog.setDefaultSuffix("csv")
    dialog.selectFile(f"visavis-table-{date.today().isoformat()}.csv")  # noqa: DTZ011  # the person's own day
    dialog.fileSelected.connect(lambda path: save_to(window, Path(path), markdown))
    dialog.open()


def save_to(window: QWidget, path: Path, markdown: str) -> None:
    """Write there; asks before another file is replaced."""
    if not path.exists():
        _write(window, path, markdown)
        return
    question = _message(window, _tr("%1 exists already.").replace("%1", one_line(path.name)))
    question.setInformativeText(_tr("Replace it?"))
    replace = question.addButton(_tr("Replace"), QMessageBox.ButtonRole.AcceptRole)
    question.setDefaultButton(question.addButton(QMessageBox.StandardButton.Cancel))
    replace.clicked.connect(lambda: _write(window, path, markdown))
    question.open()


def _write(window: QWidget, path: Path, markdown: str) -> None:
    try:
        path.write_bytes((_BOM + tables.to_csv(_cells(markdown))).encode("utf-8", "replace"))
    except OSError:
        said = _tr("%1 could not be written there. Choose another folder.").replace("%1", one_line(path.name))
        _message(window, said).open()


def _cells(markdown: str) -> tables.Cells:
    """What is to be read in a table, its head first."""
    head, rows, _ = tables.cells(markdown)
    return [[tables.plain_cell(cell) for cell in row] for row in [head, *rows]]


def _message(window: QWidget, text: str) -> QMessageBox:
    message = QMessageBox(window)
    message.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    message.setTextFormat(Qt.TextFormat.PlainText)
    message.setText(text)
    return message


def _tr(words: str) -> str:
    return QCoreApplication.translate("TableRow", words)
