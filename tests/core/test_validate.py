from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.core.catalog import Catalog
from app.core.fields import Refusal
from app.core.validate import Call, check
from tests.core.drawn import HEADERS, MODEL, body, drawn, encoded, image_block, text, user

CATALOG = Catalog.load()
PNG = encoded(drawn(30, 20))
TINY = [image_block(encoded(drawn(2001 if n == 0 else 1, 1))) for n in range(21)]
ANSWER = {"role": "assistant", "content": "Yes."}
DATA = "messages.0.content.1.image.source.base64.data: "
ONE_HOUR = {"type": "ephemeral", "ttl": "1h"}


def marked(block: dict[str, Any], mark: Any = None) -> dict[str, Any]:
    return block | {"cache_control": mark or {"type": "ephemeral"}}


def sourced(**changes: Any) -> dict[str, Any]:
    block = image_block(PNG)
    return block | {"source": block["source"] | changes}


def called(*messages: dict[str, Any], **fields: Any) -> Call:
    return check(HEADERS, body(*messages, **fields), CATALOG)


def refusal_of(request: bytes, headers: dict[str, str] = HEADERS) -> tuple[int, str]:
    with pytest.raises(Refusal) as caught:
        check(headers, request, CATALOG)
    return caught.value.status, caught.value.message


FIELDS = {
    "no model": (body(user("x"), model=None), 400, "model: Field required"),
    "model is no text": (body(user("x"), model=5), 400, "model: "),
    "unknown model": (body(user("x"), model="claude-sonnet-9"), 404, "model: claude-sonnet-9"),
    "retired model": (body(user("x"), model="claude-opus-4-1-20250805"), 404, "model: "),
    "no max_tokens": (body(user("x"), max_tokens=None), 400, "max_tokens: Field required"),
    "max_tokens is a float": (body(user("x"), max_tokens=1.5), 400, "max_tokens: Input should be a valid integer"),
    "max_tokens is true": (body(user("x"), max_tokens=True), 400, "max_tokens: Input should be a valid integer"),
    "max_tokens below 0": (body(user("x"), max_tokens=-1), 400, "max_tokens: "),
    "max_tokens above the model's": (body(user("x"), max_tokens=128_001), 400, "max_tokens: 128001 > 128000"),
    "unknown field": (body(user("x"), top_secret=1), 400, "top_secret: Extra inputs are not permitted"),
    "temperature": (body(user("x"), temperature=1), 400, "temperature: Extra inputs are not permitted"),
    "top_p": (body(user("x"), top_p=0.9), 400, "top_p: Extra inputs are not permitted"),
    "top_k": (body(user("x"), top_k=5), 400, "top_k: Extra inputs are not permitted"),
    "tools": (body(user("x"), tools=[]), 400, "tools: practice mode has no tools"),
    "stream is text": (body(user("x"), stream="yes"), 400, "stream: Input should be a valid boolean"),
    "blank stop sequence": (body(user("x"), stop_sequences=[" "]), 400, "stop_sequences.0: "),
    "stop sequences are text": (body(user("x"), stop_sequences="x"), 400, "stop_sequences: "),
    "unknown thinking": (body(user("x"), thinking={"type": "deep"}), 400, "thinking.type: "),
    "thinking type is a list": (body(user("x"), thinking={"type": []}), 400, "thinking.type: "),
    "thinking off where it is always on": (
        body(user("x"), model="claude-opus-5-5", thinking={"type": "disabled"}),
        400,
        "thinking: thinking cannot be disabled",
    ),
    "a thinking budget on a new model": (
        body(user("x"), thinking={"type": "enabled", "budget_tokens": 2000}),
        400,
        "thinking: `enabled` is not supported",
    ),
    "a small thinking budget": (
        body(user("x"), model="claude-sonnet-4-6", thinking={"type": "enabled", "budget_tokens": 1023}),
        400,
        "thinking.budget_tokens: ",
    ),
    "unknown effort": (body(user("x"), output_config={"effort": "huge"}), 400, "output_config.effort: "),
    "unknown service tier": (body(user("x"), service_tier="gold"), 400, "service_tier: "),
    "long user id": (body(user("x"), metadata={"user_id": "x" * 257}), 400, "metadata.user_id: "),
    "unknown cache mark": (body(user("x"), cache_control={"type": "for ever"}), 400, "cache_control.type: "),
    "unknown cache lifetime": (
        body(user("x"), cache_control={"type": "ephemeral", "ttl": "2h"}),
        400,
        "cache_control.ttl: ",
    ),
    "five cache marks": (
        body(user(*(marked(text("x")) for _ in range(4)), "x"), cache_control={"type": "ephemeral"}),
        400,
        "A maximum of 4 blocks with cache_control may be provided. Found 5.",
    ),
    "short-lived mark before a long-lived one": (
        body(user(marked(text("x")), marked(text("y"), ONE_HOUR))),
        400,
        "cache_control: a ttl='1h' block must not come after a ttl='5m' block",
    ),
    "automatic mark of another lifetime": (
        body(user(marked(text("x"), ONE_HOUR)), cache_control={"type": "ephemeral"}),
        400,
        "cache_control: the last block already has",
    ),
    "empty system block": (body(user("x"), system=[text("")]), 400, "system.0: text content blocks must be non-empty"),
    "system is a number": (body(user("x"), system=4), 400, "system: "),
}

