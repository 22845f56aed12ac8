"""The client over real sockets: what it sends, what it makes of every reply, and what never leaves it.

The faults are those of RELIABILITY.md, section 2.2. Every error that is met here is searched for the key.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
import ssl
import statistics
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import httpx
import pytest

from app import __version__
from app.core import client as client_module
from app.core.catalog import Catalog, ListedModel
from app.core.client import Client, Timeouts
from app.core.errors import (
    ApiError,
    BadKey,
    NoKey,
    NotConnected,
    NotTheApi,
    PictureUnreadable,
    ReplyLost,
    ServerError,
    StreamInterrupted,
)
from app.core.files import Form, StoredFile
from app.core.message import JSON, ImageBlock, Message, RemoteFile, TextBlock
from app.core.outgoing import written
from app.core.practice import Practice
from app.core.request import Body, Request
from app.core.retrying import retry_delay
from app.core.server import Server
from app.core.transport import Progress
from tests.gates import OpenGate
from tests.servers.api import TEST_KEY, ApiServer
from tests.servers.replies import (
    Reply,
    close_before_reply,
    empty,
    endless,
    error,
    events,
    gzip,
    html,
    huge_line,
    json_reply,
    json_to_stream,
    raw,
    recorded,
    redirect,
    reset_before_reply,
    silence,
    text,
)

SHORT = Timeouts(connect=0.2, write=0.2, read=0.2)
QUESTION = Request.build([Message("user", (TextBlock("Which colour?"),))], model="claude-sonnet-5-5").body(
    lambda _: b""
)
LARGE = Body((b"{", b" " * 20_000_000, b"}"), lambda _: b"")
"""More than the buffers of two sockets hold."""

START: JSON = {"type": "message_start", "message": {"id": "msg_1", "content": []}}
STOP: JSON = {"type": "message_stop"}


@dataclass
class Outcome:
    """What one call came to."""

    events: list[JSON] = field(default_factory=list)
    error: ServerError | None = None

    @property
    def message(self) -> Message:
        message = Message("assistant")
        for event in self.events:
            message = message.apply(event)
        return message


async def ask(client: Client, body: Body = QUESTION) -> Outcome:
    outcome = Outcome()
    try:
        async with client.stream(body, OpenGate().permit()) as stream:
            async for event in stream:
                outcome.events.append(event)
    except ServerError as error:
        outcome.error = error
        assert_no_key(error)
    else:
        assert outcome.events[-1] == STOP
    return outcome


def assert_no_key(error: Exception) -> None:
    """Neither in its words nor anywhere in the traceback, the values of all frames' variables included."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    shown = "".join(told.format())
    while told.__context__ is not None:
        told = told.__context__
        shown += "".join(told.format())
    assert TEST_KEY not in shown + repr(error) + str(error)


@pytest.fixture(autouse=True)
def _log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Neither key nor password is logged, and asyncio has no lost error to tell of."""
    caplog.set_level(logging.DEBUG)
    yield
    records = [*caplog.get_records("call"), *caplog.get_records("teardown")]
    assert not [r for r in records if TEST_KEY in r.getMessage() or "pass-word" in r.getMessage()]
    assert not [r for r in records if r.name == "asyncio" and r.levelno >= logging.ERROR]


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with ApiServer() as server:
        yield server


@pytest.fixture
async def client(server: ApiServer) -> AsyncIterator[Client]:
    client = Client(Server(server.url), TEST_KEY, OpenGate())
    yield client
    await client.aclose()


def at(server: ApiServer, error: ServerError | None) -> ServerError | None:
    """The error with the test server as its host."""
    return replace(error, host=Server(server.url).host) if hasattr(error, "host") else error  # type: ignore[type-var]


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def serving(handle: Handler, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A server that does what `handle` does, for what no HTTP server would; gives its host and port."""
    connections: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.add(task)
        with contextlib.suppress(asyncio.CancelledError, ConnectionError, asyncio.IncompleteReadError):
            await handle(reader, writer)
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
    yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    for task in connections:
        task.cancel()
    await asyncio.gather(*connections, return_exceptions=True)


# --- what is sent -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("auth", "name", "value"), [("bearer", "authorization", f"Bearer {TEST_KEY}"), ("x-api-key", "x-api-key", TEST_KEY)]
)
async def test_a_request_has_just_the_headers_of_the_api(server: ApiServer, auth: Any, name: str, value: str) -> None:
    client = Client(Server(server.url, auth), f" {TEST_KEY}\n", OpenGate())
    await ask(client)
    await client.aclose()
    (request,) = server.posts
    assert request.headers == {
        "host": Server(server.url).host,
        "accept": "*/*",
        "accept-encoding": "identity",
        "connection": "keep-alive",
        "user-agent": f"visavis/{__version__}",
        "anthropic-version": "2026-10-21",
        "content-type": "application/json",
        "content-length": str(QUESTION.length),
        name: value,
    }
    assert request.body == b"".join(QUESTION)


async def test_cookies_are_not_sent_back(server: ApiServer, client: Client) -> None:
    server.script(text("Red.").with_headers(set_cookie="track=me; Path=/"))
    await ask(client)
    await ask(client)
    assert "cookie" not in server.posts[1].headers


async def test_a_path_in_the_base_url_stays() -> None:
    with ApiServer(base_path="/api") as server:
        client = Client(Server(server.url), TEST_KEY, OpenGate())
        assert (await ask(client)).error is None
        await client.aclose()


async def test_pictures_go_into_the_body_whole_and_again_for_a_repeat(server: ApiServer, client: Client) -> None:
    server.strict = False
    data = bytes(range(256)) * 1000
    picture = ImageBlock(1, "a.png", "sha", "image/png", 1, 1, len(data), 1, "sha", 1, 1, 1, "PNG")
    body = Request.build([Message.from_user("?", [picture])], model="m").body(lambda _: data)
    await ask(client, body)
    await ask(client, body)
    first, second = server.posts
    assert first.body == second.body == b"".join(body)
    assert len(first.body) == body.length


