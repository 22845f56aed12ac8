"""A stand-in for the Messages API inside the process, for trying Visavis without a key.

It receives the very request that would go over the wire and refuses what the API refuses (`app.core.validate`). It
really decodes the pictures, and streams facts measured from them (`app.core.measure`) in the API's own grammar
(API.md, section 3.4). No model is asked, and every answer says so first. No key is needed.

A message whose whole text is one of these lines fails on purpose, in real wire form:

    /fail 400 … /fail 529   that HTTP status: 400 401 402 403 404 413 429 500 504 529
    /fail spend             429 for a limit on money, which waiting does not lift
    /fail cut               the stream ends in the middle, without message_stop
    /fail error             an error event in the middle of the stream
    /fail refusal           a refusal in the middle of the stream
    /fail max_tokens        the answer ends at a very small limit
    /fail slow              the answer comes slowly, with pings

The same request always gets the same answer; only the counts of the prompt cache in `usage` depend on what came before.
Uploaded files (`app.core.practice_files`) are kept while the app runs; pictures at an address are not fetched.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

from app.core.catalog import Catalog, Model
from app.core.fields import ERROR_TYPES, Refusal, check_version
from app.core.fit import Tier
from app.core.image_block import Picture
from app.core.message import JSON, Message
from app.core.practice_files import PATH as FILES
from app.core.practice_files import Shelf
from app.core.prompt_cache import PromptCache
from app.core.report import Comparison, with_pictures, without_pictures
from app.core.validate import Call, check, count, text_tokens

if TYPE_CHECKING:
    from app.core.measure import Facts

_STATUS_FAULTS: Final[dict[str, tuple[int, str]]] = {
    "/fail 400": (400, "messages: this request was made to fail"),
    "/fail 401": (401, "invalid x-api-key"),
    "/fail 402": (402, "Your credit balance is too low to access the API."),
    "/fail 403": (403, "Your API key does not have permission to use the specified resource."),
    "/fail 404": (404, "The requested resource could not be found."),
    "/fail 413": (413, "Request exceeds the maximum size"),
    "/fail 429": (429, "Too many input tokens per minute."),
    "/fail spend": (429, "You have reached your spend limit."),
    "/fail 500": (500, "Internal server error"),
    "/fail 504": (504, "Request timed out"),
    "/fail 529": (529, "Overloaded"),
}
_STREAM_FAULTS: Final = frozenset({"/fail cut", "/fail error", "/fail refusal", "/fail max_tokens", "/fail slow"})
_SHOWN_FAULTS: Final = {
    "/fail cut": "an answer that breaks off",
    "/fail error": "an error in the middle of an answer",
    "/fail refusal": "a refusal",
    "/fail max_tokens": "an answer cut at its limit",
    "/fail slow": "a slow answer",
    "/fail 529": "an overloaded server (400, 401, 402, 403, 404, 413, 429, 500 and 504 work too)",
    "/fail spend": "a spend limit that is reached",
}
_FEW_TOKENS: Final = 40
_SLOW: Final = 25
"""Times the usual pace."""
_KEPT_FACTS: Final = 2_000
"""Pictures whose facts are remembered."""

_NAMED: Final = re.compile(r"\bimage\s+(\d{1,4})\b", re.IGNORECASE)
_FEW_WORDS: Final = re.compile(r"(?:\S+\s+){1,4}|\S+$")


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP response: SSE bytes, or one JSON body."""

    status: int
    headers: dict[str, str]
    """Lower-case names."""
    chunks: AsyncIterator[bytes]


