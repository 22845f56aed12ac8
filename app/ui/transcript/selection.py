"""What is selected in the conversation: within a row as Qt does it, from one row to another by what is here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, cast
from weakref import WeakSet

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent, QTextCursor
from PySide6.QtWidgets import QWidget

from app.core.message import Message
from app.ui.transcript.cells import cells_between
from app.ui.transcript.content import Table
from app.ui.transcript.face import Face
from app.ui.transcript.places import Place, Places, Spot, TextContent
from app.ui.transcript.text import SafeTextView

_PACE: Final = 16
"""Milliseconds between two steps of scrolling."""
_SLOWEST: Final = 4
_FASTEST: Final = 80
"""Pixels of a step, the more the farther the pointer is beyond the edge."""
_BEGINNING: Final = -1
"""A position before all that a message shows, its pictures too …"""
_END: Final = 2**31 - 1
"""… and one behind it."""
_KEYS: Final = {
    QKeySequence.StandardKey.SelectNextChar: QTextCursor.MoveOperation.Right,
    QKeySequence.StandardKey.SelectPreviousChar: QTextCursor.MoveOperation.Left,
    QKeySequence.StandardKey.SelectNextWord: QTextCursor.MoveOperation.WordRight,
    QKeySequence.StandardKey.SelectPreviousWord: QTextCursor.MoveOperation.WordLeft,
    QKeySequence.StandardKey.SelectNextLine: QTextCursor.MoveOperation.Down,
    QKeySequence.StandardKey.SelectPreviousLine: QTextCursor.MoveOperation.Up,
    QKeySequence.StandardKey.SelectStartOfLine: QTextCursor.MoveOperation.StartOfLine,
    QKeySequence.StandardKey.SelectEndOfLine: QTextCursor.MoveOperation.EndOfLine,
}
"""Keys that select within a row."""
_HEARD: Final = frozenset(
    {
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.MouseButtonRelease,
        QEvent.Type.MouseButtonDblClick,
        QEvent.Type.KeyPress,
    }
)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What is taken of a message: from a row and a position in it up to another, None for all there is."""

    number: int
    """Of the message, now."""
    message: Message
    first: tuple[int, int] | None = None
    last: tuple[int, int] | None = None


