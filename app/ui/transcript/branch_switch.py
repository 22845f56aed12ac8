"""Goes from one version of a message to the next: ‹ 2/3 ›."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget

from app.ui import figures
from app.ui.label import Label
from app.ui.theme import Theme
from app.ui.transcript.icon_button import IconButton

_WORDS: Final = 4
"""Pixels that the figures have beside them at least."""


class BranchSwitch(QWidget):
    """Signals:
    turned(str): "older" or "newer": that version is wanted.
    """

    turned = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = (0, 0, False)
        self._older = IconButton(theme, "chevron-left", self.tr("Earlier version"), parent=self)
        self._newer = IconButton(theme, "chevron-right", self.tr("Later version"), parent=self)
        self._older.clicked.connect(lambda: self.turned.emit("older"))
        self._newer.clicked.connect(lambda: self.turned.emit("newer"))
        self._words = Label(theme, role="caption", tone="secondary", parent=self)
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for widget in (self._older, self._words, self._newer):
            row.addWidget(widget)

    def show_branch(self, branch: tuple[int, int], *, can_turn: bool) -> None:
        """Which one of how many; unless it `can_turn`, it only tells."""
        which, of = branch
        if (which, of, can_turn) == self._shown:
            return
        self._shown = (which, of, can_turn)
        words = f"{figures.count(which)}/{figures.count(of)}"
        self._words.setText(words)
        whole = self.tr("Version %1 of %2").replace("%1", figures.count(which)).replace("%2", figures.count(of))
        self._words.setAccessibleName(whole)
        self._words.setToolTip(whole)
        widest = figures.count(of) + "/" + figures.count(of)
        self._words.setFixedWidth(self._words.fontMetrics().horizontalAdvance(widest) + 2 * _WORDS)
        focused = QApplication.focusWidget()
        self._older.setEnabled(can_turn and which > 1)
        self._newer.setEnabled(can_turn and which < of)
        # At the end of the line the focus would go to whatever comes next: the way back is nearer.
        if focused is self._older and not self._older.isEnabled():
            self._newer.setFocus()
        elif focused is self._newer and not self._newer.isEnabled():
            self._older.setFocus()

    def take_focus(self) -> None:
        """Of the two ways, one that leads on."""
        (self._older if self._older.isEnabled() else self._newer).setFocus(Qt.FocusReason.OtherFocusReason)