async def test_what_reading_a_picture_raises_is_passed_on_and_nothing_is_asked(
    server: ApiServer, client: Client
) -> None:
    def read(_: str) -> bytes:
        raise PictureUnreadable("a.png", "missing")

    picture = ImageBlock(1, "a.png", "sha", "image/png", 1, 1, 9, 1, "sha", 1, 1, 1, "PNG")
    body = Request.build([Message.from_user("?", [picture])], model="m").body(read)
    with pytest.raises(PictureUnreadable) as caught:
        await ask(client, body)
    assert_no_key(caught.value)
    await asyncio.to_thread(server.wait_for_clients_left)
    assert server.requests == []


@pytest.mark.parametrize("key", ["sk-ant-\nx", "sk-ant-é", "sk ant", "sk-ant-\x00", "sk-ant-\x7f"])
async def test_a_key_that_no_header_takes_is_refused_without_being_told(server: ApiServer, key: str) -> None:
    client = Client(Server(server.url), key, OpenGate())
    outcome = await ask(client)
    assert outcome.error == BadKey("characters")
    assert key not in "".join(traceback.TracebackException.from_exception(outcome.error, capture_locals=True).format())
    assert server.connections == 0


async def test_without_a_key_anthropic_is_not_asked() -> None:
    assert (await ask(Client(Server(), " ", OpenGate()))).error == NoKey("api.anthropic.com")


async def test_without_a_key_another_server_gets_no_key_header(server: ApiServer) -> None:
    server.strict = False
    client = Client(Server(server.url), "", OpenGate())
    assert (await ask(client)).error is None
    await client.aclose()
    assert not {"authorization", "x-api-key"} & server.posts[0].headers.keys()


def test_the_key_is_not_in_the_clients_repr() -> None:
    assert TEST_KEY not in repr(Client(Server(), TEST_KEY, OpenGate()))


# --- answers ------------------------------------------------------------------------------------

RED = "Red and\u2028blue, é, \U0001f600."
WHOLE: dict[str, tuple[Reply, str]] = {
    "as the API sends it": (text(RED), RED),
    "byte by byte": (text(RED).byte_by_byte(), RED),
    "with CRLF": (text(RED).transformed(lambda piece: piece.replace(b"\n", b"\r\n")), RED),
    "with CR": (text(RED).transformed(lambda piece: piece.replace(b"\n", b"\r")), RED),
    "with CRLF byte by byte": (text(RED).transformed(lambda p: p.replace(b"\n", b"\r\n")).byte_by_byte(), RED),
    "with comments": (text(RED).transformed(lambda piece: b": hello\n" + piece), RED),
    "with a byte order mark": (text(RED).transformed(lambda p: b"\xef\xbb\xbf" * (b"message_start" in p) + p), RED),
    "with data on two lines": (text(RED).transformed(lambda p: p.replace(b"data: {", b"data: {\ndata: ")), RED),
    "with broken UTF-8": (text("Red.", chunks=1).transformed(lambda p: p.replace(b"Red", b"R\xffd")), "R\ufffdd."),
    "with [DONE] after each event": (text(RED).transformed(lambda piece: piece + b"data: [DONE]\n\n"), RED),
    "without names": (text(RED).transformed(lambda p: b"data:" + p.partition(b"data:")[2]), RED),
    "ended by closing": (text(RED).framed("close").then("close"), RED),
    "with its length": (text(RED).framed("length"), RED),
    "before the connection goes silent": (text(RED).then("silence"), RED),
    "as one JSON object": (json_to_stream(RED), RED),
    "with an event that is broken": (
        text("Red.", chunks=1).transformed(lambda p: p + b"event: x\ndata: {\n\n" * (b"text_delta" in p)), "Red."),
    "recorded": (recorded("stream_text.sse"), "Red and blue."),
    "recorded with thinking left out": (recorded("stream_thinking_omitted.sse"), "Blue."),
    "recorded with thinking": (recorded("stream_thinking_summary.sse"), "Blue."),
    "recorded with unknown things": (recorded("stream_unknown_events.sse"), "Blue."),
}  # fmt: skip


@pytest.mark.parametrize(("reply", "expected"), WHOLE.values(), ids=WHOLE)
async def test_an_answer_is_whole(server: ApiServer, client: Client, reply: Reply, expected: str) -> None:
    server.script(reply)
    outcome = await ask(client)
    assert outcome.error is None
    assert outcome.message.text == expected
    assert len(server.posts) == 1


async def test_a_refusal_in_mid_stream_is_a_whole_answer(server: ApiServer, client: Client) -> None:
    server.script(recorded("stream_refusal_midway.sse"))
    outcome = await ask(client)
    assert outcome.error is None
    assert outcome.message.refused


async def test_events_come_as_they_are_sent(server: ApiServer, client: Client) -> None:
    server.script(text("Red.").hold("content_block_delta"))
    async with client.stream(QUESTION, OpenGate().permit()) as stream:
        seen = []
        async for event in stream:
            seen.append(event["type"])
            if event["type"] == "content_block_delta" and len(seen) < 5:
                await asyncio.to_thread(server.wait_for_hold)
                server.release()
    assert seen[-1] == "message_stop"


async def test_after_message_stop_nothing_is_waited_for(server: ApiServer, client: Client) -> None:
    server.script(text("Red.").hold("message_stop"))
    assert (await ask(client)).error is None
    await asyncio.to_thread(server.wait_for_clients_left)


# --- faults -------------------------------------------------------------------------------------

