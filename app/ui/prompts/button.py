"""The button beside the paper clip: prompts to be put into the message, also with "/" where nothing is written."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QInputMethodEvent, QKeyEvent
from PySide6.QtWidgets import QMessageBox, QTextEdit, QToolButton

from app.conversation.chat import Chat
from app.conversation.prompt_library import PromptLibrary
from app.core.prompts import Prompt
from app.ui.errors.form import filled
from app.ui.foreign_text import one_line
from app.ui.prompts.popup import PromptPopup
from app.ui.theme import Theme

_SLASH = "/"


class PromptsButton(QToolButton):
    """Puts the prompt that is chosen where the cursor is in the message, and its system prompt into the chat.

    Signals:
        said(str): what became of the chat's system prompt.
    """

    said = Signal(str)

    def __init__(self, theme: Theme, library: PromptLibrary, edit: QTextEdit) -> None:
        """`edit` is the field of the message."""
        super().__init__()
        self._theme = theme
        self._library = library
        self._edit = edit
        self._chat: Chat | None = None
        self._typed = False
        """Whether what is about to change the message is a slash that is typed where nothing is written."""
        self._popup: PromptPopup | None = None
        self.setProperty("kind", "icon")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(self.tr("Prompts"))
        self.setToolTip(self.tr("Saved prompts (%1 in an empty message)").replace("%1", _SLASH))
        self.clicked.connect(self.open_list)
        edit.installEventFilter(self)
        edit.textChanged.connect(self._watch)
        theme.changed.connect(self._dress)
        self._dress()

    def set_chat(self, chat: Chat) -> None:
        """The system prompts are for this conversation from now on."""
        self._chat = chat

    def open_list(self) -> None:
        if self._popup is None:
            self._popup = PromptPopup(self._theme, self._library, self)
            self._popup.chosen.connect(self._take)
            self._popup.save_wanted.connect(lambda: self._open_library(self._edit.toPlainText()))
            self._popup.library_wanted.connect(self._open_library)
            self._popup.left.connect(self._edit.setFocus)
        self._popup.open_over(self.mapToGlobal(QPoint(0, 0)), can_save=self._is_written())

    def _is_written(self) -> bool:
        return self._edit.toPlainText().strip() not in {"", _SLASH}

    def _watch(self) -> None:
        """A message that was kept, pasted or given back may be a slash, too: that opens nothing."""
        typed, self._typed = self._typed, False
        if typed and self._edit.toPlainText() == _SLASH and self._edit.hasFocus():
            self.open_list()

    def _take(self, prompt: Prompt) -> None:
        if self._edit.toPlainText() == _SLASH:
            self._edit.selectAll()
        if prompt.text or self._edit.textCursor().hasSelection():
            self._edit.insertPlainText(prompt.text)
        self._edit.ensureCursorVisible()
        self._edit.setFocus()
        chat = self._chat
        if chat is None or not prompt.system or prompt.system == chat.facts.system:
            return
        if chat.facts.system:
            self._ask_to_replace(chat, prompt)
        else:
            self._set_system(chat, prompt)

    def _set_system(self, chat: Chat, prompt: Prompt) -> None:
        chat.set_system(prompt.system)
        words = self.tr(
            "This chat now has the system prompt of “%1”. To see or change it, press System prompt at the top right."
        )
        self.said.emit(filled(words, one_line(prompt.name)))

    def _ask_to_replace(self, chat: Chat, prompt: Prompt) -> None:
        """This chat has a system prompt already, which may be nowhere else."""
        question = QMessageBox(self.window())
        question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        question.setWindowTitle(self.tr("System prompt"))
        question.setText(self.tr("This chat has a system prompt. Put that of the saved prompt in its place?"))
        replace = question.addButton(self.tr("Replace"), QMessageBox.ButtonRole.AcceptRole)
        question.setDefaultButton(question.addButton(self.tr("Keep it"), QMessageBox.ButtonRole.RejectRole))
        replace.clicked.connect(lambda: self._set_system(chat, prompt))
        question.open()

    def _open_library(self, text: str = "") -> None:
        from app.ui.prompts.dialog import PromptDialog

        PromptDialog(self._theme, self._library, self.window(), text=text).open()

    def _dress(self) -> None:
        self.setIcon(self._theme.icon("file-text"))

    # --- Qt ---

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._edit and event.type() in {QEvent.Type.KeyPress, QEvent.Type.InputMethod}:
            self._typed = _types(event) == _SLASH and self._edit.document().isEmpty()
        return super().eventFilter(watched, event)


def _types(event: QEvent) -> str:
    """The characters that a key, or what helps to write, puts in."""
    if isinstance(event, QKeyEvent):
        return event.text()
    return event.commitString() if isinstance(event, QInputMethodEvent) else ""
