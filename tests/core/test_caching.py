"""The server's cache as a conversation knows it, and practice's own: marks, lifetimes, misses and their reasons."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import rows
from app.core.caching import LIFETIMES, Lost, kept_of, lost, missed, readable, remembered, without_thinking
from app.core.catalog import Catalog
from app.core.cost import context, estimate
from app.core.fields import Refusal
from app.core.message import REFITTED, ImageBlock, Message, TextBlock, Ttl, Usage
from app.core.practice import Practice
from app.core.request import Request
from app.core.validate import check
from tests.core.test_practice import Clock
from tests.core.test_request import MODEL, THINKING, YES, answered, asked, image, read, sent

CATALOG = Catalog.load()
SONNET = CATALOG.get(MODEL)
OPUS = "claude-opus-5-5"
HEADERS = {"anthropic-version": "2026-10-21", "content-type": "application/json"}
FIVE, HOUR = {"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"}


def used(input_tokens: int = 3, write: int = 0, read: int = 0, hour: int = 0, **more: Any) -> Usage:
    by_ttl = {"ephemeral_5m_input_tokens": write, "ephemeral_1h_input_tokens": hour}
    return Usage.from_json(
        {
            "input_tokens": input_tokens,
            "cache_creation_input_tokens": write + hour,
            "cache_creation": by_ttl,
            "cache_read_input_tokens": read,
            "output_tokens": 20,
        }
        | more
    )


def conversation(turns: int = 2, *, thinks: bool = False, **facts: Any) -> list[Message]:
    """Turns a minute apart from 1000 s on, each writing 1000 tokens more than the one before and reading the rest."""
    history: list[Message] = []
    for turn in range(turns):
        history.append(asked(f"Question {turn}", image(turn + 1)))
        blocks = (THINKING, YES) if thinks else (YES,)
        usual: dict[str, Any] = {"usage": used(write=1000, read=1000 * turn), "created": 1000.0 + 60 * turn}
        cache = remembered(Request.build(history, model=MODEL), history, 0.0)
        history.append(answered(history, *blocks, **{"cache": cache, "id": f"a{turn}"} | usual | facts))
    return history


def following(history: list[Message], **terms: Any) -> Request:
    return Request.build([*history, asked("Next")], **{"model": MODEL} | terms)


# --- marks --------------------------------------------------------------------------------------


def unmarked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: unmarked(entry) for key, entry in value.items() if key != "cache_control"}
    return [unmarked(entry) for entry in value] if isinstance(value, list) else value


def test_the_lifetime_chosen_is_asked_for_at_the_top_and_at_the_mark() -> None:
    history = [asked("First", image(1))]
    history += [answered(history, YES), asked("?", *(image(n) for n in range(2, 13)))]
    for ttl, mark in (("5m", FIVE), ("1h", HOUR)):
        body = sent(history, ttl=ttl)
        assert body["cache_control"] == mark
        assert body["messages"][0]["content"][-1]["cache_control"] == mark
        assert json.dumps(body).count("cache_control") == 2


@given(st.lists(st.integers(0, 12), min_size=1, max_size=4))
def test_the_lifetime_changes_no_byte_but_those_of_the_marks(pictures: list[int]) -> None:
    history: list[Message] = []
    for turn, count in enumerate(pictures):
        history.append(asked(f"Question {turn}", *(image(20 * turn + n + 1) for n in range(count))))
        history.append(answered(history, THINKING, YES))
    bodies = [sent(history[:-1], ttl=ttl) for ttl in ("5m", "1h")]
    assert unmarked(bodies[0]) == unmarked(bodies[1])
    plain, hour = (b"".join(Request.build(history[:-1], model=MODEL, ttl=ttl).body(read)) for ttl in LIFETIMES)
    assert hour.replace(b'"type":"ephemeral","ttl":"1h"', b'"type":"ephemeral"') == plain


def test_the_history_keeps_its_bytes_as_the_conversation_grows() -> None:
    history = conversation(3, thinks=True)
    earlier = unmarked(sent(history[:3]))["messages"]
    later = unmarked(sent([*history, asked("More", *(image(n) for n in range(9, 21)))], ttl="1h"))["messages"]
    assert later[: len(earlier)] == earlier


def test_the_mark_stands_on_the_last_question_with_an_answer() -> None:
    history = conversation(1)
    history += [asked("Nobody answered", *(image(n) for n in range(2, 13))), asked("And now?")]
    contents = [message["content"] for message in sent(history)["messages"]]
    assert ["cache_control" in content[-1] for content in contents] == [True, False, False, False]


def test_a_server_that_tells_no_lifetime_has_written_for_what_was_asked() -> None:
    start = {"usage": {"input_tokens": 3, "cache_creation_input_tokens": 900}}
    for ttl, wanted in (("5m", (900, 0)), ("1h", (0, 900))):
        answer = Message("assistant", ttl=ttl).apply({"type": "message_start", "message": start})  # type: ignore[arg-type]
        answer = answer.apply({"type": "message_delta", "delta": {}, "usage": {"output_tokens": 7}})
        assert answer.usage is not None
        assert (answer.usage.cache_write_5m, answer.usage.cache_write_1h) == wanted
        assert answer.usage.output_tokens == 7


def test_an_answer_keeps_how_it_was_asked_for() -> None:
    start = {"type": "message_start", "request_id": "req_1", "message": {"id": "m", "diagnostics": {"x": None}}}
    answer = Message("assistant", id="a", ttl="1h", cache={"expected": 5, "lost": None}).apply(start)
    assert (answer.request_id, answer.diagnostics) == ("req_1", {"x": None})
    assert rows.message_from_row(rows.message_row("c", answer), "") == answer


# --- how long it is kept ------------------------------------------------------------------------


@pytest.mark.parametrize(("ttl", "write"), [("5m", {"write": 1000}), ("1h", {"hour": 1000})])
def test_what_was_written_is_kept_as_long_as_was_asked_for(ttl: Ttl, write: dict[str, int]) -> None:
    history = conversation(1, ttl=ttl, usage=used(**write))
    end = 1000.0 + LIFETIMES[ttl]
    request = following(history)
    assert [bool(readable(request, history, now)) for now in (end - 1, end)] == [True, False]
    assert lost(request, history, end - 1) is None
    assert lost(request, history, end) == Lost("lapsed", 1000, since=end)


def test_who_only_reads_prolongs_what_was_paid_for() -> None:
    history = conversation(1, usage=used(write=1000))
    again = replace(history[1], id="b", ttl="1h", created=1200.0, usage=used(read=1000))
    both = [*history, again]
    assert next(kept_of(following(both), both)).until == 1200.0 + LIFETIMES["5m"]
    history = conversation(1, ttl="1h", usage=used(hour=1000))
    longer = [*history, replace(again, ttl="5m")]
    assert next(kept_of(following(longer), longer)).until == 1200.0 + LIFETIMES["1h"]
    alone = [history[0], replace(again, usage=used(read=1000))]
    assert next(kept_of(following(alone), alone)).until == 1200.0 + LIFETIMES["1h"]


def test_an_hours_prefix_is_read_when_the_last_five_minutes_are_over() -> None:
    history = conversation(1, ttl="1h", usage=used(hour=1000))
    history.append(asked("And?"))
    history.append(answered(history, YES, usage=used(write=300, read=1000), created=1600.0))
    request = following(history)
    kept = readable(request, history, 1950.0)
    assert kept is not None
    assert kept.tokens == 1000
    assert lost(request, history, 1950.0) == Lost("lapsed", 300, since=1900.0)


def test_the_estimate_writes_at_the_price_of_the_lifetime() -> None:
    request = following(conversation(1), ttl="1h")
    carried = context(request, conversation(1), SONNET, now=0.0)
    assert carried.ttl == "1h"
    ahead = estimate(replace(carried, tokens=1_000_000, cached=0, answer=0), SONNET, [], "", max_tokens=1)
    assert ahead.next == Decimal(4)
    assert ahead.at_most == Decimal("4.00001")


# --- why it is missed ---------------------------------------------------------------------------


def with_first(history: list[Message], **facts: Any) -> list[Message]:
    """The same with another first picture."""
    first, text = history[0].content
    assert isinstance(first, ImageBlock)
    return [replace(history[0], content=(replace(first, **facts), text)), *history[1:]]


CHANGES: dict[str, tuple[Callable[[list[Message]], list[Message]], dict[str, Any], Lost]] = {
    "model": (lambda history: history, {"model": OPUS}, Lost("model", 2000)),
    "server": (lambda history: history, {"server": "elsewhere"}, Lost("server", 2000)),
    "no practice": (
        lambda history: [replace(m, server="practice") if m.role == "assistant" else m for m in history],
        {"server": "elsewhere"},
        Lost("practice", 2000),
    ),
    "system": (lambda history: history, {"system": "Be brief."}, Lost("system", 2000)),
    "left out": (lambda history: with_first(history, withheld=True), {}, Lost("picture", 2000, 1)),
    "refitted": (lambda history: with_first(history, sent="9" * 64, notes=(REFITTED,)), {}, Lost("picture", 2000, 1)),
    "replaced": (lambda history: with_first(history, sent="8" * 64), {}, Lost("picture", 2000, 1)),
    "other words": (
        lambda history: [replace(history[0], content=(TextBlock("Other"),)), *history[1:]],
        {},
        Lost("messages", 2000),
    ),
}


@pytest.mark.parametrize(("change", "terms", "wanted"), CHANGES.values(), ids=CHANGES)
def test_what_was_changed_is_told(
    change: Callable[[list[Message]], list[Message]], terms: dict[str, Any], wanted: Lost
) -> None:
    history = change(conversation())
    request = following(history, **terms)
    assert readable(request, history, 1100.0) is None
    assert lost(request, history, 1100.0) == wanted
    assert lost(request, history, 9999.0) == Lost("lapsed", 2000, since=1360.0)


def test_the_picture_is_named_in_whichever_turn_it_was_changed() -> None:
    history = conversation(3)
    first, text = history[4].content
    assert isinstance(first, ImageBlock)
    history[4] = replace(history[4], content=(replace(first, withheld=True), text))
    found = lost(following(history), history, 1150.0)
    assert found is not None
    assert (found.reason, found.picture) == ("picture", 3)


def test_a_replaced_picture_is_named_by_the_turn_after_the_last_that_is_as_it_was() -> None:
    history = conversation(3)
    first, text = history[4].content
    assert isinstance(first, ImageBlock)
    history[4] = replace(history[4], content=(replace(first, sent="6" * 64), text))
    assert lost(following(history), history, 1150.0) == Lost("picture", 1000, 3)


def test_before_a_change_nothing_counts_as_read_from_the_first_thinking_on_which_goes_no_more() -> None:
    history = conversation(3, thinks=True)
    history[4] = replace(history[4], content=(TextBlock("Other"),))
    request = following(history)
    assert not request.thinks
    kept = readable(request, history, 1150.0)
    assert kept is not None
    assert kept.messages == 1


def test_of_several_pictures_none_is_blamed_without_knowing_which() -> None:
    history = [asked("?", image(1), image(2))]
    history.append(answered(history, YES, usage=used(write=1000), created=1000.0))
    one, two, text = history[0].content
    assert isinstance(one, ImageBlock)
    history[0] = replace(history[0], content=(replace(one, sent="7" * 64), two, text))
    assert lost(following(history), history, 1001.0) == Lost("picture", 1000, 0)


def test_nothing_is_lost_where_nothing_changed_or_nothing_was_kept() -> None:
    history = conversation()
    assert lost(following(history), history, 1100.0) is None
    short = conversation(1, usage=used(input_tokens=300))
    assert lost(following(short, model=OPUS), short, 1001.0) is None
    assert lost(Request.build([asked("Hi")], model=MODEL), [], 0.0) is None


def test_what_the_server_cannot_look_back_to_is_told() -> None:
    history = conversation(1)
    history.append(asked("Stopped", *(image(n) for n in range(2, 5))))
    # It came to an answer without a word, which does not go back: so its question is marked by nothing.
    history.append(answered(history, state="stopped", usage=used(write=500, read=1000), created=1060.0))
    near, far = ([asked("?", *(image(n) for n in range(5, 5 + count)))] for count in (9, 12))
    for question, reads in ((near, 1500), (far, 1000)):
        request = Request.build([*history, *question], model=MODEL)
        kept = readable(request, history, 1100.0)
        assert kept is not None
        assert kept.tokens == reads
    assert lost(request, history, 1100.0) == Lost("blocks", 500)


def test_after_a_refused_signature_the_answer_goes_on_from_what_was_asked_without_thinking() -> None:
    history = conversation(1, thinks=True)
    history.append(asked("Sure?"))
    bare = Request.build(history, model=MODEL).without_thinking()
    history.append(answered(history, THINKING, YES, usage=used(write=1500), created=1060.0))
    history[-1] = replace(history[-1], prefix=bare.prefix)
    request = following(history)
    assert unmarked([b for _, blocks in request.messages[:3] for b in map(repr, blocks)]) == [
        repr(b) for _, blocks in bare.messages for b in blocks
    ]
    kept = readable(request, history, 1100.0)
    assert kept is not None
    assert (kept.tokens, kept.messages) == (1500, 3)
    assert not request.thinks


def test_thinking_that_had_to_be_left_out_is_the_reason() -> None:
    history = conversation(1)
    known = remembered(following(history), history, 1100.0)
    assert known["expected"] == 1000
    answer = Message("assistant", usage=used(write=1200), cache=without_thinking(known))
    assert missed(answer) == Lost("thinking", 1000)
    assert without_thinking(None) is None


# --- what came of it ----------------------------------------------------------------------------


def answer_with(usage: Usage, cache: dict[str, Any] | None = None, said: Any = None) -> Message:
    return Message("assistant", usage=usage, cache=cache, diagnostics=said)


LAPSED = {"expected": 0, "lost": {"reason": "lapsed", "tokens": 1000, "picture": 0, "since": 5.0}}
PICTURE = {"expected": 0, "lost": {"reason": "picture", "tokens": 1000, "picture": 4, "since": 0.0}}


def reason(kind: str | None, tokens: int = 800) -> dict[str, Any]:
    said = {"type": kind} if kind in {"unavailable", "previous_message_not_found"} else None
    return {"cache_miss_reason": said or (kind and {"type": kind, "cache_missed_input_tokens": tokens})}


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (answer_with(used(write=1200), LAPSED), Lost("lapsed", 1000, since=5.0)),
        (answer_with(used(write=200, read=1000), LAPSED), None),
        (answer_with(used(write=900, read=300), LAPSED), Lost("lapsed", 700, since=5.0)),
        (answer_with(used(write=1200), {"expected": 1000, "lost": None}), Lost("forgotten", 1000)),
        (answer_with(used(write=1200, read=990), {"expected": 1000, "lost": None}), None),
        (answer_with(used(write=1200)), None),
        (answer_with(used(write=1200), said=reason("model_changed")), Lost("model", 800)),
        (answer_with(used(write=1200), said=reason("system_changed")), Lost("system", 800)),
        (answer_with(used(write=1200), said=reason("tools_changed")), Lost("messages", 800)),
        (answer_with(used(write=1200), PICTURE, reason("messages_changed")), Lost("picture", 800, 4)),
        (answer_with(used(write=1200), PICTURE, reason("model_changed")), Lost("model", 800)),
        (answer_with(used(write=1200), LAPSED, reason("messages_changed")), Lost("lapsed", 800, since=5.0)),
        (answer_with(used(write=1200), LAPSED, reason("unavailable")), Lost("lapsed", 1000, since=5.0)),
        (answer_with(used(write=1200), said=reason("previous_message_not_found")), None),
        (answer_with(used(write=1200), said=reason(None)), None),
        (answer_with(used(write=1200), said=reason("a_new_kind")), None),
        (answer_with(used(write=1200), said=reason("model_changed", 0)), None),
        (answer_with(used(write=1200), said={"cache_miss_reason": "words"}), None),
        (answer_with(used(write=1200), {"expected": 0, "lost": {"reason": "of a later version"}}), None),
        (replace(answer_with(used(), LAPSED), usage=None), None),
    ],
)
def test_a_miss_is_explained_by_the_server_and_by_what_is_known_here(answer: Message, wanted: Lost | None) -> None:
    assert missed(answer) == wanted


# --- asking the server why ----------------------------------------------------------------------


def test_only_a_server_that_can_tell_is_asked_why_and_in_comparison_with_its_own_last_answer() -> None:
    history = conversation(2, server="here")
    history[1], history[3] = replace(history[1], api_id="msg_1"), replace(history[3], api_id="msg_2", server="there")
    assert "diagnostics" not in sent([*history, asked("?")])
    for server, previous in (("here", "msg_1"), ("there", "msg_2"), ("elsewhere", None)):
        body = sent([*history, asked("?")], server=server, diagnoses=True)
        assert body["diagnostics"] == {"previous_message_id": previous}


class Account:
    """Practice, asked as the app asks."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.practice = Practice(CATALOG, pace=0, clock=self.clock)

    async def ask(self, history: list[Message], **terms: Any) -> Message:
        """The answer to a history, as the worker keeps it."""
        usual: dict[str, Any] = {"model": MODEL, "server": "practice", "diagnoses": True}
        request = Request.build(history, **usual | terms)
        words = b"".join(request.body(read))
        reply = await self.practice.respond("POST", "/v1/messages", HEADERS, words)
        events = b"".join([chunk async for chunk in reply.chunks]).decode().split("\n\n")
        assert reply.status == 200, events
        answer = Message(
            "assistant",
            created=self.clock.now,
            model=request.model,
            server="practice",
            prefix=request.prefix,
            ttl=request.ttl,
            cache=remembered(request, history, self.clock.now),
        )
        for event in events:
            if event:
                answer = answer.apply(json.loads(event.split("data: ")[1]))
        return answer


