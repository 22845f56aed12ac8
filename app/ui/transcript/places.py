"""Places in the text of a conversation that stay right whatever comes in before them or is unfolded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from app.ui.transcript.content import Code, Content, Prose, Table
from app.ui.transcript.face import Face

TextContent = Prose | Code | Table
"""What can be selected and searched."""


class Place(NamedTuple):
    """Somewhere in a row of text, by what does not change: where that row is now is looked up."""

    message: str
    """The message's id."""
    thought: bool
    """Whether it is in what was thought, not in what was said."""
    nth: int
    """Which row of that text, from 0."""
    position: int
    """In the row's document, in UTF-16 units."""


class Spot(NamedTuple):
    """Where a place is now. Of two spots, the one farther down is the greater."""

    message: int
    row: int
    position: int


class Words(NamedTuple):
    """A row of text among the rows of its message."""

    row: int
    content: TextContent
    thought: bool
    nth: int


def words(contents: Sequence[Content]) -> Iterator[Words]:
    """The rows of text of a message: what was thought, and what was said, each counted for itself."""
    counts = {True: 0, False: 0}
    for row, content in enumerate(contents):
        if isinstance(content, TextContent):
            thought = content.voice == "thought"
            yield Words(row, content, thought, counts[thought])
            counts[thought] += 1


class Places:
    """Looks up where places are."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def words(self, number: int) -> Iterator[Words]:
        """The rows of text of a message."""
        return words([row.content for row in self._face.rows_of(number)])

    def place(self, spot: Spot) -> Place:
        """A place in a row of text."""
        text = next(each for each in self.words(spot.message) if each.row == spot.row)
        return Place(self._face.messages[spot.message].id, text.thought, text.nth, spot.position)

    def spot(self, place: Place) -> Spot | None:
        """Where it is now: thoughts that were folded again are where the answer begins. None where it is gone."""
        number = self._face.number_of(place.message)
        if number is None:
            return None
        texts = list(self.words(number))
        own = [text for text in texts if text.thought == place.thought]
        if place.nth < len(own):
            return Spot(number, own[place.nth].row, place.position)
        if place.thought or not own:
            return Spot(number, texts[0].row if texts else 0, 0)
        return Spot(number, own[-1].row + 1, 0)
