"""What is copied of the conversation: as it is read, as Markdown, and with its looks."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final, Literal, NamedTuple

from PySide6.QtCore import QMimeData, QObject
from PySide6.QtGui import QClipboard, QGuiApplication
from PySide6.QtWidgets import QWidget

from app.core import tables, utf16
from app.core.blocks import Block, joined
from app.core.message import Message
from app.ui.transcript import announcing
from app.ui.transcript.cells import cells_between
from app.ui.transcript.content import Content, More, Pictures, Table
from app.ui.transcript.face import Face
from app.ui.transcript.places import TextContent, words
from app.ui.transcript.reader import Reader
from app.ui.transcript.said import said
from app.ui.transcript.selection import Excerpt, Selection
from app.ui.transcript.text import SafeTextView
from app.ui.transcript.turn import FOLDED

Form = Literal["text", "markdown", "rich"]

_MOST: Final = 2_000
"""Rows that are read as they are shown; of the messages after them the Markdown stands in."""
_MOST_RICH: Final = 400
"""Rows that are copied with their looks; of more the clipboard gets the text only."""
_BETWEEN_PARTS: Final = re.compile(r"</table>\s*<table[^>]*>")


class Piece(NamedTuple):
    """What is taken of a row."""

    number: int
    """Of its message."""
    row: int
    content: TextContent
    thought: bool = False
    start: int = 0
    """In the row's document, in UTF-16 units."""
    end: int | None = None
    """None to its end."""
    whole: bool = True


Pieces = list[Piece | Pictures]


class Taken(NamedTuple):
    """What is taken of a message."""

    message: Message
    pieces: Pieces | None
    """None where its Markdown stands in for all of it."""


