"""The dialog of a start that moves the data folder: how far it is, what went wrong, and that it is done."""

from __future__ import annotations

from typing import Final, Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout

from app.core.moving import Plan
from app.ui.buttons import press_focused
from app.ui.errors.form import filled
from app.ui.figures import file_size
from app.ui.foreign_text import one_line
from app.ui.label import Label
from app.ui.theme import Theme

_WIDTH: Final = 520
_MARGIN: Final = 24
_STEPS: Final = 1000
"""Of the bar: a number of bytes may be more than it can count."""

Wish = Literal["stop", "again", "stay", "open"]
"""stop: end what is under way. again, stay: after a failure. open: it is done, go on."""


class MoveDialog(QDialog):
    """Opened with `open`. It stays until it is told that what was wished for is done (`accept`).

    Signals:
        wished(str): a `Wish`. Closing it is to wish for what changes nothing.
        stopped(): the same as wishing to stop.
    """

    wished = Signal(str)
    stopped = Signal()

    def __init__(self, theme: Theme, plan: Plan) -> None:
        super().__init__()
        self._theme = theme
        self._plan = plan
        self.setWindowTitle("Visavis")
        self._head = Label(theme, role="heading", weight=600)
        self._matter = Label(theme, wraps=True)
        self._matter.setFixedWidth(theme.px(_WIDTH) - 2 * _MARGIN)
        self._bar = QProgressBar(maximum=_STEPS, textVisible=False)
        self._bar.setObjectName("moving")
        self._bar.setAccessibleName(self.tr("Moving your data folder"))
        self._said = Label(theme, role="secondary", tone="secondary")
        self._buttons = {wish: QPushButton(name) for wish, name in self._names().items()}
        self._last: Wish = "stop"
        self._lay_out()
        self.show_progress(0, 1)

    def _names(self) -> dict[Wish, str]:
        return {
            "stop": self.tr("Cancel"),
            "stay": self.tr("Do not move"),
            "again": self.tr("Try again"),
            "open": self.tr("Open Visavis"),
        }

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)
        column.addStrut(self._theme.px(_WIDTH) - 2 * _MARGIN)
        column.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        column.setSpacing(12)
        for widget in (self._head, self._matter, self._bar, self._said):
            column.addWidget(widget)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        for wish, button in self._buttons.items():
            button.setProperty("kind", "primary" if wish in {"again", "open"} else "plain")
            button.setAutoDefault(False)
            button.clicked.connect(lambda _=False, wish=wish: self._wish(wish))
            row.addWidget(button)
        column.addSpacing(4)
        column.addLayout(row)

    def show_progress(self, done: int, of: int) -> None:
        """So many bytes of so many; it can be cancelled."""
        self._bar.setValue(_STEPS * done // max(1, of))
        self._said.setText(self.tr("Each file is copied, read back and compared: %1 %").replace("%1", self._percent))
        if self._last != "stop" or not self._head.text():
            self._show(self.tr("Moving your data folder"), self._ways(), "stop")
            self._bar.show()
            self._said.show()

    def show_stopping(self) -> None:
        """It was cancelled; what has arrived goes again."""
        self._said.setText(self.tr("Nothing is moved; what was copied is removed again…"))

    def show_failure(self, words: str) -> None:
        """It could not be done; nothing has changed."""
        matter = filled(self.tr("%1\nNothing has changed: everything is in %2, as before."), words, self._source)
        self._show(self.tr("The data folder was not moved"), matter, "stay", "again")

    def show_done(self, size: int) -> None:
        """So many bytes are elsewhere now."""
        words = self.tr(
            "Everything is in %1 now: %2, each file looked at. What was in %3 is kept. When you have seen that all is "
            "well, Settings, Data puts it into the trash."
        )
        matter = filled(words, self._target, file_size(size), self._source)
        self._show(self.tr("The data folder has moved"), matter, "open")

    @property
    def _percent(self) -> str:
        return str(100 * self._bar.value() // _STEPS)

    @property
    def _source(self) -> str:
        return one_line(str(self._plan.source))

    @property
    def _target(self) -> str:
        return one_line(str(self._plan.target))

    def _ways(self) -> str:
        return filled(self.tr("From %1\nto %2"), self._source, self._target)

    def _show(self, head: str, matter: str, *wishes: Wish) -> None:
        self._last = wishes[0]
        self._head.setText(head)
        self._matter.setText(matter)
        self._bar.hide()
        self._said.hide()
        for wish, button in self._buttons.items():
            button.setEnabled(True)
            button.setVisible(wish in wishes)
        self._buttons[wishes[-1]].setFocus(Qt.FocusReason.OtherFocusReason)

    def _wish(self, wish: Wish) -> None:
        for button in self._buttons.values():
            button.setEnabled(False)
        self.wished.emit(wish)
        if wish == "stop":
            self.stopped.emit()

    # --- Qt ---

    def reject(self) -> None:
        if self._buttons[self._last].isEnabled():
            self._wish(self._last)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not press_focused(event):
            super().keyPressEvent(event)
