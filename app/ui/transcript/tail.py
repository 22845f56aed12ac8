"""What stands below the last turn: that a message has no answer yet, and why nothing was sent."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QPixmap

from app.core.errors import VisavisError
from app.ui.theme import Theme
from app.ui.transcript.card import Card, error_card
from app.ui.transcript.column import Column


class Tail(QObject):
    """Signals:
    acted(str, VisavisError | None): an action of a card, with the error the card tells.
    dismissed(): the refusal was read.
    """

    acted = Signal(str, object)
    dismissed = Signal()

    def __init__(self, theme: Theme, turns: Column, thumbnail: Callable[[int], QPixmap]) -> None:
        """`thumbnail` draws a picture of the conversation by its number."""
        super().__init__(turns)
        self._theme = theme
        self._turns = turns
        self._thumbnail = thumbnail
        self._refusal: Card | None = None
        self._unanswered: Card | None = None

    def forget(self) -> None:
        """The column was cleared."""
        self._refusal = self._unanswered = None

    def offer_answer(self, *, wanted: bool) -> None:
        """A last message without an answer (stopped before it was asked, or cut off by a crash) can be sent again."""
        if wanted and self._unanswered is None:
            self._unanswered = Card(self._theme, danger=False)
            self._unanswered.say(self.tr("This message has no answer yet."))
            self._unanswered.add_action("retry")
            self._unanswered.acted.connect(lambda action: self.acted.emit(action, None))
            self._turns.add(self._unanswered)
        elif not wanted and self._unanswered is not None:
            self._turns.remove(self._unanswered)
            self._unanswered = None

    def show_refusal(self, error: VisavisError) -> None:
        """Say why nothing was sent, until it is dismissed or something is sent."""
        self.drop_refusal()
        self._refusal = error_card(self._theme, error, can_retry=False, thumbnail=self._thumbnail)
        self._refusal.add_dismiss()
        self._refusal.acted.connect(lambda action: self.acted.emit(action, error))
        self._refusal.dismissed.connect(self.dismissed)
        self._turns.add(self._refusal)

    def drop_refusal(self) -> None:
        if self._refusal is not None:
            self._turns.remove(self._refusal)
            self._refusal = None
