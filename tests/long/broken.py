"""Ways to break the app on purpose, in its process, so that it is seen that the harness finds what is broken."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Callable
from typing import Any, Final

from tests.stored import conversations_of


def _late_text() -> None:
    """An answer comes to the disk every two seconds."""
    from app.conversation import reply

    reply.SAVE_SECONDS = 2.0  # type: ignore[misc]


def _late_draft() -> None:
    """So does what is being written, every four."""
    from app.conversation import chat

    chat._SAVE_MILLISECONDS = 4000  # type: ignore[misc]


def _late_question() -> None:
    """The request does not wait until the question is on the disk."""
    from app.core.store import Store

    begin = Store.begin
    kept: set[asyncio.Task[Any]] = set()

    async def begin_later(store: Store, conversation: Any, *rest: Any) -> Any:
        async def later() -> None:
            await asyncio.sleep(0.5)
            await begin(store, conversation, *rest)

        kept.add(asyncio.get_running_loop().create_task(later()))
        return conversation

    async def add_later(_store: Store, _conversation: str, *_rest: Any) -> None:
        """An answer could not be kept without its question."""

    Store.begin = begin_later  # type: ignore[method-assign,assignment]
    Store.add_message = add_later  # type: ignore[method-assign,assignment]


def _lost_answer() -> None:
    """The end of an answer is told before it is on the disk."""
    from app.core.store import Store

    finish = Store.finish
    kept: set[asyncio.Task[Any]] = set()

    async def finish_later(store: Store, conversation_id: str, message: Any) -> Any:
        async def later() -> None:
            await asyncio.sleep(1)
            await finish(store, conversation_id, message)

        kept.add(asyncio.get_running_loop().create_task(later()))
        return next(each for each in conversations_of(store) if each.id == conversation_id)

    Store.finish = finish_later  # type: ignore[method-assign,assignment]


def _late_picture() -> None:
    """What is made of a picture to be sent has a name three seconds before it has a file."""
    from app.core.pictures import Pictures, Stored

    def add_later(pictures: Pictures, data: bytes, name: str) -> Stored:
        stored = Stored(hashlib.sha256(data).hexdigest(), len(data))
        timer = threading.Timer(3, add_bytes, (pictures, data, name))
        timer.daemon = True
        timer.start()
        return stored

    add_bytes = Pictures.add_bytes
    Pictures.add_bytes = add_later  # type: ignore[method-assign,assignment]


BROKEN: Final[dict[str, Callable[[], None]]] = {
    "text": _late_text,
    "draft": _late_draft,
    "question": _late_question,
    "answer": _lost_answer,
    "picture": _late_picture,
}
