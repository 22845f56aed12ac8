"""One message as rows, kept while it grows: what is finished stays, only the open end is made anew."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from app.core.blocks import DEFINITIONS, Block, Blocks, joined
from app.core.message import Message
from app.core.plain_blocks import plain_blocks
from app.core.tables import weights
from app.ui.theme import Theme
from app.ui.transcript import spacing
from app.ui.transcript.content import Code, Content, Foot, More, Pictures, Prose, Table, Voice
from app.ui.transcript.item import Item
from app.ui.transcript.markup import named_pictures
from app.ui.transcript.turn_words import Folded, Place, heads, tails

AT_ONCE: Final = 40_000
"""Characters that are taken when a message is shown first; what there is more of follows with `grow`."""
FOLDED: Final = 200_000
"""Characters shown of a longer text until all are asked for (RELIABILITY.md, section 3.2)."""


class Text:
    """A Markdown text as contents of rows. It may grow; of what was there only the last row changes then."""

    def __init__(self, voice: Voice, pictures: Callable[[], int]) -> None:
        """`pictures` tells how many of the conversation it can mean by their numbers."""
        self._voice: Voice = voice
        self._pictures = pictures
        self._blocks = Blocks()
        self._fed = 0
        self.ended = False
        self._taken = 0
        """Finished blocks that were looked at."""
        self._shown: list[Block] = []
        """Those of them that have rows."""
        self._known = 0
        """How many of those were given."""
        self._weights: dict[int, tuple[int, ...]] = {}
        """Of each table's columns, by its block's number."""

    def behind(self, text: str) -> int:
        """Characters of `text` that were not taken yet."""
        return len(text) - self._fed

    def feed(self, text: str, most: int) -> None:
        """Take at most so many more characters of the whole text so far."""
        new = text[self._fed : self._fed + most]
        self._fed += len(new)
        if new:
            self._blocks.feed(new)

    def end(self) -> None:
        if not self.ended:
            self.ended = True
            self._blocks.finish()
            if self._blocks.definitions or self._weights:
                self._known = 0  # a definition may stand below what refers to it, a cell be narrower than its beginning
                self._weights.clear()

    def contents(self) -> tuple[int, list[Content]]:
        """Which row is the first that changed since the last time, and what all from it on show."""
        self._take_finished()
        tail = [] if self.ended else [block for block in self._blocks.tail() if block.info != DEFINITIONS]
        first = self._widened(max(0, self._known - 1), [*self._shown[self._known :], *tail])
        contents = [self._content(block) for block in (*self._shown[first:], *tail)]
        if contents and not self.ended:
            contents[-1] = replace(contents[-1], open=True)
        self._known = len(self._shown)
        return first, [*contents]

    def anew(self) -> None:
        """All rows are wanted again."""
        self._known = 0

    def part(self, number: int) -> list[Block]:
        """The parts of a block, those that are finished and those that are not."""
        return [block for block in (*self._blocks.finished, *self._blocks.tail()) if block.number == number]

    def _take_finished(self) -> None:
        """A link definition is read, and shows nothing."""
        finished = self._blocks.finished
        self._shown += [block for block in finished[self._taken :] if block.info != DEFINITIONS]
        self._taken = len(finished)

    def _widened(self, first: int, new: list[Block]) -> int:
        """Take in the tables' new columns. Where one got wider all its parts change; returns the first that does."""
        for block in new:
            if block.kind == "table":
                known, now = self._weights.get(block.number, ()), weights(block.text)
                wider = tuple(max(pair) for pair in zip(known, now, strict=False)) if known else now
                if wider != known:
                    self._weights[block.number] = wider
                    while first and self._shown[first - 1].number == block.number:
                        first -= 1
        return first

    def _content(self, block: Block) -> Prose | Code | Table:
        if block.kind == "code":
            return Code(block)
        if block.kind == "table":
            return Table(block, self._weights[block.number], self._definitions(block), self._named(block))
        return Prose(block, self._voice, self._definitions(block), self._named(block))

    def _named(self, block: Block) -> int:
        """How many pictures there are, where the block names any."""
        return self._pictures() if named_pictures(block.text) else 0

    def _definitions(self, block: Block) -> str:
        """Of the text's link definitions those that a block may refer to."""
        known = self._blocks.definitions
        if not known or "[" not in block.text or block.plain:
            return ""
        said = " ".join(block.text.split()).casefold()
        return "\n".join(line for line in known.splitlines() if _label(line) in said)


