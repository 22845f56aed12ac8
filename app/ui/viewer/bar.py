"""The buttons below the picture: which pixels are seen, the next picture, and while a region is marked what becomes of
it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.ui.label import Label
from app.ui.theme import DARK, Theme
from app.ui.viewer.sheet import FAINT

ARROWS: Final = frozenset({Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down})


class ViewerButton(QPushButton):
    """Leaves the arrows to the viewer, where Qt would move the focus to the next button."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ARROWS:
            event.ignore()
        else:
            super().keyPressEvent(event)


def icon_button(theme: Theme, icon: str, name: str, shortcut: str) -> QPushButton:
    """A button without a word."""
    button = ViewerButton()
    button.setProperty("kind", "icon")
    button.setIcon(_icon(theme, icon))
    return _named(button, name, shortcut)


def _pill(theme: Theme, icon: str, name: str, shortcut: str) -> QPushButton:
    button = ViewerButton(f" {name}")  # or it would stick to the icon
    button.setProperty("kind", "pill")
    button.setIcon(_icon(theme, icon))
    return _named(button, name, shortcut)


def _icon(theme: Theme, name: str) -> QIcon:
    icon = QIcon(theme.pixmap(name, DARK.text))
    icon.addPixmap(theme.pixmap(name, FAINT), QIcon.Mode.Disabled)
    return icon


def _named(button: QPushButton, name: str, shortcut: str) -> QPushButton:
    button.setAccessibleName(name)
    button.setToolTip(f"{name} ({shortcut})" if shortcut else name)
    return button


class Bar(QWidget):
    """Signals:
    moved(int): to the next picture (1) or back (-1).
    seeing_wanted(bool): what Claude sees, or the original.
    """

    moved = Signal(int)
    seeing_wanted = Signal(bool)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.previous = icon_button(theme, "arrow-left", self.tr("Previous picture"), self.tr("Left"))
        self.next = icon_button(theme, "arrow-right", self.tr("Next picture"), self.tr("Right"))
        self.sees = _pill(theme, "eye", self.tr("What Claude sees"), self.tr("C, or hold Space"))
        self.original = _pill(theme, "image", self.tr("Original"), self.tr("C, or hold Space"))
        self.mark = _pill(theme, "crop", self.tr("Mark a region"), "M")
        self.more = icon_button(theme, "ellipsis", self.tr("More"), self.tr("Menu"))
        self.cancel = _pill(theme, "x", self.tr("Cancel"), self.tr("Esc"))
        self.accept = ViewerButton()
        self.accept.setProperty("kind", "primary")
        self._words = Label(theme, role="secondary", weight=500, wraps=True)
        self._hint = Label(theme, role="caption", tone="secondary", wraps=True)
        self._pills = {pill: pill.text() for pill in (self.sees, self.original, self.mark)}
        for button in (self.sees, self.original):
            button.setCheckable(True)
        self._pages = self._looking(), self._marking()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for page in self._pages:
            column.addWidget(page)
        self._pages[1].hide()
        self._connect()

    @property
    def buttons(self) -> list[QPushButton]:
        """What can be pressed now, in order."""
        if self.marking:
            return [self.cancel, self.accept]
        return [self.previous, self.sees, self.original, self.mark, self.more, self.next]

    @property
    def marking(self) -> bool:
        return not self._pages[1].isHidden()

    def _looking(self) -> QWidget:
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(12, 12, 12, 12)
        row.setSpacing(8)
        row.addWidget(self.previous)
        row.addStretch(1)
        for button in (self.sees, self.original, self.mark, self.more):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.next)
        return page

    def _marking(self) -> QWidget:
        """As high as the page for looking, where there is room, so that the picture stays where it is."""
        page = QWidget()
        words = QVBoxLayout()
        words.setSpacing(0)
        for label in (self._words, self._hint):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            words.addWidget(label)
        row = QHBoxLayout(page)
        row.setContentsMargins(12, 11, 12, 11)
        row.setSpacing(16)
        row.addWidget(self.cancel)
        row.addLayout(words, 1)
        row.addWidget(self.accept)
        return page

    def _connect(self) -> None:
        self.previous.clicked.connect(lambda: self.moved.emit(-1))
        self.next.clicked.connect(lambda: self.moved.emit(1))
        self.sees.clicked.connect(lambda: self.seeing_wanted.emit(True))
        self.original.clicked.connect(lambda: self.seeing_wanted.emit(False))

    def set_place(self, index: int, count: int) -> None:
        """Which picture of how many is shown."""
        self.previous.setEnabled(index > 0)
        self.next.setEnabled(index < count - 1)
        for button in (self.previous, self.next):
            button.setVisible(count > 1)

    def set_seen(self, *, sent: bool, original: bool, has_sent: bool, has_original: bool) -> None:
        """Which pixels are shown, and which there are."""
        self.sees.setChecked(sent)
        self.original.setChecked(original and has_original)
        self.sees.setEnabled(has_sent)
        self.original.setEnabled(has_original)

    def set_marking(self, *, on: bool) -> None:
        """Show the buttons for it, or those for looking."""
        self._pages[0].setVisible(not on)
        self._pages[1].setVisible(on)

    def set_accept(self, words: str) -> None:
        """What the button says that takes the region."""
        self.accept.setText(words)
        _named(self.accept, words, self.tr("Enter"))

    def set_region(self, words: str, hint: str, *, warns: bool) -> None:
        """What would be sent of the marked region, and a word about it."""
        self._words.setText(words)
        self._hint.setText(hint)
        self._hint.setProperty("tone", "warning" if warns else "secondary")
        self._hint.style().unpolish(self._hint)
        self._hint.style().polish(self._hint)

    def set_width(self, width: int) -> None:
        """Leave the words off the buttons where they do not fit; their tooltips keep them."""
        for pill, words in self._pills.items():
            pill.setText(words)
        if self._pages[0].minimumSizeHint().width() > width:
            for pill in self._pills:
                pill.setText("")
