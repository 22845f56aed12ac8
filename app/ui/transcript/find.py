"""Finding words in the conversation: in what is read of it, a slice of time after the other."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterator
from itertools import compress
from operator import is_not
from typing import Final, NamedTuple
from weakref import WeakSet

from PySide6.QtCore import QObject, QPoint, QRect, QTimer, Signal
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QWidget

from app.core.message import Message
from app.core.query import Query
from app.core.utf16 import part, units
from app.ui.transcript.content import Content, Fold
from app.ui.transcript.face import Face
from app.ui.transcript.places import Place, Places, Spot, TextContent, words
from app.ui.transcript.reader import Reader, Text
from app.ui.transcript.said import contents_of
from app.ui.transcript.selection import Selection
from app.ui.transcript.sideways import Sideways
from app.ui.transcript.text import SafeTextView

_BUDGET: Final = 0.008
"""Seconds of counting before other work gets its turn."""
_PAUSE: Final = 4
"""Milliseconds between two such slices."""
_PATIENCE: Final = 0.05
"""Seconds that a step may look for a hit in messages that were not counted yet."""
_AGAIN: Final = 500
"""Milliseconds between two looks at what has come or gone since."""
_KEPT: Final = 64
"""Messages whose hits are remembered one by one."""
_THIRD: Final = 3
_ROOM: Final = 64
"""Pixels at the top and at the bottom in which a hit is not at its ease: the bar may lie over it."""

Spans = list[tuple[int, int]]


class Hit(NamedTuple):
    """Where something was found, in UTF-16 units of a row's document."""

    row: int
    start: int
    end: int


