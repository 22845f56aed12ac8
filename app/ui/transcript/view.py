"""The conversation: a column of turns in a scroll area, built from the end, that follows an answer as it comes."""

from __future__ import annotations

import time
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QMetaObject, QModelIndex, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QWidget

from app.conversation.chat import Chat
from app.conversation.gallery import Gallery
from app.conversation.worker import Wait
from app.core.bill import picture_rate
from app.core.errors import VisavisError
from app.core.failure import error_from_json
from app.core.message import Message
from app.ui.theme import SPACE, Theme
from app.ui.transcript.again import sharper_offers
from app.ui.transcript.answer import AnswerTurn
from app.ui.transcript.card import blamed_picture
from app.ui.transcript.column import Column
from app.ui.transcript.deeds import do
from app.ui.transcript.picture_menu import PictureMenu
from app.ui.transcript.tail import Tail
from app.ui.transcript.turns import PersonTurn, Turn

if TYPE_CHECKING:
    from app.ui.transcript.keeping import Keeping

_BUDGET: Final = 0.012
"""Seconds of building before other work gets its turn."""
_PAUSE: Final = 8
"""Milliseconds between two such slices."""
_AHEAD: Final = 200
"""Turns built ahead of being looked at; older ones follow as they come near."""
_NEAR: Final = 2
"""Screens above the visible part that count as near."""


