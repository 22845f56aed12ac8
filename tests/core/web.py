"""Servers with TLS on loopback that stand for the web, and a network that notes every address it is asked for."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpcore
import pytest
import trustme

from app.core.errors import LinkRefused
from app.core.fetch import Fetched, fetch
from tests.gates import OpenGate

PUBLIC = "93.184.216.34"
OTHER = "2606:4700::1111"
AUTHORITY = trustme.CA()
TRUST = ssl.create_default_context()
AUTHORITY.configure_trust(TRUST)
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
NAMES = {
    "pics.example": [PUBLIC],
    "cdn.example": [OTHER, PUBLIC],
    "private.example": ["10.0.0.1"],
    "loopback.example": ["127.0.0.1"],
    "mixed.example": [PUBLIC, "192.168.1.1"],
    "mixed6.example": ["::1", PUBLIC],
    "mapped.example": ["::ffff:127.0.0.1"],
    "nat64.example": ["64:ff9b::a00:1"],
    "linklocal.example": ["fe80::1%eth0"],
    "metadata.example": ["169.254.169.254"],
    "junk.example": ["127.1"],
    "empty.example": [],
    "xn--mnchen-3ya.example": [PUBLIC],
}

Answer = Callable[[str, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Net(httpcore.AsyncNetworkBackend):
    """Takes every address to the test's server on loopback, but for those that swallow or refuse a connection."""

    port: int
    heads: list[str]
    """What was asked of the server, in order."""
    connects: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """Names that were looked up, in order."""
    names: dict[str, list[str]] = field(default_factory=lambda: dict(NAMES))
    dead: set[str] = field(default_factory=set)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        assert port == 443
        self.connects.append(host)
        if host in self.dead:
            raise httpcore.ConnectTimeout
        return await httpcore.AnyIOBackend().connect_tcp("127.0.0.1", self.port, timeout, local_address, socket_options)

    async def resolve(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        if host not in self.names:
            raise OSError("no such name")
        return self.names[host]


@asynccontextmanager
async def serving(answer: Answer, *names: str, authority: trustme.CA = AUTHORITY) -> AsyncIterator[Net]:
    """A server with a certificate for `names`: all that are looked up, unless told."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*(names or (*NAMES, PUBLIC, OTHER))).configure_cert(context)
    heads: list[str] = []
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())  # type: ignore[arg-type]  # it runs in one
        with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            heads.append(head)
            await answer(head, writer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
    try:
        yield Net(server.sockets[0].getsockname()[1], heads)
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def saying(raw: bytes) -> Answer:
    async def answer(_: str, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)

    return answer


def ok(body: bytes, *headers: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", *(headers or (f"content-length: {len(body)}",)), "", ""]
    return "\r\n".join(lines).encode() + body


def moved(*locations: str, status: int = 302) -> Answer:
    """Redirects to one after the other, then answers with the picture."""
    ways = iter(locations)

    async def answer(_: str, writer: asyncio.StreamWriter) -> None:
        way = next(ways, None)
        head = f"HTTP/1.1 {status} Moved\r\nset-cookie: a=b\r\nlocation: {way}\r\ncontent-length: 5\r\n\r\nmoved"
        writer.write(ok(PICTURE) if way is None else head.encode())

    return answer


async def get(net: Net, url: str = "https://pics.example/roof.png", **how: Any) -> Fetched:
    return await fetch(url, OpenGate(), resolve=net.resolve, network=net, trust=TRUST, **how)


async def refusal(net: Net, url: str = "https://pics.example/roof.png", **how: Any) -> LinkRefused:
    with pytest.raises(LinkRefused) as refused:
        await get(net, url, **how)
    return refused.value