LONG = "How do these differ? " * 200


async def begun(account: Account, **terms: Any) -> list[Message]:
    history = [asked(LONG)]
    return [*history, await account.ask(history, **terms), asked("And?")]


async def test_practice_says_nothing_where_nothing_changed() -> None:
    account = Account()
    history = await begun(account)
    assert history[1].diagnostics is None
    second = await account.ask(history)
    assert second.diagnostics is None
    assert missed(second) is None
    assert second.usage is not None
    assert second.usage.cache_read == kept_tokens(history[1])


def kept_tokens(answer: Message) -> int:
    assert answer.usage is not None
    return answer.usage.prompt_tokens - answer.usage.input_tokens


@pytest.mark.parametrize(
    ("terms", "reason"),
    [({"model": OPUS}, "model"), ({"system": "Be brief."}, "system")],
)
async def test_practice_says_what_changed_and_what_that_has_cost(terms: dict[str, Any], reason: str) -> None:
    account = Account()
    history = await begun(account)
    second = await account.ask(history, **terms)
    tokens = kept_tokens(history[1])
    said = {"cache_miss_reason": {"type": f"{reason}_changed", "cache_missed_input_tokens": tokens}}
    assert second.diagnostics == said
    assert missed(second) == lost(
        Request.build(history, **{"model": MODEL, "server": "practice"} | terms), history, account.clock.now
    )
    found = missed(second)
    assert found is not None
    assert (found.reason, found.tokens) == (reason, tokens)


