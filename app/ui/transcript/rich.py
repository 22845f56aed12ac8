"""Text of a row as HTML for the clipboard: what a word processor makes headings, lists, tables and links of."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final

from PySide6.QtGui import QTextBlock, QTextCharFormat, QTextCursor, QTextDocument, QTextTable
from PySide6.QtGui import QTextListFormat as Lists

from app.core.tables import harmless
from app.core.utf16 import part
from app.ui.transcript import markup
from app.ui.transcript.block_kinds import is_code, is_rule, quote_level
from app.ui.transcript.formulas_in import source_of

_NUMBERED: Final = {
    Lists.Style.ListDecimal,
    Lists.Style.ListLowerAlpha,
    Lists.Style.ListUpperAlpha,
    Lists.Style.ListLowerRoman,
    Lists.Style.ListUpperRoman,
}
_HEAVY: Final = 500


def html(document: QTextDocument, start: int, end: int) -> str:
    """What stands between two positions, escaped, with links of the kinds that may be followed and nothing to load."""
    writer = _Writer(start, end)
    block = document.findBlock(start)
    while block.isValid() and block.position() <= end:
        table = QTextCursor(block).currentFrame()
        if isinstance(table, QTextTable):
            writer.add_table(table)
            block = document.findBlock(table.lastPosition()).next()
        else:
            writer.add(block)
            block = block.next()
    return writer.finish()


class _Writer:
    """Opens and closes what blocks are in, one after the other."""

    def __init__(self, start: int, end: int) -> None:
        self._start = start
        self._end = end
        self._parts: list[str] = []
        self._around: list[str] = []
        """The tags that are open, the innermost last."""

    def add(self, block: QTextBlock) -> None:
        in_code = is_code(block)
        wanted = ["pre"] if in_code else self._wanted(block)
        fresh = self._enter(wanted, again=wanted[-1:] == ["li"])
        if in_code:
            self._parts.append(("" if fresh else "\n") + escape(self._text(block), quote=False))
        elif wanted[-1:] == ["li"]:
            self._parts.append(self._words(block))
        elif is_rule(block):
            self._parts.append("<hr>")
        elif words := self._words(block):  # Qt has empty blocks around tables
            heading = block.blockFormat().headingLevel()
            tag = f"h{heading}" if heading else "p"
            self._parts.append(f"<{tag}>{words}</{tag}>")

    def add_table(self, table: QTextTable) -> None:
        self._enter([])
        self._parts.append("<table>")
        for row in range(table.rows()):
            tag = "td" if row else "th"
            cells = [
                self._cell(table, row, column) for column in range(table.columns()) if self._has(table, row, column)
            ]
            if cells:
                self._parts.append("<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in cells) + "</tr>")
        self._parts.append("</table>")

    def finish(self) -> str:
        self._enter([])
        return "".join(self._parts)

    def _wanted(self, block: QTextBlock) -> list[str]:
        """The tags that a block stands in. A list within another stands in the item that came last."""
        if block.blockFormat().objectIndex() < 0:
            return ["blockquote"] * quote_level(block)
        form = block.textList().format()
        tag = "ul"
        if form.style() in _NUMBERED:
            tag = f'ol start="{form.start()}"' if form.start() != 1 else "ol"
        depth = 2 * max(0, form.indent() - 1)
        outer = self._around[:depth] if self._around[:1] and self._around[0][:2] in {"ul", "ol"} else []
        return [*outer, *["ul", "li"] * ((depth - len(outer)) // 2), tag, "li"]

    def _enter(self, wanted: list[str], *, again: bool = False) -> bool:
        """Close what is open and not wanted, and open what is; `again` begins another of the innermost.

        Returns whether anything was opened.
        """
        shared = 0
        while shared < min(len(wanted), len(self._around)) and wanted[shared] == self._around[shared]:
            shared += 1
        if again and shared == len(wanted):
            shared -= 1
        while len(self._around) > shared:
            self._parts.append(f"</{self._around.pop().partition(' ')[0]}>")
        for tag in wanted[shared:]:
            self._parts.append(f"<{tag}>")
            self._around.append(tag)
        return shared < len(wanted)

    def _cell(self, table: QTextTable, row: int, column: int) -> str:
        """What a spreadsheet would run as a formula gets an apostrophe in front, as in a table that is copied alone."""
        blocks = list(_blocks(table, row, column))
        text = self._text(blocks[0]) if blocks else ""
        return "'" * (harmless(text) != text) + "<br>".join(map(self._words, blocks))

    def _has(self, table: QTextTable, row: int, column: int) -> bool:
        cell = table.cellAt(row, column)
        return cell.firstPosition() < self._end and cell.lastPosition() >= self._start

    def _text(self, block: QTextBlock) -> str:
        return "".join(text for text, _ in self._runs(block))

    def _words(self, block: QTextBlock) -> str:
        is_head = bool(block.blockFormat().headingLevel())
        return "".join(_run(text, form, is_head=is_head) for text, form in self._runs(block))

    def _runs(self, block: QTextBlock) -> Iterator[tuple[str, QTextCharFormat]]:
        """The text of a block in runs of one format, as far as it is wanted."""
        fragments = block.begin()
        while not fragments.atEnd():
            fragment = fragments.fragment()
            first = max(0, self._start - fragment.position())
            last = min(fragment.length(), self._end - fragment.position())
            if first < last:
                form = fragment.charFormat()
                source = source_of(form)
                yield (source * (last - first) if source else part(fragment.text(), first, last)), form
            fragments += 1


def _blocks(table: QTextTable, row: int, column: int) -> Iterator[QTextBlock]:
    cell = table.cellAt(row, column)
    block, last = cell.firstCursorPosition().block(), cell.lastCursorPosition().block()
    while block.isValid():
        yield block
        if block == last:
            return
        block = block.next()


def _run(text: str, form: QTextCharFormat, *, is_head: bool) -> str:
    words = escape(text, quote=False).replace("\u2028", "<br>")
    if form.fontFixedPitch() and not source_of(form):
        words = f"<code>{words}</code>"
    if form.fontStrikeOut():
        words = f"<s>{words}</s>"
    if form.fontItalic():
        words = f"<em>{words}</em>"
    if form.fontWeight() > _HEAVY and not is_head:
        words = f"<strong>{words}</strong>"
    link = markup.safe_link(form.anchorHref()) if form.isAnchor() else None
    return f'<a href="{escape(markup.written(link))}">{words}</a>' if link is not None else words
