"""What a conversation's requests are made with."""

from __future__ import annotations

from typing import Protocol

from app.conversation.kept_files import KeptFiles
from app.core.message import Message
from app.core.refit import Today
from app.core.store import Conversation


class Terms(Protocol):
    """The worker's view of its `Chat`."""

    @property
    def facts(self) -> Conversation: ...
    @property
    def today(self) -> Today:
        """What a request of now is made with: it stays as it is, whatever is chosen later."""

    @property
    def files(self) -> KeptFiles: ...
    async def loaded(self) -> None:
        """Wait until the messages are there. Raises StoreError where they cannot be read."""

    async def begin(self, question: Message) -> Conversation:
        """Keep a question, with its conversation where that is new. Raises StoreError."""
