"""The settings about where the data folder is: its path and room, moving it, and what a move has left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget
from shiboken6 import isValid

from app.conversation.chat import Tools
from app.conversation.data_folder import Room, room_of
from app.conversation.moving import Moving
from app.core.errors import VisavisError
from app.ui.clear_dialog import ClearDialog
from app.ui.errors.form import filled
from app.ui.figures import file_size
from app.ui.foreign_text import one_line
from app.ui.label import Label
from app.ui.move_words import move_sentence
from app.ui.theme import Theme


class FolderSettings(QWidget):
    """Looks at the folder when `look` is called.

    Signals:
        restart_requested(): the app is to be closed and started again.
    """

    restart_requested = Signal()

    def __init__(self, theme: Theme, tools: Tools, folder: Path, usual: Path | None) -> None:
        """`usual` is the system's place for the folder; None where it was named for this start, and is not moved."""
        super().__init__()
        self._theme = theme
        self._tools = tools
        self._folder = folder
        self._turn = asyncio.Lock()
        """Of what the person wants, one thing is done after the other."""
        self._moving = Moving(tools.store, tools.threads, usual)  # what is begun goes on when the dialog is closed
        self._make_controls()
        self._lay_out()
        self._connect()
        self._follow()

    def _make_controls(self) -> None:
        self._path = QLineEdit(str(self._folder))
        self._path.setReadOnly(True)
        self._path.setCursorPosition(0)
        self._path.setAccessibleName(self.tr("Data folder"))
        self._open = plain_button(self.tr("Open folder"))
        self._move = plain_button(self.tr("Move…"))
        self._move.setEnabled(self._moving.can)
        self._room = Label(self._theme, " ", role="secondary", wraps=True)
        self._room.setAccessibleName(self.tr("Room it takes"))
        self._clear = plain_button(self.tr("Make room…"))
        self._clear.setAccessibleDescription(self.tr("Remove originals of old messages"))
        self._plan = Label(self._theme, role="secondary", wraps=True)
        self._restart = plain_button(self.tr("Restart now"))
        self._stay = plain_button(self.tr("Do not move"))
        self._left = Label(self._theme, role="secondary", wraps=True)
        self._throw = plain_button(self.tr("Into the trash"))
        self._said = Label(self._theme, role="secondary", wraps=True)
        self._said.setAccessibleName(self.tr("Result"))
        self._said.hide()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(_row(self._path, self._open, self._move))
        column.addLayout(_row(self._room, self._clear))
        self._planned = _block(self._plan, self._restart, self._stay)
        self._former = _block(self._left, self._throw)
        for block in (self._planned, self._former):
            column.addWidget(block)
        column.addWidget(self._said)
        words = self.tr(
            "Chats and pictures are kept there unencrypted, like your other files. Keys are never kept there."
        )
        if not self._moving.can:
            words += " " + self.tr(
                "This start was given its folder by --data-dir or VISAVIS_DATA_DIR: change it there."
            )
            self._move.setAccessibleDescription(words)
        column.addWidget(Label(self._theme, words, role="secondary", tone="secondary", wraps=True))

    def _connect(self) -> None:
        self._open.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder.absolute()))))
        self._move.clicked.connect(self._ask)
        self._clear.clicked.connect(self._open_clearing)
        self._stay.clicked.connect(lambda: self._do(self._stay_here()))
        self._throw.clicked.connect(lambda: self._do(self._throw_away()))
        self._restart.clicked.connect(self.restart_requested)
        self._moving.changed.connect(self._follow)

    # --- what the person wants ---

    def move_to(self, folder: Path) -> None:
        """Let the next start move everything there, if that can be."""
        self._do(self._begin(folder))

    def _ask(self) -> None:
        dialog = QFileDialog(self, self.tr("Move the data folder to an empty folder"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(lambda path: self.move_to(Path(path)))
        dialog.open()

    def _open_clearing(self) -> None:
        dialog = ClearDialog(self._theme, self._tools, self)
        dialog.cleared.connect(lambda: self._tools.tasks.start(self.look(), "look at the data folder"))
        dialog.open()

    async def _begin(self, folder: Path) -> None:
        hint = await self._moving.begin(folder)
        words = {
            "": "",
            "network": self.tr(
                "It is on another computer: without the network Visavis has nothing to open, and a connection that "
                "breaks can damage what is being written."
            ),
            "open": self.tr("Its disk knows no owners: whoever has it can read your chats."),
        }
        self._say(words[hint])

    async def _stay_here(self) -> None:
        await self._moving.stay()
        self._say(self.tr("Everything stays where it is."))

    async def _throw_away(self) -> None:
        if not self._moving.former:
            return
        left = await self._moving.throw_away(self._moving.former[0])
        if left is None:
            self._say(self.tr("It is in the trash."))
        else:
            words = self.tr("The system's trash does not take it. It is in %1 now; delete it there.")
            self._say(filled(words, one_line(str(left))))

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        """Nothing is disabled meanwhile: that would take the keyboard away from it."""
        self._say("")
        self._tools.tasks.start(self._told(work), "move the data folder")

    async def _told(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            async with self._turn:
                await work
        except VisavisError as error:
            self._say(move_sentence(error))
        finally:
            if isValid(self):
                self._follow()

    # --- what is shown ---

    async def look(self) -> None:
        """Find out how much room it takes, and what there is of moves."""
        await self._moving.look()
        room = await room_of(self._tools.store, self._tools.threads)
        if isValid(self):
            self._show_room(room)

    def _show_room(self, room: Room) -> None:
        text = self.tr("%1: chats %2, pictures %3, backups %4, reserve and settings %5.")
        sizes = (room.whole, room.conversations, room.pictures, room.backups, room.others)
        self._room.setText(filled(text, *map(file_size, sizes)))

    def _follow(self) -> None:
        self._move.setEnabled(self._moving.can)
        plan, former = self._moving.plan, self._moving.former
        if plan is not None:
            words = self.tr("The next start moves everything to %1, before anything is opened.")
            self._plan.setText(filled(words, one_line(str(plan.target))))
        if former:
            words = self.tr("What was in %1 before the move is still there.")
            self._left.setText(filled(words, one_line(str(former[0]))))
        for block, on in ((self._planned, plan is not None), (self._former, bool(former))):
            focused = QApplication.focusWidget()
            if not on and focused is not None and block.isAncestorOf(focused):
                self._open.setFocus()
            block.setVisible(on)

    def _say(self, words: str) -> None:
        if isValid(self):
            self._said.setText(words)
            self._said.setVisible(bool(words))


def plain_button(text: str) -> QPushButton:
    """One of the settings' buttons."""
    button = QPushButton(text)
    button.setProperty("kind", "plain")
    button.setAutoDefault(False)
    return button


def _row(field: QWidget, *buttons: QPushButton) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    row.addWidget(field, 1)
    for button in buttons:
        row.addWidget(button)
    return row


def _block(words: QWidget, *buttons: QPushButton) -> QWidget:
    block = QWidget()
    block.setLayout(_row(words, *buttons))
    return block