DELTA = "content_block_delta"
SPOKEN = recorded("stream_text.sse")
JSON_TYPE = "application/json"
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
FIRST = b'data: {"type":"message_start","message":{}}\n\n'
INTERRUPTED: dict[str, tuple[Reply, StreamInterrupted]] = {
    "the connection is closed": (SPOKEN.cut_after(DELTA), StreamInterrupted("cut")),
    "the connection is reset": (SPOKEN.cut_after(DELTA, ending="reset"), StreamInterrupted("cut")),
    "the body ends without message_stop": (SPOKEN.cut_after(DELTA, ending="end"), StreamInterrupted("cut")),
    "the body ends right before message_stop": (
        SPOKEN.cut_after("message_delta", ending="end"),
        StreamInterrupted("cut"),
    ),
    "a body that closing ends is closed": (SPOKEN.framed("close").cut_after(DELTA), StreamInterrupted("cut")),
    "the last blank line is missing": (
        SPOKEN.transformed(lambda p: p[:-1] if b"message_stop" in p else p),
        StreamInterrupted("cut"),
    ),
    "it is cut inside a chunk": (
        raw(CHUNKED + b"%x\r\n%b\r\nff\r\nda" % (len(FIRST), FIRST)),
        StreamInterrupted("cut"),
    ),
    "a chunk has no size": (raw(CHUNKED + b"%x\r\n%b\r\nxyz\r\n" % (len(FIRST), FIRST)), StreamInterrupted("cut")),
    "an error event comes": (
        recorded("stream_error_midway.sse"),
        StreamInterrupted("error", "overloaded_error", "Overloaded", "req_011E"),
    ),
    "a second message_start comes": (events(START, START, STOP), StreamInterrupted("protocol")),
    "a delta comes before message_start": (
        events({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "x"}}),
        StreamInterrupted("protocol"),
    ),
    "a line never ends": (huge_line(), StreamInterrupted("too_large")),
}


@pytest.mark.parametrize(("reply", "error"), INTERRUPTED.values(), ids=INTERRUPTED)
async def test_an_answer_is_interrupted_when(
    server: ApiServer, client: Client, reply: Reply, error: StreamInterrupted
) -> None:
    server.script(reply)
    outcome = await ask(client)
    assert isinstance(outcome.error, StreamInterrupted)
    assert outcome.error == replace(error, request_id=error.request_id or outcome.error.request_id)
    assert outcome.message.text in {"", "Red and ", "Red and blue.", "Half a sent"}
    assert len(server.requests) == 1


