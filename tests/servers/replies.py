"""What the test server can be told to answer: each function makes a Reply, each method of a Reply spoils it.

server.script(recorded("stream_text.sse").hold("content_block_delta"), error(529, "overloaded_error", "Overloaded"))
"""

from __future__ import annotations

import gzip as gzip_format
import json
import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, Literal

from tests.servers.models import DATA
from tests.servers.prompt import text_tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]
Ending = Literal["end", "hang_up", "close", "reset", "silence"]
Framing = Literal["chunked", "length", "close", "none"]

SSE = "text/event-stream; charset=utf-8"
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Call:
    """What an answer depends on: the request, and what the server makes of it."""

    json: Json
    """The body, {} when there is none."""
    usage: Json
    """The input side of `usage`."""
    answer: str
    """The server's own text for this request."""
    thinking: str | None
    """The thinking that comes before the text; None for none."""
    shows_thinking: bool
    """Whether the thinking's text is sent, or the signature alone (API.md, section 3.3, `display`)."""
    signature: str
    number: int
    """Counts the answers of this server from 1."""
    count: Callable[[str], int] = text_tokens
    """Tokens of a text."""


Body = Callable[[Call], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: what is sent, in which pieces, and how it ends. Methods return a changed copy."""

    body: Body
    """The pieces, each written on its own: for a stream one event each."""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    framing: Framing = "chunked"
    """How the end of the body is told: by the last chunk, content-length, closing the connection, or not at all."""
    ending: Ending = "end"
    """After the last piece: finish; finish and close the kept-alive connection; close or reset; be silent."""
    holds: tuple[tuple[str, int], ...] = ()
    one_byte_at_a_time: bool = False
    before_the_body: bool = False
    """Answer when the request's headers have come, its body unread."""
    has_head: bool = True

    def hold(self, at: str, nth: int = 1) -> Reply:
        """Send up to and including the nth event called `at`, then wait for `server.release()`.

        "start" waits before the status line, "headers" before the body.
        """
        return replace(self, holds=(*self.holds, (at, nth)))

    def cut_at(self, size: int, ending: Ending = "close") -> Reply:
        """Send no more than `size` bytes of the body; "end" makes it look complete to HTTP."""
        return replace(self, body=lambda call: _first_bytes(self.body(call), size), ending=ending)

    def cut_after(self, event: str, nth: int = 1, ending: Ending = "close") -> Reply:
        """Send up to and including the nth event of that name and no more."""
        return replace(self, body=lambda call: _first_events(self.body(call), event, nth), ending=ending)

    def byte_by_byte(self) -> Reply:
        """Write every byte of the body on its own."""
        return replace(self, one_byte_at_a_time=True)

    def framed(self, framing: Framing) -> Reply:
        """Tell the end of the body in another way."""
        return replace(self, framing=framing)

    def with_headers(self, **headers: str) -> Reply:
        """Add headers, or replace them; underscores stand for hyphens."""
        return replace(
            self, headers={**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        )

    def then(self, ending: Ending) -> Reply:
        """End in another way."""
        return replace(self, ending=ending)

    def early(self) -> Reply:
        """Answer before the request's body is read; `then("silence")` with it never reads the body at all."""
        return replace(self, before_the_body=True)

    def transformed(self, change: Callable[[bytes], bytes]) -> Reply:
        """Change the bytes of every piece: other line ends, a byte order mark, broken UTF-8."""
        return replace(self, body=lambda call: [change(piece) for piece in self.body(call)])


# --- answers as the API gives them --------------------------------------------------------------


def text(
    words: str | None = None,
    *,
    chunks: int = 4,
    thinking: str | None = None,
    stop_reason: str = "end_turn",
    stop_details: Json | None = None,
) -> Reply:
    """An answer in the API's grammar, streamed or not as the request asks; without `words` the server's own text."""

    def body(call: Call) -> list[bytes]:
        message = _message(call, call.answer if words is None else words, thinking, stop_reason, stop_details)
        if not call.json.get("stream"):
            return [_dump(message)]
        return list(_stream(message, chunks, call))

    return Reply(body)


def recorded(name: str) -> Reply:
    """A file of tests/data/api/examples, byte for byte; streams are sent event by event."""
    data = (DATA / "examples" / name).read_bytes()
    pieces = [piece for piece in re.split(rb"(?<=\n\n)", data) if piece]
    kind = SSE if name.endswith(".sse") else JSON
    return Reply(lambda _: pieces, headers={"content-type": kind})


def events(*data: Json) -> Reply:
    """A stream of just these events, each named by its `type`: for what the grammar forbids."""
    pieces = [event(one) for one in data]
    return Reply(lambda _: pieces, headers={"content-type": SSE})


def json_to_stream(words: str = "Not streamed.") -> Reply:
    """A whole message as JSON although a stream was asked for."""
    return json_reply(lambda call: _message(call, words, None, "end_turn", None))


def json_reply(value: Json | Callable[[Call], Json], status: int = 200) -> Reply:
    """Any JSON."""
    return Reply(
        lambda call: [_dump(value(call) if callable(value) else value)],
        status,
        {"content-type": JSON},
        "length",
    )


def error(
    status: int,
    kind: str,
    message: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: str | bytes | None = None,
    code: str | None = None,
) -> Reply:
    """An error in the API's shape (API.md, section 4.1) or with a `body` of its own; `code` is `details.error_code`."""
    details = {"details": {"error_code": code}} if code else {}
    shaped = {"type": "error", "error": {"type": kind, "message": message, **details}, "request_id": f"req_{status}"}
    sent = _dump(shaped) if body is None else body.encode() if isinstance(body, str) else body
    return Reply(
        lambda _: [sent], status, {"content-type": JSON, "request-id": f"req_{status}", **(headers or {})}, "length"
    )


# --- answers the API never gives ----------------------------------------------------------------


def html(status: int = 200, page: str = "<!DOCTYPE html><title>Log in</title><h1>Log in to the network</h1>") -> Reply:
    """A web page, as a captive portal or a content network answers."""
    return Reply(lambda _: [page.encode()], status, {"content-type": "text/html; charset=utf-8"}, "length")


def redirect(status: int, location: str) -> Reply:
    """A redirect, which a client must not follow."""
    return Reply(lambda _: [], status, {"location": location}, "length")


def empty(status: int = 200, content_type: str = SSE) -> Reply:
    """Headers and nothing else."""
    return Reply(lambda _: [], status, {"content-type": content_type}, "length")


def close_before_reply() -> Reply:
    """The request is read, the connection closed."""
    return Reply(lambda _: [], ending="close", has_head=False)


def reset_before_reply() -> Reply:
    """The request is read, the connection reset (RST)."""
    return Reply(lambda _: [], ending="reset", has_head=False)


def silence(*, headers: bool = False) -> Reply:
    """Nothing (or the headers, then nothing) until the client leaves or the server ends."""
    return Reply(lambda _: [], headers={"content-type": SSE}, ending="silence", has_head=headers)


def raw(data: bytes, ending: Ending = "close") -> Reply:
    """These bytes instead of an HTTP answer: bad status lines, bad chunks, headers without end."""
    return Reply(lambda _: [data], framing="none", ending=ending, has_head=False)


def gzip(reply: Reply) -> Reply:
    """The same answer with `content-encoding: gzip`, asked for or not."""
    return replace(
        reply,
        body=lambda call: [gzip_format.compress(b"".join(reply.body(call)))],
        headers={**reply.headers, "content-encoding": "gzip"},
        framing="length",
    )


def huge_line(size: int = 2_000_000) -> Reply:
    """A stream whose first event is one line of `size` bytes."""
    piece = b"x" * 65_536
    pieces = chain([b"event: message_start\ndata: "], repeat(piece, math.ceil(size / len(piece))), [b"\n\n"])
    data = list(pieces)
    return Reply(lambda _: data, headers={"content-type": SSE})


def endless(piece: bytes = b'event: ping\ndata: {"type":"ping"}\n\n') -> Reply:
    """The same piece for ever, until the client leaves."""
    return Reply(lambda _: repeat(piece), headers={"content-type": SSE})


# --- the grammar of a stream (API.md, section 3.4) -----------------------------------------------


def event(data: Json) -> bytes:
    """One event, named by its `type`."""
    return b"event: %b\ndata: %b\n\n" % (data["type"].encode(), _dump(data))


def _dump(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def event_name(piece: bytes) -> str:
    """The name of the event in a piece, "" when there is none."""
    found = re.search(rb"^event: ?(\w+)", piece, re.MULTILINE)
    return found[1].decode() if found else ""


def answer_blocks(pieces: Sequence[bytes]) -> list[Json]:
    """The finished content blocks of a stream or of a whole message, as a client will send them back."""
    found: list[Json] = []
    for data in re.findall(rb"^(?:data: ?)?(\{.*\})$", b"".join(pieces), re.MULTILINE):
        try:
            value = json.loads(data)
        except ValueError:
            continue
        if value.get("type") == "message":
            return list(value["content"])
        if value.get("type") == "content_block_start":
            found.append(dict(value["content_block"]))
        elif value.get("type") == "content_block_delta" and found:
            _apply(found[-1], value["delta"])
    return found


def _apply(block: Json, delta: Json) -> None:
    for name in ("text", "thinking"):
        if name in delta:
            block[name] += delta[name]
    if "signature" in delta:
        block["signature"] = delta["signature"]


def _message(call: Call, words: str, thinking: str | None, stop_reason: str, stop_details: Json | None) -> Json:
    """A whole message (API.md, section 3.5), cut where `max_tokens` ends it."""
    thought = call.thinking if thinking is None else thinking
    room = 4 * int(call.json.get("max_tokens", 1_000_000)) - len(thought or "")
    content: list[Json] = []
    if thought is not None:
        shown = thought if call.shows_thinking else ""
        content.append({"type": "thinking", "thinking": shown, "signature": call.signature})
    if words and room > 0:
        content.append({"type": "text", "text": words[:room]})
    thinking_tokens = call.count(thought or "")
    return {
        "id": f"msg_test{call.number:04}",
        "type": "message",
        "role": "assistant",
        "model": call.json.get("model", ""),
        "content": content,
        "stop_reason": "max_tokens" if len(words) > max(room, 0) else stop_reason,
        "stop_sequence": None,
        "stop_details": stop_details,
        "usage": {
            **call.usage,
            "output_tokens": thinking_tokens + call.count(words[: max(room, 0)]),
            "output_tokens_details": {"thinking_tokens": thinking_tokens},
        },
    }


def _stream(message: Json, chunks: int, call: Call) -> Iterable[bytes]:
    start = {**message, "content": [], "stop_reason": None, "usage": {**call.usage, "output_tokens": 1}}
    yield event({"type": "message_start", "message": start})
    yield event({"type": "ping"})
    for index, block in enumerate(message["content"]):
        empty_block = {name: value if name == "type" else "" for name, value in block.items()}
        yield event({"type": "content_block_start", "index": index, "content_block": empty_block})
        for delta in _deltas(block, chunks):
            yield event({"type": "content_block_delta", "index": index, "delta": delta})
        yield event({"type": "content_block_stop", "index": index})
    delta = {name: message[name] for name in ("stop_reason", "stop_sequence", "stop_details")}
    usage = {name: message["usage"][name] for name in ("output_tokens", "output_tokens_details")}
    yield event({"type": "message_delta", "delta": delta, "usage": usage})
    yield event({"type": "message_stop"})


def _deltas(block: Json, chunks: int) -> Iterable[Json]:
    kind = block["type"]
    words = block[kind]
    step = max(1, math.ceil(len(words) / chunks))
    for at in range(0, len(words), step):
        yield {"type": f"{kind}_delta", kind: words[at : at + step]}
    if kind == "thinking":
        yield {"type": "signature_delta", "signature": block["signature"]}


def _first_bytes(pieces: Iterable[bytes], size: int) -> list[bytes]:
    kept: list[bytes] = []
    for piece in pieces:
        kept.append(piece[:size])
        size -= len(piece)
        if size <= 0:
            break
    return kept


def _first_events(pieces: Iterable[bytes], name: str, nth: int) -> list[bytes]:
    kept: list[bytes] = []
    for piece in pieces:
        kept.append(piece)
        nth -= event_name(piece) == name
        if not nth:
            break
    return kept