MESSAGES = {
    "no messages": (body(), 400, "messages: at least one message is required"),
    "messages are text": (body(messages="x"), 400, "messages: Input should be a valid list"),
    "a message is text": (
        json.dumps({"model": MODEL, "max_tokens": 1, "messages": ["x"]}).encode(),
        400,
        "messages.0: ",
    ),
    "unknown role": (body({"role": "tool", "content": "x"}), 400, "messages.0.role: "),
    "extra field": (body(user("x") | {"id": "1"}), 400, "messages.0.id: Extra inputs are not permitted"),
    "no content": (body({"role": "user"}), 400, "messages.0.content: "),
    "empty content": (body(user()), 400, "messages.0: all messages must have non-empty content"),
    "first is the assistant's": (body(ANSWER, user("x")), 400, 'messages: first message must use the "user" role'),
    "last is the assistant's": (body(user("x"), ANSWER), 400, "This model does not support assistant message prefill"),
    "empty text": (body(user("")), 400, "messages.0.content.0: text content blocks must be non-empty"),
    "blank text": (
        body(user("x", " \n")),
        400,
        "messages.0.content.1: text content blocks must contain non-whitespace",
    ),
    "blank plain text": (body({"role": "user", "content": " "}), 400, "messages.0.content.0: text content blocks"),
    "text is a number": (body(user({"type": "text", "text": 1})), 400, "messages.0.content.0.text: "),
    "text with more fields": (body(user(text("x") | {"size": 1})), 400, "messages.0.content.0.size: Extra inputs"),
    "citations of the person": (body(user(text("x") | {"citations": [{}]})), 400, "messages.0.content.0.citations: "),
    "unknown block": (body(user({"type": "video"})), 400, "messages.0.content.0.type: "),
    "block without a type": (body(user({})), 400, "messages.0.content.0.type: "),
    "block type is a list": (body(user({"type": ["text"]})), 400, "messages.0.content.0.type: "),
    "block is a number": (body({"role": "user", "content": [1]}), 400, "messages.0.content.0: "),
    "picture in an answer": (
        body(user("x"), {"role": "assistant", "content": [image_block(PNG)]}, user("y")),
        400,
        "messages.1.content.0.type: ",
    ),
    "document in an answer": (
        body(user("x"), {"role": "assistant", "content": [{"type": "document"}]}, user("y")),
        400,
        "messages.1.content.0.type: ",
    ),
    "thinking of the person": (body(user({"type": "thinking", "thinking": "", "signature": "x"})), 400, "messages.0"),
    "thinking without a signature": (
        body(user("x"), {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm"}]}, user("y")),
        400,
        "messages.1.content.0.thinking.signature: ",
    ),
    "document": (body(user({"type": "document"})), 400, "messages.0.content.0: practice mode takes text and pictures"),
    "longer than the model's window": (
        body(user("x" * 800_000), model="claude-haiku-4-5"),
        400,
        "prompt is too long: 228572 tokens > 200000 maximum",
    ),
}

IMAGES = {
    "no source": (body(user({"type": "image"})), 400, "messages.0.content.0.image.source: "),
    "by address": (
        body(user("x", {"type": "image", "source": {"type": "url", "url": "https://pictures.example/a.png"}})),
        400,
        "messages.0.content.1.image.source.url: Unable to download the file. Please verify the URL and try again.",
    ),
    "by an address that is not https": (
        body(user({"type": "image", "source": {"type": "url", "url": "http://pictures.example/a.png"}})),
        400,
        "messages.0.content.0.image.source.url.url: Input should be an https URL",
    ),
    "by half an address": (
        body(user({"type": "image", "source": {"type": "url", "url": "https://["}})),
        400,
        "messages.0.content.0.image.source.url.url: Input should be an https URL",
    ),
    "by no address": (
        body(user({"type": "image", "source": {"type": "url"}})),
        400,
        "messages.0.content.0.image.source.url.url: Input should be an https URL",
    ),
    "by file without a file": (
        body(user({"type": "image", "source": {"type": "file", "file_id": ""}})),
        400,
        "messages.0.content.0.image.source.file.file_id: Input should be a valid string",
    ),
    "by a file that is not kept": (
        body(user({"type": "image", "source": {"type": "file", "file_id": "file_1"}})),
        404,
        "File not found: file_1",
    ),
    "by file with more fields": (
        body(user({"type": "image", "source": {"type": "file", "file_id": "file_1", "media_type": "image/png"}})),
        400,
        "messages.0.content.0.image.source.file.media_type: Extra inputs are not permitted",
    ),
    "source type is a list": (body(user(sourced(type=["base64"]))), 400, "messages.0.content.0.image.source.type: "),
    "unknown transformation": (
        body(user(image_block(PNG) | {"transformations": {"oversized_image": "crop"}})),
        400,
        "messages.0.content.0.transformations.oversized_image: Input should be one of",
    ),
    "transformations are text": (
        body(user(image_block(PNG) | {"transformations": "error"})),
        400,
        "messages.0.content.0.transformations: Input should be a valid dictionary",
    ),
    "more transformations": (
        body(user(image_block(PNG) | {"transformations": {"rotate": 90}})),
        400,
        "messages.0.content.0.transformations.rotate: Extra inputs",
    ),
    "unknown source": (body(user(sourced(type="disk"))), 400, "messages.0.content.0.image.source.type: "),
    "unknown media type": (
        body(user(sourced(media_type="image/tiff"))),
        400,
        "messages.0.content.0.image.source.base64",
    ),
    "another media type than its bytes": (
        body(user("x", sourced(media_type="image/jpeg"))),
        400,
        f"{DATA}The image was specified using the image/jpeg media type, but the image appears to be a image/png image",
    ),
    "bytes of no picture": (
        body(user(sourced(data=b64encode(b"hello" * 99).decode()))),
        400,
        "messages.0.content.0.image.source.base64.data: Could not process image",
    ),
    "header cut": (
        body(user(sourced(data=b64encode(PNG[:20]).decode()))),
        400,
        "messages.0.content.0.image.source.base64.data: Could not process image",
    ),
    "not base64": (
        body(user(sourced(data="iVBORw0KGgo*"))),
        400,
        "messages.0.content.0.image.source.base64.data: Invalid base64 data",
    ),
    "no bytes": (
        body(user(sourced(data=""))),
        400,
        "messages.0.content.0.image.source.base64.data: image cannot be empty",
    ),
    "data is a number": (body(user(sourced(data=1))), 400, "messages.0.content.0.image.source.base64.data: Input"),
    "edge above 8000": (
        body(user("x", image_block(encoded(drawn(8001, 1))))),
        400,
        f"{DATA}At least one of the image dimensions exceed max allowed size: 8000 pixels",
    ),
    "edge above 2000 from the 21st": (
        body(user("x", *TINY)),
        400,
        f"{DATA}At least one of the image dimensions exceed max allowed size for many-image requests: 2000 pixels",
    ),
    "edge above 2000 with earlier turns counted": (
        body(user(*TINY[1:]), ANSWER, user(TINY[0])),
        400,
        "messages.2.content.0.image.source.base64.data: At least one of the image dimensions exceed",
    ),
    "more pictures than the model takes": (
        body(user(*TINY[1:2] * 101), model="claude-haiku-4-5"),
        400,
        "messages: too many images: 101 > 100",
    ),
    "more characters than a picture may have": (
        body(user(sourced(data="A" * 10_000_004))),
        400,
        "messages.0.content.0.image.source.base64: image exceeds 10 MB maximum: 10000004 bytes > 10000000 bytes",
    ),
    "larger than the model's size where that is to be an error": (
        body(user(image_block(encoded(drawn(3840, 2160))) | {"transformations": {"oversized_image": "error"}})),
        400,
        "messages.0.content.0: image dimensions 3840x2160 exceed the maximum image size 2576x1449",
    ),
    "unknown field": (body(user(image_block(PNG) | {"alt": "x"})), 400, "messages.0.content.0.alt: Extra inputs"),
}


@pytest.mark.parametrize(("request_body", "status", "start"), FIELDS.values(), ids=FIELDS.keys())
def test_fields_are_refused_in_the_words_of_the_api(request_body: bytes, status: int, start: str) -> None:
    actual, message = refusal_of(request_body)
    assert actual == status
    assert message.startswith(start)


@pytest.mark.parametrize(("request_body", "status", "start"), MESSAGES.values(), ids=MESSAGES.keys())
def test_messages_are_refused_with_their_place(request_body: bytes, status: int, start: str) -> None:
    actual, message = refusal_of(request_body)
    assert actual == status
    assert message.startswith(start)


@pytest.mark.parametrize(("request_body", "status", "start"), IMAGES.values(), ids=IMAGES.keys())
def test_pictures_are_refused_with_their_place(request_body: bytes, status: int, start: str) -> None:
    actual, message = refusal_of(request_body)
    assert actual == status
    assert message.startswith(start)


@pytest.mark.parametrize(
    ("change", "start"),
    [
        ({"anthropic-version": ""}, "anthropic-version: header is required"),
        ({"anthropic-version": "2024-01-01"}, 'anthropic-version: "2024-01-01" is not a valid version'),
        ({"Content-Type": "text/plain"}, "content-type: "),
    ],
)
def test_headers_are_checked(change: dict[str, str], start: str) -> None:
    status, message = refusal_of(body(user("x")), HEADERS | change)
    assert status == 400
    assert message.startswith(start)


def test_the_older_version_takes_a_temperature_that_changes_nothing() -> None:
    older = HEADERS | {"anthropic-version": "2023-06-01"}
    assert check(older, body(user("x"), temperature=1), CATALOG).question == "x"
    assert refusal_of(body(user("x"), temperature=0.5), older)[0] == 400


@pytest.mark.parametrize("request_body", [b"", b"[]", b"{", b'{"model":NaN}', b"[" * 99_999, b"\xff"])
def test_a_body_that_is_no_json_object_is_refused(request_body: bytes) -> None:
    assert refusal_of(request_body)[0] == 400


def test_a_request_above_32_megabytes_is_refused_as_too_large() -> None:
    limit = CATALOG.limits.request_bytes
    assert refusal_of(b" " * (limit + 1)) == (413, f"Request exceeds the maximum size: {limit + 1} > {limit} bytes")
    assert check(HEADERS, body(user("x")).ljust(limit), CATALOG).question == "x"


@pytest.mark.parametrize(
    "change",
    [
        lambda: image_block(encoded(drawn(8000, 1))),
        lambda: image_block(encoded(drawn(2, 2), "JPEG"), "JPEG"),
        lambda: image_block(encoded(drawn(2, 2), "GIF"), "GIF"),
        lambda: image_block(encoded(drawn(2, 2), "WebP"), "WebP"),
        lambda: image_block(PNG) | {"transformations": {"oversized_image": "error"}},
        lambda: marked(image_block(PNG)),
    ],
)
def test_pictures_at_the_limits_and_of_all_formats_are_taken(change: Callable[[], dict[str, Any]]) -> None:
    assert len(called(user(change())).pictures) == 1


def test_twenty_large_pictures_are_taken_and_a_full_answer_goes_back() -> None:
    answer = {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "", "signature": "EqQB"},
            {"type": "redacted_thinking", "data": "A" * 5_000},
            text("Yes.") | {"citations": None},
        ],
    }
    assert len(called(user(*TINY[:20]), answer, user("And now?"), system="Be short.").pictures) == 20