NOT_ANSWERED: dict[str, tuple[Reply, ServerError]] = {
    "a login page": (html(), NotTheApi("", "html", 200)),
    "a login page that says it is JSON": (html().with_headers(content_type=JSON_TYPE), NotTheApi("", "html", 200)),
    "an empty body": (empty(), NotTheApi("", "empty", 200)),
    "an empty body of JSON": (empty(content_type=JSON_TYPE).framed("chunked"), NotTheApi("", "empty", 200)),
    "an empty stream": (empty().framed("chunked"), ReplyLost("", "closed")),
    "no content": (empty(204), NotTheApi("", "empty", 204)),
    "an encoded body": (gzip(text("Red.")), NotTheApi("", "encoded", 200)),
    "JSON of another service": (json_reply({"ok": True}), NotTheApi("", "json", 200)),
    "words": (raw(OK + b"content-type: text/plain\r\n\r\nHello"), NotTheApi("", "garbage", 200)),
    "a closed connection": (close_before_reply(), ReplyLost("", "closed")),
    "a reset connection": (reset_before_reply(), ReplyLost("", "closed")),
    "a stream cut inside its first event": (SPOKEN.cut_at(50), ReplyLost("", "closed")),
    "a stream reset after its headers": (SPOKEN.cut_at(0, "reset"), ReplyLost("", "closed")),
    "JSON that is cut": (json_to_stream().with_headers(content_length="999").then("close"), ReplyLost("", "closed")),
    "a status line that is none": (raw(b"HELLO\r\n\r\n"), NotTheApi("", "garbage")),
    "a header of 200 KB": (raw(OK + b"x: " + b"x" * 200_000 + b"\r\n\r\n"), NotTheApi("", "garbage")),
    "twenty thousand headers": (raw(OK + b"x: yyyyyyyy\r\n" * 20_000 + b"\r\n"), NotTheApi("", "garbage")),
    "half a head": (raw(OK + b"content-ty"), ReplyLost("", "closed")),
    "a chunk without size": (raw(CHUNKED + b"xyz\r\n"), ReplyLost("", "closed")),
    "two lengths": (raw(OK + b"content-length: 5\r\ncontent-length: 6\r\n\r\nhello"), NotTheApi("", "garbage")),
    "promises without end": (raw(b"HTTP/1.1 100 Continue\r\n\r\n" * 5_000), ReplyLost("", "closed")),
    "another protocol": (raw(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n"), NotTheApi("", "garbage")),
}  # fmt: skip


@pytest.mark.parametrize(("reply", "error"), NOT_ANSWERED.values(), ids=NOT_ANSWERED)
async def test_it_is_no_answer(server: ApiServer, client: Client, reply: Reply, error: ServerError) -> None:
    server.script(reply)
    outcome = await ask(client)
    assert outcome.error == at(server, error)
    assert outcome.events == []
    assert len(server.requests) == 1
    assert retry_delay(error, 0) is None


@pytest.mark.parametrize("size", range(0, 1069, 23))
async def test_a_stream_cut_on_the_wire_is_never_complete(server: ApiServer, client: Client, size: int) -> None:
    server.script(SPOKEN.cut_at(size, "end" if size % 2 else "close"))
    outcome = await ask(client)
    assert isinstance(outcome.error, StreamInterrupted if outcome.events else ReplyLost)
    assert "Red and blue.".startswith(outcome.message.text)


STATUSES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}


@pytest.mark.parametrize(("status", "kind"), STATUSES.items())
async def test_the_api_refuses_with(server: ApiServer, client: Client, status: int, kind: str) -> None:
    server.script(error(status, kind, "No."), error(status, kind, "", body="<html>No</html>"))
    assert (await ask(client)).error == ApiError(status, kind, "No.", f"req_{status}")
    assert (await ask(client)).error == ApiError(status, kind, f"HTTP {status}", f"req_{status}")


async def test_a_reply_that_is_not_read_is_hung_up_on(server: ApiServer, client: Client) -> None:
    server.script(gzip(text("Red.")).then("silence"))
    assert (await ask(client)).error == at(server, NotTheApi("", "encoded", 200))
    await asyncio.to_thread(server.wait_for_clients_left)


async def test_an_error_tells_what_its_headers_tell(server: ApiServer, client: Client) -> None:
    headers = {"retry-after": "7", "x-should-retry": "false"}
    server.script(error(429, "rate_limit_error", "Slow.", headers=headers, code="ramp_limit_exceeded"))
    assert (await ask(client)).error == ApiError(
        429, "rate_limit_error", "Slow.", "req_429", "ramp_limit_exceeded", 7.0, should_retry=False
    )


async def test_an_error_body_is_read_no_further_than_sense(server: ApiServer, client: Client) -> None:
    server.script(replace(endless(b"x" * 4096), status=500))
    assert (await ask(client)).error == ApiError(500, "api_error", "HTTP 500", "req_test0001")
    await asyncio.to_thread(server.wait_for_clients_left)


async def test_an_error_that_breaks_off_still_tells_its_status(server: ApiServer, client: Client) -> None:
    server.script(error(529, "overloaded_error", "Busy.").with_headers(content_length="999").then("close"))
    assert (await ask(client)).error == ApiError(529, "overloaded_error", "Busy.", "req_529")


async def test_an_error_that_stalls_still_tells_its_status(
    server: ApiServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "_ERROR_WAIT", 0.1)
    server.script(error(529, "overloaded_error", "Busy.").hold("headers"))
    assert (await ask(client)).error == ApiError(529, "overloaded_error", "HTTP 529", "req_529")


async def test_an_encoded_error_still_tells_its_status(server: ApiServer, client: Client) -> None:
    server.script(gzip(error(529, "overloaded_error", "Busy.")))
    assert (await ask(client)).error == ApiError(529, "overloaded_error", "HTTP 529", "req_529")


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
async def test_a_redirect_is_not_followed(server: ApiServer, client: Client, status: int) -> None:
    with ApiServer() as target:
        server.script(redirect(status, f"{target.url}/v1/messages"))
        assert (await ask(client)).error == at(server, NotTheApi("", "redirect", status))
        assert target.requests == []
        assert target.connections == 0


NOWHERE = ["/v1/messages", "", "//", "é", "http://a:port/", "http://[::1/", "http://999.1.1.1/", "/" + "x" * 70_000]


@pytest.mark.parametrize("location", NOWHERE, ids=[location[:20] for location in NOWHERE])
async def test_a_redirect_to_nowhere_is_not_followed_either(server: ApiServer, client: Client, location: str) -> None:
    server.script(redirect(302, location))
    assert (await ask(client)).error == at(server, NotTheApi("", "redirect", 302))
    assert len(server.requests) == 1


@pytest.mark.parametrize("piece", [b'event: ping\ndata: {"type":"ping"}\n\n' * 100, b": " + b"x" * 1000 + b"\n"])
async def test_a_body_without_end_is_given_up(
    server: ApiServer, client: Client, piece: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "MAX_BODY", 300_000)
    server.script(endless(piece))
    assert (await ask(client)).error == StreamInterrupted("too_large", request_id="req_test0001")
    await asyncio.to_thread(server.wait_for_clients_left)


# --- silence ------------------------------------------------------------------------------------

SILENT: dict[str, tuple[Reply, ServerError]] = {
    "before the headers": (silence(), ReplyLost("", "timeout")),
    "before the first event": (silence(headers=True), ReplyLost("", "timeout")),
    "in mid-stream": (SPOKEN.hold(DELTA), StreamInterrupted("silent", request_id="req_test0001")),
}


@pytest.mark.parametrize(("reply", "error"), SILENT.values(), ids=SILENT)
async def test_a_server_is_silent(server: ApiServer, reply: Reply, error: ServerError) -> None:
    server.script(reply)
    client = Client(Server(server.url), TEST_KEY, OpenGate(), timeouts=SHORT)
    outcome = await ask(client)
    assert outcome.error == at(server, error)
    assert outcome.message.text in ("", "Red and ")
    await asyncio.to_thread(server.wait_for_clients_left)
    assert len(server.requests) == 1


async def test_a_server_never_reads_the_body() -> None:
    async def handle(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.Event().wait()

    async with serving(handle) as host:
        assert (
            await ask(Client(Server(f"http://{host}"), TEST_KEY, OpenGate(), timeouts=SHORT), LARGE)
        ).error == ReplyLost(host, "timeout")


async def test_a_large_body_leaves_in_pieces_so_that_a_slow_line_is_no_stall() -> None:
    pieces = [piece async for piece in written(LARGE)]
    assert max(map(len, pieces)) == 262_144
    assert b"".join(pieces) == b"".join(LARGE)


def test_the_timeouts_are_those_of_the_house() -> None:
    assert Timeouts() == Timeouts(connect=10, write=60, read=90)


# --- refused while uploading --------------------------------------------------------------------

REFUSAL = b'HTTP/1.1 413 Too Large\r\ncontent-length: 17\r\n\r\n{"error":"Large"}'


async def test_a_refusal_by_the_head_is_shown_when_the_server_reads_on(server: ApiServer, client: Client) -> None:
    server.script(error(413, "request_too_large", "Large").early())
    assert (await ask(client, LARGE)).error == ApiError(413, "request_too_large", "Large", "req_413")


@pytest.mark.parametrize("hangs_up", [True, False], ids=["hangs up", "waits"])
async def test_a_refusal_by_the_head_is_shown_when_the_server(hangs_up: bool) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(REFUSAL)
        await writer.drain()
        if not hangs_up:
            await asyncio.Event().wait()

    async with serving(handle) as host:
        outcome = await ask(Client(Server(f"http://{host}"), TEST_KEY, OpenGate()), LARGE)
    assert outcome.error == ApiError(413, "request_too_large", "Large")


async def test_a_promise_while_uploading_is_no_answer() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await settled(2_000)  # until the upload stalls
        assert await reader.readexactly(LARGE.length) == b"".join(LARGE)
        writer.write(REFUSAL)
        await writer.drain()

    async with serving(handle) as host:
        outcome = await ask(Client(Server(f"http://{host}"), TEST_KEY, OpenGate()), LARGE)
    assert outcome.error == ApiError(413, "request_too_large", "Large")


# --- no connection ------------------------------------------------------------------------------


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


async def test_nobody_listens() -> None:
    host = f"127.0.0.1:{closed_port()}"
    assert (await ask(Client(Server(f"http://{host}"), TEST_KEY, OpenGate()))).error == NotConnected(host, "refused")


def test_nobody_listens_on_any_address_of_a_name() -> None:
    attempts = ExceptionGroup("all failed", [OSError("no such network"), ConnectionRefusedError()])
    error = httpx.ConnectError("all failed")
    error.__cause__ = attempts
    assert Progress("localhost").reason(error) == "refused"


async def test_a_name_does_not_exist() -> None:
    host = "x" * 64 + ".invalid"  # a label too long for DNS: no resolver is asked
    assert (await ask(Client(Server(f"https://{host}"), TEST_KEY, OpenGate()))).error == NotConnected(host, "dns")


async def test_a_connection_takes_too_long() -> None:
    with socket.socket() as full, contextlib.ExitStack() as waiting:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):  # Linux drops what does not fit into the queue
            queued = waiting.enter_context(socket.socket())
            queued.setblocking(False)
            queued.connect_ex(full.getsockname())
        host = f"127.0.0.1:{full.getsockname()[1]}"
        outcome = await ask(Client(Server(f"http://{host}"), TEST_KEY, OpenGate(), timeouts=SHORT))
    assert outcome.error == NotConnected(host, "timeout")


async def test_a_plain_server_is_asked_for_tls() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert b"sk-ant" not in await reader.read(1000)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with serving(handle) as host:
        assert (await ask(Client(Server(f"https://{host}"), TEST_KEY, OpenGate()))).error == NotConnected(host, "tls")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A self-signed certificate of 127.0.0.1 and its key, in one file."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Visavis test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    path = tmp_path / "server.pem"
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()) + made.public_bytes(pem)
    )
    return path


