"""The dialog in which conversations are imported: which file, what is in it, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QGridLayout, QHBoxLayout, QLabel, QPushButton, QWidget

from app.conversation.importing import Imported, Importer, Looked, NotBackedUp
from app.conversation.tools import Tools
from app.core.errors import VisavisError
from app.core.importing.refused import ImportRefused
from app.core.importing.typed import Counts
from app.ui import figures
from app.ui.busy_dialog import MARGIN, WIDTH, BusyDialog
from app.ui.errors import sentence
from app.ui.foreign_text import one_line
from app.ui.label import ElidedLabel, Label
from app.ui.switch import Switch
from app.ui.theme import TextRole, Theme

Row = tuple[str, str]


class ImportDialog(BusyDialog):
    """Opened with `open`; deletes itself when closed, which it is not while it works.

    Signals:
        filed(dict[str, Filed], list[Folder]): where one that arrives next is put, and all folders there are.
        arrived(Conversation): it is in the store, for the list.
    """

    filed = Signal(object, object)
    arrived = Signal(object)

    def __init__(self, theme: Theme, tools: Tools, parent: QWidget) -> None:
        super().__init__(theme, self.tr("Import"), parent)
        self.work = self._importer = Importer(tools, self)
        self._looked: Looked | None = None
        self._came = 0
        self._has_failed = False
        self._make_controls()
        self._lay_out()
        self._connect()
        self._follow()

    # --- putting together ---

    def _make_controls(self) -> None:
        self._file = ElidedLabel(self._theme, most=WIDTH - 2 * MARGIN, weight=500)
        self._facts = QGridLayout()
        self._facts.setHorizontalSpacing(16)
        self._facts.setVerticalSpacing(4)
        self._facts.setColumnStretch(0, 1)
        self._skip = Switch(self._theme)
        self._skip.setChecked(True)
        self._skip.setAccessibleName(self.tr("Leave out what is in the list already"))
        self._skip_row = QWidget()
        self._said = Label(self._theme, role="secondary", wraps=True)
        self._mark = QLabel()
        self._mark.hide()
        self._choose = QPushButton(self.tr("Choose a file…"))
        self._cancel, self._import = QPushButton(), QPushButton(self.tr("Import"))
        for button in (self._choose, self._cancel):
            button.setProperty("kind", "plain")
        self._import.setProperty("kind", "primary")

    def _lay_out(self) -> None:
        column = self._column
        column.setSpacing(12)
        column.addWidget(Label(self._theme, self.tr("Import chats"), role="heading", weight=600))
        words = self.tr(
            "A Visavis archive, or the data export of claude.ai as it came: the zip, or conversations.json from it. "
            "You see what is in it before anything changes."
        )
        column.addWidget(Label(self._theme, words, role="secondary", tone="secondary", wraps=True))
        column.addWidget(self._file)
        column.addLayout(self._facts)
        skip = QHBoxLayout(self._skip_row)
        skip.setContentsMargins(0, 0, 0, 0)
        skip.setSpacing(8)
        skip.addWidget(Label(self._theme, self._skip.accessibleName()), 1)
        skip.addWidget(self._skip)
        column.addWidget(self._skip_row)
        result = QHBoxLayout()
        result.setSpacing(8)
        result.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        result.addWidget(self._said, 1)
        column.addLayout(result)
        column.addStretch(1)
        self._add_buttons(self._choose, self._cancel, self._import)

    def _connect(self) -> None:
        importer = self._importer
        self._choose.clicked.connect(self._ask)
        self._import.clicked.connect(self.bring)
        self._cancel.clicked.connect(self.reject)
        self._theme.changed.connect(self._dress)
        self._dress()
        importer.filed.connect(self.filed)
        importer.arrived.connect(self.arrived)
        importer.arrived.connect(self._count)
        importer.looked.connect(self._show_looked)
        importer.unlooked.connect(self._show_nothing)
        importer.progressed.connect(self._show_progress)
        importer.imported.connect(self._show_imported)
        importer.failed.connect(self._show_failure)

    # --- what is wanted ---

    def look(self, path: Path) -> None:
        """Say what a file would bring."""
        self._looked, self._came, self._has_failed = None, 0, False
        self._file.set_whole(path.name)
        self._show_facts([])
        self._importer.look(path)
        self._said.setText(self.tr("Looking through it…"))
        self._follow()

    def bring(self) -> None:
        """Import what was looked at."""
        if self._looked is not None:
            self._importer.start(self._looked, skip=self._skip.isChecked())
            self._said.setText(self.tr("A backup is made first…"))
            self._follow()

    def _ask(self) -> None:
        dialog = QFileDialog(self, self.tr("Import"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setDirectory(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DownloadLocation))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        files = self.tr("Chats (%1)").replace("%1", "*.visavis *.zip *.json")
        dialog.setNameFilters([files, self.tr("All files (%1)").replace("%1", "*")])
        dialog.fileSelected.connect(lambda path: self.look(Path(path)))
        dialog.open()

    def _dress(self) -> None:
        self._mark.setPixmap(self._theme.pixmap("circle-alert", self._theme.tokens.danger))

    def _follow(self) -> None:
        busy = self._importer.busy
        ready = self._looked is not None and not busy
        self._file.setVisible(bool(self._file.accessibleName()))
        self._skip_row.setVisible(self._looked is not None and self._looked.there > 0)
        self._skip.setEnabled(not busy)
        self._choose.setEnabled(not busy)
        self._import.setEnabled(ready)
        self._import.setDefault(ready)
        self._cancel.setText(self.tr("Cancel") if busy or ready else self.tr("Close"))
        self._said.setVisible(bool(self._said.text()))
        self._mark.setVisible(self._has_failed)
        self._fit()

    # --- what is shown ---

    def _show_looked(self, looked: Looked) -> None:
        self._looked = looked
        preview = looked.preview
        pictures = figures.count(preview.pictures)
        if preview.pictures:
            pictures += f" · {figures.file_size(preview.picture_bytes)}"
        rows = [
            (self.tr("Chats"), figures.count(preview.conversations)),
            (self.tr("Messages"), figures.count(preview.messages)),
            (self.tr("Pictures"), pictures),
        ]
        if looked.there:
            rows.append((self.tr("In the list already"), figures.count(looked.there)))
        self._show_facts(rows, self._left_out(preview.left_out))
        self._said.setText("")
        self._follow()
        self._import.setFocus()

    def _show_nothing(self) -> None:
        self._file.set_whole("")
        self._said.setText("")
        self._follow()
        self._choose.setFocus()

    def _left_out(self, counts: Counts) -> list[Row]:
        """What cannot be taken, by kind."""
        names = {
            "conversation": self.tr("What is no chat"),
            "message": self.tr("What is no message"),
            "block": self.tr("Parts of messages of an unknown kind"),
            "step": self.tr("Steps of tools"),
            "file": self.tr("Files that are named and not in the export"),
            "citation": self.tr("Sources of citations"),
            "fact": self.tr("Details that Visavis has no place for"),
            "entry": self.tr("Other files"),
        }
        return [(name, figures.count(counts[kind])) for kind, name in names.items() if counts[kind]]

    def _show_facts(self, rows: Sequence[Row], left_out: Sequence[Row] = ()) -> None:
        while (item := self._facts.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self._add_rows(rows)
        if left_out:
            heading = Label(self._theme, self.tr("Not taken"), weight=500)
            heading.setContentsMargins(0, 8, 0, 0)
            self._put(heading, self._facts.rowCount(), 0)
            self._add_rows(left_out, secondary=True)

    def _add_rows(self, rows: Sequence[Row], *, secondary: bool = False) -> None:
        role: TextRole = "secondary" if secondary else "body"
        for caption, number in rows:
            row = self._facts.rowCount()
            for column, text in enumerate((caption, number)):
                label = Label(self._theme, text, role=role, tone="secondary" if secondary else "text")
                label.setAlignment(Qt.AlignmentFlag.AlignTrailing if column else Qt.AlignmentFlag.AlignLeading)
                self._put(label, row, column)

    def _put(self, label: Label, row: int, column: int) -> None:
        self._facts.addWidget(label, row, column)
        label.show()  # a layout shows it later, and the dialog is to have room for it now

    def _count(self) -> None:
        self._came += 1

    def _show_progress(self, done: int, of: int) -> None:
        words = self.tr("Importing: %1 of %2").replace("%1", figures.count(done)).replace("%2", figures.count(of))
        self._said.setText(words)
        self._said.show()
        self._fit()

    def _show_imported(self, done: Imported) -> None:
        self._looked = None
        counts = (
            (self.tr("Imported"), done.conversations),
            (self.tr("Left out, since they are in the list"), done.skipped),
            (self.tr("New picture files"), done.pictures),
            (self.tr("Files that are no usable pictures"), done.refused),
            (self.tr("Pictures that did not come along"), done.missing),
        )
        self._show_facts([(name, figures.count(count)) for name, count in counts if count or name == counts[0][0]])
        ended = self.tr("Cancelled. What had come by then is whole, and stays.")
        self._said.setText(ended if done.cancelled else "")
        self._follow()

    def _show_failure(self, error: VisavisError) -> None:
        self._looked = None
        self._show_facts([])
        self._said.setText(self._refusal(error))
        self._has_failed = True
        self._follow()

    def _refusal(self, error: VisavisError) -> str:
        if isinstance(error, NotBackedUp):
            nothing = self.tr("No backup could be made before the import, so nothing was imported.")
            return f"{nothing} {sentence(error.cause)}"
        if not isinstance(error, ImportRefused):
            return sentence(error)
        nothing = self.tr("Nothing was taken from it.")
        if self._came:
            nothing = self.tr("What had come by then is whole, and stays.")
        words = {
            "unreadable": self.tr("%1 cannot be opened."),
            "unknown": self.tr("%1 is neither a Visavis archive nor a data export of claude.ai."),
            "damaged": self.tr("%1 is damaged.") + f" {nothing}",
            "too_large": self.tr("%1 unpacks to more than Visavis takes.") + f" {nothing}",
            "too_new": self.tr("%1 was written by a newer Visavis. Import it with that version."),
            "empty": self.tr("There is no chat in %1."),
        }
        return words[error.reason].replace("%1", one_line(error.name))