async def test_practice_sees_that_an_earlier_message_is_another() -> None:
    account = Account()
    history = await begun(account)
    history[0] = asked("Quite different. " * 200)
    second = await account.ask(history)
    assert second.diagnostics is not None
    assert second.diagnostics["cache_miss_reason"]["type"] == "messages_changed"
    found = missed(second)
    assert found is not None
    assert found.reason == "messages"


async def test_what_has_lapsed_is_no_change_and_is_explained_here() -> None:
    account = Account()
    history = await begun(account)
    account.clock.now = 300.0
    second = await account.ask(history)
    assert second.diagnostics is None
    assert missed(second) == Lost("lapsed", kept_tokens(history[1]), since=300.0)


async def test_practice_keeps_an_hours_prompt_for_an_hour() -> None:
    account = Account()
    history = await begun(account, ttl="1h")
    assert history[1].usage is not None
    assert history[1].usage.cache_write_1h
    account.clock.now = 3599.0
    second = await account.ask(history, ttl="1h")
    assert second.usage is not None
    assert second.usage.cache_read == kept_tokens(history[1])
    assert missed(second) is None


async def test_reading_with_another_lifetime_does_not_change_what_was_paid_for() -> None:
    account = Account()
    history = await begun(account, ttl="1h")
    account.clock.now = 10.0
    await account.ask(history[:1], ttl="5m")
    account.clock.now = 1000.0
    again = await account.ask(history[:1], ttl="5m")
    assert again.usage is not None
    assert (again.usage.cache_write_5m, again.usage.cache_read) == (0, kept_tokens(history[1]))


async def test_practice_does_not_know_an_answer_of_another_account() -> None:
    history = await begun(Account())
    second = await Account().ask(history)
    assert second.diagnostics == {"cache_miss_reason": {"type": "previous_message_not_found"}}


@pytest.mark.parametrize("value", ["yes", {"previous_message_id": 3}, {"previous_message_id": None, "more": 1}])
def test_diagnostics_of_another_shape_are_refused(value: object) -> None:
    fields = sent([asked("Hi")]) | {"diagnostics": value}
    with pytest.raises(Refusal, match="diagnostics"):
        check(HEADERS, json.dumps(fields).encode(), CATALOG)
    assert check(HEADERS, json.dumps(fields | {"diagnostics": None}).encode(), CATALOG).diagnostics is None
