"""From what was found to where it is: the conversation, the branch, the message, the words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, Signal

from app.conversation.chat import Chat
from app.conversation.desk import Desk
from app.core.query import AnyOf
from app.core.search import Hit
from app.ui.transcript.view import Transcript

_STEPS: Final = 200
"""Hits on screen above the message that are passed over, at most."""


class Jump(QObject):
    """One at a time: another ends the one before, and so does another conversation.

    Signals:
        noted(str): the message cannot be shown yet; this says why.
    """

    noted = Signal(str)

    def __init__(self, desk: Desk, transcript: Callable[[], Transcript], parent: QObject) -> None:
        """`transcript` gives the view of the open conversation once there is something to see."""
        super().__init__(parent)
        self._desk = desk
        self._transcript = transcript
        self._hit: Hit | None = None
        """What is on its way."""
        self._chat: Chat | None = None
        """Its conversation, once that is open."""
        self._waits = False
        """Whether an answer has to come first."""

    def to(self, hit: Hit) -> None:
        """Open the conversation; where a message was found, show its branch, bring it into view and mark the words."""
        self._leave()
        self._desk.open(hit.conversation.id)
        if not hit.message:
            return
        self._hit = hit
        self._desk.opened.connect(self._go_on)
        if self._desk.current.facts.id == hit.conversation.id:
            self._reach(self._desk.current, hit)

    def _go_on(self, chat: Chat) -> None:
        """A conversation was opened: the one that had to be read first, or another one."""
        hit = self._hit
        if hit is not None and self._chat is None and chat.facts.id == hit.conversation.id:
            self._reach(chat, hit)
        else:
            self._leave()

    def _reach(self, chat: Chat, hit: Hit) -> None:
        self._chat, self._waits = chat, chat.worker.busy
        chat.reached.connect(self._arrive)
        chat.worker.phase_changed.connect(self._try_again)
        if self._waits and not chat.loading and chat.messages.row_of(hit.message) < 0:
            self.noted.emit(self.tr("What was found is in another version of this chat. It is shown after the answer."))
        chat.reach(hit.message)

    def _try_again(self) -> None:
        """Once: where a message is gone, another try would do no more."""
        if self._waits and self._chat is not None and self._hit is not None and not self._chat.worker.busy:
            self._waits = False
            self._chat.reach(self._hit.message)

    def _leave(self) -> None:
        if self._hit is not None:
            self._desk.opened.disconnect(self._go_on)
        if self._chat is not None:
            self._chat.reached.disconnect(self._arrive)
            self._chat.worker.phase_changed.disconnect(self._try_again)
        self._hit = self._chat = None

    def _arrive(self, message_id: str) -> None:
        hit, chat = self._hit, self._chat
        if hit is None or chat is None or message_id != hit.message:
            return
        self._leave()
        row, transcript = chat.messages.row_of(message_id), self._transcript()
        transcript.reveal(row, 0)
        if hit.in_text and hit.snippet.marks:
            transcript.find_bar.look_for(AnyOf(hit.query))
            self._step_to(transcript, row)

    def _step_to(self, transcript: Transcript, row: int) -> None:
        """Let the first hit of the message be the current one; it may say the words in another way than it was read."""
        finding = transcript.find_bar.finding
        for _ in range(_STEPS):
            if finding.current is not None and finding.current.message >= row:
                break
            finding.next()
        if finding.current is None or finding.current.message != row:
            transcript.reveal(row, 0)
