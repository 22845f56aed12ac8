"""The Messages API of today on a real socket of 127.0.0.1, for tests: as strict as the real one, and faulty on command.

Written from the API's documentation alone; it imports nothing of the app. It runs in a thread with an event loop of
its own, so that plain tests, asyncio tests, windows and other processes can all talk to it:

    with ApiServer() as server:
        server.script(error(529, "overloaded_error", "Overloaded"), text("Red and blue."))
        …                       # POST server.url + "/v1/messages", twice
        assert server.requests[0].json["stream"] is True

A request that breaks a rule gets the API's own error and uses up no scripted reply.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, deque
from dataclasses import replace
from typing import TYPE_CHECKING, Self
from urllib.parse import unquote

from tests.servers import models, prompt, rules
from tests.servers.files import Files, Refused
from tests.servers.replies import JSON, SSE, Call, Json, Reply, answer_blocks, error, event_name, json_reply, text
from tests.servers.wire import BadRequestLine, Connection, Request, chunk, head_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import TracebackType

TEST_KEY = "sk-ant-test-key-0123456789"
_HEAD_LIMIT = 1 << 20
_METHODS = {
    "/v1/messages": {"POST"},
    "/v1/messages/count_tokens": {"POST"},
    "/v1/models": {"GET"},
    "/v1/files": {"GET", "POST"},
}


class ApiServer:
    """A server as a context manager.

    answer: the text of every answer that is not scripted: fixed, or made from the request's JSON.
    thinking: the thinking before every such answer; None for none.
    models_reply: what GET /v1/models answers instead of the list of tests/data/api/models.json.
    files: the files uploaded, and the pictures at addresses.
    tokenizer: tokens of a text for a model; `tokenizer.for_model` counts as well as the stand-in can.
    strict: whether requests are checked; without it, everything that is JSON is answered.
    """

    def __init__(self, key: str = TEST_KEY, *, base_path: str = "", strict: bool = True) -> None:
        self.key = key
        self.strict = strict
        self.answer: str | Callable[[Json], str] = described
        self.thinking: str | None = None
        self.models_reply: Reply | Json | None = None
        self.files = Files()
        self.tokenizer: prompt.Tokenizer = prompt.rough
        self.url = ""
        self.port = 0
        self._base_path = base_path
        self._changed = threading.Condition()
        self._requests: list[Request] = []
        self._script: deque[Reply] = deque()
        self._files_script: deque[Reply] = deque()
        self._counts_script: deque[Reply] = deque()
        self._answers = 0
        self._holding = 0
        self._clients_left = 0
        self._connections: set[asyncio.Task[None]] = set()
        self._crashes: list[BaseException] = []
        self._cache = prompt.Cache()
        self._thoughts = prompt.Thinking()

    # --- for the test's thread ------------------------------------------------------------------

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="ApiServer", daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        if self._crashes and value is None:
            raise self._crashes[0]

    @property
    def requests(self) -> list[Request]:
        """Every request read so far, in order."""
        with self._changed:
            return list(self._requests)

    @property
    def posts(self) -> list[Request]:
        """The requests to /v1/messages alone."""
        return [request for request in self.requests if request.path.endswith("/v1/messages")]

    @property
    def counts(self) -> Counter[str]:
        """How many requests came, by method and path without the base path: "POST /v1/files"."""
        return Counter(f"{request.method} {request.path.removeprefix(self._base_path)}" for request in self.requests)

    @property
    def connections(self) -> int:
        """Connections open now."""
        return len(self._connections)

    def script(self, *replies: Reply) -> None:
        """Queue replies to POST /v1/messages, one each; after them the server answers by itself again."""
        with self._changed:
            self._script.extend(replies)

    def script_files(self, *replies: Reply) -> None:
        """Queue replies to requests at or below /v1/files, one each, none of which then changes a file."""
        with self._changed:
            self._files_script.extend(replies)

    def script_counts(self, *replies: Reply) -> None:
        """Queue replies to POST /v1/messages/count_tokens, one each."""
        with self._changed:
            self._counts_script.extend(replies)

    def release(self) -> None:
        """Let one reply that is held, or the next that will be, go on."""
        self._loop.call_soon_threadsafe(self._releases.release)

    def wait_for_requests(self, count: int, timeout: float = 10) -> list[Request]:
        """Wait until so many requests have been read, and return them.

        Blocks: in a coroutine call it through asyncio.to_thread. Raises TimeoutError after `timeout` seconds.
        """
        self._wait(lambda: len(self._requests) >= count, timeout, f"{count} requests")
        return self.requests

    def wait_for_hold(self, count: int = 1, timeout: float = 10) -> None:
        """Wait until so many replies have come to a hold: what comes before it has been sent."""
        self._wait(lambda: self._holding >= count, timeout, f"{count} held replies")

    def wait_for_clients_left(self, count: int = 1, timeout: float = 10) -> None:
        """Wait until so many clients have closed the connection in mid-answer."""
        self._wait(lambda: self._clients_left >= count, timeout, f"{count} clients to leave")

    def _wait(self, condition: Callable[[], bool], timeout: float, what: str) -> None:
        with self._changed:
            if not self._changed.wait_for(condition, timeout):
                raise TimeoutError(f"no {what} within {timeout} s; {len(self._requests)} requests came")

    # --- in the server's thread -----------------------------------------------------------------

    async def _open(self) -> None:
        self._releases = asyncio.Semaphore(0)
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=_HEAD_LIMIT)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}{self._base_path}"

    async def _close(self) -> None:
        self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        left = False
        try:
            await self._converse(Connection(reader, writer))
            writer.close()
            await writer.wait_closed()
        except asyncio.CancelledError:
            pass  # the server closes; asyncio's streams of Python 3.11 log a task that ends cancelled
        except OSError:
            left = True
        except Exception as crash:  # noqa: BLE001  # it belongs to the test, which sees it when the server closes
            self._crashes.append(crash)
        finally:
            writer.transport.abort()
            self._connections.discard(task)
        if left:
            self._count("_clients_left")

    def _count(self, name: str) -> None:
        with self._changed:
            setattr(self, name, getattr(self, name) + 1)
            self._changed.notify_all()

    async def _converse(self, connection: Connection) -> None:
        """Answer requests until the client or a reply closes the connection."""
        open_still = True
        while open_still:
            try:
                head = await connection.read_head()
            except BadRequestLine as bad:
                refusal = error(400, "invalid_request_error", str(bad))
                return await self._send(connection, refusal, _bare_call({}, 0))
            if head is None:
                return None
            open_still = await self._respond(connection, head)
        return None

    async def _respond(self, connection: Connection, head: Request) -> bool:
        """Read one request and answer it. Returns whether the connection stays open."""
        with self._changed:
            early = self._script[0] if self._script and self._script[0].before_the_body and _is_post(head) else None
        if early is None:
            request = replace(head, body=await connection.read_body(head))
        else:
            request = head
            self._script.popleft()
        with self._changed:
            self._requests.append(request)
            self._answers += 1
            self._changed.notify_all()
        reply, call = (early, _bare_call({}, self._answers)) if early else self._reply_to(request)
        await self._send(connection, reply, call)
        if early:
            await connection.discard_rest()
        return reply.ending == "end" and reply.framing in {"chunked", "length"} and not early

    def _reply_to(self, request: Request) -> tuple[Reply, Call]:
        try:
            path = self._route(request)
            if self.strict:
                rules.check_access(request, self.key)
            if path == "/v1/models":
                return self._list(request), _bare_call({}, self._answers)
            if path.startswith("/v1/files"):
                return self._file(request, path), _bare_call({}, self._answers)
            body = rules.decoded(request)
            if path == "/v1/messages/count_tokens":
                return self._counted(body), _bare_call(body, self._answers)
            return self._message(body)
        except Refused as refused:
            refusal = error(refused.status, refused.kind, refused.message, code=refused.code)
            return refusal, _bare_call({}, self._answers)

    def _route(self, request: Request) -> str:
        """The path behind the base path; refuses paths and methods that the API does not have."""
        path = request.path.removeprefix(self._base_path) if request.path.startswith(self._base_path) else ""
        is_file = path.startswith("/v1/files/") and path.count("/") == 3
        methods = {"GET", "DELETE"} if is_file else _METHODS.get(path)
        if methods is None:
            raise Refused("Not found", 404, "not_found_error")
        if request.method not in methods:
            raise Refused("Method not allowed", 405)
        return path

    def _file(self, request: Request, path: str) -> Reply:
        with self._changed:
            if self._files_script:
                return self._files_script.popleft()
        file_id = unquote(path.removeprefix("/v1/files").removeprefix("/"))
        match request.method, bool(file_id):
            case "POST", _:
                return json_reply(self.files.upload(request))
            case "DELETE", _:
                return json_reply(self.files.delete(file_id))
            case _, True:
                return json_reply(self.files.find(file_id).json())
        return json_reply(self.files.page(request.query))

    def _list(self, request: Request) -> Reply:
        if self.models_reply is not None:
            return self.models_reply if isinstance(self.models_reply, Reply) else json_reply(self.models_reply)
        asked = dict(request.query)
        try:
            limit = int(asked.get("limit", "20"))
            if not 1 <= limit <= 1000:
                raise Refused("limit: Input should be between 1 and 1000")
            return json_reply(models.page(asked.get("after_id"), limit))
        except (ValueError, KeyError) as wrong:
            raise Refused(f"after_id or limit: {wrong}") from None

    def _counted(self, body: Json) -> Reply:
        with self._changed:
            if self._counts_script:
                return self._counts_script.popleft()
        model = rules.check_count(body, self._thoughts.kinds, self.files)
        read = self._thoughts.check(prompt.items(body, model, self.files, self.tokenizer), model)
        return json_reply({"input_tokens": prompt.total(read)})

    def _message(self, body: Json) -> tuple[Reply, Call]:
        if not self.strict:
            return self._next_reply(), _bare_call(body, self._answers)
        model = rules.check_message(body, self._thoughts.kinds, self.files)
        read = self._thoughts.check(prompt.items(body, model, self.files, self.tokenizer), model)
        if prompt.total(read) > model.context_window:
            raise Refused(f"prompt is too long: {prompt.total(read)} tokens > {model.context_window} maximum")
        call = self._call(body, read, model)
        reply = self._next_reply()
        pieces = reply.body(call)
        if isinstance(pieces, list):
            self._thoughts.learn(read, model, answer_blocks(pieces))
            reply = replace(reply, body=lambda _: pieces)
        return reply, call

    def _next_reply(self) -> Reply:
        with self._changed:
            return self._script.popleft() if self._script else text()

    def _call(self, body: Json, read: Sequence[prompt.Item], model: models.Model) -> Call:
        asked = body.get("thinking") or {}
        thinks = asked.get("type") not in {"disabled", "between_tools"}
        return Call(
            json=body,
            usage=self._cache.usage(body, list(read), model),
            answer=self.answer if isinstance(self.answer, str) else self.answer(body),
            thinking=self.thinking if thinks else None,
            shows_thinking=asked.get("display", model.thinking_display) == "summarized",
            signature=prompt.sign(list(read), model, f"{self._answers}"),
            number=self._answers,
            count=lambda words: self.tokenizer(words, model),
        )

    async def _send(self, connection: Connection, reply: Reply, call: Call) -> None:
        """Send a reply, hold where it holds, and end it as it ends."""
        await self._hold(connection, reply, "start", 1)
        pieces = list(reply.body(call)) if reply.framing == "length" else reply.body(call)
        if reply.has_head:
            await connection.write(head_bytes(reply.status, _headers(reply, call, pieces)))
        await self._hold(connection, reply, "headers", 1)
        seen: Counter[str] = Counter()
        for piece in pieces:
            parts = [piece[n : n + 1] for n in range(len(piece))] if reply.one_byte_at_a_time else [piece]
            for part in filter(None, parts):
                await connection.write(chunk(part) if reply.framing == "chunked" else part)
            if reply.holds:
                name = event_name(piece)
                seen[name] += 1
                await self._hold(connection, reply, name, seen[name])
        await self._end(connection, reply)

    async def _hold(self, connection: Connection, reply: Reply, at: str, nth: int) -> None:
        if (at, nth) in reply.holds:
            self._count("_holding")
            await connection.wait_for(self._releases)

    async def _end(self, connection: Connection, reply: Reply) -> None:
        if reply.ending in {"end", "hang_up"} and reply.framing == "chunked":
            await connection.write(b"0\r\n\r\n")
        elif reply.ending == "reset":
            connection.reset()
        elif reply.ending == "silence" and reply.before_the_body:
            await asyncio.Event().wait()  # to watch for the client's leaving is to read, and this one must not
        elif reply.ending == "silence":
            await connection.wait_for(asyncio.Semaphore(0))


def _headers(reply: Reply, call: Call, pieces: Iterable[bytes]) -> dict[str, str]:
    headers = {
        "content-type": SSE if call.json.get("stream") else JSON,
        "request-id": f"req_test{call.number:04}",
        "anthropic-organization-id": "org_test",
    }
    if reply.framing == "length":
        headers["content-length"] = str(sum(map(len, pieces)))
    elif reply.framing == "chunked":
        headers["transfer-encoding"] = "chunked"
    else:
        headers["connection"] = "close"
    return headers | dict(reply.headers)


def _is_post(head: Request) -> bool:
    return head.method == "POST" and head.path.endswith("/v1/messages")


def _bare_call(body: Json, number: int) -> Call:
    """A call about which the server knows nothing but the body."""
    return Call(body, {"input_tokens": 1}, "Unchecked.", None, shows_thinking=False, signature="", number=number)


def described(body: Json) -> str:
    """The default answer: the pictures the request brought, in Markdown."""
    model = models.models()[body["model"]]
    lines: list[str] = []
    for _, block in rules.blocks(body):
        if block["type"] != "image":
            continue
        number = len(lines) + 1
        if block["source"]["type"] != "base64":
            lines.append(f"{number}. a picture from elsewhere")
        elif picture := Files().picture(block["source"]):
            size, tokens = f"{picture.width} × {picture.height} px", prompt.picture_tokens(picture, model)
            lines.append(f"{number}. {picture.media_type}, **{size}**, {tokens} token{'s' if tokens > 1 else ''}")
    if not lines:
        return "You sent no pictures."
    return f"You sent {len(lines)} picture{'s' if len(lines) > 1 else ''}:\n\n" + "\n".join(lines)
