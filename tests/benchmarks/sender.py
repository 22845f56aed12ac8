"""A process that posts a conversation with 30 MB of pictures to the server of its argument, as the app and as `json=`.

Says "sent" with the milliseconds of both in each round, their longest stalls of the event loop in ms and what memory
they took at their peak in MB, as JSON.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, NamedTuple

import httpx

from app.core.client import Client
from app.core.fit import Size, image_tokens
from app.core.message import ImageBlock, Message
from app.core.pictures import Pictures
from app.core.request import Body, Request
from app.core.server import Server
from tests.benchmarks.data import MODEL, camera, numbered
from tests.benchmarks.memory import Peak
from tests.gates import OpenGate
from tests.pictures import encoded

_CHARACTERS = 30_000_000
"""Of base64."""
_ROUNDS = 7
_BEAT = 0.001
_SIZE = Size(1270, 952)


def main() -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(_measure(Pictures(Path(folder)), sys.argv[1]))


async def _measure(folder: Pictures, address: str) -> None:
    body = _request(folder).body(folder.read)
    client = Client(Server(address), "sk-ant-benchmark", OpenGate())
    plain = httpx.AsyncClient(trust_env=False)

    async def streamed() -> None:
        async with client.stream(body, OpenGate().permit()):
            pass

    async def as_json() -> None:
        (await plain.post(f"{address}/v1/messages", json=_payload(folder, body))).raise_for_status()

    await _observed(streamed)  # the first opens what later ones share
    ours, theirs = [await _observed(streamed)], list[_Observed]()  # before json= leaves memory behind
    memory = ours[0].megabytes
    for _ in range(_ROUNDS):
        ours.append(await _observed(streamed))
        theirs.append(await _observed(as_json))
    await client.aclose()
    await plain.aclose()
    told: dict[str, Any] = {
        "megabytes": body.length / 1e6,
        "pairs": [(one.milliseconds, other.milliseconds) for one, other in zip(ours[1:], theirs, strict=True)],
        "stalls": [median(one.stall for one in each) for each in (ours, theirs)],
    }
    if sys.platform == "linux":
        told["peaks"] = [memory, max(one.megabytes for one in theirs)]
    print("sent", json.dumps(told), flush=True)


class _Observed(NamedTuple):
    milliseconds: float
    stall: float
    """Milliseconds for which the event loop was late at the most."""
    megabytes: float


async def _observed(send: Callable[[], Awaitable[None]]) -> _Observed:
    peak = Peak() if sys.platform == "linux" else None
    beat = asyncio.create_task(_longest_stall(done := asyncio.Event()))
    await asyncio.sleep(0)
    began = perf_counter()
    await send()
    took = perf_counter() - began
    done.set()
    return _Observed(took * 1000, await beat, peak.megabytes if peak else 0.0)


async def _longest_stall(done: asyncio.Event) -> float:
    longest, last = 0.0, perf_counter()
    while not done.is_set():
        await asyncio.sleep(_BEAT)
        now = perf_counter()
        longest, last = max(longest, now - last - _BEAT), now
    return longest * 1000


def _payload(folder: Pictures, body: Body) -> Any:
    """The same request as an object, its pictures read and coded."""
    payload = json.loads(b"".join(Body(body.parts, lambda _: b"")))
    coded = (base64.b64encode(folder.read(part.sent)).decode() for part in body.parts if isinstance(part, ImageBlock))
    for entry in payload["messages"][0]["content"]:
        if entry["type"] == "image":
            entry["source"]["data"] = next(coded)
    return payload


def _request(folder: Pictures) -> Request:
    """A question about as many photographs as fill the body."""
    file = encoded(camera(_SIZE), "JPEG", quality=90, subsampling="4:4:4")
    return Request.build([Message.from_user("Which is the best?", list(_blocks(folder, file)))], model=MODEL)


def _blocks(folder: Pictures, file: bytes) -> Iterator[ImageBlock]:
    for number in range(1, _CHARACTERS * 3 // 4 // len(file) + 1):
        stored = folder.add_bytes(numbered(file, number), "photo.jpg")
        hash_, size, tokens = stored.sha256, stored.size, image_tokens(*_SIZE)
        yield ImageBlock(number, "photo.jpg", hash_, "image/jpeg", *_SIZE, size, tokens, hash_, *_SIZE, size, "JPEG")
