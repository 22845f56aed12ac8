"""What the rows of the conversation show, as values: two rows of equal content look the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from app.conversation.repeats import Wait
from app.core.blocks import Block
from app.core.catalog import Model
from app.core.errors import VisavisError
from app.core.message import ImageBlock, Message
from app.ui.transcript.pace import Pace

Voice = Literal["answer", "thought", "question"]
"""Whose words they are: thoughts are in text 2, questions are shown as they were typed."""


@dataclass(frozen=True, slots=True)
class Prose:
    """Words: a paragraph, a heading, items of a list, a quote."""

    block: Block
    voice: Voice = "answer"
    definitions: str = ""
    """The link definitions of the whole text, as Markdown."""
    pictures: int = 0
    """How many pictures of the conversation it can mean by their numbers."""
    open: bool = False
    """More is to come: a caret stands at its end."""


@dataclass(frozen=True, slots=True)
class Code:
    """Lines of code in a box: the first part has its head, the last its foot."""

    block: Block
    open: bool = False
    voice: Voice = "answer"


@dataclass(frozen=True, slots=True)
class Table:
    """Some rows of a table, the first part with its head."""

    block: Block
    weights: tuple[int, ...] = ()
    """Characters of the widest cell of each column, over all parts."""
    definitions: str = ""
    pictures: int = 0
    open: bool = False
    voice: Voice = "answer"


@dataclass(frozen=True, slots=True)
class Pictures:
    """The pictures of a question."""

    pictures: tuple[tuple[ImageBlock, ...], ...]
    rate: Decimal | None = None
    """USD per million tokens that they were billed at; None where no price is known."""


@dataclass(frozen=True, slots=True)
class Fold:
    """One line that unfolds what is behind it: the rows below it."""

    what: Literal["thinking", "answer"]
    line: str
    open: bool
    has_body: bool = True
    pace: Pace | None = None
    """While it goes on: the seconds since then are counted behind its line."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What went wrong, or how it ended, with what can be done about it."""

    error: VisavisError | None = field(default=None, compare=False)
    can_retry: bool = False
    about: str = ""
    """What tells one error from another: errors are read anew from what is stored."""
    wait: Wait | None = None
    """A repeat is counted down to."""
    words: str = ""
    """Where there is no error: a plain line."""
    action: str = ""
    """What helps, beside `words`."""
    rest: str | None = None
    """What the rest of the answer would cost, in words, where it can be asked for."""
    asks: str = ""
    """Name of the model that would answer now, where it is another."""
    refusal: bool = False
    """It tells why nothing was sent, and can be dismissed."""


@dataclass(frozen=True, slots=True)
class Caption:
    """A line in text 2: what is being done, or what cannot be shown."""

    words: str
    small: bool = False


@dataclass(frozen=True, slots=True)
class Foot:
    """The line below an answer: what it has cost, or how it goes, and its buttons; below a question its branches."""

    message: Message
    model: Model | None = None
    """That answered, where it is known."""
    asks: Model | None = None
    """That would answer now, where that is known to be another."""
    is_last: bool = False
    has_retry: bool = False
    """Whether a notice above it offers to retry already."""
    offers: tuple[tuple[int, str], ...] = ()
    """Pictures of the question that can be sent again, sharper: numbers, and the words that offer it."""
    branch: tuple[int, int] = (1, 1)
    """Which one of how many it is, where there are others in its place."""
    pace: Pace | None = None
    """While it streams."""

    @property
    def is_by_another(self) -> bool:
        """Whether another model answered than would now."""
        return self.asks is not None and self.asks != self.model


@dataclass(frozen=True, slots=True)
class More:
    """A button that shows the rest of a very long text."""

    size: int
    """Bytes of the whole text in UTF-8."""


Content = Prose | Code | Table | Pictures | Fold | Notice | Caption | Foot | More


def block_of(content: Code | Table) -> tuple[Voice, int]:
    """Which block of a message it shows a part of: thoughts and answers are counted each for themselves."""
    return content.voice, content.block.number
