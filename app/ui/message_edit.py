"""The field in which a message is written: plain text that grows with what is in it."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragMoveEvent,
    QGuiApplication,
    QInputMethodEvent,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
)
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QWidget

from app.ui.sources import carries_pictures
from app.ui.theme import Theme

_ENTER = {Qt.Key.Key_Return, Qt.Key.Key_Enter}
_BREAKS = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.AltModifier


class MessageEdit(QPlainTextEdit):
    """Signals:
    submitted(): Enter, and no input method is composing.
    pasted(QMimeData): something is to be put in; the composer decides what is text and what a picture.
    undo_requested(): undo, and no typing is left to be undone.
    resized(): it wants another height.
    """

    submitted = Signal()
    pasted = Signal(QMimeData)
    undo_requested = Signal()
    resized = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._composing = False
        self._limit = 10_000
        self.setAccessibleName(self.tr("Message"))
        self.setPlaceholderText(self.tr("Ask about a picture. Enter sends, Shift+Enter breaks the line."))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabChangesFocus(True)
        self.document().setDocumentMargin(0)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().documentLayout().documentSizeChanged.connect(self._fit_height)
        theme.changed.connect(self._dress)
        self._dress()

    def set_height_limit(self, pixels: int) -> None:
        """Scroll what does not fit into so many pixels; one line always shows."""
        self._limit = pixels
        self._fit_height()

    def insert_text(self, text: str) -> None:
        """Put plain text where the cursor is, as one step of undo."""
        self.textCursor().insertText(text)
        self.ensureCursorVisible()

    def show_text(self, text: str, cursor: int) -> None:
        """Replace all text by another's, with nothing to undo."""
        self.setPlainText(text)
        place = self.textCursor()
        place.setPosition(min(cursor, self.document().characterCount() - 1))
        self.setTextCursor(place)

    def _dress(self) -> None:
        self.setFont(self._theme.font())
        self._fit_height()

    def _fit_height(self) -> None:
        lines = round(self.document().documentLayout().documentSize().height())  # of a plain text: counted in lines
        line = self.fontMetrics().lineSpacing()
        height = min(max(1, lines) * line, max(line, self._limit)) + 4
        if height != self.minimumHeight():
            self.setFixedHeight(height)
            self.resized.emit()

    def _enter(self, *, breaks: bool) -> None:
        """Send or break the line. While an input method composes Enter is its affair, though some pass it on."""
        if self._composing:
            return
        if breaks:
            self.insert_text("\n")
        else:
            self.submitted.emit()

    # --- Qt ---

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = Qt.KeyboardModifier
        if event.key() in _ENTER:
            self._enter(breaks=bool(event.modifiers() & _BREAKS))
        elif event.key() == Qt.Key.Key_V and event.modifiers() == keys.ControlModifier | keys.ShiftModifier:
            self.insert_text(QGuiApplication.clipboard().text())
        elif event.matches(QKeySequence.StandardKey.Undo) and not self.document().isUndoAvailable():
            self.undo_requested.emit()
        else:
            super().keyPressEvent(event)

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        self._composing = bool(event.preeditString())
        super().inputMethodEvent(event)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return source.hasText() or carries_pictures(source)

    def insertFromMimeData(self, source: QMimeData) -> None:
        self.pasted.emit(source)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if carries_pictures(event.mimeData()):
            event.ignore()  # the window's overlay takes it
        else:
            super().dragEnterEvent(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if carries_pictures(event.mimeData()):
            event.ignore()
        else:
            super().dragMoveEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_height()
