"""A Markdown text as contents of rows. It may grow; of what was there only the last row changes then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from app.core.blocks import Block, Blocks
from app.core.tables import weights
from app.ui.transcript.content import Code, Content, Prose, Table, Voice
from app.ui.transcript.picture_names import named_pictures

Weights = tuple[int, ...]


class TextRows:
    """What has been taken of a text, as blocks and as the contents of their rows."""

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
        self._weights: dict[int, Weights] = {}
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
        """Nothing more comes."""
        if not self.ended:
            self.ended = True
            self._blocks.finish()
            if self._blocks.definitions or self._weights:
                self._known = 0  # a definition may stand below what refers to it, a cell be narrower than its beginning
                self._weights.clear()

    def contents(self, *, goes_on: bool) -> tuple[int, list[Content]]:
        """Which row is the first that changed since the last time, and what all from it on show.

        A text that `goes_on` has a caret at its end.
        """
        self._take_finished()
        tail = [] if self.ended else _with_rows(self._blocks.tail())
        first = self._widened(max(0, self._known - 1), [*self._shown[self._known :], *tail])
        contents = [self._content(block) for block in (*self._shown[first:], *tail)]
        if contents and goes_on and not self.ended:
            contents[-1] = replace(contents[-1], open=True)
        self._known = len(self._shown)
        return first, [*contents]

    def anew(self) -> None:
        """All rows are wanted again."""
        self._known = 0

    def parts(self, number: int) -> list[Block]:
        """The parts of a block, those that are finished and those that are not."""
        return [block for block in (*self._blocks.finished, *self._blocks.tail()) if block.number == number]

    def _take_finished(self) -> None:
        finished = self._blocks.finished
        self._shown += _with_rows(finished[self._taken :])
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
        wide = self._weights.get(block.number, ())
        return content_of(block, self._voice, self._blocks.definitions, wide, self._pictures)


def content_of(
    block: Block, voice: Voice, definitions: Sequence[str], wide: Weights, pictures: Callable[[], int]
) -> Prose | Code | Table:
    """What the row of a block shows, in a text of these link definitions; `wide`: the columns of its table."""
    if block.kind == "code":
        return Code(block, voice=voice)
    defined = _meant(block, definitions)
    count = pictures() if named_pictures(block.text) else 0
    if block.kind == "table":
        return Table(block, wide, defined, count, voice=voice)
    return Prose(block, voice, defined, count)


def _with_rows(blocks: Sequence[Block]) -> list[Block]:
    """A link definition shows nothing."""
    return [block for block in blocks if block.kind != "definition"]


def _meant(block: Block, definitions: Sequence[str]) -> str:
    """The definitions that a block may refer to."""
    if not definitions or "[" not in block.text or block.plain:
        return ""
    said = " ".join(block.text.split()).casefold()
    return "\n".join(each for each in definitions if _label(each) in said)


def _label(definition: str) -> str:
    """What a link definition is referred to by, with its brackets."""
    return " ".join(definition[: definition.find("]:") + 1].split()).casefold()
