"""Chats in which nothing was said yet: whether one is still untouched, how the list shows it, and its end."""

from __future__ import annotations

from dataclasses import replace

from app.conversation.chat import Chat, title_of
from app.core.message import JSON, Message, thumbnail_key
from app.core.rows import Conversation


def untouched(chat: Chat) -> bool:
    """Whether nothing was said in it, nothing is written, and no pictures are on their way into it."""
    return not chat.is_stored and not chat.worker.busy and chat.draft.empty and chat.draft.ready


def as_listed(chat: Chat) -> Conversation:
    """A draft as the list shows it: called what is written, else what its pictures are called."""
    pictures = chat.draft.pictures
    words = chat.draft.text if chat.draft.text.strip() else ", ".join(filter(None, (p.name for p in pictures)))
    originals = ((picture.original or picture.source.kept, picture.page) for picture in pictures)
    thumbnail = next((thumbnail_key(original, page) for original, page in originals if original), "")
    return replace(
        chat.facts, title=title_of(Message.from_user(words, ())), pictures=len(pictures), thumbnail=thumbnail
    )


def taken(chat: Chat) -> JSON:
    """Empty a chat in which nothing was said, so that nothing of it is kept again. Returns what brings it back."""
    facts = {"model": chat.facts.model, "system": chat.facts.system}
    chat.set_system("")
    return chat.draft.take() | facts
