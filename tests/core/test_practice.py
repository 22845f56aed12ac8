from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from app.core.catalog import Catalog
from app.core.cuts import Box
from app.core.message import ImageBlock, Message
from app.core.practice import Practice
from app.core.report import OPENING
from app.core.sse import Decoder
from tests.core.drawn import HEADERS, body, drawn, encoded, image_block, text, user

CATALOG = Catalog.load()
FIRST = drawn(640, 480, "white", {(0, 0, 160, 480): "#2050C0"})
SECOND = drawn(640, 480, "white", {(0, 0, 160, 480): "#2050C0", (300, 200, 421, 303): "#C81E1E"})
TWO = user("Image 1:", image_block(encoded(FIRST)), "Image 2:", image_block(encoded(SECOND)), "How do they differ?")
CACHED = {"cache_control": {"type": "ephemeral"}}


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def practice(clock: Clock | None = None) -> Practice:
    return Practice(CATALOG, pace=0, clock=clock or Clock())


async def sent(
    request: bytes, to: Practice | None = None, method: str = "POST", path: str = "/v1/messages"
) -> tuple[int, dict[str, str], bytes]:
    reply = await (to or practice()).respond(method, path, HEADERS, request)
    return reply.status, reply.headers, b"".join([chunk async for chunk in reply.chunks])