async def _speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer with the first two events, whatever is asked, and drop the connection."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(OK + b"content-type: text/event-stream\r\n\r\n" + FIRST)
    await writer.drain()
    writer.transport.abort()


@pytest.mark.parametrize("trusted", [True, False], ids=["trusted", "unknown"])
async def test_a_certificate_of_the_persons_own_is(
    trusted: bool, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with serving(_speak, context) as host:
        outcome = await ask(Client(Server(f"https://{host}"), TEST_KEY, OpenGate()))
    assert outcome.error == (StreamInterrupted("cut") if trusted else NotConnected(host, "tls"))
    assert len(outcome.events) == trusted


async def _refuse_tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    request = await reader.readuntil(b"\r\n\r\n")
    assert request.startswith(b"CONNECT api.example:443 HTTP/1.1\r\n")
    assert b"sk-ant" not in request
    writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
    await writer.drain()


async def _keep_tunnel_waiting(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    await asyncio.Event().wait()


async def _drop_tunnel(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")


@pytest.mark.parametrize("handle", [_refuse_tunnel, _keep_tunnel_waiting, _drop_tunnel])
async def test_a_proxy_gives_no_way(handle: Handler, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(handle) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:pass-word@{proxy}")
        outcome = await ask(Client(Server("https://api.example"), TEST_KEY, OpenGate(), timeouts=SHORT))
    assert outcome.error == NotConnected("api.example", "proxy")


async def test_a_proxy_sees_neither_key_nor_question(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    seen = bytearray()

    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.extend(await reader.readuntil(b"\r\n\r\n"))
        port = int(seen.split()[1].rpartition(b":")[2])
        answers, questions = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")

        async def forward() -> None:
            while data := await reader.read(65_536):
                seen.extend(data)
                questions.write(data)

        forwarding = asyncio.create_task(forward())
        with contextlib.suppress(ConnectionError):
            while data := await answers.read(65_536):
                writer.write(data)
        forwarding.cancel()
        questions.close()

    async with serving(_speak, context) as host, serving(tunnel) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        outcome = await ask(Client(Server(f"https://{host}"), TEST_KEY, OpenGate()))
    assert outcome.error == StreamInterrupted("cut")
    assert seen.startswith(f"CONNECT {host} HTTP/1.1".encode())
    assert len(seen) > 500
    assert TEST_KEY.encode() not in seen
    assert b"Which colour" not in seen


async def test_a_server_may_be_spared_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    host = f"127.0.0.1:{closed_port()}"
    monkeypatch.setenv("HTTPS_PROXY", f"http://localhost:{closed_port()}")
    assert (await ask(Client(Server(f"https://{host}"), TEST_KEY, OpenGate()))).error == NotConnected(host, "proxy")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert (await ask(Client(Server(f"https://{host}"), TEST_KEY, OpenGate()))).error == NotConnected(host, "refused")


@pytest.mark.parametrize("proxy", ["ftp://me:pass-word@127.0.0.1:1", "http://me:pass-word@[", "socks5://127.0.0.1:1"])
async def test_a_proxy_cannot_be_used(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    outcome = await ask(Client(Server("https://api.example"), TEST_KEY, OpenGate()))
    assert outcome.error == NotConnected("api.example", "proxy")


async def test_no_proxy_comes_between_us_and_this_machine(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
    assert (await ask(client)).error is None


# --- Stop ---------------------------------------------------------------------------------------

STOPPED: dict[str, Reply] = {
    "before the headers": silence(),
    "before the first event": silence(headers=True),
    "in mid-stream": SPOKEN.hold(DELTA),
    "in a flood": endless(),
}


@pytest.mark.parametrize("reply", STOPPED.values(), ids=STOPPED)
async def test_stop_closes_the_connection_at_once(server: ApiServer, client: Client, reply: Reply) -> None:
    seconds = []
    before = asyncio.all_tasks()
    for count in range(1, 6):
        server.script(reply)
        asking = asyncio.create_task(ask(client))
        await asyncio.to_thread(server.wait_for_requests, count)
        if reply.holds:
            await asyncio.to_thread(server.wait_for_hold, count)
        stopped = time.monotonic()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await asyncio.to_thread(server.wait_for_clients_left, count)
        seconds.append(time.monotonic() - stopped)
    assert statistics.median(seconds) < 0.2
    await settled()
    assert asyncio.all_tasks() == before


async def test_stop_while_uploading_closes_the_connection() -> None:
    left = asyncio.Event()
    came = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        came.set()
        try:
            await reader.readexactly(LARGE.length)
        except (asyncio.IncompleteReadError, ConnectionError):
            left.set()

    async with serving(handle) as host:
        asking = asyncio.create_task(ask(Client(Server(f"http://{host}"), TEST_KEY, OpenGate()), LARGE))
        await came.wait()
        serving_and_this = asyncio.all_tasks() - {asking}
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await settled()
        assert asyncio.all_tasks() <= serving_and_this
        await asyncio.wait_for(left.wait(), 5)


async def settled(turns: int = 10) -> None:
    """Let others run: generators that were left are closed by tasks of their own."""
    for _ in range(turns):
        await asyncio.sleep(0)


async def test_twenty_stops_leave_nothing_behind(server: ApiServer, client: Client) -> None:
    await ask(client)
    before = asyncio.all_tasks()
    for count in range(1, 21):
        server.script(SPOKEN.hold(DELTA))
        asking = asyncio.create_task(ask(client))
        await asyncio.to_thread(server.wait_for_hold, count)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    assert (await ask(client)).error is None
    await asyncio.to_thread(server.wait_for_clients_left, 20)
    await settled()
    assert asyncio.all_tasks() == before
    assert server.connections <= 2


async def test_a_consumer_that_leaves_early_closes_the_connection(server: ApiServer, client: Client) -> None:
    server.script(SPOKEN.hold(DELTA))
    async with client.stream(QUESTION, OpenGate().permit()) as stream:
        async for event in stream:
            assert event["type"] == "message_start"
            break
    await asyncio.to_thread(server.wait_for_clients_left)


async def test_a_fault_of_one_answer_leaves_another_alone(server: ApiServer, client: Client) -> None:
    server.script(text("Red and blue.").hold(DELTA))
    steady = asyncio.create_task(ask(client))
    await asyncio.to_thread(server.wait_for_hold)
    server.script(SPOKEN.cut_after(DELTA, ending="reset"))
    assert isinstance((await ask(client)).error, StreamInterrupted)
    server.release()
    assert (await steady).message.text == "Red and blue."


async def test_a_burst_lets_others_run(server: ApiServer, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_TURN", 0)
    pings = [{"type": "ping"}] * 500
    burst = b"".join(b"data: %b\n\n" % json.dumps(event).encode() for event in (START, *pings, STOP))
    server.script(events().transformed(lambda _: b""), replace(events(), body=lambda _: [burst]))
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    running = asyncio.create_task(others())
    await ask(client)
    turns = 0
    outcome = await ask(client)
    running.cancel()
    assert len(outcome.events) == 502
    assert turns > 500


# --- models -------------------------------------------------------------------------------------


async def test_the_models_of_a_server_are_listed(server: ApiServer, client: Client) -> None:
    models = await client.models()
    assert ListedModel("claude-sonnet-5-5", "Claude Sonnet 5.5", 1_000_000, 128_000, "active") in models
    (request,) = server.requests
    assert request.query == (("limit", "1000"),)
    assert "content-type" not in request.headers


async def test_every_page_of_models_is_asked_for(server: ApiServer, client: Client) -> None:
    server.models_reply = json_reply(
        lambda call: {"data": [{"id": f"m{call.number}"}], "has_more": call.number < 3, "last_id": f"m{call.number}"}
    )
    assert await client.models() == [ListedModel("m1"), ListedModel("m2"), ListedModel("m3")]
    assert [dict(request.query).get("after_id") for request in server.requests] == [None, "m1", "m2"]


@pytest.mark.parametrize(("moving", "pages"), [(True, 20), (False, 2)], ids=["moves", "stands still"])
async def test_a_list_of_models_without_end_is_given_up(
    server: ApiServer, client: Client, moving: bool, pages: int
) -> None:
    server.models_reply = json_reply(
        lambda call: {"data": [{"id": "m"}], "has_more": True, "last_id": f"m{call.number if moving else 0}"}
    )
    await client.models()
    assert len(server.requests) == pages


MODELS_REFUSED: dict[str, tuple[Reply, ServerError]] = {
    "a wrong key": (error(401, "authentication_error", "No."), ApiError(401, "authentication_error", "No.", "req_401")),
    "no such page": (html(404), ApiError(404, "not_found_error", "HTTP 404", "req_test0001")),
    "a login page": (html(), NotTheApi("", "html", 200)),
    "an empty body": (empty(), NotTheApi("", "empty", 200)),
    "an empty body in chunks": (empty().framed("chunked"), NotTheApi("", "empty", 200)),
    "JSON of another service": (json_reply({"ok": True}), NotTheApi("", "json", 200)),
    "JSON that is no object": (raw(OK + b"content-length: 2\r\n\r\n[]"), NotTheApi("", "json", 200)),
    "an error with status 200": (json_reply({"error": "boom"}), ApiError(500, "api_error", "boom", "req_test0001")),
    "a body that breaks off": (
        json_reply({"data": []}).with_headers(content_length="99").then("close"),
        ReplyLost("", "closed"),
    ),
    "a redirect": (redirect(302, "https://login.example"), NotTheApi("", "redirect", 302)),
}


@pytest.mark.parametrize(("reply", "error"), MODELS_REFUSED.values(), ids=MODELS_REFUSED)
async def test_instead_of_models_comes(server: ApiServer, client: Client, reply: Reply, error: ServerError) -> None:
    server.models_reply = reply
    with pytest.raises(ServerError) as caught:
        await client.models()
    assert_no_key(caught.value)
    assert caught.value == at(server, error)


async def test_a_list_of_models_beyond_reason_is_given_up(
    server: ApiServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "MAX_BODY", 100)
    with pytest.raises(NotTheApi) as caught:
        await client.models()
    assert caught.value == at(server, NotTheApi("", "too_large", 200))


# --- files --------------------------------------------------------------------------------------


async def test_a_file_is_uploaded_listed_and_deleted(server: ApiServer, client: Client) -> None:
    server.files.now = lambda: 1_795_165_200.0
    data = bytes(range(256)) * 1000 + b"\r\n--"
    file = await client.upload(data, 'größe: "1".png', "image/png", 3600)
    assert file == StoredFile(file.id, "größe_ _1_.png", "image/png", len(data), 1_795_165_200.0, 1_795_168_800.0)
    assert server.files.find(file.id).data == data
    assert await client.files() == [file]
    await client.delete_file(file.id)
    assert server.files.listed == []
    assert [request.method for request in server.requests] == ["POST", "GET", "DELETE"]


async def test_an_upload_has_just_the_headers_of_the_api(server: ApiServer, client: Client) -> None:
    await client.upload(b"x", "a.png", "image/png")
    (request,) = server.requests
    kind = request.headers.pop("content-type")
    assert kind.startswith("multipart/form-data; boundary=")
    assert request.headers == {
        "host": Server(server.url).host,
        "accept": "*/*",
        "accept-encoding": "identity",
        "connection": "keep-alive",
        "user-agent": f"visavis/{__version__}",
        "anthropic-version": "2026-10-21",
        "content-length": str(len(request.body)),
        "x-api-key": TEST_KEY,
    }


async def test_an_upload_goes_in_small_pieces() -> None:
    form = Form(bytes(20_000_000), "a.png", "image/png", None)
    pieces = [len(piece) async for piece in written(form)]
    assert sum(pieces) == form.length
    assert max(pieces) <= 262_144


async def test_every_page_of_files_is_asked_for(server: ApiServer, client: Client) -> None:
    pages = [{"data": [{"id": f"f{n}"}], "next_page": f"page_{n}" if n < 3 else None} for n in (1, 2, 3)]
    server.script_files(*(json_reply(page) for page in pages))
    assert await client.files() == [StoredFile("f1"), StoredFile("f2"), StoredFile("f3")]
    assert [dict(request.query).get("page") for request in server.requests] == [None, "page_1", "page_2"]


@pytest.mark.parametrize(("moving", "pages"), [(True, 20), (False, 2)], ids=["moves", "stands still"])
async def test_a_list_of_files_without_end_is_given_up(
    server: ApiServer, client: Client, moving: bool, pages: int
) -> None:
    replies = (json_reply({"data": [], "next_page": f"page_{n if moving else 0}"}) for n in range(30))
    server.script_files(*replies)
    await client.files()
    assert len(server.requests) == pages


async def test_an_id_stays_within_its_part_of_the_path(server: ApiServer, client: Client) -> None:
    with pytest.raises(ApiError) as caught:
        await client.delete_file("../models?x=é#")
    assert caught.value.status == 404
    assert server.requests[0].path == "/v1/files/..%2Fmodels%3Fx%3D%C3%A9%23"


FILES_REFUSED: dict[str, tuple[Reply, ServerError]] = {
    "a wrong key": (error(401, "authentication_error", "No."), ApiError(401, "authentication_error", "No.", "req_401")),
    "no room": (
        error(400, "invalid_request_error", "Full.", code="storage_quota_exceeded"),
        ApiError(400, "invalid_request_error", "Full.", "req_400", code="storage_quota_exceeded"),
    ),
    "a file that has expired": (
        error(404, "not_found_error", "Gone.", code="file_expired"),
        ApiError(404, "not_found_error", "Gone.", "req_404", code="file_expired", of_file=True),
    ),
    "a rate limit": (
        error(429, "rate_limit_error", "Slow down.", headers={"retry-after": "3"}),
        ApiError(429, "rate_limit_error", "Slow down.", "req_429", retry_after=3.0),
    ),
    "a login page": (html(), NotTheApi("", "html", 200)),
    "a redirect": (redirect(307, "https://login.example"), NotTheApi("", "redirect", 307)),
    "nothing": (empty(204), NotTheApi("", "empty", 204)),
    "JSON of another service": (json_reply({"ok": True}), NotTheApi("", "json", 200)),
    "an error with status 200": (json_reply({"error": "boom"}), ApiError(500, "api_error", "boom", "req_test0001")),
    "no reply": (close_before_reply(), ReplyLost("", "closed")),
}
CALLS: dict[str, Callable[[Client], Awaitable[object]]] = {
    "upload": lambda client: client.upload(b"x", "a.png", "image/png"),
    "list": lambda client: client.files(),
    "delete": lambda client: client.delete_file("file_1"),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize(("reply", "error"), FILES_REFUSED.values(), ids=FILES_REFUSED)
async def test_instead_of_files_comes(
    server: ApiServer, client: Client, call: Callable[[Client], Awaitable[object]], reply: Reply, error: ServerError
) -> None:
    server.script_files(reply)
    with pytest.raises(ServerError) as caught:
        await call(client)
    assert_no_key(caught.value)
    assert caught.value == at(server, error)
    assert len(server.requests) == 1


async def test_an_upload_that_is_cancelled_closes_its_connection(server: ApiServer, client: Client) -> None:
    server.script_files(silence())
    upload = asyncio.create_task(client.upload(b"x", "a.png", "image/png"))
    await asyncio.to_thread(server.wait_for_requests, 1)
    upload.cancel()
    with pytest.raises(asyncio.CancelledError):
        await upload
    await asyncio.to_thread(server.wait_for_clients_left)


async def test_an_expired_file_in_a_question_is_told_by_its_code(server: ApiServer, client: Client) -> None:
    kept = server.files.keep(b"x", life=3600)
    server.files.expire(kept.id)
    picture = ImageBlock(1, "a.png", "sha", "image/png", 1, 1, 1, 1, "sha", 1, 1, 1, "PNG")
    picture = replace(picture, file=RemoteFile(kept.id, "here", 0.0))
    asked = Request.build(
        [Message.from_user("?", [picture])], model="claude-sonnet-5-5", server="here", sources=frozenset({"file"})
    )
    outcome = await ask(client, asked.body(lambda _: b""))
    assert isinstance(outcome.error, ApiError)
    assert (outcome.error.status, outcome.error.code) == (404, "file_expired")
    assert kept.id in outcome.error.message


# --- practice -----------------------------------------------------------------------------------


async def test_practice_answers_without_key_or_network(catalog: Catalog) -> None:
    client = Client(Server(), "", OpenGate(), practice=Practice(catalog, pace=0))
    outcome = await ask(client)
    assert outcome.error is None
    assert outcome.message.text
    assert {model.id for model in await client.models()} >= {"claude-sonnet-5-5"}
    await client.aclose()


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("/fail 529", ApiError(529, "overloaded_error", "Overloaded")),
        ("/fail cut", StreamInterrupted("cut")),
        ("/fail error", StreamInterrupted("error", "overloaded_error", "Overloaded")),
    ],
)
async def test_practice_fails_on_demand_as_the_api_does(catalog: Catalog, line: str, error: ServerError) -> None:
    body = Request.build([Message("user", (TextBlock(line),))], model="claude-sonnet-5-5").body(lambda _: b"")
    outcome = await ask(Client(Server(), "", OpenGate(), practice=Practice(catalog, pace=0)), body)
    assert outcome.error is not None
    assert replace(outcome.error, request_id="") == error  # type: ignore[type-var]


# --- repeats ------------------------------------------------------------------------------------

OVERLOADED = ApiError(529, "overloaded_error", "")
DELAYS: dict[str, tuple[ServerError, int, float | None]] = {
    "an overloaded server": (OVERLOADED, 0, 0.5),
    "an overloaded server again": (OVERLOADED, 1, 1.0),
    "an overloaded server for the third time": (OVERLOADED, 2, None),
    "a server that is away": (ApiError(503, "api_error", ""), 0, 0.5),
    "a rate limit": (ApiError(429, "rate_limit_error", ""), 0, 0.5),
    "a rate limit that names its end": (ApiError(429, "rate_limit_error", "", retry_after=7), 1, 7.0),
    "a rate limit of a minute": (ApiError(429, "rate_limit_error", "", retry_after=60), 0, 60.0),
    "a rate limit of an hour": (ApiError(429, "rate_limit_error", "", retry_after=3600), 0, None),
    "a rate limit that ends now": (ApiError(429, "rate_limit_error", "", retry_after=0), 0, 0.5),
    "a spend limit": (ApiError(429, "rate_limit_error", "", code="enforced_spend_limit_reached"), 0, None),
    "a contract's limit": (ApiError(429, "rate_limit_error", "", code="contract_spend_limit_reached"), 0, None),
    "a server that forbids it": (ApiError(529, "overloaded_error", "", should_retry=False), 0, None),
    "an error inside the server": (ApiError(500, "api_error", ""), 0, None),
    "a timeout inside the server": (ApiError(504, "timeout_error", ""), 0, None),
    "a wrong request": (ApiError(400, "invalid_request_error", "", retry_after=1), 0, None),
    "no connection": (NotConnected("", "refused"), 0, 0.5),
    "no connection again": (NotConnected("", "timeout"), 1, 1.0),
    "no such name": (NotConnected("", "dns"), 0, 0.5),
    "a certificate": (NotConnected("", "tls"), 0, None),
    "a lost reply": (ReplyLost("", "closed"), 0, None),
    "an interrupted answer": (StreamInterrupted("error", "overloaded_error"), 0, None),
    "a login page": (NotTheApi("", "html"), 0, None),
    "no key": (NoKey(""), 0, None),
}


@pytest.mark.parametrize(("error", "attempt", "seconds"), DELAYS.values(), ids=DELAYS)
def test_a_repeat_waits_for(error: ServerError, attempt: int, seconds: float | None) -> None:
    assert retry_delay(error, attempt, jitter=lambda: 0) == seconds


def test_repeats_of_many_do_not_come_together() -> None:
    assert retry_delay(OVERLOADED, 1, jitter=lambda: 1) == 0.75
    assert len({retry_delay(OVERLOADED, 0) for _ in range(20)}) > 1
