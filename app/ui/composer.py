"""The composer: pictures and words of the next message, what it will cost, and Send, which turns into Stop."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QElapsedTimer, QEvent, QMetaObject, QMimeData, QObject, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from app.conversation.account import Account
from app.conversation.attachment import Source
from app.conversation.chat import Chat
from app.conversation.draft import Draft
from app.conversation.gallery import Gallery
from app.ui import figures
from app.ui.advice import Advice
from app.ui.buttons import press_focused
from app.ui.context_gauge import ContextGauge
from app.ui.cost_line import CostLine
from app.ui.edit_strip import EditStrip
from app.ui.intake import Intake
from app.ui.message_edit import MessageEdit
from app.ui.notes import Choice, Notes, Said
from app.ui.send_line import line_parts
from app.ui.sources import Dropped
from app.ui.theme import COMPOSER, CONTROL, TILE, TOP_BAR, Theme

if TYPE_CHECKING:
    from app.conversation.preferences import Preferences
    from app.conversation.prompt_library import PromptLibrary
    from app.ui.help.cautions import Cautions
    from app.ui.help.words import Topic
    from app.ui.prompts.button import PromptsButton
    from app.ui.thumbnails import Thumbnails

_RADIUS: Final = 16
_SHADOW: Final = 8
"""Pixels around the card that its shadow falls on."""
_SHARE: Final = 0.4
"""Of the window's height that the pictures, or the text, may take."""
_SHARE_TOGETHER: Final = 0.55
_ABOVE: Final = TOP_BAR + 32
"""Pixels of the window's bar and banner, which grow with the text …"""
_PAGE: Final = 80
"""… and of the page above the composer and the edge below, which do not: so much of a small window is theirs."""
_REMOVED: Final = "removed"
"""What the note about pictures taken out is about."""
_COALESCE: Final = 30
"""Milliseconds in which changes of the draft make one new line of costs."""


