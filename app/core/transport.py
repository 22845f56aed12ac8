"""What lies between httpx and the wire: early answers, how far a request got, and practice instead of a socket."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx
import truststore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Mapping

    from app.core.practice import Practice
    from app.core.server import Server

_READ: Final = 65_536


class Transport(httpx.AsyncHTTPTransport):
    """httpx's own, for direct connections, but that it listens while it uploads. A connection serves one request."""

    def __init__(self, ssl_context: ssl.SSLContext) -> None:
        # Of the base class only the pool is wanted; httpx has no way to give it a network backend.
        self._pool = httpcore.AsyncConnectionPool(ssl_context, max_keepalive_connections=0, network_backend=_Network())


def open_way(server: Server) -> httpx.AsyncBaseTransport:
    """Direct, or through the proxy of the environment. Raises ImportError or ValueError or InvalidURL for a bad one.

    Plain http is for this machine alone: a proxy has no business there, and could read along.
    """
    trust = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    url = urlsplit(server.base_url)
    proxies = getproxies() if url.scheme == "https" else {}
    proxy = proxies.get("https") or proxies.get("all")
    if not proxy or proxy_bypass(url.hostname or ""):
        return Transport(trust)
    return httpx.AsyncHTTPTransport(
        verify=trust,
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        proxy=proxy if "://" in proxy else f"http://{proxy}",
    )


class PracticeTransport(httpx.AsyncBaseTransport):
    """Hands requests to the stand-in inside the process."""

    def __init__(self, practice: Practice) -> None:
        self._practice = practice

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        path = request.url.raw_path.decode()
        reply = await self._practice.respond(request.method, path, request.headers, body)
        return httpx.Response(reply.status, headers=reply.headers, stream=_Chunks(reply.chunks))


class Progress:
    """How far a request got. httpcore calls it at every step, as its `trace` extension."""

    def __init__(self, host: str) -> None:
        """`host` is where the request is to go, in punycode."""
        self.sent = False
        """A byte of the request may have left. Asking a proxy for a tunnel does not count."""
        self._host = host
        self._peer = host
        self._securing = False

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        step = event.partition(".")[2]
        if step == "connect_tcp.started":
            self._peer = info["host"]
        elif step == "start_tls.started":
            self._securing = True
        elif step == "send_request_headers.started":
            self.sent = info["request"].method != b"CONNECT"

    def reason(self, error: Exception) -> Literal["dns", "refused", "timeout", "tls", "proxy", "failed"]:
        """Why there is no connection, when nothing was sent."""
        silent = isinstance(error, httpx.TimeoutException)
        if self._securing and not silent:
            return "tls"
        if self._peer != self._host or isinstance(error, httpx.ProxyError):
            return "proxy"
        if silent:
            return "timeout"
        kinds = tuple(type(cause) for cause in causes(error))
        if any(issubclass(kind, socket.gaierror) for kind in kinds):
            return "dns"
        return "refused" if any(issubclass(kind, ConnectionRefusedError) for kind in kinds) else "failed"


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that led to it; attempts on several addresses fail for several reasons."""
    yield error
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from causes(one)
    # httpcore's pool strikes out the cause (`raise … from None`); the context is left.
    cause = error.__cause__ or error.__context__
    if cause is not None:
        yield from causes(cause)


class _Network(httpcore.AsyncNetworkBackend):
    def __init__(self) -> None:
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        return _Listening(await self._network.connect_tcp(host, port, timeout, local_address, socket_options))


class _Listening(httpcore.AsyncNetworkStream):
    """A stream that listens while it writes.

    A server may refuse a request by its head and hang up with most of the body unread. Without anyone listening the
    reset that follows destroys the refusal; here the first bytes of an answer end the upload instead.
    """

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._heard = b""
        self._listening: asyncio.Task[None] | None = None

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Raises httpcore.WriteError when an answer is there: httpcore then goes on to read it."""
        listening = self._listening = self._listening or asyncio.create_task(self._listen())
        writing = asyncio.create_task(self._stream.write(buffer, timeout))
        try:
            await asyncio.wait({listening, writing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            finished = writing.done()
            await _stop(writing)
        if not finished:
            raise httpcore.WriteError("answered early")
        writing.result()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        if self._listening is not None:
            done, _ = await asyncio.wait({self._listening}, timeout=timeout)
            if not done:
                raise httpcore.ReadTimeout
            listening, self._listening = self._listening, None
            listening.result()
            return self._heard
        return await self._stream.read(max_bytes, timeout)

    async def _listen(self) -> None:
        """Hear the first bytes of an answer; "100 Continue" and its like are none yet."""
        while True:
            data = await self._stream.read(_READ)
            self._heard += data
            if not data or not data.startswith(b"HTTP/1.1 1"):
                return

    async def aclose(self) -> None:
        if self._listening is not None:
            await _stop(self._listening)
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        return _Listening(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Chunks(httpx.AsyncByteStream):
    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._chunks

    async def aclose(self) -> None:
        if isinstance(self._chunks, AsyncGenerator):
            await self._chunks.aclose()


async def _stop(task: asyncio.Task[None]) -> None:
    """Cancel the task and wait for its end, whatever that is."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
