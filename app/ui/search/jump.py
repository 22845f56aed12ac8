"""From what was found to where it is: the conversation, the branch, the message, the words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject

from app.conversation.chat import Chat
from app.conversation.desk import Desk
from app.core.search import Hit
from app.ui.transcript.view import Transcript

_STEPS: Final = 200
"""Hits on screen above the message that are passed over, at most."""


class Jump(QObject):
    """One at a time: another ends the one before."""

    def __init__(self, desk: Desk, transcript: Callable[[], Transcript], parent: QObject) -> None:
        """`transcript` gives the view of the open conversation once there is something to see."""
        super().__init__(parent)
        self._desk = desk
        self._transcript = transcript
        self._chat: Chat | None = None
        self._hit: Hit | None = None

    def to(self, hit: Hit) -> None:
        """Open the conversation; where a message was found, show its branch, bring it into view and mark the words."""
        self._leave()
        self._desk.open(hit.conversation.id)
        chat = self._desk.current
        if hit.message and chat.facts.id == hit.conversation.id:
            self._chat, self._hit = chat, hit
            chat.reached.connect(self._arrive)
            self._desk.opened.connect(self._leave)
            chat.reach(hit.message)

    def _leave(self) -> None:
        if self._chat is not None:
            self._chat.reached.disconnect(self._arrive)
            self._desk.opened.disconnect(self._leave)
            self._chat = self._hit = None

    def _arrive(self, message_id: str) -> None:
        hit, chat = self._hit, self._chat
        if hit is None or chat is None or message_id != hit.message:
            return
        self._leave()
        row, transcript = chat.messages.row_of(message_id), self._transcript()
        transcript.reveal(row, 0)
        words = hit.snippet.first if hit.in_text else ""
        if words:
            transcript.find_bar.open(words)
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
