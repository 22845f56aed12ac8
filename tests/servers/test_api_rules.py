"""What the test server refuses: each rule of API.md, sections 1.5, 1.6, 3.1 to 3.3, 6 and 7, broken once."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.servers.api import TEST_KEY, ApiServer
from tests.servers.questions import HEADERS, QUICK, ask, assistant, example, image, picture, post, refusal, user, words
from tests.servers.rules import MAX_BODY, MAX_PICTURE

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]

ALWAYS = {"anthropic-version": "2026-10-21", "content-type": "application/json"}
BEARER = {"authorization": f"Bearer {TEST_KEY}"}


def send(server: ApiServer, headers: Mapping[str, str], content: bytes = b"{}") -> tuple[int, str, str]:
    return refusal(httpx.post(f"{server.url}/v1/messages", content=content, headers=headers, **QUICK))


@pytest.mark.parametrize(
    "access",
    [
        pytest.param({}, id="no key"),
        pytest.param({"x-api-key": "sk-ant-other"}, id="another key"),
        pytest.param({"authorization": "Bearer sk-ant-other"}, id="another key as bearer"),
        pytest.param({"authorization": TEST_KEY}, id="bearer forgotten"),
        pytest.param({"x-api-key": f"Bearer {TEST_KEY}"}, id="bearer too much"),
        pytest.param({"x-api-key": TEST_KEY, **BEARER}, id="both at once"),
    ],
)
def test_a_wrong_key_is_401(server: ApiServer, access: dict[str, str]) -> None:
    assert send(server, {**ALWAYS, **access})[:2] == (401, "authentication_error")


def test_a_missing_key_is_told_from_a_wrong_one(server: ApiServer) -> None:
    assert send(server, ALWAYS)[2] == "x-api-key header is required"


@pytest.mark.parametrize("access", [BEARER, {"x-api-key": TEST_KEY}])
@pytest.mark.parametrize("version", ["2026-10-21", "2023-06-01"])
def test_either_header_and_either_version_will_do(server: ApiServer, access: dict[str, str], version: str) -> None:
    headers = {**access, "anthropic-version": version}
    answer = httpx.post(f"{server.url}/v1/messages", json=ask(), headers=headers, **QUICK)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("headers", "content", "message"),
    [
        ({"anthropic-version": "2025-01-01", "content-type": "application/json"}, b"{}", "anthropic-version: "),
        ({"content-type": "application/json"}, b"{}", "anthropic-version: header is required"),
        ({"anthropic-version": "2026-10-21"}, b"{}", "content-type: "),
        ({**ALWAYS, "content-type": "text/plain"}, b"{}", "content-type: "),
        (ALWAYS, b'{"model":', "The request body is not valid JSON"),
        (ALWAYS, b"\xff\xfe", "The request body is not valid JSON"),
        (ALWAYS, b"[]", "The request body must be an object"),
    ],
)
def test_headers_and_json_are_checked(server: ApiServer, headers: dict[str, str], content: bytes, message: str) -> None:
    status, kind, said = send(server, {**BEARER, **headers}, content)
    assert (status, kind) == (400, "invalid_request_error")
    assert said.startswith(message)


@pytest.mark.parametrize(("path", "status"), [("/v1/complete", 404), ("/", 404), ("/v1/models", 405)])
def test_other_paths_and_methods_are_refused_in_json(server: ApiServer, path: str, status: int) -> None:
    assert refusal(post(server, ask(), path))[0] == status


ONE_HOUR = {"type": "ephemeral", "ttl": "1h"}
FIVE_MINUTES = {"type": "ephemeral"}

BAD_FIELDS = [
    (ask(model="claude-3-opus-20240229"), 404, "model: claude-3-opus-20240229"),
    (ask(model=None), 400, "model: "),
    (ask(max_tokens=0), 400, "max_tokens: "),
    (ask(max_tokens=True), 400, "max_tokens: "),
    (ask(max_tokens="16000"), 400, "max_tokens: "),
    (ask(max_tokens=128_001), 400, "max_tokens: 128001 > 128000"),
    (ask(max_tokens=64_001, model="claude-haiku-4-5"), 400, "max_tokens: 64001 > 64000"),
    (ask(stream="yes"), 400, "stream: "),
    (ask(temperature=1), 400, "temperature: this parameter is no longer supported"),
    (ask(top_p=0.9), 400, "top_p: this parameter"),
    (ask(top_k=5), 400, "top_k: this parameter"),
    (ask(colour="red"), 400, "colour: Extra inputs are not permitted"),
    (ask(system=7), 400, "system: "),
    (ask(system="  "), 400, "system: text content blocks must contain non-whitespace text"),
    (ask(system=[words("")]), 400, "system.0: text content blocks must be non-empty"),
    (ask(system=[image()]), 400, "system.0: "),
    (ask(messages=[]), 400, "messages: "),
    (ask(messages={}), 400, "messages: "),
    (ask(assistant("Hi"), user("Hi")), 400, 'messages: first message must use the "user" role'),
    (ask(user("Hi"), assistant("Hi")), 400, "This model does not support assistant message prefill"),
    (ask({"role": "system", "content": "Hi"}), 400, "messages.0.role: "),
    (ask({"role": "user"}), 400, "messages.0: "),
    (ask({**user("Hi"), "id": 1}), 400, "messages.0: "),
    (ask({"role": "user", "content": 5}), 400, "messages.0.content: "),
    (ask(user("Hi"), assistant(), user("Hi")), 400, "messages.1: all messages must have non-empty content"),
    (ask({"role": "user", "content": ""}), 400, "messages.0: all messages must have non-empty content"),
    (ask({"role": "user", "content": "\n"}), 400, "messages.0.content.0: text content blocks must contain"),
    (ask(user("Hi", "")), 400, "messages.0.content.1: text content blocks must be non-empty"),
    (ask(user("Hi", " \n\t")), 400, "messages.0.content.1: text content blocks must contain non-whitespace text"),
    (ask(user("Hi"), assistant(" "), user("Hi")), 400, "messages.1.content.0: text content blocks must contain"),
    (ask(user({"type": "text", "text": None})), 400, "messages.0.content.0.text.text: "),
    (ask(user({**words("Hi"), "id": 1})), 400, "messages.0.content.0.text.id: "),
    (ask(user({**words("Hi"), "citations": [{}]})), 400, "messages.0.content.0.text.citations: "),
    (ask(user({"type": "picture"})), 400, "messages.0.content.0: "),
    (ask(user("Hi"), assistant(image()), user("Hi")), 400, "messages.1.content.0: "),
    (ask(user("Hi"), assistant({"type": "document", "source": {}}), user("Hi")), 400, "messages.1.content.0: "),
    (ask(user("Hi"), assistant({"type": "future_block"}), user("Hi")), 400, "messages.1.content.0: "),
    (ask(user({"type": "document"})), 400, "messages.0.content.0.document.source: "),
    (ask(cache_control={"type": "permanent"}), 400, "cache_control: "),
    (ask(cache_control={**FIVE_MINUTES, "ttl": "2h"}), 400, "cache_control.ttl: "),
    (ask(cache_control={**FIVE_MINUTES, "at": 1}), 400, "cache_control: "),
    (ask(user({**words("Hi"), "cache_control": True})), 400, "messages.0.content.0.cache_control: "),
    (ask(user(*[{**words("Hi"), "cache_control": FIVE_MINUTES}] * 5)), 400, "A maximum of 4 blocks"),
    (
        ask(user(*[{**words("Hi"), "cache_control": FIVE_MINUTES}] * 4, "Hi"), cache_control=FIVE_MINUTES),
        400,
        "A maximum of 4 blocks",
    ),
    (ask(user({**words("Hi"), "cache_control": ONE_HOUR}), cache_control=FIVE_MINUTES), 400, "cache_control: the last"),
    (ask(user({**words("Hi"), "cache_control": FIVE_MINUTES}, "Hi"), cache_control=ONE_HOUR), 400, "cache_control: a "),
    (ask(thinking={"type": "disabled"}), 400, "thinking.type: "),
    (ask(thinking={"type": "enabled", "budget_tokens": 2000}), 400, "thinking.type: "),
    (ask(thinking="on"), 400, "thinking.type: "),
    (ask(thinking={"type": "adaptive", "display": "all"}), 400, "thinking.display: "),
    (ask(thinking={"type": "adaptive", "budget_tokens": 2000}), 400, "thinking.adaptive.budget_tokens: "),
    (ask(thinking={"type": "adaptive"}, model="claude-sonnet-4-5"), 400, "thinking.type: "),
    (ask(thinking={"type": "enabled", "budget_tokens": 1023}, model="claude-sonnet-4-5"), 400, "thinking.enabled."),
    (ask(thinking={"type": "between_tools"}, output_config={"effort": "max"}), 400, "thinking.type: between_tools"),
    (ask(thinking={"type": "disabled"}, output_config={"effort": "max"}, model="claude-opus-5"), 400, "thinking.type:"),
    (ask(output_config={"effort": "huge"}), 400, "output_config.effort: "),
    (ask(output_config={"effort": "low"}, model="claude-haiku-4-5"), 400, "output_config.effort: "),
    (ask(output_config={"effort": "xhigh"}, model="claude-opus-4-6"), 400, "output_config.effort: "),
    (ask(output_config={"length": 1}), 400, "output_config: "),
    (ask(user("x" * 4_100_000)), 400, "prompt is too long: "),
]


@pytest.mark.parametrize(("body", "status", "message"), BAD_FIELDS, ids=[message for _, _, message in BAD_FIELDS])
def test_a_body_that_breaks_a_rule_is_refused(server: ApiServer, body: Json, status: int, message: str) -> None:
    found = refusal(post(server, body))
    assert found[:2] == (status, "not_found_error" if status == 404 else "invalid_request_error")
    assert found[2].startswith(message)


GOOD = {
    "plain strings": ask({"role": "user", "content": "Hi"}, system="Be brief."),
    "turns of one role": ask(user("Hi"), user("there")),
    "thinking off": ask(thinking={"type": "disabled"}, model="claude-opus-5"),
    "between tools": ask(thinking={"type": "between_tools"}, output_config={"effort": "low"}),
    "a budget": ask(thinking={"type": "enabled", "budget_tokens": 1024}, model="claude-sonnet-4-5"),
    "lives in order": ask(user({**words("Hi"), "cache_control": ONE_HOUR}, "Hi"), cache_control=FIVE_MINUTES),
    "the same life twice": ask(user({**words("Hi"), "cache_control": FIVE_MINUTES}), cache_control=FIVE_MINUTES),
    "a picture alone": ask(user(image())),
    "the largest max_tokens": ask(max_tokens=128_000),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_body_within_the_rules_is_answered(server: ApiServer, name: str) -> None:
    assert post(server, GOOD[name]).status_code == 200


# --- pictures -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "media_type"),
    [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("GIF", "image/gif"), ("WEBP", "image/webp")],
)
def test_each_format_is_taken_under_its_own_name_only(server: ApiServer, form: str, media_type: str) -> None:
    data = picture(57, 29, form)
    assert post(server, ask(user(image(data, media_type)))).status_code == 200
    other = "image/png" if form != "PNG" else "image/jpeg"
    status, _, message = refusal(post(server, ask(user(image(data, other)))))
    assert status == 400
    assert message.startswith("messages.0.content.0.image.source.base64: the image was specified using the")


def source(**fields: object) -> Json:
    return ask(user("Hi"), user("Hi", {"type": "image", "source": fields}))


BASE64 = image()["source"]

BAD_SOURCES = [
    (source(), "messages.1.content.1.image.source: "),
    (source(type="path", path="a.png"), "messages.1.content.1.image.source: "),
    (source(type="url"), "messages.1.content.1.image.source.url.url: Field required"),
    (source(type="file", file_id=""), "messages.1.content.1.image.source.file: "),
    (source(**BASE64, name="a.png"), "messages.1.content.1.image.source.base64.name: Extra inputs"),
    (source(**{**BASE64, "media_type": "image/tiff"}), "messages.1.content.1.image.source.base64.media_type: "),
    (source(**{**BASE64, "data": "iVBOR*=="}), "messages.1.content.1.image.source.base64.data: Could not process"),
    (source(**{**BASE64, "data": BASE64["data"] + "\n"}), "messages.1.content.1.image.source.base64.data: "),
    (source(**{**BASE64, "data": "SGVsbG8="}), "messages.1.content.1.image.source.base64.data: Could not process"),
    (source(**{**BASE64, "data": ""}), "messages.1.content.1.image.source.base64: "),
    (ask(user("Hi"), user("Hi", {**image(), "alt": "a"})), "messages.1.content.1.image.alt: "),
    (ask(user("Hi"), user("Hi", {**image(), "transformations": {"oversized_image": "crop"}})), "messages.1.content.1."),
    (ask(user("Hi"), user("Hi", {**image(), "transformations": "error"})), "messages.1.content.1.image.transform"),
]


@pytest.mark.parametrize(("body", "message"), BAD_SOURCES, ids=range(len(BAD_SOURCES)))
def test_a_bad_picture_is_refused_with_its_position(server: ApiServer, body: Json, message: str) -> None:
    status, _, said = refusal(post(server, body))
    assert status == 400
    assert said.startswith(message)


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_picture_may_have_8000_pixels_an_edge_and_no_more(server: ApiServer, form: str) -> None:
    kind = f"image/{form.lower()}"
    assert post(server, ask(user(image(picture(8000, 2, form), kind)))).status_code == 200
    said = refusal(post(server, ask(user("Hi", image(picture(2, 8001, form), kind)))))[2]
    assert said == (
        "messages.0.content.1.image.source.base64.data: "
        "At least one of the image dimensions exceed max allowed size: 8000 pixels"
    )


def test_from_the_21st_picture_on_2000_pixels_are_the_limit_in_every_turn(server: ApiServer) -> None:
    large = user("Hi", image(picture(2001, 2)))
    small = image(picture(2000, 2))
    assert post(server, ask(large, user(*[small] * 19))).status_code == 200
    assert post(server, ask(user(*[small] * 21))).status_code == 200
    said = refusal(post(server, ask(large, user(*[small] * 20))))[2]
    assert said.startswith("messages.0.content.1.image.source.base64.data: ")
    assert said.endswith("for many-image requests: 2000 pixels")


@pytest.mark.parametrize(("model", "most"), [("claude-haiku-4-5", 100), ("claude-haiku-5-5", 600)])
def test_a_request_has_a_most_number_of_pictures(server: ApiServer, model: str, most: int) -> None:
    assert post(server, ask(user(*[image()] * most), model=model)).status_code == 200
    said = refusal(post(server, ask(user(*[image()] * most), user(image()), model=model)))[2]
    assert said == f"messages: too many images: {most + 1} > {most}"


def padded(characters: int) -> bytes:
    """A PNG that is so many characters long as base64: its private chunk is as large as need be."""
    bare = picture()
    chunk = b"tESt" + bytes(characters // 4 * 3 - len(bare) - 12)
    size = struct.pack(">I", len(chunk) - 4)
    return bare[:33] + size + chunk + struct.pack(">I", zlib.crc32(chunk)) + bare[33:]


def test_a_picture_may_have_ten_million_characters_and_no_more(server: ApiServer) -> None:
    fitting = image(padded(MAX_PICTURE))
    assert len(fitting["source"]["data"]) == MAX_PICTURE
    assert post(server, ask(user(fitting))).status_code == 200
    said = refusal(post(server, ask(user(image(padded(MAX_PICTURE + 4))))))[2]
    assert said == (
        "messages.0.content.0.image.source.base64: image exceeds 10 MB maximum: 10000004 bytes > 10000000 bytes"
    )


def test_a_body_over_32_million_bytes_is_413(server: ApiServer) -> None:
    blank = b"{}" + b" " * (MAX_BODY - 2)
    assert send(server, {**HEADERS, **ALWAYS}, blank)[0] == 400
    assert send(server, {**HEADERS, **ALWAYS}, blank + b" ")[:2] == (413, "request_too_large")


def test_pixel_exact_pictures_are_refused_where_they_would_be_shrunk(server: ApiServer) -> None:
    def exact(width: int, height: int) -> Json:
        return image(picture(width, height)) | {"transformations": {"oversized_image": "error"}}

    assert post(server, ask(user(exact(2576, 1449)))).status_code == 200
    said = refusal(post(server, ask(user(exact(3840, 2160)))))[2]
    assert said.startswith("messages.0.content.0: image dimensions 3840x2160 exceed the maximum image size 2576x1449")
    counted = {"model": "claude-sonnet-5-5", "messages": [user(exact(3840, 2160))]}
    assert post(server, counted, "/v1/messages/count_tokens").status_code == 400


@pytest.mark.parametrize("field", ["max_tokens", "stream"])
def test_counting_takes_no_fields_of_answering(server: ApiServer, field: str) -> None:
    body = example("req_count_tokens.json") | {field: 1}
    assert refusal(post(server, body, "/v1/messages/count_tokens"))[2] == f"{field}: Extra inputs are not permitted"


def test_counting_takes_no_pictures_from_elsewhere(server: ApiServer) -> None:
    body = {"model": "claude-opus-5-5", "messages": example("req_url_and_file.json")["messages"]}
    said = refusal(post(server, body, "/v1/messages/count_tokens"))[2]
    assert said.startswith("messages.0.content.0.image.source: url")