class Practice:
    """The API's stand-in. One instance is one account: it has one prompt cache and one shelf of files."""

    def __init__(
        self,
        catalog: Catalog,
        *,
        pace: float = 0.02,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`pace` is the seconds between two pieces of a streamed answer.

        `clock` gives seconds, for the cache; `now` seconds since the epoch, for files.
        """
        self._catalog = catalog
        self._pace = pace
        self._cache = PromptCache(clock)
        self._shelf = Shelf(now)
        self._facts: dict[tuple[bytes, Tier], Facts] = {}

    def has_file(self, file_id: str) -> bool:
        """Whether a file was uploaded here and is kept still."""
        return self._shelf.has(file_id)

    async def respond(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Answer one HTTP request. Never raises for a bad one: the refusal is the reply.

        The heavy part runs in a worker thread. Whoever stops reading `chunks` early closes it.
        """
        try:
            return await self._route(method.upper(), path, headers, body)
        except Refusal as refusal:
            return await _refused(refusal, body)

    async def _route(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        url = urlsplit(path)
        if url.path == "/v1/messages":
            _check_method(method, "POST")
            return await self._messages(headers, body)
        if url.path == "/v1/messages/count_tokens":
            _check_method(method, "POST")
            tokens = await asyncio.to_thread(count, headers, body, self._catalog)
            return _json_reply(200, {"input_tokens": tokens}, _request_id(body))
        if url.path == "/v1/models" or url.path.startswith("/v1/models/"):
            _check_method(method, "GET")
            check_version({name.lower(): value for name, value in headers.items()})
            listing = self._models(parse_qs(url.query)) if url.path == "/v1/models" else self._model(url.path)
            return _json_reply(200, listing, _request_id(path.encode()))
        if url.path == FILES or url.path.startswith(f"{FILES}/"):
            lowered = {name.lower(): value for name, value in headers.items()}
            answer = await self._shelf.respond(method, url, lowered, body)
            return _json_reply(200, answer, _request_id(path.encode()))
        raise Refusal(404, "Not found")

    async def _messages(self, headers: Mapping[str, str], body: bytes) -> Reply:
        call, text, digest = await asyncio.to_thread(self._work, headers, body)
        fault = call.question.strip() if call.question.strip() in _STREAM_FAULTS else ""
        usage = self._cache.usage(call)
        diagnostics = self._cache.diagnosis(call, usage, _answer_id(digest))
        events = _events(call, text, usage, diagnostics, fault, digest)
        request_id = _request_id(digest)
        if not call.stream:
            return _json_reply(200, _folded(events), request_id)
        pace = self._pace * _SLOW if fault == "/fail slow" else self._pace
        reply_headers = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}
        return Reply(200, reply_headers | {"request-id": request_id}, _paced(events, pace))

    # --- the work of a worker thread ---

    def _work(self, headers: Mapping[str, str], body: bytes) -> tuple[Call, str, bytes]:
        """The checked request, the whole answer and the digest of the request."""
        call = check(headers, body, self._catalog, self._shelf.kept)
        _fail_on_demand(call.question.strip())
        facts = {picture.place: self._measured(picture, call.model.tier) for picture in call.pictures}
        return call, _answer(call, facts), hashlib.sha256(body).digest()

    def _measured(self, picture: Picture, tier: Tier) -> Facts:
        from app.core import measure  # loads Pillow

        key = (hashlib.sha256(picture.data).digest(), tier)
        facts = self._facts.get(key)
        if facts is None:
            try:
                facts = measure.measure(*measure.decode(picture.data, picture.header, tier))
            except measure.Undecodable as error:
                raise Refusal(400, f"{picture.bytes_place}: Could not process image") from error
            if len(self._facts) >= _KEPT_FACTS:
                self._facts.clear()
            self._facts[key] = facts
        return facts

    # --- GET /v1/models (API.md, section 2.1) ---

    def _models(self, query: Mapping[str, Sequence[str]]) -> JSON:
        models = [model for model in self._catalog.models if model.known]
        ids = [model.id for model in models]
        first, last = 0, len(models)
        if (after := _last(query, "after_id")) in ids:
            first = ids.index(after) + 1
        if (before := _last(query, "before_id")) in ids:
            last = ids.index(before)
        limit = _last(query, "limit") or "20"
        if not limit.isdecimal() or not 1 <= int(limit) <= 1000:
            raise Refusal(400, "limit: Input should be between 1 and 1000")
        page = models[first:last][: int(limit)]
        return {
            "data": [_listed(model) for model in page],
            "has_more": first + len(page) < last,
            "first_id": page[0].id if page else None,
            "last_id": page[-1].id if page else None,
        }

    def _model(self, path: str) -> JSON:
        name = path.removeprefix("/v1/models/")
        model = self._catalog.get(name)
        if not model.known:
            raise Refusal(404, f"model: {name}")
        return _listed(model)


def _fail_on_demand(command: str) -> None:
    if command in _STATUS_FAULTS:
        status, message = _STATUS_FAULTS[command]
        if command == "/fail spend":
            raise Refusal(status, message, code="enforced_spend_limit_reached")
        raise Refusal(status, message, headers={"retry-after": "3"} if status == 429 else {})


def _check_method(method: str, allowed: str) -> None:
    if method != allowed:
        raise Refusal(405, "Method Not Allowed", headers={"allow": allowed})


def _last(query: Mapping[str, Sequence[str]], name: str) -> str:
    return query.get(name, [""])[-1]


def _listed(model: Model) -> JSON:
    def day(value: object) -> str | None:
        return f"{value}T00:00:00Z" if value is not None else None

    yes = {"supported": True}
    efforts = {"supported": bool(model.efforts)} | dict.fromkeys(model.efforts, yes)
    return {
        "id": model.id,
        "type": "model",
        "display_name": model.name,
        "created_at": day(model.released),
        "lifecycle": model.lifecycle,
        "deprecated_at": None,
        "retires_at": day(model.retires),
        "line": model.line,
        "max_input_tokens": model.context_window,
        "max_tokens": model.max_output,
        "capabilities": {"image_input": yes, "effort": efforts},
    }


# --- the answer ---------------------------------------------------------------------------------


def _answer(call: Call, facts: Mapping[str, Facts]) -> str:
    named = _named(call)
    numbers = {int(number) for number in _NAMED.findall(call.question)}
    as_words = {number: words for number, words in sorted(call.described.items()) if number in numbers}
    if not call.pictures:
        return without_pictures(_SHOWN_FAULTS, as_words or call.described)
    new = [picture for picture in call.pictures if picture.message >= call.last]
    pair = _pair(call.pictures, named, new)
    meant = {picture.number for picture in (*new, *named, *pair)} or {call.pictures[-1].number}
    described = [(picture, facts[picture.place]) for picture in call.pictures if picture.number in meant]
    return with_pictures(described, _compared(pair, call.model) if pair else None, earlier=not new, as_words=as_words)


def _named(call: Call) -> list[Picture]:
    """The pictures that the question names, in its order, each once: of one in parts the first, its overview."""
    by_number = {picture.number: picture for picture in reversed(call.pictures)}
    numbers = dict.fromkeys(int(number) for number in _NAMED.findall(call.question))
    return [by_number[number] for number in numbers if number in by_number]


def _pair(pictures: Sequence[Picture], named: Sequence[Picture], new: Sequence[Picture]) -> tuple[Picture, ...]:
    """The two pictures to compare: those named; the one named and the newest; else the last two. Or none.

    Parts of one picture are not compared; of each the overview is.
    """
    if len(named) >= 2:
        return tuple(named[:2])
    first_of = {picture.number: picture for picture in reversed(pictures)}
    if len(named) == 1:
        return (named[0], first_of[new[-1].number]) if new and new[-1].number != named[0].number else ()
    last = [first_of[number] for number in dict.fromkeys(picture.number for picture in pictures)][-2:]
    return tuple(last) if len(last) == 2 else ()


def _compared(pair: Sequence[Picture], model: Model) -> Comparison:
    from app.core import measure  # loads Pillow

    first, second = pair
    left, _ = measure.decode(first.data, first.header, model.tier)
    right, _ = measure.decode(second.data, second.header, model.tier)
    return Comparison(first, second, measure.compare(left, right, measure.tolerance(first.header, second.header)))


# --- the wire (API.md, sections 3.4 and 4.1) ----------------------------------------------------


def _events(call: Call, text: str, usage: JSON, diagnostics: JSON | None, fault: str, digest: bytes) -> Iterator[JSON]:
    """The stream's events, one after the other."""
    text, stop = _ended(text, call, _FEW_TOKENS if fault == "/fail max_tokens" else call.max_tokens)
    pieces = _FEW_WORDS.findall(text)
    if fault in ("/fail cut", "/fail error", "/fail refusal"):
        pieces = pieces[: len(pieces) // 3]
    yield {"type": "message_start", "message": _started(call, usage, diagnostics, digest)}
    yield {"type": "ping"}
    if pieces:
        yield {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    for piece in pieces:
        if fault == "/fail slow":
            yield {"type": "ping"}
        yield {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}}
    if fault == "/fail cut":
        return
    if fault == "/fail error":
        error = {"type": "overloaded_error", "message": "Overloaded"}
        yield {"type": "error", "error": error, "request_id": _request_id(digest)}
        return
    if pieces:
        yield {"type": "content_block_stop", "index": 0}
    if fault == "/fail refusal":
        details = {"type": "refusal", "category": None, "explanation": "This refusal was asked for in practice mode."}
        stop = {"stop_reason": "refusal", "stop_sequence": None, "stop_details": details}
    counts = {"output_tokens": text_tokens("".join(pieces)), "output_tokens_details": {"thinking_tokens": 0}}
    yield {"type": "message_delta", "delta": stop, "usage": counts}
    yield {"type": "message_stop"}


def _ended(text: str, call: Call, max_tokens: int) -> tuple[str, JSON]:
    """The text as far as the request's limit and stop sequences let it come, and why it ends there."""
    reason, sequence = "end_turn", None
    if text_tokens(text) > max_tokens:
        text, reason = text[: max_tokens * len(text) // text_tokens(text)], "max_tokens"
    for candidate in call.stop_sequences:
        if candidate in text:
            text, reason, sequence = text[: text.index(candidate)], "stop_sequence", candidate
    return text, {"stop_reason": reason, "stop_sequence": sequence, "stop_details": None}


def _started(call: Call, usage: JSON, diagnostics: JSON | None, digest: bytes) -> JSON:
    return {
        "id": _answer_id(digest),
        "type": "message",
        "role": "assistant",
        "model": call.model.id,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "diagnostics": diagnostics,
        "usage": usage,
    }


def _folded(events: Iterator[JSON]) -> JSON:
    """The body of an answer that was not to be streamed."""
    message = Message("assistant")
    start: JSON = {}
    for event in events:
        message = message.apply(event)
        start = event.get("message", start)
    return start | {
        "content": [{"type": "text", "text": message.text}] if message.text else [],
        "stop_reason": message.stop_reason,
        "stop_details": message.stop_details,
        "usage": message.usage.raw if message.usage else {},
    }


async def _paced(events: Iterator[JSON], pace: float) -> AsyncIterator[bytes]:
    for event in events:
        yield f"event: {event['type']}\ndata: {_dumped(event)}\n\n".encode()
        if event["type"] == "content_block_delta":
            await asyncio.sleep(pace)


async def _refused(refusal: Refusal, body: bytes) -> Reply:
    request_id = _request_id(await asyncio.to_thread(lambda: hashlib.sha256(body).digest()))
    error: JSON = {"type": ERROR_TYPES[refusal.status], "message": refusal.message}
    if refusal.code:
        error["details"] = {"error_code": refusal.code}
    reply = _json_reply(refusal.status, {"type": "error", "error": error, "request_id": request_id}, request_id)
    reply.headers.update(refusal.headers)
    return reply


def _json_reply(status: int, value: JSON, request_id: str) -> Reply:
    async def once() -> AsyncIterator[bytes]:
        yield _dumped(value).encode()

    return Reply(status, {"content-type": "application/json", "request-id": request_id}, once())


def _dumped(value: JSON) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _answer_id(digest: bytes) -> str:
    return f"msg_01{digest.hex()[:22]}"


def _request_id(digest: bytes) -> str:
    return f"req_011{hashlib.sha256(digest).hexdigest()[:21]}"
