"""What the buttons of a card do to the conversation, as far as they need nothing from the window."""

from __future__ import annotations

from app.conversation.chat import Chat


def do(chat: Chat, action: str, number: int) -> bool:
    """Carry out an action of a card that is about the picture of that number; False where it is the window's."""
    worker = chat.worker
    match action:
        case "retry":
            worker.retry()
        case "cancel":
            worker.stop()
        case "now":
            worker.repeat_now()
        case "shrink":
            worker.repair(number, "shrink")
        case "remove":
            worker.repair(number, "remove")
        case _:
            return False
    return True
