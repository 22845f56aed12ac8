"""No request leaves but through the gate: every way to ask against caps, and the ledger against the server's count."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from app.conversation.attachment import Source
from app.conversation.chat import Chat, Tools
from app.core.errors import CapReached
from app.core.ledger import Entry, Filter
from app.core.message import Message, Usage
from tests.conftest import destroy, finish
from tests.servers import replies
from tests.servers.api import ApiServer

MODEL = "claude-sonnet-5-5"


@pytest.fixture
def chat(online: Tools, qtbot: QtBot, picture: Callable[..., Path]) -> Chat:
    """A question with a picture that Auto shrinks, answered."""
    chat = Chat.new(MODEL, online, online.account)
    chat.draft.attach([Source(path=str(picture("wide.png", (3000, 1000))))])
    say(chat, qtbot, "What is it?")
    return chat


def say(chat: Chat, qtbot: QtBot, words: str) -> None:
    chat.draft.set_text(words)
    rest(chat, qtbot, chat.worker.send)


def rest(chat: Chat, qtbot: QtBot, work: Callable[[], None]) -> None:
    work()
    qtbot.waitUntil(lambda: not chat.worker.busy, timeout=20_000)


def entries(tools: Tools, **wanted: object) -> list[Entry]:
    return finish(tools.spending.ledger.entries(Filter(**wanted)))  # type: ignore[arg-type]


def spent(tools: Tools) -> Decimal:
    return finish(tools.spending.ledger.spent("day"))


WAYS: dict[str, Callable[[Chat], None]] = {
    "send": lambda chat: chat.worker.send(),
    "retry": lambda chat: chat.worker.retry(),
    "resend": lambda chat: chat.worker.resend(1, "tiles"),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("cap", ["cap_day", "cap_month", "cap_conversation"])
def test_no_way_to_ask_passes_a_cap(
    chat: Chat, online: Tools, api: ApiServer, qtbot: QtBot, way: str, cap: str
) -> None:
    online.preferences.update(**{cap: format(spent(online), "f")})
    chat.draft.set_text("And more?")
    before = len(api.posts), len(entries(online))
    rest(chat, qtbot, lambda: WAYS[way](chat))
    assert isinstance(chat.worker.refusal, CapReached)
    assert chat.worker.refusal.period == cap.removeprefix("cap_")
    assert (len(api.posts), len(entries(online))) == before
    assert chat.draft.text == "And more?"
    assert [message.role for message in chat.messages.messages] == ["user", "assistant"]


def test_a_repair_that_asks_again_passes_no_cap(chat: Chat, online: Tools, api: ApiServer, qtbot: QtBot) -> None:
    api.script(replies.error(400, "invalid_request_error", "messages.0.content.0: Could not process image"))
    say(chat, qtbot, "Once more?")
    online.preferences.update(cap_day=format(spent(online), "f"))
    posts = len(api.posts)
    rest(chat, qtbot, lambda: chat.worker.repair(1, "shrink"))
    assert isinstance(chat.worker.refusal, CapReached)
    assert len(api.posts) == posts


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ways=st.lists(st.sampled_from([*WAYS, "fail"]), min_size=1, max_size=4),
    cap=st.decimals("0.05", "1.2", places=4),
)
def test_whatever_is_asked_in_whatever_order_no_more_is_spent_than_the_cap(
    online: Tools, api: ApiServer, qtbot: QtBot, picture: Callable[..., Path], ways: list[str], cap: Decimal
) -> None:
    """Of each run alone: what was spent before it is added to its cap."""
    limit = spent(online) + cap
    online.preferences.update(cap_day=format(limit, "f"))
    chat = Chat.new(MODEL, online)
    chat.draft.attach([Source(path=str(picture("wide.png", (3000, 1000))))])
    say(chat, qtbot, "What is it?")
    for way in ways:
        if not chat.messages.messages:
            break
        if way == "fail":
            api.script(replies.error(500, "api_error", "Oops"))
        chat.draft.set_text("And more?")
        rest(chat, qtbot, lambda way=way: WAYS.get(way, WAYS["send"])(chat))  # type: ignore[misc]
    assert spent(online) <= limit
    assert Counter(e.call.kind for e in entries(online)) == Counter({"message": len(api.posts)})
    finish(chat.worker.kept())
    destroy(chat)


def test_every_request_is_in_the_ledger_once_and_no_other(
    online: Tools, api: ApiServer, qtbot: QtBot, picture: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.core.server.ANTHROPIC", api.url)
    online.preferences.update(upload=True)
    chat = Chat.new(MODEL, online, online.account)
    api.script(replies.error(529, "overloaded_error", "Overloaded"), replies.text("Red."))
    chat.draft.attach([Source(path=str(picture()))])
    say(chat, qtbot, "What is it?")
    say(chat, qtbot, "And now?")
    finish(online.account.ask_for_models())
    finish(online.account.client().files())
    qtbot.waitUntil(lambda: all(e.outcome.state != "sent" for e in entries(online)))
    found = Counter((e.call.kind, e.outcome.state) for e in entries(online))
    assert found == Counter(
        {
            ("upload", "complete"): 1,
            ("message", "failed"): 1,
            ("message", "complete"): 2,
            ("models", "complete"): 1,
            ("files", "complete"): 1,
        }
    )
    assert sum(found.values()) == len(api.requests)


def test_a_request_that_never_left_is_not_in_the_ledger(tools: Tools, qtbot: QtBot) -> None:
    """Nobody listens at the address."""
    finish(tools.account.save_key("sk-ant-0123456789", "http://127.0.0.1:9"))
    chat = Chat.new(MODEL, tools, tools.account)
    chat.draft.set_text("Hello?")
    chat.worker.send()
    qtbot.waitUntil(lambda: chat.worker.wait is not None or not chat.worker.busy)
    rest(chat, qtbot, chat.worker.stop)
    assert entries(tools) == []


def test_practice_spends_nothing_and_is_kept_apart(tools: Tools, qtbot: QtBot) -> None:
    tools.preferences.update(cap_day="0")
    chat = Chat.new(MODEL, tools, tools.account)
    say(chat, qtbot, "Hello?")
    assert chat.messages.messages[-1].state == "complete"
    qtbot.waitUntil(lambda: [e.outcome.state for e in entries(tools, practice=True)] == ["complete"])
    assert entries(tools) == []
    [entry] = entries(tools, practice=True)
    assert entry.outcome.cost is not None
    assert entry.outcome.cost > 0
    assert spent(tools) == 0


def test_a_model_without_a_price_keeps_no_cap_and_is_not_asked(online: Tools, api: ApiServer, qtbot: QtBot) -> None:
    online.preferences.update(cap_month="5")
    chat = Chat.new("claude-of-tomorrow", online, online.account)
    say(chat, qtbot, "Hello?")
    assert chat.worker.refusal == CapReached("month", "5", "0", "")
    assert api.posts == []
    online.preferences.update(cap_month="")
    rest(chat, qtbot, chat.worker.send)
    assert len(api.posts) == 1


def test_what_a_crash_cut_off_is_settled_by_what_its_answer_tells(chat: Chat, online: Tools, qtbot: QtBot) -> None:
    say(chat, qtbot, "And now?")
    answer = Message(
        "assistant",
        id="cut",
        model=MODEL,
        server="127.0.0.1",
        state="interrupted",
        usage=Usage.from_json({"input_tokens": 1000}),
    )
    finish(online.store.add_message(chat.facts.id, answer))
    for entry_id, message in (("known", "cut"), ("unknown", "nothing was kept")):
        row = (entry_id, 1.0, message, MODEL)
        finish(
            online.store.run(
                lambda db, row=row: db.execute(  # type: ignore[misc]
                    """INSERT INTO requests (id, created, seconds, kind, state, practice, server, message_id, model,
                    conversation_id, at_most, exact, input_tokens, cache_write_5m, cache_write_1h, cache_read,
                    output_tokens, thinking_tokens, pictures)
                    VALUES (?, ?, 0, 'message', 'sent', 0, '', ?, ?, '', '0.5', 0, 0, 0, 0, 0, 0, 0, 0)""",
                    row,
                )
            )
        )
    finish(online.spending.settle_cut_off(online.store, online.account.catalog, time.time()))
    found = {e.id: e for e in entries(online)}
    assert found["known"].outcome.cost == Decimal("0.002")
    assert (found["unknown"].outcome.cost, found["unknown"].amount) == (None, Decimal("0.5"))
    assert {found[name].outcome.state for name in ("known", "unknown")} == {"interrupted"}
    assert not found["known"].outcome.exact


def test_thinking_that_goes_back_is_kept_back_for(online: Tools, api: ApiServer, qtbot: QtBot) -> None:
    online.preferences.update(max_tokens=3000)
    chat = Chat.new(MODEL, online, online.account)
    api.thinking = "Let me think about it. " * 400
    say(chat, qtbot, "one")
    api.thinking = None
    api.answer = "x" * 11_990
    say(chat, qtbot, "two")
    entry = entries(online)[0]
    assert entry.outcome.cost is not None
    assert entry.call.at_most is not None
    assert entry.outcome.cost <= entry.call.at_most


def test_a_cap_refuses_before_earlier_pictures_are_made_anew(
    online: Tools, api: ApiServer, qtbot: QtBot, picture: Callable[..., Path]
) -> None:
    chat = Chat.new(MODEL, online, online.account)
    chat.draft.attach([Source(path=str(picture("wide.png", (3000, 2000))))])
    say(chat, qtbot, "What?")
    before = chat.messages.messages
    chat.draft.attach([Source(path=str(picture(f"{n}.png", (200 + n, 100)))) for n in range(21)])
    qtbot.waitUntil(lambda: chat.draft.ready and len(chat.draft.pictures) == 21, timeout=20_000)
    online.preferences.update(cap_day=format(spent(online), "f"))
    say(chat, qtbot, "And?")
    assert isinstance(chat.worker.refusal, CapReached)
    assert chat.messages.messages == before
    assert len(api.posts) == 1
