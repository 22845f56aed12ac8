"""A message folds the events of a stream into the answer the API's own SDK makes of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.cuts import Box
from app.core.message import (
    ImageBlock,
    Message,
    RemoteFile,
    ReplyBlock,
    TextBlock,
    Usage,
    blocks_from_json,
    blocks_to_json,
)
from app.core.sse import Decoder
from tests.core.test_request import image

EXAMPLES = Path(__file__).parent.parent / "data" / "api" / "examples"


def events(name: str) -> list[dict[str, Any]]:
    return [json.loads(event.data) for event in Decoder().feed((EXAMPLES / name).read_bytes())]


def folded(name: str) -> Message:
    message = Message("assistant")
    for event in events(name):
        message = message.apply(event)
    return message


@pytest.mark.parametrize(
    ("name", "text", "stop_reason", "output"),
    [
        ("stream_text.sse", "Red and blue.", "end_turn", 9),
        ("stream_thinking_omitted.sse", "Blue.", "end_turn", 57),
        ("stream_thinking_summary.sse", "Blue.", "end_turn", 80),
        ("stream_refusal_midway.sse", "Partial text to dis", "refusal", 7),
        ("stream_error_midway.sse", "Half a sent", None, 1),
        ("stream_cut.sse", "Half a sent", None, 1),
        ("stream_unknown_events.sse", "Blue.", "end_turn", 10),
    ],
)
def test_a_recorded_stream_becomes_its_answer(name: str, text: str, stop_reason: str | None, output: int) -> None:
    message = folded(name)
    assert (message.text, message.stop_reason) == (text, stop_reason)
    assert message.usage is not None
    assert (message.usage.prompt_tokens, message.usage.output_tokens) == (1293, output)
    assert message.api_id == "msg_01S"


def test_thinking_signatures_and_redacted_blocks_are_kept_as_they_came() -> None:
    message = folded("stream_thinking_summary.sse")
    assert message.thinking == "Two squares; compare hue."
    assert [block.data for block in message.content if isinstance(block, ReplyBlock)] == [
        {"type": "thinking", "thinking": "Two squares; compare hue.", "signature": "EqQBsig2=="},
        {"type": "redacted_thinking", "data": "b3BhcXVl"},
        {"type": "text", "text": "Blue."},
    ]


def test_an_unknown_block_is_kept_and_unknown_events_change_nothing() -> None:
    message = folded("stream_unknown_events.sse")
    assert ReplyBlock({"type": "future_block", "z": 3}) in message.content
    assert message.apply({"type": "future_event", "x": 1}) == message
    assert message.apply({}) == message


def test_usage_is_overwritten_and_what_is_missing_or_null_keeps_its_value() -> None:
    usage = folded("stream_thinking_omitted.sse").usage
    assert usage is not None
    assert (usage.cache_write_5m, usage.thinking_tokens) == (1290, 50)
    later = usage.updated({"output_tokens": 60, "input_tokens": None})
    assert (later.input_tokens, later.output_tokens) == (3, 60)


@pytest.mark.parametrize("raw", [{}, {"input_tokens": None}, {"input_tokens": "3", "cache_creation": None}])
def test_counts_that_are_missing_count_zero(raw: dict[str, Any]) -> None:
    assert Usage.from_json(raw).prompt_tokens == 0


def test_an_hours_cache_write_is_told_from_five_minutes() -> None:
    raw = {"cache_creation_input_tokens": 30, "cache_creation": {"ephemeral_1h_input_tokens": 10}}
    usage = Usage.from_json(raw)
    assert (usage.cache_write_5m, usage.cache_write_1h) == (20, 10)


def test_citations_are_appended_to_their_block() -> None:
    message = Message("assistant").apply(
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    )
    for n in (1, 2):
        delta = {"type": "citations_delta", "citation": {"n": n}}
        message = message.apply({"type": "content_block_delta", "index": 0, "delta": delta})
    assert message.content == (ReplyBlock({"type": "text", "text": "", "citations": [{"n": 1}, {"n": 2}]}),)


def test_a_message_is_never_changed() -> None:
    before = folded("stream_text.sse")
    copy = replace(before)
    before.apply({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "more"}})
    assert before == copy


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["type", "index", "delta", "message", "usage"]), st.integers() | st.text())
    )
)
def test_no_event_whatever_raises(stream: list[dict[str, Any]]) -> None:
    message = Message("assistant")
    for event in stream:
        message = message.apply(event)


def test_pictures_come_before_the_text_whatever_the_order_given() -> None:
    message = Message.from_user("Which?", [image(1), image(2)])
    assert [type(block).__name__ for block in message.content] == ["ImageBlock", "ImageBlock", "TextBlock"]
    assert message.images == (image(1), image(2))


def test_blocks_come_back_from_the_store_as_they_were() -> None:
    blocks = (image(3), TextBlock("Ü \u2028 \U0001f600"), ReplyBlock({"type": "x", "deep": {"list": [1, None, 0.5]}}))
    assert blocks_from_json(blocks_to_json(blocks)) == blocks


KEPT = RemoteFile("file_011", "api.anthropic.com", 1_795_000_000.5)
TILE = replace(image(3), preset="tiles", kind="tile", box=Box(0, 1100, 28, 28), part=2, parts=9)


@pytest.mark.parametrize(
    "picture",
    [
        replace(image(3), notes=("turned", "resized"), page=7),
        replace(image(3), preset="cheap"),
        replace(TILE, original_width=28, original_height=3000),
        replace(image(3), preset="region", kind="region", box=Box(1, 2, 3, 4)),
        replace(image(3), same_as=1),
        replace(image(3), sharper_than=2),
        replace(image(3), withheld=True),
        replace(image(3), description="Two\nlines, “quoted” \U0001f600"),
        replace(image(3), url="https://example.com/a.png", sent="", width=0, height=0),
        replace(image(3), file=KEPT),
    ],
)
def test_all_that_is_known_of_a_picture_comes_back_from_the_store(picture: ImageBlock) -> None:
    restored = blocks_from_json(blocks_to_json([picture]))
    assert restored == (picture,)
    assert isinstance(restored[0], ImageBlock)
    assert (type(restored[0].box), type(restored[0].file)) == (type(picture.box), type(picture.file))


def test_a_picture_stored_before_there_were_parts_and_links_is_a_whole_one() -> None:
    stored = (
        '[{"image":{"number":3,"name":"a.png","sent":"' + f"{3:064x}" + '","media_type":"image/png","width":28,'
        '"height":28,"sent_bytes":9,"tokens":1,"original":"' + f"{3:064x}" + '","original_width":28,'
        '"original_height":28,"original_bytes":9,"original_format":"PNG","notes":[]}}]'
    )
    assert blocks_from_json(stored) == (image(3),)


@pytest.mark.parametrize(
    ("facts", "label"),
    [
        ({}, "Image 3:"),
        ({"sharper_than": 1}, "Image 3, the same picture as Image 1 but sharper:"),
        ({"kind": "overview"}, "Image 3, overview of the whole picture:"),
        (
            {"kind": "overview", "sharper_than": 1},
            "Image 3, the same picture as Image 1 but sharper, overview of the whole picture:",
        ),
        (
            {"kind": "tile", "part": 2, "parts": 9, "box": Box(0, 0, 28, 28)},
            "Image 3, part 2 of 9 at full size (top left):",
        ),
        ({"kind": "region", "box": Box(472, 972, 28, 28)}, "Image 3, marked region at full size (bottom right):"),
        ({"kind": "region", "box": Box(170, 0, 160, 160)}, "Image 3, marked region (top):"),
    ],
)
def test_a_label_says_what_of_the_picture_follows(facts: dict[str, Any], label: str) -> None:
    picture = replace(image(3), original_width=500, original_height=1000, **facts)
    assert picture.label == label
    assert picture.stands_for == ""


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"same_as": 1}, "Image 3: the same picture as Image 1."),
        ({"withheld": True}, "Image 3: left out."),
        ({"withheld": True, "same_as": 1}, "Image 3: left out."),
        ({"description": "A red field."}, "Image 3, described in words: A red field."),
        ({"description": "A red field.", "same_as": 1}, "Image 3, described in words: A red field."),
        ({"description": "A red field.", "withheld": True}, "Image 3: left out."),
    ],
)
def test_a_sentence_stands_for_a_picture_that_does_not_go(facts: dict[str, Any], sentence: str) -> None:
    assert replace(image(3), **facts).stands_for == sentence


def test_only_a_whole_picture_of_another_size_is_resized() -> None:
    assert not image(3).resized
    assert replace(image(3), original_width=56).resized
    assert not replace(TILE, original_height=3000).resized


def test_each_page_of_a_document_has_a_thumbnail_of_its_own() -> None:
    assert image(3).thumbnail == image(3).original
    assert replace(image(3), page=2).thumbnail == f"{image(3).original}-2"


def test_the_blocks_of_one_picture_belong_together() -> None:
    overview = replace(image(3), kind="overview")
    message = Message.from_user("?", [image(2), overview, TILE, image(4)])
    assert message.pictures == ((image(2),), (overview, TILE), (image(4),))
