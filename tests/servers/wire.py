"""HTTP/1.1 by hand, as little of it as the test server needs: a request read whole, an answer written in pieces."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

READ_SIZE = 65_536


class ClientLeft(ConnectionError):
    """The client closed the connection before its answer was complete."""


class BadRequestLine(Exception):
    """What came is no HTTP/1.1 request."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came over the wire."""

    method: str
    path: str
    """Without the query."""
    query: tuple[tuple[str, str], ...]
    headers: dict[str, str]
    """Names in lower case; fields that came twice are joined with ", "."""
    body: bytes = b""

    @property
    def json(self) -> Any:
        """The body, decoded. Raises ValueError when it is not JSON."""
        return json.loads(self.body)


class Connection:
    """One client's connection: reads requests, writes bytes, and notices when the client has left."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read_head(self) -> Request | None:
        """Read the request line and headers; None when the client closed the connection instead."""
        try:
            head = await self._reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        request_line, *fields = head[:-4].decode("latin-1").split("\r\n")
        try:
            method, target, version = request_line.split(" ")
        except ValueError:
            raise BadRequestLine(request_line) from None
        if version != "HTTP/1.1":
            raise BadRequestLine(request_line)
        url = urlsplit(target)
        return Request(method, url.path, tuple(parse_qsl(url.query)), _headers(fields))

    async def read_body(self, head: Request) -> bytes:
        """Read the body that `head` announces, by length or in chunks."""
        try:
            if "chunked" in head.headers.get("transfer-encoding", ""):
                return await self._read_chunks()
            return await self._reader.readexactly(int(head.headers.get("content-length", "0")))
        except asyncio.IncompleteReadError as error:
            raise ClientLeft from error

    async def _read_chunks(self) -> bytes:
        body = bytearray()
        while size := int((await self._reader.readuntil(b"\r\n")).partition(b";")[0], 16):
            body += await self._reader.readexactly(size)
            await self._reader.readexactly(2)
        while await self._reader.readuntil(b"\r\n") != b"\r\n":
            pass
        return bytes(body)

    async def write(self, data: bytes) -> None:
        """Send `data` now. Raises ConnectionError when the client is known to have left."""
        self._writer.write(data)
        await self._writer.drain()

    async def wait_for(self, event: asyncio.Semaphore) -> None:
        """Wait for the semaphore, or raise ClientLeft as soon as the client closes the connection."""
        released = asyncio.ensure_future(event.acquire())
        left = asyncio.ensure_future(self._until_left())
        try:
            await asyncio.wait({released, left}, return_when=asyncio.FIRST_COMPLETED)
            if not released.done():
                raise ClientLeft
        finally:
            released.cancel()
            left.cancel()
            await asyncio.gather(released, left, return_exceptions=True)

    async def _until_left(self) -> None:
        """Return when the client has closed. While it waits for an answer it sends nothing: there is no pipelining."""
        while await self._reader.read(READ_SIZE):
            pass

    async def discard_rest(self) -> None:
        """Close the sending side and read whatever the client still sends, so that it gets to see the answer."""
        self._writer.write_eof()
        await self._until_left()

    def reset(self) -> None:
        """Close with RST instead of FIN."""
        raw: socket.socket = self._writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("hh" if os.name == "nt" else "ii", 1, 0))
        self._writer.transport.abort()


def _headers(fields: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for field in fields:
        name, _, value = field.partition(":")
        name = name.strip().lower()
        headers[name] = f"{headers[name]}, {value.strip()}" if name in headers else value.strip()
    return headers


def head_bytes(status: int, headers: Mapping[str, str]) -> bytes:
    """The status line and headers of an answer, with the empty line after them."""
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase if status in _KNOWN else 'Unknown'}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked body. Empty data would end the body, so there must be some."""
    return b"%x\r\n%b\r\n" % (len(data), data)


_KNOWN = {status.value for status in HTTPStatus}
