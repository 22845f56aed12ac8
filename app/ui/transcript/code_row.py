"""A row of code: a box with the name of its language and a button that copies it, its lines in their tones."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import islice
from typing import Final

from PySide6.QtCore import QRect, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QGuiApplication,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QResizeEvent,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextLayout,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QTextBrowser, QWidget

from app.core import toning
from app.core.toning import Line, Tone, Tones
from app.ui.theme import RADIUS, SPACE, Theme
from app.ui.transcript import announcing
from app.ui.transcript.content import Code
from app.ui.transcript.host import Host
from app.ui.transcript.icon_button import IconButton
from app.ui.transcript.markup import CODE_PADDING, code_font
from app.ui.transcript.sideways import BAR, Sideways, WideView
from app.ui.transcript.text import SafeTextView

LINE: Final = 20
"""Pixels from one line to the next."""
HEAD: Final = 36
"""Pixels of the line above the code."""
WRAPPED: Final = 2_000
"""Characters from which on a line goes on below instead of sideways."""
_TAB: Final = 4
_MODES: Final = QTextBrowser.LineWrapMode
_COPIED: Final = 1_500
"""Milliseconds that it says so."""


class CodeRow(QWidget):
    """Attributes:
    whole: gives the code of all parts of the block; without it, that of its own part.
    before: gives the code of the parts above it, with the end of the last line; without it, none.
    """

    def __init__(self, host: Host, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._host = host
        self._theme = theme = host.theme
        self.whole: Callable[[], str] = self._own
        self.before: Callable[[], str] = str
        self._content: Code | None = None
        self._language = self._alias = ""
        self._tones: Tones | None = None
        self._first = 0
        """Which line of the block its first one is."""
        self._toned = 0
        self._columns = 0
        """Characters of the longest line of the block."""
        self._width = 0
        """Pixels that it was laid out for."""
        self._ring = self._said = False
        self._lines = _CodeView(theme)
        self._lines.ringed.connect(self._show_ring)
        self._sideways = Sideways(theme, self._lines, theme.tokens.surface, self)
        self._sideways.moved.connect(lambda pixels: host.shifted.emit(self, pixels))
        self._copy = IconButton(theme, "copy", self.tr("Copy the code"), parent=self)
        self._copy.clicked.connect(self.copy)
        self._copy.hide()
        self._copied = QTimer(self)
        self._copied.setSingleShot(True)
        self._copied.timeout.connect(lambda: self._say(False))
        host.highlighting.toned.connect(self._on_toned)

    @property
    def view(self) -> SafeTextView:
        return self._lines

    @property
    def language(self) -> str:
        """As the head says it; empty where the code does not tell."""
        return self._language

    @property
    def offset(self) -> int:
        """Pixels that the code is moved sideways."""
        return self._sideways.offset

    def show_content(self, content: Code) -> None:
        known, self._content = self._content, content
        if known is None or known.block.info != content.block.info:
            self._language, self._alias = toning.language(content.block.info)
        grows = known is not None and _goes_on(known, content)
        edit = QTextCursor(self._lines.document())
        edit.beginEditBlock()  # laid out once, with its tones
        if grows and known is not None:
            self._lines.append(content.block.text[len(known.block.text) :])
        else:
            self._lines.forget()
            self._lines.show_code(content.block.text)
            self._toned = 0
            self._say(False)
        self._know_block(content, grows=grows)
        edit.endEditBlock()
        self._lines.set_caret(content.open)
        self._name()
        self._copy.setVisible(content.block.first)
        if self.width() == self._width:
            self._arrange()
        self.update()

    def height_for(self, width: int) -> int:
        content = self._content
        if content is None:
            return 0
        self._width = width
        padding = self._theme.px(CODE_PADDING)
        return self._head + self._lines.height_in(width - 2 * padding) + (padding if content.block.last else 0)

    def shift(self, pixels: int) -> None:
        self._sideways.shift(pixels)

    def reveal(self, position: int) -> None:
        """Move the code so that this character of it is to be seen; the other parts are told to follow."""
        self._sideways.reveal(position)

    def let_go(self) -> None:
        self._lines.forget()
        self._say(False)
        self._content = self._tones = None
        self._sideways.shift(0)

    def copy(self) -> None:
        """Put the code of the whole block on the clipboard."""
        QGuiApplication.clipboard().setText(self.whole())
        announcing.copied(self)
        self._say(True)
        self._copied.start(_COPIED)

    @property
    def _head(self) -> int:
        first = self._content is not None and self._content.block.first
        return self._theme.grown(HEAD) if first else 0

    def _own(self) -> str:
        return self._content.block.text if self._content is not None else ""

    def _know_block(self, content: Code, *, grows: bool) -> None:
        """Learn from the other parts how wide the code is, and where in it this part begins."""
        block = content.block
        whole = block.text if block.first and (block.last or content.open) else self.whole()
        if not grows:
            self._columns = _widest(whole.split("\n"))
            self._first = 0 if block.first else self.before().count("\n")
        else:
            self._columns = max(self._columns, _widest(block.text.rsplit("\n", 2)))
        self._tones = None
        if self._alias and len(whole) <= toning.MOST:
            closed = block.last and not content.open
            self._tones = self._host.highlighting.tones(self._alias, whole, closed=closed)
            self._tone(range(self._first + self._toned, len(self._tones.lines)))

    def _on_toned(self, tones: Tones, lines: range) -> None:
        if tones is self._tones:
            self._tone(lines)

    def _tone(self, lines: range) -> None:
        if self._tones is not None:
            first = max(lines.start, self._first)
            new = self._tones.lines[first : lines.stop]
            self._lines.tone(first - self._first, new, dark=self._theme.tokens.dark)
            self._toned = max(self._toned, first - self._first + len(new))

    def _name(self) -> None:
        name = self.tr("Code, %1").replace("%1", self._language) if self._language else self.tr("Code")
        if name != self._lines.accessibleName():
            self._lines.setAccessibleName(name)

    def _say(self, said: bool) -> None:
        if said != self._said:
            self._said = said
            self._copy.setIcon(self._theme.icon("check" if said else "copy"))
            self._copy.setToolTip(self.tr("Copied") if said else self.tr("Copy the code"))
            self.update()

    def _show_ring(self, on: bool) -> None:
        self._ring = on
        self.update()

    def _arrange(self) -> None:
        if self._content is None:
            return
        padding, head = self._theme.px(CODE_PADDING), self._head
        foot = padding if self._content.block.last else 0
        place = QRect(padding, head, max(0, self.width() - 2 * padding), max(0, self.height() - head - foot))
        self._sideways.fit(place, self._lines.width_in(place.width(), self._columns))
        bar = QRect(padding, self.height() - BAR - 1, place.width(), BAR)
        self._sideways.show_bar(bar if self._content.block.last else None)
        side = self._copy.sizeHint()
        self._copy.setGeometry(QRect(self.width() - side.width() - SPACE, (head - side.height()) // 2, *side.toTuple()))

    def _paint_head(self, painter: QPainter) -> None:
        theme, padding = self._theme, self._theme.px(CODE_PADDING)
        painter.setFont(theme.font("caption"))
        painter.setPen(QColor(theme.tokens.text2))
        place = QRect(padding, 0, self._copy.x() - padding - 2 * SPACE, self._head)
        middle = Qt.AlignmentFlag.AlignVCenter
        taken = 0
        if self._said:
            painter.drawText(place, middle | Qt.AlignmentFlag.AlignRight, self.tr("Copied"))
            taken = painter.fontMetrics().horizontalAdvance(self.tr("Copied")) + 2 * SPACE
        name = painter.fontMetrics().elidedText(
            self._language or self.tr("Code"), Qt.TextElideMode.ElideRight, place.width() - taken
        )
        painter.drawText(place, middle | Qt.AlignmentFlag.AlignLeft, name)

    # --- overrides of Qt ---

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)

    def resizeEvent(self, _event: QResizeEvent) -> None:
        self._arrange()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._content is None:
            return
        block, tokens = self._content.block, self._theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(self.rect())
        radius = RADIUS["control"]
        # Where the box goes on in the next part, its rounded edge lies outside.
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        box.adjust(0, 0 if block.first else -2 * radius, 0, 0 if block.last else 2 * radius)
        path = QPainterPath()
        path.addRoundedRect(box, radius, radius)
        painter.fillPath(path, QColor(tokens.surface))
        painter.setPen(QColor(tokens.accent if self._ring else tokens.line))
        painter.drawPath(path)
        if block.first:
            self._paint_head(painter)
        painter.end()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._sideways.wheel(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._sideways.key(event)


class _CodeView(WideView):
    """Lines of code. It is as wide as they are."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._wraps = False
        self.set_font(code_font(theme))
        option = self.document().defaultTextOption()
        option.setTextDirection(Qt.LayoutDirection.LeftToRight)
        option.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute)
        option.setTabStopDistance(_TAB * QFontMetricsF(self.font()).horizontalAdvance(" "))
        self.document().setDefaultTextOption(option)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAnywhere)
        self.setLineWrapMode(_MODES.NoWrap)

    def show_code(self, text: str) -> None:
        """Show other lines."""
        self.setUpdatesEnabled(False)
        self.document().clear()
        self._set_wraps(_has_endless(text))
        lines = QTextBlockFormat()
        lines.setLineHeight(self._theme.px(LINE), QTextBlockFormat.LineHeightTypes.FixedHeight.value)
        cursor = QTextCursor(self.document())
        cursor.setBlockFormat(lines)
        cursor.insertText(text)
        self.setUpdatesEnabled(True)

    def append(self, text: str) -> None:
        """Add text at the end; what is selected stays so."""
        selected = self.selection
        end = QTextCursor(self.document())
        end.movePosition(QTextCursor.MoveOperation.End)
        end.insertText(text)
        if selected is not None and self.selection != selected:
            self.select(*selected)  # what ended at the end has grown with it
        if not self._wraps:
            self._set_wraps(_has_endless(text) or self.document().lastBlock().length() > WRAPPED)

    def tone(self, first: int, lines: Sequence[Line], *, dark: bool) -> None:
        """Give lines their tones, from that one on. The text does not change, nor does what is selected."""
        forms = _forms(dark)
        block = self.document().findBlockByNumber(first)
        begin = end = block.position()
        for line in islice(lines, self.document().blockCount()):
            if not block.isValid():
                break
            if line or block.layout().formats():
                block.layout().setFormats(_ranges(block, line, forms))
            end = block.position() + block.length()
            block = block.next()
        if end > begin:
            self.document().markContentsDirty(begin, end - begin)  # else they would have no layout any more

    def height_in(self, width: int) -> int:
        """Pixels that all lines are high, where so many are to be seen of their width."""
        if not self._wraps:
            return self.document().blockCount() * self._theme.px(LINE)
        self.setLineWrapColumnOrWidth(max(self._theme.px(LINE), width))
        return round(self.document().size().height())

    def width_in(self, width: int, columns: int) -> int:
        """Pixels that code is wide which has so many columns elsewhere in its block."""
        if self._wraps:
            return width
        letter = QFontMetricsF(self.font()).horizontalAdvance("0")
        return round(max(columns * letter, self.document().idealWidth())) + 1

    def _set_wraps(self, wraps: bool) -> None:
        if wraps != self._wraps:
            self._wraps = wraps
            self.setLineWrapMode(_MODES.FixedPixelWidth if wraps else _MODES.NoWrap)

    # --- overrides of Qt ---

    def heightForWidth(self, width: int) -> int:
        return self.height_in(width)


