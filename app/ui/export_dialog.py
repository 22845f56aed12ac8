"""The dialog in which conversations are exported: as what, with what, and where to."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QLocale, QStandardPaths, Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QFileDialog,
    QHBoxLayout,
    QMessageBox,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from app.conversation.exporting import SUFFIXES, Exported, Exporter, Order, is_folder
from app.conversation.history import HistoryModel
from app.conversation.tools import Tools
from app.core.errors import StoreError, StoreFull
from app.core.export.archive import ENTRIES, UNPACKED
from app.core.export.asked import Format, Wanted
from app.core.export.names import safe
from app.core.export.target import free
from app.core.rows import Conversation
from app.ui import figures
from app.ui.busy_dialog import BusyDialog
from app.ui.errors import sentence
from app.ui.errors.form import filled
from app.ui.export_words import export_words
from app.ui.foreign_text import one_line
from app.ui.label import Label
from app.ui.ledger.exporting import show_folder
from app.ui.picture_facts import shown_title
from app.ui.print import print_whole
from app.ui.switch import Switch
from app.ui.theme import Theme

_BESIDE: Final = 24
"""Pixels from a radio button's edge to its words."""
_FORMATS: Final[tuple[Format, ...]] = ("page", "pdf", "markdown", "archive")
_LONGEST_TITLE: Final = 60


def open_export(theme: Theme, tools: Tools, history: HistoryModel, ids: Sequence[str], parent: QWidget) -> bool:
    """Ask how conversations are to be exported; whether there is anything to export in them."""
    found = [history.find(each) for each in ids if not history.is_unsent(each)]
    conversations = [each for each in found if each is not None]
    if conversations:
        ExportDialog(theme, tools, conversations, parent, unsent=len(ids) - len(conversations)).open()
    return bool(conversations)


