"""The body of a request on its way out: in pieces, read ahead in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Final, Protocol

_PIECE: Final = 1 << 18
"""Bytes of the body written at a time, so that the write timeout means a stall and not a slow line."""
_READ_AHEAD: Final = 1 << 20
"""Bytes of the body that are made while those before are written."""


class RequestBody(Protocol):
    """The body of a request."""

    @property
    def length(self) -> int:
        """Bytes of all parts together."""

    def __iter__(self) -> Iterator[bytes]: ...


async def written(body: RequestBody) -> AsyncIterator[bytes]:
    """The body in small pieces; pictures are read in a thread, and the next ones while these are written."""
    parts = iter(body)
    coming = _in_thread(parts)
    try:
        while batch := await coming:
            coming = _in_thread(parts)
            for start in range(0, len(batch), _PIECE):
                yield batch[start : start + _PIECE]
    finally:
        coming.cancel()


def _in_thread(parts: Iterator[bytes]) -> asyncio.Task[bytes]:
    task = asyncio.create_task(asyncio.to_thread(_batch, parts))
    task.add_done_callback(lambda done: done.cancelled() or done.exception())  # nobody may be left to ask for it
    return task


def _batch(parts: Iterator[bytes]) -> bytes:
    """The next parts; empty after the last."""
    batch, size = list[bytes](), 0
    for part in parts:
        batch.append(part)
        size += len(part)
        if size >= _READ_AHEAD:
            break
    return b"".join(batch)
