"""The list of prompts to choose from: a field that filters it, the saved ones, and those the app comes with."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.conversation.prompt_library import PromptLibrary, found
from app.core.prompts import Prompt
from app.ui.foreign_text import one_line
from app.ui.prompts.prompt_row import PromptRow
from app.ui.theme import RADIUS, Theme

_SIZE: Final = QSize(400, 336)
_GAP: Final = 8
_KEYS: Final = {Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown}


class PromptPopup(QFrame):
    """Arrows move in the list while the field is written in; Enter or a click chooses, Esc leaves.

    Signals:
        chosen(Prompt): put it in.
        save_wanted(): keep what is written as a prompt.
        library_wanted(): show the library.
        left(): closed without any of these.
    """

    chosen = Signal(object)
    save_wanted = Signal()
    library_wanted = Signal()
    left = Signal()

    def __init__(self, theme: Theme, library: PromptLibrary, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._theme = theme
        self._library = library
        self._done = False
        self.setObjectName("prompts")
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)  # its corners are round
        self.setAccessibleName(self.tr("Prompts"))
        self._field = QLineEdit(placeholderText=self.tr("Find a prompt"))
        self._field.setAccessibleName(self.tr("Find a prompt"))
        self._list = QListWidget()
        self._list.setAccessibleName(self.tr("Prompts"))
        self._list.setFrameShape(QFrame.Shape.NoFrame)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setMouseTracking(True)
        self._list.setItemDelegate(PromptRow(theme, self._list))
        self._save, self._edit = QPushButton(self.tr("Save what is written…")), QPushButton(self.tr("Edit prompts…"))
        self._lay_out()
        self._field.textChanged.connect(self._filter)
        self._field.installEventFilter(self)
        self._list.itemClicked.connect(self._choose)
        self._save.clicked.connect(lambda: self._leave_for(self.save_wanted))
        self._edit.clicked.connect(lambda: self._leave_for(self.library_wanted))

    def open_over(self, at: QPoint, *, can_save: bool) -> None:
        """Open with its lower left corner at a point of the screen, or where there is room."""
        self._save.setEnabled(can_save)
        self._field.clear()
        self._filter("")
        size = QSize(*(self._theme.px(each) for each in (_SIZE.width(), _SIZE.height())))
        room = self.screen().availableGeometry()
        size = size.boundedTo(room.size())
        left = min(max(at.x(), room.left()), room.right() - size.width())
        top = min(max(at.y() - size.height() - _GAP, room.top()), room.bottom() - size.height())
        self.setGeometry(left, top, size.width(), size.height())
        self._done = False
        self.show()
        self._field.setFocus()

    def _lay_out(self) -> None:
        foot = QHBoxLayout()
        foot.setContentsMargins(8, 0, 8, 0)
        for button in (self._save, self._edit):
            button.setProperty("kind", "link")
        foot.addWidget(self._save)
        foot.addStretch(1)
        foot.addWidget(self._edit)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(self._field)
        column.addWidget(self._list, 1)
        column.addLayout(foot)

    def _filter(self, words: str) -> None:
        self._list.clear()
        saved, given = self._library.saved, self._library.starters
        headings = ((found(saved, words), self.tr("Yours")), (found(given, words), self.tr("To begin with")))
        for prompts, heading in headings:
            for place, prompt in enumerate(prompts):
                item = QListWidgetItem(one_line(prompt.name) or one_line(prompt.text or prompt.system))
                item.setData(PromptRow.PROMPT, prompt)
                item.setData(PromptRow.HEADING, heading if place == 0 and saved else "")
                self._list.addItem(item)
        self._list.setCurrentRow(0)

    def _choose(self, item: QListWidgetItem) -> None:
        prompt = item.data(PromptRow.PROMPT)
        if isinstance(prompt, Prompt):
            self._done = True
            self.close()
            self.chosen.emit(prompt)

    def _leave_for(self, signal: object) -> None:
        self._done = True
        self.close()
        signal.emit()  # type: ignore[attr-defined]  # a bound signal has no type of its own

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in _KEYS:
                self._list.event(event)
                return True
            if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
                if (item := self._list.currentItem()) is not None:
                    self._choose(item)
                return True
            if event.key() == Qt.Key.Key_Backspace and not self._field.text():
                self.close()
                return True
        return super().eventFilter(watched, event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(self._theme.tokens.line))
        painter.setBrush(QColor(self._theme.tokens.surface))
        edge = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(edge, RADIUS["control"], RADIUS["control"])
        painter.end()

    def hideEvent(self, event: QEvent) -> None:
        super().hideEvent(event)  # type: ignore[arg-type]  # Qt gives a QHideEvent
        if not self._done:
            self.left.emit()