def _goes_on(known: Code, content: Code) -> bool:
    """Whether it is the same part of the same code, grown."""
    one, other = known.block, content.block
    same = (one.number, one.start, one.info, one.first) == (other.number, other.start, other.info, other.first)
    return same and other.text.startswith(one.text)


def _has_endless(text: str) -> bool:
    return len(text) > WRAPPED and any(len(line) > WRAPPED for line in text.split("\n"))


def _widest(lines: Sequence[str]) -> int:
    """Columns of the longest line, as a terminal would count them."""
    longest = 0
    for line in lines:
        if len(line) <= WRAPPED and 2 * len(line) * _TAB > longest:
            longest = max(longest, _columns(line))
    return longest


def _columns(line: str) -> int:
    line = line.expandtabs(_TAB)
    return len(line) if line.isascii() else sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def _ranges(block: QTextBlock, line: Line, forms: dict[Tone, QTextCharFormat]) -> list[QTextLayout.FormatRange]:
    ranges = []
    most = block.length() - 1
    for start, length, tone in line:
        if start >= most:
            break
        place = QTextLayout.FormatRange()
        place.start, place.length, place.format = start, min(length, most - start), forms[tone]
        ranges.append(place)
    return ranges


@lru_cache(maxsize=2)
def _forms(dark: bool) -> dict[Tone, QTextCharFormat]:
    forms: dict[Tone, QTextCharFormat] = {}
    for tone, color in (toning.DARK if dark else toning.LIGHT).items():
        forms[tone] = QTextCharFormat()
        forms[tone].setForeground(QColor(color))
    return forms
