"""What of a history goes back, in which order and with which thinking."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.core.message import ImageBlock, Message, ReplyBlock, State
from app.core.request import Request, sendable

EXAMPLES = Path(__file__).parent.parent / "data" / "api" / "examples"
MODEL = "claude-sonnet-5-5"


def image(number: int, sent: str = "", name: str = "a.png") -> ImageBlock:
    return ImageBlock(
        number=number,
        name=name,
        sent=sent or f"{number:064x}",
        media_type="image/png",
        width=28,
        height=28,
        sent_bytes=len(f"picture {number}"),
        tokens=1,
        original=f"{number:064x}",
        original_width=28,
        original_height=28,
        original_bytes=9,
        original_format="PNG",
    )


def read(sha256: str) -> bytes:
    return f"picture {int(sha256, 16)}".encode()


def asked(text: str, *images: ImageBlock) -> Message:
    return Message.from_user(text, images)


def answered(history: list[Message], *blocks: dict[str, Any], state: State = "complete", **facts: Any) -> Message:
    """An answer that was asked for with this history, as the worker keeps it."""
    prefix = Request.build(history, model=facts.get("model", MODEL), system=facts.pop("system", "")).prefix
    content = tuple(ReplyBlock(block) for block in blocks)
    return Message("assistant", content, state=state, prefix=prefix, **{"model": MODEL} | facts)


def sent(history: list[Message], **terms: Any) -> Any:
    body = Request.build(history, **{"model": MODEL} | terms).body(read)
    data = b"".join(body)
    assert len(data) == body.length
    return json.loads(data)


THINKING = {"type": "thinking", "thinking": "hm", "signature": "sig=="}
YES = {"type": "text", "text": "Yes."}


def test_two_pictures_go_first_and_labelled_as_in_the_recorded_request() -> None:
    example = json.loads((EXAMPLES / "req_two_images_stream.json").read_text())
    data = [block["source"]["data"] for block in example["messages"][0]["content"] if block["type"] == "image"]
    body = sent([asked("Which colour differs?", image(1), image(2))], system="Answer in the language of the question.")
    for block, real in zip((b for b in body["messages"][0]["content"] if b["type"] == "image"), data, strict=True):
        block["source"]["data"] = real
    assert body == example


def test_the_pictures_bytes_are_base64_in_their_order() -> None:
    content = sent([asked("?", image(1), image(2))])["messages"][0]["content"]
    assert [b["source"]["data"] for b in content if b["type"] == "image"] == [
        b64encode(b"picture 1").decode(),
        b64encode(b"picture 2").decode(),
    ]


def test_a_lone_first_picture_goes_unlabelled_and_stays_so_when_others_follow() -> None:
    history = [asked("What is this?", image(1))]
    first = sent(history)["messages"][0]["content"]
    assert [b["type"] for b in first] == ["image", "text"]
    history += [answered(history, YES), asked("And this?", image(2))]
    messages = sent(history)["messages"]
    assert messages[0]["content"] == first
    assert messages[2]["content"][0] == {"type": "text", "text": "Image 2:"}


def test_numbers_run_on_through_the_conversation() -> None:
    history = [asked("?", image(1), image(2))]
    history += [answered(history, YES), asked("?", image(3), image(4))]
    labels = [
        b["text"] for m in sent(history)["messages"] for b in m["content"] if b.get("text", "").startswith("Image")
    ]
    assert labels == ["Image 1:", "Image 2:", "Image 3:", "Image 4:"]


def test_a_picture_alone_is_a_message_and_white_space_is_no_text() -> None:
    assert [b["type"] for b in sent([asked("  \n", image(1))])["messages"][0]["content"]] == ["image"]


def test_a_finished_answer_goes_back_exactly_as_it_arrived() -> None:
    history = [asked("?")]
    blocks: list[dict[str, Any]] = [THINKING, {"type": "future_block", "z": [3]}, YES | {"citations": [{"a": 1}]}]
    history += [answered(history, *blocks), asked("Sure?")]
    assert sent(history)["messages"][1] == {"role": "assistant", "content": blocks}


def test_the_recorded_second_turn_is_what_we_send() -> None:
    example = json.loads((EXAMPLES / "req_second_turn.json").read_text())
    history = [asked("Which colour differs?", image(1), image(2))]
    blocks = example["messages"][1]["content"]
    history += [answered(history, *blocks), asked("And which is wider?")]
    body = sent(history)
    for ours, theirs in zip(body["messages"][0]["content"], example["messages"][0]["content"], strict=True):
        if ours["type"] == "image":
            ours["source"]["data"] = theirs["source"]["data"]
    assert body == example


@pytest.mark.parametrize("state", ["stopped", "interrupted", "failed"])
def test_of_an_answer_that_broke_off_only_the_text_goes_back(state: State) -> None:
    history = [asked("?")]
    history += [answered(history, THINKING, {"type": "text", "text": "Half a"}, state=state), asked("Go on.")]
    assert sent(history)["messages"][1]["content"] == [{"type": "text", "text": "Half a"}]


@pytest.mark.parametrize("blocks", [(), (THINKING,), ({"type": "text", "text": " "},)])
def test_an_answer_without_text_is_left_out(blocks: tuple[dict[str, Any], ...]) -> None:
    history = [asked("?")]
    history += [answered(history, *blocks, stop_reason="max_tokens"), asked("Hello?")]
    assert [m["role"] for m in sent(history)["messages"]] == ["user", "user"]


def test_an_empty_text_block_of_an_answer_is_not_sent_back() -> None:
    history = [asked("?")]
    history += [answered(history, {"type": "text", "text": ""}, YES), asked("?")]
    assert sent(history)["messages"][1]["content"] == [YES]


def test_a_refused_turn_is_not_sent_again() -> None:
    history = [asked("First", image(1))]
    history.append(answered(history, YES))
    history.append(asked("Bad"))
    history += [answered(history, {"type": "text", "text": "Par"}, stop_reason="refusal"), asked("Other")]
    texts = [b.get("text") for m in sent(history)["messages"] for b in m["content"]]
    assert texts == [None, "First", "Yes.", "Other"]
    assert "Bad" not in json.dumps(sent(history))


def test_an_answer_that_was_asked_for_again_stays_out() -> None:
    history = [asked("?")]
    first = answered(history, {"type": "text", "text": "Old"})
    second = answered(history, {"type": "text", "text": "New"})
    assert [m.text for m in sendable([*history, first, second, asked("?")])] == ["?", "New", "?"]


def test_a_failed_retry_does_not_take_the_first_answer_along() -> None:
    history = [asked("?")]
    good = answered(history, {"type": "text", "text": "Good"})
    failed = answered(history, state="failed")
    assert [m.text for m in sendable([*history, good, failed, asked("More?")])] == ["?", "Good", "More?"]


def test_a_turn_refused_first_and_answered_then_goes_back() -> None:
    history = [asked("?")]
    refused = answered(history, YES, stop_reason="refusal")
    assert [m.text for m in sendable([*history, refused, answered(history, YES), asked("More?")])] == [
        "?",
        "Yes.",
        "More?",
    ]


def test_a_question_the_disk_has_damaged_takes_its_turn_along() -> None:
    broken = Message("user", state="failed")
    assert [m.text for m in sendable([broken, answered([asked("?")], YES), asked("More?")])] == ["More?"]


def test_what_was_repeated_without_thinking_is_not_sent_with_it_again() -> None:
    history = conversation(1)
    request = Request.build([*history, asked("More")], model=MODEL).without_thinking()
    history += [asked("More"), Message("assistant", (ReplyBlock(YES),), model=MODEL, prefix=request.prefix)]
    assert thinking_in(sent([*history, asked("?")])) == []


def test_after_many_new_blocks_the_turn_before_carries_a_cache_mark_of_its_own() -> None:
    history = [asked("First", image(1), image(2))]
    history.append(answered(history, YES))
    few = sent([*history, asked("?", *(image(n) for n in range(3, 12)))])
    many = sent([*history, asked("?", *(image(n) for n in range(3, 13)))])
    assert "cache_control" not in json.dumps(few["messages"])
    assert many["messages"][0]["content"][-1] == {
        "type": "text",
        "text": "First",
        "cache_control": {"type": "ephemeral"},
    }


def test_half_a_character_does_not_keep_a_question_from_being_sent() -> None:
    assert sent([asked("caf\udce9")])["messages"][0]["content"][0]["text"] == "caf\ufffd"


def thinking_in(body: dict[str, Any]) -> list[int]:
    return [i for i, m in enumerate(body["messages"]) if any(b["type"] == "thinking" for b in m["content"])]


def conversation(turns: int = 2) -> list[Message]:
    history: list[Message] = []
    for turn in range(turns):
        history.append(asked(f"Question {turn}", image(turn + 1)))
        history.append(answered(history, THINKING, YES))
    return history


def test_thinking_goes_back_while_nothing_before_it_has_changed() -> None:
    assert thinking_in(sent([*conversation(), asked("?")])) == [1, 3]


@pytest.mark.parametrize("change", [{"model": "claude-opus-5-5"}, {"system": "Be brief."}, {"server": "elsewhere"}])
def test_after_a_change_of_model_system_prompt_or_server_all_thinking_is_stripped(change: dict[str, str]) -> None:
    assert thinking_in(sent([*conversation(), asked("?")], **change)) == []


def test_after_a_change_in_an_earlier_turn_the_thinking_behind_it_is_stripped() -> None:
    history = conversation(3)
    history[2] = replace(history[2], content=asked("Edited", image(2)).content)
    assert thinking_in(sent([*history, asked("?")])) == []


def test_thinking_of_new_turns_goes_back_again_after_a_change() -> None:
    history = [*conversation(), asked("More")]
    history.append(answered(history, THINKING, YES, model="claude-opus-5-5"))
    body = sent([*history, asked("?")], model="claude-opus-5-5")
    assert thinking_in(body) == [5]


def test_going_back_to_the_first_model_keeps_all_earlier_thinking_at_home() -> None:
    history = [*conversation(1), asked("More")]
    history.append(answered(history, THINKING, YES, model="claude-opus-5-5"))
    assert thinking_in(sent([*history, asked("?")])) == []


def test_a_request_can_be_repeated_without_any_thinking() -> None:
    request = Request.build([*conversation(), asked("?")], model=MODEL)
    assert request.thinks
    bare = request.without_thinking()
    assert not bare.thinks
    assert [role for role, _ in bare.messages] == [role for role, _ in request.messages]


def test_the_digest_names_the_last_answer_that_may_be_in_the_servers_cache() -> None:
    history = conversation()
    request = Request.build([*history, asked("?")], model=MODEL)
    assert request.continues is history[-1]
    assert request.seen == 4
    assert Request.build([*history, asked("?")], model="claude-opus-5-5").continues is None


def test_text_that_looks_like_a_part_of_the_body_stays_text() -> None:
    text = 'data":"x"}}, \\u0000 " image'
    assert sent([asked(text, image(1))])["messages"][0]["content"][-1]["text"] == text