class Selection(QObject):
    """From one place to another. It stays with what was selected, wherever that goes, on screen or not.

    Signals:
        changed(): it is another.
        begun(): something is selected by hand, for the first time since nothing was.
        settled(): the mouse has let go of what goes from one row to another.
        copy_asked(): by key.
    """

    changed = Signal()
    begun = Signal()
    settled = Signal()
    copy_asked = Signal()

    def __init__(self, face: Face, parent: QWidget) -> None:
        """`parent` is the conversation itself: its keys are heard here first."""
        super().__init__(parent)
        self._face = face
        self._places = Places(face)
        self._anchor: Place | None = None
        self._head: Place | None = None
        """Where it goes to; None where there is no more than a place to go from."""
        self._pressed: QObject | None = None
        """What the button went down on, as long as it is held."""
        self._spans = False
        """Whether the drag has left the row that it began in: from then on until it ends, views are not listened to."""
        self._acting = False
        """Whether what a view says of its selection is the person's doing."""
        self._pointer = QPoint()
        self._known: WeakSet[SafeTextView] = WeakSet()
        self._steps = QTimer(self, interval=_PACE)
        self._steps.timeout.connect(self._step)
        face.laid_out.connect(self._on_laid_out)
        face.viewport().installEventFilter(self)
        parent.installEventFilter(self)

    @property
    def empty(self) -> bool:
        return self._head is None or self._head == self._anchor or self._ends() is None

    def clear(self) -> None:
        """Select nothing."""
        self._set(None, None)

    def select(self, anchor: Place, head: Place) -> None:
        """Select from one place to another."""
        self._set(anchor, head)

    def select_all(self) -> None:
        """Select the whole conversation."""
        ends = [self._outermost(first=first) for first in (True, False)]
        if ends[0] is not None and ends[1] is not None:
            self._set(self._places.place(ends[0]), self._places.place(ends[1]))

    def excerpts(self) -> list[Excerpt]:
        """What is selected of each message, oldest first."""
        ends = self._ends()
        if ends is None:
            return []
        first, last = ends
        return [
            Excerpt(
                number,
                self._face.messages[number],
                (first.row, first.position) if number == first.message and first.position != _BEGINNING else None,
                (last.row, last.position) if number == last.message and last.position != _END else None,
            )
            for number in range(first.message, last.message + 1)
        ]

    def take_key(self, event: QKeyEvent, view: SafeTextView | None = None) -> bool:
        """Take over a key that was pressed in the conversation, or in a row's text; whether it was one of those."""
        if event.matches(QKeySequence.StandardKey.Copy) and not self.empty:
            self.copy_asked.emit()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            if view is not None and view.length and not _is_all_selected(view):
                return False  # first of all the row
            self.select_all()
        elif event.key() == Qt.Key.Key_Escape and not self.empty:
            self.clear()
        elif view is None or not _select_by_key(event, view):
            return False
        event.accept()
        return True

    # --- where it is ---

    def _set(self, anchor: Place | None, head: Place | None) -> None:
        was_empty, before = self.empty, (self._anchor, self._head)
        self._anchor, self._head = anchor, head
        if before == (anchor, head):
            return
        if was_empty and not self.empty:
            self.begun.emit()
        self._paint()
        if not (was_empty and self.empty):
            self.changed.emit()

    def _ends(self) -> tuple[Spot, Spot] | None:
        """Where it begins and where it ends, from top to bottom; None where nothing is selected."""
        if self._anchor is None or self._head is None or self._anchor == self._head:
            return None
        anchor, head = self._places.spot(self._anchor), self._places.spot(self._head)
        if anchor is None or head is None or anchor == head:
            return None
        return min(anchor, head), max(anchor, head)

    def _outermost(self, *, first: bool) -> Spot | None:
        """The beginning, or the end, of all the text there is."""
        count = len(self._face.messages)
        for number in range(count) if first else range(count - 1, -1, -1):
            texts = list(self._places.words(number))
            if texts and first:
                return Spot(number, texts[0].row, _BEGINNING)
            if texts:
                return Spot(number, texts[-1].row, _END)
        return None

    def _rows(self) -> Iterator[tuple[int, int, SafeTextView]]:
        """The rows of text on screen: message, row and view."""
        count = len(self._face.messages)
        for number, row, widget in self._face.on_screen():
            view = widget.view
            if view is not None and number < count and self._is_text(number, row):
                yield number, row, view

    def _is_text(self, number: int, row: int) -> bool:
        rows = self._face.rows_of(number)
        return row < len(rows) and isinstance(rows[row].content, TextContent)

    def _spot_at(self, point: QPoint) -> Spot | None:
        """The place nearest to a point of the screen, of what can be seen; None where there is no text."""
        shown = self._shown()
        y = max(shown.top(), min(point.y(), shown.bottom()))
        chosen: tuple[int, int, SafeTextView] | None = None
        for each in self._rows():
            if chosen is None or each[2].mapToGlobal(QPoint()).y() <= y:
                chosen = each
        if chosen is None:
            return None
        number, row, view = chosen
        top = view.mapToGlobal(QPoint()).y()
        if y < top:
            return Spot(number, row, 0)
        if y >= top + view.height():
            return Spot(number, row, view.length)
        return Spot(number, row, view.position_at(QPoint(point.x(), y)))

    def _shown(self) -> QRect:
        """The part of the screen that the conversation has."""
        viewport = self._face.viewport()
        return QRect(viewport.mapToGlobal(QPoint()), viewport.size())

    # --- showing it ---

    def _on_laid_out(self) -> None:
        self._acting = False  # a view that was filled anew may say that nothing is selected in it
        self._paint()

    def _paint(self) -> None:
        ends = self._ends()
        for number, row, view in self._rows():
            if view not in self._known:
                self._listen_to(view)
            wanted = _part(ends, number, row, view.length) if ends is not None else None
            if wanted is not None and isinstance(self._face.rows_of(number)[row].content, Table):
                wanted = _in_cells(view, *wanted)
            selected = view.selection
            if selected is not None and selected[0] > selected[1]:
                selected = selected[1], selected[0]
            if wanted == selected:
                continue
            if wanted is None:
                view.clear_selection()
            else:
                view.select(*wanted)

    def _listen_to(self, view: SafeTextView) -> None:
        self._known.add(view)
        view.installEventFilter(self)
        view.viewport().installEventFilter(self)
        view.selectionChanged.connect(self._take_native)

    def _take_native(self) -> None:
        """A view has another selection by itself: by mouse, by keys, or by a screen reader."""
        view = self.sender()
        where = next(((number, row) for number, row, each in self._rows() if each is view), None)
        if where is None or self._spans:
            return
        cursor = cast(SafeTextView, view).textCursor()
        if cursor.hasSelection():
            self._set(
                self._places.place(Spot(*where, cursor.anchor())), self._places.place(Spot(*where, cursor.position()))
            )
        elif self._acting:
            self._set(self._places.place(Spot(*where, cursor.position())), None)

    # --- the mouse ---

    def _press(self, watched: QObject, event: QMouseEvent) -> bool:
        self._pointer = event.globalPosition().toPoint()
        self._pressed, self._spans = watched, False
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and self._anchor is not None:
            self._spans = True
            self._extend()
            return True
        # Also what is selected in the row that was pressed: of that Qt would begin a drag, in a nested event loop.
        self.clear()
        spot = self._spot_at(self._pointer)
        self._anchor = self._places.place(spot) if spot is not None else None
        self._acting = True
        return False

    def _drag(self, event: QMouseEvent) -> bool:
        self._pointer = event.globalPosition().toPoint()
        if self._anchor is None or (not self._spans and self._is_native()):
            return False
        self._spans = True
        self._extend()
        return True

    def _is_native(self) -> bool:
        """Whether the pointer is as high as the row that was pressed, and not beyond what can be seen."""
        view = self._pressed
        if not isinstance(view, QWidget) or view is self._face.viewport():
            return False
        row = QRect(view.mapToGlobal(QPoint()), view.size())
        shown = self._shown().intersected(QRect(self._shown().left(), row.top(), self._shown().width(), row.height()))
        return shown.top() <= self._pointer.y() <= shown.bottom()

    def _extend(self) -> None:
        spot = self._spot_at(self._pointer)
        if spot is not None:
            self._set(self._anchor, self._places.place(spot))
        if self._beyond():
            self._steps.start()
        else:
            self._steps.stop()

    def _beyond(self) -> int:
        """Pixels that the pointer is below what can be seen; above it they are negative."""
        shown = self._shown()
        return min(0, self._pointer.y() - shown.top()) + max(0, self._pointer.y() - shown.bottom())

    def _step(self) -> None:
        beyond = self._beyond()
        if self._pressed is None or not beyond:
            self._steps.stop()
            return
        pixels = min(_FASTEST, _SLOWEST + abs(beyond) // 4)
        self._face.scroll_by(pixels if beyond > 0 else -pixels)
        self._extend()

    def _release(self) -> None:
        self._steps.stop()
        self._pressed = None
        if self._spans:
            QTimer.singleShot(0, self, self._settle)  # only then has the view done what it does with the release

    def _settle(self) -> None:
        if self._pressed is None:
            self._spans = False
            self.settled.emit()

    # --- overrides of Qt ---

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() not in _HEARD:
            return False
        if isinstance(event, QKeyEvent):
            self._acting = True
            return self.take_key(event, watched if isinstance(watched, SafeTextView) else None)
        if not isinstance(event, QMouseEvent) or isinstance(watched, SafeTextView) or watched is self.parent():
            return False
        return self._hear_mouse(watched, event)

    def _hear_mouse(self, watched: QObject, event: QMouseEvent) -> bool:
        left = Qt.MouseButton.LeftButton
        match event.type():
            case QEvent.Type.MouseButtonPress if event.button() == left:
                return self._press(watched, event)
            case QEvent.Type.MouseButtonDblClick if event.button() == left:
                self._pressed, self._spans, self._acting = watched, False, True
            case QEvent.Type.MouseMove if self._pressed is not None:
                if event.buttons() & left:
                    return self._drag(event)
                self._release()  # that was lost
            case QEvent.Type.MouseButtonRelease if event.button() == left and self._pressed is not None:
                self._release()
        return False


def _select_by_key(event: QKeyEvent, view: SafeTextView) -> bool:
    """Select more or less of a row's text; whether the key was one that does."""
    move = next((move for key, move in _KEYS.items() if event.matches(key)), None)
    if move is None:
        return False
    cursor = view.textCursor()
    cursor.movePosition(move, QTextCursor.MoveMode.KeepAnchor)
    view.setTextCursor(cursor)
    return True


def _part(ends: tuple[Spot, Spot] | None, number: int, row: int, length: int) -> tuple[int, int] | None:
    """What of a row's text is selected."""
    if ends is None or not ends[0][:2] <= (number, row) <= ends[1][:2]:
        return None
    start = max(0, ends[0].position) if ends[0][:2] == (number, row) else 0
    end = min(length, ends[1].position) if ends[1][:2] == (number, row) else length
    return (start, end) if start < end else None


def _in_cells(view: SafeTextView, start: int, end: int) -> tuple[int, int]:
    """The same of a table without the empty block that Qt has before it, and shows as selected too."""
    cells = cells_between(view, start, end)
    return cells.range if cells is not None else (start, end)


def _is_all_selected(view: SafeTextView) -> bool:
    selected = view.selection
    return selected is not None and tuple(sorted(selected)) in {(0, view.length), _in_cells(view, 0, view.length)}
