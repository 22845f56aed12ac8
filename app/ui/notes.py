"""Notes above the message: what could not be attached and why, what is asked, what is worth knowing of a picture."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.ui import figures
from app.ui.label import Label
from app.ui.theme import CONTROL, HIT, RADIUS, Theme

_GAP: Final = 4
_ABOVE: Final = 4
_BELOW: Final = 8
"""Pixels to what stands above and below them."""
_PADDING: Final = 7
"""Pixels above and below a sentence, so that one line of it is as high as a button."""
_SIDE: Final = 4
"""Pixels at either side, so that the notes are as wide as the text below them."""
_CHOICES_GAP: Final = 12
_SENTENCE: Final = 260
"""Pixels of width that a sentence keeps beside its choices."""
_SHOWN: Final = 3
"""Notes that show at once; more are folded into a line that counts them."""


class Choice(NamedTuple):
    """A button of a note."""

    text: str
    do: Callable[[], object] | None = None
    """None only ends the note, and stands for its cross."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a note says."""

    text: str
    choices: tuple[Choice, ...] = ()
    """What there is to do about it; the note ends with any."""
    of_message: bool = False
    """Whether it goes with the message that is being written."""
    quiet: bool = False
    """Worth knowing, and nothing has gone wrong."""
    about: Hashable = None
    """What it is about, of which no other note is to speak; None for itself alone."""

    @property
    def rank(self) -> int:
        """Where it stands among others: first what helps to see better, then what is asked, then what went wrong."""
        return 2 if not self.choices else 0 if self.quiet else 1


class Note(QFrame):
    """One sentence, its choices, and a cross.

    Signals:
        dismissed(): it is to go.
        refused(): so it is, by the cross.
    """

    dismissed = Signal()
    refused = Signal()

    def __init__(self, theme: Theme, said: Said) -> None:
        super().__init__()
        self._theme = theme
        self.said = said
        self._words = Label(theme, said.text, role="secondary", wraps=True)
        self._words.setContentsMargins(0, _PADDING, 0, _PADDING)
        self._cross = QToolButton()
        self._cross.setProperty("kind", "icon")
        self._cross.setAccessibleName(self.tr("Dismiss"))
        self._cross.setToolTip(self.tr("Dismiss"))
        self._cross.clicked.connect(self.refused)
        self._cross.clicked.connect(self.dismissed)
        self._cross.setHidden(any(choice.do is None for choice in said.choices))
        self._choices = [self._button(choice) for choice in said.choices]
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(_CHOICES_GAP)
        for button in self._choices:
            self._buttons.addWidget(button)
        self._is_below = False
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(12, 2, 12 if self._cross.isHidden() else 2, 2)
        self._grid.setHorizontalSpacing(_CHOICES_GAP)
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnStretch(0, 1)
        self._grid.addWidget(self._words, 0, 0)
        self._grid.addLayout(self._buttons, 0, 1)
        self._grid.addWidget(self._cross, 0, 2, Qt.AlignmentFlag.AlignTop)
        theme.changed.connect(self._dress)
        self._dress()

    def _button(self, choice: Choice) -> QPushButton:
        button = QPushButton(choice.text)
        button.setProperty("kind", "link")
        if choice.do is not None:
            button.clicked.connect(choice.do)
        button.clicked.connect(self.dismissed)
        return button

    def _dress(self) -> None:
        tokens, quiet = self._theme.tokens, self.said.quiet
        ground, ink = (tokens.side, tokens.text2) if quiet else (tokens.on_warn, tokens.warn)
        self.setStyleSheet(f"Note {{ background: {ground}; border-radius: {RADIUS['control']}px; }}")
        self._words.setStyleSheet(f"color: {ink};")
        self._words.setMinimumHeight(self._theme.grown(CONTROL))
        for button in self._choices:
            button.setFont(self._theme.font("secondary", 500))
        self._place_choices()
        self._cross.setIcon(self._theme.icon("x", ink))

    def _place_choices(self) -> None:
        """Beside the sentence, or below it where they would leave it no room."""
        left = self.width() - self._buttons.sizeHint().width() - self._cross.sizeHint().width()
        is_below = left < self._theme.px(_SENTENCE)
        if is_below != self._is_below:
            self._is_below = is_below
            self._grid.removeItem(self._buttons)
            sides = Qt.AlignmentFlag
            row, column = (1, 0) if is_below else (0, 1)
            self._grid.addLayout(self._buttons, row, column, sides.AlignLeft if is_below else sides.AlignRight)

    # --- Qt ---

    def minimumSizeHint(self) -> QSize:
        """Any width: the column is never wider than what it is seen through."""
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_choices()


class Folded(QFrame):
    """The line below the notes that show: how many more there are, and two buttons.

    Signals:
        unfolded(): all are to show, or no longer.
        all_dismissed(): all are to go.
    """

    unfolded = Signal()
    all_dismissed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._count = Label(theme, role="secondary", tone="secondary")
        self._more, self._none = QPushButton(), QPushButton(self.tr("Dismiss all"))
        self._none.setAccessibleName(self._none.text())
        self._more.clicked.connect(self.unfolded)
        self._none.clicked.connect(self.all_dismissed)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(_CHOICES_GAP)
        row.addWidget(self._count)
        row.addWidget(self._more)
        row.addStretch(1)
        row.addWidget(self._none)
        self.tell(0)
        for button in (self._more, self._none):
            button.setProperty("kind", "link")
        theme.changed.connect(self._dress)
        self._dress()

    def tell(self, hidden: int) -> None:
        """So many do not show."""
        self._count.setVisible(hidden > 0)
        self._count.setText(self.tr("and %1 more").replace("%1", figures.count(hidden)))
        self._more.setText(self.tr("Show all") if hidden else self.tr("Show fewer"))
        self._more.setAccessibleName(self._more.text())

    def _dress(self) -> None:
        for button in (self._more, self._none):
            button.setFont(self._theme.font("secondary", 500))


