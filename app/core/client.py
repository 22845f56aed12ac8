"""The client of the API: a request's answer as events or values, every fault as one of our own errors.

RELIABILITY.md, section 2, is the specification. What is on purpose:

* No request leaves without a permit of the gate (`app.core.gate`), and a permit is for one request.
* Nothing is repeated here. `retry_delay` says what may be; the caller does it where the person can see it.
* Redirects are not followed: they would carry key and conversation to another host.
* No connection is kept: a stream is left at message_stop, before its last bytes, and a kept connection that the server
  drops at the wrong moment would make a request look lost.
* Our errors carry no cause: the frames below hold the headers, and the headers hold the key.
"""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import quote, urlencode

import h11
import httpx

from app import __version__
from app.core import files, reply
from app.core.errors import (
    BadKey,
    NoKey,
    NotConnected,
    NotTheApi,
    ReplyLost,
    ServerError,
    StoreError,
)
from app.core.ledger_types import Call, Kind, Outcome
from app.core.outgoing import RequestBody, written
from app.core.server import PRACTICE
from app.core.sse import TooLarge
from app.core.transport import PracticeTransport, Progress, causes, open_way

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from app.core.catalog import ListedModel
    from app.core.files import StoredFile
    from app.core.gate import Gate, Permit
    from app.core.message import JSON
    from app.core.practice import Practice
    from app.core.request import Body
    from app.core.server import Server

API_VERSION: Final = "2026-10-21"
MAX_BODY: Final = 32_000_000
"""Bytes of one reply. The longest answer a model can give is a tenth of it."""
MAX_ERROR_BODY: Final = 65_536
MAX_PAGES: Final = 20

_DECODED: Final = 8_192
"""Bytes decoded at a time: some hundred events at the most."""
_ERROR_WAIT: Final = 5.0
"""Seconds the body of an error may take."""
_TURN: Final = 0.005
"""Seconds a burst of events may hold the event loop."""

# httpcore lets a TLS error inside a reply through as it is.
_BROKEN: Final = (httpx.TransportError, ssl.SSLError)

