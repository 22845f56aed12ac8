"""A conversation on paper: a PDF, laid out piece by piece so that the window never waits for long.

Every piece is a small text document of our own making (`app.ui.print_text`), cut between lines where a page ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QFile, QIODevice, QLocale, QMarginsF, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QColor,
    QFontMetricsF,
    QImage,
    QPageLayout,
    QPageSize,
    QPainter,
    QPalette,
    QPdfWriter,
    QPen,
    QTextDocument,
)

from app.core.errors import StoreFull
from app.core.export.asked import Wanted, Words, about, stripped, title
from app.core.export.drawn import draw
from app.core.export.parsed import pieces
from app.core.message import ImageBlock, Message
from app.core.whole import Whole
from app.ui.foreign_text import one_line
from app.ui.print_text import INK, LIGHT_INK, Style, is_heading, plain, written

if TYPE_CHECKING:
    from app.core.image import Pixels

Draw = Callable[[ImageBlock, bool], Awaitable["Pixels | None"]]
"""A picture to print, within some 1600 pixels: its original, or what was sent; None where that file is missing."""

_MARGIN: Final = 20.0
"""Millimetres."""
_FOOT: Final = 28.0
"""Points at the end of a page for its number."""
_DPI: Final = 1200
_GAP: Final = 8.0
"""Points between pieces."""
_PICTURE: Final = QSizeF(360, 300)
"""The largest that a picture is printed, in points."""
_LEAST: Final = 24.0
"""Points: no piece begins in less at the end of a page."""
_LINE: Final = "#E4E1DA"
_END: Final = 32
"""Bytes at the end of a PDF in which its last words stand."""


async def print_whole(
    whole: Whole, path: Path, wanted: Wanted, words: Words, *, family: str, draw: Draw, did: Callable[[], None]
) -> None:
    """Print the branch shown to a file that is there already; `family` is the font.

    `did` is called after each picture and message, and may raise to end it. Raises StoreFull.
    """
    whole = stripped(whole, wanted)
    sheet = _Sheet(path, one_line(title(whole, words)), family)
    try:
        await _Conversation(sheet, wanted, words, draw, did).put(whole)
    finally:
        sheet.close()
    if not await asyncio.to_thread(_is_whole, path):
        raise StoreFull(str(path))


def _is_whole(path: Path) -> bool:
    """Whether the writer's last words are there: it does not tell of a disk that is full."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _END))
        return b"%%EOF" in file.read(_END)


