"""What the test server makes of a prompt: its tokens, what of it is cached, and which thinking may come back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.servers import pictures
from tests.servers.models import DATA
from tests.servers.questions import ask, image, picture, post, refusal, turn, usage, user, words
from tests.servers.replies import recorded

if TYPE_CHECKING:
    from tests.servers.api import ApiServer

Json = dict[str, Any]

SIZES = json.loads((DATA / "image_sizes.json").read_text("utf-8"))
CACHED = {"type": "ephemeral"}


@pytest.mark.parametrize("tier", ["standard", "high_resolution"])
def test_pictures_are_resized_and_counted_as_in_the_worked_cases(tier: str) -> None:
    limits = SIZES["tiers"][tier]
    assert len(SIZES["cases"]) == 200
    for case in SIZES["cases"]:
        size = pictures.resized(case["width"], case["height"], limits["max_edge_px"], limits["max_tokens"])
        assert (*size, pictures.patches(*size)) == tuple(case[tier].values()), case


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP"])
def test_sizes_are_read_from_the_header(form: str) -> None:
    found = pictures.read(picture(301, 97, form))
    assert found == (f"image/{form.lower()}", 301, 97)


def test_a_header_that_breaks_off_is_no_picture() -> None:
    for form in ("PNG", "JPEG", "GIF", "WEBP"):
        data = picture(301, 97, form)
        assert [pictures.read(data[:size]) for size in (0, 4, 9)] == [None] * 3


# --- caching (API.md, section 7) ----------------------------------------------------------------

LONG = "x" * 4 * 600
"""600 tokens: more than the 512 from which on Sonnet 5.5 caches."""


def billed(server: ApiServer, body: Json) -> tuple[int, int, int]:
    """Tokens read from the cache, written to it, and neither."""
    found = usage(post(server, body))
    assert found["cache_creation_input_tokens"] == sum(found["cache_creation"].values())
    return found["cache_read_input_tokens"], found["cache_creation_input_tokens"], found["input_tokens"]


def test_nothing_is_cached_unless_asked(server: ApiServer) -> None:
    assert [billed(server, ask(user(LONG))) for _ in range(2)] == [(0, 0, 603)] * 2


def test_a_prompt_is_written_once_and_read_then(server: ApiServer) -> None:
    assert [billed(server, ask(user(LONG), cache_control=CACHED)) for _ in range(2)] == [(0, 600, 3), (600, 0, 3)]


def test_each_turn_reads_what_the_turn_before_has_written(server: ApiServer) -> None:
    turns = [user(image(picture(1000, 1000)), "Which?")]
    first = post(server, ask(*turns, cache_control=CACHED))
    assert usage(first)["cache_creation_input_tokens"] == 1298
    turns += [turn(first), user("And now?" * 10)]
    read, written, rest = billed(server, ask(*turns, cache_control=CACHED))
    assert (read, rest) == (1298, 3)
    assert written > 20


@pytest.mark.parametrize(("tokens", "written"), [(511, 0), (512, 512)])
def test_a_short_prompt_is_silently_not_cached(server: ApiServer, tokens: int, written: int) -> None:
    assert billed(server, ask(user("x" * 4 * tokens), cache_control=CACHED)) == (0, written, tokens - written + 3)


@pytest.mark.parametrize(
    "change",
    [{"system": "Briefly."}, {"model": "claude-opus-5-5"}, {"output_config": {"effort": "low"}}],
    ids=lambda change: next(iter(change)),
)
def test_what_comes_before_must_be_the_same_to_be_read(server: ApiServer, change: Json) -> None:
    billed(server, ask(user(LONG), cache_control=CACHED))
    assert billed(server, ask(user(LONG), cache_control=CACHED, **change))[0] == 0


def test_a_breakpoint_looks_back_over_20_blocks(server: ApiServer) -> None:
    billed(server, ask(user(LONG), cache_control=CACHED))
    assert billed(server, ask(user(LONG), user(*["more"] * 20), cache_control=CACHED))[0] == 600
    assert billed(server, ask(user(LONG), user(*["else"] * 21), cache_control=CACHED))[0] == 0
    with_breakpoint = ask(user({**words(LONG), "cache_control": CACHED}), user(*["other"] * 21), cache_control=CACHED)
    assert billed(server, with_breakpoint)[0] == 600


def test_writes_are_told_apart_by_their_life(server: ApiServer) -> None:
    hour = {"type": "ephemeral", "ttl": "1h"}
    found = usage(post(server, ask(user({**words(LONG), "cache_control": hour}, "x" * 400), cache_control=CACHED)))
    assert found["cache_creation"] == {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 600}


# --- thinking (API.md, section 3.6) -------------------------------------------------------------


@pytest.fixture
def history(server: ApiServer) -> list[Json]:
    """Two questions with their answers, each with thinking."""
    server.thinking = "Compare the hues."
    turns = [user(image(), "Which colour?")]
    turns.append(turn(post(server, ask(*turns, system="Briefly."))))
    turns.append(user("And how large?"))
    turns.append(turn(post(server, ask(*turns, system="Briefly."))))
    assert [block["type"] for block in turns[1]["content"] + turns[3]["content"]] == ["thinking", "text"] * 2
    return turns


def status(server: ApiServer, turns: list[Json], **fields: object) -> int:
    return post(server, ask(*turns, user("Thanks."), **{"system": "Briefly.", **fields})).status_code


def test_thinking_comes_back_after_the_same_history(server: ApiServer, history: list[Json]) -> None:
    assert status(server, history) == 200
    assert status(server, history, cache_control=CACHED, max_tokens=9, output_config={"effort": "low"}) == 200


def test_thinking_is_refused_after_a_changed_system_prompt(server: ApiServer, history: list[Json]) -> None:
    answer = post(server, ask(*history, user("Thanks."), system="At length."))
    _, kind, said = refusal(answer)
    assert kind == "invalid_request_error"
    assert said.startswith(
        "messages.1.content.0: Invalid `signature` in `thinking` block. The block is bound to a different conversation"
    )


def test_thinking_is_refused_after_a_removed_picture(server: ApiServer, history: list[Json]) -> None:
    del history[0]["content"][0]
    assert status(server, history) == 400


def test_thinking_is_refused_after_an_edited_answer(server: ApiServer, history: list[Json]) -> None:
    history[1]["content"][1]["text"] += "!"
    assert status(server, history) == 400


def test_thinking_may_be_cut_off_from_the_front_only(server: ApiServer, history: list[Json]) -> None:
    history.append(user("And where?"))
    history.append(turn(post(server, ask(*history, system="Briefly."))))
    first, second, third = (history[n]["content"] for n in (1, 3, 5))
    assert status(server, [*history[:3], {**history[3], "content": second[1:]}, *history[4:]]) == 400
    assert status(server, [history[0], {**history[1], "content": first[1:]}, *history[2:]]) == 200
    del first[0], second[0]
    assert status(server, history) == 200
    del third[0]
    assert status(server, history) == 200


def test_thinking_that_was_never_given_out_is_refused(server: ApiServer, history: list[Json]) -> None:
    history[1]["content"][0]["signature"] = "EqQBsig=="
    assert status(server, history) == 400


def test_thinking_with_another_text_is_refused(server: ApiServer, history: list[Json]) -> None:
    history[1]["content"][0]["thinking"] = "Compare the sizes."
    assert status(server, history) == 400


@pytest.mark.parametrize("place", [0, 1])
def test_thinking_carries_no_cache_breakpoint(server: ApiServer, place: int) -> None:
    server.script(recorded("stream_thinking_summary.sse"))
    turns = [user("Which colour?")]
    turns.append(turn(post(server, ask(*turns, system="Briefly."))))
    assert status(server, turns) == 200
    turns[1]["content"][place]["cache_control"] = CACHED
    assert status(server, turns) == 400


def test_thinking_of_another_model_is_dropped_silently(server: ApiServer, history: list[Json]) -> None:
    def counted(turns: list[Json], model: str) -> int:
        body = {"model": model, "system": "Briefly.", "messages": [*turns, user("Thanks.")]}
        tokens: int = post(server, body, "/v1/messages/count_tokens").json()["input_tokens"]
        return tokens

    assert status(server, history, model="claude-opus-5-5") == 200
    bare = [{**one, "content": [block for block in one["content"] if block["type"] != "thinking"]} for one in history]
    assert counted(history, "claude-opus-5-5") == counted(bare, "claude-opus-5-5")
    assert counted(history, "claude-sonnet-5-5") > counted(bare, "claude-sonnet-5-5")


def test_models_before_the_binding_take_their_thinking_anywhere(server: ApiServer) -> None:
    server.thinking = "Hm."
    answered = turn(post(server, ask(model="claude-opus-5")))
    other = [user("Another question"), answered]
    assert status(server, other, model="claude-opus-5") == 200
    answered["content"][0]["signature"] += "x"
    assert status(server, other, model="claude-opus-5") == 400


def test_recorded_thinking_comes_back_only_where_it_was_sent(server: ApiServer) -> None:
    server.script(recorded("stream_thinking_summary.sse"))
    turns = [user("Which colour?")]
    turns.append(turn(post(server, ask(*turns, system="Briefly."))))
    assert [block["type"] for block in turns[1]["content"]] == ["thinking", "redacted_thinking", "text"]
    assert status(server, turns) == 200
    assert status(server, [user("Which shade?"), turns[1]]) == 400
    del turns[1]["content"][0]
    assert status(server, turns) == 200
    assert status(server, [user("Which shade?"), turns[1]]) == 400


def test_unknown_blocks_it_gave_out_come_back(server: ApiServer) -> None:
    server.script(recorded("stream_unknown_events.sse"))
    answered = turn(post(server, ask()))
    assert answered["content"][-1]["type"] == "future_block"
    assert status(server, [user("What is this?"), answered]) == 200
