"""The field in which a message is written: plain text that grows with what is in it."""

from __future__ import annotations

import math
import re

from PySide6.QtCore import QMimeData, QRect, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragMoveEvent,
    QGuiApplication,
    QInputMethodEvent,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextBlockFormat,
    QTextCursor,
    QTextOption,
)
from PySide6.QtWidgets import QFrame, QTextEdit, QWidget

from app.ui.sources import carries_pictures
from app.ui.theme import Theme

_ENDLESS = re.compile(r"\S{1000}")
"""To look for the end of such a word in each of its lines would take minutes for a pasted file."""
_ENTER = {Qt.Key.Key_Return, Qt.Key.Key_Enter}
_PLAIN = {Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier}
_BREAKS = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.AltModifier


class MessageEdit(QTextEdit):
    """A QPlainTextEdit has no line height; this one takes and gives plain text only.

    Signals:
    submitted(): Enter, and no input method is composing.
    pasted(QMimeData): something is to be put in; the composer decides what is text and what a picture.
    undo_requested(): undo, and no typing is left to be undone.
    recall_requested(): Up, and there is no text to move in.
    """

    submitted = Signal()
    pasted = Signal(QMimeData)
    undo_requested = Signal()
    recall_requested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._composing = False
        self._limit = 10_000
        self.setAccessibleName(self.tr("Message"))
        self._hints = (
            self.tr("Ask about a picture. Enter sends, Shift+Enter breaks the line."),
            self.tr("Ask about a picture. Enter sends."),
            self.tr("Ask about a picture"),
        )
        self.setAcceptRichText(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabChangesFocus(True)
        self.document().setDocumentMargin(0)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().documentLayout().documentSizeChanged.connect(self._fit_height)
        theme.changed.connect(self._dress)
        self._dress()

    def set_height_limit(self, pixels: int) -> None:
        """Scroll what does not fit into so many pixels, in whole lines; one always shows."""
        self._limit = pixels
        self._fit_height()

    def insert_text(self, text: str) -> None:
        """Put plain text where the cursor is, as one step of undo."""
        if _ENDLESS.search(text):
            self.setWordWrapMode(QTextOption.WrapMode.WrapAnywhere)
        self.textCursor().insertText(text)
        self.ensureCursorVisible()

    def show_text(self, text: str, cursor: int) -> None:
        """Replace all text by another's, with nothing to undo."""
        modes = QTextOption.WrapMode
        self.setWordWrapMode(modes.WrapAnywhere if _ENDLESS.search(text) else modes.WrapAtWordBoundaryOrAnywhere)
        self.setPlainText(text)
        self._space_lines()
        place = self.textCursor()
        place.setPosition(min(cursor, self.document().characterCount() - 1))
        self.setTextCursor(place)

    def _dress(self) -> None:
        self.setFont(self._theme.font())
        if self.document().firstBlock().blockFormat().lineHeight() != self._theme.line("body"):
            self._space_lines()
        self._fit_height()

    def _space_lines(self) -> None:
        """Give every line its height; new lines inherit it. It is no step of undo, and leaves none before it."""
        lines = QTextBlockFormat()
        lines.setLineHeight(self._theme.line("body"), QTextBlockFormat.LineHeightTypes.MinimumHeight.value)
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        self.document().setUndoRedoEnabled(False)
        cursor.setBlockFormat(lines)
        self.document().setUndoRedoEnabled(True)

    def _fit_height(self) -> None:
        line = self._theme.line("body")
        wanted = max(line, math.ceil(self.document().size().height()))
        self.setFixedHeight(min(wanted, max(1, self._limit // line) * line))

    def _is_blank(self) -> bool:
        return self.document().isEmpty() and not self._composing

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
        elif event.key() == Qt.Key.Key_Up and event.modifiers() in _PLAIN and self._is_blank():
            self.recall_requested.emit()
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
        self.ensureCursorVisible()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Without text, say in one line what to do; Qt's own placeholder stands above the text's line and is broken."""
        super().paintEvent(event)
        if not self.document().isEmpty() or self._composing:
            return
        metrics, line = self.fontMetrics(), QRect(0, 0, self.viewport().width(), self._theme.line("body"))
        fitting = (hint for hint in self._hints if metrics.horizontalAdvance(hint) <= line.width())
        hint = metrics.elidedText(next(fitting, self._hints[-1]), Qt.TextElideMode.ElideRight, line.width())
        painter = QPainter(self.viewport())
        painter.setFont(self.font())  # the viewport's own stays behind when the text size changes
        painter.setPen(self.palette().placeholderText().color())
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, hint)
        painter.end()
