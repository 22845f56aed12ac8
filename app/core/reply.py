"""What a server's reply says: the events of an answer, their grammar, the errors; no I/O (API.md, sections 3.4, 4, 10)."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from app.core import sse
from app.core.errors import ApiError, StreamInterrupted
from app.core.message import JSON

DAMAGED: Final[JSON] = {"type": "damaged_event"}
"""Stands for an event whose JSON is broken: `Message.apply` ignores it, and a reader can tell that something is missing."""

TYPES: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}
"""HTTP status → `error.type` (API.md, section 4.1)."""

_NEEDS_START: Final = frozenset(
    {"content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop"}
)
_BLANKS: Final = b"\xef\xbb\xbf \t\r\n"
_HTML: Final = re.compile(r"^\s*<|<!doctype|<html", re.IGNORECASE)
_NUMBER: Final = re.compile(r"\s*(\d{1,15}(?:\.\d{0,15})?)\s*", re.ASCII)

_log = logging.getLogger(__name__)


class Answer:
    """Bytes of one streamed answer in, its events out, in the order the grammar allows."""

    def __init__(self, request_id: str = "") -> None:
        self.began = False
        """At least one event came: from here on the answer can only be interrupted."""
        self.complete = False
        """message_stop came, whole."""
        self._request_id = request_id
        self._decoder = sse.Decoder()
        self._started = False
        self._blocks = 0
        self._warned = False

    def feed(self, data: bytes) -> Iterator[JSON]:
        """The events that `data` completes, none after message_stop.

        An event whose JSON is broken comes as `DAMAGED`; unknown events pass through; `[DONE]` and unnamed data
        without a type are dropped (API.md, section 10). Raises StreamInterrupted: "error" for an error event,
        "protocol" for events out of order, "too_large" for a line or event beyond all reason.
        """
        try:
            events = self._decoder.feed(data)
        except sse.TooLarge:
            raise StreamInterrupted("too_large", request_id=self._request_id) from None
        for event in events:
            parsed = self._parsed(event)
            if parsed is None:
                continue
            self._check(parsed)
            self.began = True
            yield parsed
            if self.complete:
                return

    def _parsed(self, event: sse.Event) -> JSON | None:
        if event.data.strip() in {"", "[DONE]"} and event.name != "error":
            return None
        parsed = parse_object(event.data)
        if event.name == "error" or (parsed is not None and is_error(parsed)):
            raise self._error(parsed or {})
        if parsed is None:
            return self._damaged() if event.name else None
        # Some servers put the type into the event's name alone.
        kind = _text(parsed.get("type")) or event.name
        return parsed | {"type": kind} if kind else None

    def _error(self, parsed: JSON) -> StreamInterrupted:
        kind, message, _ = _error_facts(parsed)
        return StreamInterrupted("error", kind, message, _text(parsed.get("request_id")) or self._request_id)

    def _damaged(self) -> JSON:
        if not self._warned:
            self._warned = True
            _log.warning("an event of the stream is not JSON; the answer is read on without it")
        return DAMAGED

    def _check(self, event: JSON) -> None:
        kind = event["type"]
        if kind == "message_start":
            self._require(not self._started)
            self._started = True
        elif kind in _NEEDS_START:
            self._require(self._started)
        if kind == "content_block_start":
            self._require(event.get("index") == self._blocks and isinstance(event.get("content_block"), dict))
            self._blocks += 1
        elif kind == "content_block_delta":
            index = event.get("index")
            self._require(isinstance(index, int) and 0 <= index < self._blocks)
        elif kind == "message_stop":
            self.complete = True

    def _require(self, holds: bool) -> None:
        if not holds:
            raise StreamInterrupted("protocol", request_id=self._request_id)


def parse_object(text: str | bytes) -> JSON | None:
    """A JSON object; None for anything else. A lone surrogate (`"\\ud83d"`), which no file takes, becomes U+FFFD."""
    if isinstance(text, bytes):
        text = text.decode("utf-8-sig", "replace")
    try:
        value = json.loads(text)
        if "\\ud" in text or "\\uD" in text:
            plain = json.dumps(value, ensure_ascii=False)
            value = json.loads(plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def message_events(message: JSON) -> Iterator[JSON]:
    """The events of an answer that came whole although a stream was asked for, as some servers do (API.md, section 10)."""
    yield {"type": "message_start", "message": message | {"content": [], "stop_reason": None}}
    for index, block in enumerate(message["content"]):
        text = block.get("text") if block.get("type") == "text" else None
        if isinstance(text, str):
            yield {"type": "content_block_start", "index": index, "content_block": block | {"text": ""}}
            yield {"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": text}}
        else:
            yield {"type": "content_block_start", "index": index, "content_block": block}
        yield {"type": "content_block_stop", "index": index}
    ending = {key: message.get(key) for key in ("stop_reason", "stop_sequence", "stop_details")}
    yield {"type": "message_delta", "delta": ending, "usage": message.get("usage") or {}}
    yield {"type": "message_stop"}


def is_message(value: JSON) -> bool:
    content = value.get("content")
    return (
        value.get("type") == "message" and isinstance(content, list) and all(isinstance(block, dict) for block in content)
    )


def is_error(value: JSON) -> bool:
    return value.get("type") == "error" or ("type" not in value and bool(value.get("error")))


def first_sign(head: bytes) -> bytes:
    """The first byte that is neither blank nor byte order mark: `{` of JSON, `<` of HTML, a letter of a stream."""
    return head.lstrip(_BLANKS)[:1]


def api_error(status: int, headers: Mapping[str, str], body: bytes) -> ApiError:
    """The error of a reply with an error status, or of an error object that came with 200.

    `body` may be of any shape and length cut: `{"error": {…}}`, `{"error": "text"}`, `{"detail": "text"}`, HTML. What is
    no error object is never passed on as a message; the status speaks then. `headers` are looked up in lower case.
    """
    parsed = parse_object(body) or {}
    kind, message, code = _error_facts(parsed)
    if status < 400:
        status = next((s for s, known in TYPES.items() if known == kind), 500)
    return ApiError(
        status,
        kind or TYPES.get(status) or ("api_error" if status >= 500 else "invalid_request_error"),
        message or f"HTTP {status}",
        request_id=_text(parsed.get("request_id")) or request_id(headers),
        code=code,
        retry_after=retry_after(headers),
        should_retry=headers.get("x-should-retry", "").strip().lower() != "false",
    )


def request_id(headers: Mapping[str, str]) -> str:
    return headers.get("request-id") or headers.get("x-request-id", "")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds the server asks us to wait, from `retry-after-ms` or `retry-after`; None for what is neither number nor date.

    A date is held against the reply's own `date`, so that a wrong clock here does no harm.
    """
    if milliseconds := _NUMBER.fullmatch(headers.get("retry-after-ms", "")):
        return float(milliseconds[1]) / 1000
    text = headers.get("retry-after", "")
    if seconds := _NUMBER.fullmatch(text):
        return float(seconds[1])
    try:
        sent = parsedate_to_datetime(headers["date"]) if "date" in headers else datetime.now(UTC)
        wait = (parsedate_to_datetime(text) - sent).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return wait if wait >= 0 else None


def _error_facts(parsed: JSON) -> tuple[str, str, str]:
    """`error.type`, `error.message` and `error.details.error_code`, as far as they are there."""
    error: Any = parsed.get("error") or parsed.get("detail") or parsed.get("message")
    if not isinstance(error, dict):
        return "", _plain(error), ""
    details = error.get("details")
    code = _text(details.get("error_code")) if isinstance(details, dict) else ""
    return _text(error.get("type")), _plain(error.get("message")), code


def _plain(value: object) -> str:
    """Text for a person; empty where a proxy wrapped its web page into it."""
    text = _text(value).strip()
    return "" if _HTML.search(text) else text


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
