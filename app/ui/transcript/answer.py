"""Claude's turns: Markdown as it streams, what was thought, how it ended and what it has cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from app.conversation.worker import Wait
from app.core.catalog import Model
from app.core.cost import text_tokens
from app.core.failure import error_from_json
from app.core.message import THINKING, Message, ReplyBlock
from app.ui import figures
from app.ui.errors import stop_words
from app.ui.label import Label
from app.ui.theme import SPACE, Theme
from app.ui.transcript import endings
from app.ui.transcript.bill_line import BillLine
from app.ui.transcript.card import Card, WaitingCard, error_card
from app.ui.transcript.fold import Fold
from app.ui.transcript.prose import Prose
from app.ui.transcript.sharper_button import SharperButton
from app.ui.transcript.turns import Turn

SILENCE: Final = 15.0
"""Seconds after which the person is told that nothing comes (RELIABILITY.md, section 2.2, row 10)."""
_TICK: Final = 250
"""Milliseconds."""


class Pace:
    """How fast an answer comes, since it is being looked at."""

    def __init__(self) -> None:
        self._since = 0.0
        self._first = 0
        self._seen = 0
        self._tokens = 0
        self.heard = time.monotonic()
        """When anything came last, by the monotonic clock."""

    def take(self, text: str) -> None:
        """Take note of all that has come so far. Costs only what is new."""
        now = self.heard = time.monotonic()
        self._tokens += text_tokens(text[self._seen :])
        self._seen = len(text)
        if not self._since and text:
            self._since, self._first = now, self._tokens

    @property
    def rate(self) -> float | None:
        """Tokens a second; None as long as there is too little to tell."""
        passed = time.monotonic() - self._since
        return (self._tokens - self._first) / passed if self._since and passed > 1 else None


class AnswerTurn(Turn):
    """Shows a message in every state: nothing yet, streaming, and each of its ends.

    Signals:
        sharper_wanted(int): a picture is to be sent again, sharper; its number.
    """

    sharper_wanted = Signal(int)

    def __init__(
        self,
        theme: Theme,
        message: Message,
        model: Model | None,
        *,
        pictures: int = 0,
        thumbnail: Callable[[int], QPixmap] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """`pictures`: how many of the conversation it can mean by their numbers; `thumbnail` draws one of them."""
        super().__init__(theme, message, parent)
        self._thumbnail = thumbnail
        self.setAccessibleName(self.tr("Claude"))
        self._model = model
        self._is_last = False
        self._superseded = False
        self._pace = Pace()
        self._uploading = ""
        self._thinking: Fold | None = None
        self._thoughts: Prose | None = None
        self._folded: Fold | None = None
        self._card: Card | None = None
        self._pending = Label(theme, tone="secondary", parent=self)
        self._text = self.prose(markdown=True, name=self.tr("Answer"), pictures=pictures)
        self._unshown = Label(theme, role="caption", tone="secondary", wraps=True, parent=self)
        self._unshown.hide()
        self._notes = QVBoxLayout()
        self._notes.setSpacing(2 * SPACE)
        self._bill = BillLine(theme, self)
        self._bill.clicked.connect(self._open_bill)
        for widget in (self._pending, self._text, self._unshown):
            self._column.addWidget(widget)
        self._column.addLayout(self._notes)
        self._foot = self._footer()
        self._column.addWidget(self._foot)
        self._tick = QTimer(self)
        self._tick.setInterval(_TICK)
        self._tick.timeout.connect(self._show_progress)
        self._show()

    def set_message(self, message: Message) -> None:
        """Show what the answer has become."""
        ended = self._message.state == "streaming" != message.state
        self._message = message
        if message.state == "streaming":
            self._show_growth()
        else:
            self._show()
        if ended:
            self._text.flush()

    def set_place(self, *, is_last: bool, superseded: bool) -> None:
        """Only the last answer can be asked for again; one that was asked for again is folded."""
        if (is_last, superseded) != (self._is_last, self._superseded):
            self._is_last, self._superseded = is_last, superseded
            self._show()

    def set_sharper(self, offers: Sequence[tuple[int, str]]) -> None:
        """Pictures of the question that can be sent again, sharper: their numbers, and the words that offer it."""
        self._sharper.set_offers(offers)
        self._sharper.setVisible(bool(offers) and self._message.state != "streaming")

    def go_on_from(self, earlier: AnswerTurn) -> None:
        """Take over the pace from the turn that has shown this answer so far."""
        self._pace = earlier._pace
        if self._message.state == "streaming":
            self._show_progress()

    def set_wait(self, wait: Wait | None) -> None:
        """Show that a repeat follows; None as soon as it is under way."""
        if wait is not None and not wait.seconds:
            note = Card(self._theme, danger=False, parent=self)
            note.say(self.tr("Asked again without earlier thinking."))
            self._put_card(note)
        elif wait is not None:
            self._put_card(WaitingCard(self._theme, wait, self))
            self._pending.hide()
            self._show_progress()
        elif self._waits:
            self._put_card(None)
            self._show_growth()
            self._show_progress()

    @property
    def _waits(self) -> bool:
        return isinstance(self._card, WaitingCard)

    def _footer(self) -> QWidget:
        """A line whose height is there as soon as the answer is asked for, so that nothing jumps."""
        self._copy = self._button("copy", self.tr("Copy (Ctrl+Shift+C copies the last answer)"), self.tr("Copy"))
        self._copy.clicked.connect(self.copy)
        self._sharper = SharperButton(self)
        self._sharper.wanted.connect(self.sharper_wanted)
        self._sharper.hide()
        self._retry = self._button("rotate-ccw", self.tr("Retry: ask again"), self.tr("Retry"))
        self._retry.clicked.connect(lambda: self.acted.emit("retry"))
        footer = QWidget(self)
        row = QHBoxLayout(footer)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE)
        row.addWidget(self._bill)
        row.addStretch(1)
        self._sharper.join(row)
        row.addWidget(self._copy)
        row.addWidget(self._retry)
        return footer

    def _button(self, icon: str, tooltip: str, name: str) -> QToolButton:
        button = QToolButton(self)
        button.setProperty("kind", "icon")
        button.setIcon(self._theme.icon(icon))
        button.setToolTip(tooltip)
        button.setAccessibleName(name)
        policy = button.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        button.setSizePolicy(policy)
        return button

    # --- showing ---

    def _show(self) -> None:
        message = self._message
        streaming = message.state == "streaming"
        self._show_fold()
        self._show_growth()
        if not streaming:
            self._show_end()
        self._copy.setVisible(not streaming and bool(message.text))
        has_retry = self._card is not None and self._card.offers_retry
        self._retry.setVisible(not streaming and self._is_last and not has_retry)
        if streaming:
            self._tick.start()
            self._show_progress()
        else:
            self._tick.stop()
            self._show_bill(endings.bill(message, self._model), details=endings.has_details(message))

    def _show_growth(self) -> None:
        """What changes with every piece that comes."""
        message = self._message
        streaming = message.state == "streaming"
        self._text.set_caret(streaming)
        self._text.set_text(message.text)
        self._text.setVisible(bool(message.text) and (self._folded is None or self._folded.is_open))
        self._show_thinking()
        self._pending.setVisible(self._is_wordless and not self._waits and self._thinking is None)
        if streaming:
            self._pending.setText(self._asking())
            self._pace.take(message.thinking + message.text)

    def set_uploaded(self, done: int, count: int) -> None:
        """So many of the pictures are on the server; all of them where there are none to come."""
        self._uploading = ""
        if done < count:
            words = self.tr("Uploading picture %1 of %2…").replace("%1", figures.count(done + 1))
            self._uploading = words.replace("%2", figures.count(count))
        self._pending.setText(self._asking())

    def _asking(self) -> str:
        if self._uploading:
            return self._uploading
        if self._message.content:
            return self.tr("Thinking…")
        return self.tr("Asking %1…").replace("%1", self._model.name if self._model is not None else "")

    @property
    def _is_wordless(self) -> bool:
        """Whether nothing of the answer has come yet, besides what is thought."""
        return self._message.state == "streaming" and not self._message.text

    @property
    def _is_folded(self) -> bool:
        return self._message.refused or self._superseded

    def _show_fold(self) -> None:
        """The one line that stands for an answer which takes no part any more."""
        if not self._is_folded:
            return
        if self._folded is None:
            self._folded = Fold(self._theme, self)
            self._column.insertWidget(self._column.indexOf(self._pending), self._folded)
        if self._superseded:
            self._folded.set_line(self.tr("Earlier answer"))
        else:
            self._folded.set_line(stop_words(self._message))
        if self._message.text and not self._folded.has_body:
            self._folded.set_body(self._text)

    def _show_thinking(self) -> None:
        message = self._message
        thought = any(isinstance(b, ReplyBlock) and b.type in THINKING for b in message.content)
        if not thought or (self._is_wordless and not message.thinking):
            return
        if self._thinking is None:
            self._thinking = Fold(self._theme, self)
            self._thinking.opened.connect(self._show_thoughts)
            self._column.insertWidget(0, self._thinking)
        if not message.thinking:
            self._thinking.set_line(self.tr("Claude thought; the text is not shown"))
            return
        self._thinking.set_line(self.tr("Thinking…") if self._is_wordless else self.tr("Thinking"))
        if self._thoughts is None:
            self._thoughts = self.prose(markdown=True, name=self.tr("Thinking"))
            self._thinking.set_body(self._thoughts)
        if self._thinking.is_open:
            self._thoughts.set_text(message.thinking)

    def _show_thoughts(self) -> None:
        if self._thoughts is not None:
            self._thoughts.set_text(self._message.thinking)

    def _show_end(self) -> None:
        message = self._message
        hidden = endings.unshown(message)
        self._unshown.setText(hidden)
        self._unshown.setVisible(bool(hidden))
        words, action = endings.note(message)
        if self._superseded:
            self._put_card(None)
        elif endings.is_failure(message) and message.error is not None:
            error = error_from_json(message.error)
            self._put_card(error_card(self._theme, error, can_retry=self._is_last, thumbnail=self._thumbnail))
        elif words:
            card = Card(self._theme, danger=False, parent=self)
            card.say(words)
            if action and self._is_last:
                card.add_action(action)
            self._put_card(card)
        else:
            self._put_card(None)

    def _put_card(self, card: Card | None) -> None:
        if self._card is not None:
            self._card.hide()
            self._card.deleteLater()
        self._card = card
        self._notes.setContentsMargins(0, SPACE if self._message.text else 0, 0, 0)
        if card is not None:
            card.acted.connect(self.acted)
            self._notes.addWidget(card)
            card.show()

    def _show_progress(self) -> None:
        """Time and pace, or that nothing comes."""
        if self._waits:
            self._show_bill("")
            return
        silent = time.monotonic() - self._pace.heard
        if silent > SILENCE:
            words = self.tr("Nothing has come for %1 s. Stop keeps what is there.")
            self._show_bill(words.replace("%1", str(int(silent))))
            return
        passed = max(0.0, time.time() - self._message.created)
        line = self.tr("%1 s").replace("%1", f"{passed:.1f}")
        if (rate := self._pace.rate) is not None and self._message.content:
            line += " · " + self.tr("≈ %1 tokens/s").replace("%1", figures.count(round(rate)))
        self._show_bill(line)

    def _open_bill(self) -> None:
        from app.ui.transcript.bill_details import BillDetails  # few bills are looked at

        if self._model is not None:
            BillDetails(self._theme, self._message, self._model, self).open_at(self._bill)

    def _show_bill(self, words: str, *, details: bool = False) -> None:
        self._bill.tell(words, details=details and bool(words) and self._model is not None)
        buttons = (self._sharper, self._copy, self._retry)
        self._foot.setVisible(bool(words) or any(not button.isHidden() for button in buttons))