class ExportDialog(BusyDialog):
    """Opened with `open`; deletes itself when closed, which it is not while it writes."""

    def __init__(
        self, theme: Theme, tools: Tools, conversations: Sequence[Conversation], parent: QWidget, *, unsent: int = 0
    ) -> None:
        """`unsent` were chosen with them and have nothing to export yet."""
        super().__init__(theme, self.tr("Export"), parent)
        self._conversations = list(conversations)
        self._unsent = unsent
        self._is_temporary = tools.temporary
        self._saved = ""
        self._is_outgrown = False
        printing = partial(print_whole, family=theme.font().family())
        words = export_words(tools.account.catalog.get)
        self.work = self._exporter = Exporter(tools, words, QLocale().bcp47Name(), printing, self)
        self._make_controls()
        self._lay_out()
        self._connect()
        self._follow()

    # --- putting together ---

    def _make_controls(self) -> None:
        self._formats = QButtonGroup(self)
        names = (self.tr("Web page"), self.tr("PDF"), self.tr("Markdown"), self.tr("Visavis archive"))
        for number, name in enumerate(names):
            self._formats.addButton(QRadioButton(name), number)
        self._formats.button(0).setChecked(True)
        self._costs = self._switch(self.tr("Tokens and costs"), on=True)
        self._thinking = self._switch(self.tr("Thinking"))
        self._originals = self._switch(self.tr("Original pictures"))
        self._drafts = self._switch(self.tr("Text that is not sent yet"))
        self._said = Label(self._theme, role="secondary", tone="secondary", wraps=True)
        self._warning = Label(self._theme, self._too_much(), role="secondary", wraps=True)
        self._show = QPushButton(self.tr("Show in folder"))
        self._cancel, self._export = QPushButton(), QPushButton(self.tr("Export…"))
        for button in (self._show, self._cancel):
            button.setProperty("kind", "plain")
        self._export.setProperty("kind", "primary")
        self._export.setDefault(True)
        self._show.hide()

    def _switch(self, name: str, *, on: bool = False) -> Switch:
        switch = Switch(self._theme)
        switch.setAccessibleName(name)
        switch.setChecked(on)
        return switch

    def _lay_out(self) -> None:
        column = self._column
        column.setSpacing(8)
        column.addWidget(Label(self._theme, self._heading(), role="heading", weight=600, wraps=True))
        if self._is_temporary:
            words = self.tr("This chat is temporary: what you save here is all of it that stays on this computer.")
            column.addWidget(Label(self._theme, words, role="secondary", wraps=True))
        if self._unsent:
            column.addWidget(Label(self._theme, self._left_out(), role="secondary", wraps=True))
        column.addSpacing(4)
        for number, words in enumerate(self._explanations()):
            each = QVBoxLayout()
            each.setSpacing(0)
            each.addWidget(self._formats.button(number))
            note = Label(self._theme, words, role="secondary", tone="secondary", wraps=True)
            note.setContentsMargins(_BESIDE, 0, 0, 0)
            each.addWidget(note)
            column.addLayout(each)
        column.addSpacing(8)
        column.addLayout(self._row(self._costs))
        column.addLayout(self._row(self._thinking))
        column.addLayout(self._row(self._originals))
        words = self.tr(
            "Off, pictures go as they were sent, without metadata. Originals may tell more, such as a photo's place."
        )
        column.addWidget(Label(self._theme, words, role="secondary", tone="secondary", wraps=True))
        self._draft_row = QWidget()
        self._draft_row.setLayout(self._row(self._drafts))
        self._draft_row.layout().setContentsMargins(0, 0, 0, 0)  # type: ignore[union-attr]  # it was set above
        column.addWidget(self._draft_row)
        column.addStretch(1)
        column.addSpacing(8)
        column.addWidget(self._warning)
        column.addWidget(self._said)
        self._add_buttons(self._show, self._cancel, self._export)

    def _row(self, switch: Switch) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(Label(self._theme, switch.accessibleName()), 1)
        row.addWidget(switch)
        return row

    def _heading(self) -> str:
        if len(self._conversations) == 1:
            title = shown_title(self._conversations[0].title, self._conversations[0].pictures)
            short = title if len(title) <= _LONGEST_TITLE else f"{title[: _LONGEST_TITLE - 1]}…"
            return self.tr("Export “%1”").replace("%1", short)
        return self.tr("Export %1 chats").replace("%1", figures.count(len(self._conversations)))

    def _left_out(self) -> str:
        if self._unsent == 1:
            return self.tr("One of the chats you chose is left out: nothing was sent in it yet.")
        words = self.tr("%1 of the chats you chose are left out: nothing was sent in them yet.")
        return words.replace("%1", figures.count(self._unsent))

    def _explanations(self) -> tuple[str, ...]:
        if len(self._conversations) > 1:
            return (
                self.tr("A folder with a file for each, for any browser, also offline"),
                self.tr("A folder with a file for each: pages for paper, or to send"),
                self.tr("A folder of texts and pictures, for notes and other programs"),
                self.tr("One file with all versions; can be imported again"),
            )
        return (
            self.tr("One file with its pictures, for any browser, also offline"),
            self.tr("Pages for paper, or to send"),
            self.tr("A text and a folder of pictures, for notes and other programs"),
            self.tr("All versions of questions and answers; can be imported again"),
        )

    def _connect(self) -> None:
        exporter = self._exporter
        self._formats.idToggled.connect(lambda *_: self._follow())
        self._export.clicked.connect(self._ask)
        self._cancel.clicked.connect(self.reject)
        self._show.clicked.connect(lambda: show_folder(self._saved))
        exporter.progressed.connect(self._show_progress)
        exporter.outgrown.connect(self._warn)
        exporter.exported.connect(self._show_exported)
        exporter.taken.connect(self._ask_to_replace)
        exporter.failed.connect(self._show_failure)
        exporter.cancelled.connect(lambda: self._end(self.tr("Nothing was written.")))

    # --- what is wanted ---

    @property
    def _format(self) -> Format:
        return _FORMATS[self._formats.checkedId()]

    def _follow(self) -> None:
        """Show what goes with the format, and whether it is being written."""
        busy = self._exporter.busy
        self._draft_row.setVisible(self._format == "archive")
        self._warning.setVisible(self._format == "archive" and self._is_much)
        for control in (*self._formats.buttons(), self._costs, self._thinking, self._originals, self._drafts):
            control.setEnabled(not busy)
        self._export.setEnabled(not busy)
        self._cancel.setText(self.tr("Cancel") if busy or not self._saved else self.tr("Close"))
        self._show.setVisible(bool(self._saved))
        self._fit()

    def order(self, path: Path, *, over: bool = False) -> Order:
        """What is asked for, to be written there."""
        wanted = Wanted(
            costs=self._costs.isChecked(),
            thinking=self._thinking.isChecked(),
            originals=self._originals.isChecked(),
            drafts=self._format == "archive" and self._drafts.isChecked(),
        )
        return Order(tuple(each.id for each in self._conversations), self._format, wanted, path, over)

    def export(self, order: Order) -> None:
        """Write it."""
        self._saved = ""
        self._is_outgrown = False
        self._exporter.start(order, self._steps)
        self._follow()

    @property
    def _is_much(self) -> bool:
        """Whether it cannot be imported again: as it turned out, or to all appearances."""
        return self._is_outgrown or (not self._saved and self._steps > ENTRIES)

    @property
    def _steps(self) -> int:
        """Pictures and conversations: an archive has about as many files."""
        return sum(each.pictures for each in self._conversations) + len(self._conversations)

    def _name(self) -> str:
        if len(self._conversations) == 1:
            return safe(self._conversations[0].title)
        return self.tr("Visavis chats")

    def _ask(self) -> None:
        """The dialog does not ask itself about a file that is there: its question would hold up the event loop."""
        folder = is_folder(self._format, len(self._conversations))
        title = self.tr("Put the folder in") if folder else self.tr("Export")
        dialog = QFileDialog(self, title)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setDirectory(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation))
        if folder:
            dialog.setFileMode(QFileDialog.FileMode.Directory)
            dialog.setOption(QFileDialog.Option.ShowDirsOnly)
            dialog.fileSelected.connect(lambda path: self.export(self.order(free(Path(path) / self._name()))))
        else:
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            dialog.setFileMode(QFileDialog.FileMode.AnyFile)
            dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
            dialog.setDefaultSuffix(SUFFIXES[self._format].removeprefix("."))
            dialog.selectFile(self._name() + SUFFIXES[self._format])
            dialog.fileSelected.connect(lambda path: self.export(self.order(Path(path))))
        dialog.open()

    def _ask_to_replace(self, order: Order) -> None:
        self._end("")
        question = QMessageBox(self)
        question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        question.setTextFormat(Qt.TextFormat.PlainText)
        question.setText(self.tr("%1 exists already.").replace("%1", one_line(order.path.name)))
        if is_folder(order.format, len(order.ids)) or order.path.is_dir():
            question.addButton(QMessageBox.StandardButton.Ok)
        else:
            question.setInformativeText(self.tr("Replace it?"))
            replace = question.addButton(self.tr("Replace"), QMessageBox.ButtonRole.AcceptRole)
            question.setDefaultButton(question.addButton(QMessageBox.StandardButton.Cancel))
            replace.clicked.connect(lambda: self.export(self.order(order.path, over=True)))
        question.open()

    # --- what is shown ---

    def _show_progress(self, done: int, of: int) -> None:
        words = self.tr("Writing: %1 of %2").replace("%1", figures.count(done)).replace("%2", figures.count(of))
        self._said.setText(words)
        self._fit()

    def _warn(self) -> None:
        self._is_outgrown = True
        self._follow()

    def _too_much(self) -> str:
        words = self.tr(
            "This is more than Visavis can import again from one archive, which is %1 files and %2 GB. Export fewer "
            "chats at once if you want them back."
        )
        return filled(words, figures.count(ENTRIES), figures.count(UNPACKED // 10**9))

    def _show_exported(self, exported: Exported) -> None:
        self._saved = str(exported.path)
        words = self.tr("Saved as %1").replace("%1", one_line(str(exported.path)))
        if exported.missing:
            missing = self.tr("Picture files that are missing or damaged: %1")
            words += "\n" + missing.replace("%1", figures.count(exported.missing))
        self._end(words)

    def _show_failure(self, error: StoreError) -> None:
        if isinstance(error, StoreFull):
            self._end(self.tr("It could not be written there. Free some space, or choose another folder."))
        else:
            self._end(sentence(error))

    def _end(self, words: str) -> None:
        self._said.setText(words)
        self._follow()