class _Conversation:
    def __init__(self, sheet: _Sheet, wanted: Wanted, words: Words, draw: Draw, did: Callable[[], None]) -> None:
        self._sheet = sheet
        self._wanted = wanted
        self._words = words
        self._draw = draw
        self._did = did

    async def put(self, whole: Whole) -> None:
        facts, words = whole.conversation, self._words
        self._note(one_line(title(whole, words)), "title")
        self._note(one_line(about(whole, words)))
        if facts.system.strip():
            self._head(words.system)
            await self._plain(facts.system.strip())
        for message in whole.shown:
            await self._message(message)
            self._did()

    async def _message(self, message: Message) -> None:
        words, asked = self._words, message.role == "user"
        self._sheet.space(_GAP * 2)
        who = words.you if asked else one_line(words.model(message.model)) or "Claude"
        self._head(" · ".join(filter(None, (who, words.day(message.created)))))
        for blocks in message.pictures:
            await self._picture(blocks)
            self._did()
        if message.thinking:
            self._head(words.thinking)
            await self._text(message.thinking, LIGHT_INK)
        if asked:
            await self._plain(message.text)
        else:
            await self._text(message.text)
        self._note(words.ending(message))
        self._note(words.cost(message) if self._wanted.costs else "")

    async def _text(self, text: str, ink: str = INK) -> None:
        for piece in pieces(text):
            drawn = await asyncio.to_thread(draw, piece)
            document = written(piece, self._sheet.style, drawn, ink)
            if is_heading(piece):
                self._sheet.hold(document)
            else:
                self._sheet.put(document)
            await asyncio.sleep(0)

    async def _plain(self, text: str) -> None:
        for paragraph in filter(None, text.split("\n\n")):
            for at in range(0, len(paragraph), 4000):
                self._sheet.put(plain(paragraph[at : at + 4000], self._sheet.style))
                await asyncio.sleep(0)

    def _head(self, text: str) -> None:
        """What says what follows: it is on the same page."""
        self._sheet.hold(plain(text, self._sheet.style, "who"))

    def _note(self, text: str, role: str = "note") -> None:
        if text.strip():
            self._sheet.put(plain(text, self._sheet.style, role))

    async def _picture(self, blocks: tuple[ImageBlock, ...]) -> None:
        first = blocks[0]
        name = one_line(first.name)
        label = f"Image {first.number}"
        if first.stands_for or not first.sent:
            self._note(one_line(first.stands_for or first.url or label))
            return
        original = await self._draw(first, True) if self._wanted.originals and first.original else None
        if original is not None:
            self._sheet.picture(_image(original))
        for block in blocks if original is None else ():
            pixels = await self._draw(block, False)
            if pixels is None:
                self._note(self._words.not_there.replace("%1", label))
            else:
                self._sheet.picture(_image(pixels))
            await asyncio.sleep(0)
        self._note(f"{label} · {name}" if name else label)


