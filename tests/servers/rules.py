"""What the Messages API refuses (API.md, sections 1.5, 1.6, 3.1 to 3.3, 6 and 7): the first offence is raised."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.servers import pictures
from tests.servers.files import Files, Refused
from tests.servers.models import Model, models

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.wire import Request

Json = dict[str, Any]

VERSIONS = ("2026-10-21", "2023-06-01")
MAX_BODY = 32_000_000
"""Bytes."""
MAX_PICTURE = 10_000_000
"""Characters of base64."""
MAX_EDGE = 8000
"""Pixels."""
MANY = 20
"""From one picture more than this in a request on, `MANY_EDGE` holds."""
MANY_EDGE = 2000
"""Pixels."""
SLOTS = 4
"""Cache breakpoints in one request."""

_ALSO_COUNTED = {
    "model",
    "messages",
    "system",
    "tools",
    "tool_choice",
    "thinking",
    "output_config",
    "cache_control",
    "speed",
}
_FIELDS = _ALSO_COUNTED | {
    "max_tokens",
    "stream",
    "stop_sequences",
    "metadata",
    "service_tier",
    "inference_geo",
    "container",
    "diagnostics",
}
_MEDIA_TYPES = {"image/jpeg", "image/png", "image/gif", "image/webp"}
_ANSWER_KINDS = {"text", "thinking", "redacted_thinking", "tool_use", "server_tool_use"}
_QUESTION_KINDS = {"text", "image", "document", "tool_result"}


def check_access(request: Request, key: str) -> None:
    """Refuse a missing or wrong key, two keys at once, and an unknown version (API.md, section 3.1)."""
    bearer, plain = request.headers.get("authorization"), request.headers.get("x-api-key")
    if bearer is None and plain is None:
        raise Refused("x-api-key header is required", 401, "authentication_error")
    if bearer is not None and plain is not None:
        raise Refused("send either authorization or x-api-key, not both", 401, "authentication_error")
    if key != (plain if bearer is None else bearer.removeprefix("Bearer ")) or bearer == key:
        raise Refused("invalid x-api-key" if bearer is None else "invalid bearer token", 401, "authentication_error")
    version = request.headers.get("anthropic-version")
    if version is None:
        raise Refused("anthropic-version: header is required")
    if version not in VERSIONS:
        raise Refused(f'anthropic-version: "{version}" is not a valid version')


def decoded(request: Request) -> Json:
    """The body as an object; refuses one that is too big, not JSON by its header or by its bytes, or no object."""
    if len(request.body) > MAX_BODY:
        raise Refused("Request exceeds the maximum size", 413, "request_too_large")
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refused("content-type: must be application/json")
    try:
        body = request.json
    except ValueError as error:
        raise Refused(f"The request body is not valid JSON: {error}") from None
    if not isinstance(body, dict):
        raise Refused("The request body must be an object")
    return body


def check_message(body: Json, answer_kinds: set[str], files: Files) -> Model:
    """Refuse what POST /v1/messages refuses. `answer_kinds` are block types given out before, beside the usual ones."""
    model = _check_fields(body, _FIELDS)
    max_tokens = body.get("max_tokens")
    if not isinstance(max_tokens, int) or not _is_count(max_tokens, at_least=1):
        raise Refused("max_tokens: an integer greater than or equal to 1 is required")
    if max_tokens > model.max_output:
        raise Refused(f"max_tokens: {max_tokens} > {model.max_output}, which is the maximum for {model.id}")
    if not isinstance(body.get("stream", False), bool):
        raise Refused("stream: Input should be a valid boolean")
    _check_prompt(body, model, answer_kinds)
    _check_pictures(body, model, files)
    return model


def check_count(body: Json, answer_kinds: set[str], files: Files) -> Model:
    """Refuse what POST /v1/messages/count_tokens refuses (API.md, section 6)."""
    model = _check_fields(body, _ALSO_COUNTED)
    _check_prompt(body, model, answer_kinds)
    for at, block in blocks(body):
        if block["type"] in {"image", "document"} and block["source"]["type"] in {"url", "file"}:
            raise Refused(f"{at}.{block['type']}.source: {block['source']['type']} sources cannot be counted")
    _check_pictures(body, model, files)
    return model


def blocks(body: Json) -> Iterator[tuple[str, Json]]:
    """Every block of the messages with its position; a message that is a plain string counts as one text block."""
    for n, message in enumerate(body["messages"]):
        content = message["content"]
        if isinstance(content, str):
            content = [{"type": "text", "text": content}]
        for m, block in enumerate(content):
            yield f"messages.{n}.content.{m}", block


def _check_fields(body: Json, allowed: set[str]) -> Model:
    for gone in ("temperature", "top_p", "top_k"):
        if gone in body:
            raise Refused(f"{gone}: this parameter is no longer supported")
    for name in body:
        if name not in allowed:
            raise Refused(f"{name}: Extra inputs are not permitted")
    wanted = body.get("model")
    if not isinstance(wanted, str):
        raise Refused("model: Field required")
    if wanted not in models():
        raise Refused(f"model: {wanted}", 404, "not_found_error")
    return models()[wanted]


def _check_prompt(body: Json, model: Model, answer_kinds: set[str]) -> None:
    _check_system(body.get("system", ""))
    _check_roles(body.get("messages"), model)
    for at, block in blocks(body):
        role = body["messages"][int(at.split(".")[1])]["role"]
        _check_block(at, block, _QUESTION_KINDS if role == "user" else _ANSWER_KINDS | answer_kinds)
        if role == "user" and block["type"] == "text" and block.get("citations"):
            raise Refused(f"{at}.text.citations: not permitted in a user turn")
    _check_cache(body)
    _check_thinking(body, model)


def _check_system(system: object) -> None:
    if isinstance(system, str):
        if system and not system.strip():
            raise Refused("system: text content blocks must contain non-whitespace text")
        return
    if not isinstance(system, list):
        raise Refused("system: Input should be a string or a list of text blocks")
    for n, block in enumerate(system):
        _check_block(f"system.{n}", block, {"text"})


def _check_roles(messages: object, model: Model) -> None:
    if not isinstance(messages, list) or not messages:
        raise Refused("messages: at least one message is required")
    for n, message in enumerate(messages):
        if not isinstance(message, dict) or set(message) != {"role", "content"}:
            raise Refused(f"messages.{n}: a message has a role and a content, nothing else")
        if message["role"] not in {"user", "assistant"}:
            raise Refused(f"messages.{n}.role: Input should be 'user' or 'assistant'")
        if not isinstance(message["content"], str | list):
            raise Refused(f"messages.{n}.content: Input should be a string or a list of blocks")
        if not message["content"]:
            raise Refused(f"messages.{n}: all messages must have non-empty content")
    if messages[0]["role"] != "user":
        raise Refused('messages: first message must use the "user" role')
    if messages[-1]["role"] != "user" and not model.takes_prefill:
        raise Refused(
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )


def _check_block(at: str, block: object, kinds: set[str]) -> None:
    if not isinstance(block, dict) or block.get("type") not in kinds:
        raise Refused(f"{at}: Input should be a block of one of the types {', '.join(sorted(kinds))}")
    if block["type"] == "text":
        _check_text(at, block)
    if block["type"] == "image":
        _check_keys(f"{at}.image", block, {"type", "source", "cache_control", "transformations"})
        _check_source(f"{at}.image.source", block.get("source"))
    if block["type"] == "thinking":
        _check_keys(f"{at}.thinking", block, {"type", "thinking", "signature"})
    if block["type"] == "redacted_thinking":
        _check_keys(f"{at}.redacted_thinking", block, {"type", "data"})
    if block["type"] == "document" and not isinstance(block.get("source"), dict):
        raise Refused(f"{at}.document.source: Field required")


def _check_text(at: str, block: Json) -> None:
    if not isinstance(block.get("text"), str):
        raise Refused(f"{at}.text.text: Input should be a valid string")
    if not block["text"]:
        raise Refused(f"{at}: text content blocks must be non-empty")
    if not block["text"].strip():
        raise Refused(f"{at}: text content blocks must contain non-whitespace text")
    _check_keys(f"{at}.text", block, {"type", "text", "cache_control", "citations"})


def _check_keys(at: str, value: Json, allowed: set[str]) -> None:
    for name in value:
        if name not in allowed:
            raise Refused(f"{at}.{name}: Extra inputs are not permitted")


def _check_source(at: str, source: object) -> None:
    keys = {"base64": {"type", "media_type", "data"}, "url": {"type", "url"}, "file": {"type", "file_id"}}
    kind = source.get("type") if isinstance(source, dict) else None
    if not isinstance(source, dict) or kind not in keys:
        raise Refused(f"{at}: Input should be a source of type base64, url or file")
    for name in source.keys() ^ keys[kind]:
        raise Refused(
            f"{at}.{kind}.{name}: Extra inputs are not permitted"
            if name in source
            else f"{at}.{kind}.{name}: Field required"
        )
    if not all(isinstance(value, str) and value for value in source.values()):
        raise Refused(f"{at}.{kind}: Input should be non-empty strings")
    if kind == "base64" and source["media_type"] not in _MEDIA_TYPES:
        raise Refused(f"{at}.base64.media_type: Input should be one of {', '.join(sorted(_MEDIA_TYPES))}")
    if kind == "url" and (urlsplit(source["url"]).scheme != "https" or not urlsplit(source["url"]).hostname):
        raise Refused(f"{at}.url.url: Input should be an https URL")


def _check_pictures(body: Json, model: Model, files: Files) -> None:
    """The limits of each picture and of all in the request: every turn counts (API.md, section 1.5)."""
    found = [(at, block) for at, block in blocks(body) if block["type"] == "image"]
    if len(found) > model.max_images:
        raise Refused(f"messages: too many images: {len(found)} > {model.max_images}")
    for at, block in found:
        kind = block["source"]["type"]
        source = f"{at}.image.source.{kind}"
        data = f"{source}.data" if kind == "base64" else source
        picture = _checked_picture(source, data, block["source"], files)
        if max(picture.width, picture.height) > MAX_EDGE:
            raise Refused(f"{data}: At least one of the image dimensions exceed max allowed size: {MAX_EDGE} pixels")
        if len(found) > MANY and max(picture.width, picture.height) > MANY_EDGE:
            raise Refused(
                f"{data}: At least one of the image dimensions exceed max allowed size "
                f"for many-image requests: {MANY_EDGE} pixels"
            )
        _check_transformations(at, block, picture, model)


def _checked_picture(at: str, data: str, source: Json, files: Files) -> pictures.Picture:
    """The picture of a source; refuses one of too many bytes, of another kind than it is said to be, or none."""
    named: str | None = source.get("media_type")
    if source["type"] == "base64":
        size = len(source["data"])
    elif source["type"] == "file":
        file = files.find(source["file_id"])
        size, named = (len(file.data) + 2) // 3 * 4, file.media_type
        if named not in _MEDIA_TYPES:
            raise Refused(f"{at}: an image block does not take a file of the type {named}")
    else:
        size = (len(files.web.get(source["url"], b"")) + 2) // 3 * 4
    if size > MAX_PICTURE:
        raise Refused(f"{at}: image exceeds 10 MB maximum: {size} bytes > {MAX_PICTURE} bytes")
    picture = files.picture(source)
    if picture is None:
        raise Refused(f"{data}: Could not process image")
    if named is not None and picture.media_type != named:
        raise Refused(
            f"{at}: the image was specified using the {named} media type, "
            f"but appears to be a {picture.media_type} image"
        )
    return picture


def _check_transformations(at: str, block: Json, picture: pictures.Picture, model: Model) -> None:
    """`oversized_image` (API.md, section 1.6): what had to be fetched first is refused without its position."""
    wanted = block.get("transformations", {})
    if (
        not isinstance(wanted, dict)
        or wanted.get("oversized_image", "downsize") not in {"downsize", "error"}
        or len(wanted) > 1
    ):
        raise Refused(f"{at}.image.transformations.oversized_image: Input should be 'downsize' or 'error'")
    size = picture.width, picture.height
    fitting = pictures.resized(*size, model.max_edge, model.max_image_tokens)
    if wanted.get("oversized_image") == "error" and size != fitting:
        position = f"{at}: " if block["source"]["type"] == "base64" else ""
        raise Refused(
            f"{position}image dimensions {size[0]}x{size[1]} exceed the maximum image size "
            f"{fitting[0]}x{fitting[1]} for {model.id}"
        )


def _check_cache(body: Json) -> None:
    """The shape of cache_control, at most four breakpoints, longer life first (API.md, section 7)."""
    system = body.get("system", "")
    placed = [(f"system.{n}", block) for n, block in enumerate(system) if isinstance(system, list)] + list(blocks(body))
    marked = [(at, block["cache_control"]) for at, block in placed if block.get("cache_control") is not None]
    lives = [_life(f"{at}.cache_control", control) for at, control in marked]
    top = body.get("cache_control")
    if len(marked) + (top is not None) > SLOTS:
        raise Refused(
            f"A maximum of {SLOTS} blocks with cache_control may be provided. Found {len(marked) + (top is not None)}."
        )
    if top is not None:
        life = _life("cache_control", top)
        if placed[-1][1].get("cache_control") is not None and lives[-1] != life:
            raise Refused("cache_control: the last block has a cache_control of another ttl")
        lives.append(life)
    if any(later > earlier for earlier, later in pairwise(lives)):
        raise Refused("cache_control: a ttl='1h' block must not come after a ttl='5m' block")


def _life(at: str, control: object) -> int:
    """Minutes that `control` asks for."""
    if not isinstance(control, dict) or control.get("type") != "ephemeral" or not control.keys() <= {"type", "ttl"}:
        raise Refused(f"{at}: Input should be {json.dumps({'type': 'ephemeral'})}")
    if control.get("ttl", "5m") not in {"5m", "1h"}:
        raise Refused(f"{at}.ttl: Input should be '5m' or '1h'")
    return 60 if control.get("ttl") == "1h" else 5


def _check_thinking(body: Json, model: Model) -> None:
    """Kinds of thinking and levels of effort by model (API.md, section 3.3)."""
    effort = _check_effort(body.get("output_config", {}), model)
    thinking = body.get("thinking")
    if thinking is None:
        return
    kind = thinking.get("type") if isinstance(thinking, dict) else None
    if kind not in model.thinking_types:
        raise Refused(f"thinking.type: Input should be one of {', '.join(model.thinking_types)} for {model.id}")
    keys = {"adaptive": {"display"}, "enabled": {"budget_tokens", "display"}}.get(kind, set())
    _check_keys(f"thinking.{kind}", thinking, {"type"} | keys)
    if thinking.get("display", "omitted") not in {"omitted", "summarized"}:
        raise Refused("thinking.display: Input should be 'omitted' or 'summarized'")
    if kind == "enabled" and not _is_count(thinking.get("budget_tokens"), at_least=1024):
        raise Refused("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")
    too_much = {
        "between_tools": {"xhigh", "max"},
        "disabled": {"xhigh", "max"} if "note" in model.facts["thinking"] else set(),
    }
    if effort in too_much.get(kind, set()):
        raise Refused(f"thinking.type: {kind} is not supported with effort {effort} on {model.id}")


def _check_effort(config: object, model: Model) -> str | None:
    if not isinstance(config, dict) or not config.keys() <= {"effort", "format"}:
        raise Refused("output_config: Input should be an object with effort and format")
    effort = config.get("effort")
    if effort is not None and effort not in model.effort_levels:
        raise Refused(f"output_config.effort: {effort} is not supported on {model.id}")
    return effort


def _is_count(value: object, at_least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= at_least
