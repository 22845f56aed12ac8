"""What the line beside Send says: what is being done, or what the next message will cost."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.conversation.chat import Chat
from app.ui import figures
from app.ui.cost_line import Part, cost_parts
from app.ui.refit_note import making_anew

translate = QCoreApplication.translate


def line_parts(chat: Chat, *, free: bool, in_vain: bool) -> list[Part]:
    """The line for a conversation; `free` in practice, `in_vain` where Enter was pressed and nothing could be sent."""
    draft, worker = chat.draft, chat.worker
    if worker.phase == "preparing":
        return _preparing(chat)
    if worker.busy and in_vain and not draft.empty:
        words = translate("Composer", "Claude is answering. Esc stops it; what you wrote stays.")
        return [Part(words, brief=translate("Composer", "Esc stops; what you wrote stays"))]
    if worker.busy:
        return [
            Part(translate("Composer", "Esc"), bold=True),
            Part(" " + translate("Composer", "stops; what has come stays"), joined=True),
        ]
    if draft.empty:
        return [Part(translate("Composer", "Write something, or add a picture"))] if in_vain else []
    return cost_parts(
        draft.estimate,
        max_tokens=chat.max_tokens,
        unread=sum(picture.state == "copying" for picture in draft.pictures),
        begun=bool(chat.messages.messages),
        free=free,
        unseen=any(picture.unseen for picture in draft.pictures),
        usual=chat.knows_usual,
    )


def _preparing(chat: Chat) -> list[Part]:
    draft = chat.draft
    waited_for = sum(picture.state != "ready" for picture in draft.pictures)
    if waited_for == 1:
        return [Part(translate("Composer", "Preparing 1 picture; sends by itself"))]
    if waited_for:
        words = translate("Composer", "Preparing %1 pictures; sends by itself")
        return [Part(words.replace("%1", figures.count(waited_for)))]
    if not draft.ready:
        return [Part(translate("Composer", "Looking for pictures; sends by itself"))]
    return [
        Part(making_anew(chat.refits) if chat.refits else translate("Composer", "Preparing")),
        Part(translate("Composer", "Esc"), bold=True),
        Part(" " + translate("Composer", "stops"), joined=True),
    ]