class Turn(Item):
    """A question or an answer."""

    def __init__(self, message: Message, place: Place, theme: Theme, width: int, pictures: Callable[[], int]) -> None:
        """`pictures` tells how many of the conversation a text of it can mean by their numbers."""
        super().__init__(theme, width)
        self.message = message
        self.place = place
        self.opened: set[Folded] = set()
        """What was unfolded."""
        self._pictures = pictures
        # What was seen to come is not taken away again.
        self._limit = sys.maxsize if message.state == "streaming" else FOLDED
        self._text = Text("answer", pictures)
        self._thoughts = Text("thought", lambda: 0)
        self._above = 0
        """Rows above the text."""
        self._within = 0
        """Rows of the text."""
        self.update(message, place)

    @property
    def is_question(self) -> bool:
        return self.message.role == "user"

    # --- how it grows ---

    def update(self, message: Message, place: Place) -> None:
        """Show what the message has become, wherever it stands now."""
        known, self.message, self.place = self.message, message, place
        if not self.message_goes_on(known):
            self._text = Text("answer", self._pictures)
        self._feed(AT_ONCE)
        self._show_around()
        self._show_text()

    @property
    def waits(self) -> bool:
        """Whether there is more of it to show."""
        return not self.is_question and self._text.behind(self._shown) > 0

    def grow(self, message: Message, place: Place, most: int) -> bool:
        """The same for an answer that streams: take at most so many characters. Returns whether more are waiting."""
        around = (place, message.state) != (self.place, self.message.state) or _around(message) != _around(self.message)
        self.message, self.place = message, place
        if self._text.behind(self._shown) < 0 or (self._text.ended and message.state == "streaming"):
            self._text = Text("answer", self._pictures)  # it was asked for again, and begins anew
        self._feed(most)
        if around or "thinking" in self.opened:
            self._show_around()
        self._show_text()
        return self.waits

    def message_goes_on(self, known: Message) -> bool:
        """Whether its text begins with what `known` says."""
        return self.message.text.startswith(known.text)

    def toggle(self, what: Folded) -> None:
        """Unfold, or fold."""
        self.opened ^= {what}
        self._show_around()
        self._text.anew()
        self._show_text()

    def show_all(self) -> None:
        """Take the rest of a very long text too, with the next calls of `grow`."""
        self._limit = sys.maxsize
        self._text = Text("answer", self._pictures)  # the one that was cut off has ended there
        self._text.feed(self.message.text, FOLDED)
        self._show_around()
        self._show_text()

    # --- what others ask ---

    @property
    def card(self) -> int:
        """How many of its rows, from the first, stand on the card of a question."""
        if not self.is_question:
            return 0
        return len(self.rows) - (1 if self.rows and isinstance(self.rows[-1].content, Foot) else 0)

    def whole(self, content: Content) -> str:
        """The code or the Markdown of a block, all its parts together."""
        if isinstance(content, Code):
            return joined(self._text.part(content.block.number))
        if isinstance(content, Table):
            parts = self._text.part(content.block.number)
            return self.message.text[parts[0].start : parts[-1].end]
        return ""

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

    def _feed(self, most: int) -> None:
        if self.is_question:
            return
        text = self._shown
        self._text.feed(text, most)
        if self.message.state != "streaming" and not self._text.behind(text):
            self._text.end()

    def _show_around(self) -> None:
        """What stands above the text and below it."""
        above = self._contents_above()
        self.put(0, self._above, above)
        self._above = len(above)
        below = self._contents_below()
        self.put(self._above + self._within, len(self.rows), below)

    def _contents_above(self) -> list[Content]:
        message = self.message
        if self.is_question:
            return [Pictures(message.pictures, self.place.rate)] if message.images else []
        above = heads(message, is_open=self.opened.__contains__, pace=self.place.pace)
        if "thinking" in self.opened:
            self._thoughts.feed(message.thinking, len(message.thinking))
            if message.text or message.state != "streaming":
                self._thoughts.end()
            self._thoughts.anew()
            above += self._thoughts.contents()[1]
        return above

    def _contents_below(self) -> list[Content]:
        message = self.message
        below: list[Content] = []
        if len(message.text) > self._limit and not self._is_folded:
            below.append(More(len(message.text.encode("utf-8", "replace"))))
        return below + tails(message, self.place)

    def _show_text(self) -> None:
        if self.is_question:
            first, contents = 0, [_as_typed(block) for block in plain_blocks(self.message.text.strip("\n"))]
        elif self._is_folded:
            first, contents = 0, []
        else:
            first, contents = self._text.contents()
        self.put(self._above + first, self._above + self._within, contents)
        self._within = first + len(contents)


def _label(definition: str) -> str:
    """What a link definition is referred to by."""
    return " ".join(definition[: definition.find("]:") + 1].split()).casefold().lstrip()


def _as_typed(block: Block) -> Content:
    return Prose(block, "question")


def _around(message: Message) -> tuple[object, ...]:
    """What of a streaming answer its other rows depend on."""
    return bool(message.text), bool(message.thinking), len(message.content), message.usage is None
