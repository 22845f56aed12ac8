"""Fetches a picture from the web, at the person's word: from public hosts alone, capped in bytes and time."""

from __future__ import annotations

import asyncio
import math
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import unquote

import httpcore
import truststore

from app import __version__
from app.core.errors import LinkRefused
from app.core.gate import Gate
from app.core.ledger_types import Call, Outcome
from app.core.public import PORT, Link, is_public, read

SECONDS: Final = 15.0
"""For all of it: names, redirects and the picture."""
MOST_BYTES: Final = 20_000_000
REDIRECTS: Final = 5

_REDIRECTING: Final = frozenset({301, 302, 303, 307, 308})
_ADDRESSES: Final = 4
"""Of a host with many, how many are tried."""
_CONNECT_SECONDS: Final = 4.0
"""For one address, so that one that swallows everything leaves time for the next."""
_BREATH: Final = 64
"""Pieces of a body between pauses for the window: a server may send it byte by byte."""
_LONGEST_NAME: Final = 200
_BEFORE: Final = frozenset({"dns", "private", "connect", "tls"})
"""Reasons that keep a request from leaving."""

Resolve = Callable[[str], Awaitable[Sequence[str]]]
"""The IP addresses of a name. Raises OSError where it has none."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a link led to: perhaps no picture at all, which its bytes tell."""

    data: bytes
    url: str
    """Where the bytes came from in the end, after redirects."""
    name: str
    """The file's name by the link, or the host; foreign text."""


async def resolve(host: str) -> list[str]:
    """The system's word for it: its hosts file, its name servers. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, PORT, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


async def fetch(
    url: str,
    gate: Gate,
    *,
    resolve: Resolve = resolve,
    network: httpcore.AsyncNetworkBackend | None = None,
    trust: ssl.SSLContext | None = None,
    seconds: float = SECONDS,
) -> Fetched:
    """Fetch what a link leads to: at most `MOST_BYTES` within `seconds`, over at most `REDIRECTS` redirects.

    Every host is resolved once, all its addresses have to be public, and the connection goes to one of those: there is
    no second look-up that could answer differently. Neither cookies nor a referrer are sent, and a proxy of the
    environment is not asked, for it would resolve the name anew. Each request passes the gate. Raises LinkRefused.
    """
    trust = trust or truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    way = _Way(resolve, network or httpcore.AnyIOBackend(), trust)
    first = link = read(url)
    try:
        async with asyncio.timeout(seconds):
            for _ in range(REDIRECTS + 1):
                found = await _admitted(way, link, gate)
                if isinstance(found, bytes):
                    return Fetched(found, link.url, _name(first, link))
                link = found
    except TimeoutError:
        raise LinkRefused(link.host, "timeout", limit=math.ceil(seconds)) from None
    raise LinkRefused(first.host, "redirects", limit=REDIRECTS)


async def _admitted(way: _Way, link: Link, gate: Gate) -> bytes | Link:
    """One request, entered in the ledger; taken out again where nothing of it has left."""
    permit = await gate.admit(Call("fetch", server=link.host))
    permit.use()
    try:
        found = await way.get(link)
    except LinkRefused as error:
        await (permit.withdraw() if error.reason in _BEFORE else permit.settle(Outcome("failed")))
        raise
    except BaseException:
        await permit.settle(Outcome("failed"))
        raise
    await permit.settle(Outcome("complete"))
    return found


class _Way:
    """How one picture is fetched, redirect by redirect."""

    def __init__(self, resolve: Resolve, network: httpcore.AsyncNetworkBackend, trust: ssl.SSLContext) -> None:
        self._resolve = resolve
        self._network = network
        self._trust = trust

    async def get(self, link: Link) -> bytes | Link:
        """The body, or where it is said to be. Raises LinkRefused."""
        checked = _Checked(await self._addresses(link), self._network)
        try:
            async with (
                httpcore.AsyncConnectionPool(self._trust, network_backend=checked) as pool,
                pool.stream("GET", _url(link), headers=_headers(link)) as response,
            ):
                return await _answer(link, response)
        except (httpcore.ConnectError, httpcore.ConnectTimeout):
            raise LinkRefused(link.host, "tls" if checked.connected else "connect") from None
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError):
            raise LinkRefused(link.host, "failed") from None

    async def _addresses(self, link: Link) -> list[str]:
        """All public, or none is used: a host with one foot in the private network is not to be trusted."""
        if link.literal:
            return [link.literal]
        try:
            found = await self._resolve(link.host)
        except (OSError, UnicodeError):
            found = []
        if not found:
            raise LinkRefused(link.host, "dns")
        if not all(map(is_public, found)):
            raise LinkRefused(link.host, "private")
        return list(found[:_ADDRESSES])


class _Checked(httpcore.AsyncNetworkBackend):
    """Connects to the addresses that were checked, whatever host it is asked for."""

    def __init__(self, addresses: Sequence[str], network: httpcore.AsyncNetworkBackend) -> None:
        self.connected = False
        self._addresses = addresses
        self._network = network

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        del host, timeout
        *others, last = self._addresses
        for address in others:
            try:
                return await self._connect(address, port, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._connect(last, port, local_address, socket_options)

    async def _connect(
        self, address: str, port: int, local_address: str | None, socket_options: Iterable[Any] | None
    ) -> httpcore.AsyncNetworkStream:
        stream = await self._network.connect_tcp(address, port, _CONNECT_SECONDS, local_address, socket_options)
        self.connected = True
        return stream


def _url(link: Link) -> httpcore.URL:
    # In parts: nobody is to read the address a second time, and differently.
    host = link.literal or link.host
    return httpcore.URL(scheme=b"https", host=host.encode(), port=PORT, target=link.target.encode())


def _headers(link: Link) -> list[tuple[str, str]]:
    return [
        ("Host", link.host),
        ("User-Agent", f"visavis/{__version__}"),
        ("Accept", "image/*"),
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
    ]


async def _answer(link: Link, response: httpcore.Response) -> bytes | Link:
    headers = {name.lower(): value for name, value in response.headers}
    location = headers.get(b"location")
    if response.status in _REDIRECTING and location is not None:
        return link.follow(location.decode("utf-8", "replace"))
    if response.status != 200:
        raise LinkRefused(link.host, "status", status=response.status)
    if headers.get(b"content-encoding", b"").strip().lower() not in {b"", b"identity"}:
        # Nothing compressed was asked for; what it would swell to is unknown.
        raise LinkRefused(link.host, "failed")
    if int(headers.get(b"content-length", b"0")) > MOST_BYTES:
        raise LinkRefused(link.host, "too_large", limit=MOST_BYTES)
    return await _body(link, response)


async def _body(link: Link, response: httpcore.Response) -> bytes:
    body = bytearray()
    pieces = 0
    async for piece in response.aiter_stream():
        body += piece
        if len(body) > MOST_BYTES:
            raise LinkRefused(link.host, "too_large", limit=MOST_BYTES)
        pieces += 1
        if pieces % _BREATH == 0:
            await asyncio.sleep(0)
    return bytes(body)


def _name(first: Link, last: Link) -> str:
    """A file's name, of the link that the person knows before that of where it led."""
    paths = [PurePosixPath(unquote(link.target.partition("?")[0])) for link in (first, last)]
    return next((path.name[-_LONGEST_NAME:] for path in paths if path.suffix), first.host)
