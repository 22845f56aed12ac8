"""Text to be read: selectable, as high as its content, and unable to load or open anything by itself."""

from __future__ import annotations

import math
import re
from typing import Any, Final

from PySide6.QtCore import QMimeData, QRectF, QSize, Qt, QUrl, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QFont,
    QImage,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser, QWidget

from app.ui.theme import RADIUS, Theme
from app.ui.transcript import markup
from app.ui.transcript.pieces import Piece

_ENDLESS: Final = re.compile(r"\S{1000}")
_CARET: Final = QSize(8, 16)
_LINES_OF_TABLES: Final = dict.fromkeys((0xFDD0, 0xFDD1), None)
"""Qt's marks for where a table's cells begin and end: nothing that a person would copy."""


class SafeTextView(QTextBrowser):
    """Shows foreign text. Every picture in it is a 1×1 one of ours: returning nothing lets Qt open the file itself
    (RELIABILITY.md, finding 3).

    Signals:
        link_opened(str): a link of a kind that may be followed was activated.
        selecting(): the person has begun to select.
    """

    link_opened = Signal(str)
    selecting = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._caret = False
        self._ring = False
        self._measured = (0, 0)
        self._nothing = QImage(1, 1, QImage.Format.Format_ARGB32)
        self._nothing.fill(0)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setOpenLinks(False)
        self.setUndoRedoEnabled(False)
        self.setAcceptDrops(False)
        self.viewport().setAutoFillBackground(False)
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.document().setDocumentMargin(0)
        self.set_font(theme.font())
        self.anchorClicked.connect(self._follow)
        self.highlighted.connect(self._show_target)
        self.copyAvailable.connect(self._on_copy_available)

    def set_font(self, font: QFont) -> None:
        self.setFont(font)
        self.document().setDefaultFont(font)
        self._resized()

    def set_piece(self, piece: Piece) -> None:
        """Show a piece of Markdown, or of plain text. What is selected stays selected where the text is the same."""
        modes = QTextOption.WrapMode
        # Where a word ends is looked for from its beginning, line after line: that is quadratic.
        self.setWordWrapMode(modes.WrapAnywhere if _ENDLESS.search(piece.text) else modes.WrapAtWordBoundaryOrAnywhere)
        if piece.plain:
            self._replace(lambda: self.set_words(piece.text))
        else:
            self._replace(lambda: markup.fill(self.document(), piece.text, self._theme))

    def set_words(self, *runs: str | tuple[str, QTextCharFormat]) -> None:
        """Show plain text, each run of it in its own format."""
        self.clear()
        lines = QTextBlockFormat()
        lines.setLineHeight(self._theme.px(22), QTextBlockFormat.LineHeightTypes.MinimumHeight.value)
        cursor = QTextCursor(self.document())
        cursor.setBlockFormat(lines)
        for run in runs:
            words, form = (run, QTextCharFormat()) if isinstance(run, str) else run
            cursor.insertText(words, form)
        self._resized()

    def set_caret(self, on: bool) -> None:
        """Show where the text goes on. It is painted over the text and moves nothing."""
        if on != self._caret:
            self._caret = on
            self.viewport().update()

    @property
    def selected(self) -> str:
        return self.textCursor().selection().toPlainText().translate(_LINES_OF_TABLES)

    @property
    def plain(self) -> str:
        return self.toPlainText().translate(_LINES_OF_TABLES)

    def _replace(self, show: Any) -> None:
        cursor = self.textCursor()
        anchor, position = cursor.anchor(), cursor.position()
        self.blockSignals(True)
        show()
        end = max(0, self.document().characterCount() - 1)
        if anchor != position:
            cursor = self.textCursor()
            cursor.setPosition(min(anchor, end))
            cursor.setPosition(min(position, end), QTextCursor.MoveMode.KeepAnchor)
            self.setTextCursor(cursor)
        self.blockSignals(False)
        self._resized()

    def _resized(self) -> None:
        self._measured = (0, 0)
        self.updateGeometry()

    def _follow(self, url: QUrl) -> None:
        if markup.safe_link(url.toString()) is not None:
            self.link_opened.emit(markup.written(url))

    def _show_target(self, url: QUrl) -> None:
        self.setToolTip(markup.written(url) if url.isValid() and not url.isEmpty() else "")

    def _on_copy_available(self, available: bool) -> None:
        if available:
            self.selecting.emit()

    def _paint_code_boxes(self, painter: QPainter) -> None:
        tokens = self._theme.tokens
        painter.setPen(QColor(tokens.line))
        painter.setBrush(QColor(tokens.surface))
        block = self.document().begin()
        while block.isValid():
            if markup.is_code(block):
                first = block
                while block.next().isValid() and markup.is_code(block.next()):
                    block = block.next()
                box = self._box(first, block)
                painter.drawRoundedRect(box, RADIUS["control"], RADIUS["control"])
            block = block.next()

    def _box(self, first: QTextBlock, last: QTextBlock) -> QRectF:
        layout, padding = self.document().documentLayout(), self._theme.px(markup.CODE_PADDING)
        box = layout.blockBoundingRect(first).united(layout.blockBoundingRect(last))
        width = self.viewport().width() - 1
        # Qt puts what a line is higher than its letters above them.
        lead = self._theme.px(3)
        return QRectF(0.5, box.top() - padding + lead + 0.5, width, box.height() + 2 * padding - lead)

    def _paint_caret(self, painter: QPainter) -> None:
        end = QTextCursor(self.document())
        end.movePosition(QTextCursor.MoveOperation.End)
        place = self.cursorRect(end)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.tokens.accent))
        width, height = self._theme.px(_CARET.width()), self._theme.px(_CARET.height())
        left = min(place.left() + 4, self.viewport().width() - width)
        painter.drawRoundedRect(QRectF(left, place.top() + 1, width, height), 2, 2)

    # --- overrides of Qt ---

    def loadResource(self, _kind: int, _name: QUrl | str) -> object:
        return self._nothing

    def createMimeDataFromSelection(self) -> QMimeData:
        data = QMimeData()
        data.setText(self.selected)
        return data

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        if width <= self.minimumSizeHint().width():
            return self._theme.px(22)  # layouts ask for the least width too; to lay out for it would cost the most
        if width != self._measured[0]:
            self.document().setTextWidth(width)
            self._measured = (width, math.ceil(self.document().size().height()))
        return self._measured[1]

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()  # the height follows from the width

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(40), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_code_boxes(painter)
        painter.end()
        super().paintEvent(event)
        if self._caret or self._ring:
            painter = QPainter(self.viewport())
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self._caret:
                self._paint_caret(painter)
            if self._ring:
                painter.setPen(QColor(self._theme.tokens.accent))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(QRectF(self.viewport().rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
            painter.end()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._ring = event.reason() in {Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason}
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._ring = False
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that scroll belong to the conversation; this view has nothing to scroll."""
        mine = event.matches(QKeySequence.StandardKey.Copy) or event.matches(QKeySequence.StandardKey.SelectAll)
        if mine or event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab, Qt.Key.Key_Backtab}:
            super().keyPressEvent(event)
        else:
            event.ignore()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        event.ignore()  # the turn's menu
