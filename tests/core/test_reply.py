"""What replies say, read from bytes alone: grammar, odd servers, error shapes, waiting times, model lists."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from app.core.catalog import ListedModel
from app.core.errors import ApiError, NotTheApi, ReplyLost, ServerError, StreamInterrupted
from app.core.message import JSON, Message
from app.core.reply import DAMAGED, Answer, api_error, message_events, model_page, parse_object, retry_after

EXAMPLES = Path(__file__).parents[1] / "data/api/examples"
RECORDED = sorted(path.name for path in EXAMPLES.glob("*.sse"))
SSE = {"content-type": "text/event-stream; charset=utf-8", "request-id": "req_1"}

START: JSON = {"type": "message_start", "message": {"id": "msg_1", "content": [], "usage": {"input_tokens": 3}}}
BLOCK: JSON = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
HELLO: JSON = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}}
BLOCK_END: JSON = {"type": "content_block_stop", "index": 0}
ENDING: JSON = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}}
STOP: JSON = {"type": "message_stop"}
WHOLE = (START, BLOCK, HELLO, BLOCK_END, ENDING, STOP)


def wire(*events: JSON) -> bytes:
    return b"".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events)


def read(stream: bytes, headers: dict[str, str] | None = None) -> tuple[list[JSON], ServerError | None]:
    """All events of a body that ends as HTTP wants it, and the error it ends with."""
    answer = Answer("host", 200, SSE if headers is None else headers)

    def events() -> Iterator[JSON]:
        yield from answer.feed(stream)
        if not answer.complete:
            yield from answer.end()

    seen: list[JSON] = []
    try:
        for event in events():
            seen.append(event)  # noqa: PERF402  # what came before an error counts
    except ServerError as error:
        return seen, error
    assert answer.complete
    return seen, None


def folded(events: list[JSON]) -> Message:
    message = Message("assistant")
    for event in events:
        message = message.apply(event)
    return message


def test_a_whole_stream_gives_its_events() -> None:
    assert read(wire(*WHOLE)) == (list(WHOLE), None)


@pytest.mark.parametrize("name", RECORDED)
def test_a_stream_cut_at_any_byte_is_never_complete_and_its_text_is_a_prefix(name: str) -> None:
    stream = (EXAMPLES / name).read_bytes()
    whole, _ = read(stream)
    text = folded(whole).text
    for size in range(len(stream)):
        events, error = read(stream[:size])
        assert error is not None
        assert events == whole[: len(events)]
        assert text.startswith(folded(events).text)
        assert isinstance(error, StreamInterrupted) == bool(events)


INTERRUPTED: dict[str, tuple[tuple[JSON, ...], StreamInterrupted]] = {
    "a delta before message_start": ((HELLO, *WHOLE), StreamInterrupted("protocol", request_id="req_1")),
    "a block before message_start": ((BLOCK, *WHOLE), StreamInterrupted("protocol", request_id="req_1")),
    "message_stop before message_start": ((STOP,), StreamInterrupted("protocol", request_id="req_1")),
    "a second message_start": ((START, START, *WHOLE[1:]), StreamInterrupted("protocol", request_id="req_1")),
    "a delta of a block that never began": ((START, HELLO), StreamInterrupted("protocol", request_id="req_1")),
    "a delta of a later block": (
        (START, BLOCK, HELLO | {"index": 1}),
        StreamInterrupted("protocol", request_id="req_1"),
    ),
    "a block out of turn": ((START, BLOCK | {"index": 1}), StreamInterrupted("protocol", request_id="req_1")),
    "a block that is no object": (
        (START, BLOCK | {"content_block": "x"}),
        StreamInterrupted("protocol", request_id="req_1"),
    ),
    "an error event": (
        (START, {"type": "error", "error": {"type": "overloaded_error", "message": "Busy"}, "request_id": "req_2"}),
        StreamInterrupted("error", "overloaded_error", "Busy", "req_2"),
    ),
    "an error event without a request id": (
        (START, {"type": "error", "error": {"type": "api_error", "message": "Sorry"}}),
        StreamInterrupted("error", "api_error", "Sorry", "req_1"),
    ),
    "an error event that is a word": (
        (START, {"type": "error", "error": "boom"}),
        StreamInterrupted("error", "", "boom", "req_1"),
    ),
    "the end of the body": ((START, BLOCK, HELLO), StreamInterrupted("cut", request_id="req_1")),
}  # fmt: skip


@pytest.mark.parametrize(("events", "error"), INTERRUPTED.values(), ids=INTERRUPTED)
def test_an_answer_is_interrupted_by(events: tuple[JSON, ...], error: StreamInterrupted) -> None:
    assert read(wire(*events))[1] == error


def test_events_before_the_fault_are_given() -> None:
    events, error = read(wire(START, BLOCK, HELLO, START))
    assert events == [START, BLOCK, HELLO]
    assert error == StreamInterrupted("protocol", request_id="req_1")


def test_nothing_after_message_stop_counts() -> None:
    assert read(wire(*WHOLE, STOP, HELLO, START)) == (list(WHOLE), None)


TOLERATED = {
    "an unknown event passes": (wire(START, {"type": "new", "x": 1}), [START, {"type": "new", "x": 1}]),
    "an unknown delta passes": (
        wire(START, BLOCK, HELLO | {"delta": {"type": "new"}}),
        [START, BLOCK, HELLO | {"delta": {"type": "new"}}],
    ),
    "data without a name counts by its type": (b"data: " + json.dumps(START).encode() + b"\n\n", [START]),
    "data without a type counts by its name": (b'event: ping\ndata: {"x": 1}\n\n', [{"type": "ping", "x": 1}]),
    "the type in the data wins over the name": (b'event: x\ndata: {"type": "ping"}\n\n', [{"type": "ping"}]),
    "[DONE] is dropped": (wire(START) + b"data: [DONE]\n\n", [START]),
    "data with neither name nor type is dropped": (wire(START) + b'data: {"x": 1}\n\ndata: hello\n\n', [START]),
    "an event with empty data is dropped": (wire(START) + b"event: ping\ndata:\n\n", [START]),
    "broken JSON is marked and the answer goes on": (
        wire(START, BLOCK) + b'event: content_block_delta\ndata: {"type": "content_bl\n\n' + wire(HELLO),
        [START, BLOCK, DAMAGED, HELLO],
    ),
    "JSON that is no object is marked": (wire(START) + b"event: x\ndata: 7\n\n", [START, DAMAGED]),
    "JSON without a floor is marked": (wire(START) + b"event: x\ndata: " + b"[" * 100_000 + b"\n\n", [START, DAMAGED]),
    "a number beyond reason is marked": (wire(START) + b"event: x\ndata: " + b"9" * 9999 + b"\n\n", [START, DAMAGED]),
    "blanks and a byte order mark may come first": (b"\xef\xbb\xbf\r\n\n" + wire(START), [START]),
}


@pytest.mark.parametrize(("stream", "events"), TOLERATED.values(), ids=TOLERATED)
def test_odd_servers_are_tolerated(stream: bytes, events: list[JSON]) -> None:
    assert read(stream) == (events, StreamInterrupted("cut", request_id="req_1"))


def test_broken_json_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    read(wire(START) + b"event: x\ndata: {\n\n" * 5)
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_line_over_the_limit_interrupts() -> None:
    assert read(b"data: " + b"x" * 2_000_000)[1] == StreamInterrupted("too_large", request_id="req_1")


@pytest.mark.parametrize("text", ["\\ud83d", "a\\uDE00b", "\\ud83dx"])
def test_half_a_surrogate_pair_becomes_a_replacement(text: str) -> None:
    parsed = parse_object(f'{{"text": "{text}"}}')
    assert parsed is not None
    assert parsed["text"].count("\ufffd") == 1
    parsed["text"].encode()


def test_a_whole_surrogate_pair_is_one_character() -> None:
    assert parse_object('{"text": "\\ud83d\\ude00"}') == {"text": "\U0001f600"}


# --- instead of a stream ------------------------------------------------------------------------

JSON_TYPE = {"content-type": "application/json", "request-id": "req_1"}
OTHER_BODIES: dict[str, tuple[bytes, dict[str, str], ServerError]] = {
    "a web page": (b" \n<!doctype html><p>Log in", {}, NotTheApi("host", "html", 200)),
    "a web page that says it is JSON": (b"<html>", JSON_TYPE, NotTheApi("host", "html", 200)),
    "nothing": (b"", JSON_TYPE, NotTheApi("host", "empty", 200)),
    "blanks": (b"\r\n \n", {}, NotTheApi("host", "empty", 200)),
    "a stream of nothing": (b"", SSE, ReplyLost("host", "closed")),
    "a stream of comments": (b": hello\n\n: hello\n\n", SSE, ReplyLost("host", "closed")),
    "words": (b"hello", {"content-type": "text/plain"}, NotTheApi("host", "garbage", 200)),
    "JSON that is cut": (b'{"type": "mess', JSON_TYPE, NotTheApi("host", "json", 200)),
    "JSON of something else": (b'{"id": 7}', JSON_TYPE, NotTheApi("host", "json", 200)),
    "a message without content": (b'{"type": "message"}', JSON_TYPE, NotTheApi("host", "json", 200)),
    "an error": (
        b'{"type": "error", "error": {"type": "rate_limit_error", "message": "Slow"}}',
        JSON_TYPE,
        ApiError(429, "rate_limit_error", "Slow", "req_1"),
    ),
    "an error of no known kind": (b'{"error": "boom"}', JSON_TYPE, ApiError(500, "api_error", "boom", "req_1")),
}


@pytest.mark.parametrize(("body", "headers", "error"), OTHER_BODIES.values(), ids=OTHER_BODIES)
def test_instead_of_a_stream_comes(body: bytes, headers: dict[str, str], error: ServerError) -> None:
    assert read(body, headers) == ([], error)


@pytest.mark.parametrize("name", ["resp_message.json", "resp_refusal.json"])
def test_a_whole_message_loses_nothing(name: str) -> None:
    body = (EXAMPLES / name).read_bytes()
    sent = json.loads(body)
    events, error = read(body, JSON_TYPE)
    assert error is None
    message = folded(events)
    assert [block.data for block in message.content] == sent["content"]  # type: ignore[union-attr]
    assert (message.api_id, message.stop_reason, message.stop_details) == (
        sent["id"],
        sent["stop_reason"],
        sent["stop_details"],
    )
    assert message.usage is not None
    assert message.usage.raw == sent["usage"]


def test_blocks_of_a_whole_message_we_do_not_know_come_as_they_are() -> None:
    content = [{"type": "thinking", "thinking": "Hm", "signature": "s"}, {"type": "new", "x": [1]}]
    message = folded(list(message_events({"type": "message", "content": content})))
    assert [block.data for block in message.content] == content  # type: ignore[union-attr]


# --- errors -------------------------------------------------------------------------------------

SHAPES: dict[str, tuple[int, bytes, ApiError]] = {
    "the API's own": (
        529,
        b'{"type":"error","error":{"type":"overloaded_error","message":"Busy"},"request_id":"req_2"}',
        ApiError(529, "overloaded_error", "Busy", "req_2"),
    ),
    "the API's own with a code": (
        429,
        b'{"type":"error","error":{"type":"rate_limit_error","message":"No","details":{"error_code":"enforced_spend_limit_reached"}}}',
        ApiError(429, "rate_limit_error", "No", "req_1", "enforced_spend_limit_reached"),
    ),
    "without the outer type": (
        400,
        b'{"error":{"type":"exceed_context_size_error","message":"Too long","code":400}}',
        ApiError(400, "exceed_context_size_error", "Too long", "req_1"),
    ),
    "without any type": (401, b'{"error":{"message":"No"}}', ApiError(401, "authentication_error", "No", "req_1")),
    "a word": (404, b'{"error":"model not found"}', ApiError(404, "not_found_error", "model not found", "req_1")),
    "a detail": (400, b'{"detail":"Bad"}', ApiError(400, "invalid_request_error", "Bad", "req_1")),
    "a null": (400, b'{"error":null}', ApiError(400, "invalid_request_error", "HTTP 400", "req_1")),
    "numbers for words": (500, b'{"error":{"type":5,"message":7}}', ApiError(500, "api_error", "HTTP 500", "req_1")),
    "HTML": (413, b"<html><h1>413</h1></html>", ApiError(413, "request_too_large", "HTTP 413", "req_1")),
    "HTML inside JSON": (502, b'{"error":"Bad: <!DOCTYPE html><p>"}', ApiError(502, "api_error", "HTTP 502", "req_1")),
    "plain text": (503, b"upstream connect error", ApiError(503, "api_error", "HTTP 503", "req_1")),
    "nothing": (529, b"", ApiError(529, "overloaded_error", "HTTP 529", "req_1")),
    "an unknown status": (418, b"", ApiError(418, "invalid_request_error", "HTTP 418", "req_1")),
    "a block that is to blame": (
        400,
        b'{"error":{"type":"invalid_request_error","message":"messages.12.content.3.image: too large"}}',
        ApiError(400, "invalid_request_error", "messages.12.content.3.image: too large", "req_1", block=(12, 3)),
    ),
    "one that names the block of a file that is gone": (
        404,
        b'{"error":{"message":"messages.2.content.1: Gone.","details":{"error_code":"file_expired"}}}',
        ApiError(
            404, "not_found_error", "messages.2.content.1: Gone.", "req_1", "file_expired", block=(2, 1), of_file=True
        ),
    ),
    "a signature that is refused": (
        400,
        b'{"error":{"message":"messages.1.content.0: Invalid `signature` in `thinking` block."}}',
        ApiError(
            400,
            "invalid_request_error",
            "messages.1.content.0: Invalid `signature` in `thinking` block.",
            "req_1",
            block=(1, 0),
            bad_signature=True,
        ),
    ),
}


@pytest.mark.parametrize(("status", "body", "error"), SHAPES.values(), ids=SHAPES)
def test_an_error_body_may_be(status: int, body: bytes, error: ApiError) -> None:
    assert api_error(status, {"request-id": "req_1"}, body) == error


def test_a_server_may_forbid_to_try_again() -> None:
    assert not api_error(429, {"x-should-retry": "false"}, b"").should_retry
    assert api_error(429, {"x-should-retry": "true"}, b"").should_retry


NOW = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
WAITS: dict[str, tuple[dict[str, str], float | None]] = {
    "seconds": ({"retry-after": "2"}, 2.0),
    "parts of a second": ({"retry-after": " 0.5 "}, 0.5),
    "nothing to wait": ({"retry-after": "0"}, 0.0),
    "an hour": ({"retry-after": "3600"}, 3600.0),
    "milliseconds": ({"retry-after-ms": "1500"}, 1.5),
    "milliseconds before seconds": ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
    "a date": (
        {"retry-after": format_datetime(NOW + timedelta(seconds=7), usegmt=True), "date": format_datetime(NOW)},
        7.0,
    ),
    "a date gone by": ({"retry-after": format_datetime(NOW), "date": format_datetime(NOW + timedelta(days=1))}, None),
    "a date beside a broken one": ({"retry-after": format_datetime(NOW), "date": "yesterday"}, None),
    "a date without its zone": ({"retry-after": "Sat, 21 Nov 2026 01:00:00 -0000", "date": format_datetime(NOW)}, None),
    "garbage": ({"retry-after": "soon"}, None),
    "a negative number": ({"retry-after": "-5"}, None),
    "no number": ({"retry-after": "nan"}, None),
    "a number without end": ({"retry-after": "inf"}, None),
    "an empty field": ({"retry-after": ""}, None),
    "no field": ({}, None),
}


@pytest.mark.parametrize(("headers", "seconds"), WAITS.values(), ids=WAITS)
def test_the_server_asks_us_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_a_date_without_the_replys_own_is_held_against_our_clock() -> None:
    seconds = retry_after({"retry-after": format_datetime(datetime.now(UTC) + timedelta(hours=1))})
    assert seconds is not None
    assert 3500 < seconds <= 3600


# --- model lists --------------------------------------------------------------------------------


def test_models_in_the_api_shape_have_all_they_tell() -> None:
    page = model_page(json.loads((EXAMPLES / "resp_models.json").read_bytes()))
    assert page is not None
    assert ListedModel("claude-sonnet-5-5", "Claude Sonnet 5.5", 1_000_000, 128_000, "active", None) in page.models


ODD_MODELS: dict[str, tuple[JSON, ListedModel]] = {
    "an id alone": ({"id": "llava"}, ListedModel("llava")),
    "the shape of OpenAI": ({"id": "llava", "object": "model", "created": 1, "owned_by": "me"}, ListedModel("llava")),
    "wrong types": (
        {
            "id": "x",
            "display_name": 1,
            "max_input_tokens": "many",
            "max_tokens": -1,
            "lifecycle": None,
            "retires_at": 5,
        },
        ListedModel("x"),
    ),
    "a day of retirement": (
        {"id": "x", "lifecycle": "deprecated", "retires_at": "2026-11-30T00:00:00Z"},
        ListedModel("x", lifecycle="deprecated", retires=date(2026, 11, 30)),
    ),
    "no eyes": (
        {"id": "x", "capabilities": {"image_input": {"supported": False}}},
        ListedModel("x", takes_pictures=False),
    ),
    "capabilities that are none": ({"id": "x", "capabilities": {"image_input": False}}, ListedModel("x")),
    "a day that is none": ({"id": "x", "retires_at": "2026-13-77"}, ListedModel("x")),
}


@pytest.mark.parametrize(("entry", "model"), ODD_MODELS.values(), ids=ODD_MODELS)
def test_a_listed_model_may_have(entry: JSON, model: ListedModel) -> None:
    page = model_page({"data": [entry, "no object", {"name": "no id"}, {"id": ""}]})
    assert page is not None
    assert page.models == [model]


@pytest.mark.parametrize(
    ("fields", "after"),
    [
        ({"has_more": True, "last_id": "x"}, "x"),
        ({"has_more": False, "last_id": "x"}, ""),
        ({"has_more": True}, ""),
        ({"has_more": "yes", "last_id": "x"}, ""),
        ({}, ""),
    ],
)
def test_the_next_page_is_asked_for_only_where_there_is_one(fields: dict[str, Any], after: str) -> None:
    page = model_page({"data": []} | fields)
    assert page is not None
    assert page.after == after


@pytest.mark.parametrize("value", [{}, {"data": {}}, {"data": None}, {"error": "x"}])
def test_what_is_no_list_of_models_is_none(value: JSON) -> None:
    assert model_page(value) is None


@pytest.mark.parametrize(
    ("status", "message", "of_link", "of_file"),
    [
        (400, "Unable to download the file. Please verify the URL and try again.", True, False),
        (400, "messages.0.content.1.image.source.url: could not be fetched", True, False),
        (400, "messages.0.content.1: Could not process image", False, False),
        (404, "File not found: file_011CNha8iCJcU1wXNR6q4V8w", False, True),
        (404, "The requested resource could not be found.", False, False),
        (404, "model: claude-unknown", False, False),
        (500, "Unable to download", False, False),
    ],
)
def test_an_error_may_be_about_a_link_or_a_file(status: int, message: str, of_link: bool, of_file: bool) -> None:
    body = json.dumps({"type": "error", "error": {"type": "", "message": message}}).encode()
    error = api_error(status, {}, body)
    assert (error.of_link, error.of_file) == (of_link, of_file)
