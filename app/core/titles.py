"""What a conversation is called by what was asked first in it."""

from __future__ import annotations

from typing import Final

from app.core.message import Message

_CHARACTERS: Final = 60


def title_of(message: Message) -> str:
    """A conversation's title: the first words asked, else the names of the pictures; empty where there is neither."""
    words = " ".join(message.text.split())
    if not words:
        words = ", ".join(image.name for image in message.images if image.name)
    if len(words) <= _CHARACTERS:
        return words
    return words[:_CHARACTERS].rsplit(" ", 1)[0].rstrip(",;:-") + "…"
