"""Text to be read: selectable, as high as its content, and unable to load or open anything by itself."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Final

from PySide6.QtCore import QMimeData, QPoint, QRectF, QSize, Qt, QUrl, Signal
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
    QResizeEvent,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser, QTextEdit, QWidget

from app.ui.theme import COLUMN, RADIUS, Theme
from app.ui.transcript import markup, rich
from app.ui.transcript.block_kinds import is_below_table, is_code, quote_level
from app.ui.transcript.picture_names import picture_meant
from app.ui.transcript.plain import plain

_ENDLESS: Final = re.compile(r"\S{1000}")
_CARET: Final = QSize(8, 16)
_QUOTE_EDGE: Final = 3
_LEAD: Final = 4
"""Qt puts what a line is higher than its letters above them, and does not count it to the block."""


class SafeTextView(QTextBrowser):
    """Shows foreign text. Every picture in it is a 1×1 one of ours: returning nothing lets Qt open the file itself
    (RELIABILITY.md, finding 3).

    Signals:
        link_opened(str): a link of a kind that may be followed was activated.
        picture_named(int): the number of a picture in the text was.
        selecting(): the person has begun to select.

    Attributes:
        pictures: how many pictures of the conversation a text can mean.
    """

    link_opened = Signal(str)
    picture_named = Signal(int)
    selecting = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.pictures = 0
        self._caret = False
        self._ring = False
        self._measured = (0, 0)
        self._filled = markup.Filled()
        self._marks: tuple[Sequence[tuple[int, int]], int | None] = ((), None)
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
        # By itself it would lay out again for the width it has now whenever it is asked for the height at another one.
        self.setLineWrapMode(QTextBrowser.LineWrapMode.FixedPixelWidth)
        self.setLineWrapColumnOrWidth(COLUMN)
        if self.font() != theme.font():
            self.set_font(theme.font())
        self.anchorClicked.connect(self._follow)
        self.highlighted.connect(self._show_target)
        self.copyAvailable.connect(self._on_copy_available)

    def set_font(self, font: QFont) -> None:
        self.setFont(font)
        self.document().setDefaultFont(font)
        self._resized()

    def set_markdown(self, text: str) -> None:
        """Show Markdown."""
        self.show_text(text, self._fill)

    def show_text(self, text: str, show: Callable[[str], None]) -> None:
        """Show a text by a function that puts it into the document. What is selected or marked keeps its place."""
        modes = QTextOption.WrapMode
        # Where a word ends is looked for from its beginning, line after line: that is quadratic.
        mode = modes.WrapAnywhere if _ENDLESS.search(text) else modes.WrapAtWordBoundaryOrAnywhere
        if mode != self.wordWrapMode():
            self.setWordWrapMode(mode)
        selected = self.selection
        told = self.blockSignals(True)
        show(text)
        if selected is not None:
            self.select(*selected)
        if self._marks[0]:
            self._show_marks()
        self.blockSignals(told)
        self._resized()

    def set_words(self, *runs: str | tuple[str, QTextCharFormat]) -> None:
        """Show plain text, each run of it in its own format."""
        self.document().clear()
        self._filled = markup.Filled()
        lines = QTextBlockFormat()
        lines.setLineHeight(self._theme.line("body"), QTextBlockFormat.LineHeightTypes.MinimumHeight.value)
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
        cursor = self.textCursor()
        return self.plain_between(cursor.selectionStart(), cursor.selectionEnd())

    @property
    def plain(self) -> str:
        return self.plain_between(0)

    @property
    def length(self) -> int:
        """The last position that a cursor can have."""
        return self.document().characterCount() - 1

    @property
    def selection(self) -> tuple[int, int] | None:
        """Anchor and position of what is selected; None where nothing is."""
        cursor = self.textCursor()
        return (cursor.anchor(), cursor.position()) if cursor.hasSelection() else None

    def position_at(self, point: QPoint) -> int:
        """The position in the text next to a point on the screen."""
        return self.cursorForPosition(self.viewport().mapFromGlobal(point)).position()

    def select(self, start: int, end: int) -> None:
        """Select from an anchor to a position, either of which may come first. No signal tells it."""
        cursor = self.textCursor()
        cursor.setPosition(max(0, min(start, self.length)))
        cursor.setPosition(max(0, min(end, self.length)), QTextCursor.MoveMode.KeepAnchor)
        told = self.blockSignals(True)
        self.setTextCursor(cursor)
        self.blockSignals(told)

    def clear_selection(self) -> None:
        """Select nothing; no signal tells it."""
        if self.textCursor().hasSelection():
            end = self.textCursor().position()
            self.select(end, end)

    def mark(self, found: Sequence[tuple[int, int]], current: int | None = None) -> None:
        """Show what was found: start and end of each, and which of them is the one looked at."""
        if (found, current) != self._marks:
            self._marks = (found, current)
            self._show_marks()

    def plain_between(self, start: int, end: int | None = None) -> str:
        """What is to be read between two positions; formulas are their TeX, items of lists have their marks."""
        first, last = max(0, min(start, self.length)), self.length if end is None else min(end, self.length)
        return plain(self.document(), min(first, last), max(first, last))

    def rich_between(self, start: int, end: int | None = None) -> str:
        """The same as HTML for the clipboard, without colours, fonts and whatever would have to be loaded."""
        return rich.html(self.document(), max(0, start), self.length if end is None else min(end, self.length))

    def _fill(self, text: str) -> None:
        self._filled = markup.fill(self.document(), text, self._theme, pictures=self.pictures)

    def _show_marks(self) -> None:
        tokens = self._theme.tokens
        shown: list[QTextEdit.ExtraSelection] = []
        found, current = self._marks
        for number, (start, end) in enumerate(found):
            if 0 <= start < end <= self.length:
                mark = QTextEdit.ExtraSelection()
                mark.cursor = QTextCursor(self.document())
                mark.cursor.setPosition(start)
                mark.cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
                mark.format = QTextCharFormat()
                here = number == current
                mark.format.setBackground(QColor(tokens.found_here if here else tokens.found))
                ink = tokens.background if here and tokens.dark else tokens.text
                mark.format.setForeground(QColor(ink))
                shown.append(mark)
        self.setExtraSelections(shown)

    def _resized(self) -> None:
        self._measured = (0, 0)
        self.updateGeometry()

    def _follow(self, url: QUrl) -> None:
        if picture := picture_meant(self.document(), url.toString()):
            self.picture_named.emit(picture)
        elif markup.safe_link(url.toString()) is not None:
            self.link_opened.emit(markup.written(url))

    def _show_target(self, url: QUrl) -> None:
        if picture := picture_meant(self.document(), url.toString()):
            self.setToolTip(self.tr("Show Image %1").replace("%1", str(picture)))
        else:
            self.setToolTip(markup.written(url) if url.isValid() and not url.isEmpty() else "")

    def _on_copy_available(self, available: bool) -> None:
        if available:
            self.selecting.emit()

    def _paint_code_boxes(self, painter: QPainter) -> None:
        tokens = self._theme.tokens
        painter.setPen(QColor(tokens.line))
        painter.setBrush(QColor(tokens.surface))
        padding, width = self._theme.px(markup.CODE_PADDING), self.viewport().width() - 1
        lead = self._theme.px(_LEAD)
        for lines in self._runs(is_code):
            box = QRectF(0.5, lines.top() - padding + lead + 0.5, width, lines.height() + 2 * padding - lead)
            painter.drawRoundedRect(box, RADIUS["control"], RADIUS["control"])

    def _paint_quote_edges(self, painter: QPainter) -> None:
        """A line along each quote, and one more for each quote within it."""
        edge, level = QColor(self._theme.tokens.line), 1
        lead = self._theme.px(_LEAD)
        while quotes := self._runs(partial(_is_quoted, level)):
            left = self._theme.px(markup.QUOTE_INDENT) * (level - 1)
            for lines in quotes:
                painter.fillRect(QRectF(left, lines.top() + lead, _QUOTE_EDGE, lines.height()), edge)
            level += 1

    def _runs(self, belongs: Callable[[QTextBlock], bool]) -> list[QRectF]:
        """The places of blocks that belong to something, those that follow each other together."""
        layout = self.document().documentLayout()
        runs: list[QRectF] = []
        block, joins = self.document().begin(), False
        while block.isValid():
            if is_part := belongs(block):
                place = layout.blockBoundingRect(block)
                if joins:
                    place = place.united(runs.pop())
                runs.append(place)
            block, joins = block.next(), is_part
        return runs

    def _paint_caret(self, painter: QPainter) -> None:
        place = self.cursorRect(self._end())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.tokens.accent))
        width, height = self._theme.px(_CARET.width()), self._theme.px(_CARET.height())
        left = min(place.left() + 4, self.viewport().width() - width)
        painter.drawRoundedRect(QRectF(left, place.top() + 1, width, height), 2, 2)

    def _end(self) -> QTextCursor:
        """Where the text goes on: in a table that is the cell written last, not the empty line that Qt has below it."""
        end = QTextCursor(self.document())
        end.movePosition(QTextCursor.MoveOperation.End)
        if is_below_table(end.block()):
            while end.atBlockStart() and end.movePosition(QTextCursor.MoveOperation.PreviousCharacter):
                pass
        return end

    # --- overrides of Qt ---

    def loadResource(self, _kind: int, _name: QUrl | str) -> object:
        return _nothing()

    def createMimeDataFromSelection(self) -> QMimeData:
        data = QMimeData()
        data.setText(self.selected)
        return data

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        if width <= self.minimumSizeHint().width():
            return self._theme.line(
                "body"
            )  # layouts ask for the least width too; to lay out for it would cost the most
        if width != self._measured[0]:
            self.setLineWrapColumnOrWidth(width)
            self._measured = (width, math.ceil(self.document().size().height()))
        return self._measured[1]

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()  # the height follows from the width

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(40), 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.heightForWidth(event.size().width())  # the width asked for last may have been another

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._filled.code or self._filled.quotes:
            painter = QPainter(self.viewport())
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_code_boxes(painter)
            self._paint_quote_edges(painter)
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
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor)  # Qt takes that of what cannot be selected
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


@lru_cache(maxsize=1)
def _nothing() -> QImage:
    """The picture that is shown for every picture."""
    image = QImage(1, 1, QImage.Format.Format_ARGB32)
    image.fill(0)
    return image


def _is_quoted(level: int, block: QTextBlock) -> bool:
    return quote_level(block) >= level
