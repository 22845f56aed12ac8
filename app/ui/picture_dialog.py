"""The dialog in which picture files are picked."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from app.ui.sources import EXTENSIONS

translate = QCoreApplication.translate


def picture_dialog(parent: QWidget, title: str, *, many: bool) -> QFileDialog:
    """To be opened with `open`; it deletes itself."""
    patterns = " ".join(f"*.{ending} *.{ending.upper()}" for ending in EXTENSIONS)
    dialog = QFileDialog(parent, title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFiles if many else QFileDialog.FileMode.ExistingFile)
    dialog.setNameFilters(
        [
            translate("picture_dialog", "Pictures") + f" ({patterns})",
            translate("picture_dialog", "All files") + " (*)",
        ]
    )
    return dialog
