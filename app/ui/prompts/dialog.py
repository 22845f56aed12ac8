"""The library of prompts: written, ordered, deleted, taken to another computer."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

from PySide6.QtCore import QModelIndex, QPoint, QSize, Qt, QTimer
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.conversation.prompt_library import PromptLibrary
from app.core.prompts import Prompt
from app.ui.label import Label
from app.ui.prompts.prompt_row import PromptRow
from app.ui.theme import Theme

_SIZE: Final = QSize(720, 480)
_LIST: Final = 232
_NAME: Final = 100
"""Characters of a name at most."""
_FILTER: Final = "JSON (*.json)"
_SAVE_MILLISECONDS: Final = 500
"""After the first of some keys, as drafts are."""


class PromptDialog(QDialog):
    """To be opened with `open()`; deletes itself when closed. What is written is kept half a second later at most."""

    def __init__(self, theme: Theme, library: PromptLibrary, parent: QWidget, *, text: str = "") -> None:
        """`text` is to become a prompt."""
        super().__init__(parent)
        self._theme = theme
        self._library = library
        self._shown = Prompt("")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Prompts"))
        self.resize(_SIZE.expandedTo(QSize(theme.px(_SIZE.width()), theme.px(_SIZE.height()))))
        self._list = QListView()
        self._list.setObjectName("library")
        self._list.setAccessibleName(self.tr("Prompts"))
        self._list.setItemDelegate(PromptRow(theme, self._list))
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setModel(library)
        self._name = QLineEdit(maxLength=_NAME, placeholderText=self.tr("What it is called"))
        self._text, self._system = QPlainTextEdit(), QPlainTextEdit()
        self._said = Label(theme, role="secondary", tone="secondary", wraps=True)
        self._none = Label(theme, self._begin_words(), role="secondary", tone="secondary", wraps=True)
        self._of_one: list[QToolButton] = []
        """What can be done with the prompt that is chosen."""
        self._saves = QTimer(self, singleShot=True, interval=_SAVE_MILLISECONDS)
        self._saves.timeout.connect(self._keep)
        self._lay_out()
        self._connect()
        self._follow(self._list.currentIndex())
        if text.strip():
            self.add(text)
        elif library.rowCount():
            self._list.setCurrentIndex(library.index(0))

    def add(self, text: str = "") -> None:
        """Begin another prompt."""
        words = " ".join(text.split())
        self._begin(Prompt(words[:40] or self.tr("New prompt"), text))

    def _begin(self, prompt: Prompt) -> None:
        self._keep()
        self._library.put(prompt)
        self._list.setCurrentIndex(self._library.index(self._library.rowCount() - 1))
        self._name.setFocus()
        self._name.selectAll()

    def hideEvent(self, event: QHideEvent) -> None:
        """However it goes: it is hidden too where the whole window is closed."""
        self._keep()
        super().hideEvent(event)

    # --- putting together ---

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self._list, 1)
        left.addLayout(self._make_tools())
        right = QVBoxLayout()
        right.setSpacing(8)
        for words, field in (
            (self.tr("Name"), self._name),
            (self.tr("Message"), self._text),
            (self.tr("System prompt"), self._system),
        ):
            label = Label(self._theme, words, role="secondary", weight=500)
            label.setBuddy(field)
            field.setAccessibleName(words)
            right.addWidget(label)
            right.addWidget(field, 2 if field is self._text else int(field is self._system))
        for area in (self._text, self._system):
            area.setProperty("kind", "field")
            area.setTabChangesFocus(True)
        self._text.setPlaceholderText(self.tr("Put into the message where you are writing"))
        self._system.setPlaceholderText(self.tr("Becomes the system prompt of the chat; leave it empty to change none"))
        columns = QHBoxLayout()
        columns.setSpacing(24)
        columns.addLayout(left)
        columns.addLayout(right, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(24, 24, 24, 24)
        whole.setSpacing(16)
        whole.addLayout(columns, 1)
        whole.addLayout(self._make_foot())
        self._list.setFixedWidth(self._theme.px(_LIST))
        over = QVBoxLayout(self._list)
        over.setContentsMargins(12, 12, 12, 12)
        over.addWidget(self._none, 0, Qt.AlignmentFlag.AlignTop)

    def _begin_words(self) -> str:
        return self.tr(
            "You have saved no prompts yet. Begin one with the plus below, or with one that Visavis comes with."
        )

    def _make_tools(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(4)
        for icon, words, do in (
            ("plus", self.tr("New prompt"), self.add),
            ("chevron-up", self.tr("Further up"), partial(self._move, -1)),
            ("chevron-down", self.tr("Further down"), partial(self._move, 1)),
            ("trash-2", self.tr("Delete"), self._remove),
        ):
            button = QToolButton()
            button.setProperty("kind", "icon")
            button.setIcon(self._theme.icon(icon, self._theme.tokens.text2))
            button.setAccessibleName(words)
            button.setToolTip(words)
            button.clicked.connect(lambda _on, do=do: do())
            row.addWidget(button)
            if do != self.add:
                self._of_one.append(button)
        row.addStretch(1)
        starters = QPushButton(self.tr("Begin with…"))
        starters.setProperty("kind", "link")
        starters.setAutoDefault(False)
        starters.setToolTip(self.tr("A copy of a prompt that Visavis comes with"))
        starters.clicked.connect(lambda: self._offer_starters(starters))
        row.addWidget(starters)
        return row

    def _offer_starters(self, button: QPushButton) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for starter in self._library.starters:
            menu.addAction(starter.name.replace("&", "&&"), partial(self._begin, starter))
        menu.popup(button.mapToGlobal(QPoint(0, button.height())))

    def _make_foot(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        for words, do in ((self.tr("Import…"), self._import), (self.tr("Export…"), self._export)):
            button = QPushButton(words)
            button.setProperty("kind", "quiet")
            button.setAutoDefault(False)
            button.clicked.connect(do)
            row.addWidget(button)
        close = QPushButton(self.tr("Done"))
        close.setProperty("kind", "primary")
        close.clicked.connect(self.accept)
        row.addWidget(self._said, 1)
        row.addWidget(close)
        return row

    def _connect(self) -> None:
        self._list.selectionModel().currentChanged.connect(lambda now, _before: self._follow(now))
        for field in (self._name, self._text, self._system):
            field.textChanged.connect(self._save_soon)
        self._library.imported.connect(self._tell_imported)
        self._library.refused.connect(self._tell_refused)
        self._library.rowsInserted.connect(self._none.hide)

    # --- what changes ---

    def _follow(self, index: QModelIndex) -> None:
        """Show another prompt; what was written in the one before it is kept."""
        self._keep()
        prompt = index.data(PromptLibrary.PromptRole) if index.isValid() else None
        self._shown = prompt if isinstance(prompt, Prompt) else Prompt("")
        self._name.setText(self._shown.name)
        self._text.setPlainText(self._shown.text)
        self._system.setPlainText(self._shown.system)
        for field in (self._name, self._text, self._system):
            field.setEnabled(bool(self._shown.id))
        for button in self._of_one:
            button.setEnabled(bool(self._shown.id))
        self._none.setHidden(self._library.rowCount() > 0)

    def _save_soon(self) -> None:
        """Of somebody who goes on writing, it is kept too: the timer is not begun anew."""
        if not self._saves.isActive():
            self._saves.start()

    def _keep(self) -> None:
        self._saves.stop()
        if not self._shown.id or self._shown.id not in {each.id for each in self._library.saved}:
            return
        name = self._name.text().strip() or self._shown.name
        text, system = self._text.toPlainText(), self._system.toPlainText().strip()
        self._shown = replace(self._shown, name=name, text=text, system=system)
        self._library.put(self._shown)

    def _move(self, step: int) -> None:
        self._keep()
        self._library.move(self._list.currentIndex().row(), step)

    def _remove(self) -> None:
        self._shown = Prompt("")
        self._library.remove(self._list.currentIndex().row())
        self._follow(self._list.currentIndex())

    def _import(self) -> None:
        dialog = QFileDialog(self, self.tr("Import prompts"), "", _FILTER)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self._library.bring_in)
        dialog.open()

    def _export(self) -> None:
        self._keep()
        dialog = QFileDialog(self, self.tr("Export prompts"), "prompts.json", _FILTER)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("json")
        dialog.fileSelected.connect(self._library.export)
        dialog.open()

    def _tell_imported(self, count: int) -> None:
        words = self.tr("1 prompt has come.") if count == 1 else self.tr("%1 prompts have come.")
        self._said.setText(words.replace("%1", str(count)))

    def _tell_refused(self, _path: str) -> None:
        self._said.setText(self.tr("That file holds no prompts, or cannot be used."))
