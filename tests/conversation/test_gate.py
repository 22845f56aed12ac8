"""No request leaves but through the gate: every way to ask against caps, and the ledger against the server's count."""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from app.conversation.attachment import Source
from app.conversation.chat import Chat, Tools
from app.core.errors import ApiError, CapReached, NotConnected, StoreFull, VisavisError
from app.core.failure import error_from_json
from app.core.ledger import Entry, Filter
from app.core.message import Message, Usage
from tests.conftest import destroy, finish
from tests.conversation.talk import MODEL, rest
from tests.core.test_store import sql
from tests.servers import replies
from tests.servers.api import ApiServer


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


def test_a_stop_before_anything_left_keeps_nothing_back(tools: Tools, qtbot: QtBot) -> None:
    """Whoever listens takes no more calls: connecting goes on for as long as nobody stops it."""
    with socket.socket() as deaf, ExitStack() as waiting:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for _ in range(4):
            call = waiting.enter_context(socket.socket())
            call.setblocking(False)
            call.connect_ex(deaf.getsockname())
        finish(tools.account.save_key("sk-ant-0123456789", f"http://127.0.0.1:{deaf.getsockname()[1]}"))
        chat = Chat.new(MODEL, tools, tools.account)
        chat.draft.set_text("Hello?")
        chat.worker.send()
        qtbot.waitUntil(lambda: chat.worker.phase == "asking" and len(entries(tools)) == 1)
        rest(chat, qtbot, chat.worker.stop)
    assert chat.messages.messages[-1].state == "stopped"
    assert entries(tools) == []


def test_a_stop_after_something_left_is_told_the_ledger(
    chat: Chat, online: Tools, api: ApiServer, qtbot: QtBot
) -> None:
    api.script(replies.silence())
    chat.draft.set_text("And now?")
    chat.worker.send()
    qtbot.waitUntil(lambda: len(api.posts) == 2)
    rest(chat, qtbot, chat.worker.stop)
    latest = entries(online)[0]
    assert (latest.outcome.state, latest.outcome.cost) == ("stopped", None)
    assert latest.amount is not None


def fill_disk(tools: Tools, *moments: str) -> None:
    """Let the disk be full whenever rows are written that a trigger's head tells of, and only then."""
    (pages,) = sql(tools.store, "PRAGMA page_count")
    sql(tools.store, "CREATE TABLE ballast (data)")
    sql(tools.store, f"PRAGMA max_page_count = {pages + 1000}")
    for number, moment in enumerate(moments):
        too_much = "BEGIN INSERT INTO ballast VALUES (zeroblob(1 << 27)); END"
        sql(tools.store, f"CREATE TRIGGER full_{number} {moment} {too_much}")


def test_an_answer_is_not_lost_where_its_cost_cannot_be_kept(chat: Chat, online: Tools, qtbot: QtBot) -> None:
    told: list[object] = []
    chat.worker.stored.connect(lambda _facts: told.append("stored"))
    chat.worker.answered.connect(lambda answer: told.append(answer.state))
    online.tasks.failed.connect(lambda error: told.append(type(error)))
    fill_disk(online, "BEFORE UPDATE ON requests")
    say(chat, qtbot, "And now?")
    assert told == ["stored", "stored", "complete", StoreFull]
    assert chat.worker.refusal is None
    [latest, _] = entries(online)
    assert (latest.outcome.state, latest.amount) == ("sent", latest.call.at_most)


def test_the_cost_is_kept_where_its_answer_cannot_be(chat: Chat, online: Tools, qtbot: QtBot) -> None:
    ended = "ON messages WHEN NEW.role = 'assistant' AND NEW.state <> 'streaming'"
    fill_disk(online, f"BEFORE UPDATE {ended}", f"BEFORE INSERT {ended}")
    say(chat, qtbot, "And now?")
    assert isinstance(chat.worker.refusal, StoreFull)
    [latest, first] = entries(online)
    assert (latest.outcome.state, latest.outcome.exact) == ("complete", True)
    assert latest.outcome.cost == Decimal(chat.messages.messages[-1].cost)
    assert spent(online) == sum(entry.outcome.cost or 0 for entry in (latest, first))


def test_what_the_server_said_is_told_where_the_ledger_cannot_be(
    chat: Chat, online: Tools, api: ApiServer, qtbot: QtBot
) -> None:
    fill_disk(online, "BEFORE UPDATE ON requests")
    api.script(replies.error(400, "invalid_request_error", "No."))
    say(chat, qtbot, "And now?")
    assert isinstance(error_from_json(chat.messages.messages[-1].error or {}), ApiError)


def test_that_nobody_answers_is_told_where_the_ledger_cannot_be(tools: Tools, qtbot: QtBot) -> None:
    fill_disk(tools, "BEFORE DELETE ON requests")
    finish(tools.account.save_key("sk-ant-0123456789", "http://127.0.0.1:9"))
    chat = Chat.new(MODEL, tools, tools.account)
    told: list[VisavisError] = []
    chat.worker.waiting.connect(lambda wait: told.append(wait.error))
    chat.draft.set_text("Hello?")
    chat.worker.send()
    qtbot.waitUntil(lambda: told != [] or not chat.worker.busy)
    rest(chat, qtbot, chat.worker.stop)
    assert [type(error) for error in told] == [NotConnected]


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


def test_another_cap_takes_the_refusal_away(chat: Chat, online: Tools, qtbot: QtBot) -> None:
    online.preferences.update(cap_day="0")
    say(chat, qtbot, "And more?")
    assert isinstance(chat.worker.refusal, CapReached)
    online.preferences.update(text_size=110)
    assert chat.worker.refusal is not None
    online.preferences.update(cap_day="5")
    assert chat.worker.refusal is None
