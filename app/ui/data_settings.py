"""The settings about the data folder: where it is (`app.ui.folder_settings`), and its backups."""

from __future__ import annotations

import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget
from shiboken6 import isValid

from app.conversation.backups import Backups
from app.conversation.chat import Tools
from app.core.errors import VisavisError
from app.ui.backup_words import names
from app.ui.drop_down import DropDown
from app.ui.errors import sentence
from app.ui.errors.form import filled
from app.ui.folder_settings import FolderSettings, plain_button
from app.ui.label import Label
from app.ui.theme import Theme


class DataSettings(QWidget):
    """Looks at the folder when it is first shown.

    Signals:
        restart_requested(): the app is to be closed and started again.
    """

    restart_requested = Signal()

    def __init__(self, theme: Theme, tools: Tools, folder: Path, usual: Path | None = None) -> None:
        """`usual` is the system's place for the folder; None where it was named for this start, and is not moved."""
        super().__init__()
        self._theme = theme
        self._tools = tools
        self._folder = FolderSettings(theme, tools, folder, usual)
        self._backups = Backups(tools.store, tools.threads)  # what is begun goes on when the dialog is closed
        self._was_shown = False
        self._is_at_work = False
        self._make_controls()
        self._lay_out()
        self._connect()
        self._follow()

    def _make_controls(self) -> None:
        self._list = DropDown()
        self._list.setAccessibleName(self.tr("Backups"))
        self._list.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._restore = plain_button(self.tr("Go back to this one"))
        self._make = plain_button(self.tr("Back up now"))
        self._restart = plain_button(self.tr("Restart now"))
        self._take_back = plain_button(self.tr("Do not go back"))
        self._said = Label(self._theme, role="secondary", wraps=True)
        self._said.setAccessibleName(self.tr("Result"))
        self._said.hide()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._folder)
        column.addSpacing(12)
        column.addWidget(Label(self._theme, self.tr("Backups"), role="heading", weight=600))
        column.addLayout(self._row(self._list, self._restore))
        column.addLayout(self._row(None, self._restart, self._take_back, self._make))
        column.addWidget(self._said)
        self._note(
            column,
            self.tr(
                "Visavis makes one in every hour in which something changes, and checks every message in it. Fewer are "
                "kept the older they are, for five weeks; what you delete stays in them for as long. They are in the "
                "data folder: copy that to another disk to be safe if this one fails."
            ),
        )

    def _connect(self) -> None:
        self._make.clicked.connect(lambda: self._do(self._make_one()))
        self._restore.clicked.connect(lambda: self._do(self._choose()))
        self._take_back.clicked.connect(lambda: self._do(self._stay()))
        self._restart.clicked.connect(self.restart_requested)
        self._folder.restart_requested.connect(self.restart_requested)
        self._backups.changed.connect(self._follow)

    # --- what the person wants ---

    async def _make_one(self) -> None:
        await self._backups.make(time.time(), "hand")
        self._say(self.tr("The backup is made, and it is whole."))
        await self._look()

    async def _choose(self) -> None:
        chosen = self._backups.there[self._list.currentIndex()]
        await self._backups.choose(chosen)
        words = self.tr("At the next start all is as it was at %1. What there is now is backed up first.")
        self._say(filled(words, names([chosen])[0]))

    async def _stay(self) -> None:
        await self._backups.stay()
        if isValid(self) and self._take_back.hasFocus():
            self._restore.setFocus()
        self._say(self.tr("Everything stays as it is now."))

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        """Nothing is disabled meanwhile: that would take the keyboard away from it."""
        if self._is_at_work:
            work.close()
            return
        self._is_at_work = True
        self._say(self.tr("One moment: every message is checked."))
        self._tools.tasks.start(self._told(work), "backups")

    async def _told(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except VisavisError as error:
            self._say(sentence(error))
        finally:
            self._is_at_work = False
            if isValid(self):
                self._follow()

    # --- what is shown ---

    async def _look(self) -> None:
        await self._backups.look()
        if isValid(self):
            await self._folder.look()

    def _follow(self) -> None:
        chosen = self._list.currentIndex()
        there = names(self._backups.there)
        if there != [self._list.itemText(row) for row in range(self._list.count())]:
            self._list.clear()
            self._list.addItems(there)
            self._list.setCurrentIndex(min(max(chosen, 0), len(there) - 1))
        self._list.setPlaceholderText(self.tr("none yet"))
        self._list.setEnabled(bool(there))
        self._restore.setEnabled(bool(there))
        for button in (self._take_back, self._restart):
            button.setVisible(self._backups.is_chosen)

    def _say(self, words: str) -> None:
        if isValid(self):
            self._said.setText(words)
            self._said.show()

    def _note(self, column: QVBoxLayout, text: str) -> None:
        column.addWidget(Label(self._theme, text, role="secondary", tone="secondary", wraps=True))

    def _row(self, field: QWidget | None, *buttons: QPushButton) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        if field is not None:
            row.addWidget(field, 1)
        else:
            row.addStretch(1)
        for button in buttons:
            row.addWidget(button)
        return row

    # --- Qt ---

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._was_shown:
            self._was_shown = True
            self._tools.tasks.start(self._look(), "look at the data folder")