async def streamed(request: bytes, to: Practice | None = None) -> list[dict[str, Any]]:
    status, headers, data = await sent(request, to)
    assert (status, headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    events = Decoder().feed(data)
    assert [event.name for event in events] == [json.loads(event.data)["type"] for event in events]
    return [json.loads(event.data) for event in events]


async def answered(request: bytes, to: Practice | None = None) -> Message:
    message = Message("assistant")
    for event in await streamed(request, to):
        message = message.apply(event)
    return message


def block_of(answer: str) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(answer.split("```json\n")[1].partition("```")[0])
    return facts


# --- the answer ---------------------------------------------------------------------------------


async def test_two_pictures_are_measured_and_compared() -> None:
    message = await answered(body(TWO))
    size = len(encoded(FIRST))
    assert message.text.startswith(OPENING)
    assert f"| Image 1 | 640 × 480 | PNG | {size:,} | 414 |" in message.text
    assert "Main colours: white `#FFFFFF` 75%, blue `#2050C0` 25%." in message.text
    assert "4.1% of the pixels changed (12,463 of 307,200), in 1 region." in message.text
    assert (
        "1. `[300, 200, 421, 303]`, 121 × 103 pixels, on average `#FFFFFF` before and `#C81E1E` after" in message.text
    )
    facts = block_of(message.text)
    assert facts["pictures"][0] == {
        "image": 1,
        "width": 640,
        "height": 480,
        "format": "PNG",
        "bytes": size,
        "tokens": 414,
        "brightness": 0.826,
        "colours": ["#FFFFFF", "#2050C0"],
    }
    assert facts["difference"] == {"images": [1, 2], "changed": 0.04057, "boxes": [[300, 200, 421, 303]]}
    assert message.stop_reason == "end_turn"


async def test_an_answer_holds_heading_list_table_and_code() -> None:
    lines = (await answered(body(TWO))).text.split("\n")
    for start in ("## ", "- ", "1. ", "| --- |", "```json"):
        assert any(line.startswith(start) for line in lines), start


async def test_the_same_request_gets_the_same_answer() -> None:
    one, other = await answered(body(TWO)), await answered(body(TWO))
    assert one == other


async def test_a_lone_picture_is_measured_without_comparing() -> None:
    message = await answered(body(user(image_block(encoded(FIRST, "JPEG"), "JPEG"))))
    assert "## Image 1\n" in message.text
    assert "difference" not in block_of(message.text)


async def test_a_question_without_a_new_picture_is_about_the_earlier_ones() -> None:
    message = await answered(body(TWO, {"role": "assistant", "content": "Yes."}, user("And now?")))
    assert "No new picture came with this question" in message.text
    assert "## Image 1 and Image 2 compared" in message.text


async def test_a_new_picture_is_compared_with_the_one_before_it() -> None:
    third = user("Image 3:", image_block(encoded(drawn(10, 10))))
    message = await answered(body(TWO, {"role": "assistant", "content": "Yes."}, third))
    facts = block_of(message.text)
    assert [row["image"] for row in facts["pictures"]] == [2, 3]
    assert facts["difference"]["images"] == [2, 3]
    assert "Image 3 was scaled to the size of Image 2" in message.text


@pytest.mark.parametrize(
    ("question", "described", "compared"),
    [
        ("Compare image 3 with Image 1", [1, 3], [3, 1]),
        ("What is in Image 2?", [2], None),
        ("Image 1, image 1!", [1], None),
        ("What is in Image 9?", [2, 3], [2, 3]),
    ],
)
async def test_pictures_named_in_the_question_are_meant(
    question: str, described: list[int], compared: list[int] | None
) -> None:
    history = TWO, {"role": "assistant", "content": "Yes."}, user("Image 3:", image_block(encoded(drawn(640, 480))))
    facts = block_of((await answered(body(*history, {"role": "assistant", "content": "Yes."}, user(question)))).text)
    assert [row["image"] for row in facts["pictures"]] == described
    assert facts.get("difference", {}).get("images") == compared


async def test_a_new_picture_is_compared_with_the_one_named() -> None:
    third = user("Image 3:", image_block(encoded(SECOND)), "Against image 1?")
    facts = block_of((await answered(body(TWO, {"role": "assistant", "content": "Yes."}, third))).text)
    assert facts["difference"] == {"images": [1, 3], "changed": 0.04057, "boxes": [[300, 200, 421, 303]]}


async def test_a_new_picture_that_is_named_alone_is_not_compared() -> None:
    third = user("Image 3:", image_block(encoded(SECOND)), "What is in Image 3?")
    facts = block_of((await answered(body(TWO, {"role": "assistant", "content": "Yes."}, third))).text)
    assert [row["image"] for row in facts["pictures"]] == [3]
    assert "difference" not in facts


def labelled(**facts: Any) -> ImageBlock:
    usual: dict[str, Any] = {"number": 2, "name": "a.png", "sent": "0", "media_type": "image/png", "sent_bytes": 1}
    usual |= {"tokens": 1, "original": "0", "original_bytes": 1, "original_format": "PNG", "width": 90, "height": 90}
    return ImageBlock(**(usual | {"original_width": 900, "original_height": 900} | facts))


@pytest.mark.parametrize(
    ("block", "name"),
    [
        (labelled(), "Image 2"),
        (labelled(sharper_than=1), "Image 2"),
        (labelled(kind="overview"), "Image 2, overview"),
        (labelled(kind="overview", sharper_than=1), "Image 2, overview"),
        (labelled(kind="tile", part=3, parts=4, box=Box(0, 450, 90, 90)), "Image 2, part 3 of 4 (left)"),
        (labelled(kind="tile", part=1, parts=4, box=Box(0, 0, 180, 180)), "Image 2, part 1 of 4 (top left)"),
        (labelled(kind="region", box=Box(400, 400, 90, 90)), "Image 2, marked region (centre)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_every_label_of_ours_is_understood(block: ImageBlock, name: str) -> None:
    picture = image_block(encoded(FIRST))
    answer = (await answered(body(user(block.label, picture, "What is it?")))).text
    assert f"| {name} | 640" in answer
    assert f"**{name}**" in answer
    assert "## Image 2\n" in answer
    assert block_of(answer)["pictures"][0]["image"] == 2


async def test_a_picture_in_parts_is_one_picture_and_not_compared_with_itself() -> None:
    overview, tile = labelled(number=1, kind="overview"), labelled(number=1, kind="tile", part=1, parts=1)
    parts = (overview.label, image_block(encoded(FIRST)), tile.label, image_block(encoded(SECOND)))
    alone = (await answered(body(user(*parts, "What is it?")))).text
    assert "## Image 1\n" in alone
    assert "difference" not in block_of(alone)
    assert [row.get("part") for row in block_of(alone)["pictures"]] == ["overview", "part 1 of 1 (whole)"]
    third = ("Image 2:", image_block(encoded(drawn(10, 10))))
    both = (await answered(body(user(*parts, *third, "How do they differ?")))).text
    assert "## Image 1 and Image 2 compared" in both
    assert block_of(both)["difference"]["images"] == [1, 2]
    assert "640 × 480" in both.split("### Where")[1] or "Image 2 was scaled to the size of Image 1" in both
    named = (await answered(body(user(*parts, *third), {"role": "assistant", "content": "."}, user("Image 1?")))).text
    assert [row["image"] for row in block_of(named)["pictures"]] == [1, 1]


async def test_a_persons_own_words_are_no_label() -> None:
    answer = (await answered(body(user("Image 2, is it red:", image_block(encoded(FIRST)))))).text
    assert "## Image 1\n" in answer


async def test_equal_pictures_are_said_to_be_equal() -> None:
    same = image_block(encoded(FIRST))
    assert "they are the same, pixel for pixel" in (await answered(body(user(same, same)))).text


async def test_only_the_eight_largest_boxes_are_listed() -> None:
    spots = {(x, 0, x + 9 - x // 50, 9): "red" for x in range(0, 450, 50)}
    pair = image_block(encoded(drawn(640, 480))), image_block(encoded(drawn(640, 480, patches=spots)))
    message = await answered(body(user(*pair)))
    assert "in 9 regions." in message.text
    assert "The 8 largest are listed." in message.text
    assert block_of(message.text)["difference"]["boxes"] == [[x, 0, x + 9 - x // 50, 9] for x in range(0, 400, 50)]


async def test_lossy_pictures_are_compared_with_a_tolerance_that_is_told() -> None:
    one, other = (image_block(encoded(picture, "JPEG"), "JPEG") for picture in (FIRST, SECOND))
    assert (
        "Nowhere: no colour channel of any pixel differs by more than 16" in (await answered(body(user(one, one)))).text
    )
    assert "when a colour channel differs by more than 16 of 255" in (await answered(body(user(one, other)))).text


async def test_transparent_parts_are_told() -> None:
    glass = FIRST.convert("RGBA")
    glass.putalpha(100)
    assert "Parts of it are transparent" in (await answered(body(user(image_block(encoded(glass)))))).text
    assert "transparent" not in (await answered(body(TWO))).text


async def test_a_picture_larger_than_the_tier_says_what_a_model_would_see() -> None:
    message = await answered(body(user(image_block(encoded(drawn(3840, 2160))))))
    assert "| Image 1 | 3840 × 2160 | PNG |" in message.text
    assert "A model would see it at 2576 × 1449." in message.text


async def test_more_than_twenty_pictures_are_counted_and_the_rest_left_out() -> None:
    message = await answered(body(user(*[image_block(encoded(drawn(9, 9)))] * 23)))
    assert "3 more pictures were measured and are left out here." in message.text
    assert len(block_of(message.text)["pictures"]) == 20


async def test_without_pictures_practice_says_that_it_only_measures_pictures() -> None:
    message = await answered(body(user("What is the capital of France?")))
    assert message.text.startswith(OPENING)
    assert "measuring pictures is all it can do" in message.text
    assert message.stop_reason == "end_turn"


# --- the wire -----------------------------------------------------------------------------------


async def test_the_stream_follows_the_grammar() -> None:
    events = await streamed(body(TWO))
    kinds = [event["type"] for event in events if event["type"] != "ping"]
    deltas = [event["delta"] for event in events if event["type"] == "content_block_delta"]
    assert kinds == [
        "message_start",
        "content_block_start",
        *["content_block_delta"] * len(deltas),
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert len(deltas) > 20
    assert all(delta["type"] == "text_delta" and len(delta["text"].split()) <= 4 for delta in deltas)


async def test_output_tokens_are_counted_at_the_end() -> None:
    message = await answered(body(TWO))
    assert message.usage is not None
    assert message.usage.output_tokens == -(-len(message.text) * 2 // 7)


async def test_a_request_that_is_not_streamed_gets_one_json_message() -> None:
    status, headers, data = await sent(body(TWO, stream=None))
    reply = json.loads(data)
    assert (status, headers["content-type"]) == (200, "application/json")
    assert reply["content"] == [{"type": "text", "text": (await answered(body(TWO))).text}]
    assert (reply["type"], reply["stop_reason"], reply["usage"]["output_tokens"] > 100) == ("message", "end_turn", True)


async def test_the_answer_ends_at_max_tokens() -> None:
    message = await answered(body(TWO, max_tokens=10))
    assert message.stop_reason == "max_tokens"
    assert message.usage is not None
    assert message.usage.output_tokens == 10
    assert message.text.startswith(OPENING[:30])


async def test_no_tokens_at_all_give_an_empty_answer() -> None:
    message = await answered(body(TWO, max_tokens=0))
    assert (message.content, message.stop_reason) == ((), "max_tokens")


async def test_the_answer_ends_before_a_stop_sequence() -> None:
    events = await streamed(body(TWO, stop_sequences=["practice mode", "unheard of"]))
    assert events[-2]["delta"]["stop_sequence"] == "practice mode"
    assert (await answered(body(TWO, stop_sequences=["practice mode"]))).text == "No model was asked: this is "


async def test_a_reader_that_leaves_early_stops_the_stream() -> None:
    reply = await practice().respond("POST", "/v1/messages", HEADERS, body(TWO))
    first = await anext(reply.chunks)
    await reply.chunks.aclose()  # type: ignore[attr-defined]  # the generator, as the client closes it
    assert first.startswith(b"event: message_start\n")


# --- refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_body", "status", "kind"),
    [
        (body(user("")), 400, "invalid_request_error"),
        (body(user("x"), model="gpt"), 404, "not_found_error"),
        (b" " * 32_000_001, 413, "request_too_large"),
        (b"{", 400, "invalid_request_error"),
    ],
    ids=["empty text", "unknown model", "too large", "no json"],
)
async def test_refusals_have_the_shape_of_the_api(request_body: bytes, status: int, kind: str) -> None:
    actual, headers, data = await sent(request_body)
    reply = json.loads(data)
    assert (actual, headers["content-type"]) == (status, "application/json")
    assert (reply["type"], reply["error"]["type"]) == ("error", kind)
    assert reply["request_id"] == headers["request-id"]
    assert reply["request_id"].startswith("req_011")


async def test_a_picture_that_cannot_be_decoded_is_refused_with_its_place() -> None:
    data = encoded(drawn(300, 200))
    status, _, reply = await sent(body(user("x", image_block(data[: len(data) - 30]))))
    assert status == 400
    assert json.loads(reply)["error"]["message"] == (
        "messages.0.content.1.image.source.base64.data: Could not process image"
    )


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/v1/messages", 405), ("POST", "/v1/models", 405), ("GET", "/", 404), ("GET", "/v1/models/gpt", 404)],
)
async def test_other_paths_and_methods_are_refused(method: str, path: str, status: int) -> None:
    assert (await sent(b"", None, method, path))[0] == status


# --- faults on demand ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (402, "billing_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (413, "request_too_large"),
        (429, "rate_limit_error"),
        (500, "api_error"),
        (504, "timeout_error"),
        (529, "overloaded_error"),
    ],
)
async def test_fail_answers_with_that_status(status: int, kind: str) -> None:
    actual, headers, data = await sent(body(TWO, {"role": "assistant", "content": "x"}, user(f"/fail {status}")))
    assert (actual, json.loads(data)["error"]["type"]) == (status, kind)
    assert ("retry-after" in headers) == (status == 429)


async def test_fail_spend_has_a_code_and_no_retry_after() -> None:
    status, headers, data = await sent(body(user("/fail spend")))
    assert (status, json.loads(data)["error"]["details"]) == (429, {"error_code": "enforced_spend_limit_reached"})
    assert "retry-after" not in headers


async def test_fail_cut_ends_the_stream_without_message_stop() -> None:
    kinds = [event["type"] for event in await streamed(body(TWO, user("/fail cut")))]
    whole = [event["type"] for event in await streamed(body(TWO, user("x")))]
    assert kinds == whole[: len(kinds)]
    assert 0 < kinds.count("content_block_delta") < whole.count("content_block_delta") / 2


async def test_fail_error_sends_an_error_in_the_middle() -> None:
    events = await streamed(body(user("/fail error")))
    assert events[-2]["type"] == "content_block_delta"
    assert events[-1]["error"] == {"type": "overloaded_error", "message": "Overloaded"}


async def test_fail_refusal_refuses_after_a_part_of_the_answer() -> None:
    message = await answered(body(user("/fail refusal")))
    assert message.refused
    assert message.text.startswith(OPENING)
    assert message.stop_details is not None
    assert message.stop_details["type"] == "refusal"


async def test_fail_max_tokens_cuts_the_answer_short() -> None:
    message = await answered(body(TWO, user("/fail max_tokens")))
    assert message.stop_reason == "max_tokens"
    assert message.usage is not None
    assert message.usage.output_tokens <= 40


async def test_fail_slow_sends_pings_and_the_whole_answer() -> None:
    events = await streamed(body(user("/fail slow")))
    kinds = [event["type"] for event in events]
    assert kinds.count("ping") == kinds.count("content_block_delta") + 1
    assert kinds[-1] == "message_stop"


@pytest.mark.parametrize("words", ["/fail 999", "please /fail cut", "/fail"])
async def test_other_words_do_not_fail(words: str) -> None:
    assert (await answered(body(user(words)))).stop_reason == "end_turn"


# --- usage and the prompt cache -----------------------------------------------------------------


async def usage_of(request: bytes, to: Practice) -> tuple[int, int, int]:
    """Tokens read from the cache, written to it, and neither."""
    usage = (await answered(request, to)).usage
    assert usage is not None
    return usage.cache_read, usage.cache_write_5m + usage.cache_write_1h, usage.input_tokens


async def test_a_second_turn_reads_what_the_first_wrote() -> None:
    to = practice()
    prompt = 2 * 414 + 3 + 3 + 6
    assert await usage_of(body(TWO, **CACHED), to) == (0, prompt, 3)
    second = body(TWO, {"role": "assistant", "content": "Yes."}, user("Why?"), **CACHED)
    assert await usage_of(second, to) == (prompt, 2 + 2, 3)


async def test_without_a_mark_nothing_is_cached() -> None:
    to = practice()
    assert await usage_of(body(TWO), to) == (0, 0, 840 + 3)
    assert await usage_of(body(TWO), to) == (0, 0, 840 + 3)


async def test_a_prompt_below_the_model_s_least_is_not_cached() -> None:
    to = practice()
    assert await usage_of(body(TWO, model="claude-haiku-4-5", **CACHED), to) == (0, 0, 840 + 3)


async def test_another_system_prompt_or_model_or_picture_misses_the_cache() -> None:
    to = practice()
    await usage_of(body(TWO, **CACHED), to)
    other = user("Image 1:", image_block(encoded(SECOND)), *TWO["content"][2:])
    assert (await usage_of(body(TWO, system="Short.", **CACHED), to))[0] == 0
    assert (await usage_of(body(TWO, model="claude-haiku-5-5", **CACHED), to))[0] == 0
    assert (await usage_of(body(other, **CACHED), to))[0] == 0


async def test_an_entry_is_dropped_after_five_minutes_and_kept_by_reading() -> None:
    clock = Clock()
    to = practice(clock)
    longer = body(TWO, {"role": "assistant", "content": "Yes."}, user("Why?"), **CACHED)
    await usage_of(body(TWO, **CACHED), to)
    clock.now = 299.0
    assert (await usage_of(longer, to))[0] == 840
    clock.now = 598.0
    assert (await usage_of(body(TWO, **CACHED), to))[0] == 840
    clock.now = 898.0
    assert (await usage_of(longer, to))[0] == 0


async def test_an_hour_s_mark_is_written_and_counted_as_such() -> None:
    clock = Clock()
    to = practice(clock)
    hour = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
    usage = (await answered(body(TWO, **hour), to)).usage
    assert usage is not None
    assert (usage.cache_write_1h, usage.cache_write_5m) == (840, 0)
    clock.now = 3599.0
    assert (await usage_of(body(TWO, **hour), to))[0] == 840


async def test_a_mark_looks_back_twenty_blocks_only() -> None:
    to = practice()
    await usage_of(body(TWO, **CACHED), to)
    answer = {"role": "assistant", "content": "Yes."}
    assert (await usage_of(body(TWO, answer, user(*[text("x")] * 19), **CACHED), to))[0] == 840
    to = practice()
    await usage_of(body(TWO, **CACHED), to)
    assert (await usage_of(body(TWO, answer, user(*[text("x")] * 20), **CACHED), to))[0] == 0


# --- GET /v1/models -----------------------------------------------------------------------------


async def test_the_models_are_listed_in_the_api_s_shape() -> None:
    status, _, data = await sent(b"", None, "GET", "/v1/models?limit=1000")
    listing = json.loads(data)
    assert status == 200
    assert {"id", "display_name", "max_input_tokens", "max_tokens", "lifecycle"} <= set(listing["data"][0])
    ids = [entry["id"] for entry in listing["data"]]
    assert CATALOG.default_id in ids
    assert (listing["first_id"], listing["last_id"], listing["has_more"]) == (ids[0], ids[-1], False)


async def test_the_pages_of_models_join_to_the_whole_list() -> None:
    whole = json.loads((await sent(b"", None, "GET", "/v1/models?limit=1000"))[2])["data"]
    first = json.loads((await sent(b"", None, "GET", "/v1/models?limit=3"))[2])
    rest = json.loads((await sent(b"", None, "GET", f"/v1/models?limit=1000&after_id={first['last_id']}"))[2])
    before = json.loads((await sent(b"", None, "GET", f"/v1/models?before_id={whole[2]['id']}"))[2])
    assert first["has_more"]
    assert first["data"] + rest["data"] == whole
    assert before["data"] == whole[:2]
    assert (await sent(b"", None, "GET", "/v1/models?limit=0"))[0] == 400


async def test_one_model_is_found_by_its_id() -> None:
    status, _, data = await sent(b"", None, "GET", f"/v1/models/{CATALOG.default_id}")
    assert (status, json.loads(data)["id"]) == (200, CATALOG.default_id)


# --- the event loop -----------------------------------------------------------------------------


async def test_the_event_loop_runs_on_while_pictures_are_measured() -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0)
            ticks += 1

    ticking = asyncio.create_task(tick())
    await practice().respond("POST", "/v1/messages", HEADERS, body(user(image_block(encoded(drawn(2000, 1500))))))
    ticking.cancel()
    assert ticks > 10