@pytest.mark.parametrize("name", ["req_two_images_stream.json", "req_second_turn.json"])
def test_the_recorded_requests_of_the_api_are_taken(name: str) -> None:
    recorded = Path(__file__).parent.parent / "data" / "api" / "examples" / name
    call = check(HEADERS, recorded.read_bytes(), CATALOG)
    assert [(p.number, p.size, p.header.format) for p in call.pictures] == [
        (1, (28, 28), "PNG"),
        (2, (56, 28), "PNG"),
    ]


def test_labels_number_the_pictures_and_a_picture_without_one_counts_on() -> None:
    picture = image_block(PNG)
    call = called(user(picture, "What?"), ANSWER, user("Image 7:", picture, "Image 8:", picture, picture, "And?"))
    assert [(p.number, p.message, p.place) for p in call.pictures] == [
        (1, 0, "messages.0.content.0"),
        (7, 2, "messages.2.content.1"),
        (8, 2, "messages.2.content.3"),
        (9, 2, "messages.2.content.4"),
    ]
    assert (call.question, call.last) == ("And?", 2)


def test_pictures_count_the_tokens_of_the_model_s_tier() -> None:
    large = user(image_block(encoded(drawn(1920, 1080))))
    assert called(large).pictures[0].tokens == 2691
    assert called(large, model="claude-haiku-4-5").pictures[0].tokens == 1560
    assert called(large).prompt_tokens == 2691
