"""What goes to `count_tokens`, what practice mode answers, and that the two add up to what is billed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from app.core.catalog import Catalog
from app.core.countable import Countable
from app.core.message import Message, Usage
from app.core.practice import Practice
from app.core.request import Request
from tests.core.drawn import HEADERS, drawn, encoded, image_block, text, user
from tests.core.test_request import MODEL, THINKING, YES, answered, asked, image
from tests.servers import tokenizer
from tests.servers.api import ApiServer
from tests.servers.questions import HEADERS as KEYED
from tests.servers.questions import QUICK

CATALOG = Catalog.load()
SONNET = CATALOG.get(MODEL)
PATH = "/v1/messages/count_tokens"
PICTURE = replace(image(1), width=560, height=280)
"""200 tokens."""


def countable(*history: Message, **terms: Any) -> Countable:
    found = Countable.of(Request.build(list(history), **{"model": MODEL} | terms), SONNET)
    assert found is not None
    return found


def fields(found: Countable) -> Any:
    return json.loads(b"".join(found.body))


def test_the_words_go_with_labels_and_no_picture() -> None:
    found = countable(asked("Which is taller?", PICTURE, replace(PICTURE, number=2)), system="Be brief.")
    assert fields(found) == {
        "model": MODEL,
        "system": "Be brief.",
        "messages": [{"role": "user", "content": [text("Image 1:"), text("Image 2:"), text("Which is taller?")]}],
    }
    assert (found.besides, found.exact) == (400, True)


def test_a_sentence_that_stands_for_a_picture_goes_as_text() -> None:
    found = countable(asked("And now?", replace(PICTURE, withheld=True)))
    assert fields(found)["messages"][0]["content"] == [text("Image 1: left out."), text("And now?")]
    assert found.besides == 0
    found = countable(asked("And now?", replace(PICTURE, description='A "roof".')))
    assert fields(found)["messages"][0]["content"][0] == text('Image 1, described in words: A "roof".')


def test_a_picture_alone_or_of_unknown_size_cannot_be_counted() -> None:
    for question in (asked("", PICTURE), asked("What?", replace(PICTURE, width=0, url="https://a.example/b.png"))):
        assert Countable.of(Request.build([question], model=MODEL), SONNET) is None


def test_of_a_request_with_thinking_the_new_words_are_counted_and_the_rest_by_its_usage() -> None:
    first = [asked("One?", PICTURE)]
    usage = Usage(input_tokens=5000, output_tokens=300, thinking_tokens=100)
    answer = answered(first, THINKING, YES, usage=usage, system="Be brief.")
    found = countable(*first, answer, asked("Two?", replace(PICTURE, number=2)), system="Be brief.")
    assert fields(found) == {
        "model": MODEL,
        "messages": [{"role": "user", "content": [text("Image 2:"), text("Two?")]}],
    }
    assert (found.besides, found.exact) == (5000 + 200 + 200, False)


def test_a_request_with_thinking_of_unknown_usage_cannot_be_counted() -> None:
    first = [asked("One?")]
    request = Request.build([*first, answered(first, THINKING, YES), asked("Two?")], model=MODEL)
    assert Countable.of(request, SONNET) is None


def test_words_and_pictures_counted_apart_are_what_the_whole_is_billed_as() -> None:
    data = encoded(drawn(300, 200))
    sent = {"messages": [user(text("Image 1:"), image_block(data), text("Image 2:"), image_block(data), text("Same?"))]}
    with ApiServer() as server:
        server.tokenizer = tokenizer.for_model
        blocks = [replace(image(number), width=300, height=200) for number in (1, 2)]
        found = countable(asked("Same?", *blocks))
        urls = [server.url + PATH, server.url + "/v1/messages"]
        counted = httpx.post(urls[0], json=fields(found), headers=KEYED, **QUICK).json()["input_tokens"]
        answer = httpx.post(urls[1], json=sent | {"model": MODEL, "max_tokens": 9}, headers=KEYED, **QUICK).json()
    assert counted + found.besides == answer["usage"]["input_tokens"]


# --- practice mode ------------------------------------------------------------------------------


async def counted(body: dict[str, Any], method: str = "POST") -> tuple[int, Any]:
    reply = await Practice(CATALOG).respond(method, PATH, HEADERS, json.dumps(body).encode())
    return reply.status, json.loads(b"".join([piece async for piece in reply.chunks]))


ASKED = {"model": MODEL, "messages": [user("What is this?")]}


async def test_practice_counts_words_and_pictures() -> None:
    status, answer = await counted(ASKED)
    assert (status, answer) == (200, {"input_tokens": 4})
    with_picture = user(image_block(encoded(drawn(560, 280))), text("What is this?"))
    status, answer = await counted({"model": MODEL, "messages": [with_picture], "system": "Be brief."})
    assert (status, answer["input_tokens"]) == (200, 200 + 4 + 3)


REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "max_tokens": ({"max_tokens": 100}, 400, "max_tokens: Extra inputs are not permitted"),
    "stream": ({"stream": False}, 400, "stream: Extra inputs are not permitted"),
    "no messages": ({"messages": []}, 400, "messages: at least one message is required"),
    "an unknown model": ({"model": "claude-sonnet-9"}, 404, "model: claude-sonnet-9"),
    "tools": ({"tools": []}, 400, "tools: practice mode has no tools"),
    "blank text": ({"messages": [user(" ")]}, 400, "messages.0.content.0: text content blocks must contain"),
    "prefill": (
        {"messages": [user("?"), {"role": "assistant", "content": "No"}]},
        400,
        "This model does not support assistant message prefill",
    ),
    "a file": (
        {"messages": [user({"type": "image", "source": {"type": "file", "file_id": "file_1"}}, text("?"))]},
        400,
        "messages: a picture by its file cannot be counted",
    ),
    "a cache mark of a wrong life": ({"cache_control": {"type": "ephemeral", "ttl": "1d"}}, 400, "cache_control.ttl"),
    "thinking that cannot be off": ({"thinking": {"type": "disabled"}, "model": "claude-opus-5-5"}, 400, "thinking:"),
}


@pytest.mark.parametrize(("change", "status", "words"), REFUSED.values(), ids=REFUSED)
async def test_practice_is_as_strict_as_the_api(change: dict[str, Any], status: int, words: str) -> None:
    found, answer = await counted(ASKED | change)
    assert found == status
    assert answer["error"]["message"].startswith(words)


async def test_practice_counts_on_post_only() -> None:
    status, _ = await counted(ASKED, "GET")
    assert status == 405
