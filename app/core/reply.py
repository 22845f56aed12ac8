"""What a server's reply says, without I/O: events, errors, model lists (API.md, sections 2.1, 3.4, 4 and 10)."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from app.core import sse
from app.core.catalog import ListedModel
from app.core.errors import ApiError, NotTheApi, ReplyLost, ServerError, StreamInterrupted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.core.message import JSON

DAMAGED: Final[JSON] = {"type": "damaged_event"}
"""Stands for an event whose JSON is broken. `Message.apply` ignores it; a reader can tell that something is missing."""

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
_BLOCK: Final = re.compile(r"\bmessages\.(\d{1,9})\.content\.(\d{1,9})\b", re.ASCII)
_FETCHING: Final = re.compile(r"\b(?:download|fetch|url)", re.IGNORECASE)
_FILE: Final = re.compile(r"\bfile(?:s|_\w+)?\b", re.IGNORECASE)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

_log = logging.getLogger(__name__)


class Answer:
    """The body of a reply to a streamed request: bytes in, events out, in the order the grammar allows.

    It also takes what some servers send instead of a stream (API.md, section 10): one JSON object, a whole message.
    """

    def __init__(self, host: str, status: int, headers: Mapping[str, str]) -> None:
        """`headers` are looked up in lower case."""
        self.began = False
        """At least one event came: from here on the answer can only be interrupted."""
        self.complete = False
        """message_stop came, whole."""
        self._host = host
        self._status = status
        self._headers = headers
        self._sign = b""
        self._whole = bytearray()
        self._decoder = sse.Decoder()
        self._started = False
        self._blocks = 0
        self._warned = False

    def feed(self, data: bytes) -> Iterator[JSON]:
        """The events that `data` completes, none after message_stop.

        An event whose JSON is broken comes as `DAMAGED`; unknown events pass through; `[DONE]` and unnamed data without
        a type are dropped. Raises StreamInterrupted: "error" for an error event, "protocol" for events out of order,
        "too_large" for a line or event beyond all reason; NotTheApi for a web page.
        """
        if not self._sign:
            data = data.lstrip(_BLANKS)
            self._sign = data[:1]
        if self._sign == b"<":
            raise NotTheApi(self._host, "html", self._status)
        if self._sign == b"{":
            self._whole += data
            return
        try:
            events = self._decoder.feed(data)
        except sse.TooLarge:
            raise self.too_large() from None
        for event in events:
            parsed = self._parsed(event)
            if parsed is not None:
                self._check(parsed)
                self.began = True
                yield parsed
                if self.complete:
                    return

    def end(self) -> Iterator[JSON]:
        """The rest of the events when the body has ended as HTTP wants it: those of a whole message.

        Raises what the end means if there is none: StreamInterrupted, ReplyLost, NotTheApi, ApiError.
        """
        if self._sign != b"{":
            raise self._cut_short()
        value = parse_object(self._whole)
        if value is not None and is_error(value):
            raise api_error(self._status, self._headers, self._whole)
        if value is None or not _is_message(value):
            raise NotTheApi(self._host, "json", self._status)
        self.began = self.complete = True
        yield from message_events(value)

    def broken_off(self, *, silent: bool) -> ServerError:
        """What it means that the connection failed here, or was silent for too long."""
        if self.began:
            return StreamInterrupted("silent" if silent else "cut", request_id=request_id(self._headers))
        return ReplyLost(self._host, "timeout" if silent else "closed")

    def too_large(self) -> ServerError:
        return StreamInterrupted("too_large", request_id=request_id(self._headers))

    def _cut_short(self) -> ServerError:
        if self.began or is_stream(self._headers):
            return self.broken_off(silent=False)
        return NotTheApi(self._host, "garbage" if self._sign else "empty", self._status)

    def _parsed(self, event: sse.Event) -> JSON | None:
        if event.name != "error" and event.data.strip() in {"", "[DONE]"}:
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
        return StreamInterrupted("error", kind, message, _text(parsed.get("request_id")) or request_id(self._headers))

    def _damaged(self) -> JSON:
        if not self._warned:
            self._warned = True
            _log.warning("an event of the answer is not JSON; the answer is read on without it")
        return DAMAGED

    def _check(self, event: JSON) -> None:
        kind, index = event["type"], event.get("index")
        if kind == "message_start":
            self._require(not self._started)
            self._started = True
        elif kind in _NEEDS_START:
            self._require(self._started)
        if kind == "content_block_start":
            self._require(index == self._blocks and isinstance(event.get("content_block"), dict))
            self._blocks += 1
        elif kind == "content_block_delta":
            self._require(isinstance(index, int) and 0 <= index < self._blocks)
        self.complete = kind == "message_stop"

    def _require(self, holds: bool) -> None:
        if not holds:
            raise StreamInterrupted("protocol", request_id=request_id(self._headers))


def message_events(message: JSON) -> Iterator[JSON]:
    """The events a stream would have brought a whole message in."""
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


def _is_message(value: JSON) -> bool:
    content = value.get("content")
    return value.get("type") == "message" and isinstance(content, list) and all(isinstance(b, dict) for b in content)


# --- errors -------------------------------------------------------------------------------------


def api_error(status: int, headers: Mapping[str, str], body: bytes | bytearray) -> ApiError:
    """The error of a reply with an error status, or of an error object that came with 200.

    `body` may have any shape and may be cut: `{"error": {…}}`, `{"error": "text"}`, `{"detail": "text"}`, HTML. What is
    no error object never becomes the message; the status stands for it. `headers` are looked up in lower case.
    """
    parsed = parse_object(body) or {}
    kind, message, code = _error_facts(parsed)
    if status < 400:
        status = next((known for known, name in TYPES.items() if name == kind), 500)
    block = _BLOCK.search(message) if status in {400, 404} else None
    return ApiError(
        status,
        kind or TYPES.get(status) or ("api_error" if status >= 500 else "invalid_request_error"),
        message or f"HTTP {status}",
        request_id=_text(parsed.get("request_id")) or request_id(headers),
        code=code,
        retry_after=retry_after(headers),
        block=None if block is None else (int(block[1]), int(block[2])),
        of_link=status == 400 and _FETCHING.search(message) is not None,
        of_file=code == "file_expired" or (status == 404 and _FILE.search(message) is not None),
        bad_signature=status == 400 and "signature" in message and "thinking" in message,
        should_retry=headers.get("x-should-retry", "").strip().lower() != "false",
    )


def is_error(value: JSON) -> bool:
    return value.get("type") == "error" or ("type" not in value and bool(value.get("error")))


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


# --- headers ------------------------------------------------------------------------------------


def request_id(headers: Mapping[str, str]) -> str:
    return headers.get("request-id") or headers.get("x-request-id", "")


def is_stream(headers: Mapping[str, str]) -> bool:
    return media_type(headers) == "text/event-stream"


def media_type(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds the server asks us to wait, from `retry-after-ms` or `retry-after`; None for neither number nor date.

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


# --- model lists --------------------------------------------------------------------------------


class Page(NamedTuple):
    """One page of GET /v1/models."""

    models: list[ListedModel]
    after: str
    """What to ask for next, as `after_id`; empty on the last page."""


def model_page(value: JSON) -> Page | None:
    """A page of models, in the API's shape or in OpenAI's, which has ids alone; None when it is neither."""
    entries = value.get("data")
    if not isinstance(entries, list):
        return None
    models = [_listed(entry) for entry in entries if isinstance(entry, dict) and _text(entry.get("id"))]
    return Page(models, _text(value.get("last_id")) if value.get("has_more") is True else "")


def _listed(entry: JSON) -> ListedModel:
    return ListedModel(
        id=entry["id"],
        name=_text(entry.get("display_name")),
        context_window=_count(entry.get("max_input_tokens")),
        max_output=_count(entry.get("max_tokens")),
        lifecycle=_text(entry.get("lifecycle")),
        retires=_day(entry.get("retires_at")),
        takes_pictures=_takes_pictures(entry.get("capabilities")),
    )


def _takes_pictures(capabilities: object) -> bool:
    """False only where the server says so: most servers say nothing of it."""
    said = capabilities.get("image_input") if isinstance(capabilities, dict) else None
    return not (isinstance(said, dict) and said.get("supported") is False)


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and value > 0 else None


def _day(value: object) -> date | None:
    day = _DAY.match(_text(value))
    try:
        return None if day is None else date.fromisoformat(day[0])
    except ValueError:
        return None


def token_count(value: JSON) -> int | None:
    """What `count_tokens` answers; None where it is no count."""
    return _count(value.get("input_tokens"))


# --- JSON ---------------------------------------------------------------------------------------


def parse_object(text: str | bytes | bytearray) -> JSON | None:
    """A JSON object; None for anything else. Half a surrogate pair, which no file takes, becomes U+FFFD."""
    if not isinstance(text, str):
        text = text.decode("utf-8-sig", "replace")
    try:
        value = json.loads(text)
        if "\\ud" in text or "\\uD" in text:
            plain = json.dumps(value, ensure_ascii=False)
            value = json.loads(plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
