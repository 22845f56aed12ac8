"""Asks for the words that go in the place of a picture: typed, or picked from what was answered about it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.conversation.shelf import ContextShelf
from app.core.cost import picture_tokens
from app.core.shelf import Form, Row, arranged, described
from app.ui import figures
from app.ui.foreign_text import one_line, tip
from app.ui.label import Label
from app.ui.shelf import words
from app.ui.shelf.passages import passages
from app.ui.theme import RADIUS, Theme

_PAUSE: Final = 120
"""Milliseconds without a key before what the words cost is worked out."""
_LISTED: Final = 4
"""Passages that show without scrolling."""
_LINE: Final = 30
"""Height of a passage."""
_TIP: Final = 600
"""Characters of a passage that its tooltip shows."""


class DescribeDialog(QDialog):
    """To be opened with `open()`; deletes itself when closed. Nothing is asked of anybody.

    Signals:
        chosen(str): the words that go in the picture's place from now on.
    """

    chosen = Signal(str)

    def __init__(self, theme: Theme, shelf: ContextShelf, row: Row, selected: str, parent: QWidget) -> None:
        """`selected` is the passage that the person has selected in an answer, if any."""
        super().__init__(parent)
        self._theme = theme
        self._shelf = shelf
        self._row = row
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Describe %1").replace("%1", words.numbered([row])))
        self.setMinimumSize(360, 300)
        self._field = QPlainTextEdit(selected.strip() or row.form.words)
        self._field.setProperty("kind", "field")
        self._field.setAccessibleName(self.tr("Words in place of the picture"))
        self._field.setPlaceholderText(self.tr("What later questions need to know of the picture."))
        self._field.setTabChangesFocus(True)
        self._offered = self._offer()
        self._told = Label(theme, role="secondary", tone="secondary", wraps=True)
        self._told.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeading)
        self._told.setMinimumHeight(3 * theme.line("secondary"))
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE)
        self._pause.timeout.connect(self._tell)
        self._field.textChanged.connect(self._pause.start)
        self._lay_out()
        self._tell()
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(keys), self, self.accept)

    @property
    def told(self) -> str:
        """What the words cost and save."""
        return self._told.text()

    def _offer(self) -> QListWidget:
        """What answers have said, to pick from."""
        offered = QListWidget()
        offered.setAccessibleName(self.tr("From the answers"))
        offered.setAccessibleDescription(self.tr("Enter puts the passage into the description"))
        offered.setTextElideMode(Qt.TextElideMode.ElideRight)
        offered.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        offered.setUniformItemSizes(True)
        offered.setFont(self._theme.font("secondary"))
        line, radius = self._theme.tokens.line, RADIUS["control"]
        offered.setStyleSheet(f"QListWidget {{ border: 1px solid {line}; border-radius: {radius}px; padding: 2px; }}")
        height = self._theme.grown(_LINE)
        chat = self._shelf.chat
        for text in passages(chat.messages.messages, self._row.number) if chat is not None else []:
            item = QListWidgetItem(one_line(text), offered)
            item.setData(Qt.ItemDataRole.UserRole, text)
            item.setToolTip(tip(text if len(text) <= _TIP else text[:_TIP] + "…"))
            item.setSizeHint(QSize(0, height))
        offered.setFixedHeight(min(max(1, offered.count()), _LISTED) * height + 6)
        offered.itemActivated.connect(self._take)
        offered.itemClicked.connect(self._take)
        return offered

    def _take(self, item: QListWidgetItem) -> None:
        """Put a passage in, below what is there."""
        text, passage = self._field.toPlainText().rstrip(), item.data(Qt.ItemDataRole.UserRole)
        if passage not in text:
            self._field.setPlainText(f"{text}\n\n{passage}" if text else passage)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(8)
        title = self.tr("What goes in the place of %1").replace("%1", words.numbered([self._row]))
        column.addWidget(Label(self._theme, title, weight=600))
        column.addWidget(self._field, 1)
        if self._offered.count():
            column.addSpacing(4)
            column.addWidget(Label(self._theme, self.tr("From the answers"), role="caption", tone="secondary"))
            column.addWidget(self._offered)
        column.addWidget(self._told)
        column.addLayout(self._buttons())
        self.resize(self._theme.px(520), self._theme.px(400))

    def _buttons(self) -> QHBoxLayout:
        cancel, self._save = QPushButton(self.tr("Cancel")), QPushButton(self.tr("Describe"))
        cancel.setProperty("kind", "plain")
        self._save.setProperty("kind", "primary")
        self._save.setToolTip("Ctrl+Enter")
        cancel.setAutoDefault(False)
        self._save.setAutoDefault(False)  # Enter in the list picks a passage
        cancel.clicked.connect(self.reject)
        self._save.clicked.connect(self.accept)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(self._save)
        return row

    def _tell(self) -> None:
        shelf, row, form = self._shelf, self._row, described(self._field.toPlainText())
        self._save.setEnabled(form.kind == "described")
        if form.kind != "described":
            self._told.setText(self.tr("The picture itself is %1.").replace("%1", figures.tokens(self._picture_tokens)))
            return
        change = shelf.what_if({row.number: form})
        mine = self._words_tokens(form)
        counted = self.tr("≈ %1 in the place of %2.")
        told = counted.replace("%1", figures.tokens(mine)).replace("%2", figures.tokens(self._picture_tokens))
        longer = self.tr("The words are longer than the picture.") if mine > self._picture_tokens else ""
        effect = words.sentence("describe", [row], change, shelf.shelf, free=shelf.practice)
        self._told.setText(" ".join(part for part in (told, longer, effect) if part))

    @property
    def _picture_tokens(self) -> int:
        """Of the picture itself, whatever goes in its place now."""
        chat = self._shelf.chat
        if chat is None:
            return 0
        return sum(picture_tokens(image, chat.model) for image in chat.messages.blocks_of(self._row.number))

    def _words_tokens(self, form: Form) -> int:
        """Of the sentence that goes in its place."""
        chat, number = self._shelf.chat, self._row.number
        if chat is None:
            return 0
        images = (image for message in arranged(chat.messages.messages, {number: form}) for image in message.images)
        return next((chat.today.count(image.stands_for) for image in images if image.number == number), 0)

    def accept(self) -> None:
        text = self._field.toPlainText().strip()
        if text:
            self.chosen.emit(text)
            super().accept()
