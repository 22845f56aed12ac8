"""Keeps the rows up to date with what the conversation tells: messages that come, grow, change and go."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import QMetaObject, QModelIndex, QObject, QTimer
from PySide6.QtWidgets import QWidget

from app.conversation.chat import Chat
from app.conversation.worker import Wait
from app.core.errors import VisavisError
from app.core.message import Message
from app.ui.transcript import announcing
from app.ui.transcript.below import Below
from app.ui.transcript.content import Code, Foot, Pictures, Prose, Table
from app.ui.transcript.flow import Flow
from app.ui.transcript.foot_row import FootRow
from app.ui.transcript.frames import Frames
from app.ui.transcript.host import Host
from app.ui.transcript.items import Items
from app.ui.transcript.pool import Pool
from app.ui.transcript.standing import standing
from app.ui.transcript.turn import Turn

_WARM: Final = {Prose: 24, Foot: 6, Code: 4, Pictures: 4, Table: 2}
"""Widgets that are made ahead, so that opening a conversation makes none."""
_WARM_PAUSE: Final = 25
"""Milliseconds between two of them."""


class KeepingUp(QObject):
    """Changes the items of a flow, and has it laid out."""

    def __init__(self, area: QWidget, host: Host, items: Items, pool: Pool, flow: Flow, below: Below) -> None:
        super().__init__(area)
        self._area = area
        self._host = host
        self._items = items
        self._pool = pool
        self._flow = flow
        self._below = below
        self._chat: Chat | None = None
        self._connections: list[QMetaObject.Connection] = []
        self._frames = Frames(self._show_growth, self)
        self._growing: set[str] = set()
        """Messages of which more is to be shown, by their ids."""
        self._left: dict[str, tuple[str, int, int]] = {}
        """Where conversations were read when they were left, by their ids: message, row and pixels of it."""
        self._turned: tuple[int, int] | None = None
        """The message whose versions are gone through, and where its switch stands in the viewport."""
        self._warming = QTimer(self, singleShot=True, interval=_WARM_PAUSE)
        self._warming.timeout.connect(self._warm)

    def set_chat(self, chat: Chat) -> None:
        """Show another conversation: where it was read when it was left, else its end."""
        for connection in self._connections:
            QObject.disconnect(connection)
        self._leave()
        self._chat = chat
        messages, worker = chat.messages, chat.worker
        self._connections = [
            messages.modelReset.connect(self._reset),
            messages.rowsInserted.connect(self._on_inserted),
            messages.rowsRemoved.connect(self._on_removed),
            messages.dataChanged.connect(self._on_changed),
            chat.changed.connect(self._on_terms),
            worker.waiting.connect(self._on_waiting),
            worker.phase_changed.connect(self._on_phase),
            worker.progressed.connect(self._on_terms),
            worker.refused.connect(self._on_refused),
            worker.forgiven.connect(self._on_terms),
            worker.answered.connect(partial(announcing.end, self._area)),
            chat.editing_changed.connect(self._on_terms),
        ]
        self._items.set_chat(chat)
        self._reset()

    def fill(self, message: Message) -> None:
        """Show what there is more of a message, a frame at a time."""
        self._growing.add(message.id)
        self._frames.ask()

    def renew(self) -> None:
        """Colours or the text size are others."""
        self._pool.renew()
        self._items.renew()
        self._stand()
        self._flow.fit()
        if self._messages:
            self._warming.start()

    def hold_switch(self, message: Message) -> None:
        """The versions of a message are gone through: its switch is to stay where it stands."""
        feet = (placed for placed in self._flow.on_screen if isinstance(placed.row.content, Foot))
        row = self._row_of(message.id)
        self._turned = next(((placed.item, placed.y) for placed in feet if placed.item == row), None)

    @property
    def _messages(self) -> Sequence[Message]:
        return self._items.messages

    def _row_of(self, message_id: str) -> int | None:
        row = self._chat.messages.row_of(message_id) if self._chat is not None else -1
        return row if row >= 0 else None

    def _reset(self) -> None:
        self._frames.cancel()
        self._growing.clear()
        self._below.hide()
        self._pool.clear()
        self._items.reset()
        self._stand()
        self._flow.keep_to_end()
        self._come_back()
        self._flow.lay_out()
        if self._messages:
            self._warming.start()

    def _leave(self) -> None:
        """Note where the conversation shown is read, so that coming back leads there."""
        if self._chat is None:
            return
        item, nth, offset = self._flow.anchor
        if self._flow.following or item >= len(self._messages):
            self._left.pop(self._chat.facts.id, None)
        else:
            self._left[self._chat.facts.id] = self._messages[item].id, nth, offset

    def _come_back(self) -> None:
        message, nth, offset = self._left.get(self._chat.facts.id, ("", 0, 0)) if self._chat is not None else ("", 0, 0)
        row = self._row_of(message) if message else None
        if row is not None:
            self._flow.go_to(row, nth, offset)

    def _on_inserted(self, _parent: object, first: int, last: int) -> None:
        self._items.inserted(first, last)
        self._flow.inserted(first, last - first + 1)
        self._warming.start()
        newest = self._messages[-1]
        is_asked = last == first == len(self._messages) - 1 and (newest.role == "user" or newest.state == "streaming")
        if is_asked and self._chat is not None and self._chat.worker.busy:
            self._flow.keep_to_end()  # the person has asked, and waits for the answer
            self._below.hide()
            self._items.asked_again = False
            announcing.begin(self._area, newest)
        self._stand()
        self._flow.lay_out_soon()
        if self._turned is not None and first <= self._turned[0] <= last:
            self._stay_at_switch()

    def _on_removed(self, _parent: object, first: int, last: int) -> None:
        self._items.removed(first, last)
        self._flow.removed(first, last)
        self._stand()
        self._flow.lay_out_soon()

    def _on_changed(self, first: QModelIndex, last: QModelIndex) -> None:
        """An answer grows, or ends; of others facts may be others, and of questions the pictures."""
        for index in range(first.row(), last.row() + 1):
            turn, message = self._items.known(index), self._messages[index]
            if message.state == "streaming" or (isinstance(turn, Turn) and turn.message.state == "streaming"):
                self.fill(message)
            else:
                self._items.update(index)
                self._flow.lay_out_soon()

    def _show_growth(self) -> bool:
        """A frame of what comes: of the answer that streams, or of the rest of a long text that was asked for.

        Returns whether text is waiting for the next.
        """
        rows = {id_: self._row_of(id_) for id_ in self._growing}
        self._growing = {id_ for id_, row in rows.items() if row is not None and self._grow(row)}
        return bool(self._growing)

    def _grow(self, index: int) -> bool:
        turn = self._items.turn(index)
        ended, before = turn.message.state == "streaming" != self._messages[index].state, (turn.height, len(turn.rows))
        waiting = self._items.grow(index)
        if ended:
            self._items.stale()
        if self._flow.following or ended or any(placed.item == index for placed in self._flow.on_screen):
            self._flow.lay_out()
        else:
            self._flow.tell_scroll_bar()
        if not self._flow.following and (turn.height, len(turn.rows)) != before:
            self._below.offer()
        return waiting

    def _on_terms(self) -> None:
        """Prices, the model, what is under way or what was refused are others."""
        worker = self._chat.worker if self._chat is not None else None
        if worker is not None:
            self._items.uploaded = worker.progress if worker.phase == "uploading" else (0, 0)
        self._items.stale()
        self._stand()
        self._flow.lay_out_soon()

    def _on_waiting(self, wait: Wait) -> None:
        self._items.asked_again = not wait.seconds
        self._on_terms()

    def _on_phase(self, phase: str) -> None:
        if phase == "idle":
            self._turned = None
        self._on_terms()

    def _on_refused(self, _error: VisavisError) -> None:
        self._on_terms()
        self._below.hide()
        self._flow.follow()

    def _stand(self) -> None:
        """Bring what stands below the last message up to date."""
        tail = self._items.tail
        tail.put(0, len(tail.rows), standing(self._chat) if self._chat is not None else [])
        if len(self._items):
            self._items.note_height(len(self._items) - 1)

    def _stay_at_switch(self) -> None:
        """Another version is shown: its switch stands where that of the former one was, and has the keyboard."""
        turned, self._turned = self._turned, None
        if turned is None or turned[0] >= len(self._messages):
            return
        rows = self._items.turn(turned[0]).rows
        foot = next((nth for nth, row in enumerate(rows) if isinstance(row.content, Foot)), None)
        if foot is not None:
            self._flow.go_to(turned[0], foot, -turned[1])
            if isinstance(widget := self._pool.known(rows[foot]), FootRow):
                widget.focus_switch()

    def _warm(self) -> None:
        if any(self._pool.warm(kind, count) for kind, count in _WARM.items()):
            self._warming.start()
        else:
            self._host.highlighting.warm()