class Find(QObject):
    """Goes from hit to hit, and marks those on screen.

    Signals:
        found(int, int, bool): which hit is the current one, from 1, or 0 where that is not known yet; how many there
            are so far; and whether that is all.
        marked(): what is on screen is marked; where the current hit is may be another place.
    """

    found = Signal(int, int, bool)
    marked = Signal()

    def __init__(self, face: Face, selection: Selection, reader: Reader, parent: QWidget) -> None:
        super().__init__(parent)
        self._face = face
        self._selection = selection
        self._reader = reader
        self._places = Places(face)
        self._query: Query | None = None
        self._current: tuple[Place, int] | None = None
        """Where the current hit begins, and where it ends in that row."""
        self._counts: dict[str, int] = {}
        """Hits of each message that was counted, by its id."""
        self._opened: dict[str, int] = {}
        """How much of each was unfolded then."""
        self._known: list[Message] = []
        """The messages as they were when it was last looked what has come or gone."""
        self._read: dict[str, dict[int, tuple[Content, Spans]]] = {}
        """What was found in rows, by message and row: for as long as they show the same."""
        self._work: Iterator[None] = iter(())
        self.complete = True
        """Whether every message was counted. What comes later is counted without telling how far that is."""
        self._wanted = 0
        """A step, on or back, that has to wait until more is counted."""
        self._marked: WeakSet[SafeTextView] = WeakSet()
        self._slices = QTimer(self, singleShot=True, interval=_PAUSE)
        self._slices.timeout.connect(self._count_on)
        self._looks = QTimer(self, interval=_AGAIN)
        self._looks.timeout.connect(self._look_again)
        face.laid_out.connect(self._mark)

    @property
    def text(self) -> str:
        """What is looked for; empty where nothing is."""
        return self._query.text if self._query is not None else ""

    @property
    def current(self) -> Spot | None:
        """Where the current hit begins."""
        return self._places.spot(self._current[0]) if self._current is not None else None

    @property
    def may_be_left(self) -> bool:
        """Whether nothing is selected in the conversation, which Esc would clear first."""
        return self._selection.empty

    def search(self, text: str) -> None:
        """Look for other words: from the current hit on, or from what is on screen."""
        self.look_for(Query(text))

    def look_for(self, query: Query) -> None:
        """The same for what may be told in another way than by words in their order."""
        origin = self.current or self._top()
        self._forget()
        self._query = query if query.text.strip() else None
        if self._query is not None:
            self._looks.start()
        if self._query is None or origin is None:
            self._mark()
            self.found.emit(0, 0, True)
            return
        self.complete = False
        self._work = self._count_all(origin)
        self._count_on()
        self._mark()

    def next(self) -> None:
        """Go to the next hit; after the last comes the first."""
        self._step(1)

    def previous(self) -> None:
        """Go to the hit before; before the first comes the last."""
        self._step(-1)

    def begin_anew(self) -> None:
        """Another conversation is to be shown: count what is in that one, without leaving the place it is shown at."""
        self._forget()
        if self._query is not None:
            self.complete = False
            self._work = self._count_there()
            self._slices.start()
            self._tell()

    def close(self) -> None:
        """Look for nothing any more. The conversation stays where it is, and the current hit is selected."""
        found = self._current
        self._forget()
        self._query = None
        self._looks.stop()
        for view in list(self._marked):
            view.mark([], None)
        self._marked.clear()
        if found is not None:
            place, end = found
            self._selection.select(place, place._replace(position=end))

    def _forget(self) -> None:
        self._slices.stop()
        self._work = iter(())
        self.complete = True
        self._current, self._wanted = None, 0
        self._counts, self._opened, self._read, self._known = {}, {}, {}, []

    # --- counting ---

    def _count_all(self, origin: Spot) -> Iterator[None]:
        """Count every message, from the one at `origin` on and then those before; show the first hit on the way."""
        self._known = list(self._face.messages)
        ids = [message.id for message in self._known]
        first = ids[origin.message]
        for message in [*ids[origin.message :], *ids[: origin.message]]:
            yield from self._count(message)
            self._show_first(message, origin if message == first else None)
        self._show_first(first, None)

    def _count_there(self) -> Iterator[None]:
        """Count every message that is there by then."""
        self._known = list(self._face.messages)
        for message in self._known:
            yield from self._count(message.id)

    def _show_first(self, message: str, origin: Spot | None) -> None:
        """Go to the first hit of a message that is not before `origin`, unless there is a current one already."""
        number = self._face.number_of(message)
        if self._current is not None or number is None or not self._counts.get(message):
            return
        for hit in self._hits(number):
            if origin is None or (hit.row, hit.start) >= origin[1:]:
                self._go_to(number, hit)
                return

    def _count(self, message_id: str) -> Iterator[None]:
        """Count the hits of a message, row by row."""
        number = self._face.number_of(message_id)
        if number is None or self._query is None:
            return
        message, count = self._face.messages[number], 0
        if self._may_have(message):
            has_rows = self._face.known_rows(number) is not None
            for text in list(words(contents_of(self._face, number))):
                spans, is_new = self._spans(number, text.row, text.content) if has_rows else self._read_of(text.content)
                count += len(spans)
                if is_new:
                    yield
        self._counts[message_id], self._opened[message_id] = count, self._unfolded(number)
        yield

    def _unfolded(self, number: int) -> int:
        """How much of a message was unfolded."""
        rows = self._face.known_rows(number) or ()
        return sum(isinstance(row.content, Fold) and row.content.open for row in rows)

    def _may_have(self, message: Message) -> bool:
        query = self._query
        if query is None:
            return False
        return query.may_be_in(message.text) or (message.role == "assistant" and query.may_be_in(message.thinking))

    def _count_on(self) -> None:
        """Count until the slice of time is used up."""
        until = time.perf_counter() + _BUDGET
        for _ in self._work:
            if time.perf_counter() > until:
                self._slices.start()
                break
        is_first = not self.complete
        if not self._slices.isActive():
            self.complete = True
            if self._wanted:
                wanted, self._wanted = self._wanted, 0
                self._step(wanted)
        if is_first or not self._slices.isActive():
            self._tell()

    def _look_again(self) -> None:
        """Count what has come since, and what has grown."""
        if self._slices.isActive() or self._query is None:
            return
        came, gone = self._came_and_gone()
        changed = [message.id for message in came]
        messages = self._face.messages
        for number in {number for number, _, _ in self._face.on_screen() if number < len(messages)}:
            id_ = messages[number].id
            if id_ in self._opened and id_ not in changed and self._opened[id_] != self._unfolded(number):
                changed.append(id_)
        for message_id in {message.id for message in gone} - set(changed):
            self._counts.pop(message_id, None)
            self._opened.pop(message_id, None)
        if changed or gone:
            self._work = (step for message_id in changed for step in self._count(message_id))
            self._count_on()

    def _came_and_gone(self) -> tuple[list[Message], list[Message]]:
        """The messages that were not there before, or as others, and those that were. Of many, most are as they were:
        they are compared without a step of Python for each."""
        before, self._known = self._known, list(self._face.messages)
        if len(before) == len(self._known):
            differ = list(map(is_not, before, self._known))
            return list(compress(self._known, differ)), list(compress(before, differ))
        old, new = set(map(id, before)), set(map(id, self._known))
        return [m for m in self._known if id(m) not in old], [m for m in before if id(m) not in new]

    # --- hits ---

    def _spans(self, number: int, row: int, content: TextContent) -> tuple[Spans, bool]:
        """What is found in a row, and whether it had to be read for that."""
        known = self._read.setdefault(self._face.messages[number].id, {}).get(row)
        if known is not None and known[0] is content:
            return known[1], False
        widget = self._face.widget_at(number, row)
        spans, is_new = self._read_of(content, widget.view if widget is not None else None)
        self._read[self._face.messages[number].id][row] = content, spans
        for old in list(self._read)[: max(0, len(self._read) - _KEPT)]:
            del self._read[old]
        return spans, is_new

    def _read_of(self, content: TextContent, view: SafeTextView | None = None) -> tuple[Spans, bool]:
        """The same of a row that `view` shows, if any does."""
        if self._query is None or not self._query.may_be_in(content.block.text):
            return [], False
        return spans_in(self._query, self._reader.raw(content, view)), True

    def _hits(self, number: int) -> list[Hit]:
        """All hits of a message."""
        hits = []
        for text in self._places.words(number):
            hits += [Hit(text.row, *span) for span in self._spans(number, text.row, text.content)[0]]
        return hits

    def _top(self) -> Spot | None:
        """The first place that can be seen; None in an empty conversation."""
        count = len(self._face.messages)
        viewport = self._face.viewport().mapToGlobal(QPoint())
        for number, row, widget in self._face.on_screen():
            view = widget.view
            if number < count and view is not None:
                corner = view.mapToGlobal(QPoint())
                above = corner.y() < viewport.y()
                return Spot(number, row, view.position_at(QPoint(corner.x(), viewport.y())) if above else 0)
        return Spot(0, 0, 0) if count else None

    # --- going there ---

    def _step(self, step: int) -> None:
        """Go on (1) or back (-1) to the next hit, however far it is."""
        spot = self.current or self._top()
        if self._query is None or spot is None or (self.complete and not any(self._counts.values())):
            return
        is_current = self.current is not None
        until = time.perf_counter() + _PATIENCE
        count = len(self._face.messages)
        for distance in range(count + 1):
            number = (spot.message + step * distance) % count
            if not self._has_hits(number):
                if time.perf_counter() > until:
                    self._wanted = step
                    return
                continue
            hits = self._hits(number)[::step]
            if not distance:
                hits = [hit for hit in hits if _is_beyond(hit, spot, step, inclusive=not is_current)]
            if hits:
                self._go_to(number, hits[0])
                self._tell()
                return

    def _has_hits(self, number: int) -> bool:
        message = self._face.messages[number]
        if message.id not in self._counts:
            for _ in self._count(message.id):
                pass
        return self._counts.get(message.id, 0) > 0

    def _go_to(self, number: int, hit: Hit) -> None:
        self._current = self._places.place(Spot(number, hit.row, hit.start)), hit.end
        if not self._is_at_ease(number, hit):
            self._face.reveal(number, hit.row, hit.start)
            self._come_closer(number, hit)
        else:
            self._face.scroll_by(0)
        widget = self._face.widget_at(number, hit.row)
        if widget is not None and widget.view is not None and isinstance(sideways := widget.view.parent(), Sideways):
            sideways.reveal(hit.end)
            sideways.reveal(hit.start)
        self._mark()

    def _y(self, number: int, hit: Hit) -> int | None:
        """How far below the top of the viewport a hit is, in pixels; None where its row has no widget."""
        widget = self._face.widget_at(number, hit.row)
        view = widget.view if widget is not None else None
        if view is None or not view.isVisible():
            return None
        cursor = QTextCursor(view.document())
        cursor.setPosition(hit.start)
        place = view.viewport().mapTo(self._face.viewport(), view.cursorRect(cursor).topLeft())
        return place.y()

    @property
    def place(self) -> QRect:
        """Where the current hit is in the viewport; empty where it has no widget."""
        spot = self.current
        widget = self._face.widget_at(spot.message, spot.row) if spot is not None else None
        view = widget.view if widget is not None else None
        if self._current is None or spot is None or view is None or not view.isVisible():
            return QRect()
        start, end = QTextCursor(view.document()), QTextCursor(view.document())
        start.setPosition(min(spot.position, view.length))
        end.setPosition(min(self._current[1], view.length))
        place = view.cursorRect(start).united(view.cursorRect(end))
        return QRect(view.viewport().mapTo(self._face.viewport(), place.topLeft()), place.size())

    def _is_at_ease(self, number: int, hit: Hit) -> bool:
        y = self._y(number, hit)
        return y is not None and _ROOM <= y <= self._face.viewport().height() - _ROOM

    def _come_closer(self, number: int, hit: Hit) -> None:
        """The row is on screen; of a high one the hit may not be."""
        y = self._y(number, hit)
        if y is not None and not self._is_at_ease(number, hit):
            self._face.scroll_by(y - self._face.viewport().height() // _THIRD)

    # --- telling and marking ---

    def _tell(self) -> None:
        count = sum(self._counts.values())
        self.found.emit(self._ordinal() if self.complete else 0, count, self.complete)

    def _ordinal(self) -> int:
        """Which of all hits the current one is, from 1."""
        spot = self.current
        if spot is None:
            return 0
        before = sum(self._counts.get(message.id, 0) for message in self._face.messages[: spot.message])
        return before + 1 + sum((hit.row, hit.start) < spot[1:] for hit in self._hits(spot.message))

    def _mark(self) -> None:
        if self._query is None and not self._marked:
            return
        current, count = self.current, len(self._face.messages)
        for number, row, widget in self._face.on_screen():
            view = widget.view
            if view is None or number >= count:
                continue
            content = self._face.rows_of(number)[row].content
            spans = self._spans(number, row, content)[0] if isinstance(content, TextContent) else []
            at = current.position if current is not None and current[:2] == (number, row) else None
            here = next((i for i, span in enumerate(spans) if span[0] == at), None)
            if spans or view in self._marked:
                view.mark(spans, here)
                self._marked.add(view)
        self.marked.emit()


def _is_beyond(hit: Hit, spot: Spot, step: int, *, inclusive: bool) -> bool:
    """Whether a hit lies on the way from a spot in its message."""
    here, there = (hit.row, hit.start), spot[1:]
    return (here > there if step > 0 else here < there) or (inclusive and here == there)


def spans_in(query: Query, text: Text) -> Spans:
    """Where it is found in a row's document. A formula is one character there, and found by its TeX as a whole."""
    if not text.formulas:
        return query.spans(text.raw)
    parts, begins, before, end = [], [], 0, 0
    for position, tex in text.formulas:
        said = part(text.raw, end, position)
        before += units(said)
        begins.append((before, units(tex), position))
        before += units(tex)
        parts += [said, tex]
        end = position + 1
    parts.append(part(text.raw, end))
    spans: Spans = []
    for first, last in query.spans("".join(parts)):
        span = _behind(first, begins, inside=0), _behind(last, begins, inside=1)
        if not spans or span[0] >= spans[-1][1]:
            spans.append(span)
    return spans


def _behind(place: int, formulas: list[tuple[int, int, int]], *, inside: int) -> int:
    """The position of a place in the text with all TeX; what is inside TeX is before its formula (0) or behind (1)."""
    index = bisect_left(formulas, place, key=lambda formula: formula[0]) - 1
    if index < 0:
        return place
    begin, length, position = formulas[index]
    return position + inside if place < begin + length else position + 1 + place - begin - length
