"""What a person decides about a picture of the history: it is left out, brought back, or another takes its place.

Each gives the messages that change, in their new form, and leaves those of the history as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from app.core.message import Block, ImageBlock, Message
from app.core.refit import with_pictures


def left_out(history: Sequence[Message], number: int) -> list[Message]:
    """The picture goes no more; its label stays and says so."""
    return _each(history, lambda image: replace(image, withheld=True) if image.number == number else image)


def brought_back(history: Sequence[Message], number: int) -> list[Message]:
    return _each(history, lambda image: replace(image, withheld=False) if image.number == number else image)


def replaced(history: Sequence[Message], number: int, images: Sequence[ImageBlock]) -> list[Message]:
    """Other blocks take the number. What was said of the old picture elsewhere ("the same as", "sharper") is unsaid."""
    numbered = [replace(image, number=number) for image in images]

    def unsaid(image: ImageBlock) -> ImageBlock:
        same = 0 if image.same_as == number else image.same_as
        sharper = 0 if image.sharper_than == number else image.sharper_than
        return replace(image, same_as=same, sharper_than=sharper)

    new = [with_pictures(_mapped(message, unsaid), {number: numbered}) for message in history]
    return [message for message, was in zip(new, history, strict=True) if message != was]


def _each(history: Sequence[Message], change: Callable[[ImageBlock], ImageBlock]) -> list[Message]:
    new = [_mapped(message, change) for message in history]
    return [message for message, was in zip(new, history, strict=True) if message != was]


def _mapped(message: Message, change: Callable[[ImageBlock], ImageBlock]) -> Message:
    if not message.images:
        return message
    content: list[Block] = [change(block) if isinstance(block, ImageBlock) else block for block in message.content]
    return replace(message, content=tuple(content))
