"""The dialog of a start that cannot be: what is the matter, and what can be done about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.core.backup import Backup
from app.core.errors import StoreDamaged, StoreError, StoreGone, StoreLocked, StoreTooNew
from app.core.obstacle import Obstacle
from app.core.place import is_ours
from app.core.salvage import Salvaged
from app.ui.backup_words import moment
from app.ui.buttons import press_focused
from app.ui.errors import sentence
from app.ui.figures import count
from app.ui.foreign_text import one_line
from app.ui.label import Label
from app.ui.theme import Theme

_WIDTH: Final = 520
_MARGIN: Final = 24

Deed = Literal["quit", "again", "salvage", "backup", "empty", "folder", "usual"]


@dataclass(frozen=True, slots=True)
class Choice:
    """What the person wants."""

    deed: Deed
    backup: Backup | None = None
    folder: Path | None = None


class RescueDialog(QDialog):
    """Opened with `open`. It stays until it is told that what was chosen is done (`accept`).

    Signals:
        chosen(Choice): do this; closing the dialog is to quit.
    """

    chosen = Signal(object)

    def __init__(
        self,
        theme: Theme,
        error: StoreError,
        obstacle: Obstacle,
        backups: Sequence[Backup],
        parent: QWidget | None = None,
        *,
        usual: Path | None = None,
    ) -> None:
        """`obstacle` is what stands in the way of a StoreFull; `backups` the newest first.

        `usual` is the system's place for the folder, offered where the one it was moved to is gone.
        """
        super().__init__(parent)
        self._theme = theme
        self._error = error
        self._usual = usual
        self._backup = next((each for each in backups if each.whole), next(iter(backups), None))
        self.setWindowTitle("Visavis")
        self._said = Label(theme, role="secondary", wraps=True)
        self._said.setAccessibleName(self.tr("What is going on"))
        self._said.hide()
        self._column = QVBoxLayout(self)
        self._column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)
        self._column.addStrut(theme.px(_WIDTH) - 2 * _MARGIN)
        self._column.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        self._column.setSpacing(12)
        self._head = Label(theme, self._heading(), role="heading", weight=600)
        self._matter = Label(theme, self._what(obstacle), wraps=True)
        self._column.addWidget(self._head)
        self._column.addWidget(self._matter)
        path = Label(theme, one_line(error.path), role="secondary", tone="secondary", wraps=True)
        self._column.addWidget(path)
        self._buttons: list[QPushButton] = []
        self._blocks: list[QWidget] = []
        self._use_backup: QPushButton | None = None
        self._add_choices()
        self._column.addWidget(self._said)
        self._quit = _button(self.tr("Quit"))
        self._quit.clicked.connect(self.reject)
        bottom = QHBoxLayout()
        bottom.addStretch(1)
        bottom.addWidget(self._quit)
        self._column.addSpacing(4)
        self._column.addLayout(bottom)
        if isinstance(error, StoreTooNew):  # what helps is not done here
            self._quit.setFocus()
        else:
            self._buttons[0].setProperty("kind", "primary")
            self._buttons[0].setFocus()

    def show_failure(self, error: StoreError) -> None:
        """What was chosen could not be done: another thing may be. Where nothing can be read, so is a fresh start."""
        if isinstance(error, StoreDamaged) and not self._offers_empty:
            words = self.tr("Nothing could be read of it. Nothing was changed.")
            self._add_empty()
        else:
            words = sentence(error)
        self._say(words)
        for button in self._buttons:
            button.setEnabled(True)

    def show_salvaged(self, found: Salvaged) -> None:
        """Tell what was found, and let the person begin with it (`Choice` "again")."""
        words = self.tr("Salvaged chats: %1. Messages in them: %2.")
        words = words.replace("%1", count(found.conversations)).replace("%2", count(found.messages))
        if found.damaged:
            words += " " + self.tr("That can no longer be read, but have kept their places: %1.").replace(
                "%1", count(found.damaged)
            )
        for button, block in zip(self._buttons, self._blocks, strict=True):
            button.setEnabled(True)
            block.setVisible(button is self._use_backup)  # it may be the better choice, seen what was found
        self._said.hide()
        self._head.setText(self.tr("What is intact is salvaged"))
        self._matter.setText(words)
        self._add_open()

    # --- putting together ---

    def _heading(self) -> str:
        match self._error:
            case StoreDamaged():
                return self.tr("Your chats are damaged")
            case StoreGone():
                return self.tr("Your data folder is not there")
            case StoreTooNew():
                return self.tr("Your chats are from a newer Visavis")
            case StoreLocked():
                return self.tr("Your chats are in use")
        return self.tr("Your chats cannot be opened")

    def _what(self, obstacle: Obstacle) -> str:
        match self._error:
            case StoreDamaged():
                return self.tr(
                    "The file cannot be read as it should, perhaps after a fault of the disk. "
                    "Nothing has been changed, and whatever you choose, the damaged file is kept."
                )
            case StoreGone():
                return self.tr(
                    "All you have is kept in the folder below, and it cannot be found: its disk may not be connected. "
                    "Nothing has been changed."
                )
            case StoreTooNew():
                return self.tr(
                    "This version cannot read them. Nothing has been changed. Install the newer version again."
                )
            case StoreLocked():
                return self.tr("Another Visavis has the folder open, and does not answer. Close it, then try again.")
        return {
            "no_space": self.tr("There is no room left on the disk. Free some, then try again."),
            "read_only": self.tr("The disk can only be read. Allow writing to it, or choose another folder."),
            "denied": self.tr("You are not allowed to write there. Change that, or choose another folder."),
            "not_a_folder": self.tr("The folder cannot be made there: a file is in its place."),
            "not_a_file": self.tr(
                "In the place of the file is something else: a folder, or a link that leads nowhere."
            ),
            "failed": self.tr("The disk refuses to be read or written. Look after it, or choose another folder."),
        }[obstacle]

    def _add_choices(self) -> None:
        self._offers_empty = False
        match self._error:
            case StoreDamaged():
                self._add_salvage()
                self._add_backup()
            case StoreLocked():
                self._add_again()
            case StoreGone():
                self._add_again()
                self._add_folder(self.tr("Visavis remembers it, if your chats are in it."))
                self._add_usual()
            case StoreTooNew():
                self._add_backup()
                self._add_folder()
            case _:
                self._add_again()
                self._add_folder()

    def _add_salvage(self) -> None:
        note = self.tr("A new file is made of every chat and message that can still be read.")
        self._add(self.tr("Salvage what is intact"), note, Choice("salvage"))

    def _add_backup(self) -> None:
        if self._backup is not None:
            name = self.tr("Use the backup of %1").replace("%1", moment(self._backup.made))
            note = self.tr("All is as it was then. What came later is only in the file that is kept.")
            self._use_backup = self._add(name, note, Choice("backup", backup=self._backup))

    def _add_empty(self) -> None:
        self._offers_empty = True
        note = self.tr("Begin without chats. The damaged file is kept beside the new one.")
        self._add(self.tr("Start empty"), note, Choice("empty"))

    def _add_open(self) -> None:
        button = self._row(self.tr("Open"), "", first=True)
        button.setProperty("kind", "primary")
        button.clicked.connect(lambda: self._choose(Choice("again")))
        button.setFocus()

    def _add_again(self) -> None:
        self._add(self.tr("Try again"), "", Choice("again"))

    def _add_folder(self, note: str = "") -> None:
        note = note or self.tr("For this time, Visavis keeps all it writes there.")
        button = self._row(self.tr("Another folder…"), note)
        button.clicked.connect(self._choose_folder)

    def _add_usual(self) -> None:
        if self._usual is None:
            return
        note = self.tr("Begin without chats. What is in the folder that is missing stays there.")
        if is_ours(self._usual):
            note = self.tr("With what is in it: that may be from before the move. The folder that is missing stays.")
        self._add(self.tr("Go back to the usual folder"), note, Choice("usual", folder=self._usual))

    def _add(self, name: str, note: str, choice: Choice) -> QPushButton:
        button = self._row(name, note)
        button.clicked.connect(lambda: self._choose(choice))
        return button

    def _row(self, name: str, note: str, *, first: bool = False) -> QPushButton:
        """A button with what it does below it; after those that are there, or before them."""
        button = _button(name)
        button.setAccessibleDescription(note)
        self._buttons.append(button)
        block = QWidget()
        self._blocks.append(block)
        column = QVBoxLayout(block)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(button)
        if note:
            column.addWidget(Label(self._theme, note, role="secondary", tone="secondary", wraps=True))
        at = self._column.indexOf(self._blocks[0] if first else self._said)
        self._column.insertWidget(at if at >= 0 else self._column.count(), block)
        return button

    # --- what the person wants ---

    def _choose(self, choice: Choice) -> None:
        for button in self._buttons:
            button.setEnabled(False)
        if choice.deed in {"salvage", "backup"}:
            self._say(self.tr("One moment: every message is looked at."))
        self.chosen.emit(choice)

    def _choose_folder(self) -> None:
        dialog = QFileDialog(self, self.tr("Another folder"), str(Path.home()))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(lambda path: self._choose(Choice("folder", folder=Path(path))))
        dialog.open()

    def _say(self, words: str) -> None:
        self._said.setText(words)
        self._said.show()

    # --- Qt ---

    def reject(self) -> None:
        self.chosen.emit(Choice("quit"))
        super().reject()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not press_focused(event):
            super().keyPressEvent(event)


def _button(text: str) -> QPushButton:
    button = QPushButton(text)
    button.setProperty("kind", "plain")
    button.setAutoDefault(False)
    return button
