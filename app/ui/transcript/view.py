"""The conversation as it is read: rows of real text widgets, of which only those in sight exist."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShortcut,
    QTextCursor,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QFrame, QWidget

from app.conversation.chat import Chat
from app.conversation.gallery import Gallery
from app.conversation.tools import Tools
from app.core.errors import VisavisError
from app.core.message import Message
from app.ui.theme import Theme
from app.ui.transcript import cards, reading, ring
from app.ui.transcript.action_bar import ActionBar
from app.ui.transcript.below import Below
from app.ui.transcript.card import blamed_picture
from app.ui.transcript.copying import Copying
from app.ui.transcript.deeds import Deeds, do
from app.ui.transcript.find import Find
from app.ui.transcript.find_bar import FindBar
from app.ui.transcript.flow import Flow
from app.ui.transcript.host import Host
from app.ui.transcript.items import Items
from app.ui.transcript.keeping_up import KeepingUp
from app.ui.transcript.nothing_said import NothingSaid
from app.ui.transcript.pointing import Pointing, link_at
from app.ui.transcript.pool import Pool
from app.ui.transcript.reader import Reader
from app.ui.transcript.ring import Ring
from app.ui.transcript.row import Row, RowWidget
from app.ui.transcript.selection import Selection
from app.ui.transcript.sent_pictures import SentPictures
from app.ui.transcript.unfolding import Unfolding
from app.ui.transcript.veil import Veil

_STEP: Final = 24
"""Pixels of a step of the scroll bar, and a third of a notch of the wheel."""


class Transcript(QAbstractScrollArea):
    """Signals:
    picture_opened(int): the number of a picture that was clicked.
    details_wanted(int): the number of one that is to be shown with its details.
    action(str): what an error or a note offers and is not done in place.
    link_opened(str): the address of a link that may be followed.
    replacement_wanted(int, bool): another picture is to take the place of the one of this number; whether an answer
        that failed is to be asked for again then, as a card offers, and no menu.
    laid_out(): rows may have come, gone or moved.
    """

    picture_opened = Signal(int)
    details_wanted = Signal(int)
    action = Signal(str)
    link_opened = Signal(str)
    replacement_wanted = Signal(int, bool)
    laid_out = Signal()

    def __init__(self, theme: Theme, gallery: Gallery, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._chat: Chat | None = None
        self._dress()
        self._pictures = SentPictures(theme, gallery, self)
        self.host: Final = Host(theme, gallery, self._pictures.thumbnail, self)
        self._items = Items(theme, self._fill)
        self._pool = Pool(self.host, self.viewport(), self._adopt, self.setFocus)
        self._flow = Flow(self, self._items, self._pool)
        self._below = Below(self)
        self._keeping_up = KeepingUp(self, self.host, self._items, self._pool, self._flow, self._below)
        self._unfolding = Unfolding(self.host, self._items, self._flow, self._pool)
        self._bar = ActionBar(theme, self.viewport())
        self._pointing = Pointing(self.viewport(), self._flow, self._items, self._bar)
        self._veil = Veil(theme, self.viewport())
        self._ring = Ring(theme, self)
        self._nothing = NothingSaid(theme, self)
        reader = Reader(self.host, self)
        self.selection: Final = Selection(self, self)
        self.copying: Final = Copying(self, self.selection, reader, self)
        self.find_bar: Final = FindBar(theme, Find(self, self.selection, reader, self), self)
        self.deeds: Final = Deeds(theme, tools, self.copying, self._bar, self)
        self._connect()

    def _dress(self) -> None:
        self.setAccessibleName(self.tr("Chat"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setAutoFillBackground(False)
        self.verticalScrollBar().setSingleStep(_STEP)

    def _connect(self) -> None:
        host = self.host
        host.link_opened.connect(self.link_opened)
        host.picture_opened.connect(self.picture_opened)
        host.picture_named.connect(self.show_picture)
        host.picture_asked.connect(self._pictures.open_menu)
        host.acted.connect(self._act)
        host.dismissed.connect(self._dismiss_refusal)
        host.sharper_wanted.connect(self.deeds.resend)
        host.deed.connect(self._do)
        self._unfolding.more_wanted.connect(self._keeping_up.fill)
        self._below.clicked.connect(self.follow)
        self._pictures.opened.connect(self.picture_opened)
        self._pictures.details_wanted.connect(self.details_wanted)
        self._pictures.replacement_wanted.connect(lambda number: self.replacement_wanted.emit(number, False))
        self._pictures.resent.connect(self.follow)
        self._bar.left.connect(self._leave_bar)
        self.deeds.asked.connect(self.follow)
        self.selection.begun.connect(self.release)
        self._flow.laid_out.connect(self._on_laid_out)
        self._theme.changed.connect(self._keeping_up.renew)
        for key, forward in ((Qt.Key.Key_Up, False), (Qt.Key.Key_Down, True)):  # a button would take them for itself
            read_on = partial(reading.read_on, self, self._flow, forward=forward)
            QShortcut(key, self, read_on, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)

    # --- what is shown ---

    def set_chat(self, chat: Chat) -> None:
        """Show a conversation from its end."""
        self.selection.clear()
        self.find_bar.finding.begin_anew()
        self._chat = chat
        self._pictures.set_chat(chat)
        self.deeds.set_chat(chat)
        self._keeping_up.set_chat(chat)
        self._nothing.set_chat(chat)

    def selected_text(self) -> str:
        """What is selected of the answers, as it is read."""
        return self.copying.selected_in_answers()

    def follow(self) -> None:
        """Go to the end and stay there while text comes."""
        self._below.hide()
        self._flow.follow()

    def show_picture(self, number: int) -> None:
        """Bring a picture of the conversation into view and draw the eye to it."""
        for index, message in enumerate(self.messages):
            if any(image.number == number for image in message.images):
                self.reveal(index, 0)
                self.scroll_by(self._pictures.flash(self.widget_at(index, 0), number))
                return

    # --- the face that selection, search and actions see ---

    @property
    def messages(self) -> Sequence[Message]:
        return self._items.messages

    def number_of(self, message_id: str) -> int | None:
        """Which message has this id; None where it is gone."""
        row = self._chat.messages.row_of(message_id) if self._chat is not None else -1
        return row if row >= 0 else None

    def rows_of(self, message: int) -> list[Row]:
        """Those of a message, by its number; made where they were not yet."""
        return self._items.turn(message).rows

    def known_rows(self, message: int) -> list[Row] | None:
        """Its rows, where it has any; to ask makes none."""
        item = self._items.known(message)
        return item.rows if item is not None else None

    def on_screen(self) -> list[tuple[int, int, RowWidget]]:
        """Message, row and widget of all that is in sight, from top to bottom; the tail counts as a message more."""
        return [(placed.item, placed.nth, placed.widget) for placed in self._flow.on_screen]

    def widget_at(self, message: int, row: int) -> RowWidget | None:
        """The widget of a row, where it has one now."""
        rows = self.rows_of(message)
        return self._pool.known(rows[row]) if row < len(rows) else None

    def reveal(self, message: int, row: int, position: int = 0) -> None:
        """Bring a row a third below the top, or that place in its text; what comes is not followed then."""
        self._flow.release()
        if not any((p.item, p.nth) == (message, row) for p in self._flow.on_screen):
            self._flow.go_to(message, row, -self.viewport().height() // 3)
        placed = next((p for p in self._flow.on_screen if (p.item, p.nth) == (message, row)), None)
        if placed is None:
            return
        view = placed.widget.view
        if view is None or not position:
            self._flow.bring_into_view(placed)
            return
        cursor = QTextCursor(view.document())
        cursor.setPosition(position)
        y = view.viewport().mapTo(self.viewport(), view.cursorRect(cursor).topLeft()).y()
        if not 0 <= y < self.viewport().height() - 2 * _STEP:
            self._flow.scroll_by(y - self.viewport().height() // 3)

    def scroll_by(self, pixels: int) -> None:
        """Move what is read up, or down where `pixels` are less than 0."""
        self._flow.scroll_by(pixels)
        self._hide_below_at_end()

    def walk_past(self, go: Callable[[bool], bool], *, forward: bool) -> bool:
        """Let the window give the focus to what is next in it, as `go` does; returns what that returns.

        The conversation counts as one there. From what is after it, its last control in sight has the focus.
        """
        had_focus = self.hasFocus()
        with reading.left_out(self):
            moved = go(forward)
        if self.hasFocus() and not had_focus and not forward:
            reading.enter_at_end(self, self._flow)
        return moved

    def release(self) -> None:
        """What comes is not followed any more."""
        self._flow.release()

    # --- what the person does ---

    def _act(self, action: str, error: VisavisError | None = None) -> None:
        """Do what a notice offers; `error` is what it tells."""
        action, _, among_several = action.partition(" ")
        number = int(among_several) if among_several else blamed_picture(error) if error is not None else 0
        if self._chat is None:
            return
        if do(self._chat, action, number):
            if action != "cancel":
                self.follow()
        elif action == "replace":
            self.replacement_wanted.emit(number, True)
        else:
            self.action.emit(action)

    def _do(self, name: str, message: Message) -> None:
        """Do what a button of a message's foot says."""
        if name in {"older", "newer"}:
            self._keeping_up.hold_switch(message)
        self.deeds.do(name, message)

    def _do_at_focus(self, name: str) -> None:
        """Do it with the message that the keyboard is at; only questions are edited."""
        focused = QApplication.focusWidget()
        if focused is None or not self.viewport().isAncestorOf(focused):
            return
        place = focused.mapTo(self.viewport(), QPoint(1, 1))
        message = self._pointing.message_at(place)
        if message is not None and (name != "edit" or message.role == "user"):
            self.deeds.do(name, message, focused.mapToGlobal(QPoint(1, 1)))

    def _dismiss_refusal(self) -> None:
        if self._chat is not None:
            self._chat.worker.dismiss_refusal()

    # --- place ---

    def _on_laid_out(self) -> None:
        self._hide_below_at_end()
        self._veil.cover(self._left_behind())
        self.laid_out.emit()

    def _left_behind(self) -> QRect:
        """Where a question that is edited stands, and all below it."""
        edited = self.number_of(self._chat.editing) if self._chat is not None and self._chat.editing else None
        tops = [placed.y for placed in self._flow.on_screen if edited is not None and placed.item >= edited]
        viewport = self.viewport().rect()
        return viewport.adjusted(0, max(0, tops[0]), 0, 0) if tops else QRect()

    def _hide_below_at_end(self) -> None:
        if self._flow.following:
            self._below.hide()

    def _adopt(self, widget: QWidget) -> None:
        """A row's widget is new."""
        self._pointing.watch(widget)

    def _fill(self, message: Message) -> None:
        """There is more of a long text to be shown."""
        self._keeping_up.fill(message)

    def _leave_bar(self) -> None:
        """The keyboard goes back to the question that the bar stands at."""
        reading.enter(self, self._flow, self.number_of(self._bar.message.id))

    # --- overrides of Qt ---

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        cards.paint(painter, self._flow, self._theme, self.viewport().height())
        ring.paint(painter, self._flow, self._theme)
        painter.end()

    def resizeEvent(self, _event: QResizeEvent) -> None:
        self._flow.fit()
        self._ring.fit()
        if self._below.isVisible():
            self._below.offer()

    def wheelEvent(self, event: QWheelEvent) -> None:
        exact, notches = event.pixelDelta().y(), event.angleDelta().y() / 120
        self.scroll_by(-exact if exact else -round(notches * 3 * _STEP))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        page = self.viewport().height() - 2 * self._theme.line("body")
        match event.key():
            case Qt.Key.Key_End:
                self.follow()
            case Qt.Key.Key_Home:
                self._flow.go_to(0, 0)
            case Qt.Key.Key_Left | Qt.Key.Key_Right:
                self._pointing.enter_bar()
            case Qt.Key.Key_PageUp:
                self.scroll_by(-page)
            case Qt.Key.Key_PageDown:
                self.scroll_by(page)
            case Qt.Key.Key_Space:
                self.scroll_by(-page if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else page)
            case Qt.Key.Key_F2:
                self._do_at_focus("edit")
            case Qt.Key.Key_F10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self._do_at_focus("more")
            case _:
                super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        place = self.viewport().mapFromGlobal(event.globalPos())
        message = self._pointing.message_at(place)
        if message is not None:
            link = link_at(self.viewport().childAt(place), event.globalPos())
            self.deeds.do("more", message, event.globalPos(), link)

    def focusNextPrevChild(self, next_: bool) -> bool:
        if reading.tab(self, self._flow, forward=next_):
            return True
        if next_:
            self.setFocus(Qt.FocusReason.OtherFocusReason)  # from where Qt goes on to what is after the conversation
        return self.walk_past(super().focusNextPrevChild, forward=next_)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._ring.show_for(event.reason())

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._ring.hide()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show:
            self._flow.lay_out()
        return super().event(event)
