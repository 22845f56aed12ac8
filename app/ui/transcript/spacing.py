"""How far apart the rows of the conversation are, and how high one is likely to be before it is laid out."""

from __future__ import annotations

import re
from typing import Final

from app.core.blocks import Block
from app.core.message import Message
from app.ui.theme import SPACE, Theme
from app.ui.transcript.content import Caption, Code, Content, Fold, Foot, More, Notice, Pictures, Prose, Table, Voice

TURN: Final = 6 * SPACE
"""Between two messages, and above the first and below the last."""
CARD_SIDE: Final = 4 * SPACE
"""Within the card of a question, left and right."""
CARD_BOTTOM: Final = 3 * SPACE
_BLOCK: Final = 3 * SPACE
_HEADING: Final = 5 * SPACE
_BELOW_HEADING: Final = SPACE
_VOICES: Final = 5 * SPACE
"""Between what was thought and what is said."""
_ITEM: Final = SPACE
_PARTS: Final = 2 * SPACE
"""Between what is not text: pictures, notices, the foot."""
_LETTER: Final = 7
"""Pixels of a character, about."""

_IS_HEADING: Final = re.compile(r" {0,3}#{1,6}[ \t]|[^\n]*\n {0,3}(=+|-+)[ \t]*$")


def between(before: Content, after: Content, theme: Theme) -> int:
    """Pixels between two rows of one message."""
    if isinstance(before, Fold) and isinstance(after, Prose | Code | Table):
        return 2 * SPACE
    if not isinstance(before, Prose | Code | Table) or not isinstance(after, Prose | Code | Table):
        return _PARTS
    if _voice(before) != _voice(after):
        return _VOICES
    if before.block.number == after.block.number and not after.block.first:
        return 0 if not isinstance(after, Prose) or after.block.plain else theme.px(_ITEM)
    if isinstance(after, Prose) and _is_heading(after):
        return theme.px(_HEADING)
    if isinstance(before, Prose) and _is_heading(before):
        return theme.px(_BELOW_HEADING)
    return theme.px(_BLOCK)


def _voice(content: Prose | Code | Table) -> Voice:
    return content.voice if isinstance(content, Prose) else "answer"


def _is_heading(content: Prose) -> bool:
    return content.voice != "question" and _IS_HEADING.match(content.block.text) is not None


def card_top(first: Content) -> int:
    """Above the first row of a question; above its letters a line has room of its own."""
    return 4 * SPACE if isinstance(first, Pictures) else 2 * SPACE + 2


def guess(content: Content, width: int, theme: Theme) -> int:
    """Pixels that a row of this width is likely to be high."""
    match content:
        case Prose(block=block):
            return _lines(block, width, theme) * theme.line("body")
        case Code(block=block):
            return (block.text.count("\n") + 1) * theme.px(20) + (44 if block.first else 0) + (12 if block.last else 0)
        case Table(block=block):
            return (block.text.count("\n") + 1) * (theme.line("body") + 13)
        case Pictures(pictures=pictures):
            columns = max(1, width // 180)
            return -(-len(pictures) // columns) * 144
        case Notice():
            return 44
        case Foot():
            return theme.grown(32)
        case Fold() | More():
            return theme.grown(28)
        case Caption():
            return theme.line("body")


def _lines(block: Block, width: int, theme: Theme) -> int:
    letters = max(10, width // max(1, theme.px(_LETTER)))
    return block.text.count("\n") + len(block.text) // letters + 1


def usual(messages: list[Message], width: int, theme: Theme) -> int:
    """Pixels that a message is high on average, by a few of them."""
    some = messages[:: max(1, len(messages) // 32)]
    if not some:
        return 0
    letters = max(10, width // max(1, theme.px(_LETTER)))
    lines = sum(len(message.text) // letters + 2 + 7 * len(message.images) for message in some)
    return TURN + lines * theme.line("body") // len(some) + 40