def _image(pixels: Pixels) -> QImage:
    rgba = QImage(pixels.rgba, pixels.width, pixels.height, 4 * pixels.width, QImage.Format.Format_RGBA8888)
    # On white: a picture without transparency is written as a JPEG, a tenth of the size.
    image = QImage(rgba.size(), QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    painter.drawImage(0, 0, rgba)
    painter.end()
    return image


class _Sheet:
    """The pages, in points from the upper left corner of what is printed on."""

    def __init__(self, path: Path, title: str, family: str) -> None:
        """Raises StoreFull."""
        self._held: list[QTextDocument] = []
        self._title = title
        self._path = path
        self._file = QFile(str(path))
        if not self._file.open(QIODevice.OpenModeFlag.WriteOnly):
            raise StoreFull(str(path))
        self._writer = QPdfWriter(self._file)
        self._writer.setTitle(title)
        self._writer.setCreator("Visavis")
        self._writer.setResolution(_DPI)
        self._writer.setPageLayout(_page())
        points = self._writer.pageLayout().paintRectPoints()
        self._width, self._bottom = float(points.width()), points.height() - _FOOT
        self.style = Style(family, self._width)
        self._painter = QPainter(self._writer)
        self._painter.scale(_DPI / 72, _DPI / 72)
        self._y = 0.0
        self._number = 1
        self._draw_foot()

    def close(self) -> None:
        self._put_held(0)
        self._painter.end()
        self._file.close()

    def space(self, points: float) -> None:
        """Leave room before what follows, but not at the beginning of a page."""
        if self._y:
            self._y = min(self._y + points, self._bottom)

    def keep(self, points: float) -> None:
        """Begin a page where there is less room than this."""
        if self._y and self._bottom - self._y < points:
            self._turn()

    def hold(self, document: QTextDocument) -> None:
        """Print a piece on the page on which what follows it begins."""
        document.setTextWidth(self._width)
        self._held.append(document)

    def put(self, document: QTextDocument) -> None:
        """Print a piece, on several pages if need be."""
        document.setTextWidth(self._width)
        self._put_held(min(_LEAST, document.size().height()))
        self._put(document)

    def _put_held(self, room: float) -> None:
        """Print what is held where so much room is left below it."""
        held, self._held = self._held, []
        self.keep(room + sum(each.size().height() + _GAP for each in held))
        for document in held:
            self._put(document)

    def _put(self, document: QTextDocument) -> None:
        height = document.size().height()
        lines = _lines(document) if self._y + height > self._bottom else []
        at = 0.0
        while at < height:
            room = self._bottom - self._y
            end = height if height - at <= room else _cut(lines, at, at + room)
            if end <= at and self._y:
                self._turn()
                continue
            end = end if end > at else at + room  # a line that is higher than a page
            self._draw(document, at, end)
            self._y += end - at
            at = end
        self.space(_GAP)

    def picture(self, image: QImage) -> None:
        """Print a picture as large as it may be, and no larger than 96 pixels to the inch."""
        size = QSizeF(image.size()) * 0.75
        room = QSizeF(min(_PICTURE.width(), self._width), _PICTURE.height())
        if size.width() > room.width() or size.height() > room.height():
            size.scale(room, Qt.AspectRatioMode.KeepAspectRatio)
        self._put_held(size.height() + _LEAST)
        place = QRectF(QPointF(0, self._y), size)
        self._painter.drawImage(place, image)
        self._painter.setPen(QPen(QColor(_LINE), 0.5))
        self._painter.drawRect(place)
        self._y += size.height()
        self.space(_GAP / 2)

    def _draw(self, document: QTextDocument, start: float, end: float) -> None:
        context = QAbstractTextDocumentLayout.PaintContext()
        context.palette = _paper()
        context.clip = QRectF(0, start, self._width, end - start)
        self._painter.save()
        self._painter.translate(0, self._y - start)
        self._painter.setClipRect(context.clip)
        document.documentLayout().draw(self._painter, context)
        self._painter.restore()

    def _turn(self) -> None:
        if not self._writer.newPage():
            raise StoreFull(str(self._path))
        self._y = 0.0
        self._number += 1
        self._draw_foot()

    def _draw_foot(self) -> None:
        font = self.style.font("note")
        line = QFontMetricsF(font)
        number = QLocale().toString(self._number)
        room = self._width - line.horizontalAdvance(number) - 16
        title = line.elidedText(self._title, Qt.TextElideMode.ElideRight, room)
        self._painter.setFont(font)
        self._painter.setPen(QColor(LIGHT_INK))
        place = QRectF(0, self._bottom, self._width, _FOOT)
        flags = Qt.AlignmentFlag.AlignBottom | Qt.TextFlag.TextSingleLine
        self._painter.drawText(place, int(flags | Qt.AlignmentFlag.AlignLeft), title)
        self._painter.drawText(place, int(flags | Qt.AlignmentFlag.AlignRight), number)


def _page() -> QPageLayout:
    """The paper of the person's country."""
    metric = QLocale().measurementSystem() != QLocale.MeasurementSystem.ImperialUSSystem
    size = QPageSize(QPageSize.PageSizeId.A4 if metric else QPageSize.PageSizeId.Letter)
    margins = QMarginsF(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
    return QPageLayout(size, QPageLayout.Orientation.Portrait, margins, QPageLayout.Unit.Millimeter)


def _paper() -> QPalette:
    """Paper is light, whatever the window is."""
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.Text, QColor(INK))
    return palette


def _lines(document: QTextDocument) -> list[tuple[float, float]]:
    """Where the lines of a document begin and end, from its upper edge."""
    found = []
    block, layout = document.begin(), document.documentLayout()
    while block.isValid():
        top = layout.blockBoundingRect(block).top()
        text = block.layout()
        for number in range(text.lineCount()):
            line = text.lineAt(number)
            found.append((top + line.y(), top + line.y() + line.height()))
        block = block.next()
    return found


def _cut(lines: list[tuple[float, float]], start: float, limit: float) -> float:
    """The last place up to `limit` that goes through no line; `start` where there is none."""
    cut = limit
    for top, bottom in sorted(lines, reverse=True):
        if top < cut - 0.01 and bottom > cut + 0.01:
            cut = top
    return max(cut, start)