class Notes(QScrollArea):
    """The column of them by rank, of one rank the newest last; of many some show, and the others are counted.

    It takes no room while there is none, and scrolls where there is too little for it.

    Signals:
        resized(): it wants another height.
        dismissed(Said): the person does not want to know.
        left(): the note that had the focus is gone.
    """

    resized = Signal()
    dismissed = Signal(object)
    left = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._limit = 10_000
        self.setAccessibleName(self.tr("Notes"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setViewportMargins(0, _ABOVE, 0, _BELOW)
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(_SIDE, 0, _SIDE, 0)
        self._column.setSpacing(_GAP)
        self.setWidget(inside)
        self._is_unfolded = False
        self._folded = Folded(theme)
        self._folded.hide()
        self._folded.unfolded.connect(self._unfold)
        self._folded.all_dismissed.connect(self._dismiss_all)
        self._column.addWidget(self._folded)
        for ground in (inside, self.viewport()):
            ground.setAutoFillBackground(False)
        inside.installEventFilter(self)
        self._end = 0
        self.verticalScrollBar().rangeChanged.connect(self._show_newest)
        self.hide()

    @property
    def texts(self) -> list[str]:
        return [note.said.text for note in self._notes()]

    @property
    def stops(self) -> list[QWidget]:
        """What the keyboard comes to, from the top down."""
        return [stop for part in (*self._notes(), self._folded) for stop in part.findChildren(QAbstractButton)]

    @property
    def of_message(self) -> list[Said]:
        """What was said about the message that is being written."""
        return [note.said for note in self._notes() if note.said.of_message]

    def add(self, said: Said) -> None:
        """Show a sentence, and say it where a screen reader listens. The same sentence stands only once."""
        for note in self._notes():
            if note.said.text == said.text or (said.about is not None and note.said.about == said.about):
                self._drop(note)
        note = Note(self._theme, said)
        note.dismissed.connect(lambda: self._drop(note))
        note.refused.connect(lambda: self.dismissed.emit(said))
        last = self._folded.findChildren(QAbstractButton)[-1]
        self._column.insertWidget(sum(other.said.rank <= said.rank for other in self._notes()), note)
        for before, after in pairwise((last, *self.stops)):
            QWidget.setTabOrder(before, after)
        self.show()
        self._fold()
        self._fit_height()
        from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent

        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, said.text))

    def forget(self, about: Hashable) -> None:
        """What was said about this no longer holds."""
        for note in self._notes():
            if note.said.about == about:
                self._drop(note)

    def clear(self) -> None:
        for note in self._notes():
            self._drop(note)

    def clear_of_message(self) -> None:
        """The message is sent: what was said about it goes with it."""
        for note in self._notes():
            if note.said.of_message:
                self._drop(note)

    def set_height_limit(self, pixels: int) -> None:
        """Scroll what does not fit into so many pixels; one line always shows."""
        self._limit = max(HIT, pixels)
        self._fit_height()

    def _notes(self) -> list[Note]:
        """From the top down."""
        notes = [note for note in self.findChildren(Note) if self._column.indexOf(note) >= 0]
        return sorted(notes, key=self._column.indexOf)

    def _drop(self, note: Note) -> None:
        had_focus = any(button.hasFocus() for button in note.findChildren(QAbstractButton))
        self._column.removeWidget(note)
        if had_focus:
            self.left.emit()  # before it is hidden: Qt would give the focus to whatever comes next
        note.hide()
        note.deleteLater()
        self._fold()
        self.setVisible(bool(self._notes()))
        self._fit_height()

    def _fold(self) -> None:
        """Show what asks something and, where there is room left, what was said last."""
        notes = self._notes()
        self._is_unfolded = self._is_unfolded and len(notes) > _SHOWN
        asking = [note for note in notes if note.said.choices][:_SHOWN]
        plain = [note for note in notes if not note.said.choices]
        shown = notes if self._is_unfolded else asking + plain[max(0, len(plain) - _SHOWN + len(asking)) :]
        for note in notes:
            note.setVisible(note in shown)
        self._folded.tell(len(notes) - len(shown))
        self._folded.setVisible(len(notes) > _SHOWN)

    def _unfold(self) -> None:
        self._is_unfolded = not self._is_unfolded
        self._fold()
        self._fit_height()

    def _dismiss_all(self) -> None:
        self.left.emit()
        for note in self._notes():
            self.dismissed.emit(note.said)
            self._drop(note)

    def _fit_height(self) -> None:
        height = min(self._column.totalHeightForWidth(self.width()) + _ABOVE + _BELOW, self._limit)
        if height != self.height() or height != self.minimumHeight():
            self.setFixedHeight(height)
            self.resized.emit()

    def _show_newest(self, _start: int, end: int) -> None:
        """A note more is in view at once; one less moves nothing."""
        if end > self._end:
            self.verticalScrollBar().setValue(end)
        self._end = end

    # --- Qt ---

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_height()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Other words or another text size ask for another height."""
        if event.type() == QEvent.Type.LayoutRequest and watched is self.widget():
            self._fit_height()
        return super().eventFilter(watched, event)
