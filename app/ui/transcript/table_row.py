"""A row that shows rows of a table, in columns as wide as those of its other parts, and moved sideways with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt, QTimer
from PySide6.QtGui import (
    QEnterEvent,
    QFontMetricsF,
    QKeyEvent,
    QResizeEvent,
    QTextLength,
    QTextTable,
    QTextTableCell,
    QTextTableFormat,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from app.core import formulas
from app.ui.theme import Theme
from app.ui.transcript import announcing, markup
from app.ui.transcript.content import Table
from app.ui.transcript.directions import direct_table
from app.ui.transcript.formula_pictures import Look
from app.ui.transcript.formulas_in import FormulasIn
from app.ui.transcript.host import Host
from app.ui.transcript.icon_button import IconButton
from app.ui.transcript.sideways import BAR, Sideways, WideView
from app.ui.transcript.table_keeping import copy_table, save_table
from app.ui.transcript.text import SafeTextView

_LEAST: Final = 48
_MOST: Final = 360
"""Pixels of a column, unless there is room for all."""
_TIGHT: Final = 144
"""Pixels down to which a column gives way so that the table needs not to be moved."""
_PAD: Final = 16
"""Pixels on the right of a cell."""
_REFILLED: Final = 250
"""Milliseconds between two layouts of a table that grows: Qt lays all of it out anew."""
_COPIED: Final = 1_500
"""Milliseconds that it says so."""


def column_widths(weights: Sequence[int], digit: float, room: int, px: Callable[[int], int]) -> list[int]:
    """Pixels of the columns of a table, by the characters of their widest cells; all of `room` is used.

    Where the columns do not fit, wide ones give way first; if that is not enough, the table is wider than the room.
    """
    natural = [max(px(_LEAST), min(px(_MOST), round(weight * digit) + px(_PAD) + 1)) for weight in weights]
    tight = [min(width, px(_TIGHT)) for width in natural]
    if not natural or sum(tight) >= room:
        return tight
    if sum(natural) <= room:
        widths = [room * width // sum(natural) for width in natural]
    else:
        share = (room - sum(tight)) / (sum(natural) - sum(tight))
        widths = [int(low + (high - low) * share) for low, high in zip(tight, natural, strict=True)]
    widths[-1] += room - sum(widths)
    return widths


class TableRow(QWidget):
    """Attributes:
    whole: gives the Markdown of all parts of the table; without it, that of its own part.
    """

    def __init__(self, host: Host, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._host = host
        self._theme = theme = host.theme
        self.whole: Callable[[], str] = self._own
        self._content: Table | None = None
        self._next: Table | None = None
        """Grown since, and not laid out yet."""
        self._ring = False
        self._cells = _TableView(host)
        self._cells.link_opened.connect(host.link_opened)
        self._cells.picture_named.connect(host.picture_named)
        self._cells.ringed.connect(self._show_ring)
        host.formulas.drawn.connect(self._take_drawn)
        self._sideways = Sideways(theme, self._cells, theme.tokens.background, self)
        self._sideways.moved.connect(lambda pixels: host.shifted.emit(self, pixels))
        self._tools: _Tools | None = None
        self._refilled = QTimer(self)
        self._refilled.setSingleShot(True)
        self._refilled.timeout.connect(self._catch_up)

    @property
    def view(self) -> SafeTextView:
        return self._cells

    @property
    def ringed(self) -> bool:
        """Whether a line around it is to show that it has the focus."""
        return self._ring

    @property
    def offset(self) -> int:
        """Pixels that the table is moved sideways."""
        return self._sideways.offset

    def show_content(self, content: Table) -> None:
        grows = self._content is not None and content.open and self._content.block.start == content.block.start
        if grows and self._refilled.isActive():
            self._next = content
            return
        self._fill(content)

    def height_for(self, width: int) -> int:
        if self._content is None:
            return 0
        height = self._cells.height_in(width)
        return height + (BAR if self._content.block.last and self._cells.extent > width else 0)

    def shift(self, pixels: int) -> None:
        self._sideways.shift(pixels)

    def reveal(self, position: int) -> None:
        """Move the table so that this character of it is to be seen; the other parts are told to follow."""
        self._sideways.reveal(position)

    def let_go(self) -> None:
        self._refilled.stop()
        self._content = self._next = None
        self._cells.forget()
        self._sideways.shift(0)
        self._ring = False
        if self._tools is not None:
            self._tools.hide()

    def copy(self) -> None:
        """Put the whole table on the clipboard, so that it pastes as cells."""
        copy_table(self.whole())

    def save(self) -> None:
        """Ask for a file, and save the whole table there."""
        save_table(self.window(), self.whole())

    def _own(self) -> str:
        return self._content.block.text if self._content is not None else ""

    def _fill(self, content: Table) -> None:
        if self._content is None or self._content.block.start != content.block.start:
            self._cells.forget()
        self._content, self._next = content, None
        self._cells.show_table(content)
        self._cells.set_caret(content.open)
        if content.open:
            self._refilled.start(_REFILLED)
        if self.width() == self._cells.room:
            self._arrange()

    def _catch_up(self) -> None:
        if self._next is not None:
            self._fill(self._next)
            self._host.resized.emit(self)

    def _take_drawn(self) -> None:
        if self._content is not None and self._cells.take_drawn():
            self._host.resized.emit(self)

    def _arrange(self) -> None:
        if self._content is None:
            return
        height = self._cells.height_in(self.width())
        self._sideways.fit(QRect(0, 0, self.width(), height), self._cells.extent)
        bar = QRect(0, height, self.width(), BAR)
        self._sideways.show_bar(bar if self._content.block.last else None)
        if self._tools is not None:
            self._tools.move(self.width() - self._tools.width(), 1)

    def _show_ring(self, on: bool) -> None:
        self._ring = on
        if (around := self.parentWidget()) is not None:
            around.update()  # which paints it
        if on:
            self._show_tools()

    def _show_tools(self) -> None:
        if self._tools is None:
            self._tools = _Tools(self._theme, self)
            self._tools.copy.clicked.connect(self._copy_and_say)
            self._tools.save.clicked.connect(self.save)
            for button in (self._tools.copy, self._tools.save):
                button.installEventFilter(self)
            self._cells.installEventFilter(self)
        self._tools.move(self.width() - self._tools.width(), 1)
        self._tools.show()
        self._tools.raise_()

    def _copy_and_say(self) -> None:
        self.copy()
        announcing.copied(self)
        if self._tools is not None:
            self._tools.say_copied()

    def _hide_tools(self) -> None:
        """Unless the pointer or the focus is still there."""
        tools = self._tools
        if tools is None or self.underMouse() or self._ring or tools.copy.hasFocus() or tools.save.hasFocus():
            return
        tools.hide()

    # --- overrides of Qt ---

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusOut:
            # Where the focus goes is known only afterwards.
            QTimer.singleShot(0, self, self._hide_tools)
        return super().eventFilter(watched, event)

    def enterEvent(self, _event: QEnterEvent) -> None:
        self._show_tools()

    def leaveEvent(self, _event: QEvent) -> None:
        self._hide_tools()

    def resizeEvent(self, _event: QResizeEvent) -> None:
        self._arrange()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._sideways.wheel(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._sideways.key(event)


class _TableView(WideView):
    """The table. It is as wide as its columns."""

    def __init__(self, host: Host) -> None:
        super().__init__(host.theme)
        self._content: Table | None = None
        self._formulas = FormulasIn(self.document(), host.theme, host.formulas)
        self.room = 0
        """Pixels that it is laid out for; 0 as long as nobody has asked how high it is."""
        self.extent = 0
        """Pixels of all columns."""
        self.setAccessibleName(self.tr("Table"))

    def show_table(self, content: Table) -> None:
        """Show other rows; what is selected keeps its place."""
        self._content = content
        self.pictures = content.pictures
        self.show_text(content.block.text, self._show_markdown)
        self.setAccessibleDescription(self._spoken())

    def _spoken(self) -> str:
        """A line for each row: Qt's own text of a table has marks in it that cannot be read aloud."""
        table = self._table()
        if table is None:
            return self.plain_between(0).strip()
        rows, columns = range(table.rows()), range(table.columns())
        return "\n".join(", ".join(self._said(table.cellAt(row, column)) for column in columns) for row in rows)

    def _said(self, cell: QTextTableCell) -> str:
        text = cell.firstCursorPosition().block().text()
        return self.plain_between(cell.firstPosition(), cell.lastPosition()) if markup.PICTURE in text else text

    def take_drawn(self) -> bool:
        """Show the formulas that are drawn by now. Returns whether any has come."""
        if not self._formulas.is_waiting or not self._formulas.refresh():
            return False
        self._formulas.fit(self.extent)
        return True

    def forget(self) -> None:
        super().forget()
        self._content = None
        self._formulas.clear()

    def _show_markdown(self, text: str) -> None:
        self._formulas.clear()
        content, document = self._content, self.document()
        found = formulas.find(text)
        if found:
            text = formulas.protect(text, found)
        if content is not None and content.definitions and "[" in text:
            text = f"{text}\n\n{content.definitions}"
        has_head = content is None or content.block.first
        self._filled = markup.fill(
            document,
            text,
            self._theme,
            pictures=self.pictures,
            put=lambda: self._begin(found, has_head=has_head),
            has_head=has_head,
        )
        document.setLayoutEnabled(False)
        self._set_columns()
        document.setLayoutEnabled(self.room > 0)

    def _begin(self, found: list[formulas.Formula], *, has_head: bool) -> None:
        """Before it is laid out for the first time: with columns that are known that takes half as long."""
        table = self._table()
        if table is not None and not has_head:
            direct_table(table)  # by the head, as the first part
            table.removeRows(0, 1)
        if found:
            theme, ratio = self._theme, self.devicePixelRatioF()
            look = Look(theme.font().pixelSize(), theme.tokens.text, ratio, markup.line_height(theme, "body"))
            self._formulas.put(found, look, has_head=has_head)
        self._set_columns()

    def height_in(self, width: int) -> int:
        """Pixels that all rows are high where there is so much room."""
        if width != self.room:
            self.room = width
            document = self.document()
            document.setLayoutEnabled(False)
            self._set_columns()
            document.setLayoutEnabled(True)
        return round(self.document().size().height())

    def _table(self) -> QTextTable | None:
        for frame in self.document().rootFrame().childFrames():
            if isinstance(frame, QTextTable):
                return frame
        return None

    def _set_columns(self) -> None:
        table = self._table()
        if table is None:
            self.extent = self.room
        else:
            known = self._content.weights if self._content is not None else ()
            weights = [*known, *[0] * table.columns()][: table.columns()]
            digit = QFontMetricsF(self.font()).horizontalAdvance("0")
            widths = column_widths(weights, digit, self.room, self._theme.px)
            self.extent = sum(widths)
            table.setFormat(_formed(table.format(), widths))
            self._formulas.fit(self.extent)
        if self.lineWrapColumnOrWidth() != self.extent:
            self.setLineWrapColumnOrWidth(self.extent)

    # --- overrides of Qt ---

    def heightForWidth(self, width: int) -> int:
        return self.height_in(width)


