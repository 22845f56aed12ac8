"""The dialog in which originals of old messages are removed: how old, what that frees, what stays."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, Final

from PySide6.QtCore import QDateTime, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QDialog, QHBoxLayout, QPushButton, QRadioButton, QVBoxLayout, QWidget
from shiboken6 import isValid

from app.conversation.clearing import Clearing
from app.conversation.tools import Tools
from app.core.errors import StoreDamaged, StoreError
from app.core.pictures import Cleared
from app.ui import figures
from app.ui.buttons import press_focused
from app.ui.errors import sentence
from app.ui.errors.form import filled
from app.ui.label import Label
from app.ui.theme import Theme

_WIDTH: Final = 520
_MARGIN: Final = 24
_MONTHS: Final = (3, 6, 12)


class ClearDialog(QDialog):
    """Opened with `open`; deletes itself when closed. What is begun goes on then.

    Signals:
        cleared(): there is more room now.
    """

    cleared = Signal()

    def __init__(self, theme: Theme, tools: Tools, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._tools = tools
        self._clearing = Clearing(tools.store, tools.pictures, tools.threads)
        self._asked = 0
        """How often was looked: an answer to an earlier question is none to the present one."""
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Remove old originals"))
        self._ages = QButtonGroup(self)
        for months in _MONTHS:
            words = self.tr("Older than %1 months (before %2)")
            self._ages.addButton(QRadioButton(filled(words, str(months), _day(self._before(months)))), months)
        self._ages.button(_MONTHS[-1]).setChecked(True)
        self._frees = Label(theme, wraps=True, weight=500)
        self._frees.setAccessibleName(self.tr("What that frees"))
        self._cancel, self._remove = QPushButton(), QPushButton(self.tr("Remove originals"))
        self._remove.setProperty("kind", "primary")
        self._cancel.setProperty("kind", "plain")
        for button in (self._cancel, self._remove):
            button.setAutoDefault(False)
        self._lay_out()
        self._ages.button(_MONTHS[-1]).setFocus()
        self._ages.idToggled.connect(lambda _, on: self._look() if on else None)
        self._cancel.clicked.connect(self.reject)
        self._remove.clicked.connect(lambda: self._start(self._clear()))
        self._look()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)
        column.addStrut(self._theme.px(_WIDTH) - 2 * _MARGIN)
        column.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        column.setSpacing(12)
        column.addWidget(Label(self._theme, self.tr("Remove originals of old messages"), role="heading", weight=600))
        ages = QVBoxLayout()
        ages.setSpacing(4)
        for button in self._ages.buttons():
            ages.addWidget(button)
        column.addLayout(ages)
        column.addWidget(self._frees)
        for words in (
            self.tr(
                "What stays: every chat, with thumbnails and each picture as it was sent, so that it can be "
                "read and gone on with; and the originals of pinned chats, of drafts, and of pictures that went as "
                "they are."
            ),
            self.tr(
                "What goes: the pictures as you dropped them. They can no longer be seen larger, saved, or sent "
                "sharper. That cannot be undone, and backups do not bring them back. Your own files elsewhere are not "
                "touched."
            ),
        ):
            column.addWidget(Label(self._theme, words, role="secondary", tone="secondary", wraps=True))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        row.addWidget(self._cancel)
        row.addWidget(self._remove)
        column.addSpacing(4)
        column.addLayout(row)

    # --- what the person wants ---

    def _look(self) -> None:
        self._asked += 1
        self._wait(self.tr("Looking through the messages…"))
        self._start(self._found(self._asked))

    async def _found(self, asked: int) -> None:
        found = await self._clearing.look(self._before(self._ages.checkedId()))
        if isValid(self) and asked == self._asked:
            self._show_found(found)

    async def _clear(self) -> None:
        self._asked += 1
        for button in self._ages.buttons():
            button.setEnabled(False)
        self._wait(self.tr("Removing…"))
        now = float(QDateTime.currentSecsSinceEpoch())
        done = await self._clearing.clear(self._before(self._ages.checkedId()), now)
        if isValid(self):
            words = self.tr("Removed originals: %1. Freed: %2.")
            self._frees.setText(filled(words, figures.count(done.files), figures.file_size(done.size)))
            self._remove.hide()
            self._cancel.setEnabled(True)
            self._cancel.setFocus()
            self.cleared.emit()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self._tools.tasks.start(self._told(work), "remove originals")

    async def _told(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except StoreError as error:
            if isValid(self):
                words = self.tr("A message is damaged, and nobody knows which pictures it needs. Nothing was removed.")
                self._frees.setText(words if isinstance(error, StoreDamaged) else sentence(error))

    # --- what is shown ---

    def _wait(self, words: str) -> None:
        self._frees.setText(words)
        self._cancel.setText(self.tr("Close"))
        self._remove.setEnabled(False)

    def _show_found(self, found: Cleared) -> None:
        if not found.files:
            self._frees.setText(self.tr("There is nothing to remove."))
            return
        count, size = figures.count(found.files), figures.file_size(found.size)
        self._frees.setText(filled(self.tr("Originals to remove: %1. That frees %2."), count, size))
        self._cancel.setText(self.tr("Cancel"))
        self._remove.setEnabled(True)

    def _before(self, months: int) -> float:
        return float(QDateTime.currentDateTime().addMonths(-months).toSecsSinceEpoch())

    # --- Qt ---

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not press_focused(event):
            super().keyPressEvent(event)


def _day(seconds: float) -> str:
    return figures.date(QDateTime.fromSecsSinceEpoch(int(seconds)).date())
