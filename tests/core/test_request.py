"""What of a history goes back, in which order and with which thinking."""

from __future__ import annotations

import json
import sys
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from app.core.cuts import Box
from app.core.fit import Tier
from app.core.message import ImageBlock, Message, RemoteFile, ReplyBlock, State
from app.core.request import Request, Source, sendable

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


def test_the_words_of_a_history_are_written_once_however_often_it_is_priced() -> None:
    def dumped(history: list[Message]) -> int:
        calls = 0

        def count(frame: FrameType, event: str, _: object) -> None:
            nonlocal calls
            calls += event == "call" and frame.f_code is json.dumps.__code__

        sys.setprofile(count)
        try:
            assert Request.build(history, model=MODEL).body(read).length > 0
        finally:
            sys.setprofile(None)
        return calls

    history = [asked("One?")]
    for n in range(20):
        history += [answered(history, YES | {"text": f"Yes, {n}."}), asked(f"And {n}?")]
    first = b"".join(Request.build(history, model=MODEL).body(read))
    again = dumped(history)
    longer = [*history, Message("assistant", (ReplyBlock(YES),)), asked("And you?")]
    assert (again, dumped(longer)) == (1, 1 + 2 * 2)
    assert b"".join(Request.build(history, model=MODEL).body(read)) == first


def test_text_that_looks_like_a_part_of_the_body_stays_text() -> None:
    text = 'data":"x"}}, \\u0000 " image'
    assert sent([asked(text, image(1))])["messages"][0]["content"][-1]["text"] == text


# --- presets, links and kept files --------------------------------------------------------------

HERE = "api.anthropic.com"
KEPT = RemoteFile("file_011", HERE, 1_795_000_000.0)
LINK = "https://example.com/a.png"
ALL: frozenset[Source] = frozenset({"url", "file"})


def in_parts(number: int) -> list[ImageBlock]:
    whole = replace(image(number), preset="tiles", original_width=28, original_height=92)
    return [
        replace(whole, kind="overview", sent=f"{7:064x}", width=9),
        replace(whole, kind="tile", sent=f"{8:064x}", box=Box(0, 0, 28, 28), part=1, parts=2),
        replace(whole, kind="tile", sent=f"{9:064x}", box=Box(0, 64, 28, 28), part=2, parts=2),
    ]


def test_a_plain_history_keeps_the_digest_it_had_before_there_were_parts_and_links() -> None:
    """Computed with the code that first kept digests: another one would take all earlier thinking away."""
    history = [asked("Which colour differs?", image(1), image(2)), Message("assistant", (ReplyBlock(YES),))]
    request = Request.build(
        [*history, asked("And “this”?", image(3))], model=MODEL, system="Be brief.", server="api.anthropic.com"
    )
    assert request.prefix == "e344fd57dd1bc5f5a87290f1b74e6ecf25d40807bf41c02eb77ba83d49aff556"


def test_every_change_of_what_the_model_sees_changes_the_digest() -> None:
    plain = image(2)
    seen = [
        plain,
        replace(plain, same_as=1),
        replace(plain, withheld=True),
        replace(plain, description="A roof."),
        replace(plain, description="A red roof."),
        replace(plain, sharper_than=1),
        replace(plain, url=LINK),
        replace(plain, url=f"{LINK}?2"),
        replace(plain, file=KEPT),
        replace(plain, file=replace(KEPT, id="file_012")),
        replace(plain, kind="overview"),
        replace(plain, kind="tile", box=Box(0, 0, 28, 28), part=1, parts=2),
        replace(plain, kind="tile", box=Box(0, 0, 28, 28), part=2, parts=2),
    ]
    assert len({Request.build([asked("?", image(1), one)], model=MODEL).prefix for one in seen}) == len(seen)


def test_how_a_picture_came_about_does_not_change_the_digest() -> None:
    made = replace(image(1), preset="cheap", notes=("resized",), name="b.png", page=3, tokens=9, original="d" * 64)
    first, second = (Request.build([asked("?", one)], model=MODEL).prefix for one in (image(1), made))
    assert first == second


def test_a_picture_in_parts_goes_labelled_in_order_although_it_is_alone() -> None:
    content = sent([asked("What says line 40?", *in_parts(1))])["messages"][0]["content"]
    assert [block.get("text", "image") for block in content] == [
        "Image 1, overview of the whole picture:",
        "image",
        "Image 1, part 1 of 2 at full size (top):",
        "image",
        "Image 1, part 2 of 2 at full size (bottom):",
        "image",
        "What says line 40?",
    ]