class Composer(QWidget):
    """Signals:
    picture_opened(int): the row of an attached picture to be shown large.
    region_wanted(int): the row of one of which a region is to be marked.
    """

    picture_opened = Signal(int)
    region_wanted = Signal(int)

    def __init__(self, theme: Theme, account: Account, gallery: Gallery, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._account = account
        self._chat: Chat | None = None
        self._links: list[QMetaObject.Connection] = []
        self._cursors: dict[str, int] = {}
        self._is_stop = False
        self._in_vain = False
        self._turned = QElapsedTimer()
        self._line_due = QTimer(self, singleShot=True, interval=_COALESCE)
        self._line_due.timeout.connect(self._tell)
        self._strip: Thumbnails | None = None
        self._prompts: PromptsButton | None = None
        self._cautions: Cautions | None = None
        self._room_above = 0
        self._undo_first: Callable[[], bool] = bool
        self._notes = Notes(theme)
        self._editing = EditStrip(theme, self._notes)
        self._edit = MessageEdit(theme)
        self._intake = Intake(theme, account, gallery, self._notes, self._edit, self)
        self._advice = Advice(self._notes, self.region_wanted.emit)
        self._line = CostLine(theme)
        self._gauge = ContextGauge(theme)
        self._attach, self._send = QToolButton(), QPushButton()
        self._lay_out()
        self._connect()
        self._dress()

    def set_chat(self, chat: Chat) -> None:
        """Write in this conversation from now on; what was being written in the other stays with it."""
        self._leave()
        self._chat = chat
        draft, worker = chat.draft, chat.worker
        self._links = [
            draft.changed.connect(self._draft_changed),
            draft.taken.connect(self._draft_taken),
            draft.text_changed.connect(self._show_text),
            draft.rowsInserted.connect(self._draft_grown),
            chat.changed.connect(self._draft_changed),
            chat.editing_changed.connect(self._editing_changed),
            worker.phase_changed.connect(self._phase_changed),
        ]
        if draft.pictures:
            self.furnish()
        if self._strip is not None:
            self._strip.set_chat(chat)
        self._edit.show_text(draft.text, self._cursors.get(chat.facts.id, len(draft.text)))
        self._in_vain = False
        self._editing.set_chat(chat)
        self._turn(is_stop=worker.busy)
        self._intake.set_chat(chat)
        self._advice.set_chat(chat)
        if self._prompts is not None and self._cautions is not None:
            self._prompts.set_chat(chat)
            self._cautions.set_chat(chat)
        self._tell_line()

    def attach(self, sources: Iterable[Source]) -> None:
        """Add files, folders and pictures to the message."""
        self._intake.attach(sources)

    def take(self, dropped: Dropped) -> None:
        """Attach what was dropped or pasted, and say what cannot be attached."""
        self._intake.take(dropped)

    def paste(self, mime: QMimeData) -> None:
        """Put in what the clipboard holds."""
        self._intake.paste(mime)

    def note(self, text: str, *, quiet: bool = False, about: Hashable = None) -> None:
        """Show a sentence above the text until it is dismissed; `quiet` where nothing has gone wrong.

        What is said `about` something takes the place of what was said about it before.
        """
        self._notes.add(Said(text, quiet=quiet, about=about))

    def unsay(self, about: Hashable) -> None:
        """Take back what a note says about this."""
        self._notes.forget(about)

    def choose_pictures(self) -> None:
        """Let the person pick files."""
        self._intake.choose_pictures()

    def leave_room(self, pixels: int) -> None:
        """Something between the conversation and the message needs so much of the window's height."""
        if pixels != self._room_above:
            self._room_above = pixels
            self._share_height()

    def focus(self) -> None:
        """Go on writing."""
        self._edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def take_key(self, event: QKeyEvent) -> bool:
        """Take over a key that was typed elsewhere in the window: a character, or Esc while an answer comes.

        Enter presses the button that has the focus.
        """
        if event.key() == Qt.Key.Key_Escape:
            return self._escape()
        if press_focused(event):
            return True
        keys = Qt.KeyboardModifier
        command = event.modifiers() & (keys.ControlModifier | keys.AltModifier | keys.MetaModifier)
        if command or not event.text().isprintable() or not event.text().strip():
            return False
        self.focus()
        QApplication.sendEvent(self._edit, event)
        return True

    def submit(self) -> None:
        """Send the message; it goes as soon as its pictures are ready."""
        if self._chat is None:
            return
        draft, worker = self._chat.draft, self._chat.worker
        self._in_vain = worker.busy or (draft.empty and draft.ready)
        worker.send()
        self._tell_line()

    def stop(self) -> bool:
        """End what is under way; whether anything was."""
        if self._chat is None or not self._chat.worker.busy:
            return False
        self._chat.worker.stop()
        return True

    def undo_first(self, undo: Callable[[], bool]) -> None:
        """What Ctrl+Z tries while nothing is written; it tells whether there was anything to undo."""
        self._undo_first = undo

    # --- putting together ---

    def furnish(self) -> None:
        """Build what the first paint of an empty message does not show: the strip of pictures."""
        if self._strip is not None:
            return
        from app.ui.thumbnails import Thumbnails

        self._strip = Thumbnails(self._theme)
        self._strip.picture_opened.connect(self.picture_opened)
        self._strip.region_wanted.connect(self.region_wanted)
        self._strip.resized.connect(self._share_height)
        self._strip.removed.connect(self._offer_undo)
        self._card.insertWidget(self._card.indexOf(self._editing) + 1, self._strip)
        self.stand_after(self._strip)
        if self._chat is not None:
            self._strip.set_chat(self._chat)

    def offer_prompts(
        self, library: PromptLibrary, preferences: Preferences, open_help: Callable[[Topic], object]
    ) -> None:
        """Let saved prompts be put into the message, and say what is known to go wrong with what is asked."""
        from app.ui.help.cautions import Cautions
        from app.ui.prompts.button import PromptsButton

        self._prompts = PromptsButton(self._theme, library, self._edit)
        self._prompts.said.connect(lambda words: self.note(words, quiet=True, about=PromptsButton))
        self._bottom.insertWidget(1, self._prompts)
        self._cautions = Cautions(self._notes, preferences, open_help)
        if self._chat is not None:
            self._prompts.set_chat(self._chat)
            self._cautions.set_chat(self._chat)

    def stand_after(self, widget: QWidget) -> None:
        """Be what the keyboard comes to after this one: from the notes down to Send."""
        strip = [self._strip] if self._strip is not None else []
        prompts = [self._prompts] if self._prompts is not None else []
        parts = (*self._editing.stops, *self._notes.stops, *strip, self._edit, self._attach, *prompts, self._send)
        for before, after in pairwise((widget, *parts)):
            QWidget.setTabOrder(before, after)

    def _lay_out(self) -> None:
        self.setMaximumWidth(COMPOSER + 2 * _SHADOW)
        self._bottom = bottom = QHBoxLayout()
        bottom.setSpacing(12)
        bottom.addWidget(self._attach)
        bottom.addWidget(self._line, 1)
        bottom.addWidget(self._gauge, 0, Qt.AlignmentFlag.AlignVCenter)
        bottom.addWidget(self._send)
        self._card = card = QVBoxLayout(self)
        card.setContentsMargins(_SHADOW + 12, 4 + 12, _SHADOW + 12, _SHADOW + 12)
        card.setSpacing(0)
        card.addWidget(self._editing)
        card.addWidget(self._notes)
        self._edit_row = edit = QHBoxLayout()
        edit.setContentsMargins(4, 4, 4, 12)
        edit.addWidget(self._edit)
        card.addLayout(edit)
        card.addLayout(bottom)
        for button, kind in ((self._attach, "icon"), (self._send, "send")):
            button.setProperty("kind", kind)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._attach.setAccessibleName(self.tr("Attach pictures"))
        self._attach.setToolTip(self.tr("Attach pictures") + " (Ctrl+O)")

    def _connect(self) -> None:
        self._attach.clicked.connect(self.choose_pictures)
        self._send.clicked.connect(self._send_clicked)
        self._edit.submitted.connect(self.submit)
        self._edit.pasted.connect(self.paste)
        self._intake.done.connect(self.focus)
        self._edit.undo_requested.connect(self._undo)
        self._edit.recall_requested.connect(self._editing.edit_last)
        self._editing.turned.connect(self._share_height)
        self._notes.resized.connect(self._share_height)
        self._notes.left.connect(self.focus)
        self._edit.textChanged.connect(self._text_changed)
        self._account.changed.connect(self._draft_changed)
        self._theme.changed.connect(self._dress)

    def _dress(self) -> None:
        self._attach.setIcon(self._theme.icon("paperclip"))
        self._turn(is_stop=self._is_stop)
        self._share_height()
        self.update()

    def _share_height(self) -> None:
        """Pictures, notes and text grow with the window, and leave room for the conversation.

        Where it is small the pictures and the notes scroll, and a line of the text always shows.
        """
        whole, line = self.window().height(), self._theme.line("body")
        most = round(whole * _SHARE)
        room = whole - self._theme.grown(_ABOVE) - _PAGE - self._room_above - self._frame_height() - line
        has_notes, has_strip = (part is not None and part.isVisibleTo(self) for part in (self._notes, self._strip))
        if has_notes:
            kept = min(room // 3, self._theme.px(TILE.height())) if has_strip else 0
            self._notes.set_height_limit(min(most, room - kept))
            room -= self._notes.height()
        strip = 0
        if self._strip is not None:
            self._strip.set_height_limit(min(most, room))
            strip = self._strip.height() if has_strip else 0
        self._edit.set_height_limit(min(most, round(whole * _SHARE_TOGETHER) - strip, room - strip + line))

    def _frame_height(self) -> int:
        """Pixels of the card without pictures, notes and text."""
        cards, edits = self._card.contentsMargins(), self._edit_row.contentsMargins()
        margins = sum(each.top() + each.bottom() for each in (cards, edits))
        margins += self._editing.height_for(self.width() - cards.left() - cards.right())
        return margins + max(self._send.sizeHint().height(), self._theme.grown(CONTROL))

    # --- what changes ---

    def _leave(self) -> None:
        if self._chat is not None:
            self._cursors[self._chat.facts.id] = self._edit.textCursor().position()
        for link in self._links:
            QObject.disconnect(link)
        self._links = []
        self._chat = None
        self._intake.leave()

    def _text_changed(self) -> None:
        self._in_vain = False
        if self._chat is not None:
            self._chat.draft.set_text(self._edit.toPlainText())

    def _draft_taken(self) -> None:
        self._edit.show_text("", 0)
        self._notes.clear_of_message()

    def _show_text(self, text: str) -> None:
        if text != self._edit.toPlainText():
            self._edit.show_text(text, len(text))

    def _undo(self) -> None:
        """No typing is left to be undone: bring back what was deleted, or taken out of the message."""
        if self._chat is not None and not (self._chat.draft.empty and self._undo_first()):
            self._chat.draft.undo_remove()

    def _editing_changed(self) -> None:
        """What is written is an earlier question now, or no longer."""
        self._in_vain = False
        self._turn(is_stop=self._is_stop)
        self._tell_line()
        self.focus()

    def _escape(self) -> bool:
        """First leave an edit, then stop what is under way; whether there was either."""
        return self._editing.cancel() or self.stop()

    def _offer_undo(self, count: int) -> None:
        """Many pictures were taken out at once: let one press bring them back."""
        if self._chat is None:
            return
        draft = self._chat.draft
        words = self.tr("Removed %1 pictures.") if count > 1 else self.tr("Removed %1 picture.")
        undo = Choice(self.tr("Undo"), lambda: _undo_all(draft, count))
        said = Said(words.replace("%1", figures.count(count)), (undo,), of_message=True, quiet=True, about=_REMOVED)
        self._notes.add(said)

    def _draft_grown(self) -> None:
        self.furnish()
        self._notes.forget(_REMOVED)

    def _draft_changed(self) -> None:
        if not self._line_due.isActive():
            self._line_due.start()

    def _phase_changed(self, phase: str) -> None:
        if phase == "idle":
            self._in_vain = False
        self._turn(is_stop=phase != "idle")
        self._tell_line()

    def _turn(self, *, is_stop: bool) -> None:
        """Make the one button Send or Stop."""
        if is_stop != self._is_stop:
            self._turned.start()
        self._is_stop = is_stop
        editing = self._chat is not None and bool(self._chat.editing)
        send = self.tr("Send as a new version") if editing else self.tr("Send")
        name, key, icon = (self.tr("Stop"), "Esc", "stop") if is_stop else (send, self.tr("Enter"), "arrow-up")
        self._send.setIcon(self._theme.icon(icon, self._theme.tokens.on_accent))
        self._send.setAccessibleName(name)
        self._send.setToolTip(f"{name} ({key})")

    def _send_clicked(self) -> None:
        # The second half of a double click must not undo what the first has done.
        if self._turned.isValid() and not self._turned.hasExpired(QApplication.doubleClickInterval()):
            return
        if not self.stop():
            self.submit()
        self.focus()

    def _tell(self) -> None:
        """The draft is another: so are its costs, and what is worth knowing of its pictures."""
        self._advice.update()
        if self._cautions is not None:
            self._cautions.update()
        self._tell_line()

    def _tell_line(self) -> None:
        chat = self._chat
        if chat is None:
            self._line.tell([])
            self._gauge.hide()
        else:
            self._line.tell(line_parts(chat, free=self._account.practice, in_vain=self._in_vain))
            self._gauge.tell(chat.draft.estimate.prompt_tokens, chat.model.context_window)

    # --- Qt ---

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() != Qt.Key.Key_Escape or not self._escape():
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.window().installEventFilter(self)
        self._share_height()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._share_height()  # the strip's sentence may need another line

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self.window():
            self._share_height()
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The card on its shadow; an effect would paint all of the composer anew with every blink of the caret."""
        tokens = self._theme.tokens
        card = QRectF(self.rect()).adjusted(_SHADOW + 0.5, 4.5, -_SHADOW - 0.5, -_SHADOW - 0.5)
        painter = QPainter(self)
        if card.adjusted(5, 5, -5, -5).contains(event.rect()):  # all inside the round corners: a caret, a picture
            painter.fillRect(event.rect(), QColor(tokens.surface))
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 10 if tokens.dark else 4))
        for spread in range(_SHADOW):
            around = card.adjusted(-spread, 2 - spread / 2, spread, spread)
            painter.drawRoundedRect(around, _RADIUS + spread, _RADIUS + spread)
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.setBrush(QColor(tokens.surface))
        painter.drawRoundedRect(card, _RADIUS, _RADIUS)


def _undo_all(draft: Draft, count: int) -> None:
    """Bring back what was taken out at once, however many steps of undo that is."""
    wanted = len(draft.pictures) + count
    while draft.can_undo and len(draft.pictures) < wanted:
        draft.undo_remove()