class Transcript(QScrollArea):
    """Signals:
    picture_opened(int): the number of a picture that was clicked.
    details_wanted(int): the number of one that is to be shown with its details.
    action(str): what an error or a note offers, "retry" excepted: that is done in place.
    link_opened(str): the address of a link that may be followed.
    replacement_wanted(int): another picture is to take the place of the one of this number.
    """

    picture_opened = Signal(int)
    details_wanted = Signal(int)
    action = Signal(str)
    link_opened = Signal(str)
    replacement_wanted = Signal(int)

    def __init__(self, theme: Theme, gallery: Gallery, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._gallery = gallery
        self._chat: Chat | None = None
        self._connections: list[QMetaObject.Connection] = []
        self._first = 0
        """The row of the topmost turn that is built."""
        self._following = True
        self._adjusting = False
        self._wanted: tuple[int, int] | None = None
        self._sought = 0
        """Number of a picture that is shown as soon as its turn is built."""
        self._keeping: Keeping | None = None
        self.setAccessibleName("Conversation")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._turns = Column(self)
        self._turns.changed.connect(self._keep_place)
        self._tail = Tail(theme, self._turns, self._thumbnail)
        self._tail.acted.connect(self._act)
        self._tail.dismissed.connect(self._dismiss_refusal)
        self.setWidget(self._turns)
        self.viewport().setAutoFillBackground(False)
        self._turns.setAutoFillBackground(False)
        self._below = QPushButton(self.tr("New text below"), self)
        self._below.setProperty("kind", "plain")
        self._below.setAccessibleName(self.tr("New text below"))
        self._below.setToolTip(self.tr("Go to the end (End)"))
        self._below.clicked.connect(self.follow)
        self._below.hide()
        self._slices = QTimer(self)
        self._slices.setSingleShot(True)
        self._slices.timeout.connect(self._build_older)
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        self.verticalScrollBar().setSingleStep(24)
        theme.changed.connect(self._rebuild)

    # --- what is shown ---

    def set_chat(self, chat: Chat) -> None:
        """Show a conversation from its end."""
        self._leave()
        self._chat = chat
        self._connections = [
            chat.messages.modelReset.connect(self._reset),
            chat.messages.rowsInserted.connect(self._on_inserted),
            chat.messages.rowsRemoved.connect(self._on_removed),
            chat.messages.dataChanged.connect(self._on_changed),
            chat.changed.connect(self._show_rates),
            chat.worker.waiting.connect(self._on_waiting),
            chat.worker.phase_changed.connect(self._on_phase),
            chat.worker.progressed.connect(self._show_upload),
            chat.worker.refused.connect(self._show_refusal),
            chat.worker.forgiven.connect(self._tail.drop_refusal),
            chat.worker.answered.connect(self._announce),
        ]
        self._reset()

    def copy_last(self) -> None:
        """Put the last answer with text on the clipboard, as Markdown."""
        answers = [m.text for m in self._messages if m.role == "assistant" and m.text]
        if answers:
            QGuiApplication.clipboard().setText(answers[-1])

    def follow(self) -> None:
        """Go to the end and stay there while text comes."""
        self._following = True
        self._below.hide()
        self._turns.lay_out()

    @property
    def turns(self) -> list[Turn]:
        """Those that are built, oldest first; the last is the newest."""
        return [widget for widget in self._turns.rows if isinstance(widget, Turn)]

    @property
    def _last_answer(self) -> AnswerTurn | None:
        """The last turn, where it is an answer."""
        last = next((row for row in reversed(self._turns.rows) if isinstance(row, Turn)), None)
        return last if isinstance(last, AnswerTurn) else None

    @property
    def _messages(self) -> list[Message]:
        return self._chat.messages.messages if self._chat is not None else []

    def _leave(self) -> None:
        for connection in self._connections:
            QObject.disconnect(connection)
        self._connections = []

    # --- building ---

    def _reset(self) -> None:
        self._tail.forget()
        self._turns.clear()
        self._below.hide()
        self._first = len(self._messages)
        self._wanted = None
        self._following = True
        self._build_older()
        self._offer_answer()
        worker = self._chat.worker if self._chat is not None else None
        if worker is not None and worker.wait is not None:
            self._on_waiting(worker.wait)
        if worker is not None and worker.refusal is not None:
            self._show_refusal(worker.refusal)

    def _rebuild(self) -> None:
        """Colours or text size are others: build anew, and come back to the turn that was read."""
        place = None if self._following else self._turns.anchor()
        wanted = None if place is None else (place[0] + self._first, place[1])
        before = self._last_answer
        self._reset()
        if before is not None and self._last_answer is not None:
            self._last_answer.go_on_from(before)
        if wanted is not None:
            self._following = False
            self._wanted = wanted

    def _build_older(self) -> None:
        """Build from the newest turn upwards until the slice of time is used up."""
        began = time.perf_counter()
        built: list[Turn] = []
        while self._first > 0 and self._is_wanted(len(built)) and time.perf_counter() - began < _BUDGET:
            self._first -= 1
            built.append(self._built(self._first))
        if built:
            self._turns.add_above(built[::-1])
            self._place_turns()
            self._show_rates()
        if self._wanted is not None and self._first <= self._wanted[0]:
            self._turns.go_to(self._wanted[0] - self._first, self._wanted[1])
            self._wanted = None
            if self._sought:
                number, self._sought = self._sought, 0
                self.show_picture(number)
        if self._first > 0 and self._is_wanted(0):
            self._slices.start(_PAUSE)

    def _is_wanted(self, ahead: int) -> bool:
        if self._wanted is not None and self._first > self._wanted[0]:
            return True
        near = self.verticalScrollBar().value() < _NEAR * self.viewport().height()
        return near or len(self._messages) - self._first + ahead < _AHEAD

    def _built(self, row: int) -> Turn:
        message = self._messages[row]
        turn: Turn
        if message.role == "user":
            turn = PersonTurn(self._theme, self._gallery, message)
        else:
            model = self._chat.model_of(message.model) if self._chat is not None else None
            pictures = self._chat.messages.pictures if self._chat is not None else 0
            turn = AnswerTurn(self._theme, message, model, pictures=pictures, thumbnail=self._thumbnail)
            turn.sharper_wanted.connect(self._resend_sharper)
        turn.link_opened.connect(self.link_opened)
        turn.selecting.connect(self._release)
        turn.picture_opened.connect(self.picture_opened)
        turn.picture_named.connect(self.show_picture)
        turn.picture_asked.connect(self._open_menu)
        turn.acted.connect(lambda action: self._act(action, _error_of(turn.message)))
        return turn

    def _thumbnail(self, number: int) -> QPixmap:
        """A picture of the conversation, small; nothing as long as it has no thumbnail."""
        image = next((i for message in self._messages for i in message.images if i.number == number), None)
        if image is None:
            return QPixmap()
        # Our own making: a thumbnail is never a stranger's bytes.
        return QPixmap.fromImage(QImage.fromData(self._gallery.thumbnail(image.thumbnail)))

    def _place_turns(self) -> None:
        """Tell each answer whether it is the last, and whether another took its place."""
        messages = self._messages
        for row, turn in enumerate(self.turns, self._first):
            if isinstance(turn, AnswerTurn):
                later = messages[row + 1] if row + 1 < len(messages) else None
                turn.set_place(is_last=later is None, superseded=later is not None and later.role == "assistant")

    def _show_rates(self) -> None:
        """Price the pictures of the turns by the answers they got, and offer the latest ones sharper."""
        chat, messages = self._chat, self._messages
        if chat is None:
            return
        for row, turn in enumerate(self.turns, self._first):
            if isinstance(turn, PersonTurn) and turn.message.images:
                answers = list(takewhile(lambda m: m.role == "assistant", messages[row + 1 :]))
                turn.set_rate(picture_rate(turn.message, answers, chat.model_of, chat.context))
            elif isinstance(turn, AnswerTurn) and row > 0:
                asked = messages[row - 1]
                turn.set_sharper(sharper_offers(chat, asked) if asked.role == "user" and turn.message.text else [])

    # --- what the model tells ---

    def _on_inserted(self, _parent: object, first: int, last: int) -> None:
        self._tail.drop_refusal()
        self._offer_answer()
        for row in range(first, last + 1):
            self._turns.add(self._built(row))
        self._following = True  # whatever is asked is asked by the person: the answer is waited for
        self._below.hide()
        self._place_turns()
        self._show_rates()
        self._turns.lay_out()

    def _on_removed(self) -> None:
        self._turns.remove(self.turns[-1])
        self._place_turns()
        self._turns.lay_out()

    def _on_changed(self, first: QModelIndex, last: QModelIndex) -> None:
        """The last answer grows; of questions the pictures may be fitted anew, left out or replaced."""
        rows = range(max(first.row(), self._first), last.row() + 1)
        turns = self.turns
        for row in rows:
            turn = turns[row - self._first]
            if isinstance(turn, PersonTurn):
                turn.set_message(self._messages[row])
                self._show_rates()
        if len(self._messages) - 1 in rows:
            self._show_growth()

    def _show_growth(self) -> None:
        turn, message = self._last_answer, self._messages[-1]
        if turn is None:
            return
        known = turn.message
        turn.set_message(message)
        if (known.usage is None) != (message.usage is None) or known.state != message.state:
            self._show_rates()
        if not self._following and message.text != known.text:
            self._show_below()

    def _on_waiting(self, wait: Wait) -> None:
        if self._last_answer is not None:
            self._last_answer.set_wait(wait)

    def _on_phase(self, phase: str) -> None:
        if phase != "waiting" and self._last_answer is not None:
            self._last_answer.set_wait(None)
        self._show_upload()
        if phase == "preparing":
            self._tail.drop_refusal()
        self._offer_answer()

    def _show_upload(self) -> None:
        worker = self._chat.worker if self._chat is not None else None
        if worker is not None and self._last_answer is not None:
            self._last_answer.set_uploaded(*(worker.progress if worker.phase == "uploading" else (0, 0)))

    def _offer_answer(self) -> None:
        chat = self._chat
        unanswered = bool(self._messages) and self._messages[-1].role == "user"
        self._tail.offer_answer(wanted=chat is not None and not chat.worker.busy and unanswered)

    def _show_refusal(self, error: VisavisError) -> None:
        self._tail.show_refusal(error)
        self.follow()

    def _dismiss_refusal(self) -> None:
        if self._chat is not None:
            self._chat.worker.dismiss_refusal()

    def _announce(self, message: Message) -> None:
        """Tell a screen reader that the answer has ended: while it streamed, nothing was said."""
        if QAccessible.isActive():
            words = (
                self.tr("The answer is complete") if message.state == "complete" else self.tr("The answer has ended")
            )
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, words))

    # --- what the person does ---

    def _act(self, action: str, error: VisavisError | None = None) -> None:
        """Do what a card offers; `error` is what the card told."""
        action, _, among_several = action.partition(" ")
        number = int(among_several) if among_several else blamed_picture(error) if error is not None else 0
        if self._chat is None:
            return
        if do(self._chat, action, number):
            if action != "cancel":
                self.follow()
        elif action == "replace":
            self.replacement_wanted.emit(number)
        else:
            self.action.emit(action)

    def _resend_sharper(self, number: int) -> None:
        if self._chat is not None and (offer := self._chat.sharper(number)) is not None:
            self._chat.worker.resend(number, offer.preset)
            self.follow()

    def _open_menu(self, number: int, at: QPoint) -> None:
        if self._chat is not None:
            menu = PictureMenu(self._chat, number, self._keeper, self)
            menu.opened.connect(self.picture_opened)
            menu.details_wanted.connect(self.details_wanted)
            menu.resent.connect(self.follow)
            menu.replacement_wanted.connect(self.replacement_wanted)
            menu.popup(at)

    def _keeper(self) -> Keeping:
        """Made when it is first needed: few ever save a picture."""
        if self._keeping is None:
            from app.ui.transcript.keeping import Keeping

            self._keeping = Keeping(self._theme, self._gallery, self.viewport())
        return self._keeping

    def show_picture(self, number: int) -> None:
        """Bring a picture of the conversation into view and draw the eye to it."""
        row = next(
            (row for row, m in enumerate(self._messages) if any(image.number == number for image in m.images)), None
        )
        if row is None:
            return
        self._following = False
        if row < self._first:
            self._wanted, self._sought = (row, 0), number
            self._slices.start(0)
            return
        turn = self.turns[row - self._first]
        if isinstance(turn, PersonTurn) and (tile := turn.flash(number)) is not None:
            self.ensureWidgetVisible(tile, 0, 4 * SPACE)

    # --- place ---

    def _release(self) -> None:
        self._following = False

    def _show_below(self) -> None:
        self._below.adjustSize()
        self._below.move((self.width() - self._below.width()) // 2, self.height() - self._below.height() - 8)
        self._below.show()
        self._below.raise_()

    def _on_scrolled(self, value: int) -> None:
        if not self._adjusting:
            self._following = value >= self.verticalScrollBar().maximum() - 2
            if self._following:
                self._below.hide()
            if self._first > 0 and not self._slices.isActive() and self._is_wanted(0):
                self._slices.start(0)

    def _keep_place(self, top: int) -> None:
        """The column has another height: stay at the end, or with the turn that is read."""
        bar = self.verticalScrollBar()
        self._adjusting = True
        bar.setValue(bar.maximum() if self._following else top)
        self._adjusting = False

    # --- overrides of Qt ---

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._adjusting = True
        super().resizeEvent(event)
        self._adjusting = False
        self._turns.fit(self.width(), self.viewport().height())
        if self._below.isVisible():
            self._show_below()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_End:
            self.follow()
        elif event.key() == Qt.Key.Key_Home:
            self.verticalScrollBar().setValue(0)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show:
            self._turns.lay_out()
        return super().event(event)


def _error_of(message: Message) -> VisavisError | None:
    return None if message.error is None else error_from_json(message.error)
