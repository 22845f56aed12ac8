"""The test server with answers that come as a model gives them, bit by bit, and a clock beside every bit."""

from __future__ import annotations

import asyncio
import random
import re
import time
from typing import TYPE_CHECKING, Final

from tests.servers.api import ApiServer
from tests.servers.replies import Reply, text
from tests.servers.wire import Connection

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.servers.replies import Call, Json

_PACE: Final = 0.008
"""Seconds between two deltas: some 120 tokens a second."""
_SHORTEST, _LONGEST = 10, 220
"""Words of an answer."""
_DELTA: Final = re.compile(rb'"type":"text_delta","text":"([^"]*)"')
_PLACE: Final = len("w000 ")
_ASKED: Final = re.compile(r"q\d+\.\d+")


class PacedServer(ApiServer):
    """Every answer is made of words that say which one it is and how many came before, one in each delta.

    sent: of each answer, by its first word, when each of its deltas went, and how many characters there were then.
    asked: when each question came, and the marks in it (`marks`), which no other question has.
    """

    def __init__(self, seed: int, *, words: tuple[int, int] = (_SHORTEST, _LONGEST)) -> None:
        super().__init__()
        self.sent: dict[str, list[tuple[float, int]]] = {}
        self.asked: list[tuple[float, tuple[str, ...]]] = []
        self.answer = self._worded
        self._random = random.Random(seed)  # noqa: S311
        self._words = words
        self._answered = 0

    def forget(self) -> None:
        """Let go of the requests that came, with their pictures, and of what was said to whom."""
        with self._changed:
            self._requests.clear()
        self.sent.clear()
        self.asked.clear()

    def _worded(self, body: Json) -> str:
        self.asked.append((time.monotonic(), marks(_last_words(body))))
        self._answered += 1
        return "".join(word_of(self._answered, place) for place in range(self._random.randint(*self._words)))

    def _next_reply(self) -> Reply:
        with self._changed:
            return self._script.popleft() if self._script else Reply(_word_by_word)

    async def _converse(self, connection: Connection) -> None:
        await super()._converse(_PacedConnection(connection, self))


class _PacedConnection(Connection):
    def __init__(self, plain: Connection, server: PacedServer) -> None:
        super().__init__(plain._reader, plain._writer)
        self._server = server
        self._log: list[tuple[float, int]] = []

    async def write(self, data: bytes) -> None:
        found = _DELTA.search(data)
        if found:
            self._note(found[1].decode())
        await super().write(data)
        if found:
            await asyncio.sleep(_PACE)

    def _note(self, delta: str) -> None:
        if delta.endswith(word_of(0, 0)[-_PLACE:]):
            self._log = self._server.sent[delta] = []
        self._log.append((time.monotonic(), (self._log[-1][1] if self._log else 0) + len(delta)))


def word_of(answer: int, place: int) -> str:
    """The word of an answer that comes after so many others; all are of the same length."""
    return f"a{answer:06}w{place:03} "


def first_word(answer: str) -> str:
    """What `PacedServer.sent` knows an answer by, as far as it has come."""
    return answer[: len(word_of(0, 0))]


def _word_by_word(call: Call) -> Iterable[bytes]:
    return text(chunks=len(call.answer) // len(word_of(0, 0))).body(call)


def marks(words: str) -> tuple[str, ...]:
    """What sets a question apart, however it is laid out on the wire."""
    return tuple(_ASKED.findall(words))


def _last_words(body: Json) -> str:
    content = body["messages"][-1]["content"]
    return content if isinstance(content, str) else " ".join(block.get("text", "") for block in content)
