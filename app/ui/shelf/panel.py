"""The open shelf: its pictures, what a change of those chosen would cost and save, and the buttons that do it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.conversation.gallery import Gallery
from app.conversation.shelf import ContextShelf
from app.core.shelf import KEPT, Form, Row, described
from app.ui.label import Label
from app.ui.shelf import words
from app.ui.shelf.strip import ShelfStrip
from app.ui.theme import RADIUS, Theme

_LINES: Final = ((640, 2), (500, 3))
"""From so many pixels of width on, a sentence takes so many lines."""
_MOST_LINES: Final = 4


class ShelfPanel(QFrame):
    """Signals:
    picture_opened(int): a picture is to be shown large; its number.
    closed(): the person wants it closed.
    arranged(): it may need another height than it has.
    """

    picture_opened = Signal(int)
    closed = Signal()
    arranged = Signal()

    def __init__(
        self,
        theme: Theme,
        gallery: Gallery,
        shelf: ContextShelf,
        selected_text: Callable[[], str],
        parent: QWidget | None = None,
    ) -> None:
        """`selected_text` is the passage of an answer that is selected, if there is one."""
        super().__init__(parent)
        self._theme = theme
        self._shelf = shelf
        self._selected_text = selected_text
        self.strip = ShelfStrip(theme, gallery)
        self._told = Label(theme, role="secondary", tone="secondary", wraps=True)
        self._keep = self._button(self.tr("Keep"), self.tr("Let the picture itself go along again"))
        self._describe = self._button(self.tr("Describe…"), self.tr("Let words go in the picture's place"))
        self._leave = self._button(self.tr("Leave out"), self.tr("Let nothing of it go along from now on") + " (Del)")
        self._undo = self._button(self.tr("Undo"), self.tr("Take the last change back") + " (Ctrl+Z)")
        self._about: words.Deed | None = None
        """What is about to be done, as the pointer or the focus is there."""
        self._keep.installEventFilter(self)
        self._is_framed = True
        self._lay_out()
        self.strip.chosen.connect(self._follow)
        self.strip.opened.connect(self.picture_opened)
        self.strip.left_out.connect(self.leave_out)
        self.strip.undone.connect(shelf.undo)
        self._keep.clicked.connect(self.keep)
        self._describe.clicked.connect(self.describe)
        self._leave.clicked.connect(self.leave_out)
        self._undo.clicked.connect(shelf.undo)
        shelf.changed.connect(self._follow)
        theme.changed.connect(self._dress)
        self._dress()

    @property
    def told(self) -> str:
        """What is said of those chosen."""
        return self._told.text()

    def set_framed(self, framed: bool) -> None:
        """With a frame of its own, or within that of a window."""
        self._is_framed = framed
        self._dress()

    def keep(self) -> None:
        """Let the pictures chosen go themselves."""
        self._shelf.arrange(dict.fromkeys((row.number for row in self._chosen), KEPT))

    def leave_out(self) -> None:
        """Let the pictures chosen go no more."""
        self._shelf.arrange(_out(self._chosen))

    def describe(self) -> None:
        """Ask for the words that go in the place of the picture chosen."""
        chosen = self._chosen
        if len(chosen) != 1 or self._shelf.busy:
            return
        from app.ui.shelf.describing import DescribeDialog

        row = chosen[0]
        dialog = DescribeDialog(self._theme, self._shelf, row, self._selected_text(), self.window())
        dialog.chosen.connect(lambda text: self._shelf.arrange({row.number: described(text)}))
        dialog.open()

    def _button(self, text: str, hint: str) -> QPushButton:
        button = QPushButton(text)
        button.setProperty("kind", "plain")
        button.setToolTip(hint)
        button.setAccessibleName(text)
        button.setAccessibleDescription(hint)
        return button

    def _lay_out(self) -> None:
        self.setObjectName("shelf")
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self._keep, self._describe, self._leave):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self._undo)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(self.strip)
        column.addWidget(self._told)
        column.addLayout(buttons)

    def _dress(self) -> None:
        tokens = self._theme.tokens
        frame = f"border: 1px solid {tokens.line}; border-radius: {RADIUS['card']}px;" if self._is_framed else ""
        self.setStyleSheet(
            f"QFrame#shelf {{ background: {tokens.surface}; {frame} }} QListView {{ background: transparent; }}"
        )
        self._reserve_lines()
        self._told.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeading)

    def _reserve_lines(self) -> None:
        """Room for a sentence of the usual length, so that a longer one moves nothing."""
        lines = next((lines for width, lines in _LINES if self.width() >= self._theme.px(width)), _MOST_LINES)
        self._told.setMinimumHeight(lines * self._theme.line("secondary"))

    @property
    def squeezed(self) -> bool:
        """Whether it has less height than it needs."""
        layout = self.layout()
        return layout is not None and self.height() < layout.totalHeightForWidth(self.width())

    @property
    def _chosen(self) -> list[Row]:
        """The pictures chosen that take part at all."""
        return [row for row in self.strip.selected if row.state != "silent"]

    def follow(self) -> None:
        """Show what is known now; not before it is looked at."""
        self._follow()

    def _follow(self) -> None:
        if self.isHidden():
            return
        shelf = self._shelf
        self.strip.rows.show(shelf.rows, free=shelf.practice)
        chosen, idle = self._chosen, not shelf.busy
        away = [row for row in chosen if row.form.kind != "kept"]
        here = [row for row in chosen if row.form.kind != "left_out"]
        self._keep.setEnabled(idle and bool(away))
        self._describe.setEnabled(idle and len(chosen) == 1)
        self._leave.setEnabled(idle and bool(here))
        self._undo.setEnabled(idle and shelf.can_undo)
        self._undo.setVisible(shelf.can_undo)
        self._told.setText(self._sentence(away, here))

    def _sentence(self, away: list[Row], here: list[Row]) -> str:
        """Of leaving out those that are here, or of keeping those that are away."""
        shelf = self._shelf
        say = partial(words.sentence, shelf=shelf.shelf, free=shelf.practice)
        if here and not (away and self._about == "keep"):
            return say("leave_out", here, shelf.what_if(_out(here)))
        if away:
            return say("keep", away, shelf.what_if(dict.fromkeys((row.number for row in away), KEPT)))
        return self.tr("Choose pictures to see what it would save to leave them out.")

    # --- Qt ---

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._reserve_lines()
        self.arranged.emit()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.arranged.emit()
        return super().event(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Tell what a button would do while it is looked at."""
        kinds = QEvent.Type
        if event.type() in {kinds.Enter, kinds.Leave, kinds.FocusIn, kinds.FocusOut}:
            looked_at = event.type() in {kinds.Enter, kinds.FocusIn}
            self._about = "keep" if watched is self._keep and looked_at else None
            self._follow()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)


def _out(rows: list[Row]) -> dict[int, Form]:
    """All of them left out; the words of those described wait."""
    return {row.number: Form("left_out", row.form.words) for row in rows}
