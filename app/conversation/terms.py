"""What a conversation's requests are made with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from app.conversation.kept_files import KeptFiles
from app.core.catalog import Model
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
    def row(self) -> int:
        """The row that the draft will have among the messages: the last, or that of a question that is edited."""

    @property
    def history(self) -> Sequence[Message]:
        """The messages before that row."""

    def today_with(self, model: Model) -> Today:
        """`today`, if that model were asked."""

    def model_of(self, model_id: str) -> Model: ...
    @property
    def files(self) -> KeptFiles: ...
    async def loaded(self) -> None:
        """Wait until the messages are there, and what goes of them is known.

        Raises StoreError where they cannot be read.
        """

    async def begin(self, question: Message, parent: str) -> Conversation:
        """Keep a question, with its conversation where that is new. Raises StoreError.

        `parent` is the id of the message before it.
        """
