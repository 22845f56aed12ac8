"""Notes above the message: what could not be attached and why, each until it is dismissed or its message is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QToolButton, QVBoxLayout, QWidget

from app.ui.theme import HIT, RADIUS, Theme

_GAP: Final = 4
_ABOVE: Final = 4
_BELOW: Final = 8
"""Pixels to what stands above and below them."""


class Note(QFrame):
    """One sentence, a cross, and a button where there is something to do about it.

    Signals:
        dismissed(): it is to go.

    Attributes:
        of_message: whether it goes with the message that is being written.
    """

    dismissed = Signal()

    def __init__(
        self, theme: Theme, text: str, action: str = "", do: Callable[[], None] | None = None, *, of_message: bool
    ) -> None:
        super().__init__()
        self._theme = theme
        self.text = text
        self.of_message = of_message
        self._words = QLabel(text)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setWordWrap(True)
        self._cross = QToolButton()
        self._cross.setProperty("kind", "icon")
        self._cross.setAccessibleName(self.tr("Dismiss"))
        self._cross.setToolTip(self.tr("Dismiss"))
        self._cross.clicked.connect(self.dismissed)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 2, 2, 2)
        row.addWidget(self._words, 1)
        self._action = QPushButton(action)
        self._action.setProperty("kind", "link")
        self._action.setVisible(do is not None)
        if do is not None:
            self._action.clicked.connect(do)
            self._action.clicked.connect(self.dismissed)
        row.addWidget(self._action)
        row.addWidget(self._cross, 0, Qt.AlignmentFlag.AlignTop)
        theme.changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        tokens = self._theme.tokens
        self.setStyleSheet(f"Note {{ background: {tokens.on_warn}; border-radius: {RADIUS['control']}px; }}")
        self._words.setStyleSheet(f"color: {tokens.warn};")
        self._words.setFont(self._theme.font("secondary"))
        self._action.setFont(self._theme.font("secondary", 500))
        self._cross.setIcon(self._theme.icon("x", tokens.warn))


class Notes(QScrollArea):
    """The column of them, the newest last; it takes no room while there is none, and scrolls where there are many.

    Signals:
        resized(): it wants another height.
    """

    resized = Signal()

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
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(_GAP)
        self.setWidget(inside)
        for ground in (inside, self.viewport()):
            ground.setAutoFillBackground(False)
        inside.installEventFilter(self)
        self._end = 0
        self.verticalScrollBar().rangeChanged.connect(self._show_newest)
        self.hide()

    @property
    def texts(self) -> list[str]:
        return [note.text for note in self._notes()]

    def add(
        self, text: str, action: str = "", do: Callable[[], None] | None = None, *, of_message: bool = False
    ) -> None:
        """Show a sentence, and say it where a screen reader listens. The same sentence stands only once."""
        for note in self._notes():
            if note.text == text:
                self._drop(note)
        note = Note(self._theme, text, action, do, of_message=of_message)
        note.dismissed.connect(lambda: self._drop(note))
        self._column.addWidget(note)
        self.show()
        self._fit_height()
        from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent

        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))

    def clear(self) -> None:
        for note in self._notes():
            self._drop(note)

    def clear_of_message(self) -> None:
        """The message is sent: what was said about it goes with it."""
        for note in self._notes():
            if note.of_message:
                self._drop(note)

    def set_height_limit(self, pixels: int) -> None:
        """Scroll what does not fit into so many pixels; one line always shows."""
        self._limit = max(HIT, pixels)
        self._fit_height()

    def _notes(self) -> list[Note]:
        return [note for note in self.findChildren(Note) if self._column.indexOf(note) >= 0]

    def _drop(self, note: Note) -> None:
        self._column.removeWidget(note)
        note.hide()
        note.deleteLater()
        self.setVisible(self._column.count() > 0)
        self._fit_height()

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
