"""The messages of a conversation as rows: made when they are looked at, forgotten when they were not for long."""

from __future__ import annotations

from collections.abc import Callable
from itertools import takewhile
from typing import Final

from app.conversation.chat import Chat
from app.core.bill import picture_rate
from app.core.message import Message
from app.ui.theme import COLUMN, Theme
from app.ui.transcript import rest, spacing
from app.ui.transcript.again import sharper_offers
from app.ui.transcript.heights import Heights
from app.ui.transcript.item import Item
from app.ui.transcript.pace import Pace
from app.ui.transcript.turn import Turn, Unfolded
from app.ui.transcript.turn_words import Around

_KEPT: Final = 400
"""Messages that stay split into rows."""
_FRAME: Final = 0.008
"""Seconds of a frame in which a text that comes is taken, so that a burst of it holds nothing up."""


class Items:
    """One for each message, and one more for what stands below the last."""

    def __init__(self, theme: Theme, more_of: Callable[[Message], None]) -> None:
        """`more_of` is told of a message whose text is too long to be taken at once: `grow` takes the rest."""
        self._theme = theme
        self._more_of = more_of
        self._chat: Chat | None = None
        self._turns: dict[str, Turn] = {}
        """By the message's id; the one used longest ago comes first."""
        self._told: dict[str, int] = {}
        """At which `_version` each was told what is around it."""
        self._unfolded: dict[str, Unfolded] = {}
        """What was unfolded of messages that have no rows now."""
        self._version = 0
        self._pictures: int | None = None
        """Of the conversation, since it was asked for last."""
        self._pace: tuple[str, Pace] = "", Pace()
        """Of the answer that streams, with its id."""
        self.tail = Item(theme, COLUMN)
        self.heights: Final = Heights()
        self.width = COLUMN
        self.uploaded = (0, 0)
        """Pictures of the last question that are on the server, and how many are to be."""
        self.asked_again = False
        """Whether the last answer was asked for again without earlier thinking."""

    def set_chat(self, chat: Chat) -> None:
        """Hold the messages of another conversation, from its next `reset` on."""
        self._chat = chat

    @property
    def messages(self) -> list[Message]:
        return self._chat.messages.messages if self._chat is not None else []

    def __len__(self) -> int:
        return len(self.heights)

    def reset(self) -> None:
        """All messages are others."""
        self._unfolded.clear()
        self.asked_again, self.uploaded = False, (0, 0)
        self.renew()

    def renew(self) -> None:
        """Colours or sizes are others; what was unfolded stays so."""
        for id_ in list(self._turns):
            self._forget(id_)
        self.stale()
        self.heights.reset(len(self.messages) + 1, spacing.usual(self.messages, self.width, self._theme))
        self.heights.set(len(self.messages), self.tail.height)

    def inserted(self, first: int, last: int) -> None:
        """There are messages from `first` to `last` that were not there before."""
        self.heights.insert(first, last - first + 1)
        self.stale()

    def removed(self, first: int, last: int) -> None:
        """The messages from `first` to `last` are gone."""
        self.heights.remove(first, last)
        ids = {message.id for message in self.messages} if self._turns else set()
        for id_ in self._turns.keys() - ids:
            self._turns[id_].rows.clear()
            self._forget(id_)
        self.stale()

    def stale(self) -> None:
        """What each message is told of its place may be another now."""
        self._version += 1
        self._pictures = None

    def fit(self, width: int) -> None:
        """The column is so many pixels wide."""
        if width == self.width:
            return
        self.width = width
        for turn in self._turns.values():
            turn.fit(width)
        self.tail.fit(width)
        self.heights.reset(len(self.messages) + 1, spacing.usual(self.messages, width, self._theme))
        self.heights.set(len(self.messages), self.tail.height)

    # --- one item ---

    def at(self, index: int) -> Item:
        """That of a message, or the one below the last."""
        return self.tail if index >= len(self.messages) else self._turn(index)

    def known(self, index: int) -> Item | None:
        """The same, unless it has no rows yet."""
        return self.tail if index >= len(self.messages) else self._turns.get(self.messages[index].id)

    def turn(self, index: int) -> Turn:
        """That of a message."""
        return self._turn(index)

    def note_height(self, index: int) -> None:
        """The item's height is another now."""
        if (item := self.known(index)) is not None:
            self.heights.set(index, item.height)

    def update(self, index: int) -> None:
        """A message is another now."""
        message = self.messages[index]
        if (turn := self._turns.get(message.id)) is not None:
            turn.update(message, self._around(index))
            self.note_height(index)

    def grow(self, index: int) -> bool:
        """A streaming answer has more to show: take some of it. Returns whether more is waiting."""
        message = self.messages[index]
        turn = self._turn(index)
        known = turn.message
        if turn.around.pace is not None:
            turn.around.pace.take(message.thinking[len(known.thinking) :] + message.text[len(known.text) :])
        around = turn.around if message.state == known.state else self._around(index)
        waiting = turn.grow(message, around, _FRAME)
        self.heights.set(index, turn.height)
        return waiting

    def pace_of(self, message: Message) -> Pace:
        """How fast a streaming answer comes."""
        if self._pace[0] != message.id:
            self._pace = message.id, Pace()
        return self._pace[1]

    def _turn(self, index: int) -> Turn:
        message = self.messages[index]
        turn = self._turns.pop(message.id, None)
        if turn is None:
            turn = Turn(message, self._around(index), self._theme, self.width, self._count_pictures)
            if message.id in self._unfolded:
                turn.unfold(self._unfolded.pop(message.id))
            self._make_room()
            if turn.waits:
                self._more_of(message)
        elif self._told[message.id] != self._version:
            around = self._around(index)
            if around != turn.around:
                turn.update(message, around)
        self._turns[message.id] = turn
        if self._told.get(message.id) != self._version:
            self._told[message.id] = self._version
            self.heights.set(index, turn.height)
        return turn

    def _count_pictures(self) -> int:
        if self._pictures is None:
            self._pictures = self._chat.messages.pictures if self._chat is not None else 0
        return self._pictures

    def _forget(self, message_id: str) -> None:
        turn = self._turns.pop(message_id)
        del self._told[message_id]
        if turn.is_unfolded:
            self._unfolded[message_id] = turn.unfolded

    def _make_room(self) -> None:
        if len(self._turns) >= _KEPT:
            for id_ in list(self._turns)[: _KEPT // 8]:
                self._forget(id_)

    def _around(self, index: int) -> Around:
        """What is known of a message from around it."""
        chat, messages = self._chat, self.messages
        message, is_last = messages[index], index == len(messages) - 1
        if chat is None:
            return Around()
        if message.role == "user":
            rate = None
            if message.images:
                answers = list(takewhile(lambda m: m.role == "assistant", messages[index + 1 : index + 9]))
                rate = picture_rate(message, answers, chat.model_of, chat.context)
            return Around(is_last=is_last, branch=chat.branch_of(message.id), rate=rate)
        streams = message.state == "streaming"
        if chat.worker.phase == "locked":  # nothing can be asked there
            return Around(model=chat.model_of(message.model), branch=chat.branch_of(message.id))
        asked = messages[index - 1] if index else message
        answers_pictures = asked.role == "user" and bool(asked.images) and bool(message.text) and not streams
        offers = sharper_offers(chat, asked) if answers_pictures else []
        return Around(
            is_last=is_last,
            model=chat.model_of(message.model),
            asks=chat.model if message.model != chat.model.id else None,
            offers=tuple(offers),
            branch=chat.branch_of(message.id),
            wait=chat.worker.wait if is_last and streams else None,
            uploaded=self.uploaded if is_last else (0, 0),
            asked_again=self.asked_again and is_last,
            rest=rest.price(chat, message) if is_last else None,
            pace=self.pace_of(message) if streams else None,
        )