_log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds."""

    connect: float = 10.0
    write: float = 60.0
    """The longest stall of the upload."""
    read: float = 90.0
    """The longest silence; pings break it."""


class Client:
    """Talks to one server with one key. Any number of calls may run at once; each has a connection of its own."""

    def __init__(
        self,
        server: Server,
        key: str,
        gate: Gate,
        *,
        practice: Practice | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        """With `practice` no socket is opened and no key is needed. A server that is not Anthropic's may need none."""
        self._server = server
        self._key = key.strip()
        self._gate = gate
        self._practice = practice
        self._timeouts = timeouts or Timeouts()
        self._made: httpx.AsyncClient | None = None

    @asynccontextmanager
    async def stream(self, body: Body, permit: Permit) -> AsyncIterator[AsyncIterator[JSON]]:
        """POST the request that the permit is for, and give the events of the answer, up to and with message_stop.

        The iterator ends only after message_stop. A broken event comes as `reply.DAMAGED`; unknown events pass.
        Cancelling the task closes the connection. Entering raises NoKey, BadKey, NotConnected, ReplyLost, NotTheApi or
        ApiError; iterating raises the last three and, once the answer began, StreamInterrupted. What reading the body
        raises is passed on.
        """
        response = await self._send(permit, "POST", "/v1/messages", body)
        try:
            async with aclosing(self._events(response)) as events:
                yield events
        finally:
            await response.aclose()

    async def models(self) -> list[ListedModel]:
        """What GET /v1/models lists, page after page (API.md, section 2.1). Raises what entering `stream` raises."""
        listed: list[ListedModel] = []
        query = {"limit": "1000"}
        for _ in range(MAX_PAGES):
            page = await self._value("models", reply.model_page, "GET", f"/v1/models?{urlencode(query)}")
            listed += page.models
            if page.after in ("", query.get("after_id")):
                break
            query["after_id"] = page.after
        return listed

    async def count(self, body: RequestBody) -> int:
        """Tokens of a prompt, by POST /v1/messages/count_tokens (API.md, section 6). Raises what `models` raises."""
        return await self._value("count", reply.token_count, "POST", "/v1/messages/count_tokens", body)

    async def upload(
        self, data: bytes, name: str, media_type: str, expires_in_seconds: int | None = None
    ) -> StoredFile:
        """POST a file, which the server then keeps for everyone of the workspace (API.md, section 5).

        `name` may be any text: what the API does not take in it is replaced. `expires_in_seconds` is 3,600 to
        7,776,000; without it the file stays until it is deleted. Raises what entering `stream` raises; after ReplyLost
        the server may have the file all the same.
        """
        form = files.Form(data, name, media_type, expires_in_seconds)
        return await self._value("upload", files.stored_file, "POST", "/v1/files", form, form.media_type)

    async def files(self) -> list[StoredFile]:
        """What GET /v1/files lists, newest first, page after page. Raises what entering `stream` raises."""
        listed: list[StoredFile] = []
        query = {"limit": "1000"}
        for _ in range(MAX_PAGES):
            page = await self._value("files", files.file_page, "GET", f"/v1/files?{urlencode(query)}")
            listed += page.files
            if page.next in ("", query.get("page")):
                break
            query["page"] = page.next
        return listed

    async def delete_file(self, file_id: str) -> None:
        """DELETE a file. Raises what entering `stream` raises: ApiError 404 where it is gone already."""
        await self._value("delete", files.stored_file, "DELETE", f"/v1/files/{quote(file_id, safe='')}")

    async def aclose(self) -> None:
        """Close every connection. The client is of no use afterwards."""
        if self._made is not None:
            await self._made.aclose()

    # --- sending ------------------------------------------------------------------------------------

    async def _send(
        self,
        permit: Permit,
        method: str,
        path: str,
        body: RequestBody | None = None,
        media_type: str = "application/json",
    ) -> httpx.Response:
        """Send one request; its reply, if the status is one of success and the body may be what was asked for."""
        permit.use()
        http = self._http()
        request = http.build_request(
            method,
            self._server.base_url + path,
            headers=self._headers(body, media_type),
            content=None if body is None else written(body),
        )
        progress = Progress(request.url.raw_host.decode())
        request.extensions["trace"] = progress
        failure: ServerError | None
        try:
            response = await http.send(request, stream=True)
        except _BROKEN as error:
            _log.info("no reply: %s", " < ".join(type(cause).__name__ for cause in causes(error)))
            failure = self._unanswered(error, progress)
        else:
            progress.sent = True  # in practice there is no wire to tell
            failure = await self._refusal(response)
            if failure is None:
                return response
            await response.aclose()
        finally:
            permit.left = progress.sent
        raise failure

    def _http(self) -> httpx.AsyncClient:
        if self._made is None:
            try:
                self._made = self._make()
            except (ImportError, ValueError, httpx.InvalidURL):
                _log.warning("the proxy set in the environment cannot be used")
        if self._made is None:
            raise NotConnected(self._server.host, "proxy")
        return self._made

    def _make(self) -> httpx.AsyncClient:
        seconds = self._timeouts
        return httpx.AsyncClient(
            transport=PracticeTransport(self._practice) if self._practice else open_way(self._server),
            timeout=httpx.Timeout(connect=seconds.connect, write=seconds.write, read=seconds.read, pool=None),
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            event_hooks={"response": [_forget_location]},
        )

    def _headers(self, body: RequestBody | None, media_type: str) -> dict[str, str]:
        """API.md, section 3.1; never both kinds of key."""
        headers = {
            "anthropic-version": API_VERSION,
            "accept-encoding": "identity",
            "user-agent": f"visavis/{__version__}",
        }
        if body is not None:
            headers |= {"content-type": media_type, "content-length": str(body.length)}
        if self._practice is not None:
            return headers
        if not self._key:
            if self._server.is_anthropic:
                raise NoKey(self._server.host)
            return headers
        # httpx would refuse it as well, and print it.
        if not re.fullmatch(r"[!-~]+", self._key):
            raise BadKey("characters")
        if self._server.auth == "bearer":
            return headers | {"authorization": f"Bearer {self._key}"}
        return headers | {"x-api-key": self._key}

    # --- reading ------------------------------------------------------------------------------------

    async def _events(self, response: httpx.Response) -> AsyncGenerator[JSON, None]:
        answer = reply.Answer(self._server.host, response.status_code, response.headers)
        turn = _Turn()
        failure: ServerError
        try:
            async with aclosing(_pieces(response)) as pieces:
                async for piece in pieces:
                    for event in answer.feed(piece):
                        yield _named(event, response)
                        await turn.over()
                    if answer.complete:
                        return
            for event in answer.end():
                yield _named(event, response)
        except _BROKEN as error:
            failure = answer.broken_off(silent=isinstance(error, httpx.TimeoutException))
        except TooLarge:
            failure = answer.too_large()
        else:
            return
        raise failure

    async def _value(
        self,
        kind: Kind,
        read: Callable[[JSON], T | None],
        method: str,
        path: str,
        body: RequestBody | None = None,
        media_type: str = "application/json",
    ) -> T:
        """What `read` finds in the JSON object that a free request is answered with, where it finds anything."""
        permit = await self._gate.admit(
            Call(kind, PRACTICE if self._practice else self._server.host, practice=self._practice is not None)
        )
        began = time.monotonic()
        try:
            response = await self._send(permit, method, path, body, media_type)
            value = await self._read(response, read)
        except BaseException:
            with suppress(StoreError):  # the error that is there already tells more
                await _ended(permit, time.monotonic() - began)
            raise
        await permit.settle(Outcome("complete", time.monotonic() - began))
        return value

    async def _read(self, response: httpx.Response, read: Callable[[JSON], T | None]) -> T:
        host, status = self._server.host, response.status_code
        failure: ServerError
        try:
            async with aclosing(_pieces(response)) as pieces:
                answer = b"".join([piece async for piece in pieces])
        except _BROKEN as error:
            failure = _lost(host, error)
        except TooLarge:
            failure = NotTheApi(host, "too_large", status)
        else:
            value = reply.parse_object(answer) or {}
            if (found := read(value)) is not None:
                return found
            if reply.is_error(value):
                raise reply.api_error(status, response.headers, answer)
            failure = NotTheApi(host, "json" if answer.strip() else "empty", status)
        finally:
            await response.aclose()
        raise failure

    async def _refusal(self, response: httpx.Response) -> ServerError | None:
        """What is wrong with a reply by its head; None when its body may be read."""
        host, status, headers = self._server.host, response.status_code, response.headers
        encoded = headers.get("content-encoding", "identity").strip().lower() != "identity"
        if status >= 400:
            body = b"" if encoded else await _first_bytes(response, MAX_ERROR_BODY)
            return reply.api_error(status, headers, body)
        if status >= 300:
            return NotTheApi(host, "redirect", status)
        if status == httpx.codes.NO_CONTENT or headers.get("content-length") == "0":
            return NotTheApi(host, "empty", status)
        if encoded:
            return NotTheApi(host, "encoded", status)
        if reply.media_type(headers) in {"text/html", "application/xhtml+xml"}:
            return NotTheApi(host, "html", status)
        return None

    def _unanswered(self, error: Exception, progress: Progress) -> ServerError:
        """What it means that a request failed before the head of a reply was there."""
        if not progress.sent:
            return NotConnected(self._server.host, progress.reason(error))
        # A server that just hangs up is told by httpcore itself; h11 complains of what is no HTTP.
        if any(isinstance(cause, h11.RemoteProtocolError) for cause in causes(error)):
            return NotTheApi(self._server.host, "garbage")
        return _lost(self._server.host, error)