def _formed(form: QTextTableFormat, widths: Sequence[int]) -> QTextTableFormat:
    lengths = [QTextLength(QTextLength.Type.FixedLength, width) for width in widths]
    form.setColumnWidthConstraints(lengths)
    form.setWidth(QTextLength(QTextLength.Type.FixedLength, sum(widths)))
    form.setTopMargin(0)
    form.setBottomMargin(0)
    return form


class _Tools(QFrame):
    """The buttons over a table that is pointed at."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setObjectName("actions")
        self.setAccessibleName(self.tr("Actions of the table"))
        self.copy = self._button("copy", self.tr("Copy the table"))
        self.save = self._button("download", self.tr("Save as CSV…"))
        row = QHBoxLayout(self)
        row.setContentsMargins(1, 1, 1, 1)
        row.setSpacing(0)
        row.addWidget(self.copy)
        row.addWidget(self.save)
        self._said = QTimer(self)
        self._said.setSingleShot(True)
        self._said.timeout.connect(lambda: self._say("copy", self.tr("Copy the table")))
        self.adjustSize()

    def say_copied(self) -> None:
        self._say("check", self.tr("Copied"))
        self._said.start(_COPIED)

    def _say(self, icon: str, tip: str) -> None:
        self.copy.setIcon(self._theme.icon(icon))
        self.copy.setToolTip(tip)

    def _button(self, icon: str, name: str) -> IconButton:
        button = IconButton(self._theme, icon, name, parent=self)
        button.setProperty("kind", "action")
        button.setCursor(Qt.CursorShape.ArrowCursor)
        return button
