"""One message as rows, kept while it grows: what is finished stays, only the open end is made anew."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import IntEnum
from typing import Final, NamedTuple

from app.core.blocks import Block, joined
from app.core.message import Message
from app.core.plain_blocks import plain_blocks
from app.ui.theme import Theme
from app.ui.transcript import spacing
from app.ui.transcript.content import Code, Content, Foot, More, Pictures, Prose, Table
from app.ui.transcript.item import Item
from app.ui.transcript.text_rows import TextRows
from app.ui.transcript.turn_words import Around, Folded, heads, tails

_AT_ONCE: Final = 0.02
"""Seconds for which a text is taken when it is shown first; what there is more of follows with `grow`."""
_STEP: Final = 4_000
"""Characters between two looks at the clock."""
FOLDED: Final = 200_000
"""Characters shown of a longer text until all are asked for (RELIABILITY.md, section 3.2)."""


class _Section(IntEnum):
    """The rows of a message, from top to bottom."""

    HEAD = 0
    THOUGHTS = 1
    DECLINED = 2
    TEXT = 3
    TAIL = 4


class Unfolded(NamedTuple):
    what: frozenset[Folded]
    limit: int
    """Characters of the text that are shown."""


class Turn(Item):
    """A question or an answer."""

    def __init__(self, message: Message, around: Around, theme: Theme, width: int, pictures: Callable[[], int]) -> None:
        """`pictures` tells how many of the conversation a text of it can mean by their numbers."""
        super().__init__(theme, width)
        self.message = message
        self.around = around
        self.opened: set[Folded] = set()
        """What was unfolded."""
        self._pictures = pictures
        # What was seen to come is not taken away again.
        self._limit = sys.maxsize if message.state == "streaming" else FOLDED
        self._text = TextRows("answer", pictures)
        self._thoughts = TextRows("thought", lambda: 0)
        self._counts = [0] * len(_Section)
        """Rows of each section."""
        self.update(message, around)

    @property
    def is_question(self) -> bool:
        return self.message.role == "user"

    @property
    def waits(self) -> bool:
        """Whether there is more of it to show."""
        if self.is_question:
            return False
        thinks = "thinking" in self.opened and self._thoughts.behind(self.message.thinking) > 0
        return thinks or self._text.behind(self._shown) > 0

    # --- how it grows ---

    def update(self, message: Message, around: Around) -> None:
        """Show what the message has become, and what is known of it from around it."""
        if not message.text.startswith(self.message.text):
            self._text = TextRows("answer", self._pictures)
        self.message, self.around = message, around
        self._show_ends()
        self._take_for(_AT_ONCE)

    def grow(self, message: Message, around: Around, seconds: float) -> bool:
        """The same for an answer that comes: take of it what that time allows. Returns whether more is waiting."""
        changed = (around, _facts(message)) != (self.around, _facts(self.message))
        self.message, self.around = message, around
        if self._text.behind(self._shown) < 0 or (self._text.ended and message.state == "streaming"):
            self._text = TextRows("answer", self._pictures)  # it was asked for again, and begins anew
        if changed:
            self._show_ends()
        self._take_for(seconds)
        return self.waits

    def toggle(self, what: Folded) -> None:
        """Unfold, or fold."""
        self.opened ^= {what}
        self._show_ends()
        self._text.anew()
        self._thoughts.anew()
        self._take_for(_AT_ONCE)

    def show_all(self) -> None:
        """Take the rest of a very long text too, with the next calls of `grow`."""
        self._limit = sys.maxsize
        self._show_ends()

    @property
    def is_unfolded(self) -> bool:
        """Whether anything was."""
        return bool(self.opened) or self._limit != FOLDED

    @property
    def unfolded(self) -> Unfolded:
        """What was unfolded of it, for a turn of the same message that takes its place."""
        return Unfolded(frozenset(self.opened), self._limit)

    def unfold(self, unfolded: Unfolded) -> None:
        """Unfold what was unfolded before."""
        self._limit = max(self._limit, unfolded.limit)
        for what in unfolded.what - self.opened:
            self.toggle(what)

    # --- what others ask ---

    @property
    def card(self) -> int:
        """How many of its rows, from the first, stand on the card of a question."""
        if not self.is_question:
            return 0
        return len(self.rows) - (1 if self.rows and isinstance(self.rows[-1].content, Foot) else 0)

    def whole(self, content: Content) -> str:
        """The code or the Markdown of a block, all its parts together."""
        if not isinstance(content, Code | Table):
            return ""
        thought = content.voice == "thought"
        parts, text = self._parts(content), self.message.thinking if thought else self.message.text
        return joined(parts) if isinstance(content, Code) else text[parts[0].start : parts[-1].end]

    def before(self, content: Content) -> str:
        if not isinstance(content, Code):
            return ""
        before = [part for part in self._parts(content) if part.start < content.block.start]
        return joined([*before, replace(content.block, text="")])

    def _parts(self, content: Code | Table) -> Sequence[Block]:
        """All parts of the block that a row shows a part of."""
        rows = self._thoughts if content.voice == "thought" else self._text
        return rows.parts(content.block.number)

    def room_of(self, index: int) -> tuple[int, int, int]:
        above, below, inset = super().room_of(index)
        if index < self.card:
            inset = spacing.CARD_SIDE
            above += spacing.card_top(self.rows[0].content) if not index else 0
            below = spacing.CARD_BOTTOM if index == self.card - 1 else 0
        return above, below, inset

    # --- rows ---

    @property
    def _shown(self) -> str:
        text = self.message.text
        return text if len(text) <= self._limit else text[: self._limit]

    @property
    def _is_folded(self) -> bool:
        return self.message.refused and "answer" not in self.opened

    def _take_for(self, seconds: float) -> None:
        """Take what has come, and show it, until that time is over or there is no more."""
        until = time.perf_counter() + seconds
        while True:
            if not self.is_question:
                self._take(_STEP)
            self._show_texts()
            if not self.waits or time.perf_counter() >= until:
                return

    def _take(self, most: int) -> None:
        """Take at most so many characters of each text."""
        message, is_over = self.message, self.message.state != "streaming"
        self._text.feed(self._shown, most)
        if is_over and not self._text.behind(message.text):
            self._text.end()
        if "thinking" in self.opened:
            self._thoughts.feed(message.thinking, most)
            if (is_over or message.text) and not self._thoughts.behind(message.thinking):
                self._thoughts.end()

    def _show_ends(self) -> None:
        """What stands above the texts and below them."""
        message = self.message
        if self.is_question:
            self._put(_Section.HEAD, 0, [Pictures(message.pictures, self.around.rate)] if message.images else [])
        else:
            folds = heads(message, is_open=self.opened.__contains__, pace=self.around.pace)
            self._put(_Section.HEAD, 0, [fold for fold in folds if fold.what == "thinking"])
            self._put(_Section.DECLINED, 0, [fold for fold in folds if fold.what == "answer"])
        is_cut = len(message.text) > self._limit and not self._is_folded and not self.is_question
        more = [More(len(message.text.encode("utf-8", "replace")))] if is_cut else []
        self._put(_Section.TAIL, 0, [*more, *tails(message, self.around)])

    def _show_texts(self) -> None:
        message, comes = self.message, self.message.state == "streaming"
        if self.is_question:
            self._put(_Section.TEXT, 0, [Prose(block, "question") for block in plain_blocks(message.text.strip("\n"))])
            return
        if "thinking" in self.opened:
            self._put(_Section.THOUGHTS, *self._thoughts.contents(goes_on=comes and not message.text))
        else:
            self._put(_Section.THOUGHTS, 0, [])
        if self._is_folded:
            self._put(_Section.TEXT, 0, [])
        else:
            self._put(_Section.TEXT, *self._text.contents(goes_on=comes or self._text.behind(self._shown) > 0))

    def _put(self, section: _Section, first: int, contents: list[Content]) -> None:
        """Let the rows of a section show `contents`, from its `first` one on."""
        begin = sum(self._counts[:section])
        self.put(begin + first, begin + self._counts[section], contents)
        self._counts[section] = first + len(contents)


def _facts(message: Message) -> tuple[object, ...]:
    """What of an answer that comes the rows around its text depend on."""
    return bool(message.text), bool(message.thinking), len(message.content), message.usage is None, message.state