def _named(event: JSON, response: httpx.Response) -> JSON:
    """The event; the first one with the server's id of the request, which came in the head."""
    named = event.get("type") == "message_start" and reply.request_id(response.headers)
    return event | {"request_id": named} if named else event


async def _ended(permit: Permit, seconds: float) -> None:
    """Tell the gate of a free request that failed."""
    if permit.left:
        await permit.settle(Outcome("failed", seconds))
    else:
        await permit.withdraw()


class _Turn:
    """Lets the event loop go on when a burst of events has held it for long enough."""

    def __init__(self) -> None:
        self._since = time.monotonic()

    async def over(self) -> None:
        if time.monotonic() - self._since > _TURN:
            await asyncio.sleep(0)
            self._since = time.monotonic()


async def _pieces(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    """The body as it comes, in small pieces. Raises TooLarge after `MAX_BODY` bytes."""
    size = 0
    async for chunk in response.aiter_raw():
        size += len(chunk)
        if size > MAX_BODY:
            raise TooLarge
        for start in range(0, len(chunk), _DECODED):
            yield chunk[start : start + _DECODED]


async def _first_bytes(response: httpx.Response, limit: int) -> bytes:
    """The first bytes of a body; fewer where it breaks off or stalls, since its status says enough."""
    body = bytearray()
    with suppress(TimeoutError, *_BROKEN):
        async with asyncio.timeout(_ERROR_WAIT), aclosing(_pieces(response)) as pieces:
            async for piece in pieces:
                body += piece
                if len(body) >= limit:
                    break
    return bytes(body[:limit])


async def _forget_location(response: httpx.Response) -> None:
    """httpx reads where a redirect leads even when it is not to follow it, and stumbles over a bad address."""
    response.headers.pop("location", None)


def _lost(host: str, error: Exception) -> ReplyLost:
    return ReplyLost(host, "timeout" if isinstance(error, httpx.TimeoutException) else "closed")
