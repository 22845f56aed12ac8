"""Rows that have no widget, read: what is said in them, as a widget would show it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.core.utf16 import units
from app.ui.transcript.content import Code, Prose, Table
from app.ui.transcript.formulas_in import sources_between
from app.ui.transcript.host import Host
from app.ui.transcript.markup import PICTURE
from app.ui.transcript.places import TextContent
from app.ui.transcript.text import SafeTextView

if TYPE_CHECKING:
    from app.ui.transcript.row import RowWidget

_UNMARKED: Final = re.compile(
    r"[A-Za-z](?:[^\x00-\x20\x7f*_`\[\]<>&\\|~$\xa0\u2028\u2029\ufdd0\ufdd1\ufeff\ufffc\ud800-\udfff]| (?=\S))*"
)
"""A line that begins with a letter and holds nothing that Markdown is made of, or that Qt has a use of its own for."""
_LINES: Final = dict.fromkeys((0x2028, 0x2029, 0xFDD0, 0xFDD1), "\n") | {0xA0: " "}
"""What stands for the end of a line, or of a cell, in Qt's text."""


class Text(NamedTuple):
    """The text of a row."""

    raw: str
    """One character for each of its document's."""
    formulas: tuple[tuple[int, str], ...] = ()
    """Where those of them are that stand for a formula, in UTF-16 units, and the TeX of each, as it was written."""


class Reader(QObject):
    """Fills widgets of its own, which are never shown, one of a kind."""

    def __init__(self, host: Host, parent: QWidget) -> None:
        super().__init__(parent)
        self._host = host
        self._parent = parent
        self._rows: dict[type, RowWidget] = {}
        self._shown: TextContent | None = None
        host.theme.changed.connect(self._renew)

    def literal(self, content: TextContent) -> str | None:
        """What a row says where no widget is needed to know it: code, what is shown as it is typed, plain sentences."""
        block = content.block
        if block.kind == "code" or block.plain:
            return block.text
        text = block.text.strip(" \t\r\n")  # Qt keeps the other spaces
        return text if isinstance(content, Prose) and _UNMARKED.fullmatch(text) else None

    def raw(self, content: TextContent, view: SafeTextView | None = None) -> Text:
        """The text of a row, which `view` shows, if any does."""
        literal = self.literal(content) if view is None else None
        return Text(literal.translate(_LINES)) if literal is not None else raw_text(view or self.view_of(content))

    def view_of(self, content: TextContent) -> SafeTextView:
        """A view that shows a row's text, until the next is asked for."""
        if content.open:
            content = replace(content, open=False)  # what is open may be shown a moment later
        widget = self._widget(content)
        if content != self._shown:
            self._shown = content
            widget.show_content(content)
        return cast(SafeTextView, widget.view)

    def _widget(self, content: TextContent) -> RowWidget:
        kind = type(content)
        if kind not in self._rows:
            from app.ui.transcript.code_row import CodeRow
            from app.ui.transcript.prose_row import ProseRow
            from app.ui.transcript.table_row import TableRow

            kinds: dict[type, Callable[[Host, QWidget], RowWidget]]
            kinds = {Prose: ProseRow, Code: CodeRow, Table: TableRow}
            made = kinds[kind](self._host, self._parent)
            cast(QWidget, made).hide()
            self._rows[kind] = made
        return self._rows[kind]

    def _renew(self) -> None:
        for row in self._rows.values():
            cast(QWidget, row).deleteLater()
        self._rows.clear()
        self._shown = None


def raw_text(view: SafeTextView) -> Text:
    """The text of a view."""
    document = view.document()
    raw = document.toRawText().translate(_LINES)
    if PICTURE not in raw:
        return Text(raw)
    places = [units(raw, index) for index, letter in enumerate(raw) if letter == PICTURE]
    sources = sources_between(document, 0, document.characterCount())
    return Text(raw, tuple((place, tex) for place, tex in zip(places, sources, strict=False) if tex != PICTURE))