class Copying(QObject):
    """Of questions and answers alike; where both are taken, it is said whose words they are."""

    def __init__(self, face: Face, selection: Selection, reader: Reader, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self._face = face
        self._selection = selection
        self._reader = reader
        selection.copy_asked.connect(self.copy_selection)
        selection.settled.connect(self._offer_to_middle_click)

    # --- onto the clipboard ---

    @property
    def has_selection(self) -> bool:
        """Whether anything is selected in the conversation."""
        return not self._selection.empty

    def copy_selection(self, form: Form = "rich") -> None:
        """What is selected; by default as text and, where it is not very long, with its looks."""
        excerpts = self._selection.excerpts()
        if excerpts:
            self._put(excerpts, form)

    def copy(self, message: Message, form: Form) -> None:
        """All of a message, as it is read, as Markdown, or with its looks. Thoughts are left out."""
        if form == "markdown":
            QGuiApplication.clipboard().setText(message.text)
        elif (excerpt := self.whole(message)) is not None:
            self._put([excerpt], form, spoken_only=True)
        announcing.copied(self._over)

    def copy_last(self) -> None:
        """The last answer that has a text, as Markdown."""
        last = next((m for m in reversed(self._face.messages) if m.role == "assistant" and m.text), None)
        if last is not None:
            self.copy(last, "markdown")

    def whole(self, message: Message) -> Excerpt | None:
        """All of a message; None where it is gone."""
        number = self._face.number_of(message.id)
        return None if number is None else Excerpt(number, self._face.messages[number])

    # --- what is copied ---

    def text(self, excerpts: Sequence[Excerpt], *, spoken_only: bool = False) -> str:
        """As it is read; `spoken_only` leaves out what was thought."""
        taken = self._taken(excerpts, _MOST, spoken_only=spoken_only)
        return self._told([(message, self._plain(message, pieces)) for message, pieces in taken], "%1:")

    def markdown(self, excerpts: Sequence[Excerpt], *, spoken_only: bool = False) -> str:
        """As it was written; parts of a block as they are read."""
        taken = self._taken(excerpts, _MOST, spoken_only=spoken_only)
        return self._told([(message, self._source(message, pieces)) for message, pieces in taken], "**%1:**")

    def html(self, excerpts: Sequence[Excerpt], *, spoken_only: bool = False) -> str:
        """With its looks; empty where it is too long for that."""
        taken = self._taken(excerpts, _MOST_RICH, spoken_only=spoken_only)
        if any(pieces is None for _, pieces in taken[1:]):
            return ""
        return self._told([(message, self._rich(message, pieces)) for message, pieces in taken], "<p><b>%1:</b></p>")

    def selected_words(self) -> str:
        """What is selected within one row, as it is read; empty where it is more than that."""
        excerpts = self._selection.excerpts()
        first = excerpts[0] if len(excerpts) == 1 else None
        if first is None or first.first is None or first.last is None or first.first[0] != first.last[0]:
            return ""
        return self.text(excerpts)

    def selected_in_answers(self) -> str:
        """What is selected of what Claude said, as it is read."""
        return self.text([each for each in self._selection.excerpts() if each.message.role == "assistant"])

    def _put(self, excerpts: Sequence[Excerpt], form: Form, *, spoken_only: bool = False) -> None:
        data = QMimeData()
        if form == "markdown":
            data.setText(self.markdown(excerpts, spoken_only=spoken_only))
        else:
            data.setText(self.text(excerpts, spoken_only=spoken_only))
        if form == "rich" and (rich := self.html(excerpts, spoken_only=spoken_only)):
            data.setHtml(rich)
        QGuiApplication.clipboard().setMimeData(data)

    def _offer_to_middle_click(self) -> None:
        """Where the middle button pastes what is selected: the view in which it began has offered its own part."""
        clipboard = QGuiApplication.clipboard()
        excerpts = self._selection.excerpts()
        if clipboard.supportsSelection() and excerpts:
            clipboard.setText(self.text(excerpts), QClipboard.Mode.Selection)

    def _told(self, told: Sequence[tuple[Message, str]], speaker: str) -> str:
        """What was said, one message after the other."""
        told = [each for each in told if each[1]]
        if len(told) < 2:
            return told[0][1] if told else ""
        names = {"user": self.tr("You"), "assistant": self.tr("Claude")}
        return "\n\n".join(f"{speaker.replace('%1', names[message.role])}\n\n{words}" for message, words in told)

    # --- rows ---

    def _taken(self, excerpts: Sequence[Excerpt], most: int, *, spoken_only: bool) -> list[Taken]:
        taken = []
        for excerpt in excerpts:
            is_whole = excerpt.first is None and excerpt.last is None
            pieces: Pieces | None = None
            if most > 0 or not is_whole:
                contents = self._contents(excerpt, make=not is_whole)
                if not (is_whole and _hides(contents, excerpt.message, folded=spoken_only)):
                    found = self._pieces(excerpt, contents)
                    pieces = [each for each in found if not (spoken_only and _is_thought(each))]
                    most -= len(pieces)
            taken.append(Taken(excerpt.message, pieces))
        return taken

    def _contents(self, excerpt: Excerpt, *, make: bool) -> Sequence[Content]:
        """What the rows of a message show. Of one that has none yet only the text and the pictures, unless they are
        to be made."""
        if make or self._face.known_rows(excerpt.number) is not None:
            return [row.content for row in self._face.rows_of(excerpt.number)]
        message = excerpt.message
        return [*([Pictures(message.pictures)] if message.images else []), *said(message)]

    def _pieces(self, excerpt: Excerpt, contents: Sequence[Content]) -> Iterator[Piece | Pictures]:
        texts = {text.row: text for text in words(contents)}
        first, start = excerpt.first or (0, 0)
        last, end = excerpt.last or (len(contents) - 1, None)
        for row in range(first, min(last + 1, len(contents))):
            content = contents[row]
            if isinstance(content, Pictures):
                yield content
            elif row in texts:
                text = texts[row]
                piece = Piece(excerpt.number, row, text.content, text.thought)
                from_here, up_to = start if row == first else 0, end if row == last else None
                yield from self._part(piece, from_here, up_to)

    def _part(self, piece: Piece, start: int, end: int | None) -> Iterator[Piece]:
        if not start and end is None:
            yield piece
            return
        length = self._view(piece).length
        end = length if end is None else min(end, length)
        if start < end:
            yield piece._replace(start=start, end=end, whole=not start and end == length)

    def _view(self, piece: Piece) -> SafeTextView:
        """A view that shows the row."""
        rows = self._face.known_rows(piece.number)
        if rows is not None and piece.row < len(rows) and rows[piece.row].content is piece.content:
            widget = self._face.widget_at(piece.number, piece.row)
            if widget is not None and widget.view is not None:
                return widget.view
        return self._reader.view_of(piece.content)

    # --- forms ---

    def _plain(self, message: Message, pieces: Pieces | None) -> str:
        if pieces is None:
            return message.text
        blocks = [self._plain_block(message, list(parts)) for _, parts in groupby(pieces, _block_of)]
        return "\n\n".join(filter(None, blocks))

    def _plain_block(self, message: Message, block: Pieces) -> str:
        """A block, of one part or of several."""
        parts = [each for each in block if isinstance(each, Piece)]
        if not parts:
            return "\n".join(name for each in block if isinstance(each, Pictures) for name in _named(each))
        texts = [self._words(part) for part in parts]
        if parts[0].content.block.kind == "code":
            return _code(parts, texts)
        return _joined(message, parts, texts)

    def _words(self, piece: Piece) -> str:
        literal = self._reader.literal(piece.content)
        if literal is not None:
            return utf16.part(literal, piece.start, piece.end)
        if isinstance(piece.content, Table) and (cells := self._cells(piece)):
            return tables.to_tsv([tables.harmless(cell) for cell in row] for row in cells)
        return self._view(piece).plain_between(piece.start, piece.end)

    def _cells(self, piece: Piece) -> tables.Cells:
        """What is taken of a table; nothing where that is a part of one cell."""
        if piece.whole:
            head, rows, _ = tables.cells(piece.content.block.text)
            shown = [head, *rows] if piece.content.block.first else rows
            return [[tables.plain_cell(cell) for cell in row] for row in shown]
        view = self._view(piece)
        found = cells_between(view, piece.start, self._end(piece))
        return found.words(view) if found is not None else []

    def _source(self, message: Message, pieces: Pieces | None) -> str:
        """Of blocks that are taken whole the text as it was written, and what is between them."""
        if pieces is None:
            return message.text
        told: list[str] = []
        for (is_whole, thought), run in groupby(pieces, _slice_of):
            parts = list(run)
            if is_whole:
                blocks = [part.content.block for part in parts if isinstance(part, Piece)]
                told.append(_source_text(message, thought=thought)[blocks[0].start : blocks[-1].end].strip("\n"))
            else:
                told += [self._plain_block(message, list(block)) for _, block in groupby(parts, _block_of)]
        return "\n\n".join(told)

    def _rich(self, message: Message, pieces: Pieces | None) -> str:
        if pieces is None:
            return _paragraph(message.text)
        return "\n".join(self._rich_block(message, list(parts)) for _, parts in groupby(pieces, _block_of))

    def _rich_block(self, message: Message, block: Pieces) -> str:
        parts = [each for each in block if isinstance(each, Piece)]
        first = parts[0].content.block if parts else None
        if first is None or first.plain:
            return _paragraph(self._plain_block(message, block))
        if first.kind == "code":
            code = html.escape(self._plain_block(message, block), quote=False)
            return f"<pre><code{_language(first)}>{code}</code></pre>"
        rich = "\n".join(self._looks(part) for part in parts)
        return _BETWEEN_PARTS.sub("", rich) if first.kind == "table" else rich

    def _looks(self, piece: Piece) -> str:
        view, end = self._view(piece), self._end(piece)
        cells = cells_between(view, piece.start, end) if isinstance(piece.content, Table) and not piece.whole else None
        if cells is None:
            return view.rich_between(piece.start, end)
        if cells.has_all_columns:
            return view.rich_between(cells.range[0], cells.end)
        rows = ["".join(f"<td>{html.escape(tables.harmless(cell))}</td>" for cell in row) for row in cells.words(view)]
        return "<table>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>"

    def _end(self, piece: Piece) -> int:
        return self._view(piece).length if piece.end is None else piece.end


def _hides(contents: Sequence[Content], message: Message, *, folded: bool) -> bool:
    """Whether a message has more text than its rows: it is very long or, if that counts, `folded`."""
    is_folded = folded and message.refused and not any(isinstance(each, TextContent) for each in contents)
    return is_folded or len(message.text) > FOLDED or any(isinstance(each, More) for each in contents)


def _is_thought(piece: Piece | Pictures) -> bool:
    return isinstance(piece, Piece) and piece.thought


def _block_of(piece: Piece | Pictures) -> tuple[bool, int]:
    """What the parts of a block have in common."""
    return (piece.thought, piece.content.block.number) if isinstance(piece, Piece) else (False, -1)


def _slice_of(piece: Piece | Pictures) -> tuple[bool, bool]:
    """Whether it is taken whole, and of which text."""
    if isinstance(piece, Pictures):
        return False, False
    return piece.whole and piece.content.block.end > 0, piece.thought


def _source_text(message: Message, *, thought: bool) -> str:
    """The text that the blocks of a message count their characters in."""
    if thought:
        return message.thinking
    return message.text.strip("\n") if message.role == "user" else message.text


def _code(parts: Sequence[Piece], texts: Sequence[str]) -> str:
    return joined([replace(part.content.block, text=text) for part, text in zip(parts, texts, strict=True)])


def _joined(message: Message, parts: Sequence[Piece], texts: Sequence[str]) -> str:
    """Parts that end with a line, or between two words, or in the middle of one that is endless."""
    source = _source_text(message, thought=parts[0].thought)
    told = [texts[0]]
    for before, part, text in zip(parts, parts[1:], texts[1:], strict=False):
        block = part.content.block
        between = source[before.content.block.end - 1 : block.start + 1]
        if "\n" in between or block.kind == "table":
            told.append("\n")
        elif not block.plain and " " in between:
            told.append(" ")
        told.append(text)
    return "".join(told)


def _named(pictures: Pictures) -> list[str]:
    """Pictures by their numbers, as answers name them, and by what the person calls them."""
    named = []
    for blocks in pictures.pictures:
        name = f": {blocks[0].name}" if blocks[0].name else ""
        named.append(f"[Image {blocks[0].number}{name}]")
    return named


def _language(block: Block) -> str:
    """What names the language of code, as CommonMark's own HTML does: by the first word behind the fence."""
    name = block.info.split()[0] if block.info.split() else ""
    return f' class="language-{html.escape(name)}"' if name else ""


def _paragraph(text: str) -> str:
    lines = html.escape(text, quote=False).replace("\n", "<br>")
    return f"<p>{lines}</p>"
