"""What stands below the last message: that it has no answer yet, and why nothing was sent."""

from __future__ import annotations

from app.conversation.chat import Chat
from app.ui.transcript.content import Content
from app.ui.transcript.turn_words import not_sent, unanswered


def standing(chat: Chat) -> list[Content]:
    worker, messages = chat.worker, chat.messages.messages
    stands: list[Content] = []
    if messages and messages[-1].role == "user" and not worker.busy and not chat.editing:
        stands.append(unanswered())
    if worker.refusal is not None:
        stands.append(not_sent(worker.refusal))
    return stands