def test_a_sentence_goes_in_the_place_of_a_picture() -> None:
    history = [asked("?", image(1), replace(image(2), withheld=True))]
    history += [answered(history, YES), asked("And again?", replace(image(3), same_as=1))]
    messages = sent(history)["messages"]
    assert [b.get("text", "image") for b in messages[0]["content"]] == ["Image 1:", "image", "Image 2: left out.", "?"]
    assert messages[2]["content"][0] == {"type": "text", "text": "Image 3: the same picture as Image 1."}
    assert Request.build(history, model=MODEL).images == (image(1),)


@pytest.mark.parametrize(
    ("picture", "server", "sources", "kind"),
    [
        (replace(image(1), url=LINK), HERE, ALL, "url"),
        (replace(image(1), url=LINK), HERE, frozenset({"file"}), "base64"),
        (replace(image(1), file=KEPT), HERE, ALL, "file"),
        (replace(image(1), file=KEPT), HERE, frozenset({"url"}), "base64"),
        (replace(image(1), file=KEPT), "elsewhere.example", ALL, "base64"),
        (replace(image(1), file=KEPT, url=LINK), HERE, ALL, "file"),
        (image(1), HERE, ALL, "base64"),
    ],
)
def test_a_picture_goes_as_the_server_takes_it(
    picture: ImageBlock, server: str, sources: frozenset[Source], kind: str
) -> None:
    block = sent([asked("?", picture)], server=server, sources=sources)["messages"][0]["content"][0]
    expected: dict[str, Any] = {
        "url": {"url": LINK},
        "file": {"file_id": "file_011"},
        "base64": {"media_type": "image/png", "data": b64encode(b"picture 1").decode()},
    }
    assert block == {"type": "image", "source": {"type": kind} | expected[kind]}


def test_bytes_links_and_files_of_one_message_stay_in_their_places() -> None:
    blocks = [image(1), replace(image(2), url=LINK), image(3), replace(image(4), file=KEPT), image(5)]
    content = sent([asked("?", *blocks)], server=HERE, sources=ALL)["messages"][0]["content"]
    found = [block["source"] for block in content if block["type"] == "image"]
    assert [source["type"] for source in found] == ["base64", "url", "base64", "file", "base64"]
    data = [source["data"] for source in found if source["type"] == "base64"]
    assert data == [b64encode(f"picture {number}".encode()).decode() for number in (1, 3, 5)]


def test_the_server_is_told_to_refuse_what_it_would_shrink_only_where_nothing_needs_shrinking() -> None:
    tier = Tier(max_edge=1568, max_tokens=1568)
    blocks = [
        image(1),
        replace(image(2), width=2000, height=1500),
        replace(image(3), url=LINK),
        replace(image(4), file=KEPT),
    ]
    content = sent([asked("?", *blocks)], server=HERE, sources=ALL, exact=tier)["messages"][0]["content"]
    exact = [block.get("transformations") for block in content if block["type"] == "image"]
    assert exact == [{"oversized_image": "error"}, None, None, {"oversized_image": "error"}]
    assert "transformations" not in json.dumps(sent([asked("?", *blocks)], server=HERE, sources=ALL))


def test_a_place_that_an_error_names_is_that_pictures() -> None:
    history = [asked("?", *in_parts(1), replace(image(2), withheld=True), image(3))]
    history += [
        answered(history, THINKING, {"type": "text", "text": ""}, YES),
        asked(" ", replace(image(4), same_as=3)),
    ]
    history += [answered(history, stop_reason="max_tokens"), asked("?", image(5), replace(image(6), url=LINK))]
    request = Request.build(history, model=MODEL, sources=ALL)
    rows = json.loads(b"".join(request.body(read)))["messages"]
    all_places = [(row, column) for row, message in enumerate(rows) for column in range(len(message["content"]))]
    found = {where: block for where in all_places if (block := request.image_at(*where)) is not None}
    assert list(found) == [(r, c) for r, c in all_places if rows[r]["content"][c]["type"] == "image"]
    assert [(block.number, block.part) for block in found.values()] == [(1, 0), (1, 1), (1, 2), (3, 0), (5, 0), (6, 0)]
    assert list(found)[-2:] == [(3, 1), (3, 3)]


@pytest.mark.parametrize("where", [(-1, 0), (0, -1), (0, 9), (5, 0)])
def test_a_place_that_is_none_has_no_picture(where: tuple[int, int]) -> None:
    assert Request.build([asked("?", image(1))], model=MODEL).image_at(*where) is None
