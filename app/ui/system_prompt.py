"""The conversation's system prompt: a plain field, and what a change of it means."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from app.ui.label import Label
from app.ui.theme import Theme


class SystemPromptDialog(QDialog):
    """To be opened with `open()`; deletes itself when closed.

    Signals:
        chosen(str): the prompt from now on; only when it is another one.
    """

    chosen = Signal(str)

    def __init__(self, theme: Theme, system: str, *, was_asked: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self._was = system
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("System prompt"))
        self.setMinimumSize(360, 280)
        self.resize(theme.px(520), theme.px(360))
        self._field = QPlainTextEdit(system)
        self._field.setProperty("kind", "field")
        self._field.setAccessibleName(self.tr("System prompt"))
        self._field.setPlaceholderText(self.tr("You are a designer who reviews screens. Answer in short points."))
        self._field.setTabChangesFocus(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(12)
        column.addWidget(Label(theme, self.tr("How Claude is to answer in this chat"), weight=600))
        column.addWidget(self._field, 1)
        column.addWidget(Label(theme, self._meaning(was_asked), role="secondary", tone="secondary", wraps=True))
        column.addLayout(self._buttons())
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(keys), self, self.accept)

    def _meaning(self, was_asked: bool) -> str:
        if not was_asked:
            return self.tr("Sent with every message of this chat, and billed as input.")
        return self.tr(
            "A change holds from the next message on. Claude's earlier thinking is then left out, and the cache is "
            "written anew: the next message costs more."
        )

    def _buttons(self) -> QHBoxLayout:
        cancel, save = QPushButton(self.tr("Cancel")), QPushButton(self.tr("Save"))
        cancel.setProperty("kind", "plain")
        save.setProperty("kind", "primary")
        save.setToolTip("Ctrl+Enter")
        save.setDefault(True)
        cancel.clicked.connect(self.reject)
        save.clicked.connect(self.accept)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(save)
        return row

    def accept(self) -> None:
        text = self._field.toPlainText().strip()
        if text != self._was:
            self.chosen.emit(text)
        super().accept()
